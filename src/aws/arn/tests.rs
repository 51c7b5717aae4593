//! How an ARN is parsed and built.

use super::*;

#[test]
fn an_arn_has_six_fields_of_which_region_and_account_can_be_empty() {
    let role = Arn::global("iam", "arn:aws:iam::123456789012:role/a:b").unwrap();
    assert_eq!(
        (role.account(), role.resource()),
        (Some("123456789012"), "role/a:b")
    );
    let public = Arn::parse("arn:aws:ssm:eu-west-1::parameter/aws/x").unwrap();
    assert_eq!((public.region(), public.account()), ("eu-west-1", None));
    for text in [
        "",
        "arn",
        "arn:aws:ssm",
        "arn:aws:ssm:eu-west-1:1",
        "urn:aws:s:r:1:x",
    ] {
        assert_eq!(Arn::parse(text), None, "{text}");
    }
    for text in [
        "arn:aws:kms:r:1:x",
        "arn::ssm:r:1:x",
        "arn:aws:ssm::1:x",
        "arn:aws:ssm:r::x",
    ] {
        assert_eq!(Arn::of("ssm", text), None, "{text}");
    }
    assert_eq!(Arn::global("iam", "arn:aws:iam:r:1:role/x"), None);
}

#[test]
fn a_principal_is_shortened_if_it_is_an_arn() {
    for (principal, short_name) in [
        ("arn:aws:iam::123456789012:user/alice", "user/alice"),
        ("AROAEXAMPLE:session", "AROAEXAMPLE:session"),
    ] {
        assert_eq!(short(principal), short_name);
    }
}

#[test]
fn a_secret_is_named_without_the_characters_that_are_added_to_it() {
    for (identifier, name) in [
        ("prd-db-AbCdEf", "prd-db"),
        ("prd-db", "prd-db"),
        ("prd/db", "prd/db"),
    ] {
        assert_eq!(secret_name(identifier), name);
    }
}

#[test]
fn the_whole_arn_or_all_but_its_six_characters_are_compared() {
    let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret";
    let found = format!("{secret}:db-AbCdEf");
    for (wanted, same) in [
        (found.clone(), true),
        (format!("{secret}:db"), true),
        (format!("{secret}:d"), false),
        (format!("{secret}:db-GhIjKl"), false),
        (found.replace("123456789012", "999999999999"), false),
        (found.replace("us-east-1", "eu-west-1"), false),
    ] {
        assert_eq!(is_same_secret(&wanted, &found), same, "{wanted}");
    }
}

#[test]
fn an_arn_is_put_together_in_the_partition_of_its_region() {
    let scope = Scope::new("cn-north-1", "123456789012");
    let prefix = "arn:aws-cn:ssm:cn-north-1:123456789012:parameter";
    assert_eq!(scope.parameter("/prd/app"), format!("{prefix}/prd/app"));
    assert_eq!(scope.parameter(prefix), prefix);
    assert_eq!(
        scope.parameters_below("/prd/app"),
        format!("{prefix}/prd/app/*")
    );
    assert_eq!(scope.parameters_below("/"), format!("{prefix}/*"));
    assert_eq!(
        scope.secret("db"),
        "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:db-??????"
    );
    assert_eq!(
        scope.key("*"),
        "arn:aws-cn:kms:cn-north-1:123456789012:key/*"
    );
    assert_eq!(scope.service("ssm"), "ssm.cn-north-1.*");
}
