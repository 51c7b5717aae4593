//! What a place names in Keywhiz.
#![forbid(unsafe_code)]

use super::syntax::{Fault, Place, decoded, position};
use crate::net::authority::Authority;
use crate::stores::keywhiz::{PORT, Server, Source, What};

/// What a location names: `HOST[:PORT]/NAME`, or `HOST/` for all secrets of the client. It is still
/// encoded: any text can be a name. `start` is the number of characters before it.
///
/// # Errors
///
/// What no server or secret can be called.
pub fn parse(text: &str, start: usize, key: Option<String>, json: bool) -> Result<Place, Fault> {
    let example = "such as `keywhiz://keywhiz.example.com/db-password`, or \
                   `keywhiz://keywhiz.example.com/` for all secrets of the client";
    let Some((host, name)) = text.split_once('/') else {
        return Err(Fault::new("names no secret").hint(match text.is_empty() {
            true => example.to_owned(),
            false => format!("`keywhiz://{text}/` is all secrets of the client"),
        }));
    };
    if host.is_empty() {
        return Err(Fault::new("names no server").hint(example));
    }
    let authority = Authority::parse(host).map_err(|why| Fault {
        secret: host.contains('@'),
        ..Fault::new(why).hint(example)
    })?;
    if authority.userinfo.is_some() {
        return Err(Fault {
            secret: true,
            ..Fault::new(format!(
                "has a name before its host, at character {}",
                start + 1
            ))
            .hint("the server knows its clients by certificates: `KEYWHIZ_CERT` names the file")
        });
    }
    let server = Server {
        host: authority.host.to_ascii_lowercase(),
        port: authority.port.unwrap_or(PORT),
    };
    if format!("{}/", server.url()).parse::<http::Uri>().is_err() {
        return Err(Fault::new("has a host with a character that no host has").hint(example));
    }
    let at = start + position(text, name) - 1;
    let what = match name {
        "" => What::All,
        _ if name.contains('*') => {
            return Err(Fault::new("has a `*`").hint(
                "all secrets of the client are read with `/` after the host; `--only` and `--exclude` take \
                 patterns; one that is a part of a name is written `%2A`",
            ));
        }
        _ if name.ends_with('/') => {
            return Err(Fault::new("names a folder, and a server has none").hint(
                "all secrets of the client are read with `/` after the host; `--only` and `--exclude` take \
                 patterns",
            ));
        }
        name => What::One(decoded(name, at)?),
    };
    let source = Source { server, what, json };
    Ok(Place {
        key,
        ..Place::whole(source.into())
    })
}
