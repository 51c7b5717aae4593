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
    let full = "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:db-AbCdEf";
    assert_eq!(scope.secret(full), full);
    let short = full.trim_end_matches("-AbCdEf");
    assert_eq!(scope.secret(short), format!("{short}-??????"));
    assert_eq!(
        scope.parameter("/aws/service/ami"),
        "arn:aws-cn:ssm:cn-north-1::parameter/aws/service/ami"
    );
    assert_eq!(
        scope.key("*"),
        "arn:aws-cn:kms:cn-north-1:123456789012:key/*"
    );
    assert_eq!(scope.service("ssm"), "ssm.cn-north-1.*");
}

#[test]
fn region_account_and_partition_of_an_arn_belong_together() {
    for (arn, flaw) in [
        ("arn:aws:ssm:eu-west-1:123456789012:parameter/x", None),
        ("arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/x", None),
        (
            "arn:aws:ssm:cn-north-1:123456789012:parameter/x",
            Some("is of the partition `aws`, and `cn-north-1` is in `aws-cn`"),
        ),
        (
            "arn:aws:ssm:*:123456789012:parameter/x",
            Some("is of the region `*`, which cannot be an AWS region"),
        ),
        (
            "arn:aws:ssm:eu-west-1:12345678901x:parameter/x",
            Some("is of `12345678901x`, which is not an account"),
        ),
    ] {
        let found = Arn::parse(arn).unwrap().flaw().map(|(what, _)| what);
        assert_eq!(found.as_deref(), flaw, "{arn}");
    }
}

#[test]
fn only_what_is_below_its_path_is_a_public_parameter() {
    for (name, public) in [
        ("/aws/service/ami/x", true),
        ("aws/service", true),
        ("/aws/services/x", false),
        ("/prd/aws/service/x", false),
        ("/aws/reference/secretsmanager/x", false),
    ] {
        assert_eq!(is_public(name), public, "{name}");
    }
}

#[test]
fn an_arn_of_a_template_has_fields_with_colons() {
    let region = |text| Arn::of_template(text).map(|arn| arn.region());
    for (text, expected) in [
        (
            "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/a",
            Some("${AWS::Region}"),
        ),
        (
            "arn:aws:ssm:eu-west-1:${AWS::AccountId}:parameter/a",
            Some("eu-west-1"),
        ),
        (
            "arn:aws:ssm:eu-west-1:${data.aws_caller_identity.x.account_id}:parameter/a:b",
            Some("eu-west-1"),
        ),
        ("arn:aws:ssm:eu-west-1:*:parameter/*", Some("eu-west-1")),
        ("arn:${AWS::Partition:ssm:eu-west-1:1:parameter/a", None),
        ("secret", None),
    ] {
        assert_eq!(region(text), expected, "{text}");
    }
}

#[test]
fn secrets_by_a_pattern_have_six_more_characters() {
    let scope = Scope::new("eu-west-1", "123456789012");
    for (pattern, resource) in [
        ("prd/app/*", "prd/app/*"),
        ("/prd/*", "/prd/*"),
        ("prd.*.db", "prd.*.db-??????"),
        ("my-secret", "my-secret-??????"),
    ] {
        assert_eq!(
            scope.secrets(pattern),
            format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{resource}")
        );
    }
}
