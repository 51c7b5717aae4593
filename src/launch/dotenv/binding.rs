//! One assignment, as one of the readers reads it.

use std::ops::Range;

use crate::secret::Secret;

/// One assignment, as one of the readers reads it.
#[derive(Debug)]
pub struct Binding {
    /// The lines of the text that belong to it, counted from 1.
    pub first: usize,
    pub last: usize,
    pub name: String,
    pub value: Secret,
}

/// The assignments of a text, as they are found.
pub struct Bindings<'t> {
    text: &'t str,
    /// Where each line ends.
    ends: Vec<usize>,
    found: Vec<Binding>,
}

impl<'t> Bindings<'t> {
    pub fn of(text: &'t str) -> Self {
        Self {
            text,
            ends: text.match_indices('\n').map(|(place, _)| place).collect(),
            found: Vec::new(),
        }
    }

    /// Adds the one between two places, the second one after its last character.
    pub fn add(&mut self, places: Range<usize>, name: &str, value: String) {
        let source = &self.text[places.clone()];
        let end = places.start + source.trim_end_matches('\n').len();
        self.found.push(Binding {
            first: self.line_at(places.start),
            last: self.line_at(end),
            name: name.to_owned(),
            value: Secret::new(value),
        });
    }

    pub fn found(self) -> Vec<Binding> {
        self.found
    }

    /// The number of the line at a place, counted from 1.
    fn line_at(&self, place: usize) -> usize {
        self.ends.partition_point(|&end| end < place) + 1
    }
}
