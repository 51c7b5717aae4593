//! Names that do not resolve, for a while or for good.

use std::path::Path;

use parameter_store::Identity;

use crate::support::aws::READ_X;
use crate::support::network::{Name, Names, alone, put_in_place};
use crate::support::tls::secure_for;
use crate::support::{Directory, SENTINEL, world_with};

/// Runs a story with a DNS server that answers as given.
fn with_names(
    story: &str,
    answer: impl Fn(usize) -> Name + Send + 'static,
    body: impl FnOnce(&Names) + Send,
) {
    let directory = Directory::new();
    alone(story, move || {
        for (file, content) in [
            ("/etc/hosts", ""),
            (
                "/etc/resolv.conf",
                "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
            ),
            ("/etc/nsswitch.conf", "hosts: files dns\n"),
        ] {
            let file = Path::new(file);
            if file.exists() {
                let ours =
                    directory.file(&file.file_name().unwrap().to_string_lossy(), content, 0o644);
                put_in_place(&ours, file);
            }
        }
        body(&Names::start(answer));
    });
}

#[test]
fn a_name_that_does_not_resolve_yet_is_waited_for() {
    for trouble in [Name::Unknown, Name::Trouble, Name::Mute] {
        // Each look-up queries an IPv4 and an IPv6 address.
        let answer = move |query| if query <= 6 { trouble } else { Name::Loopback };
        with_names(
            "a_name_that_does_not_resolve_yet_is_waited_for",
            answer,
            |names| {
                let it = secure_for(Identity::Valid, &["parameters.test"]);
                let url = format!("https://parameters.test:{}", it.world.server.port());
                let ended = it.trusting().env("AWS_ENDPOINT_URL_SSM", url).run();
                assert_eq!(ended.code, Some(0), "{trouble:?}: {ended:?}");
                assert_eq!(ended.text(), format!("{SENTINEL}\n"));
                assert!(names.queries() > 6);
            },
        );
    }
}

#[test]
fn a_name_that_never_resolves_is_reported_at_the_deadline() {
    for (trouble, why) in [
        (Name::Unknown, "Name or service not known"),
        (Name::Trouble, "Temporary failure in name resolution"),
    ] {
        with_names(
            "a_name_that_never_resolves_is_reported_at_the_deadline",
            move |_| trouble,
            |_| {
                let world = world_with(&[("/app/x", SENTINEL)]);
                let ended = world
                    .envsecrets(&READ_X)
                    .env("AWS_ENDPOINT_URL_SSM", "http://parameters.test")
                    .env("ENVSECRETS_TIMEOUT", "1s")
                    .run();
                let printed: Vec<&str> = ended.failed(75).lines().collect();
                assert_eq!(
                    printed[..2],
                    [
                        "envsecrets: error: Parameter Store did not answer within 1s for parameters below `/app` in us-east-1 at http://parameters.test",
                        &format!(
                            "envsecrets:   caused by: cannot connect to parameters.test: dns error: failed to lookup address information: {why}"
                        ),
                    ]
                );
            },
        );
    }
}
