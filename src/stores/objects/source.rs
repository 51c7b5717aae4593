//! The objects of S3.
#![forbid(unsafe_code)]

use std::fmt;

use crate::stores::encoding::encode;

/// How a place in S3 begins, and so the name of everything that is read there.
const SCHEME: &str = "s3://";

/// One object at one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    pub bucket: String,
    /// Its name in the bucket. A `/` at its beginning belongs to it.
    pub key: String,
    /// The identifier of the version; the current one without it.
    pub version: Option<String>,
    /// The format that its place gives.
    pub format: Option<Format>,
}

/// The formats of objects that contain several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    Dotenv,
    Json,
    Yaml,
    Properties,
}

impl Format {
    /// Each with its name in a place, and the ends of names that mean it.
    pub const ALL: [(Self, &str, &[&str]); 4] = [
        (Self::Dotenv, "dotenv", &[".env"]),
        (Self::Json, "json", &[".json"]),
        (Self::Yaml, "yaml", &[".yaml", ".yml"]),
        (Self::Properties, "properties", &[".properties"]),
    ];

    /// The format of this name in a place.
    pub fn parse(text: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(format, name, _)| (name == text).then_some(format))
    }

    fn name(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(format, name, _)| (format == self).then_some(name))
            .unwrap_or_default()
    }
}

impl Source {
    /// The format of its content, if its place gives it, or its name ends like that of one.
    pub fn format(&self) -> Option<Format> {
        let key = self.key.to_ascii_lowercase();
        let ends = |ends: &[&str]| ends.iter().any(|end| key.ends_with(end));
        let mut all = Format::ALL.into_iter();
        let by_name = || all.find_map(|(format, _, its)| ends(its).then_some(format));
        self.format.or_else(by_name)
    }

    /// Its name, with the scheme.
    pub fn name(&self) -> String {
        let mut name = SCHEME.to_owned();
        encode(&mut name, &self.bucket);
        name.push('/');
        encode(&mut name, &self.key);
        name
    }

    /// The options of its place that are its own.
    pub fn options(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let format = self.format.map(Format::name);
        let options = [("version", self.version.as_deref()), ("format", format)];
        options
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
    }
}

/// As a place is written, without its options.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_follows_from_the_end_of_a_name_unless_the_place_gives_it() {
        for (key, given, expected) in [
            ("prd.env", None, Some(Format::Dotenv)),
            ("app/.env", None, Some(Format::Dotenv)),
            ("PRD.ENV", None, Some(Format::Dotenv)),
            ("prd.json", None, Some(Format::Json)),
            ("prd.yml", None, Some(Format::Yaml)),
            ("prd.yaml", None, Some(Format::Yaml)),
            ("app.properties", None, Some(Format::Properties)),
            ("app.jks", None, None),
            ("env", None, None),
            ("prd.env.json/x", None, None),
            ("prd.env", Some(Format::Json), Some(Format::Json)),
            ("secrets", Some(Format::Dotenv), Some(Format::Dotenv)),
        ] {
            let source = Source {
                bucket: "b".to_owned(),
                key: key.to_owned(),
                version: None,
                format: given,
            };
            assert_eq!(source.format(), expected, "{key}");
        }
    }
}
