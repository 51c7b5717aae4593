//! Where an object is: the endpoints of S3, and the two forms of its addresses.
#![forbid(unsafe_code)]

use crate::aws::arn;

/// What decides where S3 is.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint<'e> {
    /// An endpoint of one's own, if there is one.
    pub own: Option<&'e str>,
    pub region: &'e str,
    pub fips: bool,
    pub dual_stack: bool,
}

impl Endpoint<'_> {
    /// The address of an object, or with an empty key of its bucket, with these parameters. The bucket is a part of the host name, unless no host can be called
    /// like that, or the endpoint is one's own, as in the AWS CLI. A name with dots does not fit the
    /// certificate (Amazon S3 User Guide, "Virtual hosting of general purpose buckets").
    pub fn url(&self, bucket: &str, key: &str, query: &[(&str, &str)]) -> String {
        let mut url = match self.own {
            Some(own) => format!("{}/{bucket}", own.trim_end_matches('/')),
            None if is_label(bucket) => format!("https://{bucket}.{}", self.host()),
            None => format!("https://{}/{bucket}", self.host()),
        };
        url.push('/');
        encode(&mut url, key, b"/");
        for (number, (name, value)) in query.iter().enumerate() {
            url.push(if number == 0 { '?' } else { '&' });
            url.push_str(name);
            url.push('=');
            encode(&mut url, value, b"");
        }
        url
    }

    /// The host of S3 (AWS General Reference, "Amazon Simple Storage Service endpoints").
    fn host(&self) -> String {
        let fips = if self.fips { "-fips" } else { "" };
        let dual_stack = if self.dual_stack { ".dualstack" } else { "" };
        let (region, suffix) = (self.region, arn::suffix(arn::partition(self.region)));
        format!("s3{fips}{dual_stack}.{region}.{suffix}")
    }
}

/// Whether a bucket can be a part of a host name: the rules for new buckets have no others, but for
/// dots.
fn is_label(bucket: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=63).contains(&bucket.len())
        && bucket.bytes().all(allowed)
        && !bucket.starts_with('-')
        && !bucket.ends_with('-')
}

/// Adds a text as the canonical request of a signature has it: all but unreserved characters encoded.
fn encode(url: &mut String, text: &str, kept: &[u8]) {
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            true => url.push(char::from(byte)),
            false => url.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_the_address_of_its_bucket_region_and_partition() {
        for (bucket, region, fips, dual_stack, expected) in [
            (
                "prd",
                "eu-west-1",
                false,
                false,
                "prd.s3.eu-west-1.amazonaws.com/a",
            ),
            (
                "prd",
                "us-east-1",
                false,
                false,
                "prd.s3.us-east-1.amazonaws.com/a",
            ),
            (
                "prd.app",
                "eu-west-1",
                false,
                false,
                "s3.eu-west-1.amazonaws.com/prd.app/a",
            ),
            (
                "Prd_app",
                "us-east-1",
                false,
                false,
                "s3.us-east-1.amazonaws.com/Prd_app/a",
            ),
            (
                "prd",
                "us-east-1",
                true,
                false,
                "prd.s3-fips.us-east-1.amazonaws.com/a",
            ),
            (
                "prd",
                "eu-west-1",
                false,
                true,
                "prd.s3.dualstack.eu-west-1.amazonaws.com/a",
            ),
            (
                "prd",
                "us-east-1",
                true,
                true,
                "prd.s3-fips.dualstack.us-east-1.amazonaws.com/a",
            ),
            (
                "prd",
                "cn-north-1",
                false,
                false,
                "prd.s3.cn-north-1.amazonaws.com.cn/a",
            ),
            (
                "prd",
                "us-gov-west-1",
                false,
                false,
                "prd.s3.us-gov-west-1.amazonaws.com/a",
            ),
        ] {
            let endpoint = Endpoint {
                own: None,
                region,
                fips,
                dual_stack,
            };
            let url = endpoint.url(bucket, "a", &[]);
            assert_eq!(url, format!("https://{expected}"));
        }
    }

    #[test]
    fn at_an_endpoint_of_ones_own_the_bucket_is_in_the_path() {
        let endpoint = |own| Endpoint {
            own: Some(own),
            region: "eu-west-1",
            fips: false,
            dual_stack: false,
        };
        for (own, key, version, expected) in [
            (
                "http://127.0.0.1:5000",
                "a/b.env",
                None,
                "http://127.0.0.1:5000/prd/a/b.env",
            ),
            ("http://s3/base/", "a", None, "http://s3/base/prd/a"),
            (
                "http://s3",
                "/a//b/../ä ?#%",
                None,
                "http://s3/prd//a//b/../%C3%A4%20%3F%23%25",
            ),
            (
                "http://s3",
                "a",
                Some("x/y.z_-+"),
                "http://s3/prd/a?versionId=x%2Fy.z_-%2B",
            ),
        ] {
            let version = version.map(|version| ("versionId", version));
            let query = Vec::from_iter(version);
            assert_eq!(endpoint(own).url("prd", key, &query), expected);
        }
    }
}
