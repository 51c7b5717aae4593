//! The grammar of places: what is taken, and what is refused at which character.

use super::options::OPTIONS;
use proptest::prelude::*;

use super::*;
use crate::stores::encode;

/// A place as it is understood: how it is written, its key, and whether keys are taken as well.
fn understood(text: &str) -> (String, Option<String>, bool) {
    let place = parse(text).unwrap_or_else(|fault| panic!("{text} {}", fault.why));
    (place.source.to_string(), place.key, place.keys_as_well)
}

/// What is wrong with a place, and what to try.
fn refused(text: &str) -> (String, Option<String>) {
    match one(text).or_else(|fault| match fault.why.contains("one is needed") {
        true => parse(text),
        false => Err(fault),
    }) {
        Ok(place) => panic!("{text} is {}", place.source),
        Err(fault) => (fault.why, fault.hint),
    }
}

#[test]
fn every_form_of_a_place_is_understood() {
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prd/db-AbCdEf";
    let role = "arn:aws:iam::123456789012:role/reader";
    for (text, written, key, keys_as_well) in [
        ("ssm:///prd/app/", "/prd/app", None, false),
        ("ssm:///", "/", None, false),
        ("ssm:////prd//app//", "/prd/app", None, false),
        ("ssm:///prd/app/db", "/prd/app/db", None, false),
        ("awsssm:///prd/app/db:live", "/prd/app/db:live", None, false),
        ("ssm://prd.app.*", "prd.app.*", None, false),
        ("ssm:///prd/db#user", "/prd/db", Some("user"), false),
        (
            "ssm:///prd/app/?region=eu-west-1",
            "ssm:///prd/app/?region=eu-west-1",
            None,
            false,
        ),
        (
            "ssm://prd.app.*?profile=a%20b%26c",
            "ssm://prd.app.*?profile=a%20b%26c",
            None,
            false,
        ),
        ("sm://prd/app/", "secretsmanager://prd/app/", None, false),
        ("sm:///prd/app/", "secretsmanager:///prd/app/", None, false),
        (
            "awssecrets://prd/db",
            "secretsmanager://prd/db",
            None,
            false,
        ),
        ("sm://prd.app.*", "secretsmanager://prd.app.*", None, false),
        (
            "sm://prd/app/?json",
            "secretsmanager://prd/app/",
            None,
            true,
        ),
        (
            "sm://prd/db#a%23b c",
            "secretsmanager://prd/db",
            Some("a#b c"),
            false,
        ),
        (
            "sm://prd/db:AWSPREVIOUS",
            "secretsmanager://prd/db?stage=AWSPREVIOUS",
            None,
            false,
        ),
        (
            "sm://prd/db?version=01234567-89ab-cdef-0123-456789abcdef&stage=AWSPENDING",
            "secretsmanager://prd/db?stage=AWSPENDING&version=01234567-89ab-cdef-0123-456789abcdef",
            None,
            false,
        ),
        ("sm://x%2By=z@w", "secretsmanager://x+y=z@w", None, false),
        ("s3://secrets/prd.env", "s3://secrets/prd.env", None, false),
        (
            "s3://a.b-c/d/e.json#k/l",
            "s3://a.b-c/d/e.json",
            Some("k/l"),
            false,
        ),
        (
            "s3://bkt//a%20b%3F%23*x",
            "s3://bkt//a%20b%3F%23*x",
            None,
            false,
        ),
        (
            "s3://bkt/x?format=yaml&version=3/L4.kq&region=eu-west-1#a",
            "s3://bkt/x?version=3/L4.kq&format=yaml&region=eu-west-1",
            Some("a"),
            false,
        ),
        (
            "biscuit:///etc/a%20b.yml?region=eu-west-1#x%23 y",
            "biscuit:///etc/a%20b.yml?region=eu-west-1#x%23%20y",
            None,
            false,
        ),
        ("biscuit://./a.yml", "biscuit://./a.yml", None, false),
        (
            "credstash:///prd.db",
            "credstash://credential-store/prd.db",
            None,
            false,
        ),
        (
            "credstash://other.table/prd.db:09#a",
            "credstash://other.table/prd.db?version=09",
            Some("a"),
            false,
        ),
        (
            "credstash:///prd:db:x?version=abc",
            "credstash://credential-store/prd:db:x?version=abc",
            None,
            false,
        ),
        (
            "credstash:///db%3A5432",
            "credstash://credential-store/db%3A5432",
            None,
            false,
        ),
        (
            "credstash:////a%20b%23%3F%2A%25é%2F",
            "credstash://credential-store//a%20b%23%3F%2A%25é%2F",
            None,
            false,
        ),
        (
            "credstash:///prd.app.*?json",
            "credstash://credential-store/prd.app.*",
            None,
            true,
        ),
        (
            "credstash:///prd/app/*",
            "credstash://credential-store/prd/app/",
            None,
            false,
        ),
        (
            "credstash:///*",
            "credstash://credential-store/",
            None,
            false,
        ),
        (
            "credstash:///a:*",
            "credstash://credential-store/a:*",
            None,
            false,
        ),
        (
            "credstash:///a?kms-region=eu-west-1&context=b%3Ac:d:e%26&context=a:&region=us-east-1",
            "credstash://credential-store/a?kms-region=eu-west-1&context=a:&context=b%3Ac:d:e%26&region=us-east-1",
            None,
            false,
        ),
        (arn, arn, None, false),
        (
            &format!("{arn}:user:AWSPREVIOUS:"),
            &format!("{arn}?stage=AWSPREVIOUS"),
            Some("user"),
            false,
        ),
        (
            &format!("{arn}?profile=x#user"),
            &format!("{arn}?profile=x"),
            Some("user"),
            false,
        ),
        (
            &format!("sm://prd/db?role={role}&external-id=a/b:c&fallback-region=eu-west-2"),
            &format!(
                "secretsmanager://prd/db?role={role}&external-id=a/b:c&fallback-region=eu-west-2"
            ),
            None,
            false,
        ),
    ] {
        let expected = (written.to_owned(), key.map(str::to_owned), keys_as_well);
        assert_eq!(understood(text), expected, "{text}");
        // What is written is understood in the same way.
        if is_whole(written) {
            assert_eq!(understood(written).0, written, "{text}");
        }
    }
}

#[test]
fn a_bare_name_is_a_parameter() {
    for (text, written) in [
        ("/prd/app/db", "/prd/app/db"),
        ("/prd/app/db:3", "/prd/app/db:3"),
        ("prd.app.db", "prd.app.db"),
    ] {
        assert_eq!(one(text).unwrap().source.to_string(), written);
    }
}

#[test]
fn what_is_wrong_is_named_with_its_character() {
    let options = "its options are `region`, `profile`, `role`, `external-id`, `fallback-region`";
    for (text, why, hint) in [
        (
            "SSM:///a",
            "has the unknown scheme `SSM` at character 1",
            "schemes are in lower case: `ssm://`",
        ),
        (
            "secretmanager://a",
            "has the unknown scheme `secretmanager` at character 1",
            "did you mean `secretsmanager://`?",
        ),
        (
            "conjur://secret/a",
            "has the unknown scheme `conjur` at character 1",
            "the schemes are `ssm://`, `secretsmanager://`, `credstash://`, `vault://`, `openbao://`, \
             `confidant://`, `keywhiz://`, `s3://` and `biscuit://`",
        ),
        (
            "/prd/app?region=x",
            "contains a character that no parameter name can: only letters, digits, `_`, `.`, `-` \
             and `/` are allowed",
            "a place with options or a key begins with its scheme, as in `ssm:///prd/app/db#key`",
        ),
        (
            "ssm:///a b",
            "has a space or a control character at character 9",
            "a space in a name is written `%20`; was something pasted with its line end?",
        ),
        (
            "ssm:///ä\n",
            "has a space or a control character at character 9",
            "a space in a name is written `%20`; was something pasted with its line end?",
        ),
        (
            "sm://a%2",
            "has a `%` at character 7 that two hexadecimal digits do not follow",
            "a `%` itself is written `%25`",
        ),
        (
            "sm://a#ä%zz",
            "has a `%` at character 9 that two hexadecimal digits do not follow",
            "a `%` itself is written `%25`",
        ),
        (
            "sm://a%00",
            "encodes a control character at character 7",
            "",
        ),
        (
            "sm://a%ff",
            "encodes bytes from character 6 on that are not UTF-8",
            "",
        ),
        (
            "sm://a#",
            "ends with `#` at character 7, and names no key",
            "",
        ),
        (
            "sm://a?regoin=x",
            "has an unknown option, `regoin`, at character 8",
            "did you mean `region`?",
        ),
        (
            "ssm:///a?stage=x",
            "has an unknown option, `stage`, at character 10",
            options,
        ),
        (
            "sm://a?region=x&region=y",
            "has the option `region` a second time, at character 17",
            "",
        ),
        (
            "sm://a?region=x&",
            "has an empty option at character 17",
            "",
        ),
        (
            "sm://a?region",
            "has the option `region` at character 8 without a value",
            "write `region=VALUE`, or leave it out",
        ),
        (
            "sm://a?region=",
            "has the option `region` at character 8 without a value",
            "write `region=VALUE`, or leave it out",
        ),
        (
            "sm://a/?json=true",
            "gives a value to the option `json` at character 9, which takes none",
            "",
        ),
        (
            "sm://a?region=eu%20west",
            "has `eu west` for the option `region`, at character 15, which cannot be an AWS region",
            "did you mean `eu-west-1` or `eu-west-2` or `eu-west-3`?",
        ),
        (
            "sm://a?role=reader",
            "has `reader` for the option `role`, at character 13, which is not the ARN of a role",
            "the form is `arn:aws:iam::123456789012:role/NAME`",
        ),
        (
            "sm://a?external-id=xyz",
            "has an `external-id` at character 20, and no `role`",
            "add `role=ARN`, or leave it out",
        ),
        (
            "sm://a?region=eu-west-1&fallback-region=eu-west-1",
            "falls back to `eu-west-1`, at character 41, where it is read first",
            "name another region, to which the secrets are copied",
        ),
        (
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:a?region=eu-west-1",
            "has the region `eu-west-1` at character 63, and its ARN is of `us-east-1`",
            "leave the option out: an ARN is read in its own region",
        ),
        (
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:a?fallback-region=eu-west-1",
            "has a `fallback-region` at character 72, and an ARN is of one region",
            "name the secret by its name, which both regions have",
        ),
        (
            "sm://prd/#user",
            "has a key at character 11, and names a set of secrets",
            "a key is taken of one secret: leave out the `/` or `*` before it",
        ),
        (
            "sm://prd/?stage=AWSPREVIOUS",
            "has a `stage` or a `version`, and names a set of secrets",
            "a set is read at AWSCURRENT; a single secret can have one",
        ),
        (
            "sm://a*b",
            "has a `*` that is not at its end",
            "`*` stands at the end of a name; `--only` and `--exclude` take other patterns",
        ),
        (
            "sm://*",
            "does not begin with literal text",
            "all names of the account would have to be searched otherwise",
        ),
        (
            "ssm://prd/app",
            "names a parameter in a hierarchy without its first `/`",
            "did you mean `ssm:///prd/app`?",
        ),
        (
            "sm:///",
            "names no secret",
            "begin with literal text, such as `secretsmanager://prd/app/`",
        ),
        (
            "sm://",
            "names no secret",
            "such as `secretsmanager://prd/app/db`",
        ),
        (
            "sm://a!b",
            "contains `!`, which the name of a secret cannot: only letters, digits and `/_+=.@-` are \
             allowed",
            "",
        ),
        (
            "s3://bkt",
            "names a bucket, and no object in it",
            "the form is `s3://BUCKET/KEY`, such as `s3://secrets/prd.env`",
        ),
        (
            "s3:///prd.env",
            "names no bucket",
            "the form is `s3://BUCKET/KEY`, such as `s3://secrets/prd.env`",
        ),
        (
            "s3://bkt/prd/",
            "names a set of objects, and one is needed",
            "objects are read one by one: repeat `--from` for each",
        ),
        (
            "s3://bkt/prd.*",
            "names a set of objects, and one is needed",
            "objects are read one by one: repeat `--from` for each",
        ),
        (
            "s3://b_ä/x",
            "contains `ä`, which the name of a bucket cannot: only letters, digits, `.`, `-` and `_` are \
             allowed",
            "",
        ),
        (
            "s3://bk/x",
            "has a bucket whose name has not from 3 to 255 characters",
            "",
        ),
        (
            "s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/prd/x",
            "names an access point by its ARN",
            "an access point has an alias, which stands where a bucket does",
        ),
        (
            "s3://bkt/app.jks#key",
            "has a key, and its name does not end with `.env`, `.json`, `.yaml`, `.yml` or `.properties`",
            "`?format=dotenv`, `json`, `yaml` or `properties` gives the format; a whole object is `--file \
             NAME=PLACE`",
        ),
        (
            "s3://bkt/x?format=toml",
            "has `toml` for the option `format`, at character 19, which is no format",
            "the formats are `dotenv`, `json`, `yaml` and `properties`",
        ),
        (
            "s3://bkt/x.env?fallback-region=eu-west-1",
            "has an unknown option, `fallback-region`, at character 16",
            "its options are `region`, `profile`, `role`, `external-id`, `version`, `format`",
        ),
        (
            "S3://bkt/x",
            "has the unknown scheme `S3` at character 1",
            "schemes are in lower case: `s3://`",
        ),
        (
            "ssm:///prd/app/:live",
            "has a version or label after its `/`",
            "a path is read at a label with `--label`",
        ),
        (
            "sm://prd/:AWSPREVIOUS",
            "has a stage or a version after its `/`",
            "a set is read at AWSCURRENT; a single secret can have one",
        ),
        (
            "sm://a?version=abc",
            "has `abc` for the option `version`, at character 16, which is too short for the identifier \
             of a version",
            "it has 32 characters at least; a stage is `stage=AWSPREVIOUS`",
        ),
        (
            "/prd/app:1?region=x",
            "names an invalid version or label: only letters, digits, `_`, `.` and `-` are allowed",
            "a place with options or a key begins with its scheme, as in `ssm:///prd/app/db#key`",
        ),
        (
            "sm:/prd/db",
            "names an invalid version or label: only letters, digits, `_`, `.` and `-` are allowed",
            "",
        ),
        (
            "X=sm://prd/db",
            "begins with no scheme that is known, at character 1",
            "a place begins with its scheme: leave out what stands before `sm://`",
        ),
        (
            "credstash://prd.db",
            "names no secret",
            "did you mean `credstash:///prd.db`? the table stands before the name, as in \
             `credstash://TABLE/NAME`, and `credstash://TABLE/` is all of it",
        ),
        (
            "credstash://",
            "names no secret",
            "such as `credstash:///prd.db`",
        ),
        (
            "credstash:///:1",
            "names no secret",
            "such as `credstash:///prd.db`",
        ),
        (
            "credstash://a!b/x",
            "names a table that cannot exist",
            "the name of a table has 3 to 255 letters, digits, `_`, `.` and `-`",
        ),
        (
            "credstash:///a*b",
            "has a `*` that is not at its end",
            "`*` stands at the end of a name; `--only` and `--exclude` take other patterns; one that is \
             a part of a name is written `%2A`",
        ),
        (
            "credstash:///a*?version=1",
            "has a `version`, and names a set of secrets",
            "a set is read at the newest versions; a single secret can have one",
        ),
        (
            "credstash:///a:1?version=2",
            "names two versions, `1` and `2`",
            "",
        ),
        (
            "credstash:///a*#b",
            "has a key at character 17, and names a set of secrets",
            "a key is taken of one secret: leave out the `/` or `*` before it",
        ),
        (
            "credstash:///a%zz",
            "has a `%` at character 15 that two hexadecimal digits do not follow",
            "a `%` itself is written `%25`",
        ),
        (
            "credstash:///a?context=env=prd",
            "has no `KEY:VALUE` for the option `context`, at character 24",
            "write `context=KEY:VALUE`, once for each pair",
        ),
        (
            "credstash:///a?context=:prd",
            "has no `KEY:VALUE` for the option `context`, at character 24",
            "write `context=KEY:VALUE`, once for each pair",
        ),
        (
            "credstash:///a?context=a:b&context=a:c",
            "has `a` for the option `context` a second time, at character 36",
            "",
        ),
        (
            "credstash:///a?context=a:%zz",
            "has a `%` at character 26 that two hexadecimal digits do not follow",
            "a `%` itself is written `%25`",
        ),
        (
            "credstash:///a?kms-region=Nowhere!",
            "has `Nowhere!` for the option `kms-region`, at character 27, which cannot be an AWS region",
            "",
        ),
        (
            "sm://a?context=a:b",
            "has an unknown option, `context`, at character 8",
            "",
        ),
        (
            "sm://a:AWSPREVIOUS?stage=AWSCURRENT",
            "names two stages, `AWSPREVIOUS` and `AWSCURRENT`",
            "",
        ),
    ] {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        let (found, tried) = refused(text);
        assert_eq!(found, why, "{text}");
        if hint.is_some() {
            assert_eq!(tried, hint, "{text}");
        }
    }
}

#[test]
fn a_secret_has_no_place_in_a_place_and_is_not_repeated() {
    for text in [
        "sm://user:hunter2@prd/db",
        "ssm://user:hunter2@host/prd/db",
        "sm://prd/db?password=hunter2",
        "s3://key:hunter2@bkt/x.env",
        "s3://bkt/x.env?secret_key=hunter2",
        "s3://bkt/x.env?X-Amz-Signature=hunter2",
        "sm://prd/db?secret_id=hunter2",
        "sm://prd/db?token=hunter2#a",
        "sm://prd/db?region=x&aws_secret_access_key=hunter2",
        "vault://hunter2@host/x",
        "vault://user:hunter2@host/x",
        "vault://secret/app?token=hunter2",
        "openbao://secret/app?secret_id=hunter2",
        "vault://secret/app?auth=hunter2",
        "vault://secret/app?kv=hunter2",
        "vault://secret/app?version=hunter2",
        "keywhiz://me:hunter2@kw/x",
        "keywhiz://hunter2@kw/x",
        "keywhiz://kw/x?token=hunter2",
        "sm://user:hunter2%40prd/db",
        "sm://user%3Ahunter2@prd/db",
        "sm://prd/db?pass=hunter2",
        "sm://prd/db?To%6ben=hunter2",
        "sm://prd/db?anything=hunter2",
        "/prd/db?token=hunter2",
    ] {
        let fault = one(text).unwrap_err();
        assert!(fault.secret, "{text}");
        let printed = format!("{} {} {:?}", fault.shown(text), fault.why, fault.hint);
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}

#[test]
fn places_of_keywhiz_are_understood() {
    for (text, written, key, keys_as_well) in [
        ("keywhiz://kw/", "keywhiz://kw/", None, false),
        (
            "keywhiz://KW.example.com:4444/",
            "keywhiz://kw.example.com/",
            None,
            false,
        ),
        (
            "keywhiz://kw:4445/?json",
            "keywhiz://kw:4445/?json",
            None,
            true,
        ),
        (
            "keywhiz://[::1]:4445/db",
            "keywhiz://[::1]:4445/db",
            None,
            false,
        ),
        (
            "keywhiz://kw/db.password#user",
            "keywhiz://kw/db.password",
            Some("user"),
            false,
        ),
        (
            "keywhiz://kw/a%20b%3Fc%2Ad/e",
            "keywhiz://kw/a%20b%3Fc%2Ad/e",
            None,
            false,
        ),
    ] {
        let (written, key) = (written.to_owned(), key.map(str::to_owned));
        assert_eq!(
            understood(text),
            (written.clone(), key, keys_as_well),
            "{text}"
        );
        let (again, ..) = understood(&written);
        assert_eq!(again, written);
    }
    let example = "such as `keywhiz://keywhiz.example.com/db-password`, or \
                   `keywhiz://keywhiz.example.com/` for all secrets of the client";
    for (text, why, hint) in [
        ("keywhiz://", "names no secret", example),
        (
            "keywhiz://kw",
            "names no secret",
            "`keywhiz://kw/` is all secrets of the client",
        ),
        ("keywhiz:///db", "names no server", example),
        (
            "keywhiz://kw:x/db",
            "has a port that is not a number from 1 to 65535",
            example,
        ),
        (
            "keywhiz://me@kw/db",
            "has a name before its host, at character 11",
            "the server knows its clients by certificates: `KEYWHIZ_CERT` names the file",
        ),
        (
            "keywhiz://kw/db*",
            "has a `*`",
            "all secrets of the client are read with `/` after the host; `--only` and `--exclude` take \
             patterns; one that is a part of a name is written `%2A`",
        ),
        (
            "keywhiz://kw/db/",
            "names a folder, and a server has none",
            "all secrets of the client are read with `/` after the host; `--only` and `--exclude` take \
             patterns",
        ),
        (
            "keywhiz://kw/db?region=eu-west-1",
            "has an unknown option, `region`, at character 17",
            "its options are `json`",
        ),
    ] {
        assert_eq!(
            refused(text),
            (why.to_owned(), Some(hint.to_owned())),
            "{text}"
        );
    }
}

#[test]
fn places_of_vault_are_understood() {
    for (text, written, key) in [
        ("vault://secret/prd/app", "vault://secret/prd/app", None),
        (
            "vault://secret/prd/app#pass%23word",
            "vault://secret/prd/app",
            Some("pass#word"),
        ),
        ("openbao://secret/prd/", "openbao://secret/prd/", None),
        ("vault://secret/", "vault://secret/", None),
        (
            "vault://secret/a%23b%3Fc%20d",
            "vault://secret/a%23b%3Fc%20d",
            None,
        ),
        (
            "vault://secret/app?version=3&kv=2",
            "vault://secret/app?version=3&kv=2",
            None,
        ),
        ("vault://secret/app?auth=token", "vault://secret/app", None),
        (
            "vault://secret/app?json&namespace=/team/app/&auth-role=ci&auth=jwt&auth-mount=gitlab/#a",
            "vault://secret/app?auth=jwt&auth-mount=gitlab&auth-role=ci&namespace=team/app&json",
            Some("a"),
        ),
    ] {
        let (shown, found, as_well) = understood(text);
        assert_eq!((shown.as_str(), found.as_deref()), (written, key), "{text}");
        assert!(!as_well, "{text}");
        // What is written names the same.
        let place = parse(text).unwrap();
        assert_eq!(parse(&shown).unwrap().source, place.source, "{text}");
    }
}

#[test]
fn what_no_secret_of_vault_can_be_called_is_refused() {
    let example = "such as `vault://secret/prd/app`: the mount, and the path below it";
    for (text, why, hint) in [
        ("vault://", "names no secret", Some(example)),
        ("vault:///", "names no secret", Some(example)),
        (
            "vault:///secret/app",
            "has a `/` before its mount, at character 9",
            Some("did you mean `vault://secret/app`?"),
        ),
        (
            "vault://v1/secret/app",
            "begins with `v1/` at character 9",
            Some("did you mean `vault://secret/app`? a place has no part of the API"),
        ),
        (
            "vault://secret",
            "names a mount, and no secret",
            Some(
                "all secrets of it are `vault://secret/`; one is `vault://secret/prd/app`: the mount, \
                 and the path below it",
            ),
        ),
        (
            "vault://secret//app",
            "has an empty part of its path, at character 16",
            None,
        ),
        (
            "vault://secret/../sys/raw",
            "has a part of its path that a server would resolve, at character 16",
            None,
        ),
        (
            "vault://secret/prd/app*",
            "has a `*`, at character 20",
            Some("a folder is read with `/` at its end; `--only` and `--exclude` take patterns"),
        ),
        (
            "vault://auth/token/x",
            "names `auth/`, at character 9, which has no secrets",
            Some(example),
        ),
        (
            "vault://vault.example.com:8200/secret/app",
            "begins with a host at character 9, and not with a mount",
            Some(
                "the address of the server is in VAULT_ADDR or BAO_ADDR alone; a place is \
                 `vault://secret/prd/app`: the mount, and the path below it",
            ),
        ),
        (
            "vault://secret/app/?version=2",
            "has a `version` at character 29, and names a set of secrets",
            Some("a set is read at the newest version of each; a single secret can have one"),
        ),
        (
            "vault://secret/app?kv=1&version=2",
            "has a `version` at character 33, and `kv=1` keeps none",
            Some("leave one of them out"),
        ),
        (
            "vault://secret/app?version=0",
            "has a value for the option `version`, at character 28, which is no version",
            Some("versions are numbers from 1; the newest has none"),
        ),
        (
            "vault://secret/app?auth=ldap",
            "has a value for the option `auth`, at character 25, which is no way to sign in that is \
             supported",
            Some("it is one of: token, approle, aws, kubernetes, jwt"),
        ),
        (
            "vault://secret/app?auth=approle&auth-role=x",
            "has an `auth-role` at character 43, which `auth=approle` does not use",
            Some("the role of an AppRole is the role id, in VAULT_ROLE_ID"),
        ),
        (
            "vault://secret/app?auth-mount=x",
            "has an `auth-mount` at character 31, and no `auth` that uses one",
            Some(
                "add `auth=approle`, `auth=aws`, `auth=kubernetes` or `auth=jwt`, or leave it out",
            ),
        ),
        (
            "vault://secret/app?auth=kubernetes",
            "has no `auth-role`, which `auth=kubernetes` needs",
            Some("add `auth-role=ROLE`: the role of the server that the service account has"),
        ),
        (
            "vault://secret/app?region=eu-west-1",
            "has an unknown option, `region`, at character 20",
            Some(
                "its options are `version`, `json`, `kv`, `auth`, `auth-mount`, `auth-role`, \
                 `namespace`",
            ),
        ),
        (
            "vault://secret/app/#key",
            "has a key at character 21, and names a set of secrets",
            Some("a key is taken of one secret: leave out the `/` or `*` before it"),
        ),
    ] {
        let found = refused(text);
        assert_eq!(
            (found.0.as_str(), found.1.as_deref()),
            (why, hint),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn any_name_of_credstash_is_understood_again(
        name in "[^\\pC]{1,20}",
        version in proptest::option::of("[^\\pC]{1,8}"),
        context in "[^\\pC]{1,8}",
    ) {
        use crate::stores::{Source, credstash::{self, Keyring, Selector, Table, What}};
        let source = Source::from(credstash::Source {
            table: Table("credential-store".to_owned()),
            what: What::One(Selector { name, version }),
            keyring: Keyring {
                region: None,
                context: [(context.clone(), context)].into(),
            },
        });
        let place = parse(&source.to_string());
        let place = place.map_err(|fault| TestCaseError::fail(format!("{source} {}", fault.why)))?;
        prop_assert_eq!(place.source, source);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
        let _ = (one(&text), parse(&text));
    }

    #[test]
    fn nothing_after_a_scheme_makes_the_parser_panic(
        scheme in "(ssm|sm|secretsmanager|vault|openbao|s3|credstash)://|credstash:///|arn:aws:secretsmanager:eu-west-1:123456789012:secret:",
        rest in "[a-z/:%0-9*?&=#@ä]{0,40}",
    ) {
        let _ = parse(&format!("{scheme}{rest}"));
    }

    #[test]
    fn what_is_written_is_understood_again(
        name in "[a-zA-Z0-9/_+=.@-]{0,20}[a-zA-Z0-9]",
        profile in "\\PC{1,12}",
        key in "[^\\pC]{1,12}",
    ) {
        let mut text = format!("secretsmanager://{name}?profile=");
        encode(&mut text, &profile);
        text.push('#');
        encode(&mut text, &key);
        prop_assume!(!name.trim_matches('/').is_empty());
        let place = parse(&text).map_err(|fault| TestCaseError::fail(fault.why))?;
        prop_assert_eq!(place.key.as_ref(), Some(&key));
        let access = place.source.access.clone().unwrap();
        prop_assert_eq!(access.profile.as_ref(), Some(&profile));
        let again = parse(&place.source.to_string()).map_err(|fault| TestCaseError::fail(fault.why))?;
        prop_assert_eq!(again.source, place.source);
    }
}

#[test]
fn the_manual_page_has_every_scheme_and_option() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = page.join("packaging/man/envsecrets-places.7");
    let page = std::fs::read_to_string(page).unwrap();
    for (scheme, _) in SCHEMES {
        let mut words = page.split(|it: char| it.is_whitespace() || it == ':');
        assert!(words.any(|word| word == scheme), "{scheme}");
    }
    for (option, _) in OPTIONS {
        let entry = [format!(".It Li {option}= "), format!(".It Li {option}\n")];
        assert!(entry.iter().any(|it| page.contains(it)), "{option}");
    }
    let entries = page.lines().filter(|line| line.starts_with(".It Li "));
    let options = entries.filter(|line| !line.contains("/") && !line.contains("arn:"));
    assert_eq!(
        options.filter(|line| !line.contains("://")).count(),
        OPTIONS.len()
    );
}
