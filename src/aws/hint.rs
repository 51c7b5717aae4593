//! Hints that depend on more than the kind of error.

use crate::net::certificate::Flaw;
use crate::net::failure::Untrusted;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    Nothing,
    /// The sign-in of the AWS CLI has expired.
    SignIn,
    /// The instance metadata service accepts the connection, but does not respond.
    HopLimit,
    /// No role is attached to the instance, or IMDS is disabled.
    InstanceRole,
    /// Permission to assume the role was denied.
    AssumeRole,
    /// The same for the role of the caller, without an external id.
    TrustPolicy,
    /// The same, with an external id.
    ExternalId,
    /// IAM Identity Center gives this user no such role.
    Assignment,
    /// The profile uses `aws login`.
    Login,
    /// The variables of a container's credential endpoint are wrong.
    Container,
    /// The settings of the instance metadata service are wrong.
    Metadata,
    /// The URL of an endpoint is wrong.
    Endpoint,
    /// A proxy is the cause.
    Proxy,
    /// No trusted authority issued the certificate.
    UnknownIssuer,
    /// The certificate is for another name.
    WrongName,
    /// The certificate has expired or is not valid yet.
    Clock,
    /// The certificate is not valid yet because our clock is slow.
    SlowClock,
    /// A limit of this machine, with its own hint.
    Limit(&'static str),
    /// The endpoint uses TLS, but not as we do.
    Tls,
    /// The trusted certificates cannot be read.
    Anchors,
    /// The endpoint does not use TLS.
    NotTls,
    /// Temporary credentials have expired.
    Expired,
    /// The access key is unknown, or its secret is wrong.
    Keys,
    /// Credentials contain what a header cannot contain.
    Unfit,
    /// There is no terminal for the question for an MFA code.
    NoTerminal,
    /// The MFA code was not accepted.
    Code,
    /// What was typed cannot be an MFA code.
    NotACode,
    /// No MFA code was typed in time.
    Typing,
    /// The command of `credential_process` takes too long.
    Process,
}

impl Hint {
    /// What to try if a server is not trusted.
    pub fn of(reason: &Untrusted) -> Self {
        match reason {
            Untrusted::Certificate(refused) => match refused.flaw {
                Flaw::UnknownIssuer => Self::UnknownIssuer,
                Flaw::WrongName => Self::WrongName,
                Flaw::Dates => Self::Clock,
                Flaw::Clock => Self::SlowClock,
                Flaw::Other => Self::Nothing,
            },
            Untrusted::NotTls => Self::NotTls,
            Untrusted::Incompatible(_) => Self::Tls,
            Untrusted::Anchors(_) => Self::Anchors,
        }
    }

    /// Whether AWS refused something, rather than a setting being wrong.
    pub fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::AssumeRole
                | Self::TrustPolicy
                | Self::ExternalId
                | Self::Assignment
                | Self::Expired
                | Self::Keys
                | Self::Code
        )
    }

    pub fn text(self) -> Option<&'static str> {
        Some(match self {
            Self::Nothing => return None,
            Self::Limit(hint) => hint,
            Self::SignIn => "sign in again with `aws sso login` and the same profile",
            Self::HopLimit => {
                "the instance metadata service does not respond: in a container it needs a hop \
                 limit of 2 (`aws ec2 modify-instance-metadata-options --instance-id ID \
                 --http-put-response-hop-limit 2`), the host's network, or a task role instead"
            }
            Self::InstanceRole => {
                "attach a role to the instance, or enable its metadata service (`aws ec2 \
                 modify-instance-metadata-options`)"
            }
            Self::AssumeRole => {
                "check the role's trust policy, and whether the caller may `sts:AssumeRole`"
            }
            Self::TrustPolicy => {
                "check that the role exists, that its trust policy allows this principal and requires \
                 no external id, and that the principal may `sts:AssumeRole` on it"
            }
            Self::ExternalId => {
                "check that the role exists, that its trust policy allows this principal with this \
                 external id, and that the principal may `sts:AssumeRole` on it"
            }
            Self::Assignment => {
                "check whether this user is assigned to the account and the role of the profile"
            }
            Self::Login => {
                "`aws login` is not supported: give another profile `credential_process = \
                 aws configure export-credentials --profile PROFILE`, and use that one"
            }
            Self::Container => {
                "check `AWS_CONTAINER_CREDENTIALS_FULL_URI`, \
                 `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` and \
                 `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, which ECS and EKS set, and the role \
                 of the task or the pod"
            }
            Self::Metadata => {
                "check `AWS_EC2_METADATA_SERVICE_ENDPOINT` and \
                 `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`, or the same settings in the profile"
            }
            Self::Endpoint => {
                "check `AWS_ENDPOINT_URL`, the same for one service such as `AWS_ENDPOINT_URL_STS`, \
                 `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`, and the same settings in the \
                 profile"
            }
            Self::Proxy => {
                "if it requires a user name and a password, put them in its URL; `NO_PROXY` lists \
                 hosts to reach without it"
            }
            Self::UnknownIssuer => {
                "if a proxy inspects TLS here, set `AWS_CA_BUNDLE` or `SSL_CERT_FILE` to its \
                 certificate"
            }
            Self::WrongName => {
                "another server responds at this address: check the endpoint, DNS and proxies"
            }
            Self::Clock => "check this machine's clock, then the certificate of the endpoint",
            Self::SlowClock => {
                "set this machine's clock, or start after the time is synchronised (in a systemd unit \
                 `After=time-sync.target`)"
            }
            Self::Anchors => "the file must contain certificates in PEM format",
            Self::Tls => {
                "the endpoint must support TLS 1.3, or TLS 1.2 with ECDHE and AES-GCM or ChaCha20; \
                 certificates of clients are not supported"
            }
            Self::NotTls => {
                "the endpoint does not use TLS: check for `http://` and for another port"
            }
            Self::Unfit => {
                "credentials are printable ASCII in one line: check how they were written, for \
                 example with `printf %s` instead of `echo`"
            }
            Self::NoTerminal => {
                "start it from a terminal, or with credentials that need no code: those of `aws sts \
                 assume-role` or `aws sts get-session-token` in the environment, or a role without \
                 a person's device"
            }
            Self::NotACode => "a code has six digits: try again",
            Self::Typing => "`--timeout` includes the time to type the code",
            Self::Process => {
                "run the command by itself to see what it waits for; `--timeout` sets how long it may \
                 take"
            }
            Self::Code => {
                "a code changes every 30 seconds and is accepted once: try the next one, and check `mfa_serial` in the profile"
            }
            Self::Expired => "temporary credentials have expired: get new ones",
            Self::Keys => {
                "check which access key is used, whether it still exists, and whether secret and \
                 session token belong to it; then check this machine's clock"
            }
        })
    }
}
