//! What to try, where that depends on more than the kind of error.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
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

impl Hint {
    /// Whether it is about a refusal by AWS, rather than a lack of configuration.
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
