//! The services that issue credentials, and their endpoints.

use crate::aws::error::Error;
use crate::aws::settings::{Service, Settings, endpoint};
use crate::net::transport::MAX_RESPONSE;

/// The services that issue credentials: of roles, of sign-ins, and the tokens of sign-ins.
const ISSUERS: [Service; 3] = [
    Service {
        name: "STS",
        id: "STS",
        variable: "AWS_ENDPOINT_URL_STS",
        host: "sts",
        fips: &["us-", "ca-"],
        largest: |_| MAX_RESPONSE,
    },
    Service {
        name: "IAM Identity Center",
        id: "SSO",
        variable: "AWS_ENDPOINT_URL_SSO",
        host: "portal.sso",
        fips: &["us-gov-"],
        largest: |_| MAX_RESPONSE,
    },
    Service {
        name: "IAM Identity Center OIDC",
        id: "SSO OIDC",
        variable: "AWS_ENDPOINT_URL_SSO_OIDC",
        host: "oidc",
        fips: &["us-gov-"],
        largest: |_| MAX_RESPONSE,
    },
];

/// The endpoint of STS, if one is set.
///
/// # Errors
///
/// If that of an issuer is not a URL: the SDK would print the whole request, with its token.
pub fn issuer(settings: &Settings) -> Result<Option<String>, Error> {
    let endpoint = |service| endpoint(service, settings.variables, &settings.profiles);
    let [_, sso, oidc] = &ISSUERS;
    let sts = endpoint_of_sts(settings)?;
    endpoint(sso)?;
    endpoint(oidc)?;
    Ok(sts)
}

/// The endpoint of STS, if one is set.
///
/// # Errors
///
/// If it is not a URL.
pub fn endpoint_of_sts(settings: &Settings) -> Result<Option<String>, Error> {
    let [sts, ..] = &ISSUERS;
    endpoint(sts, settings.variables, &settings.profiles)
}

/// Whether this is the name of an endpoint of STS for FIPS 140 in a region that has none.
pub fn is_fips_without(host: &str) -> bool {
    let [sts, ..] = &ISSUERS;
    let region = host.strip_prefix("sts-fips.");
    let region = region.and_then(|rest| rest.split('.').next());
    region.is_some_and(|region| !sts.may_have_fips(region))
}
