//! A request's fields, read as strictly as the service reads them.

use serde_json::{Map, Value};

use super::ApiError;

/// The JSON object that a client sent.
pub(crate) struct Input<'a>(&'a Map<String, Value>);

impl<'a> Input<'a> {
    pub(crate) fn new(body: &'a Value) -> Result<Self, ApiError> {
        body.as_object().map(Self).ok_or_else(wrong_type)
    }

    fn get(&self, field: &str) -> Option<&'a Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, field: &str) -> Result<Option<&'a str>, ApiError> {
        self.get(field)
            .map(|value| value.as_str().ok_or_else(wrong_type))
            .transpose()
    }

    pub(crate) fn required_text(&self, field: &str) -> Result<&'a str, ApiError> {
        self.text(field)?.ok_or_else(|| missing(field))
    }

    pub(crate) fn flag(&self, field: &str) -> Result<bool, ApiError> {
        match self.get(field) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(wrong_type),
        }
    }

    pub(crate) fn number(&self, field: &str) -> Result<Option<i64>, ApiError> {
        self.get(field)
            .map(|value| value.as_i64().ok_or_else(wrong_type))
            .transpose()
    }

    /// `MaxResults`, between 1 and `most`, which is also the default.
    pub(crate) fn max_results(&self, most: usize) -> Result<usize, ApiError> {
        let Some(number) = self.number("MaxResults")? else {
            return Ok(most);
        };
        let bound = match usize::try_from(number) {
            Ok(wanted) if (1..=most).contains(&wanted) => return Ok(wanted),
            Ok(wanted) if wanted > most => format!("less than or equal to {most}"),
            _ => String::from("greater than or equal to 1"),
        };
        Err(ApiError::constraint(
            "maxResults",
            &format!("'{number}'"),
            &format!("Member must have value {bound}"),
        ))
    }

    pub(crate) fn list(&self, field: &str) -> Result<Option<&'a [Value]>, ApiError> {
        self.get(field)
            .map(|value| value.as_array().map(Vec::as_slice).ok_or_else(wrong_type))
            .transpose()
    }

    /// A required list of strings, of 1 to `most` entries.
    pub(crate) fn texts(&self, field: &str, most: usize) -> Result<Vec<&'a str>, ApiError> {
        let list = self.list(field)?.ok_or_else(|| missing(field))?;
        if list.is_empty() || list.len() > most {
            let bound = match list.len() {
                0 => String::from("greater than or equal to 1"),
                _ => format!("less than or equal to {most}"),
            };
            let shown = Value::from(list).to_string();
            return Err(ApiError::constraint(
                &lower_first(field),
                &format!("'{shown}'"),
                &format!("Member must have length {bound}"),
            ));
        }
        list.iter()
            .map(|value| value.as_str().ok_or_else(wrong_type))
            .collect()
    }

    /// `Tags`, as pairs of key and value.
    pub(crate) fn tags(&self) -> Result<Vec<(String, String)>, ApiError> {
        let mut tags = Vec::new();
        for tag in self.list("Tags")?.unwrap_or_default() {
            let tag = Input::new(tag)?;
            tags.push((
                tag.required_text("Key")?.to_owned(),
                tag.required_text("Value")?.to_owned(),
            ));
        }
        Ok(tags)
    }
}

pub(crate) fn missing(field: &str) -> ApiError {
    ApiError::constraint(&lower_first(field), "null", "Member must not be null")
}

fn wrong_type() -> ApiError {
    ApiError::bare("SerializationException")
}

fn lower_first(field: &str) -> String {
    let mut characters = field.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}
