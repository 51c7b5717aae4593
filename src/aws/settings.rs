//! Region, profile and endpoint, by the conventions of the AWS tools.

use std::env::VarError;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::profile::ProfileSet;
use aws_runtime::env_config::EnvConfigValue;
use aws_types::app_name::AppName;
use aws_types::os_shim_internal::{Env, Fs};

use crate::aws::arn::Arn;
use crate::aws::copies::with_originals;
use crate::aws::error::Error;
use crate::aws::files::{self, LONGEST};
use crate::net::environment::Variables;
use crate::net::failure::describe;
use crate::net::progress::Progress;

/// The variables that set endpoint and credentials, for us and for the SDK.
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

/// Set by AWS to the environment of a program. The SDK sends it in a header, and fails if it
/// cannot.
const EXECUTION_ENVIRONMENT: &str = "AWS_EXECUTION_ENV";

/// Removes variables that would mislead the SDK: an empty one counts as not set for us, but not for
/// all parts of the SDK. And finds the home directory.
pub fn forget_misleading() {
    let empty = |name: &&str| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let unfit = std::env::var_os(EXECUTION_ENVIRONMENT).is_some_and(|value| {
        let mut bytes = value.as_encoded_bytes().iter();
        !bytes.all(|byte| byte.is_ascii_graphic())
    });
    let empty = VARIABLES.into_iter().filter(empty);
    crate::system::process::forget(empty.chain(unfit.then_some(EXECUTION_ENVIRONMENT)));
    files::find_home();
}

/// How long DNS, TCP and TLS together may take (the SDK's own default).
pub const CONNECT: Duration = Duration::from_millis(3100);

/// The defaults of the SDK that we build on, pinned: newer ones change retries and timeouts.
pub fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// The options of a caller of AWS. What is `None` comes from the variables and profiles that all
/// AWS tools read.
#[derive(Debug, Default, Clone)]
pub struct Caller {
    pub region: Option<String>,
    pub profile: Option<String>,
    /// The time for all requests together; `None` for no deadline.
    pub timeout: Option<Duration>,
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

/// The settings of profile and environment, before any network call.
#[derive(Debug)]
pub struct Settings {
    pub variables: Variables,
    /// The requested profile, or `default`.
    pub profile: String,
    /// Whether `--profile` was given: then the profile beats credentials in the environment, as
    /// with the AWS CLI.
    pub profile_by_flag: bool,
    pub profiles: ProfileSet,
    /// The region and its source.
    pub region: Option<(String, &'static str)>,
    pub fips: Option<bool>,
    pub dual_stack: Option<bool>,
    /// An endpoint other than that of AWS.
    pub endpoint: Option<String>,
}

impl Settings {
    /// Reads the settings. Only the profile files are opened.
    pub async fn read(
        caller: &Caller,
        service: &Service,
        progress: &Progress,
    ) -> Result<Self, Error> {
        let variables = Variables;
        // The SDK would treat these as not set, and use another endpoint or another principal.
        for name in VARIABLES {
            let text = std::env::var(name);
            if matches!(text, Err(VarError::NotUnicode(_))) && name != "AWS_CA_BUNDLE" {
                return Err(Error::NotText { name });
            }
        }
        let requested = caller
            .profile
            .clone()
            .map(|name| (name, "--profile"))
            .or_else(|| Some((variables.get("AWS_PROFILE")?, "AWS_PROFILE")));
        let name = requested
            .as_ref()
            .map_or("default", |(name, _)| name.as_str())
            .to_owned();
        files::prepare_settings(progress)?;
        let profiles = aws_config::profile::load(
            &Fs::real(),
            &Env::real(),
            &Default::default(),
            Some(name.clone().into()),
        )
        .await
        .map_err(|error| Error::Profile {
            name: name.clone(),
            why: with_originals(describe(&error)),
        })?;

        let profile_by_flag = caller.profile.is_some();
        let credentials_in_environment =
            variables.is_set("AWS_ACCESS_KEY_ID") && variables.is_set("AWS_SECRET_ACCESS_KEY");
        if let Some((name, from)) = requested
            && profiles.get_profile(&name).is_none()
            && (profile_by_flag || !credentials_in_environment)
        {
            let mut known: Vec<String> = profiles.profiles().map(str::to_owned).collect();
            known.sort();
            let unreadable = files::unreadable_settings();
            return Err(Error::NoProfile {
                name,
                from,
                known,
                unreadable,
            });
        }

        let in_place = !profile_by_flag && !credentials_in_environment;
        if in_place && variables.is_set("AWS_WEB_IDENTITY_TOKEN_FILE") {
            files::prepare_variable("AWS_WEB_IDENTITY_TOKEN_FILE", LONGEST, progress)?;
        }
        let in_container = variables.is_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
            || variables.is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI");
        if in_container && (in_place || profiles.get("credential_source").is_some()) {
            files::prepare_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", LONGEST, progress)?;
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

    /// The account in variables or the profile, by itself or in a role.
    pub fn account(&self) -> Option<String> {
        let of_role = |role: String| Some(Arn::parse(&role)?.account()?.to_owned());
        let variable = |name| self.variables.get(name).filter(|_| !self.profile_by_flag);
        let profile = |name| self.profiles.get(name).map(str::to_owned);
        // As in the SDKs: the caller that assumes a role is in its account.
        profile("role_arn")
            .and_then(of_role)
            .or_else(|| profile("aws_account_id"))
            .or_else(|| profile("sso_account_id"))
            .filter(|_| !self.variables.is_set("AWS_ACCESS_KEY_ID") || self.profile_by_flag)
            .or_else(|| variable("AWS_ACCOUNT_ID"))
            .or_else(|| variable("AWS_ROLE_ARN").and_then(of_role))
    }

    /// The application name for the logs of AWS, from `AWS_SDK_UA_APP_ID` or the profile.
    pub fn app_name(&self) -> Option<AppName> {
        let name = self.variables.get("AWS_SDK_UA_APP_ID");
        let name = name.or_else(|| self.profiles.get("sdk_ua_app_id").map(str::to_owned))?;
        // A name that cannot be used is no reason to fail.
        AppName::new(name).ok()
    }

    /// The credential endpoints beside the well-known ones.
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

/// The endpoint in the environment or the profile, in the order of the AWS SDKs and Tools
/// Reference Guide ("Service-specific endpoints"): environment before profile, and in each the
/// setting for this service before that for all services.
pub fn endpoint(
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
            expected: format!(
                "a URL such as `https://{}.eu-central-1.amazonaws.com`",
                service.host
            ),
        })
    }
}

/// An endpoint for messages: a URL can contain a password.
pub fn without_password(url: &str) -> String {
    let host = |rest: &str| rest.rsplit('@').next().unwrap_or_default().to_owned();
    match url.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", host(rest)),
        // A mistake, but it may contain a password all the same.
        None => host(url),
    }
}

/// A boolean setting. The SDK ignores other values, and a user who requires FIPS would not get it.
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
            expected: "`true` or `false`".to_owned(),
        }),
    }
}

/// Whether `region` can be part of a host name (a label of RFC 1123). The list of regions changes
/// too often to have it here.
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
    fn a_region_is_anything_that_can_be_part_of_a_host_name() {
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
