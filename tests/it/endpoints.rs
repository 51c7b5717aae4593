//! The endpoint: where it is configured, what cannot be one, and which host is called without one.

use parameter_store::{Identity, Tls};

use crate::support::aws::{fails, world_with_x};
use crate::support::stand_in::{Reply, StandIn};
use crate::support::{Directory, ENVSECRETS, Launch, SENTINEL, Server, Store, World, can, which};

#[test]
fn the_endpoint_comes_from_the_nearest_of_its_sources() {
    let (world, other) = (world_with_x(), world_with_x());
    let (url, elsewhere) = (world.server.url(), other.server.url());
    let of_all = format!("[default]\nendpoint_url = {url}\n");
    let of_ssm = format!(
        "[default]\nendpoint_url = {elsewhere}\nservices = here\n[services here]\nssm =\n  endpoint_url = {url}\n"
    );
    let wrong = format!("[default]\nendpoint_url = {elsewhere}\n");
    for (config, variables) in [
        (
            "",
            &[
                ("AWS_ENDPOINT_URL_SSM", url.as_str()),
                ("AWS_ENDPOINT_URL", &elsewhere),
            ][..],
        ),
        ("", &[("AWS_ENDPOINT_URL", &url)]),
        (
            "",
            &[("AWS_ENDPOINT_URL_SSM", ""), ("AWS_ENDPOINT_URL", &url)],
        ),
        (&wrong, &[("AWS_ENDPOINT_URL_SSM", &url)]),
        (&wrong, &[("AWS_ENDPOINT_URL", &url)]),
        (&of_all, &[]),
        (
            &of_all,
            &[("AWS_ENDPOINT_URL_SSM", ""), ("AWS_ENDPOINT_URL", "")],
        ),
        (&of_all, &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")]),
        (&of_ssm, &[]),
    ] {
        world.aws_config(config);
        let mut launch = world.without_credentials(&[]);
        launch.without("AWS_ENDPOINT_URL_SSM").with_key();
        for (name, value) in variables {
            launch.env(name, value);
        }
        world.read_as(
            &mut launch,
            "AKIDENVIRONMENT00000",
            &format!("{config}{variables:?}"),
        );
    }
    assert_eq!(other.server.calls(), 0);
}

/// What cannot be an endpoint: the value, what is shown of it, and why where that is said.
const UNUSABLE: [(&str, &str, &str); 15] = [
    ("localhost:4566", "localhost:4566", ""),
    ("ftp://localhost/", "ftp://localhost/", ""),
    ("htp://127.0.0.1:80", "htp://127.0.0.1:80", ""),
    ("http:/127.0.0.1:80", "http:/127.0.0.1:80", ""),
    ("http://", "http://", "has no host"),
    ("http://:80", "http://:80", "has no host"),
    (
        "http://user:hunter2@[::1/",
        "http://[::1/",
        "has a bracket that is not closed",
    ),
    (
        "http://::1:80",
        "http://::1:80",
        "has more than one colon: put an IPv6 address in brackets",
    ),
    ("http://127.0.0.1:8o80", "http://127.0.0.1:8o80", PORT),
    (
        "http://user:hunter2@127.0.0.1:8o80",
        "http://127.0.0.1:8o80",
        PORT,
    ),
    ("http://127.0.0.1:0", "http://127.0.0.1:0", PORT),
    ("http://127.0.0.1:99999", "http://127.0.0.1:99999", PORT),
    ("http://127.0.0.1:/", "http://127.0.0.1:/", PORT),
    (
        "http://127.0.0.1:80 ",
        "http://127.0.0.1:80 ",
        "contains a space or a control character",
    ),
    (
        "http://127.0.0.1/#hunter2",
        "http://127.0.0.1/#…",
        "has a fragment",
    ),
];

const PORT: &str = "has a port that is not a number from 1 to 65535";

const ENDPOINT_HINT: &str = "check `AWS_ENDPOINT_URL`, the same for one service such as \
    `AWS_ENDPOINT_URL_STS`, `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`, and the same \
    settings in the profile";
const CONTAINER: &str = "the AWS credentials of the container's credential endpoint cannot be used";
const CONTAINER_HINT: &str = "check `AWS_CONTAINER_CREDENTIALS_FULL_URI`, \
    `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` and `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, which ECS and \
    EKS set, and the role of the task or the pod";
const METADATA: &str = "the AWS credentials of the instance metadata service cannot be used";
const METADATA_HINT: &str = "check `AWS_EC2_METADATA_SERVICE_ENDPOINT` and \
    `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`, or the same settings in the profile";

/// The error for a setting that is not an endpoint.
fn unusable(name: &str, shown: &str, example: &str, why: &str) -> String {
    let why = match why {
        "" => String::new(),
        why => format!("; this one {why}"),
    };
    format!("`{name}` is `{shown}`, and must be a URL such as `{example}`{why}")
}

#[test]
fn what_cannot_be_an_endpoint_is_refused_before_any_call_and_without_its_password() {
    let world = world_with_x();
    let example = "https://ssm.eu-central-1.amazonaws.com";
    let query = (
        "http://127.0.0.1/?token=hunter2",
        "http://127.0.0.1/?…",
        "has a query",
    );
    for (value, shown, why) in UNUSABLE.into_iter().chain([query]) {
        for (name, config, variable) in [
            ("AWS_ENDPOINT_URL_SSM", "", "AWS_ENDPOINT_URL_SSM"),
            ("AWS_ENDPOINT_URL", "", "AWS_ENDPOINT_URL"),
            ("endpoint_url", "[default]\nendpoint_url = ", ""),
            (
                "endpoint_url",
                "[default]\nservices = s\n[services s]\nssm =\n  endpoint_url = ",
                "",
            ),
        ] {
            // A profile has no blanks at the end of a line, and a comment in it.
            let in_profile = variable.is_empty();
            if in_profile && (value.ends_with(' ') || value.contains('#')) {
                continue;
            }
            world.aws_config(match in_profile {
                true => format!("{config}{value}\n"),
                false => String::new(),
            });
            let mut launch = world.without_credentials(&[]);
            launch.with_key().without("AWS_ENDPOINT_URL_SSM");
            if !in_profile {
                launch.env(variable, value);
            }
            fails(
                &mut launch,
                78,
                &unusable(name, shown, example, why),
                &[],
                "",
            );
        }
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn a_path_in_an_endpoint_and_an_address_of_ipv6_are_accepted() {
    let world = world_with_x();
    let port = world.server.port();
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}"),
        format!("http://user:password@127.0.0.1:{port}"),
    ] {
        let mut launch = world.without_credentials(&[]);
        launch.with_key().env("AWS_ENDPOINT_URL_SSM", &url);
        world.read_as(&mut launch, "AKIDENVIRONMENT00000", &url);
    }
}

#[test]
fn the_endpoints_that_hand_out_credentials_are_checked_where_they_are_used() {
    let world = world_with_x();
    let container = "http://169.254.170.23/v1/credentials";
    let metadata = "http://169.254.169.254";
    for (value, shown, why) in UNUSABLE {
        let name = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
        let mut launch = world.without_credentials(&[]);
        launch.env(name, value);
        let cause = unusable(name, shown, container, why);
        fails(&mut launch, 78, CONTAINER, &[&cause], CONTAINER_HINT);
        let name = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
        let mut launch = world.without_credentials(&[]);
        launch.without("AWS_EC2_METADATA_DISABLED").env(name, value);
        let cause = unusable(name, shown, metadata, why);
        fails(&mut launch, 78, METADATA, &[&cause], METADATA_HINT);
        // With a key they are not used.
        for name in [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        ] {
            let mut launch = world.without_credentials(&[]);
            launch.with_key().env(name, value);
            world.read_as(&mut launch, "AKIDENVIRONMENT00000", name);
        }
    }
    world.aws_config("[default]\nec2_metadata_service_endpoint = http://127.0.0.1:8o80\n");
    let mut launch = world.without_credentials(&[]);
    launch.without("AWS_EC2_METADATA_DISABLED");
    let error = unusable(
        "ec2_metadata_service_endpoint",
        "http://127.0.0.1:8o80",
        metadata,
        PORT,
    );
    fails(&mut launch, 78, METADATA, &[&error], METADATA_HINT);
    let mut launch = world.without_credentials(&[]);
    launch.env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@127.0.0.1:1/x");
    fails(
        &mut launch,
        78,
        CONTAINER,
        &[
            "`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` is `127.0.0.1:1/x`, and must be a path that begins \
             with `/`",
        ],
        CONTAINER_HINT,
    );
}

#[test]
fn the_endpoint_of_another_service_is_not_called_at_a_port_that_it_does_not_name() {
    let world = world_with_x();
    let token = world.directory.file("token", "a.b.c", 0o600);
    let mut launch = world.without_credentials(&[]);
    launch
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
        .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app")
        .env("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:8o80");
    fails(
        &mut launch,
        78,
        "`AWS_ENDPOINT_URL_STS` is `http://127.0.0.1:8o80`, and must be a URL such as \
         `https://sts.eu-central-1.amazonaws.com`; this one has a port that is not a number from 1 to \
         65535",
        &[],
        "",
    );
    let mut launch = world.without_credentials(&[]);
    launch
        .without("AWS_ENDPOINT_URL_SSM")
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", token)
        .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app")
        .env("AWS_USE_FIPS_ENDPOINT", "true")
        .env("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1");
    fails(
        &mut launch,
        78,
        "the AWS credentials of the web identity token cannot be used",
        &["other: Invalid Configuration: FIPS and custom endpoint are not supported"],
        ENDPOINT_HINT,
    );
}

#[test]
fn an_endpoint_excludes_the_other_endpoints_of_aws() {
    let world = world_with_x();
    let url = world.server.url();
    let hint = "an endpoint of one's own is called as it is: unset `AWS_ENDPOINT_URL` and the like, or \
                set `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`, or the same settings in the \
                profile, to `false`";
    for (kind, config, variable) in [
        ("FIPS", "", "AWS_USE_FIPS_ENDPOINT"),
        ("dual-stack", "", "AWS_USE_DUALSTACK_ENDPOINT"),
        ("FIPS", "[default]\nuse_fips_endpoint = true\n", ""),
        (
            "dual-stack",
            "[default]\nuse_dualstack_endpoint = true\n",
            "",
        ),
    ] {
        world.aws_config(config);
        let mut launch = world.without_credentials(&[]);
        launch.with_key();
        if !variable.is_empty() {
            launch.env(variable, "true");
        }
        let error = format!("a {kind} endpoint and the endpoint `{url}` exclude each other");
        fails(&mut launch, 78, &error, &[], hint);
    }
    world.aws_config("[default]\nuse_fips_endpoint = true\n");
    let mut launch = world.without_credentials(&[]);
    launch.with_key().env("AWS_USE_FIPS_ENDPOINT", "false");
    world.read_as(
        &mut launch,
        "AKIDENVIRONMENT00000",
        "false in the environment",
    );
    world.aws_config("");
    for (name, value) in [
        ("AWS_USE_FIPS_ENDPOINT", "maybe"),
        ("AWS_USE_FIPS_ENDPOINT", "1"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "yes"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", " true"),
    ] {
        let mut launch = world.without_credentials(&[]);
        launch.with_key().env(name, value);
        let error = format!("`{name}` is `{value}`, and must be `true` or `false`");
        fails(&mut launch, 78, &error, &[], "");
    }
}

/// The host that a launch calls, and whose certificate it accepts: it goes through a proxy that
/// leads everything to one server with a certificate for that host.
#[track_caller]
fn calls(host: &str, region: &str, config: &str, variables: &[(&str, &str)]) {
    let store = Store::new();
    store.put("/app/x", SENTINEL);
    let tls = Tls::for_names(Identity::Valid, &[host]);
    let world = World {
        server: Server::start_tls(&store, &tls).unwrap(),
        store,
        directory: Directory::new(),
    };
    let ca = world.directory.file("ca.pem", tls.ca_pem(), 0o644);
    let port = world.server.port();
    let proxy = StandIn::start(move |_, _| Reply::RelayTo(port));
    world.aws_config(config);
    let mut launch = world.without_credentials(&[]);
    launch
        .with_key()
        .without("AWS_ENDPOINT_URL_SSM")
        .env("AWS_REGION", region)
        .env("HTTPS_PROXY", proxy.url())
        .env("AWS_CA_BUNDLE", ca);
    for (name, value) in variables {
        launch.env(name, value);
    }
    let situation = format!("{region} {config}{variables:?}");
    world.read_as(&mut launch, "AKIDENVIRONMENT00000", &situation);
    assert_eq!(
        proxy.lines(),
        [format!("CONNECT {host}:443")],
        "{situation}"
    );
}

#[test]
fn without_an_endpoint_aws_is_called() {
    let fips = ("AWS_USE_FIPS_ENDPOINT", "true");
    let dual = ("AWS_USE_DUALSTACK_ENDPOINT", "true");
    let ignore = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    let usual = "ssm.us-east-1.amazonaws.com";
    for (host, region, config, variables) in [
        (usual, "us-east-1", "", &[][..]),
        ("ssm.cn-north-1.amazonaws.com.cn", "cn-north-1", "", &[]),
        ("ssm-fips.us-east-1.amazonaws.com", "us-east-1", "", &[fips]),
        ("ssm.us-east-1.api.aws", "us-east-1", "", &[dual]),
        ("ssm-fips.us-east-1.api.aws", "us-east-1", "", &[fips, dual]),
        (
            "ssm-fips.us-east-1.amazonaws.com",
            "us-east-1",
            "[default]\nuse_fips_endpoint = true\n",
            &[],
        ),
        (
            "ssm.us-east-1.api.aws",
            "us-east-1",
            "[default]\nuse_dualstack_endpoint = true\n",
            &[],
        ),
        (
            usual,
            "us-east-1",
            "[default]\nuse_fips_endpoint = true\n",
            &[("AWS_USE_FIPS_ENDPOINT", "false")],
        ),
        (
            usual,
            "us-east-1",
            "",
            &[ignore, ("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:1")],
        ),
        (
            usual,
            "us-east-1",
            "",
            &[ignore, ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")],
        ),
        (
            usual,
            "us-east-1",
            "[default]\nendpoint_url = http://127.0.0.1:1\n",
            &[ignore],
        ),
        (
            usual,
            "us-east-1",
            "[default]\nendpoint_url = http://127.0.0.1:1\nignore_configured_endpoint_urls = true\n",
            &[],
        ),
    ] {
        calls(host, region, config, variables);
    }
}

/// The servers that a program calls: it goes through a proxy that passes nothing on.
fn called(
    mut launch: Launch,
    region: &str,
    config: &str,
    variables: &[(&str, &str)],
) -> Vec<String> {
    let directory = Directory::new();
    directory.file(".aws/config", config, 0o600);
    let proxy = StandIn::start(|call, _| match call.method.as_str() {
        "CONNECT" => Reply::Answer(403, String::new()),
        _ => Reply::Answer(400, r#"{"__type":"ResourceNotFoundException"}"#.to_owned()),
    });
    launch
        .with_key()
        .env("HOME", directory.path())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_DEFAULT_REGION", region)
        .env("AWS_MAX_ATTEMPTS", "1")
        .env("HTTPS_PROXY", proxy.url())
        .env("HTTP_PROXY", proxy.url());
    for (name, value) in variables {
        launch.env(name, value);
    }
    let ended = launch.run();
    assert_ne!(ended.code, Some(0), "{ended:?}");
    let mut lines = proxy.lines();
    lines.dedup();
    lines
}

/// What is called, in which region, with which profiles and variables.
type Row<'r> = (&'r str, &'r str, &'r str, &'r [(&'r str, &'r str)]);

/// Runs both programs for each row at the same time.
fn compare_with_the_aws_cli(story: &str, ours: &[&str], theirs: &[&str], rows: &[Row<'_>]) {
    let there = can(story, "the AWS CLI (PyPI `awscli`)", which("aws").is_some());
    std::thread::scope(|scope| {
        for (expected, region, config, variables) in rows {
            scope.spawn(move || {
                let situation = format!("{region} {config}{variables:?}");
                let launch = Launch::new(ENVSECRETS, ours);
                let found = called(launch, region, config, variables);
                assert_eq!(found, [*expected], "envsecrets: {situation}");
                if there {
                    let launch = Launch::new("aws", theirs);
                    let found = called(launch, region, config, variables);
                    assert_eq!(found, [*expected], "aws: {situation}");
                }
            });
        }
    });
}

#[test]
fn dynamodb_is_called_where_the_aws_cli_calls_it() {
    const OWN: &str = "AWS_ENDPOINT_URL_DYNAMODB";
    let fips = ("AWS_USE_FIPS_ENDPOINT", "true");
    let usual = "CONNECT dynamodb.us-east-1.amazonaws.com:443";
    let (one, all) = ("POST http://one.example/", "POST http://all.example/");
    let ours = [
        "--secret",
        "X=credstash:///x",
        "--timeout",
        "20s",
        "--",
        "true",
    ];
    compare_with_the_aws_cli(
        "dynamodb_is_called_where_the_aws_cli_calls_it",
        &ours,
        &["dynamodb", "scan", "--table-name", "credential-store"],
        &[
            (usual, "us-east-1", "", &[]),
            (one, "us-east-1", "", &[(OWN, "http://one.example")]),
            (
                all,
                "us-east-1",
                "",
                &[("AWS_ENDPOINT_URL", "http://all.example")],
            ),
            (
                one,
                "us-east-1",
                "[default]\nservices = s\n[services s]\ndynamodb =\n  endpoint_url = http://one.example\n",
                &[],
            ),
            (
                "CONNECT dynamodb-fips.us-east-1.amazonaws.com:443",
                "us-east-1",
                "",
                &[fips],
            ),
            (
                "CONNECT dynamodb.cn-north-1.amazonaws.com.cn:443",
                "cn-north-1",
                "",
                &[],
            ),
        ],
    );
    // The endpoint is the same for all accounts, as messages, proxies and certificates have it.
    let account = [("AWS_ACCOUNT_ID", "123456789012")];
    let launch = Launch::new(ENVSECRETS, &ours);
    assert_eq!(called(launch, "us-east-1", "", &account), [usual]);
}

#[test]
fn s3_is_called_where_the_aws_cli_calls_it() {
    const OWN: &str = "AWS_ENDPOINT_URL_S3";
    let fips = ("AWS_USE_FIPS_ENDPOINT", "true");
    let dual = ("AWS_USE_DUALSTACK_ENDPOINT", "true");
    let ignore = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    let usual = "CONNECT bkt.s3.eu-west-1.amazonaws.com:443";
    let (one, all) = (
        "GET http://one.example/bkt/a%20b.env",
        "GET http://all.example/bkt/a%20b.env",
    );
    let services = "[default]\nendpoint_url = http://all.example\nservices = s\n[services s]\ns3 =\n  endpoint_url = http://one.example\n";
    compare_with_the_aws_cli(
        "s3_is_called_where_the_aws_cli_calls_it",
        &[
            "--secret",
            "X=s3://bkt/a%20b.env",
            "--timeout",
            "20s",
            "--",
            "true",
        ],
        &[
            "s3api",
            "get-object",
            "--bucket",
            "bkt",
            "--key",
            "a b.env",
            "/dev/null",
        ],
        &[
            (usual, "eu-west-1", "", &[]),
            (
                "CONNECT bkt.s3.cn-north-1.amazonaws.com.cn:443",
                "cn-north-1",
                "",
                &[],
            ),
            (
                "CONNECT bkt.s3.us-gov-west-1.amazonaws.com:443",
                "us-gov-west-1",
                "",
                &[],
            ),
            (
                "CONNECT bkt.s3-fips.us-west-2.amazonaws.com:443",
                "us-west-2",
                "",
                &[fips],
            ),
            (
                "CONNECT bkt.s3.dualstack.eu-west-1.amazonaws.com:443",
                "eu-west-1",
                "",
                &[dual],
            ),
            (
                "CONNECT bkt.s3-fips.dualstack.us-west-2.amazonaws.com:443",
                "us-west-2",
                "",
                &[fips, dual],
            ),
            (one, "eu-west-1", "", &[(OWN, "http://one.example")]),
            (
                all,
                "eu-west-1",
                "",
                &[("AWS_ENDPOINT_URL", "http://all.example")],
            ),
            (one, "eu-west-1", services, &[]),
            (usual, "eu-west-1", services, &[ignore]),
        ],
    );
    // A name with dots does not fit the certificate of a host.
    compare_with_the_aws_cli(
        "s3_is_called_where_the_aws_cli_calls_it",
        &[
            "--secret",
            "X=s3://b.k.t/a",
            "--timeout",
            "20s",
            "--",
            "true",
        ],
        &[
            "s3api",
            "get-object",
            "--bucket",
            "b.k.t",
            "--key",
            "a",
            "/dev/null",
        ],
        &[(
            "CONNECT s3.eu-west-1.amazonaws.com:443",
            "eu-west-1",
            "",
            &[],
        )],
    );
}

#[test]
fn secrets_manager_is_called_where_the_aws_cli_calls_it() {
    const OWN: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";
    let fips = ("AWS_USE_FIPS_ENDPOINT", "true");
    let dual = ("AWS_USE_DUALSTACK_ENDPOINT", "true");
    let ignore = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    let usual = "CONNECT secretsmanager.us-east-1.amazonaws.com:443";
    let (one, all) = ("POST http://one.example/", "POST http://all.example/");
    let services = "[default]\nendpoint_url = http://all.example\nservices = s\n[services s]\nsecrets_manager =\n  endpoint_url = http://one.example\n";
    let of_another = services.replace("secrets_manager", "ssm");
    let misspelled = services.replace("secrets_manager", "secrets-manager");
    compare_with_the_aws_cli(
        "secrets_manager_is_called_where_the_aws_cli_calls_it",
        &[
            "--secret",
            "X=secretsmanager://x",
            "--timeout",
            "20s",
            "--",
            "true",
        ],
        &["secretsmanager", "get-secret-value", "--secret-id", "x"],
        &[
            (usual, "us-east-1", "", &[]),
            (one, "us-east-1", "", &[(OWN, "http://one.example")]),
            (
                one,
                "us-east-1",
                "",
                &[
                    (OWN, "http://one.example"),
                    ("AWS_ENDPOINT_URL", "http://all.example"),
                ],
            ),
            (
                all,
                "us-east-1",
                "",
                &[("AWS_ENDPOINT_URL", "http://all.example")],
            ),
            (
                usual,
                "us-east-1",
                "",
                &[("AWS_ENDPOINT_URL_SSM", "http://one.example")],
            ),
            (one, "us-east-1", services, &[]),
            (all, "us-east-1", &of_another, &[]),
            (all, "us-east-1", &misspelled, &[]),
            (
                "POST http://variable.example/",
                "us-east-1",
                services,
                &[("AWS_ENDPOINT_URL", "http://variable.example")],
            ),
            (usual, "us-east-1", services, &[ignore]),
            (
                usual,
                "us-east-1",
                "",
                &[ignore, (OWN, "http://one.example")],
            ),
            (
                "CONNECT secretsmanager-fips.us-east-1.amazonaws.com:443",
                "us-east-1",
                "",
                &[fips],
            ),
            (
                "CONNECT secretsmanager-fips.ca-west-1.amazonaws.com:443",
                "ca-west-1",
                "[default]\nuse_fips_endpoint = true\n",
                &[],
            ),
            (
                "CONNECT secretsmanager-fips.us-gov-west-1.amazonaws.com:443",
                "us-gov-west-1",
                "",
                &[fips],
            ),
            // Its usual endpoints are dual-stack.
            (
                "CONNECT secretsmanager.eu-central-1.amazonaws.com:443",
                "eu-central-1",
                "",
                &[dual],
            ),
            (
                "CONNECT secretsmanager-fips.us-east-2.amazonaws.com:443",
                "us-east-2",
                "[default]\nuse_dualstack_endpoint = true\n",
                &[fips],
            ),
            (
                "CONNECT secretsmanager.cn-north-1.amazonaws.com.cn:443",
                "cn-north-1",
                "",
                &[],
            ),
        ],
    );
}

#[test]
fn sts_is_called_for_a_role_where_the_aws_cli_calls_it() {
    const OWN: &str = "AWS_ENDPOINT_URL_STS";
    const ROLE: &str = "arn:aws:iam::123456789012:role/app";
    let fips = ("AWS_USE_FIPS_ENDPOINT", "true");
    let dual = ("AWS_USE_DUALSTACK_ENDPOINT", "true");
    let usual = "CONNECT sts.eu-central-1.amazonaws.com:443";
    let one = "POST http://one.example/";
    let services =
        "[default]\nservices = s\n[services s]\nsts =\n  endpoint_url = http://one.example\n";
    let theirs = [
        "sts",
        "assume-role",
        "--role-session-name",
        "me",
        "--role-arn",
        ROLE,
    ];
    compare_with_the_aws_cli(
        "sts_is_called_for_a_role_where_the_aws_cli_calls_it",
        &[
            "--role",
            ROLE,
            "--path",
            "/app",
            "--timeout",
            "20s",
            "--",
            "true",
        ],
        &theirs,
        &[
            (usual, "eu-central-1", "", &[]),
            (one, "eu-central-1", "", &[(OWN, "http://one.example")]),
            (one, "eu-central-1", services, &[]),
            (
                "CONNECT sts-fips.us-east-2.amazonaws.com:443",
                "us-east-2",
                "",
                &[fips],
            ),
            (
                "CONNECT sts.eu-central-1.api.aws:443",
                "eu-central-1",
                "",
                &[dual],
            ),
        ],
    );
}
