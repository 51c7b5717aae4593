//! Credentials: the sources that the AWS tools share, in their order, and how each of them fails.

mod sources;
mod roles;
mod process;
mod codes;
mod unfit;
mod home;
mod failures;
mod retries;
mod renewal;
mod unconfigured;

use crate::support::issuers::{assumed, credentials, metadata, signed_in};
use crate::support::stand_in::{Call, Reply};
use crate::support::{Launch, World};

const ROLE: &str = "role_arn = arn:aws:iam::123456789012:role/app";
const BASE: &str = "\
[profile base]
aws_access_key_id = AKIDBASE000000000000
aws_secret_access_key = x
";

const PORTAL: &str = "sso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n";
const ASSIGNMENT: &str = "sso_account_id = 123456789012\nsso_role_name = app\n";

/// A profile whose token is found by the name of the session, `dev`.
fn session_profile() -> String {
    format!("[default]\nsso_session = dev\n{ASSIGNMENT}[sso-session dev]\n{PORTAL}")
}

/// Where the token of a sign-in lies: named by the SHA-1 of the session's name, or of the portal's
/// URL.
const TOKEN_OF_SESSION: &str = ".aws/sso/cache/34c6fceca75e456f25e7e99531e2425c6c1de443.json";
const TOKEN_OF_PORTAL: &str = ".aws/sso/cache/e8be5486177c5b5392bd9aa76563515b29358e6e.json";

fn sso_token(until: &str) -> String {
    format!(r#"{{"accessToken":"a-token","expiresAt":"{until}"}}"#)
}

const NO_ENVIRONMENT: &str =
    "environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set";
const NO_PROFILE: &str = "profile `default`: it has no credentials";
const NO_WEB_IDENTITY: &str = "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set";
const NO_CONTAINER: &str =
    "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and …_FULL_URI are not set";

/// The links of the chain that call a service: how each is configured, which key it gives,
/// and how a stand-in answers for that.
type Act = fn(&Call) -> Reply;
const LINKS: [(&str, &str, Act); 6] = [
    ("role", "ASIAROLE000000000000", |call| {
        assumed(call, "ASIAROLE000000000000")
    }),
    ("web identity", "ASIAPOD0000000000000", |call| {
        assumed(call, "ASIAPOD0000000000000")
    }),
    ("sign-in", "ASIASIGNEDIN00000000", |_| {
        signed_in("ASIASIGNEDIN00000000")
    }),
    ("container", "ASIATASK000000000000", |_| {
        credentials("ASIATASK000000000000")
    }),
    ("instance", "ASIAINSTANCE00000000", |call| {
        metadata(call, "ASIAINSTANCE00000000")
    }),
    ("--role", "ASIAOPTION0000000000", |call| {
        assumed(call, "ASIAOPTION0000000000")
    }),
];

/// A launch for which one link of the chain is configured, with its service at `url`.
fn linked(world: &World, link: &str, url: &str) -> Launch {
    let mut launch = world.without_credentials(&[]);
    match link {
        "role" => {
            world.aws_config(format!("[default]\n{ROLE}\nsource_profile = base\n{BASE}"));
            launch.env("AWS_ENDPOINT_URL_STS", url);
        }
        "web identity" => {
            let token = world.directory.file("token", "a.web.token", 0o600);
            launch
                .env("AWS_ENDPOINT_URL_STS", url)
                .env("AWS_WEB_IDENTITY_TOKEN_FILE", token)
                .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app");
        }
        "sign-in" => {
            world.aws_config(session_profile());
            let token = sso_token("2090-01-01T00:00:00Z");
            world.directory.file(TOKEN_OF_SESSION, token, 0o600);
            launch.env("AWS_ENDPOINT_URL_SSO", url);
        }
        "container" => {
            launch.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
        }
        "instance" => {
            launch
                .without("AWS_EC2_METADATA_DISABLED")
                .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", url);
        }
        "--role" => {
            launch
                .with_key()
                .env("ENVSECRETS_ROLE", "arn:aws:iam::123456789012:role/app")
                .env("AWS_ENDPOINT_URL_STS", url);
        }
        _ => unreachable!("{link}"),
    }
    launch
}

const PROFILE_UNUSABLE: &str = "the AWS credentials of the profile cannot be used";

const NO_REGION: &str = "envsecrets: error: no AWS region is configured\n";
const REGION_HINT: &str =
    "envsecrets: hint: use `--region REGION`, or set `AWS_REGION` or the region of the profile\n";
const LAPTOP_HINT: &str = "envsecrets: hint: on a laptop: `aws configure` or `aws sso login`, then `--profile` or `AWS_PROFILE`; on EC2, ECS and EKS: give the instance, task or service account a role\n";
