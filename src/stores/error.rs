//! What can go wrong between us and Parameter Store.
//!
//! Messages are made of the kind of failure, AWS's error code and message, and the request id:
//! never of `{:?}`, which for the SDK's errors can hold the body of an answer.

use std::fmt;
use std::time::Duration;

use crate::aws::iam::Statement;
use crate::net::failure::TrustError;
use crate::net::progress::Summary;
use crate::output::quoted;
use crate::stores::parameter_store::pages::Nonsense;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("no AWS region is configured")]
    NoRegion,
    #[error("`{region}`, from {from}, cannot be an AWS region")]
    NotARegion { region: String, from: &'static str },
    #[error("no AWS credentials were found")]
    NoCredentials { tried: Vec<String>, on_ec2: bool },
    #[error("the AWS credentials of {source_name} cannot be used")]
    Credentials {
        source_name: &'static str,
        why: String,
        advice: Advice,
    },
    #[error("the AWS profile `{name}` cannot be read")]
    Profile { name: String, why: String },
    #[error("the AWS profile `{name}`, from {from}, does not exist")]
    NoProfile {
        name: String,
        from: &'static str,
        known: Vec<String>,
        /// Files in which it may stand, and why not.
        unreadable: Vec<String>,
    },
    #[error("`{name}` is `{value}`, and must be {wanted}")]
    Setting {
        name: &'static str,
        value: String,
        wanted: &'static str,
    },
    #[error("`{name}` is not the address of a proxy")]
    NotAProxy { name: &'static str },
    #[error("`{name}` is not UTF-8")]
    NotText { name: &'static str },
    #[error("{0}")]
    Trust(TrustError),
    #[error("{endpoint} is not trusted")]
    Certificate {
        endpoint: String,
        why: String,
        advice: Advice,
    },
    #[error("{endpoint} cannot be used as an endpoint")]
    Endpoint { endpoint: String, why: String },
    #[error("the proxy of {variable} does not let us through to {place}")]
    Proxy {
        variable: &'static str,
        place: String,
        why: String,
    },
    #[error("AWS refuses to let us {} {target} in {place}", target.verb())]
    Denied {
        target: Target,
        place: String,
        said: Said,
        missing: Box<Statement>,
    },
    #[error("AWS refuses to {} {target} in {place}", target.cipher())]
    KeyDenied {
        target: Target,
        place: String,
        said: Said,
        missing: Box<Statement>,
    },
    #[error("AWS refuses the credentials of {principal}")]
    BadCredentials {
        principal: String,
        place: String,
        said: Said,
        advice: Advice,
    },
    #[error("AWS refuses the request for {target} in {place}")]
    Rejected {
        target: Target,
        place: String,
        said: Said,
    },
    #[error("the answer for {target} from {place} makes no sense")]
    Nonsense {
        target: Target,
        place: String,
        what: String,
    },
    #[error("{who} did not answer within {} for {target}", seconds(*timeout))]
    Unavailable {
        who: &'static str,
        target: String,
        timeout: Duration,
        summary: Summary,
    },
    #[error(
        "Parameter Store asks to wait {}, and only {} are left for {target}",
        seconds(*asked),
        roughly(*left)
    )]
    Postponed {
        target: Target,
        asked: Duration,
        left: Duration,
        summary: Summary,
    },
    #[error("there is nothing {} in {place}", below(path, label.as_deref()))]
    Empty {
        path: String,
        label: Option<String>,
        place: String,
    },
    #[error("there is no parameter whose name matches {} in {place}", at_label(glob, label.as_deref()))]
    NoMatch {
        glob: String,
        label: Option<String>,
        place: String,
    },
    #[error("there is no parameter {} in {place}", quoted(names))]
    Missing {
        names: Vec<String>,
        place: String,
        /// The variables that refer to them, a sentence each.
        wanted_by: Vec<String>,
    },
    #[error("there is no {target} in {place}")]
    NotThere { target: Target, place: String },
    #[error("there is a {target} in {place} already")]
    Exists {
        target: Target,
        place: String,
        /// Whether an answer was lost before, so that it may be there because of us.
        lost: bool,
    },
    #[error("cannot set up for reading")]
    Internal { why: String },
}

/// Hints that depend on more than the kind of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    Nothing,
    /// The AWS CLI's sign-in has run out.
    SignIn,
    /// The instance metadata service takes the connection and says nothing.
    HopLimit,
    /// No role is attached to the instance, or IMDS is turned off.
    InstanceRole,
    /// The role may not be assumed.
    AssumeRole,
    /// IAM Identity Center gives this user no such role.
    Assignment,
    /// The profile relies on `aws login`.
    Login,
    /// The variables about a container's credential endpoint are at fault.
    Container,
    /// The settings about the instance metadata service are at fault.
    Metadata,
    /// A proxy is at fault.
    Proxy,
    /// The certificate does not lead to one that we trust.
    UnknownIssuer,
    /// The certificate is for another name.
    WrongName,
    /// The certificate has expired or is not valid yet.
    Clock,
    /// The other side does not speak TLS.
    NotTls,
    /// Temporary credentials have run out.
    Expired,
    /// The access key is not known, or its secret is wrong.
    Keys,
}

impl Advice {
    /// Whether it is for those whom AWS refused, rather than for a lack of configuration.
    pub fn is_refusal(self) -> bool {
        match self {
            Self::AssumeRole | Self::Assignment | Self::Expired | Self::Keys => true,
            Self::Nothing
            | Self::SignIn
            | Self::HopLimit
            | Self::InstanceRole
            | Self::Login
            | Self::Container
            | Self::Metadata
            | Self::Proxy
            | Self::UnknownIssuer
            | Self::WrongName
            | Self::Clock
            | Self::NotTls => false,
        }
    }

    pub fn text(self) -> Option<&'static str> {
        Some(match self {
            Self::Nothing => return None,
            Self::SignIn => "sign in again with `aws sso login`, and the same profile",
            Self::HopLimit => {
                "the instance metadata service does not answer: in a container its answers need a \
                 hop limit of 2 (`aws ec2 modify-instance-metadata-options --instance-id ID \
                 --http-put-response-hop-limit 2`), the host's network, or a task role instead"
            }
            Self::InstanceRole => {
                "attach a role to the instance, or turn its metadata service on (`aws ec2 \
                 modify-instance-metadata-options`)"
            }
            Self::AssumeRole => {
                "look at the role's trust policy, and at whether the caller may `sts:AssumeRole`"
            }
            Self::Assignment => {
                "look at whether this user is assigned to the account and the role of the profile"
            }
            Self::Login => {
                "sign-ins by `aws login` cannot be used: give another profile `credential_process = \
                 aws configure export-credentials --profile PROFILE`, and name that one"
            }
            Self::Container => {
                "look at `AWS_CONTAINER_CREDENTIALS_FULL_URI`, \
                 `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` and \
                 `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, which ECS and EKS set, and at the role \
                 of the task or the pod"
            }
            Self::Metadata => {
                "look at `AWS_EC2_METADATA_SERVICE_ENDPOINT` and \
                 `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`, or their like in the profile"
            }
            Self::Proxy => {
                "if it wants a user name and a password, they stand in its URL; `NO_PROXY` names \
                 hosts to go to without it"
            }
            Self::UnknownIssuer => {
                "if a proxy inspects TLS here, name its certificate with `AWS_CA_BUNDLE` or \
                 `SSL_CERT_FILE`"
            }
            Self::WrongName => {
                "something else answers at this address: look at the endpoint, at DNS, and at \
                 proxies"
            }
            Self::Clock => "look at this machine's clock, then at who runs the endpoint",
            Self::NotTls => "the endpoint does not speak TLS: is it `http://`, or on another port?",
            Self::Expired => "temporary credentials have run out: get new ones",
            Self::Keys => {
                "look at which access key is used, whether it still exists, and whether secret \
                 and session token belong to it; then at this machine's clock"
            }
        })
    }
}

impl Error {
    /// The statement without which AWS refused.
    pub fn missing(&self) -> Option<&Statement> {
        match self {
            Self::Denied { missing, .. } | Self::KeyDenied { missing, .. } => Some(missing),
            _ => None,
        }
    }

    /// Why, a line each.
    pub fn causes(&self) -> Vec<String> {
        match self {
            Self::NoCredentials { tried, .. } => tried.clone(),
            Self::Credentials { why, .. }
            | Self::Profile { why, .. }
            | Self::Certificate { why, .. }
            | Self::Endpoint { why, .. }
            | Self::Proxy { why, .. }
            | Self::Internal { why } => vec![why.clone()],
            Self::Denied { said, .. }
            | Self::KeyDenied { said, .. }
            | Self::BadCredentials { said, .. }
            | Self::Rejected { said, .. } => vec![said.to_string()],
            Self::Nonsense { what, .. } => vec![what.clone()],
            Self::Unavailable { summary, .. } | Self::Postponed { summary, .. } => {
                let trouble = summary.trouble.as_deref().unwrap_or("no answer came");
                let mut causes = vec![trouble.to_owned()];
                match (summary.calls, summary.throttled) {
                    (0, _) => {}
                    (1, throttled) => {
                        causes.push(format!("1 call was made, {throttled} throttled"))
                    }
                    (calls, throttled) => {
                        causes.push(format!("{calls} calls were made, {throttled} throttled"));
                    }
                }
                causes
            }
            Self::NoProfile {
                known, unreadable, ..
            } => {
                let known = match known.as_slice() {
                    [] => "there are no profiles here".to_owned(),
                    known => format!("the profiles here are {}", quoted(known)),
                };
                let mut causes = vec![known];
                causes.extend(unreadable.clone());
                causes
            }
            Self::NoRegion
            | Self::NotARegion { .. }
            | Self::Setting { .. }
            | Self::NotText { .. }
            | Self::NotAProxy { .. }
            | Self::Trust(_)
            | Self::NotThere { .. }
            | Self::Exists { .. }
            | Self::NoMatch { .. }
            | Self::Empty { .. } => Vec::new(),
            Self::Missing { wanted_by, .. } => wanted_by.clone(),
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::NoRegion => {
                "say `--region REGION`, or set `AWS_REGION` or the region of the profile"
            }
            Self::NotARegion { .. } => "a region is called like `eu-central-1`",
            Self::NoCredentials { on_ec2: true, .. } => {
                "attach a role to this instance; if it has one, look at its metadata service (\
                 enabled? hop limit 2 for containers?)"
            }
            Self::NoCredentials { on_ec2: false, .. } => {
                "on a laptop: `aws configure` or `aws sso login`, then `--profile` or \
                 `AWS_PROFILE`; on EC2, ECS and EKS: give the instance, task or service account a \
                 role"
            }
            Self::Profile { .. } => "look at `~/.aws/config` and `~/.aws/credentials`",
            Self::NoProfile { .. } => {
                "look at `~/.aws/config`, or at `AWS_CONFIG_FILE` if that is set"
            }
            Self::NotAProxy { .. } => {
                "write it like `http://proxy.example:3128`, or unset it; `NO_PROXY` names hosts to go to \
                 without it"
            }
            Self::Trust(_) => "the file must hold certificates in PEM form",
            Self::Credentials { advice, .. }
            | Self::Certificate { advice, .. }
            | Self::BadCredentials { advice, .. } => advice.text()?,
            Self::Endpoint { .. } => {
                "look at `AWS_ENDPOINT_URL_SSM`, `AWS_ENDPOINT_URL`, the region, and the settings \
                 for FIPS and dual-stack endpoints"
            }
            Self::Proxy { .. } => Advice::Proxy.text()?,
            Self::Denied { missing, .. } => return Some(missing.summary()),
            Self::KeyDenied { target, .. } if target.cipher() == "encrypt" => {
                "allow kms:Encrypt, and kms:GenerateDataKey for an advanced parameter, on the key in \
                 the caller's policy and in the key's own; the key must exist, be enabled, and be in \
                 this region"
            }
            Self::KeyDenied { .. } => {
                "allow kms:Decrypt on the key that encrypts these parameters, in the caller's policy \
                 and in the key's own; the key must exist, be enabled, and be in this region"
            }
            Self::Nonsense { .. } => {
                "something between us and AWS may be answering in its place: look at the endpoint, \
                 at proxies, and at captive portals"
            }
            Self::Unavailable { summary, .. } if summary.hint.is_some() => summary.hint?,
            Self::Unavailable { summary, .. } | Self::Postponed { summary, .. }
                if summary.throttled > 0 =>
            {
                "the quota of Parameter Store is shared by the whole account and region: start \
                 fewer at once, allow more time with `--timeout`, or raise the quota"
            }
            Self::Unavailable { .. } => {
                "look at the network between here and the endpoint, and at `AWS_REGION`; \
                 `--timeout` says how long to keep trying"
            }
            Self::Postponed { .. } => "allow more time with `--timeout`",
            Self::NoMatch { .. } => {
                "look for typing errors in the glob, account, region and label; `*` stops at `/`, `**` \
                 does not"
            }
            Self::Empty { label: Some(_), .. } => {
                "look for typing errors in path, label and region; the label must be on a version of \
                 each parameter"
            }
            Self::Empty { .. } => {
                "look for typing errors in path, account and region; a layer that may be empty is \
                 `--optional-path`"
            }
            Self::Missing { .. } => {
                "look for typing errors in names, versions, labels, account and region"
            }
            Self::NotThere { .. } => {
                "look for typing errors in name, version, label, account and region"
            }
            Self::Rejected { said, .. } => said.advice()?,
            Self::Exists { .. }
            | Self::Setting { .. }
            | Self::NotText { .. }
            | Self::Internal { .. } => return None,
        };
        Some(fixed.to_owned())
    }
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Path {
        path: String,
        label: Option<String>,
    },
    Names(Vec<String>),
    /// The catalogue: what DescribeParameters tells.
    Catalogue {
        /// What it is narrowed to, such as `below /prd/app`.
        part: String,
    },
    /// Parameters whatever their version, and what is to be done with them.
    Some {
        doing: Doing,
        names: Vec<String>,
    },
}

/// What is done with one parameter, or with several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    Put,
    Delete,
    Label,
    Unlabel,
    ReadHistory,
    ReadTags,
    AddTags,
    RemoveTags,
}

impl Doing {
    /// The IAM action. Each is named for its one operation.
    pub fn action(self) -> &'static str {
        match self {
            Self::Put => "ssm:PutParameter",
            Self::Delete => "ssm:DeleteParameters",
            Self::Label => "ssm:LabelParameterVersion",
            Self::Unlabel => "ssm:UnlabelParameterVersion",
            Self::ReadHistory => "ssm:GetParameterHistory",
            Self::ReadTags => "ssm:ListTagsForResource",
            Self::AddTags => "ssm:AddTagsToResource",
            Self::RemoveTags => "ssm:RemoveTagsFromResource",
        }
    }
}

impl Target {
    /// What we want to do with it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Path { .. } | Self::Names(_) => "read",
            Self::Catalogue { .. } => "list",
            Self::Some { doing, .. } => match doing {
                Doing::Put => "write",
                Doing::Delete => "delete",
                Doing::Label | Doing::Unlabel => "label",
                Doing::ReadHistory => "read the history of",
                Doing::ReadTags => "read the tags of",
                Doing::AddTags | Doing::RemoveTags => "tag",
            },
        }
    }

    /// What the key is wanted for.
    pub fn cipher(&self) -> &'static str {
        match self {
            Self::Some {
                doing: Doing::Put, ..
            } => "encrypt",
            Self::Path { .. } | Self::Names(_) | Self::Catalogue { .. } | Self::Some { .. } => {
                "decrypt"
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { path, label } => {
                write!(f, "parameters {}", below(path, label.as_deref()))
            }
            Self::Names(names) | Self::Some { names, .. } => match names.as_slice() {
                [_] => write!(f, "parameter {}", quoted(names)),
                names => write!(f, "parameters {}", quoted(names)),
            },
            Self::Catalogue { part } => write!(f, "parameters {part}"),
        }
    }
}

/// What AWS said when it refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub status: u16,
    pub code: Option<String>,
    pub message: Option<String>,
    pub request_id: Option<String>,
}

impl Said {
    /// What to try, where the service says only what it does not do.
    fn advice(&self) -> Option<&'static str> {
        Some(match self.code.as_deref()? {
            "ParameterMaxVersionLimitExceeded" => {
                "the oldest of a hundred versions has a label: `envsecrets history` shows it, and \
                 `envsecrets label` moves it"
            }
            "ParameterVersionLabelLimitExceeded" => {
                "a version has ten labels at most: `envsecrets label --remove` takes one off"
            }
            "ParameterPatternMismatchException" => {
                "the value does not match the parameter's own pattern: `envsecrets history --format \
                 json` shows it, and `envsecrets put --pattern` names another"
            }
            "TooManyTagsError" => {
                "a parameter has fifty tags at most: `envsecrets tag --remove` takes one off"
            }
            _ => return None,
        })
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => f.write_str(code)?,
            None => write!(f, "HTTP status {}", self.status)?,
        }
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (request id {id})"),
            None => Ok(()),
        }
    }
}

impl From<&Nonsense> for String {
    fn from(nonsense: &Nonsense) -> Self {
        format!("it holds {nonsense}")
    }
}

fn below(path: &str, label: Option<&str>) -> String {
    format!("below {}", at_label(path, label))
}

fn at_label(text: &str, label: Option<&str>) -> String {
    match label {
        None => format!("`{text}`"),
        Some(label) => format!("`{text}` at label `{label}`"),
    }
}

fn seconds(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// Whole seconds, or below one whole milliseconds.
fn roughly(duration: Duration) -> String {
    let whole = match duration.as_secs() {
        0 => Duration::from_millis(u64::from(duration.subsec_millis())),
        whole => Duration::from_secs(whole),
    };
    seconds(whole)
}
