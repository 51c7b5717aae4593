//! Answers of the services that issue credentials: STS, IAM Identity Center, ECS, EKS and EC2.

use super::stand_in::{Call, Reply};

/// Far enough away.
const NEVER: &str = "2090-01-01T00:00:00Z";

/// Credentials as ECS, EKS and EC2 hand them out.
pub fn credentials(key: &str) -> Reply {
    Reply::ok(credentials_json(key))
}

pub fn credentials_json(key: &str) -> String {
    format!(
        r#"{{"Version":1,"Code":"Success","AccessKeyId":"{key}","SecretAccessKey":"x","Token":"token of {key}","SessionToken":"token of {key}","Expiration":"{NEVER}"}}"#
    )
}

/// Credentials as STS issues them, for whichever operation was called.
pub fn assumed(call: &Call, key: &str) -> Reply {
    let operation = call.field("Action");
    Reply::ok(format!(
        "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation}Result>\
         <Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>x</SecretAccessKey>\
         <SessionToken>token of {key}</SessionToken><Expiration>{NEVER}</Expiration></Credentials>\
         <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/app/session</Arn>\
         <AssumedRoleId>AROA:session</AssumedRoleId></AssumedRoleUser>\
         </{operation}Result></{operation}Response>"
    ))
}

/// A refusal of STS.
pub fn refused(status: u16, code: &str, message: &str) -> Reply {
    Reply::Answer(
        status,
        format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>5e1f7e57-0000-4000-8000-000000000001</RequestId></ErrorResponse>"
        ),
    )
}

/// Credentials as the portal of IAM Identity Center hands them out.
pub fn signed_in(key: &str) -> Reply {
    Reply::ok(format!(
        r#"{{"roleCredentials":{{"accessKeyId":"{key}","secretAccessKey":"x","sessionToken":"token of {key}","expiration":3786912000000}}}}"#
    ))
}

/// The metadata service of an instance with a role, in version 2.
pub fn metadata(call: &Call, key: &str) -> Reply {
    const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
    if call.line() == "PUT /latest/api/token" {
        let lifetime = ("x-aws-ec2-metadata-token-ttl-seconds", "21600".to_owned());
        return Reply::AnswerWith(200, lifetime, "a-token".to_owned());
    }
    if call.header("x-aws-ec2-metadata-token") != Some("a-token") {
        return Reply::Answer(401, String::new());
    }
    match call.target.as_str() {
        ROLES => Reply::ok("app"),
        "/latest/meta-data/placement/region" => Reply::ok("eu-west-3"),
        role if role.strip_prefix(ROLES) == Some("app") => credentials(key),
        _ => Reply::Answer(404, String::new()),
    }
}
