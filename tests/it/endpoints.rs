//! The endpoint: where it is configured, what cannot be one, and which host is called without one.

use parameter_store::{Identity, Tls};

use crate::support::aws::{fails, world_with_x};
use crate::support::stand_in::{Reply, StandIn};
use crate::support::{Directory, SENTINEL, Server, Store, World};

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

#[test]
fn what_cannot_be_an_endpoint_is_refused_before_any_call_and_without_its_password() {
    let world = world_with_x();
    for (value, shown) in [
        ("localhost:4566", "localhost:4566"),
        ("ftp://localhost/", "ftp://localhost/"),
        ("http://", "http://"),
        ("http://user:hunter2@[::1/", "http://[::1/"),
    ] {
        for variable in ["AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL"] {
            let mut launch = world.without_credentials(&[]);
            launch
                .with_key()
                .without("AWS_ENDPOINT_URL_SSM")
                .env(variable, value);
            let error = format!(
                "`{variable}` is `{shown}`, and must be a URL such as `https://ssm.eu-central-1.amazonaws.com`"
            );
            fails(&mut launch, 78, &error, &[], "");
        }
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
