//! Region, profile and endpoint, by the conventions of the AWS tools.

use std::cmp::Ordering;
use std::env::VarError;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::profile::ProfileSet;
use aws_runtime::env_config::EnvConfigValue;
use aws_types::app_name::AppName;
use aws_types::os_shim_internal::{Env, Fs};

use crate::aws::arn::{self, Arn};
use crate::aws::copies::with_originals;
use crate::aws::error::Error;
use crate::aws::files::{self, LONGEST};
use crate::aws::region;
use crate::aws::role::Role;
use crate::net::authority::Authority;
use crate::net::environment::Variables;
use crate::net::failure::describe;
use crate::net::progress::Progress;
use crate::net::proxy::Proxies;

/// The variables that set endpoint and credentials, for us and for the SDK.
pub const VARIABLES: [&str; 32] = [
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
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_KMS",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
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
/// AWS tools read. Two callers are equal if their requests are signed and sent in the same way,
/// whatever gave their settings.
#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Caller {
    pub region: Option<Given>,
    pub profile: Option<Given>,
    /// The role that signs the requests. It is assumed with the credentials of the profile, or of
    /// the usual chain.
    pub role: Option<Role>,
    /// The region to call if no setting has one: that of the first ARN, where nothing but ARNs is read.
    pub region_of_arns: Option<String>,
    /// The time for all requests together; `None` for no deadline.
    pub timeout: Option<Duration>,
}

impl Caller {
    /// Whether both sign with the same credentials, whatever region they call.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.profile, &self.role) == (&other.profile, &other.role)
    }
}

/// A setting, and what gave it.
#[derive(Debug, Clone)]
pub struct Given {
    pub text: String,
    /// For messages: `--region`, `a place`. It makes no difference otherwise.
    pub from: &'static str,
}

impl Given {
    pub fn new(text: impl Into<String>, from: &'static str) -> Self {
        let text = text.into();
        Self { text, from }
    }

    fn pair(self) -> (String, &'static str) {
        (self.text, self.from)
    }
}

impl PartialEq for Given {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Given {}

impl PartialOrd for Given {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Given {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl Hash for Given {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// A service of AWS, as messages, settings and host names name it.
#[derive(Debug)]
pub struct Service {
    pub name: &'static str,
    /// Its id, from which the key of its section in a profile is made.
    pub id: &'static str,
    /// The variable that names its endpoint.
    pub variable: &'static str,
    /// What its host names begin with.
    pub host: &'static str,
    /// The beginnings of the regions in which it has endpoints for FIPS 140 (the page "endpoints and
    /// quotas" of each service).
    pub fips: &'static [&'static str],
    /// The largest response to an operation, in bytes.
    pub largest: fn(operation: &str) -> usize,
}

impl Service {
    /// Where it is in a region, but for endpoints of other kinds and of China.
    pub fn url(&self, region: &str) -> String {
        format!("https://{}.{region}.amazonaws.com", self.host)
    }

    /// Whether it may have an endpoint for FIPS 140 in a region: one that is not known may have.
    pub fn may_have_fips(&self, region: &str) -> bool {
        self.fips.iter().any(|it| region.starts_with(it)) || !region::is_known(region)
    }
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
    /// The role to assume, beside any of the profile.
    pub role: Option<Role>,
}

impl Settings {
    /// Reads the settings. Only the profile files are opened.
    pub async fn read(caller: &Caller, progress: &Progress) -> Result<Self, Error> {
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
            .map(Given::pair)
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
        if let Some((name, key)) = too_long_for_a_uri(&profiles) {
            let why = format!("its `{key}` has more than {LONGEST_IN_A_URI} bytes");
            return Err(Error::Profile { name, why });
        }

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
            .map(Given::pair)
            .or_else(|| Some((variables.get("AWS_REGION")?, "AWS_REGION")))
            .or_else(|| Some((variables.get("AWS_DEFAULT_REGION")?, "AWS_DEFAULT_REGION")))
            .or_else(|| Some((profiles.get("region")?.to_owned(), "the profile")))
            .or_else(|| Some((caller.region_of_arns.clone()?, "an ARN")));
        let [fips, dual_stack] = [
            ("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
            ("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
        ]
        .map(|(variable, key)| switch(variables, &profiles, variable, key));
        let settings = Self {
            variables,
            profile: name,
            profile_by_flag,
            fips: fips?,
            dual_stack: dual_stack?,
            profiles,
            region,
            role: caller.role.clone(),
        };
        settings.check_partition()?;
        Ok(settings)
    }

    /// The endpoint of a service, if it is another than that of AWS. Everything that is known about
    /// the way there is checked: the region, if it is known, the endpoint and the proxy.
    ///
    /// # Errors
    ///
    /// What is wrong with one of them.
    pub fn endpoint(
        &self,
        service: &Service,
        region: Option<(&str, &'static str)>,
    ) -> Result<Option<String>, Error> {
        let endpoint = endpoint(service, self.variables, &self.profiles)?;
        if let Some((region, from)) = region {
            check_region(region, from, endpoint.as_deref())?;
        }
        let target = match &endpoint {
            Some(endpoint) => endpoint.parse(),
            None => service.url(region.map_or("", |(region, _)| region)).parse(),
        };
        if let (Some(proxies), Ok(target)) = (Proxies::new(&self.variables), target) {
            let proxy = proxies.of(&target);
            proxy.map_err(|name| Error::NotAProxy { name })?;
        }
        let kinds = [("FIPS", self.fips), ("dual-stack", self.dual_stack)];
        if let Some(url) = &endpoint
            && let Some((kind, _)) = kinds.iter().find(|(_, on)| *on == Some(true))
        {
            return Err(Error::TwoEndpoints {
                kind,
                endpoint: without_password(url),
            });
        }
        Ok(endpoint)
    }

    /// The region and its source, for a look at both.
    pub fn known_region(&self) -> Option<(&str, &'static str)> {
        let (region, from) = self.region.as_ref()?;
        Some((region, from))
    }

    /// Checks that the role, if one is to be assumed, is of the partition of the region, if that is
    /// known: STS of one partition knows no roles of another.
    ///
    /// # Errors
    ///
    /// If it is not.
    pub fn check_partition(&self) -> Result<(), Error> {
        let role = self.role.as_ref().map(|role| role.arn.as_str());
        let (Some(role), Some((region, from))) = (role, self.known_region()) else {
            return Ok(());
        };
        let partition = arn::partition(region);
        if Arn::parse(role).is_none_or(|arn| arn.partition() == partition) {
            return Ok(());
        }
        Err(Error::RolePartition {
            role: role.to_owned(),
            region: region.to_owned(),
            from,
            partition,
        })
    }

    /// The account of the role, or that in variables or the profile, by itself or in a role.
    pub fn account(&self) -> Option<String> {
        let of_role = |role: String| Some(Arn::parse(&role)?.account()?.to_owned());
        let variable = |name| self.variables.get(name).filter(|_| !self.profile_by_flag);
        let profile = |name| self.profiles.get(name).map(str::to_owned);
        // As in the SDKs: the caller that assumes a role is in its account.
        let assumed = self.role.as_ref();
        if let Some(account) = assumed.and_then(|role| of_role(role.arn.clone())) {
            return Some(account);
        }
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

    /// Checks the URL of the instance metadata service.
    pub fn check_metadata_endpoint(&self) -> Result<(), Error> {
        let variable = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
        let key = "ec2_metadata_service_endpoint";
        let set = self.variables.get(variable).map(|url| (variable, url));
        let set = set.or_else(|| Some((key, self.profiles.get(key)?.to_owned())));
        let Some((name, url)) = set else {
            return Ok(());
        };
        let example = "http://169.254.169.254";
        check_url(&url, Rest::Path).map_err(|why| not_a_url(name, &url, example, why))
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

/// Checks the URL of the endpoint that hands out credentials to a container.
pub fn check_container_endpoint(variables: Variables) -> Result<(), Error> {
    // The first of them beats the second, in all SDKs.
    let relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    if let Some(path) = variables.get(relative) {
        return match path.starts_with('/') {
            true => Ok(()),
            false => Err(Error::Setting {
                name: relative,
                value: without_password(&path),
                expected: "a path that begins with `/`".to_owned(),
            }),
        };
    }
    let name = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    let Some(url) = variables.get(name) else {
        return Ok(());
    };
    let example = "http://169.254.170.23/v1/credentials";
    check_url(&url, Rest::Query).map_err(|why| not_a_url(name, &url, example, why))
}

/// Checks a region. At an endpoint of one's own, anything is accepted that can be part of a host
/// name.
pub fn check_region(region: &str, from: &'static str, endpoint: Option<&str>) -> Result<(), Error> {
    let checked = match endpoint {
        Some(_) if region::is_label(region) => Ok(()),
        _ => region::check(region),
    };
    checked.map_err(|flaw| Error::NotARegion {
        region: region.to_owned(),
        from,
        flaw,
    })
}

/// The longest name that may become part of a URI. Those of roles and accounts are far shorter.
const LONGEST_IN_A_URI: usize = 1024;

/// A profile and a setting of it that the SDK puts into a URI and that is too long for that: the SDK
/// would panic.
fn too_long_for_a_uri(profiles: &ProfileSet) -> Option<(String, &'static str)> {
    let mut names: Vec<&str> = profiles.profiles().collect();
    names.sort_unstable();
    for name in names {
        for key in ["sso_account_id", "sso_role_name"] {
            let value = profiles.get_profile(name).and_then(|it| it.get(key));
            if value.is_some_and(|value| value.len() > LONGEST_IN_A_URI) {
                return Some((name.to_owned(), key));
            }
        }
    }
    None
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
        // As the guide and all other SDKs write it: `secrets_manager`. This one would look for
        // `secrets-manager`.
        let key = service.id.replace(' ', "_");
        let (url, _) = EnvConfigValue::new()
            .profile("endpoint_url")
            .service_id(&key)
            .load(&env, Some(profiles))?;
        Some(("endpoint_url", url.into_owned()))
    };
    let Some((name, url)) = in_environment.or_else(in_profile) else {
        return Ok(None);
    };
    // The SDK appends a path to it.
    check_url(&url, Rest::Path).map_err(|why| {
        let example = format!("https://{}.eu-central-1.amazonaws.com", service.host);
        not_a_url(name, &url, &example, why)
    })?;
    Ok(Some(url))
}

/// What may follow host and port in a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    Path,
    /// A path and a query.
    Query,
}

/// Checks the URL of an endpoint.
///
/// # Errors
///
/// What is wrong, as the rest of a sentence that begins with it, where that is known.
fn check_url(url: &str, rest: Rest) -> Result<(), Option<&'static str>> {
    let (scheme, authority) = Authority::of_url(url);
    if !matches!(scheme, Some("http" | "https")) {
        return Err(None);
    }
    if url.contains(|it: char| it.is_whitespace() || it.is_control()) {
        return Err(Some("contains a space or a control character"));
    }
    Authority::parse(authority).map_err(Some)?;
    match rest {
        _ if url.contains('#') => return Err(Some("has a fragment")),
        Rest::Path if url.contains('?') => return Err(Some("has a query")),
        Rest::Path | Rest::Query => {}
    }
    let uri: Result<http::Uri, _> = url.parse();
    uri.map(drop).map_err(|_| None)
}

fn not_a_url(name: &'static str, url: &str, example: &str, why: Option<&str>) -> Error {
    let why = why.map_or(String::new(), |why| format!("; this one {why}"));
    Error::Setting {
        name,
        value: without_password(url),
        expected: format!("a URL such as `{example}`{why}"),
    }
}

/// An endpoint for messages: a URL can contain a password, and a query with a token.
pub fn without_password(url: &str) -> String {
    let host = |rest: &str| rest.rsplit('@').next().unwrap_or_default().to_owned();
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        // A mistake, but it may contain a password all the same.
        None => (String::new(), url),
    };
    match rest.find(['?', '#']) {
        // The password may contain this character, and not be encoded.
        Some(end) if rest[end..].contains('@') => format!("{scheme}…"),
        Some(end) => format!("{scheme}{}…", host(&rest[..=end])),
        None => format!("{scheme}{}", host(rest)),
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

#[cfg(test)]
pub mod tests;
