//! JSON whose values are kept as they are written: a number of 20 digits stays one.
#![forbid(unsafe_code)]

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in order, with duplicates, each value as it is written.
pub struct Members<'a>(pub Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// What a value is if it is neither text, a number nor a boolean.
pub fn unfit(raw: &RawValue) -> Option<&'static str> {
    match raw.get().as_bytes().first() {
        Some(b'{') => Some("an object"),
        Some(b'[') => Some("a list"),
        Some(b'n') => Some("null"),
        _ => None,
    }
}

/// The text of a value: that of a text, and all others as they are written. `None` if it is a text
/// that is not Unicode. The error of the parser can repeat a value, and is dropped.
pub fn text(raw: &RawValue) -> Option<String> {
    match raw.get().starts_with('"') {
        true => serde_json::from_str(raw.get()).ok(),
        false => Some(raw.get().to_owned()),
    }
}
