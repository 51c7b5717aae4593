//! The layers that options name: paths, and globs of names.

use crate::glob::Glob;
use crate::launch::values::globs;
use crate::options::{LayerKind, UsageError};
use crate::parameter::Presence;
use crate::stores::parameter_store::names;
use crate::stores::{Layer, Source, arn};

/// The layers in the order in which they apply. One that is given twice is read once, counts where
/// it stands last, and is required if it is required anywhere.
///
/// # Errors
///
/// If a text is not what its flag takes.
pub fn parse(texts: &[(String, LayerKind)], label: Option<&str>) -> Result<Vec<Layer>, UsageError> {
    let mut layers: Vec<Layer> = Vec::new();
    let label = || label.map(str::to_owned);
    for (text, kind) in texts {
        let (source, mut presence) = match kind {
            LayerKind::Required => {
                let path = path("--path ", text).map_err(|error| error.about("--path"))?;
                (Source::below(path, label()), Presence::Required)
            }
            LayerKind::Optional => {
                let path = path("--optional-path ", text)
                    .map_err(|error| error.about("--optional-path"))?;
                (Source::below(path, label()), Presence::Optional)
            }
            LayerKind::Names => {
                let glob = names_glob(text).map_err(|error| error.about("--names"))?;
                (Source::matching(glob, label()), Presence::Required)
            }
        };
        if let Some(index) = layers.iter().position(|it| it.source == source)
            && layers.remove(index).presence == Presence::Required
        {
            presence = Presence::Required;
        }
        layers.push(Layer {
            source,
            presence,
            wanted_by: Vec::new(),
        });
    }
    Ok(layers)
}

/// The glob of `--names`, which begins with literal text.
fn names_glob(text: &str) -> Result<Glob, UsageError> {
    let glob = globs("--names", &[text.to_owned()], Glob::for_parameters)?.remove(0);
    let beginning = glob.beginning();
    if beginning.is_empty() {
        return Err(UsageError::new(
            format!("`--names {text}` does not begin with literal text"),
            "begin with literal text, such as `prd.app.*`: all names of the account would have to be searched otherwise",
        ));
    }
    if beginning == text {
        return Err(UsageError::new(
            format!("`--names {text}` is one name, not a pattern"),
            format!("use `--secret NAME={text}`, or `--names '{text}*'`"),
        ));
    }
    names::valid_name(beginning).map_err(|why| {
        UsageError::new(
            format!("`{beginning}`, with which `--names` begins, {why}"),
            "names contain only letters, digits, `_`, `.`, `-` and `/`",
        )
    })?;
    Ok(glob)
}

/// A path in the one form in which we compare and send it: no doubled `/`, none at its end. `flag`
/// is what stands before it, with a space, if anything does.
pub fn path(flag: &str, text: &str) -> Result<String, UsageError> {
    if text.is_empty() {
        let what = match flag.trim_end() {
            "" => "the path is empty".to_owned(),
            flag => format!("`{flag}` is empty"),
        };
        return Err(UsageError::new(
            what,
            "a path begins with `/`, such as /prd/app; was a variable not set?",
        ));
    }
    if arn::is_meant(text) {
        return Err(UsageError::new(
            format!("`{flag}{text}` is an ARN, not a path"),
            "a path begins with `/`, such as /prd/app; a single parameter by its ARN is `--secret \
             NAME=ARN`",
        ));
    }
    if !text.starts_with('/') {
        return Err(UsageError::new(
            format!("`{flag}{text}` is not a path: it does not begin with `/`"),
            match flag {
                "" => format!("did you mean `/{text}`?"),
                _ => {
                    format!("did you mean `/{text}`? a single parameter is `--secret NAME={text}`")
                }
            },
        ));
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    let path = format!("/{}", parts.join("/"));
    if path != "/" {
        names::valid_name(&path).map_err(|why| {
            UsageError::new(
                format!("`{flag}{text}` is not a path: it {why}"),
                "check for characters that the shell should have removed",
            )
        })?;
    }
    Ok(path)
}
