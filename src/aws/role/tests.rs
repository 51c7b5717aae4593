//! What names a role, and what else does not.

use super::*;

#[test]
fn a_role_has_an_account_and_a_name() {
    for arn in [
        "arn:aws:iam::123456789012:role/app",
        "arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/App",
        "arn:aws-cn:iam::123456789012:role/a/b/c/app+=,.@_-1",
        "arn:aws-us-gov:iam::123456789012:role/app",
        "arn:aws-iso-b:iam::123456789012:role/app",
    ] {
        let expected = Role {
            arn: arn.to_owned(),
            external_id: None,
        };
        assert_eq!(role(arn), Ok(expected), "{arn}");
    }
    let long = format!("arn:aws:iam::123456789012:role/{}", "a".repeat(65));
    let no_role = "is not the ARN of a role";
    let no_name = "has no name that a role can have";
    let no_account = "names no account of twelve digits";
    let no_partition = "names no partition of AWS";
    for (text, what) in [
        ("", no_role),
        ("app", no_role),
        ("role/app", no_role),
        ("arn:aws:iam::123456789012", no_role),
        (" arn:aws:iam::123456789012:role/app", no_role),
        ("ARN:aws:iam::123456789012:role/app", no_role),
        ("arn:aws:iam::123456789012:policy/app", no_role),
        ("arn:aws:iam::123456789012:root", no_role),
        ("arn:aws:iam::123456789012:Role/app", no_role),
        ("arn:aws:iam::123456789012:role:app", no_role),
        (
            "arn:aws:ssm::123456789012:role/app",
            "is not the ARN of a role of IAM",
        ),
        (
            "arn:aws:iam::123456789012:user/alice",
            "is a user, and only a role can be assumed",
        ),
        (
            "arn:aws:iam::123456789012:group/us",
            "is a group, and only a role can be assumed",
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/app/session",
            "is a session of a role, and not the role",
        ),
        ("arn::iam::123456789012:role/app", no_partition),
        ("arn:gcp:iam::123456789012:role/app", no_partition),
        ("arn:awsome:iam::123456789012:role/app", no_partition),
        ("arn:aws-:iam::123456789012:role/app", no_partition),
        (
            "arn:aws:iam:eu-central-1:123456789012:role/app",
            "names a region, and roles have none",
        ),
        ("arn:aws:iam:::role/app", no_account),
        ("arn:aws:iam::12345678901:role/app", no_account),
        ("arn:aws:iam::aws:role/app", no_account),
        ("arn:aws:iam::123456789012:role/", no_name),
        ("arn:aws:iam::123456789012:role/a/", no_name),
        ("arn:aws:iam::123456789012:role//app", no_name),
        ("arn:aws:iam::123456789012:role/app ", no_name),
        ("arn:aws:iam::123456789012:role/app\n", no_name),
        ("arn:aws:iam::123456789012:role/a b/app", no_name),
        ("arn:aws:iam::123456789012:role/*", no_name),
        ("arn:aws:iam::123456789012:role/äpp", no_name),
        (&long, no_name),
    ] {
        assert_eq!(role(text).unwrap_err().what, what, "{text:?}");
    }
}

#[test]
fn an_external_id_has_the_characters_that_sts_accepts() {
    let (longest, longer) = ("a".repeat(1224), "a".repeat(1225));
    for text in ["ab", "12", "a:b/c_+=,.@-", &longest] {
        assert_eq!(external_id(text), Ok(text));
    }
    for text in ["", "a", "a b", "a\n", "ä1", "a#b", &longer] {
        let flaw = external_id(text).unwrap_err();
        assert_eq!(flaw.what, "cannot be an external id", "{text:?}");
    }
}
