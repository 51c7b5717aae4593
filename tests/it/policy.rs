//! `envsecrets policy`: what IAM must allow, and no more; and `check`, which reports what is
//! missing.

use std::process::{Command, Stdio};

use parameter_store::{Kind, PutParameter, Received, Service};
use serde_json::{Value, json};

use crate::support::iam::{self, Encryption, Request};
use crate::support::issuers::assumed;
use crate::support::moto::Moto;
use crate::support::stand_in::StandIn;
use crate::support::{
    Directory, Ended, Fault, Launch, SENTINEL, World, can, leak, offline, which, world_with,
};

/// A policy for a region and account that are known.
fn policy(options: &str) -> Launch {
    let directory = Directory::new();
    let words = ["policy"].into_iter().chain(options.split_whitespace());
    let mut launch = offline(&directory, &words.collect::<Vec<_>>());
    launch.env("AWS_REGION", "eu-central-1");
    launch
}

const ACCOUNT: &str = "--account 123456789012";

#[track_caller]
fn statements(options: &str) -> Vec<Value> {
    let document = document(&policy(&format!("{ACCOUNT} {options}")).run());
    assert_eq!(document["Version"], "2012-10-17");
    document["Statement"].as_array().unwrap().clone()
}

/// What was printed, whatever notes came with it.
#[track_caller]
fn document(ended: &Ended) -> Value {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    serde_json::from_str(&ended.text()).unwrap()
}

/// The actions and resources of each statement.
#[track_caller]
fn allowed(options: &str) -> Vec<(String, String)> {
    let words = |value: &Value| {
        let words = value.as_array().unwrap().iter();
        let words: Vec<&str> = words.map(|word| word.as_str().unwrap()).collect();
        words.join(" ")
    };
    let statements = statements(options);
    let pair = |it: &Value| (words(&it["Action"]), words(&it["Resource"]));
    statements.iter().map(pair).collect()
}

#[test]
fn a_launch_is_allowed_to_read_what_it_reads() {
    assert_eq!(
        statements(
            "--path /prd/app --optional-path /extra --secret DB=/single:live -- java -jar app.jar"
        ),
        [
            json!({
                "Sid": "ReadPaths",
                "Effect": "Allow",
                "Action": ["ssm:GetParametersByPath"],
                "Resource": [
                    "arn:aws:ssm:eu-central-1:123456789012:parameter/prd/app",
                    "arn:aws:ssm:eu-central-1:123456789012:parameter/prd/app/*",
                    "arn:aws:ssm:eu-central-1:123456789012:parameter/extra",
                    "arn:aws:ssm:eu-central-1:123456789012:parameter/extra/*"
                ]
            }),
            json!({
                "Sid": "ReadParameters",
                "Effect": "Allow",
                "Action": ["ssm:GetParameters"],
                "Resource": ["arn:aws:ssm:eu-central-1:123456789012:parameter/single"]
            }),
            json!({
                "Sid": "DecryptParameters",
                "Effect": "Allow",
                "Action": ["kms:Decrypt"],
                "Resource": ["arn:aws:kms:eu-central-1:123456789012:key/*"],
                "Condition": { "StringLike": {
                    "kms:ViaService": ["ssm.eu-central-1.amazonaws.com"],
                    "kms:EncryptionContext:PARAMETER_ARN": [
                        "arn:aws:ssm:eu-central-1:123456789012:parameter/prd/app/*",
                        "arn:aws:ssm:eu-central-1:123456789012:parameter/extra/*",
                        "arn:aws:ssm:eu-central-1:123456789012:parameter/single"
                    ]
                } }
            })
        ]
    );
}

#[test]
fn each_thing_that_is_read_is_named_once() {
    let arn = |rest: &str| format!("arn:aws:ssm:eu-central-1:123456789012:parameter{rest}");
    for (options, action, resources) in [
        // What is below a path that is read is read already.
        (
            "--path /a --path /a/b --path /a/",
            "ssm:GetParametersByPath",
            vec![arn("/a"), arn("/a/*")],
        ),
        (
            "--path / --path /a",
            "ssm:GetParametersByPath",
            vec![arn("/*")],
        ),
        (
            "--path /ab --path /a",
            "ssm:GetParametersByPath",
            vec![arn("/ab"), arn("/ab/*"), arn("/a"), arn("/a/*")],
        ),
        // Versions and labels are nothing that IAM knows.
        (
            "--secret A=/x/y:1 --secret B=/x/y:live --json /x/y --dotenv flat",
            "ssm:GetParameters",
            vec![arn("/x/y"), arn("/flat")],
        ),
    ] {
        let allowed = allowed(options);
        assert_eq!(
            allowed[0],
            (action.to_owned(), resources.join(" ")),
            "{options}"
        );
        assert_eq!(allowed.len(), 2, "{options}");
    }
}

#[test]
fn names_by_a_pattern_are_looked_for_in_the_catalogue_and_read_one_by_one() {
    assert_eq!(
        allowed("--names prd.app.* --names prd.app.{a,b}"),
        [
            (
                "ssm:GetParameters",
                "arn:aws:ssm:eu-central-1:123456789012:parameter/prd.app.*"
            ),
            ("ssm:DescribeParameters", "*"),
            ("kms:Decrypt", "arn:aws:kms:eu-central-1:123456789012:key/*"),
        ]
        .map(|(action, resources)| (action.to_owned(), resources.to_owned()))
    );
}

#[test]
fn a_parameter_of_another_account_is_decrypted_with_a_key_of_that() {
    let arn = "arn:aws:ssm:eu-central-1:210987654321:parameter/common/ca";
    let statements = statements(&format!("--secret CA={arn}:7 --path /prd/app"));
    assert_eq!(statements[1]["Resource"], json!([arn]));
    assert_eq!(
        statements[2]["Resource"],
        json!([
            "arn:aws:kms:eu-central-1:123456789012:key/*",
            "arn:aws:kms:eu-central-1:210987654321:key/*"
        ])
    );
    assert_eq!(
        statements[2]["Condition"]["StringLike"]["kms:EncryptionContext:PARAMETER_ARN"],
        json!([
            "arn:aws:ssm:eu-central-1:123456789012:parameter/prd/app/*",
            arn
        ])
    );
}

#[test]
fn a_secret_that_is_read_through_parameter_store_takes_rights_on_both_sides() {
    let secret = json!(["arn:aws:secretsmanager:eu-central-1:123456789012:secret:prd/db-??????"]);
    let options = "--secret DB=/aws/reference/secretsmanager/prd/db:AWSPREVIOUS";
    let expected = json!([
        {
            "Sid": "ReadParameters",
            "Effect": "Allow",
            "Action": ["ssm:GetParameters"],
            "Resource": [
                "arn:aws:ssm:eu-central-1:123456789012:parameter/aws/reference/secretsmanager/prd/db"
            ]
        },
        {
            "Sid": "ReadSecrets",
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": secret
        },
        {
            "Sid": "DecryptSecrets",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": ["arn:aws:kms:eu-central-1:123456789012:key/*"],
            "Condition": { "StringLike": {
                "kms:ViaService": ["secretsmanager.eu-central-1.amazonaws.com"],
                "kms:EncryptionContext:SecretARN": secret
            } }
        }
    ]);
    assert_eq!(json!(statements(options)), expected);
    // Parameter Store returns it only with its value.
    assert_eq!(
        json!(statements(&format!("--for names {options}"))),
        expected
    );
}

#[test]
fn single_secrets_are_read_with_one_action_and_named_with_another() {
    let options = format!("policy --resolve {ACCOUNT} --region eu-central-1");
    let theirs = "arn:aws:secretsmanager:us-east-1:210987654321:secret:theirs";
    let print = |more: &str| {
        let options = format!("{options} {more}");
        let ended = offline(
            &Directory::new(),
            &options.split_whitespace().collect::<Vec<_>>(),
        )
        .env("DB", "sm://prd/db:AWSPREVIOUS#password")
        .env(
            "TOKEN",
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:to-ken-AbCdEf",
        )
        .env("THEIRS", theirs)
        .env("OTHER", SENTINEL)
        .run();
        assert_eq!(ended.stderr, "");
        document(&ended)["Statement"].clone()
    };
    let own = [
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prd/db-??????",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:to-ken-AbCdEf",
    ];
    let theirs = format!("{theirs}-??????");
    // In the order of the variables.
    let all = json!([own[0], theirs, own[1]]);
    assert_eq!(
        print(""),
        json!([
            {
                "Sid": "ReadSecrets",
                "Effect": "Allow",
                "Action": ["secretsmanager:GetSecretValue"],
                "Resource": all
            },
            {
                "Sid": "DecryptSecrets",
                "Effect": "Allow",
                "Action": ["kms:Decrypt"],
                "Resource": ["arn:aws:kms:eu-central-1:123456789012:key/*"],
                "Condition": { "StringLike": {
                    "kms:ViaService": ["secretsmanager.eu-central-1.amazonaws.com"],
                    "kms:EncryptionContext:SecretARN": own
                } }
            },
            {
                "Sid": "DecryptSecretsUsEast1",
                "Effect": "Allow",
                "Action": ["kms:Decrypt"],
                "Resource": ["arn:aws:kms:us-east-1:210987654321:key/*"],
                "Condition": { "StringLike": {
                    "kms:ViaService": ["secretsmanager.us-east-1.amazonaws.com"],
                    "kms:EncryptionContext:SecretARN": [theirs]
                } }
            }
        ])
    );
    assert_eq!(
        print("--for stale"),
        json!([{
            "Sid": "DescribeSecrets",
            "Effect": "Allow",
            "Action": ["secretsmanager:DescribeSecret"],
            "Resource": all
        }])
    );
}

const LISTS: &str = "envsecrets: `secretsmanager:ListSecrets` and \
                     `secretsmanager:BatchGetSecretValue` are allowed on `*`, because AWS cannot \
                     restrict them to secrets: the first returns names, and the second only values \
                     that `secretsmanager:GetSecretValue` allows\n";

#[test]
fn a_set_of_secrets_is_listed_and_read_in_batches_which_aws_cannot_restrict() {
    let secret =
        |name: &str| format!("arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}");
    for (options, patterns) in [
        (
            "--from secretsmanager://prd/app/",
            vec![secret("prd/app/*")],
        ),
        (
            "--from secretsmanager:///prd/app/",
            vec![secret("/prd/app/*")],
        ),
        (
            "--from secretsmanager://prd.app.*",
            vec![secret("prd.app.*")],
        ),
        (
            "--from secretsmanager://a+b=c@d.*",
            vec![secret("a+b=c@d.*")],
        ),
        (
            "--from secretsmanager://prd/app/?json --secret A=sm://prd/app/a --secret B=sm://prd/b",
            vec![secret("prd/b-??????"), secret("prd/app/*")],
        ),
    ] {
        let ended = policy(&format!("{ACCOUNT} {options}")).run();
        assert_eq!(ended.stderr, LISTS, "{options}");
        assert_eq!(
            document(&ended)["Statement"],
            json!([
                {
                    "Sid": "ListSecrets",
                    "Effect": "Allow",
                    "Action": [
                        "secretsmanager:ListSecrets",
                        "secretsmanager:BatchGetSecretValue"
                    ],
                    "Resource": ["*"]
                },
                {
                    "Sid": "ReadSecrets",
                    "Effect": "Allow",
                    "Action": ["secretsmanager:GetSecretValue"],
                    "Resource": patterns
                },
                {
                    "Sid": "DecryptSecrets",
                    "Effect": "Allow",
                    "Action": ["kms:Decrypt"],
                    "Resource": ["arn:aws:kms:eu-central-1:123456789012:key/*"],
                    "Condition": { "StringLike": {
                        "kms:ViaService": ["secretsmanager.eu-central-1.amazonaws.com"],
                        "kms:EncryptionContext:SecretARN": patterns
                    } }
                }
            ]),
            "{options}"
        );
    }
    let ended = policy(&format!(
        "{ACCOUNT} --for names --from secretsmanager://prd/app/"
    ))
    .run();
    assert_eq!(
        ended.stderr,
        "envsecrets: `secretsmanager:ListSecrets` is allowed on `*`, because AWS cannot restrict it to \
         secrets: it returns names, and no values\n"
    );
    assert_eq!(
        document(&ended)["Statement"],
        json!([{
            "Sid": "ListSecrets",
            "Effect": "Allow",
            "Action": ["secretsmanager:ListSecrets"],
            "Resource": ["*"]
        }])
    );
}

#[test]
fn a_place_is_read_in_its_region_and_where_it_falls_back_to() {
    let at = |place: &str, resource: &str| format!("arn:aws:{place}:123456789012:{resource}");
    let (here, there) = ("eu-central-1", "eu-west-1");
    let statements = statements(
        "--from secretsmanager://prd/app/?region=eu-west-1 --from \
         ssm:///prd/app/?fallback-region=eu-west-1 --secret DB=sm://db?fallback-region=eu-west-1",
    );
    let of = |sid: &str| {
        let found = statements.iter().find(|it| it["Sid"] == sid);
        found.unwrap_or_else(|| panic!("{sid} in {statements:?}"))
    };
    let ids: Vec<&str> = statements
        .iter()
        .map(|it| it["Sid"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        [
            "ReadPaths",
            "DecryptParameters",
            "DecryptParametersEuWest1",
            "ListSecrets",
            "ReadSecrets",
            "DecryptSecrets",
            "DecryptSecretsEuWest1",
        ]
    );
    let paths: Vec<String> = [there, here]
        .iter()
        .flat_map(|region| {
            let path = |rest: &str| {
                at(
                    &format!("ssm:{region}"),
                    &format!("parameter/prd/app{rest}"),
                )
            };
            [path(""), path("/*")]
        })
        .collect();
    let resources = of("ReadPaths")["Resource"].as_array().unwrap();
    assert_eq!(resources.len(), 4, "{resources:?}");
    assert!(paths.iter().all(|it| resources.contains(&json!(it))));
    let secret = |region: &str, name: &str| {
        at(
            &format!("secretsmanager:{region}"),
            &format!("secret:{name}"),
        )
    };
    let mut read = of("ReadSecrets")["Resource"].as_array().unwrap().clone();
    read.sort_by_key(Value::to_string);
    assert_eq!(
        json!(read),
        json!([
            secret(here, "db-??????"),
            secret(there, "db-??????"),
            secret(there, "prd/app/*")
        ])
    );
    let keys = of("DecryptSecretsEuWest1");
    assert_eq!(keys["Resource"], json!([at("kms:eu-west-1", "key/*")]));
    assert_eq!(
        keys["Condition"]["StringLike"]["kms:ViaService"],
        json!(["secretsmanager.eu-west-1.amazonaws.com"])
    );
    assert_eq!(
        of("DecryptSecrets")["Condition"]["StringLike"]["kms:EncryptionContext:SecretARN"],
        json!([secret(here, "db-??????")])
    );
    // Where all places name a region, no other need be known; accounts may still be expressions.
    let ended = policy("--from secretsmanager://prd/app/?region=eu-west-1 --account 123456789012")
        .without("AWS_REGION")
        .run();
    assert_eq!(ended.stderr, LISTS);
    let template = policy(
        "--from secretsmanager://prd/app/?region=eu-west-1 --secret A=/a --format cloudformation",
    )
    .without("AWS_REGION")
    .run()
    .text();
    for line in [
        "- !Sub \"arn:aws:secretsmanager:eu-west-1:${AWS::AccountId}:secret:prd/app/*\"",
        "- !Sub \"arn:aws:kms:eu-west-1:${AWS::AccountId}:key/*\"",
        "- \"secretsmanager.eu-west-1.amazonaws.com\"",
        "Sid: \"DecryptSecretsEuWest1\"",
    ] {
        assert!(template.contains(line), "{line} in {template}");
    }
}

#[test]
fn what_others_read_is_not_allowed_and_the_note_prints_it() {
    let role = "arn:aws:iam::210987654321:role/reader";
    let place = format!("secretsmanager://prd/app/?role={role}&region=us-east-1");
    let own = "--region eu-west-1 --account 123456789012";
    let ended = policy(&format!(
        "{own} --path /a --from {place} --secret X=sm://x?role={role}"
    ))
    .run();
    assert_eq!(
        ended.stderr,
        format!(
            "envsecrets: `secretsmanager://prd/app/?region=us-east-1&role={role}`, \
             `secretsmanager://x?role={role}` are read as that role, whose own policy must allow it: \
             `envsecrets policy --role {role} --region eu-west-1 --from \
             'secretsmanager://prd/app/?region=us-east-1' --secret S2=secretsmanager://x` prints that\n"
        )
    );
    let statements = document(&ended)["Statement"].clone();
    let ids: Vec<&str> = statements
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["Sid"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["ReadPaths", "DecryptParameters", "AssumeRole"]);
    assert_eq!(
        statements[2],
        json!({
            "Sid": "AssumeRole",
            "Effect": "Allow",
            "Action": ["sts:AssumeRole"],
            "Resource": [role]
        })
    );
    // The policy of that role itself, with the options of the launch.
    let ended = policy(&format!("--role {role} --from {place}")).run();
    assert_eq!(ended.stderr, LISTS);
    let text = ended.text();
    assert!(!text.contains("sts:"), "{text}");
    assert!(
        text.contains("\"arn:aws:secretsmanager:us-east-1:210987654321:secret:prd/app/*\""),
        "{text}"
    );
    // A launch assumes the role of a setting, and that of a place instead of it.
    let first = "arn:aws:iam::123456789012:role/first";
    let ended = policy(&format!("--path /a --from {place}"))
        .env("ENVSECRETS_ROLE", first)
        .run();
    assert!(!ended.text().contains("sts:"), "{ended:?}");
    let ended = policy(&format!("--for assume --path /a --from {place}"))
        .env("ENVSECRETS_ROLE", first)
        .run();
    assert_eq!(ended.stderr, "");
    assert_eq!(
        document(&ended)["Statement"],
        json!([{
            "Sid": "AssumeRoles",
            "Effect": "Allow",
            "Action": ["sts:AssumeRole"],
            "Resource": [first, role]
        }])
    );

    // Another profile is another principal.
    let ended = policy(&format!(
        "{ACCOUNT} --for check --path /a --from ssm:///b/?profile=it"
    ))
    .run();
    assert_eq!(
        ended.stderr,
        "envsecrets: `ssm:///b/?profile=it` is read as the principal of that profile, whose own policy \
         must allow it: `envsecrets policy --profile it --for check --from /b` prints that\n"
    );
    assert!(!ended.text().contains("parameter/b"), "{ended:?}");
    let ended = policy(&format!(
        "{ACCOUNT} --path /a --secret X=sm://x?profile=it&role={role}"
    ))
    .run();
    assert_eq!(
        ended.stderr,
        format!(
            "envsecrets: `secretsmanager://x?profile=it&role={role}` is read as the principal of that \
             profile, whose own policy must allow it: `envsecrets policy --profile it --secret \
             S1='secretsmanager://x?role={role}'` prints that\n"
        )
    );
    assert!(!ended.text().contains("sts:"), "{ended:?}");
}

#[test]
fn places_of_variables_and_contracts_count_and_secrets_are_not_written() {
    let directory = Directory::new();
    let text = "from = ['secretsmanager://prd/app/']\n[variables.DB]\nfrom = 'sm://prd/db'\n";
    let contract = directory.file("envsecrets.toml", text, 0o644);
    let by_contract = policy(&format!("{ACCOUNT} --config {}", contract.display())).run();
    let by_variable = policy(&format!("{ACCOUNT} --secret DB=sm://prd/db"))
        .env("ENVSECRETS_FROM", "secretsmanager://prd/app/")
        .run();
    assert_eq!(by_contract.stderr, LISTS);
    assert_eq!(document(&by_contract), document(&by_variable));

    // Those who write parameters read the secrets, to copy them for example.
    let sids = |options: &str| -> Vec<String> {
        let statements = statements(options);
        let sids = statements.iter().map(|it| it["Sid"].as_str().unwrap());
        sids.map(str::to_owned).collect()
    };
    assert_eq!(
        sids("--for write --path /prd/app --from secretsmanager://prd/app/"),
        [
            "ReadPaths",
            "ManageParameters",
            "ListParameters",
            "EncryptParameters",
            "ListSecrets",
            "ReadSecrets",
            "DecryptSecrets",
        ]
    );
    let ended = policy(&format!(
        "{ACCOUNT} --for write --from secretsmanager://prd/app/"
    ))
    .run();
    assert_eq!(
        ended.failed(64),
        "envsecrets: error: nothing here can be written\n\
         envsecrets: hint: parameters of AWS and of other accounts, and secrets of Secrets Manager, \
         can only be read: leave `--for write` out\n"
    );
}

#[test]
fn keys_of_secrets_are_named_as_those_of_parameters_are() {
    let key = |place: &str, id: &str| format!("arn:aws:kms:{place}:key/{id}");
    let (here, there) = ("eu-central-1:123456789012", "eu-west-1:123456789012");
    let both = "--from secretsmanager://prd/app/?fallback-region=eu-west-1";
    for (options, expected) in [
        (
            format!("{both} --key-id alias/app"),
            json!([
                ["DecryptSecretsByAlias", [key(here, "*")], ["alias/app"]],
                [
                    "DecryptSecretsEuWest1ByAlias",
                    [key(there, "*")],
                    ["alias/app"]
                ]
            ]),
        ),
        (
            format!("{both} --key-id {MRK}"),
            json!([
                ["DecryptSecrets", [key(here, MRK)], null],
                ["DecryptSecretsEuWest1", [key(there, MRK)], null]
            ]),
        ),
        (
            format!("{both} --key-id {ID} --key-id {}", key(there, ID)),
            json!([
                ["DecryptSecrets", [key(here, ID)], null],
                ["DecryptSecretsEuWest1", [key(there, ID)], null]
            ]),
        ),
    ] {
        assert_eq!(keys(&options), expected, "{options}");
    }
    // A region without a key is reported, and so is an account.
    let theirs = "--secret X=arn:aws:secretsmanager:eu-central-1:999999999999:secret:x-AbCdEf";
    let ended = policy(&format!("{ACCOUNT} {both} {theirs} --key-id {ID}")).run();
    let without: Vec<&str> = ended
        .stderr
        .lines()
        .filter(|it| it.contains("--key-id"))
        .collect();
    assert_eq!(
        without,
        ["account 999999999999", "eu-west-1"].map(|place| format!(
            "envsecrets: no `--key-id` is in {place}: what is encrypted with a key there cannot be \
             decrypted"
        ))
    );
    // What is named by ARNs alone needs no region and no account.
    let ended = policy(theirs).without("AWS_REGION").run();
    assert_eq!(ended.stderr, "");
    assert!(!ended.text().contains(":*"), "{ended:?}");
}

const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
const MRK: &str = "mrk-1234abcd12ab34cd56ef1234567890ab";

/// The id, the resources and the aliases of each statement for keys.
#[track_caller]
fn keys(options: &str) -> Value {
    let statements = statements(options);
    let of_keys = statements.iter().filter(|it| {
        let action = it["Action"][0].as_str().unwrap();
        action.starts_with("kms:")
    });
    let of_keys = of_keys.map(|it| {
        let aliases = &it["Condition"]["ForAnyValue:StringLike"]["kms:ResourceAliases"];
        json!([it["Sid"], it["Resource"], aliases])
    });
    of_keys.collect()
}

#[test]
fn keys_are_named_by_arn_by_id_and_by_alias() {
    let key = |account: &str, id: &str| format!("arn:aws:kms:eu-central-1:{account}:key/{id}");
    let (ours, theirs) = ("123456789012", "999999999999");
    let arn = key(theirs, ID);
    for (options, expected) in [
        (
            format!("--key-id {arn}"),
            json!([["DecryptParameters", [arn], null]]),
        ),
        (
            format!("--key-id {arn} --key-id {ID} --key-id {arn} --key-id {MRK} --key-id {ID}"),
            json!([[
                "DecryptParameters",
                [arn, key(ours, ID), key(ours, MRK)],
                null
            ]]),
        ),
        (
            format!("--key-id {arn} --key-id alias/app --key-id alias/db"),
            json!([
                ["DecryptParameters", [arn], null],
                [
                    "DecryptParametersByAlias",
                    [key(ours, "*")],
                    ["alias/app", "alias/db"]
                ]
            ]),
        ),
        (
            "--key-id arn:aws:kms:eu-central-1:123456789012:alias/app".to_owned(),
            json!([["DecryptParametersByAlias", [key(ours, "*")], ["alias/app"]]]),
        ),
        // An alias of another account is one of its keys, and not of ours.
        (
            "--key-id arn:aws:kms:eu-central-1:999999999999:alias/shared".to_owned(),
            json!([[
                "DecryptParametersByAliasOf999999999999",
                [key(theirs, "*")],
                ["alias/shared"]
            ]]),
        ),
        (
            "--key-id alias/app --key-id arn:aws:kms:eu-central-1:999999999999:alias/shared"
                .to_owned(),
            json!([
                ["DecryptParametersByAlias", [key(ours, "*")], ["alias/app"]],
                [
                    "DecryptParametersByAliasOf999999999999",
                    [key(theirs, "*")],
                    ["alias/shared"]
                ]
            ]),
        ),
    ] {
        assert_eq!(
            keys(&format!("--path /prd/app {options}")),
            expected,
            "{options}"
        );
    }
}

#[test]
fn keys_are_those_of_the_region_of_what_they_decrypt() {
    let there = "--secret X=arn:aws:ssm:us-east-1:123456789012:parameter/x";
    let theirs = "--secret X=arn:aws:ssm:us-east-1:999999999999:parameter/x";
    let key = |place: &str, id: &str| format!("arn:aws:kms:{place}:key/{id}");
    let (here, beside) = ("eu-central-1:123456789012", "us-east-1:123456789012");
    for (options, expected) in [
        (
            format!("--path /a {theirs}"),
            json!([
                ["DecryptParameters", [key(here, "*")], null],
                [
                    "DecryptParametersUsEast1",
                    [key("us-east-1:999999999999", "*")],
                    null
                ]
            ]),
        ),
        // A multi-Region key and an alias have the same name everywhere.
        (
            format!("--path /a {there} --key-id {MRK}"),
            json!([
                ["DecryptParameters", [key(here, MRK)], null],
                ["DecryptParametersUsEast1", [key(beside, MRK)], null]
            ]),
        ),
        (
            format!("--path /a {there} --key-id alias/app"),
            json!([
                ["DecryptParametersByAlias", [key(here, "*")], ["alias/app"]],
                [
                    "DecryptParametersUsEast1ByAlias",
                    [key(beside, "*")],
                    ["alias/app"]
                ]
            ]),
        ),
        (
            format!("{there} --key-id {ID}"),
            json!([["DecryptParametersUsEast1", [key(beside, ID)], null]]),
        ),
    ] {
        assert_eq!(keys(&options), expected, "{options}");
    }
    let options = format!("--for launch --path /a {theirs}");
    let statements = statements(&options);
    assert_eq!(
        statements[3]["Condition"]["StringLike"],
        json!({
            "kms:ViaService": ["ssm.us-east-1.amazonaws.com"],
            "kms:EncryptionContext:PARAMETER_ARN":
                ["arn:aws:ssm:us-east-1:999999999999:parameter/x"]
        })
    );
    let shared = "--secret CA=arn:aws:ssm:eu-central-1:999999999999:parameter/ca";
    let ended = policy(&format!("{ACCOUNT} --path /a {shared} --key-id alias/a")).run();
    assert_eq!(
        ended.stderr,
        "envsecrets: no `--key-id` is in account 999999999999: what is encrypted with a key there \
         cannot be decrypted\n"
    );
    // A region without a key is reported.
    let ended = policy(&format!("{ACCOUNT} --path /a {there} --key-id {ID}")).run();
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (
            Some(0),
            "envsecrets: no `--key-id` is in us-east-1: what is encrypted with a key there cannot be \
             decrypted\n"
        )
    );
}

#[test]
fn public_parameters_have_no_account_and_no_key() {
    let arn = |rest: &str| format!("arn:aws:ssm:eu-central-1:{rest}");
    let pair = |action: &str, resources: &[String]| (action.to_owned(), resources.join(" "));
    assert_eq!(
        allowed("--path /aws/service/ecs --secret AMI=/aws/service/ami/x:3"),
        [
            pair(
                "ssm:GetParametersByPath",
                &[
                    arn(":parameter/aws/service/ecs"),
                    arn(":parameter/aws/service/ecs/*")
                ]
            ),
            pair("ssm:GetParameters", &[arn(":parameter/aws/service/ami/x")]),
        ]
    );
    // Only as a whole level.
    assert_eq!(
        allowed("--secret A=/aws/services")[0],
        pair(
            "ssm:GetParameters",
            &[arn("123456789012:parameter/aws/services")]
        )
    );
}

#[test]
fn a_pattern_of_names_is_as_narrow_as_iam_can_express_it() {
    let arn = |name: &str| format!("arn:aws:ssm:eu-central-1:123456789012:parameter/{name}");
    for (names, expected) in [
        ("prd.?pp*", ["prd.?pp*"].as_slice()),
        ("prd.{a,b{c,d}}", &["prd.a", "prd.bc", "prd.bd"]),
        ("prd.[ab]*", &["prd.a*", "prd.b*"]),
        ("prd.[a-z].x", &["prd.?.x"]),
        ("/prd/*/db/**", &["prd/*/db/*"]),
        ("/prd/**/db", &["prd/db", "prd/*/db"]),
        (r"prd.\a*", &["prd.a*"]),
    ] {
        let statements = statements(&format!("--names {names}"));
        let arns: Vec<String> = expected.iter().map(|name| arn(name)).collect();
        assert_eq!(statements[0]["Resource"], json!(arns), "{names}");
        let condition = &statements[2]["Condition"]["StringLike"];
        assert_eq!(
            condition["kms:EncryptionContext:PARAMETER_ARN"],
            json!(arns)
        );
    }
    // What one pattern allows is not allowed once more.
    assert_eq!(
        statements("--names prd.* --names prd.a* --secret X=prd.a")[0]["Resource"],
        json!([arn("prd.*")])
    );
    let letters = "{a,b,c,d,e,f,g,h,i}";
    let ended = policy(&format!("{ACCOUNT} --names p.{letters}{letters}")).run();
    assert_eq!(
        ended.stderr,
        format!(
            "envsecrets: `--names p.{letters}{letters}` has too many alternatives for a policy: \
             `*` replaces them\n\
             envsecrets: `ssm:DescribeParameters` is allowed on `*`, because AWS cannot restrict it \
             to parameters: it returns names, and no values\n"
        )
    );
    assert!(ended.text().contains(":parameter/p.*\""), "{ended:?}");
}

#[test]
fn those_who_manage_may_write_the_same_parameters_and_no_others() {
    assert_eq!(
        allowed("--path /prd/app --secret X=/single --write"),
        [
            (
                "ssm:GetParametersByPath",
                "arn:aws:ssm:eu-central-1:123456789012:parameter/prd/app \
                 arn:aws:ssm:eu-central-1:123456789012:parameter/prd/app/*"
            ),
            (
                "ssm:GetParameters ssm:GetParameterHistory ssm:PutParameter ssm:DeleteParameters \
                 ssm:LabelParameterVersion ssm:UnlabelParameterVersion ssm:ListTagsForResource \
                 ssm:AddTagsToResource ssm:RemoveTagsFromResource",
                "arn:aws:ssm:eu-central-1:123456789012:parameter/prd/app/* \
                 arn:aws:ssm:eu-central-1:123456789012:parameter/single"
            ),
            ("ssm:DescribeParameters", "*"),
            (
                "kms:Decrypt kms:Encrypt kms:GenerateDataKey",
                "arn:aws:kms:eu-central-1:123456789012:key/*"
            ),
        ]
        .map(|(action, resources)| (action.to_owned(), resources.to_owned()))
    );
}

#[test]
fn a_region_is_in_its_partition() {
    for (region, partition, service) in [
        ("eu-central-1", "aws", "ssm.eu-central-1.amazonaws.com"),
        (
            "us-gov-west-1",
            "aws-us-gov",
            "ssm.us-gov-west-1.amazonaws.com",
        ),
        ("cn-north-1", "aws-cn", "ssm.cn-north-1.*"),
    ] {
        let statements = statements(&format!("--path /a --region {region}"));
        assert_eq!(
            statements[0]["Resource"][0],
            format!("arn:{partition}:ssm:{region}:123456789012:parameter/a")
        );
        let condition = &statements[1]["Condition"]["StringLike"];
        assert_eq!(condition["kms:ViaService"], json!([service]));
    }
}

#[test]
fn a_role_gives_its_account_and_what_is_not_known_is_reported() {
    for (options, account, note) in [
        (
            "--role arn:aws:iam::111122223333:role/some/path/app",
            "111122223333",
            "",
        ),
        (
            "--role arn:aws:sts::111122223333:assumed-role/app/i-0abc",
            "111122223333",
            "",
        ),
        (
            "--role arn:aws:iam::111122223333:role/app --account 111122223333",
            "111122223333",
            "",
        ),
        (
            "",
            "*",
            "envsecrets: `*` replaces unknown parts: use `--account`\n",
        ),
    ] {
        let ended = policy(&format!("--path /a {options}")).run();
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(0), note),
            "{options}"
        );
        let document: Value = serde_json::from_str(&ended.text()).unwrap();
        assert_eq!(
            document["Statement"][0]["Resource"][0],
            format!("arn:aws:ssm:eu-central-1:{account}:parameter/a")
        );
    }
    let ended = policy("--path /a --role arn:aws-cn:iam::111122223333:role/app")
        .without("AWS_REGION")
        .run();
    assert!(
        ended
            .text()
            .contains("\"arn:aws-cn:ssm:*:111122223333:parameter/a\""),
        "{ended:?}"
    );
    let ended = policy("--path /a").without("AWS_REGION").run();
    assert_eq!(
        ended.stderr,
        "envsecrets: `*` replaces unknown parts: use `--region` and `--account`\n"
    );
    assert!(
        ended.text().contains("\"arn:*:ssm:*:*:parameter/a\""),
        "{ended:?}"
    );
}

#[test]
fn a_profile_can_name_the_account_of_the_parameters() {
    let directory = Directory::new();
    let config = "[profile sso]\nregion = eu-west-1\nsso_account_id = 111111111111\n\
                  [profile role]\nregion = eu-west-2\nrole_arn = arn:aws:iam::222222222222:role/x\n\
                  source_profile = sso\n";
    directory.file(".aws/config", config, 0o600);
    let first = |options: &str, variables: &[(&str, &str)]| {
        let words = ["policy", "--path", "/a"].into_iter();
        let words: Vec<&str> = words.chain(options.split_whitespace()).collect();
        let mut launch = offline(&directory, &words);
        for (name, value) in variables {
            launch.env(name, value);
        }
        let document: Value = serde_json::from_str(&launch.run().ok()).unwrap();
        document["Statement"][0]["Resource"][0].clone()
    };
    for (options, variables, place) in [
        ("--profile sso", &[][..], "eu-west-1:111111111111"),
        ("--profile role", &[], "eu-west-2:222222222222"),
        (
            "--profile sso --account 333333333333",
            &[],
            "eu-west-1:333333333333",
        ),
        // A profile that is named beats variables, and is beaten by credentials otherwise.
        (
            "--profile sso",
            &[("AWS_ACCOUNT_ID", "444444444444")],
            "eu-west-1:111111111111",
        ),
        (
            "",
            &[
                ("AWS_PROFILE", "sso"),
                ("AWS_ACCESS_KEY_ID", "AKID"),
                ("AWS_SECRET_ACCESS_KEY", "x"),
                ("AWS_ACCOUNT_ID", "444444444444"),
            ],
            "eu-west-1:444444444444",
        ),
        (
            "--region eu-west-3",
            &[("AWS_ROLE_ARN", "arn:aws:iam::555555555555:role/irsa")],
            "eu-west-3:555555555555",
        ),
    ] {
        assert_eq!(
            first(options, variables),
            format!("arn:aws:ssm:{place}:parameter/a"),
            "{options}"
        );
    }
}

#[test]
fn the_variables_of_a_launch_count_here_too() {
    let ended = policy(ACCOUNT)
        .env("ENVSECRETS_PATH", "/prd/app")
        .env("ENVSECRETS_REGION", "eu-west-1")
        .run();
    let text = ended.ok();
    assert!(
        text.contains("\"arn:aws:ssm:eu-west-1:123456789012:parameter/prd/app/*\""),
        "{text}"
    );
}

#[test]
fn invalid_arguments_are_refused() {
    for (options, printed) in [
        (
            "--path /a --role arn:aws:iam::111122223333:user/alice",
            "error: `--role arn:aws:iam::111122223333:user/alice` is not the ARN of a role\n\
             envsecrets: hint: the form is `arn:aws:iam::123456789012:role/NAME`\n",
        ),
        (
            "--path /a --account 1234",
            "error: `--account 1234` is not an account\n\
             envsecrets: hint: an account has twelve digits\n",
        ),
        (
            "--path /a --key-id a*b",
            "error: `--key-id a*b` names no key\n\
             envsecrets: hint: use the ARN, the id or the alias of a key, such as alias/app\n",
        ),
        (
            "--path /a --name 1\"x",
            "error: `--name 1\"x` cannot be the name of a policy\n\
             envsecrets: hint: it begins with a letter, and contains letters, digits and \
             `_+=,.@-`\n",
        ),
        (
            "",
            "error: no secrets given\n\
             envsecrets: hint: use `--path PATH` or `--secret NAME=PARAMETER`, or set ENVSECRETS_PATH\n",
        ),
        (
            "--resolve",
            "error: no secrets to read, and so nothing to allow\n\
             envsecrets: hint: no variable here refers to a secret: set the variables of the \
             program, or use `--path` and `--secret`\n",
        ),
    ] {
        assert_eq!(
            policy(options).run().failed(64),
            format!("envsecrets: {printed}"),
            "{options}"
        );
    }
}

#[test]
fn a_policy_that_iam_does_not_accept_is_reported() {
    let names: Vec<String> = (0..60)
        .map(|it| format!("--secret A{it}=/a/long/path/of/name-{it}"))
        .collect();
    let ended = policy(&format!("{ACCOUNT} {}", names.join(" "))).run();
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (
            Some(0),
            "envsecrets: the policy has 9114 characters, and IAM allows 6144 in a managed policy: \
             use paths rather than single parameters\n"
        )
    );
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    const PARTITIONS: &str =
        "region, role, keys and parameters are in one partition, as credentials are";
    const KEYS: &str = "use the ARN, the id or the alias of a key, such as alias/app";
    const HERE: &str = "AWS encrypts a parameter with a key of its own region";
    let twelve = "an account has twelve digits";
    let key = |arn: &str| format!("--key-id arn:{arn}:key/{ID}");
    let named = |arn: &str| format!("`--key-id arn:{arn}:key/{ID}`");
    let long_alias = format!("alias/{}", "a".repeat(251));
    for (options, what, hint) in [
        (
            "--key-id app".to_owned(),
            "`--key-id app` names no key".to_owned(),
            format!("{KEYS}; did you mean `alias/app`?"),
        ),
        (
            "--key-id alias/".to_owned(),
            "`--key-id alias/` names no key".to_owned(),
            KEYS.to_owned(),
        ),
        (
            format!("--key-id {long_alias}"),
            format!("`--key-id {long_alias}` names no key"),
            KEYS.to_owned(),
        ),
        (
            "--key-id mrk-1234".to_owned(),
            "`--key-id mrk-1234` names no key".to_owned(),
            format!("{KEYS}; did you mean `alias/mrk-1234`?"),
        ),
        (
            "--key-id arn:aws:kms:eu-central-1:123456789012:key/*".to_owned(),
            "`--key-id arn:aws:kms:eu-central-1:123456789012:key/*` names no key".to_owned(),
            KEYS.to_owned(),
        ),
        (
            "--key-id arn:aws:kms:eu-central-1:123456789012:key/alias/a".to_owned(),
            "`--key-id arn:aws:kms:eu-central-1:123456789012:key/alias/a` names no key".to_owned(),
            KEYS.to_owned(),
        ),
        (
            format!("--key-id arn:aws:ssm:eu-central-1:123456789012:key/{ID}"),
            format!("`--key-id arn:aws:ssm:eu-central-1:123456789012:key/{ID}` names no key"),
            KEYS.to_owned(),
        ),
        (
            key("aws:kms:us-east-1:123456789012"),
            format!(
                "{} is not in eu-central-1, where the parameters are",
                named("aws:kms:us-east-1:123456789012")
            ),
            HERE.to_owned(),
        ),
        (
            format!("--key-id arn:aws:kms:us-east-1:123456789012:key/{MRK}"),
            format!(
                "`--key-id arn:aws:kms:us-east-1:123456789012:key/{MRK}` is not in eu-central-1, \
                 where the parameters are"
            ),
            "a multi-Region key is given by its id alone, for all its regions".to_owned(),
        ),
        (
            "--key-id arn:aws:kms:us-east-1:123456789012:alias/a".to_owned(),
            "`--key-id arn:aws:kms:us-east-1:123456789012:alias/a` is not in eu-central-1, where \
             the parameters are"
                .to_owned(),
            HERE.to_owned(),
        ),
        (
            key("aws-cn:kms:eu-central-1:123456789012"),
            format!(
                "{} is of the partition `aws-cn`, and `eu-central-1` is in `aws`",
                named("aws-cn:kms:eu-central-1:123456789012")
            ),
            "an ARN of that region begins with `arn:aws:`".to_owned(),
        ),
        (
            key("aws:kms:eu-cental-1:123456789012"),
            format!(
                "{} is not in eu-central-1, where the parameters are",
                named("aws:kms:eu-cental-1:123456789012")
            ),
            HERE.to_owned(),
        ),
        (
            key("aws:kms:eu-central-1a:123456789012"),
            format!(
                "{} is of the region `eu-central-1a`, which is a zone, not an AWS region",
                named("aws:kms:eu-central-1a:123456789012")
            ),
            "did you mean `eu-central-1`?".to_owned(),
        ),
        (
            key("aws:kms:eu-central-1:1234"),
            format!(
                "{} is of `1234`, which is not an account",
                named("aws:kms:eu-central-1:1234")
            ),
            twelve.to_owned(),
        ),
        (
            key("aws-cn:kms:cn-north-1:123456789012"),
            format!(
                "{} is not of the partition `aws`, which `eu-central-1` is in",
                named("aws-cn:kms:cn-north-1:123456789012")
            ),
            PARTITIONS.to_owned(),
        ),
        (
            "--role arn:aws-cn:iam::123456789012:role/a".to_owned(),
            "`--role arn:aws-cn:iam::123456789012:role/a` is not of the partition `aws`, which \
             `eu-central-1` is in"
                .to_owned(),
            PARTITIONS.to_owned(),
        ),
        (
            "--role arn:aws:sts::123456789012:assumed-role/a/s --region cn-north-1".to_owned(),
            "`--role arn:aws:sts::123456789012:assumed-role/a/s` is not of the partition `aws-cn`, \
             which `cn-north-1` is in"
                .to_owned(),
            PARTITIONS.to_owned(),
        ),
        (
            "--role arn:aws:iam::111122223333:role/a".to_owned(),
            "`--account 123456789012` is not the account of `--role \
             arn:aws:iam::111122223333:role/a`"
                .to_owned(),
            "a name is that of a parameter in the account of the role: leave `--account` out; a \
             parameter that another account shares is named by its ARN"
                .to_owned(),
        ),
        (
            "--secret X=arn:aws-cn:ssm:cn-north-1:123456789012:parameter/x".to_owned(),
            "`arn:aws-cn:ssm:cn-north-1:123456789012:parameter/x` is not of the partition `aws`, \
             which `eu-central-1` is in"
                .to_owned(),
            PARTITIONS.to_owned(),
        ),
        (
            "--secret X=arn:aws:ssm:eu-central-1:12:parameter/x".to_owned(),
            "`arn:aws:ssm:eu-central-1:12:parameter/x` is of `12`, which is not an account"
                .to_owned(),
            twelve.to_owned(),
        ),
        (
            "--secret X=sm://x?region=cn-north-1".to_owned(),
            "`?region=cn-north-1` is not of the partition `aws`, which `eu-central-1` is in"
                .to_owned(),
            PARTITIONS.to_owned(),
        ),
        (
            "--secret X=sm://x?fallback-region=us-gov-west-1".to_owned(),
            "`?region=us-gov-west-1` is not of the partition `aws`, which `eu-central-1` is in"
                .to_owned(),
            PARTITIONS.to_owned(),
        ),
        (
            "--secret X=sm://x?role=arn:aws-cn:iam::123456789012:role/a".to_owned(),
            "`?role=arn:aws-cn:iam::123456789012:role/a` is not of the partition `aws`, which \
             `eu-central-1` is in"
                .to_owned(),
            PARTITIONS.to_owned(),
        ),
        (
            "--secret X=arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x".to_owned(),
            "`arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x` is not of the partition \
             `aws`, which `eu-central-1` is in"
                .to_owned(),
            PARTITIONS.to_owned(),
        ),
        (
            "--for names --from sm://x".to_owned(),
            "`check --names-only` reads no values, and the names of `--from secretsmanager://x` are \
             in a value"
                .to_owned(),
            "leave one of them out, or use `--for check`".to_owned(),
        ),
        (
            "--names prd.\\**".to_owned(),
            "`--names prd.\\**` matches no name that a parameter can have".to_owned(),
            "names contain only letters, digits, `_`, `.`, `-` and `/`".to_owned(),
        ),
        (
            "--for stale --key-id alias/a".to_owned(),
            "`--key-id` does nothing with `--for stale`: nothing is decrypted".to_owned(),
            "leave it out".to_owned(),
        ),
        (
            "--for names --write".to_owned(),
            "`--write` and `--for names` contradict each other".to_owned(),
            "leave one of them out: who writes may read values too".to_owned(),
        ),
        (
            "--for assume --write".to_owned(),
            "`--write` and `--for assume` contradict each other".to_owned(),
            "leave one of them out: these are policies of two principals".to_owned(),
        ),
        (
            "--for assume".to_owned(),
            "`--for assume` needs the role that is assumed".to_owned(),
            "add `--role ARN`".to_owned(),
        ),
        (
            "--for assume --role arn:aws:sts::123456789012:assumed-role/app/i-1".to_owned(),
            "`arn:aws:sts::123456789012:assumed-role/app/i-1`, in `--role`, is a session of a role, and not the role"
                .to_owned(),
            "the form is `arn:aws:iam::123456789012:role/NAME`".to_owned(),
        ),
        (
            "--for names --json /j".to_owned(),
            "`check --names-only` reads no values, and the names of `--json` are in a value"
                .to_owned(),
            "leave one of them out, or use `--for check`".to_owned(),
        ),
    ] {
        assert_eq!(
            policy(&format!("{ACCOUNT} --path /a {options}")).run().failed(64),
            format!("envsecrets: error: {what}\nenvsecrets: hint: {hint}\n"),
            "{options}"
        );
    }
    assert_eq!(
        policy(&format!("{ACCOUNT} --write --path /aws/service/x"))
            .run()
            .failed(64),
        "envsecrets: error: nothing here can be written\n\
         envsecrets: hint: parameters of AWS and of other accounts, and secrets of Secrets Manager, \
         can only be read: leave `--for write` out\n"
    );
    assert_eq!(
        policy(&format!("{ACCOUNT} --from ssm:///a/?profile=it"))
            .run()
            .failed(64),
        "envsecrets: error: nothing here is read as this principal, and so there is nothing to allow\n\
         envsecrets: hint: `ssm:///a/?profile=it` is read as the principal of that profile, whose own \
         policy must allow it: `envsecrets policy --profile it --from /a` prints that\n"
    );
    assert_eq!(
        policy(&format!(
            "{ACCOUNT} --secret X=sm://x --key-id arn:aws:kms:us-east-1:123456789012:key/{ID}"
        ))
        .run()
        .failed(64),
        format!(
            "envsecrets: error: `--key-id arn:aws:kms:us-east-1:123456789012:key/{ID}` is not in \
             eu-central-1, where the secrets are\n\
             envsecrets: hint: AWS encrypts a secret with a key of its own region\n"
        )
    );
    assert_eq!(
        policy(&format!("{ACCOUNT} --from sm://x/?region=eu-central-1a"))
            .run()
            .failed(78),
        "envsecrets: error: `eu-central-1a`, from a place, is a zone, not an AWS region\n\
         envsecrets: hint: did you mean `eu-central-1`?\n"
    );
    // A region is checked as a launch does, whatever else is known.
    assert_eq!(
        policy(&format!("{ACCOUNT} --path /a --region eu-central-1a"))
            .run()
            .failed(78),
        "envsecrets: error: `eu-central-1a`, from --region, is a zone, not an AWS region\n\
         envsecrets: hint: did you mean `eu-central-1`?\n"
    );
}

#[test]
fn a_role_and_the_principal_that_assumes_it_need_a_policy_each() {
    let role = "arn:aws:iam::123456789012:role/team/app";
    let assume = "\
{
  \"Version\": \"2012-10-17\",
  \"Statement\": [
    {
      \"Sid\": \"AssumeRole\",
      \"Effect\": \"Allow\",
      \"Action\": [
        \"sts:AssumeRole\"
      ],
      \"Resource\": [
        \"arn:aws:iam::123456789012:role/team/app\"
      ]
    }
  ]
}
";
    let flag = format!("--role {role} --external-id ours");
    let print = |options: &str| policy(options).env("ENVSECRETS_ROLE", role).run();
    for ended in [
        policy(&format!("--for assume {flag}")).run(),
        policy(&format!("--for assume --path /a {flag}")).run(),
        print("--for assume"),
    ] {
        assert_eq!((ended.ok().as_str(), ended.stderr.as_str()), (assume, ""));
    }
    // The policy is that of the principal, and names no role that has it.
    let terraform = print("--for assume --format terraform").ok();
    assert!(
        terraform.starts_with("resource \"aws_iam_policy\" \"envsecrets\""),
        "{terraform}"
    );

    // The role's own does not contain it.
    let by_flag = policy(&format!("--path /a {flag}")).run();
    let by_variable = print("--path /a");
    assert!(!by_flag.ok().contains("sts:"), "{by_flag:?}");
    assert_eq!(by_flag.text(), by_variable.text());
    // A variable is a setting of the launch, so the role is assumed.
    assert_eq!(by_flag.stderr, "");
    assert_eq!(
        by_variable.stderr,
        "envsecrets: this is the policy of the role; its caller needs that of `--for assume`\n"
    );
}

#[test]
fn all_contradictions_are_reported_at_once() {
    let printed =
        policy("--path /a --account 1 --role x --key-id y! --name 1 --for stale --write").run();
    let errors = printed.stderr.lines().filter(|it| it.contains(" error: "));
    assert_eq!((printed.code, errors.count()), (Some(64), 5), "{printed:?}");
    let printed = policy(&format!(
        "--path /a {ACCOUNT} --role arn:aws-cn:iam::123456789012:role/a --secret \
         X=arn:aws:ssm:cn-north-1:123456789012:parameter/x --key-id \
         arn:aws:kms:eu-central-1:1:alias/x"
    ))
    .run();
    let errors = printed.stderr.lines().filter(|it| it.contains(" error: "));
    assert_eq!((printed.code, errors.count()), (Some(64), 3), "{printed:?}");
}

const ROLE: &str = "--role arn:aws:iam::123456789012:role/app";

#[test]
fn terraform_gets_a_policy_of_the_role() {
    let text = policy(&format!(
        "--path /prd/app {ROLE} --format terraform --name app-secrets"
    ))
    .run()
    .ok();
    assert_eq!(
        text,
        r#"resource "aws_iam_role_policy" "app_secrets" {
  name   = "app-secrets"
  role   = "app"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ReadPaths"
        Effect = "Allow"
        Action = [
          "ssm:GetParametersByPath",
        ]
        Resource = [
          "arn:aws:ssm:eu-central-1:123456789012:parameter/prd/app",
          "arn:aws:ssm:eu-central-1:123456789012:parameter/prd/app/*",
        ]
      },
      {
        Sid    = "DecryptParameters"
        Effect = "Allow"
        Action = [
          "kms:Decrypt",
        ]
        Resource = [
          "arn:aws:kms:eu-central-1:123456789012:key/*",
        ]
        Condition = {
          StringLike = {
            "kms:ViaService" = [
              "ssm.eu-central-1.amazonaws.com",
            ]
            "kms:EncryptionContext:PARAMETER_ARN" = [
              "arn:aws:ssm:eu-central-1:123456789012:parameter/prd/app/*",
            ]
          }
        }
      },
    ]
  })
}
"#
    );
}

#[test]
fn terraform_supplies_what_is_not_known() {
    let story = "terraform_supplies_what_is_not_known";
    let text = policy("--path /a --write --format terraform")
        .without("AWS_REGION")
        .run()
        .text();
    assert_eq!(
        text.lines().take(8).collect::<Vec<_>>(),
        [
            "data \"aws_caller_identity\" \"envsecrets\" {}",
            "",
            "data \"aws_partition\" \"envsecrets\" {}",
            "",
            "data \"aws_region\" \"envsecrets\" {}",
            "",
            "resource \"aws_iam_policy\" \"envsecrets\" {",
            "  name   = \"envsecrets\"",
        ]
    );
    assert!(
        text.contains(
            "\"arn:${data.aws_partition.envsecrets.partition}:ssm:\
             ${data.aws_region.envsecrets.id}:\
             ${data.aws_caller_identity.envsecrets.account_id}:parameter/a/*\""
        ),
        "{text}"
    );
    let needs = "hcl2tojson (PyPI `python-hcl2`)";
    if !can(story, needs, which("hcl2tojson").is_some()) {
        return;
    }
    let directory = Directory::new();
    let file = directory.file("policy.tf", &text, 0o600);
    let read = Command::new("hcl2tojson").arg(file).output().unwrap();
    assert!(read.status.success(), "{read:?}");
    let read: Value = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!(read["data"].as_array().unwrap().len(), 3, "{read}");
    assert_eq!(read["resource"].as_array().unwrap().len(), 1, "{read}");
}

#[test]
fn cloudformation_gets_a_template() {
    let story = "cloudformation_gets_a_template";
    let text = policy(&format!(
        "--path /prd/app {ROLE} --format cloudformation --name app-secrets"
    ))
    .run()
    .ok();
    assert_eq!(
        text,
        r#"AWSTemplateFormatVersion: "2010-09-09"
Resources:
  AppSecrets:
    Type: "AWS::IAM::RolePolicy"
    Properties:
      RoleName: "app"
      PolicyName: "app-secrets"
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: "ReadPaths"
            Effect: "Allow"
            Action:
              - "ssm:GetParametersByPath"
            Resource:
              - "arn:aws:ssm:eu-central-1:123456789012:parameter/prd/app"
              - "arn:aws:ssm:eu-central-1:123456789012:parameter/prd/app/*"
          - Sid: "DecryptParameters"
            Effect: "Allow"
            Action:
              - "kms:Decrypt"
            Resource:
              - "arn:aws:kms:eu-central-1:123456789012:key/*"
            Condition:
              StringLike:
                "kms:ViaService":
                  - "ssm.eu-central-1.amazonaws.com"
                "kms:EncryptionContext:PARAMETER_ARN":
                  - "arn:aws:ssm:eu-central-1:123456789012:parameter/prd/app/*"
"#
    );
    let unknown = policy("--path /a --write --key-id alias/app --format cloudformation")
        .without("AWS_REGION")
        .run()
        .text();
    let secrets = policy(
        "--from secretsmanager://prd/app/?fallback-region=eu-west-1 --secret \
         X=sm://x?role=arn:aws:iam::123456789012:role/reader --format cloudformation",
    )
    .without("AWS_REGION")
    .run()
    .text();
    assert!(
        unknown.contains(
            "- !Sub \"arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/a/*\""
        ),
        "{unknown}"
    );
    let needs = "cfn-lint (comes with PyPI `moto[server]`)";
    if !can(story, needs, which("cfn-lint").is_some()) {
        return;
    }
    let directory = Directory::new();
    for text in [text, unknown, secrets] {
        let file = directory.file("template.yaml", &text, 0o600);
        let linted = Command::new("cfn-lint").arg(file).output().unwrap();
        assert!(linted.status.success(), "{linted:?}\n{text}");
        assert!(linted.stdout.is_empty(), "{linted:?}");
    }
}

#[test]
fn iam_takes_what_is_printed() {
    let Some(moto) = Moto::start("iam_takes_what_is_printed") else {
        return;
    };
    for (name, options) in [
        ("least", "--path /prd/app --secret A=/x:1"),
        ("open", "--path /"),
        (
            "write",
            "--path /prd/app --write --key-id alias/app --key-id \
             1234abcd-12ab-34cd-56ef-1234567890ab",
        ),
        (
            "secrets",
            "--from sm://prd/app/ --secret X=sm://x?role=arn:aws:iam::123456789012:role/reader",
        ),
    ] {
        let text = policy(options).run().text();
        let file = moto.directory.file("policy.json", &text, 0o600);
        let file = format!("file://{}", file.display());
        let words = [
            "iam",
            "create-policy",
            "--policy-name",
            name,
            "--policy-document",
            &file,
        ];
        let mut launch = Launch::new("aws", &words);
        let ended = moto.settings(&mut launch).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

/// Decides as IAM does, by independent code: prints for each action and resource whether the
/// policy permits it. Conditions, which moto does not know, are left out.
const JUDGE: &str = r#"
import json, sys
from moto.iam.access_control import IAMPolicy, PermissionResult
policy, calls = json.load(sys.stdin)
for statement in policy["Statement"]:
    statement.pop("Condition", None)
# Patterns are regular expressions to moto, but for the asterisk.
policy = json.loads(json.dumps(policy).replace("?", "."))
policy = IAMPolicy(json.dumps(policy))
print(json.dumps([policy.is_action_permitted(*call) == PermissionResult.PERMITTED for call in calls]))
"#;

/// What the policy permits of these actions on resources.
fn judged(document: &Value, calls: &[(String, String)]) -> Vec<bool> {
    let mut judge = Command::new("python3")
        .args(["-c", JUDGE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let requested = json!([document, calls]).to_string();
    std::io::Write::write_all(&mut judge.stdin.take().unwrap(), requested.as_bytes()).unwrap();
    let judged = judge.wait_with_output().unwrap();
    assert!(judged.status.success(), "{judged:?}");
    serde_json::from_slice(&judged.stdout).unwrap()
}

#[test]
fn a_launch_needs_each_of_its_statements_and_no_other() {
    let story = "a_launch_needs_each_of_its_statements_and_no_other";
    if !can(
        story,
        "moto (PyPI `moto[server]`)",
        which("moto_server").is_some(),
    ) {
        return;
    }
    let world = world_with(&[("/prd/app/a", "x"), ("/single", "x"), ("/single", "y")]);
    let put = PutParameter::new("/prd/app/b", "x").kind(Kind::String);
    world.store.put_parameter(put).unwrap();
    world.store.put_secret("prd/db", "x");
    world.store.put_secret("prd/set/a", "x");
    let options = "--path /prd/app --optional-path /extra --secret A1=/single:1 --secret \
                   DB=/aws/reference/secretsmanager/prd/db --from secretsmanager://prd/set/";
    world.launch(options, &["true"]).run().ok();

    // What AWS would authorize for each call that was made.
    let arn = |name: &str| {
        let name = name.trim_start_matches('/');
        format!("arn:aws:ssm:us-east-1:123456789012:parameter/{name}")
    };
    let mut calls = Vec::new();
    for call in world.server.requests() {
        if call.service == Service::SecretsManager {
            let action = format!("secretsmanager:{}", call.operation);
            calls.push((action, "*".to_owned()));
            for id in call.body["SecretIdList"].as_array().into_iter().flatten() {
                let id = id.as_str().unwrap().to_owned();
                calls.push(("secretsmanager:GetSecretValue".to_owned(), id));
            }
            continue;
        }
        let action = format!("ssm:{}", call.operation);
        if let Some(path) = call.body["Path"].as_str() {
            calls.push((action.clone(), arn(path)));
            calls.push((action, arn(&format!("{path}/anything"))));
            calls.push((
                "kms:Decrypt".to_owned(),
                "arn:aws:kms:us-east-1:123456789012:key/1".to_owned(),
            ));
            continue;
        }
        for name in call.body["Names"].as_array().unwrap() {
            let name = name.as_str().unwrap();
            let name = name.split(':').next().unwrap();
            calls.push((action.clone(), arn(name)));
            if name.contains("secretsmanager") {
                calls.push((
                    "secretsmanager:GetSecretValue".to_owned(),
                    "arn:aws:secretsmanager:us-east-1:123456789012:secret:prd/db-AbCdEf".to_owned(),
                ));
            }
        }
    }
    let least = |options: &str| -> Value {
        document(&policy(&format!("{ACCOUNT} --region us-east-1 {options}")).run())
    };
    let least = least(options);
    let verdict = judged(&least, &calls);
    assert!(verdict.iter().all(|&it| it), "{calls:?} {verdict:?}");
    // Without one of them something is refused, but for the key of the secret, which may be AWS's
    // own.
    let statements = least["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 6);
    for statement in statements.iter().filter(|it| it["Sid"] != "DecryptSecrets") {
        let mut rest = statements.clone();
        rest.retain(|other| other != statement && other["Sid"] != "DecryptSecrets");
        let verdict = judged(
            &json!({ "Version": "2012-10-17", "Statement": rest }),
            &calls,
        );
        assert!(verdict.contains(&false), "{statement} is not needed");
    }
    // And nothing beside it is allowed.
    let strange = [
        ("ssm:GetParametersByPath", arn("/prd")),
        ("ssm:GetParametersByPath", arn("/prd/apple")),
        ("ssm:GetParameters", arn("/prd/app/a")),
        ("ssm:GetParameters", arn("/single/more")),
        ("ssm:GetParameter", arn("/single")),
        ("ssm:PutParameter", arn("/prd/app/a")),
        ("ssm:DescribeParameters", "*".to_owned()),
        (
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:prd/db-other-AbCdEf".to_owned(),
        ),
        (
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:prd/set2/a-AbCdEf".to_owned(),
        ),
        (
            "kms:Encrypt",
            "arn:aws:kms:us-east-1:123456789012:key/1".to_owned(),
        ),
    ]
    .map(|(action, resource)| (action.to_owned(), resource));
    let verdict = judged(&least, &strange);
    assert!(!verdict.contains(&true), "{strange:?} {verdict:?}");
}

/// The statements for these options, printed with these variables.
#[track_caller]
fn printed(options: &str, variables: &[(&str, &str)]) -> Vec<Value> {
    let mut launch = policy(&format!("{ACCOUNT} {options}"));
    launch.env("AWS_REGION", "us-east-1");
    for (name, value) in variables {
        launch.env(name, value);
    }
    document(&launch.run())["Statement"]
        .as_array()
        .unwrap()
        .clone()
}

/// Checks that all of the requests are allowed, that no smaller statements allow them, and that what
/// is similar to them is refused.
#[track_caller]
fn exactly(statements: &[Value], requests: &[Request], what: &str) {
    for request in requests {
        assert!(request.is_allowed(statements), "{what}: {request:?}");
    }
    for (missing, fewer) in iam::smaller(statements) {
        let refused = requests.iter().any(|request| !request.is_allowed(&fewer));
        assert!(refused, "{what}: {missing} is not needed");
    }
    for request in requests {
        for neighbour in neighbours(request) {
            assert!(!neighbour.is_allowed(statements), "{what}: {neighbour:?}");
        }
    }
}

/// Requests that no story makes.
fn neighbours(request: &Request) -> Vec<Request> {
    let resource = |resource: String| Request {
        resource,
        ..request.clone()
    };
    let mut all = vec![
        resource(
            request
                .resource
                .replace("us-east-1", "us-east-2")
                .replace("eu-west-1", "us-east-2"),
        ),
        resource(
            request
                .resource
                .replace("parameter/", "parameter/elsewhere/"),
        ),
        resource(request.resource.replace("secret:", "secret:elsewhere/")),
        resource(
            request
                .resource
                .replace("secret:prd/app/", "secret:prd/app2/"),
        ),
        resource(request.resource.replace(":123456789012:", ":000000000000:")),
        Request {
            action: "secretsmanager:PutSecretValue".to_owned(),
            ..request.clone()
        },
        Request {
            action: "ssm:GetParameter".to_owned(),
            ..request.clone()
        },
        Request {
            action: "kms:CreateGrant".to_owned(),
            ..request.clone()
        },
        Request {
            context: Vec::new(),
            ..request.clone()
        },
        request.with("kms:ViaService", "s3.us-east-1.amazonaws.com"),
        request.with("kms:ViaService", "ssm.us-east-2.amazonaws.com"),
        request.with("kms:ViaService", "secretsmanager.us-east-2.amazonaws.com"),
        request.with("kms:ResourceAliases", "alias/other"),
        request.with(
            "kms:EncryptionContext:PARAMETER_ARN",
            "arn:aws:ssm:us-east-1:123456789012:parameter/elsewhere/x",
        ),
        request.with(
            "kms:EncryptionContext:SecretARN",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:prd/db-other-AbCdEf",
        ),
    ];
    all.retain(|it| it != request && request.resource != "*");
    all
}

/// A store in which each option of a launch finds something.
fn furnished() -> World {
    let world = world_with(&[
        ("/prd/app/a", "x"),
        ("/extra/x", "x"),
        ("/single", "x"),
        ("/single", "y"),
        ("/json", "{\"host\":\"x\"}"),
        ("/dotenv", "HOST=x"),
        ("prd.app.a", "x"),
        ("prd.upp.b", "x"),
        ("prd.other", "x"),
        ("/prd/one/db/x", "x"),
        ("/prd/one/db/deep/x", "x"),
    ]);
    world.store.label("/single", 1, "live");
    world.store.put_string("/prd/app/plain", "x");
    // The second is the value in use, and the first that of AWSPREVIOUS.
    for value in ["x", "{\"host\":\"x\"}"] {
        world.store.put_secret("prd/db", value);
    }
    for secret in [
        "prd/app/db",
        "prd/app/token",
        "prd/app2/other",
        "prd.sm.a",
        THEIRS,
        FAR,
    ] {
        world.store.put_secret(secret, "{\"host\":\"x\"}");
    }
    let shared = PutParameter::new("/common/ca", "x");
    world.store.share(SHARED, &shared).unwrap();
    let distant = PutParameter::new("/distant", "x");
    world.store.share(DISTANT, &distant).unwrap();
    world
}

const SHARED: &str = "arn:aws:ssm:us-east-1:999999999999:parameter/common/ca";
const DISTANT: &str = "arn:aws:ssm:eu-west-1:123456789012:parameter/distant";
const THEIRS: &str = "arn:aws:secretsmanager:us-east-1:999999999999:secret:theirs-AbCdEf";
const FAR: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:far/app/a-AbCdEf";
const ALL: [&str; 3] = ["/prd/app/a", "/prd/app/plain", "/extra/x"];

/// How the parameters of that store are encrypted.
fn encryption() -> Encryption<'static> {
    Encryption {
        plain: &["/prd/app/plain"],
        all: &ALL,
        key: ID,
        ..Encryption::default()
    }
}

/// Options that read, and the variables for them.
type Row = (&'static str, &'static [(&'static str, &'static str)]);
const READING: [Row; 29] = [
    ("--path /prd/app", &[]),
    ("--path /prd/app --optional-path /extra", &[]),
    ("--path /prd/app --only a", &[]),
    ("--names prd.app.*", &[]),
    ("--names prd.?pp.*", &[]),
    ("--names prd.{app.a,other}", &[]),
    ("--names prd.[ou]*", &[]),
    ("--names /prd/*/db/**", &[]),
    ("--secret X=/single", &[]),
    ("--secret X=/single:1 --secret Y=/single:live", &[]),
    (
        "--secret X=arn:aws:ssm:us-east-1:123456789012:parameter/single:live",
        &[],
    ),
    (
        "--secret CA=arn:aws:ssm:us-east-1:999999999999:parameter/common/ca",
        &[],
    ),
    (
        "--secret D=arn:aws:ssm:eu-west-1:123456789012:parameter/distant --path /extra",
        &[],
    ),
    ("--secret DB=/aws/reference/secretsmanager/prd/db", &[]),
    ("--file F=/single --path /prd/app", &[]),
    ("--json /json --dotenv /dotenv", &[]),
    (
        "--resolve",
        &[("DB", "ssm:///single"), ("OTHER", "sm://prd/db")],
    ),
    (
        "--resolve --path /extra",
        &[(
            "DB",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:prd/db-AbCdEf",
        )],
    ),
    (
        "--resolve --path /prd/app",
        &[(
            "DB",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:prd/db",
        )],
    ),
    ("--from secretsmanager://prd/app/", &[]),
    ("--from secretsmanager://prd/app/?json --path /prd/app", &[]),
    ("--from secretsmanager://prd.sm.*", &[]),
    ("--from secretsmanager://prd/db", &[]),
    (
        "--secret X=secretsmanager://prd/db?stage=AWSPREVIOUS --file F=sm://prd/app/db",
        &[],
    ),
    (
        "--secret X=arn:aws:secretsmanager:us-east-1:999999999999:secret:theirs-AbCdEf",
        &[],
    ),
    (
        "--path /extra --secret \
         X=arn:aws:secretsmanager:eu-west-1:123456789012:secret:far/app/a-AbCdEf",
        &[],
    ),
    ("--from secretsmanager://far/app/?region=eu-west-1", &[]),
    (
        "--secret X=ssm:///single?region=eu-west-1 --secret Y=/single",
        &[],
    ),
    ("--from ssm:///extra/?region=eu-west-1", &[]),
];

/// Whether names are in values, which `check --names-only` does not read.
fn is_named_by_values(options: &str) -> bool {
    ["--json", "?json", "--from secretsmanager://prd/db"]
        .iter()
        .any(|it| options.contains(it))
}

#[test]
fn the_requests_of_a_launch_and_no_others_are_allowed() {
    let world = furnished();
    for (options, variables) in READING {
        let mut launch = world.launch(options, &["true"]);
        for (name, value) in variables {
            launch.env(name, value);
        }
        world.server.clear_requests();
        launch.run().ok();
        let requests = iam::authorized(&world.server, encryption());
        for choice in ["", "--for launch", "--for check"] {
            let statements = printed(&format!("{options} {choice}"), variables);
            exactly(&statements, &requests, options);
        }
    }
}

#[test]
fn a_place_with_a_second_region_is_allowed_in_both() {
    let world = furnished();
    for (place, of_both) in [
        ("--from secretsmanager://both/app/", "both/app/a"),
        ("--secret X=secretsmanager://both/app/a", "both/app/a"),
        ("--from ssm:///extra/", ""),
    ] {
        if !of_both.is_empty() {
            let there = format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{of_both}");
            world.store.put_secret(of_both, "x");
            world.store.put_secret(&there, "x");
        }
        world.server.clear_requests();
        for region in ["us-east-1", "eu-west-1"] {
            let options = format!("{place}?region={region}");
            world.launch(&options, &["true"]).run().ok();
        }
        let requests = iam::authorized(&world.server, encryption());
        let options = format!("{place}?fallback-region=eu-west-1");
        exactly(&printed(&options, &[]), &requests, &options);
    }
}

#[test]
fn a_role_of_a_place_and_its_caller_are_allowed_what_each_of_them_requests() {
    let world = furnished();
    let role = "arn:aws:iam::123456789012:role/reader";
    let sts = StandIn::start(|call, _| assumed(call, "ASIAROLE000000000000"));
    let options =
        format!("--path /extra --from secretsmanager://prd/app/?role={role} --region us-east-1");
    world.server.clear_requests();
    let mut launch = world.launch(&options, &["true"]);
    launch.env("AWS_ENDPOINT_URL_STS", sts.url()).run().ok();
    let (of_role, own): (Vec<Received>, Vec<Received>) = world
        .server
        .requests()
        .into_iter()
        .partition(|it| it.access_key.as_deref() == Some("ASIAROLE000000000000"));

    let mut own = iam::authorized_for(&own, encryption());
    for call in sts.calls() {
        assert_eq!(call.field("Action"), "AssumeRole");
        let arn = call
            .field("RoleArn")
            .replace("%3A", ":")
            .replace("%2F", "/");
        own.push(Request::new("sts:AssumeRole", arn));
    }
    let printed = policy(&format!("{ACCOUNT} {options}")).run();
    let statements = document(&printed)["Statement"].clone();
    exactly(statements.as_array().unwrap(), &own, "the caller");

    // The command of the note prints the rest.
    let (_, command) = printed.stderr.split_once("`envsecrets policy ").unwrap();
    let (command, _) = command.split_once('`').unwrap();
    let statements = document(&policy(command).run())["Statement"].clone();
    let of_role = iam::authorized_for(&of_role, encryption());
    exactly(statements.as_array().unwrap(), &of_role, command);
}

#[test]
fn the_keys_of_a_launch_and_no_others_are_allowed() {
    let world = furnished();
    let (alias, other) = (
        ["alias/app"].as_slice(),
        ["alias/shared", "alias/x"].as_slice(),
    );
    for (options, account, aliases) in [
        (format!("--key-id {ID}"), None, [].as_slice()),
        (
            format!("--key-id arn:aws:kms:us-east-1:999999999999:key/{ID}"),
            Some("999999999999"),
            &[],
        ),
        ("--key-id alias/app".to_owned(), None, alias),
        (
            "--key-id arn:aws:kms:us-east-1:999999999999:alias/shared".to_owned(),
            Some("999999999999"),
            other,
        ),
    ] {
        let options = format!("--path /prd/app --secret X=/single {options}");
        world.server.clear_requests();
        world
            .launch("--path /prd/app --secret X=/single", &["true"])
            .run()
            .ok();
        let requests = iam::authorized(
            &world.server,
            Encryption {
                account,
                aliases,
                ..encryption()
            },
        );
        let statements = printed(&options, &[]);
        exactly(&statements, &requests, &options);
        // The same key in another account, or another key.
        for request in requests.iter().filter(|it| it.action == "kms:Decrypt") {
            let key = request
                .resource
                .replace(account.unwrap_or("123456789012"), "555555555555");
            let key = Request {
                resource: key,
                ..request.clone()
            };
            assert!(!key.is_allowed(&statements), "{key:?}");
        }
    }
}

#[test]
fn stale_and_a_check_of_names_need_no_key() {
    let world = furnished();
    for (options, variables) in READING {
        let run = |words: &str| {
            let words: Vec<&str> = words.split_whitespace().collect();
            let mut launch = world.envsecrets(&words);
            for (name, value) in variables {
                launch.env(name, value);
            }
            launch.run().ok()
        };
        let report = run(&format!("check --fingerprint FP --format json {options}"));
        let report: Value = serde_json::from_str(&report).unwrap();
        let then = report["fingerprint"]["value"].as_str().unwrap().to_owned();
        world.server.clear_requests();
        assert_eq!(run(&format!("stale {options} --is {then}")), "");
        let of_stale = iam::authorized(&world.server, encryption());
        let statements = printed(&format!("--for stale {options}"), variables);
        exactly(&statements, &of_stale, options);
        if is_named_by_values(options) {
            continue;
        }
        world.server.clear_requests();
        run(&format!("check --names-only {options}"));
        let of_check = iam::authorized(&world.server, encryption());
        assert_eq!(
            statements,
            printed(&format!("--for names {options}"), variables)
        );
        exactly(&statements, &of_check, options);
        // Only secrets that are read through Parameter Store are decrypted.
        let referred = options.contains("/aws/reference/secretsmanager/");
        let decrypts = statements.iter().any(|it| it["Action"][0] == "kms:Decrypt");
        assert_eq!(referred, decrypts, "{options}");
    }
}

#[test]
fn those_who_manage_need_each_action() {
    let world = furnished();
    let large = "x".repeat(5000);
    let file = world.directory.file("more.env", "NEW=x\nOTHER=y\n", 0o600);
    let import = format!(
        "import {} --path /prd/app --write-rate 1000",
        file.display()
    );
    for (command, input) in [
        ("put /prd/app/b --tag team=web", "x\n"),
        ("put /prd/app/large --type SecureString", large.as_str()),
        ("put /prd/app/b", "y\n"),
        (import.as_str(), ""),
        ("get /prd/app/b", ""),
        ("history /prd/app/b", ""),
        ("list /prd/app", ""),
        ("rollback /prd/app/b 1", ""),
        ("rotate /prd/app/b --generate --with /bin/true --yes", ""),
        ("label /prd/app/b live", ""),
        ("label /prd/app/b --remove live", ""),
        ("tag /prd/app/b a=b", ""),
        ("tag /prd/app/b --remove a", ""),
        ("copy /prd/app /prd/app/copy --write-rate 1000", ""),
        (
            "export --format json --path /prd/app --name-from path --only b",
            "",
        ),
        ("delete --yes /prd/app/b", ""),
        ("delete --yes --recursive /prd/app/copy", ""),
    ] {
        let ended = world.piped(command, input).run();
        assert_eq!(ended.code, Some(0), "{command}: {ended:?}");
    }
    let requests = iam::authorized(&world.server, encryption());
    let statements = printed("--path /prd/app --write", &[]);
    assert_eq!(statements, printed("--path /prd/app --for write", &[]));
    exactly(&statements, &requests, "--write");
}

/// What parliament reports of the policies in a directory: for each finding the file, its kind, and
/// details. It starts slowly, and reads all of them at once.
fn linted(directory: &Directory) -> Vec<String> {
    let ended = Command::new("parliament")
        .args(["--json", "--directory"])
        .arg(directory.path())
        // It imports what Python warns of.
        .env("PYTHONWARNINGS", "ignore")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(ended.stderr.is_empty(), "{ended:?}");
    let found = String::from_utf8(ended.stdout).unwrap();
    let findings = found.lines().map(|line| {
        let finding: Value = serde_json::from_str(line).unwrap();
        let file = finding["location"]["filepath"].as_str().unwrap();
        let file = file.rsplit('/').next().unwrap();
        let issue = finding["issue"].as_str().unwrap();
        format!("{file} {issue} {}", finding["detail"])
    });
    let mut findings: Vec<String> = findings.collect();
    findings.sort();
    findings
}

#[test]
fn a_linter_of_policies_finds_nothing() {
    let story = "a_linter_of_policies_finds_nothing";
    let needs = "parliament (PyPI `parliament`)";
    if !can(story, needs, which("parliament").is_some()) {
        return;
    }
    let directory = Directory::new();
    let distant = format!("--path /a --secret X={DISTANT} --secret Y={SHARED}");
    for (name, options) in [
        ("launch", "--path /prd/app --secret A=/x:1"),
        ("root", "--path /"),
        ("names", "--names prd.{a,b}?[xy]*"),
        ("secret", "--secret DB=/aws/reference/secretsmanager/prd/db"),
        ("distant", distant.as_str()),
        ("stale", "--for stale --path /prd/app"),
        ("write", "--write --path /prd/app"),
        ("china", "--path /a --region cn-north-1"),
        (
            "alias",
            "--path /a --key-id arn:aws:kms:us-east-1:999999999999:alias/x",
        ),
        ("public", "--path /aws/service/x"),
        (
            "secrets",
            "--from secretsmanager://prd/app/ --secret X=sm://x",
        ),
        (
            "described",
            "--for names --from sm://prd.* --secret X=sm://x",
        ),
        (
            "others",
            "--path /a --from sm://b/?region=eu-west-1 --secret \
             X=sm://x?role=arn:aws:iam::123456789012:role/reader",
        ),
    ] {
        let region = match options.contains("--region") {
            true => "",
            false => "--region us-east-1",
        };
        let ended = policy(&format!("{ACCOUNT} {region} {options}")).run();
        let text = document(&ended).to_string();
        directory.file(&format!("{name}.json"), &text, 0o600);
    }
    let wrong = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["ssm:GetParameterByPath"],"Resource":["*"]}]}"#;
    directory.file("wrong.json", wrong, 0o600);
    assert_eq!(
        linted(&directory),
        [
            // What it does not know: this condition is one of keys rather than of actions, and
            // public parameters have no account (AWS Service Authorization Reference).
            "alias.json UNKNOWN_CONDITION_FOR_ACTION \"Unknown condition kms:ResourceAliases for \
             action kms:Decrypt\"",
            "public.json RESOURCE_MISMATCH [{\"action\":\"ssm:GetParametersByPath\",\
             \"required_format\":\"arn:*:ssm:*:*:parameter/*\"}]",
            // That it finds something, too.
            "wrong.json UNKNOWN_ACTION \"Unknown action ssm:GetParameterByPath\"",
        ]
    );
}

fn check(world: &World, options: &str, fault: Fault) -> Ended {
    world.server.set_faults([fault.always()]);
    let words = ["check"].into_iter().chain(options.split_whitespace());
    let ended = world.envsecrets(&words.collect::<Vec<_>>()).run();
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    assert_eq!(leak(&ended.stdout), None, "{ended:?}");
    ended
}

#[test]
fn a_check_that_is_refused_prints_the_statement_that_is_missing() {
    let world = world_with(&[("/prd/app/a", SENTINEL)]);
    let ended = check(&world, "--path /prd/app", Fault::AccessDenied);
    assert_eq!(ended.code, Some(77));
    let hints: Vec<&str> = ended
        .stderr
        .lines()
        .filter(|it| it.contains("hint: "))
        .collect();
    assert_eq!(
        hints,
        [
            "envsecrets: hint: allow ssm:GetParametersByPath on \
             arn:aws:ssm:us-east-1:123456789012:parameter/prd/app and \
             arn:aws:ssm:us-east-1:123456789012:parameter/prd/app/*",
            "envsecrets: hint: the missing statement: \
             {\"Effect\":\"Allow\",\"Action\":[\"ssm:GetParametersByPath\"],\"Resource\":\
             [\"arn:aws:ssm:us-east-1:123456789012:parameter/prd/app\",\
             \"arn:aws:ssm:us-east-1:123456789012:parameter/prd/app/*\"]}",
            "envsecrets: hint: `envsecrets policy` with the same options prints all that a launch needs",
        ]
    );
    let ended = check(&world, "--names-only --path /prd/app", Fault::AccessDenied);
    assert_eq!(
        ended.stderr.lines().last(),
        Some(
            "envsecrets: hint: `envsecrets policy --for names` with the same options prints all that \
             this needs"
        )
    );
    // A launch prints the same as before.
    let launched = world.launch("--path /prd/app", &["true"]).run();
    assert!(!launched.stderr.contains("statement"), "{launched:?}");
}

#[test]
fn a_check_that_may_not_use_the_key_reports_it_in_json_too() {
    let world = world_with(&[("/prd/app/a", SENTINEL)]);
    let ended = check(
        &world,
        "--path /prd/app --format json",
        Fault::KmsAccessDenied,
    );
    assert_eq!(ended.code, Some(77));
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(
        report["problems"][0]["statement"],
        json!({
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": ["*"],
            "Condition": { "StringLike": {
                "kms:ViaService": ["ssm.us-east-1.amazonaws.com"],
                "kms:EncryptionContext:PARAMETER_ARN":
                    [format!("arn:aws:ssm:us-east-1:{}:parameter/prd/app/*", "123456789012")]
            } }
        })
    );
    // Nothing is missing where nothing was refused.
    let ended = check(&world, "--path /prd/app --format json", Fault::ExpiredToken);
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(report["problems"][0].get("statement"), None, "{report}");
}

/// What these commands request of a furnished Parameter Store, but for what needs the right to decrypt
/// and is done without.
fn requested(commands: &[(&str, &str)], code: i32) -> Vec<Request> {
    let world = furnished();
    for (command, input) in commands {
        let ended = world.piped(command, input).run();
        assert_eq!(ended.code, Some(code), "{command}: {ended:?}");
    }
    iam::authorized(&world.server, encryption())
}

#[test]
fn an_operator_writes_labels_tags_and_lists_and_decrypts_nothing() {
    let large = "x".repeat(5000);
    let commands = [
        ("put /prd/app/b --tag team=web", "x\n"),
        ("put /prd/app/large --tier advanced", large.as_str()),
        ("list /prd/app", ""),
        ("find /prd/app/**", ""),
        ("history /prd/app/", ""),
        ("label --recursive /prd/app live", ""),
        ("label --recursive /prd/app --remove live", ""),
        ("tag /prd/app/b a=b", ""),
        ("tag /prd/app/b --remove a", ""),
    ];
    let (decrypting, requests): (Vec<Request>, Vec<Request>) = requested(&commands, 0)
        .into_iter()
        .partition(|it| ["kms:Decrypt", "ssm:GetParameters"].contains(&it.action.as_str()));
    let statements = printed("--path /prd/app --for operator", &[]);
    let (denied, allowed): (Vec<Value>, Vec<Value>) = statements
        .iter()
        .cloned()
        .partition(|it| it["Effect"] == "Deny");
    exactly(&allowed, &requests, "--for operator");
    for request in &requests {
        assert!(request.is_allowed(&statements), "{request:?}");
    }
    for request in &decrypting {
        assert!(!request.is_allowed(&statements), "{request:?}");
    }
    // Whatever else allows it, and only for these parameters.
    assert_eq!(denied.len(), 1);
    let anything = json!({ "Effect": "Allow", "Action": ["kms:*", "ssm:*"], "Resource": ["*"] });
    let decrypt = Request {
        action: "kms:Decrypt".to_owned(),
        ..requests
            .iter()
            .find(|it| it.action == "kms:Encrypt")
            .unwrap()
            .clone()
    };
    let other = decrypt.with(
        "kms:EncryptionContext:PARAMETER_ARN",
        "arn:aws:ssm:us-east-1:123456789012:parameter/elsewhere/x",
    );
    let with_all = [anything.clone(), denied[0].clone()];
    assert!(decrypt.is_allowed(std::slice::from_ref(&anything)));
    assert!(!decrypt.is_allowed(&with_all));
    assert!(other.is_allowed(&with_all));
}

#[test]
fn an_auditor_sees_names_and_histories() {
    let commands = [
        ("list /prd/app --all", ""),
        ("find /prd/app/**", ""),
        ("history /prd/app/", ""),
        ("history /prd/app/a", ""),
        ("tag /prd/app/a", ""),
    ];
    let requests = requested(&commands, 0);
    let statements = printed("--path /prd/app --for auditor", &[]);
    let (denied, allowed): (Vec<Value>, Vec<Value>) = statements
        .iter()
        .cloned()
        .partition(|it| it["Effect"] == "Deny");
    assert_eq!(denied.len(), 1);
    exactly(&allowed, &requests, "--for auditor");
    assert!(
        requests
            .iter()
            .all(|request| request.is_allowed(&statements))
    );
}

#[test]
fn a_rotator_reads_and_writes_what_it_names() {
    let rotate = "rotate /prd/app/a --generate --with /bin/true --yes";
    let world = furnished();
    world.store.label("/prd/app/a", 1, "live");
    let words: Vec<&str> = rotate.split(' ').collect();
    let ended = world.envsecrets(&words).run();
    if ended.code == Some(0) {
        let requests = iam::authorized(&world.server, encryption());
        let statements = printed("--secret A=/prd/app/a --for rotator", &[]);
        for request in &requests {
            assert!(request.is_allowed(&statements), "{request:?}");
            let elsewhere = Request {
                resource: request.resource.replace("/prd/app/a", "/prd/app/b"),
                ..request.clone()
            };
            assert!(
                elsewhere == *request || !elsewhere.is_allowed(&statements),
                "{elsewhere:?}"
            );
        }
    } else {
        panic!("{ended:?}");
    }
}

#[test]
fn tasks_are_about_parameters_and_deny_only_what_a_key_of_aws_allows() {
    let denies = |options: &str| {
        let statements = printed(&format!("--path /prd/app {options}"), &[]);
        statements.iter().any(|it| it["Effect"] == "Deny")
    };
    for (options, denied) in [
        ("--for operator", true),
        ("--for auditor", true),
        ("--for operator --key-id alias/aws/ssm", true),
        ("--for operator --key-id alias/app", false),
        ("--for launcher", false),
        ("--for write", false),
    ] {
        assert_eq!(denies(options), denied, "{options}");
    }
    assert_eq!(
        printed("--path /prd/app --for launcher", &[]),
        printed("--path /prd/app --for launch", &[])
    );
    let note = "envsecrets: `kms:Decrypt` is denied, because the policy of the key alias/aws/ssm allows it to \
                every principal of the account that uses Parameter Store; with `--key-id` of another key it is \
                not allowed, and not denied\n";
    let ended = policy(&format!(
        "{ACCOUNT} --region us-east-1 --path /prd/app --for auditor"
    ))
    .run();
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
    for (options, what) in [
        (
            "--path /prd/app --for rotator",
            "`--for rotator` is for single parameters, and a set of them is named",
        ),
        (
            "--from secretsmanager://prd/app/ --for operator",
            "`--for operator` is about parameters of the account, and none is named",
        ),
        (
            "--path /prd/app --for auditor --write",
            "`--write` and `--for auditor` contradict each other",
        ),
        (
            "--path /prd/app --for auditor --key-id alias/app",
            "`--key-id` does nothing with `--for auditor`: nothing is decrypted",
        ),
    ] {
        let ended = policy(&format!("{ACCOUNT} --region us-east-1 {options}")).run();
        let first = format!("envsecrets: error: {what}");
        assert_eq!(ended.failed(64).lines().next(), Some(&*first), "{options}");
    }
}

#[test]
fn moto_denies_an_operator_what_it_denies() {
    let story = "moto_denies_an_operator_what_it_denies";
    let needs = "moto (PyPI `moto[server]`)";
    if !can(story, needs, which("moto_server").is_some()) {
        return;
    }
    let options = format!("{ACCOUNT} --region us-east-1 --path /prd/app --for operator");
    let document = document(&policy(&options).run());
    let parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/prd/app/a".to_owned();
    let key = "arn:aws:kms:us-east-1:123456789012:key/1".to_owned();
    let calls = [
        ("ssm:PutParameter", &parameter, true),
        ("ssm:LabelParameterVersion", &parameter, true),
        ("ssm:GetParameters", &parameter, false),
        ("ssm:DeleteParameters", &parameter, false),
        ("kms:Encrypt", &key, true),
        ("kms:Decrypt", &key, false),
    ];
    let asked = calls.map(|(action, resource, _)| (action.to_owned(), resource.clone()));
    assert_eq!(
        judged(&document, &asked),
        calls.map(|(.., allowed)| allowed)
    );
}
