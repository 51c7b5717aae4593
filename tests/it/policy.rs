//! `envsecrets policy`: what IAM must allow, and no more; and `check`, which reports what is
//! missing.

use std::process::{Command, Stdio};

use parameter_store::{Kind, PutParameter};
use serde_json::{Value, json};

use crate::support::moto::Moto;
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
    let text = policy(&format!("{ACCOUNT} {options}")).run().ok();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["Version"], "2012-10-17");
    document["Statement"].as_array().unwrap().clone()
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
fn a_secret_of_secrets_manager_takes_rights_on_both_sides() {
    let options = format!("policy --resolve {ACCOUNT} --region eu-central-1");
    let ended = offline(
        &Directory::new(),
        &options.split_whitespace().collect::<Vec<_>>(),
    )
    .env("DB", "sm://prd/db:AWSPREVIOUS#password")
    .env(
        "TOKEN",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:to-ken-AbCdEf",
    )
    .env("OTHER", SENTINEL)
    .run();
    let document: Value = serde_json::from_str(&ended.ok()).unwrap();
    let secrets = json!([
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prd/db-??????",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:to-ken-AbCdEf"
    ]);
    assert_eq!(
        document["Statement"],
        json!([
            {
                "Sid": "ReadParameters",
                "Effect": "Allow",
                "Action": ["ssm:GetParameters"],
                "Resource": [
                    "arn:aws:ssm:eu-central-1:123456789012:parameter/aws/reference/secretsmanager/prd/db",
                    "arn:aws:ssm:eu-central-1:123456789012:parameter/aws/reference/secretsmanager/to-ken"
                ]
            },
            {
                "Sid": "ReadSecrets",
                "Effect": "Allow",
                "Action": ["secretsmanager:GetSecretValue"],
                "Resource": secrets
            },
            {
                "Sid": "DecryptSecrets",
                "Effect": "Allow",
                "Action": ["kms:Decrypt"],
                "Resource": ["arn:aws:kms:eu-central-1:123456789012:key/*"],
                "Condition": { "StringLike": {
                    "kms:ViaService": ["secretsmanager.eu-central-1.amazonaws.com"],
                    "kms:EncryptionContext:SecretARN": secrets
                } }
            }
        ])
    );
}

#[test]
fn keys_are_named_by_arn_by_id_and_by_alias() {
    let key = "arn:aws:kms:eu-central-1:210987654321:key/1234abcd-12ab";
    for (options, resources) in [
        (format!("--key-id {key}"), json!([[key]])),
        (
            format!("--key-id {key} --key-id 99ab"),
            json!([[key, "arn:aws:kms:eu-central-1:123456789012:key/99ab"]]),
        ),
        (
            format!("--key-id {key} --key-id alias/app"),
            json!([[key], ["arn:aws:kms:eu-central-1:123456789012:key/*"]]),
        ),
        (
            "--key-id arn:aws:kms:eu-central-1:123456789012:alias/app".to_owned(),
            json!([["arn:aws:kms:eu-central-1:123456789012:key/*"]]),
        ),
    ] {
        let statements = statements(&format!("--path /prd/app {options}"));
        let resources_now: Vec<&Value> = statements[1..].iter().map(|it| &it["Resource"]).collect();
        assert_eq!(json!(resources_now), resources, "{options}");
        if options.contains("alias") {
            assert_eq!(
                statements.last().unwrap()["Condition"]["ForAnyValue:StringLike"],
                json!({ "kms:ResourceAliases": ["alias/app"] })
            );
        }
    }
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
                "ssm:GetParameters",
                "arn:aws:ssm:eu-central-1:123456789012:parameter/single"
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
            "--role arn:aws:iam::111122223333:role/app --account 123456789012",
            "123456789012",
            "",
        ),
        (
            "",
            "*",
            "envsecrets: `*` stands for what is not known: say `--account`\n",
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
    let ended = policy("--path /a").without("AWS_REGION").run();
    assert_eq!(
        ended.stderr,
        "envsecrets: `*` stands for what is not known: say `--region` and `--account`\n"
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
        .ok();
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
        .ok();
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
    for text in [text, unknown] {
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
            "--path /prd/app --write --key-id alias/app --key-id 12ab",
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
    let options = "--path /prd/app --optional-path /extra --secret A1=/single:1 --secret \
                   DB=/aws/reference/secretsmanager/prd/db";
    world.launch(options, &["true"]).run().ok();

    // What AWS would authorize for each call that was made.
    let arn = |name: &str| {
        let name = name.trim_start_matches('/');
        format!("arn:aws:ssm:us-east-1:123456789012:parameter/{name}")
    };
    let mut calls = Vec::new();
    for call in world.server.requests() {
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
    let document = |options: &str| -> Value {
        let text = policy(&format!("{ACCOUNT} --region us-east-1 {options}"))
            .run()
            .ok();
        serde_json::from_str(&text).unwrap()
    };
    let least = document(options);
    let verdict = judged(&least, &calls);
    assert!(verdict.iter().all(|&it| it), "{calls:?} {verdict:?}");
    // Without one of them something is refused, but for the key of the secret, which may be AWS's
    // own.
    let statements = least["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 5);
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
            "kms:Encrypt",
            "arn:aws:kms:us-east-1:123456789012:key/1".to_owned(),
        ),
    ]
    .map(|(action, resource)| (action.to_owned(), resource));
    let verdict = judged(&least, &strange);
    assert!(!verdict.contains(&true), "{strange:?} {verdict:?}");
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
