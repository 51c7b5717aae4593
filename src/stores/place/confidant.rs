//! What a place names in Confidant.
#![forbid(unsafe_code)]

use super::syntax::{Fault, Place};
use crate::stores::confidant::{Part, Source};

/// The credentials of a service, by the location after the scheme; a key is one of its pairs.
///
/// # Errors
///
/// What no service is called.
pub fn parse(
    location: &str,
    start: usize,
    key: Option<String>,
    profile: Option<String>,
) -> Result<Place, Fault> {
    if location.is_empty() {
        return Err(Fault::new("names no service").hint("such as `confidant://app-production`"));
    }
    if let Some(at) = location.find('/') {
        let hint = match location.trim_matches('/') {
            service if service.contains('/') || service.is_empty() => {
                "such as `confidant://app-production`; the address of the server is in `~/.confidant` \
                 or `/etc/confidant/config`"
                    .to_owned()
            }
            service => format!("did you mean `confidant://{service}`?"),
        };
        let at = start + location[..at].chars().count() + 1;
        return Err(Fault::new(format!(
            "has a `/` at character {at}, and a service has none in its name"
        ))
        .hint(hint));
    }
    if location.contains('*') {
        return Err(Fault::new("has a `*`, and services are read one by one")
            .hint("a service may usually read only itself"));
    }
    if matches!(location, "." | "..") {
        return Err(Fault::new("names no service"));
    }
    let source = Source {
        service: location.to_owned(),
        part: Part::Whole,
        profile,
    };
    Ok(Place {
        key,
        ..Place::whole(source.into())
    })
}
