//! Failures that are certain: reported at once, with the source that failed.

use std::path::Path;

use super::{
    ASSIGNMENT, BASE, NO_CONTAINER, NO_ENVIRONMENT, NO_PROFILE, NO_WEB_IDENTITY, PORTAL,
    PROFILE_UNUSABLE, ROLE, TOKEN_OF_PORTAL, TOKEN_OF_SESSION, session_profile, sso_token,
};
use crate::support::SENTINEL;
use crate::support::aws::{fails, world_with_x};
use crate::support::issuers::{credentials, metadata, refused};
use crate::support::stand_in::{Reply, StandIn};

#[test]
fn a_profile_that_is_only_half_there_does_not_lead_to_another_identity() {
    let world = world_with_x();
    let imds = StandIn::start(|call, _| metadata(call, "ASIAINSTANCE00000000"));
    for (config, why) in [
        (
            format!("[default]\n{ROLE}\nsource_profile = bsae\n{BASE}"),
            "profile `bsae` was not defined: could not find source profile bsae referenced from default",
        ),
        (
            format!(
                "[default]\n{ROLE}\nsource_profile = a\n[profile a]\n{ROLE}\nsource_profile = default\n"
            ),
            "profile formed an infinite loop. first we loaded [\"default\", \"a\"], then attempted to reload default",
        ),
        (
            format!("[default]\n{ROLE}\n"),
            "invalid credential source in `default`: profile must contain `source_profile` or `credential_source` but neither were defined",
        ),
        (
            format!(
                "[default]\n{ROLE}\nsource_profile = base\ncredential_source = Environment\n{BASE}"
            ),
            "invalid credential source in `default`: profile contained both source_profile and credential_source. Only one or the other can be defined",
        ),
        (
            format!("[default]\n{ROLE}\ncredential_source = Moon\n"),
            "profile referenced `Moon` provider but that provider is not supported",
        ),
        (
            "[default]\naws_access_key_id = AKIDHALF000000000000\n".to_owned(),
            "invalid credential source in `default`: profile missing aws_secret_access_key",
        ),
        (
            format!("[default]\nsso_session = dev\n{ASSIGNMENT}"),
            "sso-session named `dev` (referenced by profile `default`) was not found",
        ),
        (
            format!("[default]\nsso_session = dev\n[sso-session dev]\n{PORTAL}"),
            "selected profile will resolve an access token instead of credentials since it doesn't have `sso_account_id` and `sso_role_name` set. Specify both `sso_account_id` and `sso_role_name` to let this profile resolve credentials.",
        ),
        (
            format!("[default]\n{ROLE}\nweb_identity_token_file = /nowhere/token\n"),
            "cannot read `/nowhere/token`, from the profile: No such file or directory (os error 2)",
        ),
    ] {
        world.aws_config(config);
        let mut launch = world.without_credentials(&[]);
        launch
            .without("AWS_EC2_METADATA_DISABLED")
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url());
        fails(&mut launch, 78, PROFILE_UNUSABLE, &[why], "");
    }
    assert!(imds.calls().is_empty());
}

const SIGN_IN: &str = "sign in again with `aws sso login` and the same profile";

#[test]
fn an_expired_sign_in_is_reported_with_how_to_sign_in_again() {
    let world = world_with_x();
    let late = "the SSO token has expired and cannot be refreshed";
    let missing = "failed to load the cached SSO token";
    let home = world.directory.path().to_str().unwrap();
    let no_file = format!(
        "failed to read `{home}/{TOKEN_OF_PORTAL}`: No such file or directory (os error 2)"
    );
    for (config, token, why) in [
        (session_profile(), None, missing),
        (session_profile(), Some("{"), missing),
        (
            session_profile(),
            Some(&sso_token("2020-01-01T00:00:00Z")),
            late,
        ),
        (format!("[default]\n{ASSIGNMENT}{PORTAL}"), None, &no_file),
    ] {
        world.aws_config(config);
        let token = token.map(|token| world.directory.file(TOKEN_OF_SESSION, token, 0o600));
        fails(
            &mut world.without_credentials(&[]),
            78,
            PROFILE_UNUSABLE,
            &[why],
            SIGN_IN,
        );
        if let Some(token) = token {
            std::fs::remove_file(token).unwrap();
        }
    }
    world.aws_config(session_profile());
    let token = sso_token("2090-01-01T00:00:00Z");
    world.directory.file(TOKEN_OF_SESSION, token, 0o600);
    for (status, kind, message, code, hint) in [
        (
            401,
            "UnauthorizedException",
            "Session token not found or invalid",
            78,
            SIGN_IN,
        ),
        (
            403,
            "ForbiddenException",
            "No access",
            77,
            "check whether this user is assigned to the account and the role of the profile",
        ),
    ] {
        let portal = StandIn::start(move |_, _| {
            let kind = ("x-amzn-errortype", kind.to_owned());
            Reply::AnswerWith(status, kind, format!(r#"{{"message":"{message}"}}"#))
        });
        let mut launch = world.without_credentials(&[]);
        launch.env("AWS_ENDPOINT_URL_SSO", portal.url());
        let why = format!("{kind}: {message}");
        fails(&mut launch, code, PROFILE_UNUSABLE, &[&why], hint);
        assert_eq!(portal.calls().len(), 1);
    }
}

#[test]
fn an_unsupported_sign_in_is_reported_with_a_way_around() {
    let world = world_with_x();
    world.aws_config("[default]\nlogin_session = arn:aws:iam::123456789012:user/admin\n");
    fails(
        &mut world.without_credentials(&[]),
        78,
        PROFILE_UNUSABLE,
        &[
            "This behavior requires following cargo feature(s) enabled: credentials-login. In order to use an active login session, the `credentials-login` feature must be enabled.",
        ],
        "`aws login` is not supported: give another profile `credential_process = aws configure export-credentials --profile PROFILE`, and use that one",
    );
}

#[test]
fn a_process_that_gives_no_credentials_is_reported_without_its_output() {
    let world = world_with_x();
    let unparsed = "Error retrieving credentials from external process, could not parse response: ";
    for (process, why) in [
        (
            "sh -c 'echo your card is not in the reader >&2; exit 3'",
            "Error retrieving credentials: external process exited with code exit status: 3. Stderr: your card is not in the reader".to_owned(),
        ),
        (
            "/nowhere/process",
            "Error retrieving credentials: external process exited with code exit status: 127. Stderr: sh: 1: /nowhere/process: not found".to_owned(),
        ),
        (
            "echo nothing",
            format!("{unparsed}invalid JSON in response: expected ident at line 1 column 2"),
        ),
        (
            r#"echo '{"Version":7,"AccessKeyId":"A","SecretAccessKey":"s3ntinel-plaintext-0xdecafbad"}'"#,
            format!("{unparsed}Invalid field in response: `version`. unknown version number: 7"),
        ),
        (
            r#"echo '{"Version":1,"SecretAccessKey":"s3ntinel-plaintext-0xdecafbad"}'"#,
            format!("{unparsed}Expected field `AccessKeyId` in response but it was missing"),
        ),
        (
            r#"echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s3ntinel-plaintext-0xdecafbad"'"#,
            format!("{unparsed}invalid JSON in response: EOF while parsing an object at line 2 column 0"),
        ),
    ] {
        world.aws_config(format!("[default]\ncredential_process = {process}\n"));
        fails(&mut world.without_credentials(&[]), 78, PROFILE_UNUSABLE, &[&why], "");
    }
}

#[test]
fn a_refusal_by_sts_is_reported_in_its_words() {
    let world = world_with_x();
    let token = world.directory.file("token", "a.web.token", 0o600);
    world.aws_config(format!(
        "[profile app]\n{ROLE}\nsource_profile = base\n{BASE}"
    ));
    for (status, code, message, exit, hint) in [
        (
            403,
            "AccessDenied",
            "User: arn:aws:iam::123456789012:user/base is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/app",
            77,
            "check the role's trust policy, and whether the caller may `sts:AssumeRole`",
        ),
        (
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            77,
            "check which access key is used, whether it still exists, and whether secret and session token belong to it; then check this machine's clock",
        ),
        (
            400,
            "ExpiredTokenException",
            "Token expired",
            77,
            "temporary credentials have expired: get new ones",
        ),
        (400, "ValidationError", "RoleArn is no ARN", 78, ""),
    ] {
        let sts = StandIn::start(move |_, _| refused(status, code, message));
        let mut by_profile = world.without_credentials(&["--profile", "app"]);
        let mut by_token = world.without_credentials(&[]);
        by_token
            .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
            .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app");
        for (who, launch) in [
            ("profile", &mut by_profile),
            ("web identity token", &mut by_token),
        ] {
            launch.env("AWS_ENDPOINT_URL_STS", sts.url());
            let error = format!("the AWS credentials of the {who} cannot be used");
            let why = format!("{code}: {message}");
            fails(launch, exit, &error, &[&why], hint);
        }
        assert_eq!(sts.calls().len(), 2, "{code}");
    }
}

#[test]
fn a_web_identity_that_is_only_half_there_does_not_lead_to_another_identity() {
    let world = world_with_x();
    let agent = StandIn::start(|_, _| credentials("ASIATASK000000000000"));
    let token = world.directory.file("token", "a.web.token", 0o600);
    let error = "the AWS credentials of the web identity token cannot be used";
    for (token, role, why) in [
        (
            token.as_path(),
            "",
            "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not",
        ),
        (
            Path::new("/nowhere/token"),
            "arn:aws:iam::123456789012:role/app",
            "cannot read `/nowhere/token`, from AWS_WEB_IDENTITY_TOKEN_FILE: No such file or directory (os error 2)",
        ),
    ] {
        let mut launch = world.without_credentials(&[]);
        launch
            .env("AWS_WEB_IDENTITY_TOKEN_FILE", token)
            .env("AWS_ROLE_ARN", role)
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url());
        fails(&mut launch, 78, error, &[why], "");
    }
    assert!(agent.calls().is_empty());
}

#[test]
fn an_agent_that_gives_no_credentials_is_reported_without_its_response() {
    let world = world_with_x();
    let error = "the AWS credentials of the container's credential endpoint cannot be used";
    let hint = "check `AWS_CONTAINER_CREDENTIALS_FULL_URI`, `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` and `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, which ECS and EKS set, and the role of the task or the pod";
    for (reply, why, hint) in [
        (
            Reply::Answer(403, SENTINEL.to_owned()),
            "HOST responded with HTTP status 403",
            hint,
        ),
        (
            Reply::Answer(404, SENTINEL.to_owned()),
            "HOST responded with HTTP status 404",
            hint,
        ),
        (
            Reply::ok(r#"{"code":"NoRole","message":"the task has no role"}"#),
            "the response of HOST: failed to load credentials [NoRole]: the task has no role",
            "",
        ),
    ] {
        let agent = StandIn::start(move |_, _| reply.clone());
        let mut launch = world.without_credentials(&[]);
        launch.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url());
        let host = agent.url().replace("http://", "");
        fails(&mut launch, 78, error, &[&why.replace("HOST", &host)], hint);
        assert_eq!(agent.calls().len(), 1);
    }
    let agent = StandIn::start(|_, _| credentials("ASIATASK000000000000"));
    for (variable, value, why) in [
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://10.0.0.1/x",
            "invalid full URI for ECS provider (URI did not refer to an allowed IP address): http://10.0.0.1/x",
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "no URI",
            "`AWS_CONTAINER_CREDENTIALS_FULL_URI` is `no URI`, and must be a URL such as \
             `http://169.254.170.23/v1/credentials`",
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "127.0.0.1",
            "`AWS_CONTAINER_CREDENTIALS_FULL_URI` is `127.0.0.1`, and must be a URL such as \
             `http://169.254.170.23/v1/credentials`",
        ),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            "/nowhere/token",
            "cannot read `/nowhere/token`, from AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: No such file or directory (os error 2)",
        ),
    ] {
        let mut launch = world.without_credentials(&[]);
        launch
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url())
            .env(variable, value);
        fails(&mut launch, 78, error, &[why], hint);
    }
    assert!(agent.calls().is_empty());
}

#[test]
fn an_instance_without_a_role_is_reported_without_the_response() {
    let world = world_with_x();
    let error = "the AWS credentials of the instance metadata service cannot be used";
    let role = "attach a role to the instance, or enable its metadata service (`aws ec2 modify-instance-metadata-options`)";
    let ours = "check `AWS_EC2_METADATA_SERVICE_ENDPOINT` and `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`, or the same settings in the profile";
    let instance = |imds: &str| {
        let mut launch = world.without_credentials(&[]);
        launch
            .without("AWS_EC2_METADATA_DISABLED")
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds);
        launch
    };
    // The number of the request that goes wrong: token, role, credentials.
    for (number, reply, why, hint) in [
        (
            1,
            Reply::Answer(403, SENTINEL.to_owned()),
            "HOST responded with HTTP status 403",
            role,
        ),
        (
            2,
            Reply::Answer(403, SENTINEL.to_owned()),
            "HOST responded with HTTP status 403",
            role,
        ),
        (
            3,
            Reply::Answer(404, SENTINEL.to_owned()),
            "HOST responded with HTTP status 404",
            role,
        ),
        (
            3,
            Reply::ok(
                r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume the role"}"#,
            ),
            "the response of HOST: Incorrect IMDS/IAM configuration: [AssumeRoleUnauthorizedAccess] EC2 cannot assume the role. Hint: Does this role have a trust relationship with EC2?",
            "",
        ),
    ] {
        let imds = StandIn::start(move |call, at| match at == number {
            true => reply.clone(),
            false => metadata(call, "ASIAINSTANCE00000000"),
        });
        let host = imds.url().replace("http://", "");
        fails(
            &mut instance(&imds.url()),
            78,
            error,
            &[&why.replace("HOST", &host)],
            hint,
        );
        assert_eq!(imds.calls().len(), number);
    }
    fails(
        &mut instance("no URI"),
        78,
        error,
        &[
            "`AWS_EC2_METADATA_SERVICE_ENDPOINT` is `no URI`, and must be a URL such as `http://169.254.169.254`",
        ],
        ours,
    );
    let no_role = StandIn::start(|call, _| match call.target.ends_with('/') {
        true => Reply::Answer(404, String::new()),
        false => metadata(call, "ASIAINSTANCE00000000"),
    });
    let host = no_role.url().replace("http://", "");
    fails(
        &mut instance(&no_role.url()),
        78,
        "no AWS credentials were found",
        &[
            NO_ENVIRONMENT,
            NO_PROFILE,
            NO_WEB_IDENTITY,
            NO_CONTAINER,
            &format!("instance metadata at {host}: HTTP status 404, no role"),
        ],
        "attach a role to this instance; if it has one, check its metadata service (enabled? hop limit 2 for containers?)",
    );
}

#[test]
fn an_endpoint_that_is_not_a_url_is_reported_without_the_request() {
    let world = world_with_x();
    let token = world.directory.file("token", SENTINEL, 0o600);
    let sign_in = sso_token("2090-01-01T00:00:00Z").replace("a-token", SENTINEL);
    world.directory.file(TOKEN_OF_SESSION, sign_in, 0o600);
    for (variable, host, config) in [
        ("AWS_ENDPOINT_URL_STS", "sts", String::new()),
        (
            "AWS_ENDPOINT_URL_STS",
            "sts",
            format!(
                "[default]\n{ROLE}\nweb_identity_token_file = {}\n",
                token.display()
            ),
        ),
        (
            "AWS_ENDPOINT_URL_STS",
            "sts",
            format!("[default]\n{ROLE}\nsource_profile = base\n{BASE}"),
        ),
        ("AWS_ENDPOINT_URL_SSO", "portal.sso", session_profile()),
        ("AWS_ENDPOINT_URL_SSO_OIDC", "oidc", session_profile()),
    ] {
        world.aws_config(&config);
        let mut launch = world.without_credentials(&[]);
        launch
            .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
            .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app")
            .env(variable, "http://a b");
        let error = format!(
            "`{variable}` is `http://a b`, and must be a URL such as \
             `https://{host}.eu-central-1.amazonaws.com`; this one contains a space or a control \
             character"
        );
        fails(&mut launch, 78, &error, &[], "");
    }
}
