//! What is a reference, and what it refers to.

use proptest::prelude::*;

use super::*;
use crate::secret::Secret;

/// What a value refers to: what is asked for, and the key.
fn target(value: &str) -> (String, Option<String>) {
    let target = parse(value.as_bytes()).expect(value).expect(value);
    (target.source.to_string(), target.key)
}

#[test]
fn parameters_are_named_as_they_are_elsewhere() {
    let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/prd/db";
    for (value, parameter) in [
        ("ssm:///prd/app/db", "/prd/app/db"),
        ("ssm:///prd/app/db:3", "/prd/app/db:3"),
        ("ssm:///prd/app/db:live", "/prd/app/db:live"),
        ("ssm://prd.app.db", "prd.app.db"),
        ("ssm://secret:1", "secret:1"),
        (arn, arn),
        (&format!("{arn}:live"), &format!("{arn}:live")),
        (&format!("ssm://{arn}"), arn),
        (
            "arn:aws-us-gov:ssm:us-gov-west-1:210987654321:parameter/db",
            "arn:aws-us-gov:ssm:us-gov-west-1:210987654321:parameter/db",
        ),
        (
            "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/db:7",
            "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/db:7",
        ),
    ] {
        assert_eq!(target(value), (parameter.to_owned(), None), "{value}");
    }
}

#[test]
fn each_error_says_what_to_try() {
    let name = String::new;
    let form = "a reference looks like `ssm:///prd/app/db`, `ssm:///prd/app/db:LABEL`, \
                `secretsmanager://NAME` or `secretsmanager://NAME#KEY`, or is the ARN of one; it must be \
                the whole value";
    for (error, hint) in [
        (
            Error::Malformed {
                name: name(),
                why: String::new(),
                hint: None,
            },
            form,
        ),
        (
            Error::Nearly {
                name: name(),
                what: "",
            },
            form,
        ),
        (
            Error::Foreign {
                name: name(),
                service: "",
            },
            "put the secret into Parameter Store or Secrets Manager, or remove the variable with \
             `--unset NAME`",
        ),
        (Error::NotText { name: name() }, "give it another name"),
        (
            Error::Twice { name: name() },
            "programs disagree on which one to use: remove one of them",
        ),
    ] {
        assert_eq!(error.hint(), hint);
    }
}

#[test]
fn secrets_are_asked_for_by_name_stage_or_version() {
    let id = "01234567-89ab-cdef-0123-456789abcdef";
    for (value, parameter) in [
        ("secretsmanager://db", "secretsmanager://db"),
        ("sm://db", "secretsmanager://db"),
        ("sm://prd/db", "secretsmanager://prd/db"),
        ("sm:///prd/db", "secretsmanager:///prd/db"),
        ("sm://a+b=c@d", "secretsmanager://a+b=c@d"),
        (
            "secretsmanager://db:AWSPREVIOUS",
            "secretsmanager://db?stage=AWSPREVIOUS",
        ),
        (
            &format!("secretsmanager://db:{id}"),
            &format!("secretsmanager://db?version={id}"),
        ),
        // Only an ARN has six characters that are no part of the name.
        ("sm://db-AbCdEf", "secretsmanager://db-AbCdEf"),
        (
            "ref+sm://db?region=eu-west-1",
            "secretsmanager://db?region=eu-west-1",
        ),
        ("ref+awsssm:///db", "/db"),
    ] {
        assert_eq!(target(value), (parameter.to_owned(), None), "{value}");
    }
}

#[test]
fn a_secret_by_its_arn_is_asked_for_by_it() {
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prd/db-AbCdEf";
    for (after, selector, key) in [
        ("", "", None),
        ("#password", "", Some("password")),
        (":AWSPREVIOUS", "?stage=AWSPREVIOUS", None),
        (
            ":AWSPREVIOUS#password",
            "?stage=AWSPREVIOUS",
            Some("password"),
        ),
        // As ECS has them.
        (":password::", "", Some("password")),
        ("::AWSPREVIOUS:", "?stage=AWSPREVIOUS", None),
        (":password::1-2-3", "?version=1-2-3", Some("password")),
        (
            "::AWSPENDING:1-2-3",
            "?stage=AWSPENDING&version=1-2-3",
            None,
        ),
        (":::", "", None),
    ] {
        assert_eq!(
            target(&format!("{arn}{after}")),
            (format!("{arn}{selector}"), key.map(str::to_owned)),
            "{after}"
        );
    }
    let partial = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prd/db";
    assert_eq!(target(partial), (partial.to_owned(), None));
}

#[test]
fn a_key_is_all_that_follows_the_first_hash() {
    for (value, key) in [
        ("sm://db#password", "password"),
        ("secretsmanager://db#a b/c#d:e", "a b/c#d:e"),
        ("ssm:///prd/db#ключ", "ключ"),
        (
            "arn:aws:ssm:us-east-1:123456789012:parameter/db#user",
            "user",
        ),
    ] {
        assert_eq!(target(value).1.as_deref(), Some(key), "{value}");
    }
}

#[test]
fn ordinary_values_are_no_references() {
    for value in [
        "",
        "s",
        "ssm",
        "SSM",
        "ssm:",
        "sm:",
        "secretsmanager",
        "see ssm:///a",
        "the path is ssm:/a/b",
        "ssm: agent is running",
        "ssm-user",
        "ssm/prd/app",
        "ssm.us-east-1.amazonaws.com",
        "smb://host/share",
        "sms:+491234567",
        "ssh://git@host/repository",
        "ss://YWVz",
        "sm:flex",
        "kms:key",
        "SSM_AGENT=1",
        r"C:\ssm\agent",
        r"S:\share",
        "s3://bucket/key",
        "postgres://user@host/db",
        "https://example.com/ssm:///a",
        // Actions of IAM.
        "ssm:GetParameters",
        "ssm:Get*",
        "ssm:*",
        "secretsmanager:GetSecretValue",
        // What programs resolve by themselves.
        "optional:aws-parameterstore:/config/",
        "aws-parameterstore:/config/app/",
        "awsparamstore://app?region=us-east-1",
        "arn",
        "arn:",
        "arn:aws:ssm:us-east-1:123456789012:document/deploy",
        "arn:aws:ssm:us-east-1:123456789012:managed-instance/mi-1",
        "arn:aws:ssm:*:*:*",
        "arn:aws:secretsmanager:us-east-1:123456789012:policy:x",
        "arn:aws:s3:::bucket",
        "arn:aws:iam::123456789012:role/ssm",
        "{\"ssm\": \"ssm:///a\"}",
        "[\"ssm:GetParameters\"]",
        "AQICAHh",
        "pässword",
    ] {
        assert_eq!(parse(value.as_bytes()), None, "{value}");
    }
}

#[test]
fn what_is_nearly_a_reference_is_not_passed_on() {
    for value in [
        "ssm:/h1/app/db",
        "ssm:prd/app/db",
        "ssm:prd.app.db",
        "ssm:db#key",
        "ssm: /prd/app/db",
        "SSM:///prd/app/db",
        "Ssm://db",
        "SSM:/prd/app/db",
        "ssm//prd/app/db",
        "ssm///prd/app/db",
        "ssm ://prd/app/db",
        r"ssm:\prd\app\db",
        " ssm:///prd/app/db",
        "\tssm:///prd/app/db",
        "\nssm:///prd/app/db",
        "\u{feff}ssm:///prd/app/db",
        "\"ssm:///prd/app/db\"",
        "'ssm:///prd/app/db'",
        "`ssm:///prd/app/db`",
        "“ssm:///prd/app/db”",
        "<ssm:///prd/app/db>",
        "{{ssm:///prd/app/db}}",
        "{{resolve:ssm:/prd/app/db:1}}",
        "{{resolve:ssm-secure:/prd/app/db:1}}",
        "${ssm:/prd/app/db}",
        "ssm%3A%2F%2F%2Fprd%2Fapp%2Fdb",
        "aws-ssm://prd/app/db",
        "AWS-SSM:///prd/app/db",
        "aws:ssm:/prd/app/db",
        "aws:ssm:us-east-1:123456789012:parameter/db",
        "parameterstore://db",
        "arn:aws:ssm",
        "arn:aws:ssm:us-east-1",
        "arn:aws:ssm:parameter/db",
        "arn:aws:ssm:us-east-1:parameter/db",
        "arn:aws:ssm:us-east-1:123456789012:parameter",
        "arn:aws:ssm:us-east-1:123456789012:parameter:/db",
        "arn:aws:ssm:us-east-1:123456789012:parameters/db",
        "arn:aws:ssm:us-east-1:123456789012:/prd/app/db",
        "arn:aws:SSM:us-east-1:123456789012:parameter/db",
        "ARN:AWS:SSM:US-EAST-1:123456789012:PARAMETER/DB",
        " arn:aws:ssm:us-east-1:123456789012:parameter/db",
        "\"arn:aws:ssm:us-east-1:123456789012:parameter/db\"",
    ] {
        assert_eq!(
            parse(value.as_bytes()),
            Some(Err(Unreadable::Nearly(Meant::Parameter))),
            "{value}"
        );
    }
    for value in [
        "secretsmanager:prd/db",
        "secretsmanager:db",
        "secretsmanager:/db",
        "secretsmanager//db",
        "SecretsManager://db",
        "secretmanager://db",
        "secrets-manager://db",
        "aws-secretsmanager://db",
        "sm:/a",
        "sm//a",
        "SM://a",
        " sm://a",
        "\"secretsmanager://db\"",
        "{{resolve:secretsmanager:prd/db:SecretString:password}}",
        "arn:aws:secretsmanager",
        "arn:aws:secretsmanager:us-east-1:secret:db",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret/db-AbCdEf",
        "arn:aws:secretmanager:us-east-1:123456789012:secret:db-AbCdEf",
        "'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf'",
    ] {
        assert_eq!(
            parse(value.as_bytes()),
            Some(Err(Unreadable::Nearly(Meant::Secret))),
            "{value}"
        );
    }
}

#[test]
fn what_only_looks_like_a_reference_is_reported() {
    let holds = "contains a character that no parameter name can: only letters, digits, `_`, `.`, `-` \
                 and `/` are allowed";
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf";
    for (value, why) in [
        ("ssm://", "names no parameter"),
        ("ssm:///", "names a set of secrets, and one is needed"),
        (
            "ssm:///a ",
            "has a space or a control character at character 9",
        ),
        (
            "ssm:///a b",
            "has a space or a control character at character 9",
        ),
        (
            "ssm:///a\n",
            "has a space or a control character at character 9",
        ),
        ("ssm:///a!", holds),
        (
            "ssm:///a:",
            "ends with a colon, but has no version or label",
        ),
        (
            "ssm://prd/app/db",
            "names a parameter in a hierarchy without its first `/`",
        ),
        (
            "ssm:///a#",
            "ends with `#` at character 9, and names no key",
        ),
        ("sm://", "names no secret"),
        ("sm://#key", "names no secret"),
        ("sm://:AWSCURRENT", "names no secret"),
        ("sm://db:", "ends with a colon, but has no stage or version"),
        (
            "sm://db:a:b",
            "names an invalid stage or version: only letters, digits, `_`, `.` and `-` are allowed",
        ),
        ("sm://arn:aws:s3:::bucket", "is not the ARN of a secret"),
        (
            "arn:aws:secretsmanager::123456789012:secret:db",
            "is not the ARN of a secret",
        ),
        (
            "arn:aws:ssm::123456789012:parameter/db",
            "is not the ARN of a parameter",
        ),
        (&format!("{arn}:a:b"), "is not the ARN of a secret"),
        (&format!("{arn}:a::#b"), "names two keys"),
    ] {
        let Some(Err(Unreadable::Malformed(fault))) = parse(value.as_bytes()) else {
            panic!("{value} is taken");
        };
        assert_eq!(fault.why, why, "{value}");
    }
    for (value, whom) in [
        ("kms://AQICAH", "KMS"),
        (
            "gcp:secretmanager:projects/x/secrets/y",
            "Google's Secret Manager",
        ),
    ] {
        assert_eq!(
            parse(value.as_bytes()),
            Some(Err(Unreadable::Foreign(whom))),
            "{value}"
        );
    }
    assert_eq!(
        parse(b"ssm:///a\xff"),
        Some(Err(Unreadable::Malformed("is not UTF-8".into())))
    );
}

fn found(entries: &[&[u8]]) -> Result<Vec<String>, Vec<String>> {
    match find(entries.iter().copied()) {
        Ok(all) => Ok(all
            .iter()
            .map(|it| format!("{} {}", it.name, it.target.source))
            .collect()),
        Err(errors) => Err(errors.iter().map(Error::to_string).collect()),
    }
}

#[test]
fn all_references_are_found_whatever_their_variables_are_called() {
    assert_eq!(
        found(&[
            b"spring.datasource.password=ssm:///b",
            b"A=ssm:///a",
            b"PLAIN=x=ssm:///c",
            b"no equals sign",
            b"=ssm",
            b"\xff=plain",
            b"A=ssm:///a",
        ]),
        Ok(vec![
            "A /a".to_owned(),
            "spring.datasource.password /b".to_owned()
        ])
    );
}

#[test]
fn all_that_cannot_be_read_is_reported_at_once_and_no_value_is_repeated() {
    assert_eq!(
        found(&[
            b"A=ssm://",
            b"B=kms://hunter2",
            b"C=ssm:///one",
            b"C=ssm:///two",
            b"\xff=ssm:///a",
            b"D= ssm:///hunter2",
            b"GOOD=ssm:///a",
        ]),
        Err([
            "the reference in `A` cannot be read: it names no parameter",
            "the reference in `B` is for KMS, which envsecrets does not support",
            "`C` is inherited more than once, with different references",
            "the variable name `\u{fffd}` is not UTF-8, and its value is a reference",
            "the value of `D` is nearly a reference to a parameter, and would reach the program",
        ]
        .map(str::to_owned)
        .to_vec())
    );
}

#[test]
fn only_the_values_of_references_are_replaced() {
    let mut entries = ["A=ssm:///a", "B=ssm:///a", "AA=x", "A", "A=ssm:///a"]
        .map(|entry| entry.as_bytes().to_vec())
        .to_vec();
    let resolved = BTreeMap::from([(b"A".as_slice(), b"se=cret".as_slice())]);
    replace(&mut entries, &resolved);
    let texts: Vec<String> = entries
        .into_iter()
        .map(|entry| String::from_utf8(entry).unwrap())
        .collect();
    assert_eq!(texts, ["A=se=cret", "B=ssm:///a", "AA=x", "A", "A=se=cret"]);
}

#[test]
fn a_check_that_reads_no_values_looks_into_none() {
    let reference = Reference {
        name: VarName::inherited("A"),
        target: parse(b"ssm:///a#key").unwrap().unwrap(),
    };
    let read = Parameter {
        name: "/a".to_owned(),
        value: Secret::default(),
        version: 1,
        ..Parameter::default()
    };
    let names = resolve(&reference, &read, Reading::Names).unwrap();
    assert_eq!(names.name, "/a#key");
    assert!(resolve(&reference, &read, Reading::Values).is_err());
}

proptest! {
    #[test]
    fn no_value_makes_the_parser_panic(value in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = parse(&value);
    }

    #[test]
    fn no_text_after_a_scheme_makes_the_parser_panic(
        scheme in "(ssm|sm|secretsmanager)://|arn:[a-z-]{0,7}:(ssm:[a-z0-9-]{0,9}:[0-9]{0,12}:parameter/|secretsmanager:[a-z0-9-]{0,9}:[0-9]{0,12}:secret:)",
        rest in "[a-zA-Z0-9:/#.@-]{0,30}|\\PC{0,20}",
    ) {
        // Whatever it is, the program must not see it: it is read, or it is reported.
        let value = format!("{scheme}{rest}");
        prop_assert!(parse(value.as_bytes()).is_some());
    }

    #[test]
    fn every_parameter_that_can_be_is_referred_to(
        name in "(/[a-zA-Z0-9_.-]{1,8}){1,4}",
        version in "(:[a-zA-Z0-9]{1,8})?",
    ) {
        let (selector, key) = target(&format!("ssm://{name}{version}"));
        prop_assert_eq!((selector, key), (format!("{name}{version}"), None));
    }

    #[test]
    fn replacing_nothing_changes_nothing(entries in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 0..8)) {
        let mut replaced = entries.clone();
        replace(&mut replaced, &BTreeMap::new());
        prop_assert_eq!(replaced, entries);
    }
}
