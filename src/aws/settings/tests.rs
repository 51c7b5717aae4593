//! URLs, and the endpoints of services in profiles.

use aws_config::profile::load;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::Fs;

use super::*;

/// Two words, as in the name of Secrets Manager.
pub static SERVICE: Service = Service {
    name: "Secrets Manager",
    id: "Secrets Manager",
    variable: "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    host: "secretsmanager",
    fips: &["us-", "ca-"],
    largest: |_| 1024,
};

/// The profile `p` of this configuration, and no others.
pub fn profiles(config: &str) -> ProfileSet {
    let files = EnvConfigFiles::builder()
        .with_contents(EnvConfigFileKind::Config, config)
        .build();
    let (fs, env) = (Fs::from_slice(&[]), Env::from_slice(&[]));
    let loading = load(&fs, &env, &files, Some("p".into()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(loading).unwrap()
}

/// The settings of the profile `p` in this configuration, and no others.
pub fn settings(config: &str) -> Settings {
    let profiles = profiles(config);
    let on = |key| profiles.get(key).map(|it| it == "true");
    Settings {
        variables: Variables,
        profile: "p".to_owned(),
        profile_by_flag: true,
        region: Some(("us-east-1".to_owned(), "--region")),
        fips: on("use_fips_endpoint"),
        dual_stack: on("use_dualstack_endpoint"),
        role: None,
        profiles,
    }
}

#[test]
fn a_profile_has_an_endpoint_for_one_service_or_for_all() {
    let (all, one) = ("http://all:1", "http://one:2");
    let of_all = format!("endpoint_url = {all}\n");
    let of_one = |key: &str| {
        format!("services = s\n[services s]\n{key} =\n  endpoint_url = {one}\n  other = x\n")
    };
    let ignored = "ignore_configured_endpoint_urls = true\n";
    for (config, expected) in [
        (String::new(), None),
        (of_all.clone(), Some(all)),
        // botocore/configprovider.py, `_get_snake_case_service_id`.
        (of_one("secrets_manager"), Some(one)),
        (of_one("SECRETS_MANAGER"), Some(one)),
        (of_one("secrets-manager"), None),
        (of_one("secretsmanager"), None),
        (of_one("ssm"), None),
        (of_all.clone() + &of_one("secrets_manager"), Some(one)),
        (of_all.clone() + &of_one("ssm"), Some(all)),
        (format!("{ignored}{of_all}"), None),
        (format!("{ignored}{}", of_one("secrets_manager")), None),
    ] {
        let settings = settings(&format!("[profile p]\n{config}"));
        let found = settings.endpoint(&SERVICE, settings.known_region());
        assert_eq!(found.unwrap().as_deref(), expected, "{config}");
    }
}

#[test]
fn what_is_wrong_with_an_endpoint_is_found_for_each_service() {
    let endpoint = "services = s\n[services s]\nsecrets_manager =\n  endpoint_url = ";
    let of = |config: &str, region| {
        let settings = settings(&format!("[profile p]\n{config}"));
        settings.endpoint(&SERVICE, Some((region, "a place")))
    };
    let not_a_region = |flaw| Error::NotARegion {
        region: "mars".to_owned(),
        from: "a place",
        flaw,
    };
    assert_eq!(of("", "mars"), Err(not_a_region(region::Flaw::Form)));
    let own = format!("{endpoint}http://localhost:1\n");
    assert_eq!(of(&own, "mars"), Ok(Some("http://localhost:1".to_owned())));
    for (key, kind) in [
        ("use_fips_endpoint", "FIPS"),
        ("use_dualstack_endpoint", "dual-stack"),
    ] {
        assert_eq!(of(&format!("{key} = true\n"), "us-east-1"), Ok(None));
        let two = Err(Error::TwoEndpoints {
            kind,
            endpoint: "http://localhost:1".to_owned(),
        });
        assert_eq!(of(&format!("{key} = true\n{own}"), "us-east-1"), two);
    }
    let wrong = of(&format!("{endpoint}localhost\n"), "us-east-1");
    let expected = Error::Setting {
        name: "endpoint_url",
        value: "localhost".to_owned(),
        expected: "a URL such as `https://secretsmanager.eu-central-1.amazonaws.com`".to_owned(),
    };
    assert_eq!(wrong, Err(expected));
}

#[test]
fn a_setting_is_the_same_whatever_gave_it() {
    let [a, b, c] = [("x", "--region"), ("x", "a place"), ("y", "--region")]
        .map(|(text, from)| Given::new(text, from));
    assert_eq!(a, b);
    assert!(a < c && b < c);
}

#[test]
fn an_endpoint_is_a_url_with_a_host_and_a_port_that_is_one() {
    for url in [
        "http://localhost",
        "http://127.0.0.1:4566",
        "https://[::1]:4566/",
        "https://vpce-1.ssm.us-east-1.vpce.amazonaws.com/path/",
        "http://user:password@host:1",
        "http://my_host.local:80",
    ] {
        assert_eq!(check_url(url, Rest::Path), Ok(()), "{url}");
    }
    let port = Some("has a port that is not a number from 1 to 65535");
    for (url, why) in [
        ("", None),
        ("localhost:4566", None),
        ("htp://localhost", None),
        ("ftp://localhost", None),
        ("http:/localhost", None),
        ("http//localhost", None),
        ("http://", Some("has no host")),
        ("http:///path", Some("has no host")),
        ("http://:80", Some("has no host")),
        ("http://127.0.0.1:8o80", port),
        ("http://127.0.0.1:0", port),
        ("http://127.0.0.1:99999", port),
        ("http://127.0.0.1:", port),
        ("http://[::1]:8o80", port),
        (
            "http://::1:80",
            Some("has more than one colon: put an IPv6 address in brackets"),
        ),
        ("http://[::1", Some("has a bracket that is not closed")),
        (
            "http://host:80 ",
            Some("contains a space or a control character"),
        ),
        (
            "http://host:80\r",
            Some("contains a space or a control character"),
        ),
        (
            "http://ho st",
            Some("contains a space or a control character"),
        ),
        ("http://host/?a=b", Some("has a query")),
        ("http://host/#a", Some("has a fragment")),
    ] {
        assert_eq!(check_url(url, Rest::Path), Err(why), "{url:?}");
    }
    assert_eq!(check_url("http://host/?a=b", Rest::Query), Ok(()));
}

#[test]
fn no_password_and_no_query_is_shown() {
    for (url, shown) in [
        ("http://host:80/path", "http://host:80/path"),
        ("http://u:p@host:80", "http://host:80"),
        ("http://u:p@ss@host", "http://host"),
        ("u:p@host", "host"),
        ("http://host/?token=x", "http://host/?…"),
        ("http://u:p@host/?token=x", "http://host/?…"),
        ("http://host/?token=x@y", "http://…"),
        ("http://u:p#ss@host", "http://…"),
        ("http://u:p?ss@host", "http://…"),
    ] {
        assert_eq!(without_password(url), shown, "{url}");
    }
}
