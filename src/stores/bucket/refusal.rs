//! What an error response of S3 means, and which permission the caller lacks.

use crate::aws::denial::{missing_use, scope_of};
use crate::aws::iam::{KeyUse, Statement};
use crate::aws::refusal::Refusal;
use crate::aws::session::Session;
use crate::net::call::{AttemptError, Effect};
use crate::net::reply::Reply;
use crate::net::retry::Reason;
use crate::stores::bucket::target::{InvalidResponse, Target, What};
use crate::stores::call;
use crate::stores::error::Error;

impl call::Target for Target {
    type Flaw = InvalidResponse;

    fn effect(&self) -> Effect {
        Effect::None
    }

    fn is_long(&self) -> bool {
        true
    }

    fn refused(&self, refusal: Refusal, session: &Session, signer: String) -> AttemptError<Error> {
        call::refused(refusal, session, signer, |reply| {
            let code = reply.code.as_deref().unwrap_or_default();
            // The quota of the key, which S3 passes on.
            if code.ends_with("ThrottlingException") {
                return AttemptError::Passing {
                    reason: Reason::Throttled,
                    retry_after: None,
                    what: reply.to_string(),
                    hint: None,
                    sent: false,
                };
            }
            AttemptError::Certain(about(self, reply, session))
        })
    }
}

/// The error for a refusal that is about the object, its bucket or its key (Amazon S3 API Reference,
/// "Error responses").
fn about(target: &Target, reply: Reply, session: &Session) -> Error {
    let Target { bucket, what, .. } = target;
    let has_version = matches!(
        what,
        What::Object {
            version: Some(_),
            ..
        }
    );
    let code = reply.code.as_deref().unwrap_or_default();
    let message = reply.message.as_deref().unwrap_or_default();
    let place = session.place();
    if is_about_the_key(code, message) {
        return key_denied(target, place, reply, session);
    }
    match code {
        "NoSuchKey" | "NoSuchVersion" => Error::NotFound {
            target: target.to_string(),
            place,
        },
        // A version that only says that the object was deleted.
        "MethodNotAllowed" if has_version => Error::NotFound {
            target: target.to_string(),
            place,
        },
        "NoSuchBucket" => Error::NotFound {
            target: format!("bucket `{bucket}`"),
            place,
        },
        // Neither the message nor its action says whether the object exists.
        _ if code.starts_with("AccessDenied") || code == "AllAccessDisabled" => Error::Denied {
            verb: match what {
                What::Object { .. } => "read",
                What::List { .. } => "list",
            },
            target: target.to_string(),
            place,
            missing: Box::new(missing(target, session)),
            reply,
        },
        "" => Error::InvalidResponse {
            target: target.to_string(),
            place,
            what: reply.to_string(),
        },
        _ => Error::Rejected {
            hint: hint(code, message),
            target: target.to_string(),
            place,
            reply,
        },
    }
}

/// The error of a bucket that is in another region than the place says.
pub fn elsewhere(error: Error, region: &str) -> Error {
    match error {
        Error::Rejected {
            target,
            place,
            reply,
            ..
        } => Error::OtherRegion {
            target,
            place,
            reply,
            region: region.to_owned(),
        },
        error => error,
    }
}

/// Whether the key was refused: it has codes of its own, and those of IAM, of which only the message
/// names KMS.
fn is_about_the_key(code: &str, message: &str) -> bool {
    let words = ["kms:", "KMS key", "AWS KMS", "customer master key"];
    code.starts_with("KMS.")
        || code.starts_with("AccessDenied") && words.iter().any(|it| message.contains(it))
}

/// What to try, where the message of the service does not help.
fn hint(code: &str, message: &str) -> Option<&'static str> {
    match code {
        "InvalidObjectState" => Some("the object is archived: restore it in S3 first"),
        "PermanentRedirect" | "AuthorizationHeaderMalformed" | "TemporaryRedirect" => Some(
            "the bucket is in another region: name it with `?region=REGION` at the end of the place",
        ),
        "InvalidRequest" if message.contains("Server Side Encryption") => Some(
            "it is encrypted with a key that its reader must have (SSE-C), which envsecrets has not: \
             store it with SSE-S3 or SSE-KMS",
        ),
        "InvalidArgument" if message.contains("ersion") => {
            Some("the identifier of a version is shown by `aws s3api list-object-versions`")
        }
        _ => None,
    }
}

/// What the caller must be allowed to read an object, or to list some.
fn missing(target: &Target, session: &Session) -> Statement {
    let scope = scope_of(&Reply::default(), session);
    let (action, resource) = match &target.what {
        What::Object { key, version } => {
            let action = match version {
                None => "s3:GetObject",
                Some(_) => "s3:GetObjectVersion",
            };
            (action, scope.object(&target.bucket, key))
        }
        What::List { .. } => ("s3:ListBucket", scope.bucket(&target.bucket)),
    };
    Statement::allow(&[action], vec![resource])
}

/// A denied use of the key, with the missing statement.
fn key_denied(target: &Target, place: String, reply: Reply, session: &Session) -> Error {
    let Target { bucket, what, .. } = target;
    let scope = scope_of(&reply, session);
    let mut arns = vec![scope.bucket(bucket)];
    if let What::Object { key, .. } = what {
        arns.insert(0, scope.object(bucket, key));
    }
    let missing = missing_use(&reply, "kms:Decrypt", KeyUse::of_objects(&scope, arns));
    Error::KeyDenied {
        verb: "decrypt",
        target: target.to_string(),
        place,
        reply,
        missing,
        hint: "allow kms:Decrypt on the key that encrypts the object, in the caller's policy and in \
               the key's own, which those of other accounts need; the key must exist, be enabled, \
               and be in the region of the bucket",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denied_key_is_distinguished_from_a_denied_object() {
        let user = "User: arn:aws:iam::123456789012:user/x is not authorized to perform:";
        for (code, message, about_the_key) in [
            ("KMS.DisabledException", "arn:aws:kms:… is disabled.", true),
            ("KMS.NotFoundException", "", true),
            (
                "AccessDenied",
                &*format!("{user} kms:Decrypt on resource: x"),
                true,
            ),
            (
                "AccessDenied",
                "The ciphertext refers to a customer master key that does not exist, does not exist \
                 in this region, or you are not allowed to access.",
                true,
            ),
            ("AccessDenied", "Access Denied", false),
            (
                "AccessDenied",
                &format!("{user} s3:GetObject on resource: kms/db"),
                false,
            ),
            ("NoSuchKey", "kms:", false),
        ] {
            assert_eq!(is_about_the_key(code, message), about_the_key, "{message}");
        }
    }
}
