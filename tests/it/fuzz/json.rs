//! A reader of JSON that is as lax as any may be, and no laxer: it requires only that a document is
//! all there. So it can judge a reader that it shares nothing with.
//!
//! What RFC 8259 forbids and readers take all the same without harm: control characters in text,
//! numbers of an odd form, and halves of surrogate pairs in text that is not read.

/// A value; numbers, `true`, `false` and `null` are not distinguished further than is needed.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    /// Any other word or number.
    Plain,
    /// `None` if it is no Unicode.
    Text(Option<String>),
    List(Vec<Json>),
    Object(Vec<(Option<String>, Json)>),
}

impl Json {
    /// Reads a whole document.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?;
        let mut reader = Reader {
            rest: text,
            depth: 0,
        };
        let value = reader.value()?;
        reader.skip_blanks();
        reader.rest.is_empty().then_some(value)
    }

    /// The field of this name. Of several the last one counts, and a null takes nothing away.
    pub fn field(&self, name: &str) -> Option<&Self> {
        let Self::Object(fields) = self else {
            return None;
        };
        let namesakes = || {
            fields
                .iter()
                .rev()
                .filter(|(own, _)| own.as_deref() == Some(name))
        };
        let found = namesakes().find(|(_, value)| *value != Self::Null);
        found.or(namesakes().next()).map(|(_, value)| value)
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => text.as_deref(),
            _ => None,
        }
    }
}

/// No answer is nested deeper.
const DEEPEST: usize = 512;

struct Reader<'t> {
    rest: &'t str,
    depth: usize,
}

impl Reader<'_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    /// Takes this character after blanks, if it is there.
    fn take(&mut self, character: char) -> Option<()> {
        self.skip_blanks();
        self.rest = self.rest.strip_prefix(character)?;
        Some(())
    }

    fn value(&mut self) -> Option<Json> {
        self.skip_blanks();
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let value = match self.rest.chars().next()? {
            '"' => Json::Text(self.string()?),
            '[' => Json::List(self.listed(']', |reader| reader.value())?),
            '{' => Json::Object(self.listed('}', |reader| {
                reader.skip_blanks();
                let name = reader.string()?;
                reader.take(':')?;
                Some((name, reader.value()?))
            })?),
            _ => self.word()?,
        };
        self.depth -= 1;
        Some(value)
    }

    /// What stands between an opening and an end, separated by commas.
    fn listed<T>(
        &mut self,
        end: char,
        mut item: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.rest = &self.rest[1..];
        let mut items = Vec::new();
        if self.take(end).is_some() {
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            if self.take(end).is_some() {
                return Some(items);
            }
            self.take(',')?;
        }
    }

    /// A text with its quotes: `Some(None)` if it is one, but no Unicode.
    fn string(&mut self) -> Option<Option<String>> {
        let mut units: Vec<u16> = Vec::new();
        let mut characters = self.rest.strip_prefix('"')?.chars();
        loop {
            match characters.next()? {
                '"' => break,
                '\\' => units.push(match characters.next()? {
                    'b' => 8,
                    't' => 9,
                    'n' => 10,
                    'f' => 12,
                    'r' => 13,
                    'u' => {
                        let mut unit = 0;
                        for _ in 0..4 {
                            unit =
                                unit * 16 + u16::try_from(characters.next()?.to_digit(16)?).ok()?;
                        }
                        unit
                    }
                    character @ ('"' | '\\' | '/') => u16::try_from(u32::from(character)).ok()?,
                    _ => return None,
                }),
                character => units.extend(character.encode_utf16(&mut [0; 2]).iter()),
            }
        }
        self.rest = characters.as_str();
        Some(String::from_utf16(&units).ok())
    }

    fn word(&mut self) -> Option<Json> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let is_number = word.contains(|c: char| c.is_ascii_digit())
            && word
                .chars()
                .all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
        match word {
            "null" => Some(Json::Null),
            "true" | "false" => Some(Json::Plain),
            _ if is_number => Some(Json::Plain),
            _ => None,
        }
    }
}

#[test]
fn a_document_is_read_if_it_is_all_there() {
    let text = |text: &str| Json::Text(Some(text.to_owned()));
    let document = Json::read(
        b" {\"a\":[1,-2e3,null,\"x\\n\\u00e9\\ud83d\\ude00\\/\"], \"b\":{}, \"a\" : true}\n",
    );
    let document = document.unwrap();
    assert_eq!(document.field("b"), Some(&Json::Object(Vec::new())));
    assert_eq!(document.field("a"), Some(&Json::Plain));
    let Json::Object(fields) = &document else {
        panic!("{document:?}");
    };
    let list = vec![Json::Plain, Json::Plain, Json::Null, text("x\né😀/")];
    assert_eq!(fields[0].1, Json::List(list));
    assert_eq!(Json::read(b"\"\\ud800\""), Some(Json::Text(None)));
    for part in [
        "",
        "{",
        "[",
        "\"",
        "\"a",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "[1,]",
        "[1",
        "1 2",
        "{}}",
        "nul",
        "\"\\x\"",
        "\"\\u12\"",
        "{a:1}",
        "[,1]",
        "\u{feff}{}",
    ] {
        assert_eq!(Json::read(part.as_bytes()), None, "{part}");
    }
}
