//! What a place names in a file of Biscuit.
#![forbid(unsafe_code)]

use super::syntax::{Fault, Place};
use crate::stores::biscuit::{self, TEMPLATE};

/// What a location names: the path of a file, and the name of one secret in it, or all of them. `start` is
/// the number of characters before it.
///
/// # Errors
///
/// What no file can be, and the entry that is no secret.
pub fn parse(text: &str, start: usize, name: Option<String>) -> Result<Place, Fault> {
    let example = "such as `biscuit:///etc/app.yml#db`, or `biscuit://./app.yml`";
    if text.trim_matches('/').is_empty() {
        return Err(Fault::new("names no file").hint(example));
    }
    if !["/", "./", "../"].iter().any(|it| text.starts_with(it)) {
        return Err(Fault::new(format!(
            "has a path that begins with neither `/` nor `./`, at character {}",
            start + 1
        ))
        .hint(match text.starts_with('~') {
            true => {
                "write the whole path: `~` is replaced by shells, and not in a place".to_owned()
            }
            false => format!("did you mean `biscuit://./{text}`?"),
        }));
    }
    if text.ends_with(['/', '*']) {
        return Err(Fault::new("names no file").hint(
            "one file is read: all its secrets, or one as `#NAME`; `--only` and `--exclude` take patterns",
        ));
    }
    if name.as_deref() == Some(TEMPLATE) {
        return Err(Fault::new(format!(
            "names `{TEMPLATE}`, which has the keys of new secrets, and is none"
        )));
    }
    let source = biscuit::Source {
        path: text.to_owned(),
        name,
    };
    Ok(Place::whole(source.into()))
}
