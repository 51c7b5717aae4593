//! What a place names in Parameter Store.
#![forbid(unsafe_code)]

use super::syntax::{Fault, Place, flat};
use crate::aws::arn;
use crate::stores::parameter_store::{self, names, names::Selector};

/// What a location names in Parameter Store.
///
/// # Errors
///
/// What no parameter or set of them can be called.
pub fn parse(text: &str, key: Option<String>) -> Result<Place, Fault> {
    let source = if text.is_empty() {
        return Err(Fault::new("names no parameter").hint("such as `ssm:///prd/app/db`"));
    } else if !arn::is_meant(text) && !text.starts_with('/') && text.contains('/') {
        return Err(
            Fault::new("names a parameter in a hierarchy without its first `/`")
                .hint(format!("did you mean `ssm:///{text}`?")),
        );
    } else if text.ends_with('/') && text.starts_with('/') {
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
        let path = format!("/{}", parts.join("/"));
        if path != "/" {
            names::valid_name(&path)?;
        }
        parameter_store::Source::Below { path, label: None }
    } else if text.contains('*') {
        let glob = flat(text)?;
        names::valid_name(glob.beginning())?;
        parameter_store::Source::Matching { glob, label: None }
    } else {
        let selector = Selector::parse(text)?;
        if selector.base().ends_with('/') {
            return Err(Fault::new("has a version or label after its `/`")
                .hint("a path is read at a label with `--label`"));
        }
        if !selector.has_plain_suffix() {
            return Err("names an invalid version or label: only letters, digits, `_`, `.` and `-` are allowed".into());
        }
        parameter_store::Source::One(selector)
    };
    Ok(Place {
        key,
        ..Place::whole(source.into())
    })
}
