//! Each variable that we or the SDK read, with each hostile text.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{LINKS, Place, sample, services, sweep, texts};
use crate::support::can;

/// What we read, beside one variable for each option.
const OURS: [&str; 58] = [
    "ALL_PROXY",
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCOUNT_ID",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_KMS",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_ENDPOINT_URL_SSM",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_SSO_OIDC",
    "AWS_ENDPOINT_URL_STS",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_EXECUTION_ENV",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SDK_UA_APP_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "CREDSTASH_DEFAULT_TABLE",
    "ENVSECRETS_UNKNOWN",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "KEYWHIZ_CACERT",
    "KEYWHIZ_CERT",
    "KEYWHIZ_KEY",
    "LANG",
    "LC_ALL",
    "NO_PROXY",
    "PATH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TMPDIR",
    "USER",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// What the SDK and Rust's own library read beside these.
const OF_LIBRARIES: [&str; 22] = [
    "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    "AWS_AUTH_SCHEME_PREFERENCE",
    "AWS_DISABLE_CLOCK_SKEW_CORRECTION",
    "AWS_DISABLE_REQUEST_COMPRESSION",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LOGIN_CACHE_DIRECTORY",
    "AWS_MAX_ATTEMPTS",
    "AWS_NEW_RETRIES_2026",
    "AWS_REQUEST_CHECKSUM_CALCULATION",
    "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
    "AWS_RESPONSE_CHECKSUM_VALIDATION",
    "AWS_RETRY_MODE",
    "AWS_SDK_RUST_BUILD_UA_METADATA",
    "AWS_SIGV4A_SIGNING_REGION_SET",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOG_SENSITIVE_BODIES",
    "REQUEST_METHOD",
    "RUST_BACKTRACE",
    "RUST_MIN_STACK",
    "USERPROFILE",
    "_X_AMZN_TRACE_ID",
];

/// The variable of each option, by the help.
fn of_options() -> BTreeSet<String> {
    let help = include_str!("../../../src/options/help/long.txt");
    let words = help.split(|it: char| !(it.is_ascii_lowercase() || it == '-'));
    let flags = words.filter_map(|word| word.strip_prefix("--"));
    let flags = flags.filter(|flag| !flag.is_empty() && !flag.ends_with('-'));
    flags
        .map(|flag| format!("ENVSECRETS_{}", flag.replace('-', "_").to_ascii_uppercase()))
        .collect()
}

#[test]
fn no_variable_breaks_a_run() {
    let of_options = of_options();
    assert!(
        of_options.len() > 25,
        "the options were found: {of_options:?}"
    );
    let names = OURS.iter().chain(&OF_LIBRARIES).copied();
    let names: Vec<&str> = names.chain(of_options.iter().map(String::as_str)).collect();
    let texts = texts();
    let mut cases = Vec::new();
    for name in names {
        for (what, text) in &texts {
            for link in LINKS {
                cases.push((name, *what, text, link));
            }
        }
    }
    let wire = services();
    sweep(&sample(cases, 50), |(name, what, text, link)| {
        let place = Place::new();
        let mut launch = place.run(*link, &wire.url(), &["--path", "/app", "--", "/bin/true"]);
        if *name != "ENVSECRETS_TIMEOUT" && *name != "ENVSECRETS_START_JITTER" {
            launch.env(name, OsStr::from_bytes(text));
        } else if !text.starts_with(b"9999") {
            // Those say themselves how long it takes.
            launch.env(name, OsStr::from_bytes(text));
        }
        (format!("{name} is {what}, with {link:?}"), launch.run())
    });
}

/// All files with source code below a directory, without tests.
fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(directory).unwrap();
    for path in entries.map(|entry| entry.unwrap().path()) {
        let is_of_tests = path
            .file_stem()
            .is_some_and(|it| it == "tests" || it == "test");
        if is_of_tests {
            continue;
        }
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// Words in quotes that can be the name of a variable which AWS or we read.
fn variables_in(directory: &Path) -> BTreeSet<String> {
    let mut found = Vec::new();
    sources(directory, &mut found);
    let mut names = BTreeSet::new();
    for path in found {
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in text.split('"') {
            let letters = |it: char| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_';
            let family = ["AWS_", "SSL_", "_X_AMZN_"]
                .iter()
                .any(|it| word.starts_with(it));
            let family = family || word.ends_with("_PROXY") || word == "HOME";
            if family && word.chars().all(letters) {
                names.insert(word.to_owned());
            }
        }
    }
    names
}

#[test]
fn the_tables_have_every_variable_that_is_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut read = BTreeSet::new();
    for folder in ["aws", "net", "system", "stores", "options", "commands"] {
        read.extend(variables_in(&root.join("src").join(folder)));
    }
    assert!(read.len() > 30, "they were found: {read:?}");
    let of_ours = |name: &String| !OURS.contains(&name.as_str());
    let unknown: Vec<&String> = read.iter().filter(|name| of_ours(name)).collect();
    assert_eq!(unknown, Vec::<&String>::new());

    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let registries = home.map(|home| home.join("registry/src"));
    let registries = registries.and_then(|it| std::fs::read_dir(it).ok());
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).unwrap();
    let story = "the_tables_have_every_variable_that_is_read";
    let mut found = BTreeSet::new();
    for registry in registries.into_iter().flatten() {
        for package in [
            "aws-config",
            "aws-runtime",
            "aws-types",
            "aws-smithy-runtime",
        ] {
            let (_, rest) = lock
                .split_once(&format!("name = \"{package}\"\nversion = \""))
                .unwrap();
            let version = rest.split('"').next().unwrap();
            let source = registry.as_ref().unwrap().path();
            let source = source.join(format!("{package}-{version}/src"));
            if source.exists() {
                found.extend(variables_in(&source));
            }
        }
    }
    if !can(
        story,
        "the sources of the SDK in cargo's home",
        found.len() > 20,
    ) {
        return;
    }
    let known =
        |name: &String| OURS.contains(&name.as_str()) || OF_LIBRARIES.contains(&name.as_str());
    let unknown: Vec<&String> = found.iter().filter(|name| !known(name)).collect();
    assert_eq!(unknown, Vec::<&String>::new());
}
