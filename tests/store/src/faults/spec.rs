//! Faults as a line of text, for command lines and seed files.
//!
//! `KIND[=VALUE][,first=N|,nth=N|,after=N][,operation=NAME][,path=PATH][,name=NAME]
//! [,region=REGION][,signed-by=ACCESS-KEY-ID]`

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Fault, Rule, When};

/// Every kind that a text can name, in the order of [`Fault`], each with its default value if it
/// has one.
pub const FAULT_SPECS: &[&str] = &[
    "reset-before-reply",
    "reset-mid-body",
    "close-before-reply",
    "close-mid-body",
    "truncated-json",
    "hang",
    "slow-headers=300ms",
    "stalled-body",
    "dripped-body=300ms",
    "endless-body",
    "delay=1s",
    "captive-portal",
    "empty-body",
    "empty-object",
    "redirect=http://127.0.0.1:1/",
    "status=503",
    "internal-server-error",
    "throttle",
    "throttle-retry-after-ms=500",
    "throttle-retry-after-s=1",
    "access-denied",
    "kms-access-denied",
    "kms-unknown-key",
    "expired-token",
    "unrecognized-client",
    "invalid-signature",
    "validation",
    "invalid-key-id",
    "decryption-failure",
    "error=SomeException",
    "clock-skew=10",
    "clock-skew-expired=10",
    "repeated-token",
    "token-cycle",
    "endless-empty-pages",
    "empty-pages=3",
    "duplicate-parameter",
    "conflicting-parameter",
    "null-name",
    "null-value",
    "missing-name",
    "missing-value",
    "nul-in-value",
    "lone-surrogate",
    "invalid-utf8",
    "outside-path",
    "other-secret",
    "other-version",
    "text-and-binary",
    "unlisted=NAME|NAME",
];

/// A fault, throttle or latency whose text could not be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSpec(String);

impl BadSpec {
    pub(crate) fn new(message: String) -> Self {
        Self(message)
    }
}

impl fmt::Display for BadSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadSpec {}

impl FromStr for Rule {
    type Err = BadSpec;

    fn from_str(text: &str) -> Result<Self, BadSpec> {
        let mut parts = text.split(',');
        let mut rule = fault(parts.next().unwrap_or_default())?.always();
        for part in parts {
            let (condition, value) = part
                .split_once('=')
                .ok_or_else(|| BadSpec(format!("`{part}` in fault `{text}` has no value")))?;
            rule = match condition {
                "first" => with(rule, When::First(number(value)?)),
                "nth" => with(rule, When::Nth(number(value)?)),
                "after" => with(rule, When::After(number(value)?)),
                "operation" => rule.operation(value),
                "path" => rule.path(value),
                "name" => rule.naming(value),
                "region" => rule.region(value),
                "signed-by" => rule.signed_by(value),
                _ => {
                    return Err(BadSpec(format!(
                        "`{condition}` in fault `{text}` is not one of first, nth, after, operation, path, name, region or signed-by"
                    )));
                }
            };
        }
        Ok(rule)
    }
}

fn with(rule: Rule, when: When) -> Rule {
    Rule { when, ..rule }
}

fn fault(text: &str) -> Result<Fault, BadSpec> {
    let kind = text.split('=').next().unwrap_or_default();
    let default = FAULT_SPECS
        .iter()
        .find(|spec| spec.split('=').next() == Some(kind))
        .ok_or_else(|| BadSpec(format!("`{kind}` is not a known fault")))?;
    let value = match (text.split_once('='), default.split_once('=')) {
        (Some(_), None) => return Err(BadSpec(format!("fault `{kind}` takes no value"))),
        (Some((_, value)), _) | (None, Some((_, value))) => value,
        (None, None) => "",
    };
    Ok(match kind {
        "reset-before-reply" => Fault::ResetBeforeReply,
        "reset-mid-body" => Fault::ResetMidBody,
        "close-before-reply" => Fault::CloseBeforeReply,
        "close-mid-body" => Fault::CloseMidBody,
        "truncated-json" => Fault::TruncatedJson,
        "hang" => Fault::Hang,
        "slow-headers" => Fault::SlowHeaders(duration(value)?),
        "stalled-body" => Fault::StalledBody,
        "dripped-body" => Fault::DrippedBody(duration(value)?),
        "endless-body" => Fault::EndlessBody,
        "delay" => Fault::Delay(duration(value)?),
        "captive-portal" => Fault::CaptivePortal,
        "empty-body" => Fault::EmptyBody,
        "empty-object" => Fault::EmptyObject,
        "redirect" => Fault::Redirect(value.to_owned()),
        "status" => Fault::Status(number(value)?),
        "internal-server-error" => Fault::InternalServerError,
        "throttle" => Fault::Throttle,
        "throttle-retry-after-ms" => Fault::ThrottleRetryAfterMillis(number(value)?),
        "throttle-retry-after-s" => Fault::ThrottleRetryAfterSeconds(number(value)?),
        "access-denied" => Fault::AccessDenied,
        "kms-access-denied" => Fault::KmsAccessDenied,
        "kms-unknown-key" => Fault::KmsUnknownKey,
        "expired-token" => Fault::ExpiredToken,
        "unrecognized-client" => Fault::UnrecognizedClient,
        "invalid-signature" => Fault::InvalidSignature,
        "validation" => Fault::Validation,
        "invalid-key-id" => Fault::InvalidKeyId,
        "decryption-failure" => Fault::DecryptionFailure,
        "error" => Fault::Error {
            status: 400,
            code: value.to_owned(),
            message: String::from("as the fault asked"),
        },
        "clock-skew" => Fault::ClockSkew {
            minutes: number(value)?,
            code: String::from("InvalidSignatureException"),
        },
        "clock-skew-expired" => Fault::ClockSkew {
            minutes: number(value)?,
            code: String::from("RequestExpired"),
        },
        "repeated-token" => Fault::RepeatedToken,
        "token-cycle" => Fault::TokenCycle,
        "endless-empty-pages" => Fault::EndlessEmptyPages,
        "empty-pages" => Fault::EmptyPages(number(value)?),
        "duplicate-parameter" => Fault::DuplicateParameter,
        "conflicting-parameter" => Fault::ConflictingParameter,
        "null-name" => Fault::NullName,
        "null-value" => Fault::NullValue,
        "missing-name" => Fault::MissingName,
        "missing-value" => Fault::MissingValue,
        "nul-in-value" => Fault::NulInValue,
        "lone-surrogate" => Fault::LoneSurrogate,
        "invalid-utf8" => Fault::InvalidUtf8,
        "outside-path" => Fault::OutsidePath,
        "other-secret" => Fault::OtherSecret,
        "other-version" => Fault::OtherVersion,
        "text-and-binary" => Fault::TextAndBinary,
        "unlisted" => Fault::Unlisted(value.split('|').map(str::to_owned).collect()),
        _ => return Err(BadSpec(format!("`{kind}` is not a known fault"))),
    })
}

fn number<T: FromStr>(text: &str) -> Result<T, BadSpec> {
    text.parse()
        .map_err(|_| BadSpec(format!("`{text}` is not a number that fits here")))
}

/// Reads `20ms`, `1.5s`.
pub(crate) fn duration(text: &str) -> Result<Duration, BadSpec> {
    let (digits, unit) = match text.strip_suffix("ms") {
        Some(digits) => (digits, 0.001),
        None => (text.strip_suffix('s').unwrap_or_default(), 1.0),
    };
    let count: Option<f64> = digits.parse().ok();
    count
        .and_then(|count| Duration::try_from_secs_f64(count * unit).ok())
        .ok_or_else(|| BadSpec(format!("`{text}` is not a duration such as 20ms or 1.5s")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_kind_is_understood() {
        for spec in FAULT_SPECS {
            let kind = spec.split('=').next().unwrap();
            assert!(spec.parse::<Rule>().is_ok(), "{spec}");
            assert_eq!(kind.parse::<Rule>(), spec.parse::<Rule>(), "{spec}");
        }
    }

    #[test]
    fn conditions_narrow_a_fault() {
        let rule = Fault::Status(502)
            .nth(2)
            .operation("GetParameters")
            .naming("/app/a")
            .region("eu-west-1")
            .signed_by("ASIAOLD");
        let text = "status=502,nth=2,operation=GetParameters,name=/app/a,region=eu-west-1,signed-by=ASIAOLD";
        assert_eq!(text.parse(), Ok(rule));
    }

    #[test]
    fn invalid_specs_are_reported() {
        for (text, error) in [
            ("teapot", "`teapot` is not a known fault"),
            ("hang=3", "fault `hang` takes no value"),
            ("delay=3", "`3` is not a duration such as 20ms or 1.5s"),
            ("hang,first=x", "`x` is not a number that fits here"),
            ("hang,first", "`first` in fault `hang,first` has no value"),
            (
                "hang,when=now",
                "`when` in fault `hang,when=now` is not one of first, nth, after, operation, path, name, region or signed-by",
            ),
        ] {
            assert_eq!(text.parse::<Rule>().unwrap_err().to_string(), error);
        }
    }
}
