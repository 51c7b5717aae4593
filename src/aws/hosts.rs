//! Where a service of AWS is, for requests that no client of the SDK makes.
#![forbid(unsafe_code)]

use crate::aws::arn;
use crate::aws::settings::Service;

/// The kinds of endpoint that settings choose.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kinds {
    pub fips: bool,
    pub dual_stack: bool,
}

/// The host of a service in a region, in the form that most services have (AWS General Reference, "AWS
/// service endpoints").
pub fn host(service: &Service, region: &str, kinds: Kinds) -> String {
    let partition = arn::partition(region);
    let (fips, suffix) = match kinds {
        // DynamoDB of GovCloud has endpoints for FIPS 140 only ("Amazon DynamoDB endpoints and quotas").
        Kinds {
            fips: true,
            dual_stack: false,
        } if partition == "aws-us-gov" && service.id == "DynamoDB" => ("", arn::suffix(partition)),
        Kinds { fips, dual_stack } => (
            if fips { "-fips" } else { "" },
            match dual_stack {
                true => dual_stack_suffix(partition),
                false => arn::suffix(partition),
            },
        ),
    };
    format!("{}{fips}.{region}.{suffix}", service.host)
}

/// The end of the names of hosts with IPv6 in a partition.
fn dual_stack_suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "api.amazonwebservices.com.cn",
        "aws-iso" => "api.aws.ic.gov",
        "aws-iso-b" => "api.aws.scloud",
        "aws-iso-e" => "api.cloud-aws.adc-e.uk",
        "aws-iso-f" => "api.aws.hci.ic.gov",
        "aws-eusc" => "api.amazonwebservices.eu",
        _ => "api.aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(id: &'static str, host: &'static str) -> Service {
        Service {
            name: id,
            id,
            variable: "",
            host,
            fips: &[],
            largest: |_| 0,
        }
    }

    #[test]
    fn hosts_are_those_of_the_endpoint_rules_of_aws() {
        // As botocore 1.43 resolves them by the rules that all SDKs share.
        let kms = service("KMS", "kms");
        let dynamodb = service("DynamoDB", "dynamodb");
        for (service, region, fips, dual_stack, expected) in [
            (
                &kms,
                "eu-central-1",
                false,
                false,
                "kms.eu-central-1.amazonaws.com",
            ),
            (
                &kms,
                "us-east-1",
                true,
                false,
                "kms-fips.us-east-1.amazonaws.com",
            ),
            (&kms, "us-east-1", false, true, "kms.us-east-1.api.aws"),
            (&kms, "us-east-1", true, true, "kms-fips.us-east-1.api.aws"),
            (
                &kms,
                "cn-north-1",
                false,
                false,
                "kms.cn-north-1.amazonaws.com.cn",
            ),
            (
                &kms,
                "cn-north-1",
                false,
                true,
                "kms.cn-north-1.api.amazonwebservices.com.cn",
            ),
            (
                &kms,
                "us-gov-west-1",
                true,
                false,
                "kms-fips.us-gov-west-1.amazonaws.com",
            ),
            (
                &kms,
                "us-isob-east-1",
                false,
                false,
                "kms.us-isob-east-1.sc2s.sgov.gov",
            ),
            (
                &kms,
                "eusc-de-east-1",
                true,
                true,
                "kms-fips.eusc-de-east-1.api.amazonwebservices.eu",
            ),
            (
                &dynamodb,
                "eu-west-1",
                false,
                false,
                "dynamodb.eu-west-1.amazonaws.com",
            ),
            (
                &dynamodb,
                "us-west-2",
                true,
                false,
                "dynamodb-fips.us-west-2.amazonaws.com",
            ),
            (
                &dynamodb,
                "us-gov-east-1",
                true,
                false,
                "dynamodb.us-gov-east-1.amazonaws.com",
            ),
            (
                &dynamodb,
                "us-gov-east-1",
                true,
                true,
                "dynamodb-fips.us-gov-east-1.api.aws",
            ),
        ] {
            let found = host(service, region, Kinds { fips, dual_stack });
            assert_eq!(found, expected);
        }
    }
}
