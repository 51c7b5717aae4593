//! Region, profile and endpoint, by the conventions of the AWS tools.

use std::env::VarError;
use std::io::ErrorKind;

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::EnvConfigValue;
use aws_types::app_name::AppName;
use aws_types::os_shim_internal::{Env, Fs};

use crate::aws::arn::Arn;
use crate::aws::caller::Caller;
use crate::aws::error::Error;
use crate::net::environment::Variables;
use crate::net::failure::describe;

/// The variables that say where and as whom we ask, to us and to the SDK.
pub const VARIABLES: [&str; 28] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCOUNT_ID",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_SSM",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_SSO_OIDC",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];

/// Those of them whose values are used as bytes.
const FILES_OF_OURS: [&str; 1] = ["AWS_CA_BUNDLE"];

/// Set by AWS to say where a program runs. The SDK puts it into a header, and gives up where it
/// cannot.
const PLACE: &str = "AWS_EXECUTION_ENV";

/// Takes away the variables that are better not seen by the SDK: to us one that is empty counts as
/// not set, but not to all its parts.
pub fn forget_misleading() {
    let empty = |name: &&str| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let unfit = std::env::var_os(PLACE).is_some_and(|value| {
        let mut bytes = value.as_encoded_bytes().iter();
        !bytes.all(|byte| byte.is_ascii_graphic())
    });
    let empty = VARIABLES.into_iter().filter(empty);
    crate::system::process::forget(empty.chain(unfit.then_some(PLACE)));
}

/// A service of AWS, as messages, settings and host names name it.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    pub name: &'static str,
    /// The key of its section in a profile.
    pub id: &'static str,
    /// The variable that names its endpoint.
    pub variable: &'static str,
    /// What its host names begin with.
    pub host: &'static str,
}

/// What profile and environment say, before anything was asked over the network.
#[derive(Debug)]
pub struct Settings {
    pub variables: Variables,
    /// The profile that was asked for, or `default`.
    pub profile: String,
    /// Whether `--profile` was given: then the profile beats credentials in the environment, as
    /// with the AWS CLI.
    pub profile_by_flag: bool,
    pub profiles: ProfileSet,
    /// The region and what named it.
    pub region: Option<(String, &'static str)>,
    pub fips: Option<bool>,
    pub dual_stack: Option<bool>,
    /// Where to ask, if that is not where AWS is.
    pub endpoint: Option<String>,
}

impl Settings {
    /// Reads the settings. Only the profile files are opened.
    pub async fn read(caller: &Caller, service: &Service) -> Result<Self, Error> {
        let variables = Variables;
        // The SDK would take these for not set, and ask somebody else, or as somebody else.
        for name in VARIABLES {
            let text = std::env::var(name);
            if matches!(text, Err(VarError::NotUnicode(_))) && !FILES_OF_OURS.contains(&name) {
                return Err(Error::NotText { name });
            }
        }
        let asked = caller
            .profile
            .clone()
            .map(|name| (name, "--profile"))
            .or_else(|| Some((variables.get("AWS_PROFILE")?, "AWS_PROFILE")));
        let name = asked
            .as_ref()
            .map_or("default", |(name, _)| name.as_str())
            .to_owned();
        let profiles = aws_config::profile::load(
            &Fs::real(),
            &Env::real(),
            &Default::default(),
            Some(name.clone().into()),
        )
        .await
        .map_err(|error| Error::Profile {
            name: name.clone(),
            why: describe(&error),
        })?;

        let profile_by_flag = caller.profile.is_some();
        let credentials_in_environment =
            variables.is_set("AWS_ACCESS_KEY_ID") && variables.is_set("AWS_SECRET_ACCESS_KEY");
        if let Some((name, from)) = asked
            && profiles.get_profile(&name).is_none()
            && (profile_by_flag || !credentials_in_environment)
        {
            let mut known: Vec<String> = profiles.profiles().map(str::to_owned).collect();
            known.sort();
            let unreadable = unreadable_files(variables);
            return Err(Error::NoProfile {
                name,
                from,
                known,
                unreadable,
            });
        }

        let region = caller
            .region
            .clone()
            .map(|region| (region, "--region"))
            .or_else(|| Some((variables.get("AWS_REGION")?, "AWS_REGION")))
            .or_else(|| Some((variables.get("AWS_DEFAULT_REGION")?, "AWS_DEFAULT_REGION")))
            .or_else(|| Some((profiles.get("region")?.to_owned(), "the profile")));
        if let Some((region, from)) = &region
            && !is_region(region)
        {
            return Err(Error::NotARegion {
                region: region.clone(),
                from,
            });
        }

        let endpoint = endpoint(service, variables, &profiles)?;
        let target = endpoint.as_deref().unwrap_or("https:");
        if let Some(name) = variables.unusable_proxy_of(target) {
            return Err(Error::NotAProxy { name });
        }

        Ok(Self {
            endpoint,
            variables,
            profile: name,
            profile_by_flag,
            fips: switch(
                variables,
                &profiles,
                "AWS_USE_FIPS_ENDPOINT",
                "use_fips_endpoint",
            )?,
            dual_stack: switch(
                variables,
                &profiles,
                "AWS_USE_DUALSTACK_ENDPOINT",
                "use_dualstack_endpoint",
            )?,
            profiles,
            region,
        })
    }

    /// The account that variables or the profile name, on their own or in a role.
    pub fn account(&self) -> Option<String> {
        let of_role = |role: String| Some(Arn::parse(&role)?.account()?.to_owned());
        let variable = |name| self.variables.get(name).filter(|_| !self.profile_by_flag);
        let profile = |name| self.profiles.get(name).map(str::to_owned);
        // As the SDKs do: whoever assumes a role is in its account.
        profile("role_arn")
            .and_then(of_role)
            .or_else(|| profile("aws_account_id"))
            .or_else(|| profile("sso_account_id"))
            .filter(|_| !self.variables.is_set("AWS_ACCESS_KEY_ID") || self.profile_by_flag)
            .or_else(|| variable("AWS_ACCOUNT_ID"))
            .or_else(|| variable("AWS_ROLE_ARN").and_then(of_role))
    }

    /// What `AWS_SDK_UA_APP_ID` or the profile asks to be known as, in the logs of AWS.
    pub fn app_name(&self) -> Option<AppName> {
        let name = self.variables.get("AWS_SDK_UA_APP_ID");
        let name = name.or_else(|| self.profiles.get("sdk_ua_app_id").map(str::to_owned))?;
        // A name that cannot be used is no reason to fail.
        AppName::new(name).ok()
    }

    /// The endpoints outside the well-known ones that hand out credentials.
    pub fn credential_endpoints(&self) -> Vec<String> {
        let profile = self
            .profiles
            .get("ec2_metadata_service_endpoint")
            .map(str::to_owned);
        [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        ]
        .into_iter()
        .filter_map(|name| self.variables.get(name))
        .chain(profile)
        .collect()
    }
}

/// The profile files that cannot be read, and why: the SDK takes them for empty.
pub fn unreadable_files(variables: Variables) -> Vec<String> {
    let home = variables.get("HOME").unwrap_or_default();
    let mut unreadable = Vec::new();
    for (variable, default) in [
        ("AWS_CONFIG_FILE", "~/.aws/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ] {
        let named = variables.get(variable);
        let file = named.as_deref().unwrap_or(default);
        let file = match file.strip_prefix("~/") {
            Some(rest) => format!("{home}/{rest}"),
            None => file.to_owned(),
        };
        match std::fs::read_to_string(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => {}
            Err(error) => unreadable.push(format!("`{file}`: {error}")),
            Ok(_) => {}
        }
    }
    unreadable
}

/// The endpoint that the environment or the profile names, in the order of the AWS SDKs and Tools
/// Reference Guide ("Service-specific endpoints"): environment before profile, and in each what
/// is meant for this service before what is meant for all.
fn endpoint(
    service: &Service,
    variables: Variables,
    profiles: &ProfileSet,
) -> Result<Option<String>, Error> {
    let ignored = switch(
        variables,
        profiles,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "ignore_configured_endpoint_urls",
    )?;
    if ignored == Some(true) {
        return Ok(None);
    }
    let in_environment = [service.variable, "AWS_ENDPOINT_URL"]
        .into_iter()
        .find_map(|name| Some((name, variables.get(name)?)));
    let env = Env::real();
    let in_profile = || {
        let (url, _) = EnvConfigValue::new()
            .profile("endpoint_url")
            .service_id(service.id)
            .load(&env, Some(profiles))?;
        Some(("endpoint_url", url.into_owned()))
    };
    let Some((name, url)) = in_environment.or_else(in_profile) else {
        return Ok(None);
    };
    let is_url = url.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some()
    });
    if is_url {
        Ok(Some(url))
    } else {
        Err(Error::Setting {
            name,
            value: without_password(&url),
            wanted: format!(
                "a URL such as `https://{}.eu-central-1.amazonaws.com`",
                service.host
            ),
        })
    }
}

/// An endpoint as it may be shown: a URL can hold a password.
pub fn without_password(url: &str) -> String {
    let host = |rest: &str| rest.rsplit('@').next().unwrap_or_default().to_owned();
    match url.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", host(rest)),
        // A mistake, and who made it may have written a password all the same.
        None => host(url),
    }
}

/// A setting that is on or off. The SDK ignores other words, and whoever asked for FIPS would not
/// get it.
fn switch(
    variables: Variables,
    profiles: &ProfileSet,
    variable: &'static str,
    key: &'static str,
) -> Result<Option<bool>, Error> {
    let set = variables
        .get(variable)
        .map(|value| (variable, value))
        .or_else(|| Some((key, profiles.get(key)?.to_owned())));
    let Some((name, value)) = set else {
        return Ok(None);
    };
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        _ => Err(Error::Setting {
            name,
            value,
            wanted: "`true` or `false`".to_owned(),
        }),
    }
}

/// Whether `region` can be part of a host name (a label of RFC 1123). Which regions exist changes
/// too often to know it here.
fn is_region(region: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (1..=63).contains(&region.len())
        && !region.starts_with('-')
        && !region.ends_with('-')
        && region.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::is_region;

    #[test]
    fn a_region_is_whatever_can_be_part_of_a_host_name() {
        let longest = "a".repeat(63);
        for region in ["us-east-1", "eu-isoe-west-1", "local", "1", &longest] {
            assert!(is_region(region), "{region}");
        }
        let too_long = "a".repeat(64);
        for region in [
            "",
            "us-east-1 ",
            "us_east",
            "a.b",
            "-a",
            "a-",
            "a/b",
            "ä",
            &too_long,
        ] {
            assert!(!is_region(region), "{region}");
        }
    }
}
