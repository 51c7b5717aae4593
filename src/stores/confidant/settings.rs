//! The settings of Confidant's own client, from the file that it reads (confidant-client 2.7.1).

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;

use crate::aws::files;
use crate::aws::region;
use crate::aws::role::{self, Role};
use crate::net::environment::Variables;
use crate::net::progress::Progress;
use crate::net::transport::{Presented, Transport};
use crate::net::trust::Sources;
use crate::stores::confidant::config::{self, Node};
use crate::stores::error::Error;
use crate::stores::remote::{self, setting};

/// The files, of which the first that exists is read.
pub const FILES: [&str; 2] = ["~/.confidant", "/etc/confidant/config"];
/// The profile that is read unless a place names another.
const PROFILE: &str = "default";

/// How long a token lives, in minutes, unless the file says otherwise.
const LIFETIME: u32 = 10;
/// So many minutes of it are in the past, for clocks that are slow.
pub const SKEW: u32 = 3;
/// The longest life that a server accepts (`AUTH_TOKEN_MAX_LIFETIME`, by default). A token is used
/// once, at once.
const LONGEST: u32 = 60;

/// The variables that name certificates to trust for the client: it uses `requests`.
const BUNDLES: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

/// The settings of one profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The file that was read.
    pub file: &'static str,
    /// Without a `/` at its end.
    pub url: String,
    /// The key that encrypts tokens: an ARN, an alias with `alias/`, or an id.
    pub key: String,
    pub context: Context,
    /// How long a token lives, in minutes.
    pub lifetime: u32,
    /// The region of AWS KMS.
    pub region: Option<String>,
    pub role: Option<Role>,
    /// The certificates to trust.
    trusted: Option<PathBuf>,
}

/// As which principal a token is for which server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    pub from: String,
    pub to: String,
    pub version: Version,
}

/// The version of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// For services alone.
    One,
    /// With the kind of its owner: `service` or `user`.
    Two { user_type: String },
}

impl Context {
    /// The encryption context of a token.
    pub fn pairs(&self) -> BTreeMap<String, String> {
        let user_type = match &self.version {
            Version::One => None,
            Version::Two { user_type } => Some(("user_type", user_type)),
        };
        let pairs = [("to", &self.to), ("from", &self.from)];
        let pairs = pairs.into_iter().chain(user_type);
        pairs
            .map(|(key, value)| (key.to_owned(), value.clone()))
            .collect()
    }

    /// Whose token it is, as the server is told.
    pub fn username(&self) -> String {
        match &self.version {
            Version::One => self.from.clone(),
            Version::Two { user_type } => format!("2/{user_type}/{}", self.from),
        }
    }
}

impl Settings {
    /// The way to the server.
    pub fn transport(&self) -> Result<Transport, Error> {
        let in_environment = || {
            let set = |name| Some((name, PathBuf::from(Variables.os(name)?)));
            BUNDLES.into_iter().find_map(set)
        };
        let trusted = self.trusted.clone().map(|path| ("verify", path));
        let (mut file, mut directory) = (trusted.or_else(in_environment), None);
        if file.as_ref().is_some_and(|(_, path)| path.is_dir()) {
            directory = file.take();
        }
        let sources = Sources::named(file, directory, &Variables);
        let presented = Presented {
            identity: None,
            server_name: None,
        };
        Transport::to_server(&Variables, sources, presented).map_err(Error::internal)
    }
}

/// The settings without a network call, and without a deadline.
///
/// # Errors
///
/// What is missing or wrong.
pub fn configured(profile: Option<&str>) -> Result<Settings, Error> {
    read(profile, &Progress::start(None))
}

/// The settings of a profile, of the first file that exists.
///
/// # Errors
///
/// What is missing or wrong, and in which file.
pub fn read(profile: Option<&str>, progress: &Progress) -> Result<Settings, Error> {
    for file in FILES {
        if let Some(text) = files::text(OsStr::new(file), None, progress)? {
            return of_text(&text, file, profile.unwrap_or(PROFILE));
        }
    }
    Err(setting(
        format!("neither `{}` nor `{}` exists", FILES[0], FILES[1]),
        Some(
            "Confidant is read with the settings of its own client: `default: {url: https://…, \
             auth_key: alias/…, auth_context: {from: SERVICE, to: …, user_type: service}}`"
                .to_owned(),
        ),
    ))
}

fn of_text(text: &str, file: &'static str, profile: &str) -> Result<Settings, Error> {
    let wrong = |what: String, hint: &str| {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        setting(what, hint)
    };
    let root = config::read(text).map_err(|why| {
        wrong(
            format!("`{file}` cannot be read: {why}"),
            "it is YAML or JSON",
        )
    })?;
    if !matches!(root, Node::Mapping(_)) {
        return Err(wrong(
            format!("`{file}` contains no profiles"),
            "it is a mapping of profiles, such as `default: {url: …}`",
        ));
    }
    let Some(all) = root.get(profile) else {
        return Err(wrong(
            format!("`{file}` has no profile `{profile}`"),
            "a place names another with `?confidant-profile=NAME`",
        ));
    };
    let section = Section {
        file,
        profile,
        node: all,
    };
    let url = section.required("url", "such as `https://confidant.example.com`")?;
    let name = format!("url` in `{file}");
    let url = remote::address(&name, &url, "https://confidant.example.com")?;
    let key = section.required("auth_key", "such as `alias/authnz-production`, or an ARN")?;
    let version = section.number("token_version")?.unwrap_or(2);
    let lifetime = section.number("token_lifetime")?.unwrap_or(LIFETIME);
    if lifetime <= SKEW {
        return Err(wrong(
            format!("`token_lifetime` of `{profile}` in `{file}` is {lifetime} minutes"),
            "3 of them are in the past, for clocks that are slow: the least is 4, and 10 is usual",
        ));
    }
    let context = Section {
        node: section.node.get("auth_context").unwrap_or(&Node::Other),
        ..section
    };
    let part = |key: &'static str, hint: &str| {
        let value = context.required_of("auth_context", key, hint)?;
        let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'/';
        match value.bytes().all(fits) {
            true => Ok(value),
            false => Err(wrong(
                format!("`auth_context.{key}` of `{profile}` in `{file}` is no name"),
                "it is that of a role or a user of IAM, or `service` or `user`",
            )),
        }
    };
    let context = Context {
        from: part(
            "from",
            "the service that reads, which is also its role in IAM",
        )?,
        to: part("to", "the role in IAM of the server of Confidant")?,
        version: match version {
            1 => Version::One,
            2 => Version::Two {
                user_type: part("user_type", "`service` or `user`")?,
            },
            other => {
                return Err(wrong(
                    format!("`token_version` of `{profile}` in `{file}` is {other}"),
                    "tokens have version 1 or 2",
                ));
            }
        },
    };
    let region = section.text("region")?;
    if let Some(region) = region.as_ref().filter(|it| !region::is_label(it)) {
        return Err(wrong(
            format!(
                "`region` of `{profile}` in `{file}` is `{region}`, which cannot be an AWS region"
            ),
            &region::hint(region),
        ));
    }
    let role = section.text("assume_role")?.map(|text| {
        role::role(&text).map_err(|flaw| {
            wrong(
                format!(
                    "`assume_role` of `{profile}` in `{file}` is `{text}`, which {}",
                    flaw.what
                ),
                "the client of Confidant finds the account of a role by its name in IAM; here it has \
                 to be a whole ARN, in the file or as `role=ARN` in the place",
            )
        })
    });
    let role = role.transpose()?;
    Ok(Settings {
        file,
        url,
        key,
        context,
        lifetime: lifetime.min(LONGEST),
        region,
        role,
        trusted: section.verify()?,
    })
}

/// A mapping of the file, for messages with its place.
#[derive(Clone, Copy)]
struct Section<'n> {
    file: &'static str,
    profile: &'n str,
    node: &'n Node,
}

impl Section<'_> {
    fn at(&self) -> String {
        format!("of `{}` in `{}`", self.profile, self.file)
    }

    fn text(&self, key: &str) -> Result<Option<String>, Error> {
        match self.node.get(key) {
            None => Ok(None),
            Some(node) => match node.text() {
                Some("") => Ok(None),
                Some(text) => Ok(Some(text.to_owned())),
                None => {
                    let what = format!("`{key}` {} is no text", self.at());
                    Err(setting(what, None))
                }
            },
        }
    }

    fn required(&self, key: &str, hint: &str) -> Result<String, Error> {
        self.text(key)?.ok_or_else(|| {
            let what = format!(
                "`{key}` is missing in `{}` of `{}`",
                self.profile, self.file
            );
            setting(what, Some(hint.to_owned()))
        })
    }

    /// What is required in a mapping of the profile.
    fn required_of(&self, mapping: &str, key: &str, hint: &str) -> Result<String, Error> {
        self.text(key)?.ok_or_else(|| {
            let (profile, file) = (self.profile, self.file);
            let what = format!("`{mapping}.{key}` is missing in `{profile}` of `{file}`");
            setting(what, Some(hint.to_owned()))
        })
    }

    fn number(&self, key: &str) -> Result<Option<u32>, Error> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        match text.parse() {
            Ok(number) if text.bytes().all(|it| it.is_ascii_digit()) => Ok(Some(number)),
            _ => Err(setting(format!("`{key}` {} is no number", self.at()), None)),
        }
    }

    /// The certificates that are trusted instead of those of the system.
    fn verify(&self) -> Result<Option<PathBuf>, Error> {
        let Some(node) = self.node.get("verify") else {
            return Ok(None);
        };
        match (node.boolean(), node) {
            (Some(true), _) => Ok(None),
            // What is false to Python turns verification off too.
            (Some(false), _) | (None, Node::Text { plain: true, .. })
                if node.boolean() == Some(false) || node.text() == Some("0") =>
            {
                Err(self.unverified())
            }
            (None, Node::Text { text, .. }) if text.is_empty() => Err(self.unverified()),
            (_, Node::Text { text, .. }) if text == "1" => Ok(None),
            (_, Node::Text { text, .. }) => Ok(Some(PathBuf::from(text))),
            _ => {
                let what = format!("`verify` {} is neither a boolean nor a path", self.at());
                Err(setting(what, None))
            }
        }
    }

    fn unverified(&self) -> Error {
        let what = format!(
            "`verify` {} is false, and certificates are always verified",
            self.at()
        );
        let hint = "write the path of the certificate of the authority there, `verify: /…/ca.pem`, or \
                    remove it";
        setting(what, Some(hint.to_owned()))
    }
}
