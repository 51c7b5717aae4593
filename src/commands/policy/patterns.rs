//! Globs of names, as patterns of IAM.
//!
//! IAM has `*` for any number of characters and `?` for one, and both match `/` too (IAM User Guide,
//! "IAM JSON policy elements: Resource"). So braces and small classes become several patterns, and
//! what IAM cannot express becomes the next larger pattern.
#![forbid(unsafe_code)]

use std::iter::Peekable;
use std::str::Chars;

/// The most patterns of one glob.
const MOST: usize = 64;
/// The most members of a class that becomes one pattern for each; a larger one becomes `?`.
const MOST_MEMBERS: usize = 10;

/// What is allowed for a glob.
#[derive(Debug, PartialEq, Eq)]
pub struct Patterns {
    /// None if no name can match.
    pub patterns: Vec<String>,
    /// Whether the glob has so many alternatives that `*` replaces them.
    pub widened: bool,
}

impl Patterns {
    /// The narrowest patterns that match all names of parameters that a glob does (PutParameter,
    /// `Name`).
    pub fn of(glob: &str) -> Self {
        Self::among(glob, |it| it.is_ascii_alphanumeric() || "_.-/".contains(it))
    }

    /// The same for names of secrets (CreateSecret, `Name`).
    pub fn of_secrets(glob: &str) -> Self {
        Self::among(glob, |it| {
            it.is_ascii_alphanumeric() || "/_+=.@-".contains(it)
        })
    }

    /// The same for names of these characters.
    fn among(glob: &str, is_of_names: IsOfNames) -> Self {
        let tokens = Parser::new(glob, is_of_names).tokens();
        let [exact, coarser, coarsest] = [
            Detail {
                classes: true,
                braces: true,
            },
            Detail {
                classes: false,
                braces: true,
            },
            Detail {
                classes: false,
                braces: false,
            },
        ];
        let fits = |detail: &&Detail| count(&tokens, **detail) <= MOST;
        let detail = [exact, coarser].iter().find(fits).copied();
        // `a*` stands for `ab` too.
        let patterns = widest(expand(&tokens, detail.unwrap_or(coarsest), is_of_names));
        Self {
            patterns,
            widened: detail.is_none(),
        }
    }
}

/// The patterns without those that another one matches already.
pub fn widest(patterns: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for pattern in patterns {
        if !is_covered(&pattern, &kept) {
            kept.retain(|other| !covers(&pattern, other));
            kept.push(pattern);
        }
    }
    kept
}

/// Whether one of these patterns matches all that a pattern does.
pub fn is_covered(pattern: &str, others: &[String]) -> bool {
    others.iter().any(|other| covers(other, pattern))
}

/// Whether a pattern of IAM matches all that another one matches; never `true` by mistake.
fn covers(pattern: &str, other: &str) -> bool {
    let literal = pattern.split(['*', '?']).next().unwrap_or_default();
    if literal.len() == pattern.len() || !other.starts_with(literal) {
        return pattern == other;
    }
    let (pattern, other) = (pattern.as_bytes(), other.as_bytes());
    // The state for each beginning of `other`: whether the pattern so far matches it.
    let mut matched = vec![false; other.len() + 1];
    matched[0] = true;
    for &byte in pattern {
        let mut next = vec![false; other.len() + 1];
        next[0] = byte == b'*' && matched[0];
        for (index, &wanted) in other.iter().enumerate() {
            next[index + 1] = match byte {
                b'*' => next[index] || matched[index + 1],
                b'?' => matched[index] && wanted != b'*',
                byte => matched[index] && wanted == byte,
            };
        }
        matched = next;
    }
    matched[other.len()]
}

/// A part of a glob, as the crate `globset` reads it.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`
    Any,
    /// `*`
    Star,
    /// `**/` at the beginning, which only a branch of braces can have.
    Prefix,
    /// `/**/`
    Between,
    /// `/**` at the end.
    Suffix,
    /// The members of a class, if those are few.
    Class(Option<Vec<char>>),
    Braces(Vec<Vec<Token>>),
}

/// Whether names can contain a character.
type IsOfNames = fn(char) -> bool;

/// What is expressed by several patterns.
#[derive(Debug, Clone, Copy)]
struct Detail {
    classes: bool,
    braces: bool,
}

/// The number of patterns, before those that others cover are removed.
fn count(tokens: &[Token], detail: Detail) -> usize {
    let counts = tokens.iter().map(|token| match token {
        Token::Class(Some(members)) if detail.classes => members.len().max(1),
        Token::Prefix | Token::Between if detail.braces => 2,
        Token::Braces(branches) if detail.braces => branches
            .iter()
            .map(|branch| count(branch, detail))
            .fold(0, usize::saturating_add)
            .max(1),
        _ => 1,
    });
    counts.fold(1, usize::saturating_mul)
}

/// All patterns of these tokens.
fn expand(tokens: &[Token], detail: Detail, is_of_names: IsOfNames) -> Vec<String> {
    let mut patterns = vec![String::new()];
    for token in tokens {
        let endings: Vec<String> = match token {
            Token::Literal(one) if is_of_names(*one) => vec![one.to_string()],
            // No name contains it.
            Token::Literal(_) => Vec::new(),
            Token::Any => vec!["?".to_owned()],
            Token::Star => vec!["*".to_owned()],
            Token::Prefix if detail.braces => vec![String::new(), "*/".to_owned()],
            Token::Prefix => vec!["*".to_owned()],
            Token::Between if detail.braces => vec!["/".to_owned(), "/*/".to_owned()],
            Token::Between | Token::Suffix => vec!["/*".to_owned()],
            Token::Class(Some(members)) if detail.classes || members.is_empty() => {
                members.iter().map(char::to_string).collect()
            }
            Token::Class(_) => vec!["?".to_owned()],
            // As globset has it, braces that match only the empty text match nothing of a name.
            Token::Braces(branches) if branches.iter().all(|it| is_empty(it)) => continue,
            Token::Braces(branches) if detail.braces => {
                let branches = branches.iter().filter(|branch| !is_empty(branch));
                branches
                    .flat_map(|branch| expand(branch, detail, is_of_names))
                    .collect()
            }
            Token::Braces(_) => vec!["*".to_owned()],
        };
        let pairs = patterns.iter().flat_map(|pattern| {
            let joined = endings.iter().map(move |ending| {
                match pattern.ends_with('*') && ending.starts_with('*') {
                    true => format!("{pattern}{}", &ending[1..]),
                    false => format!("{pattern}{ending}"),
                }
            });
            joined.collect::<Vec<_>>()
        });
        patterns = pairs.collect();
    }
    patterns
}

/// Whether a branch has no text; globset leaves it out.
fn is_empty(branch: &[Token]) -> bool {
    branch.iter().all(|token| match token {
        Token::Braces(branches) => branches.iter().all(|it| is_empty(it)),
        _ => false,
    })
}

/// Reads a glob that globset has accepted, in the same way.
struct Parser<'g> {
    characters: Peekable<Chars<'g>>,
    /// The character before.
    before: Option<char>,
    /// How deep in braces.
    depth: usize,
    is_of_names: IsOfNames,
}

impl<'g> Parser<'g> {
    fn new(glob: &'g str, is_of_names: IsOfNames) -> Self {
        Self {
            characters: glob.chars().peekable(),
            before: None,
            depth: 0,
            is_of_names,
        }
    }

    /// The tokens up to the end of the glob, or of a branch of braces.
    fn tokens(&mut self) -> Vec<Token> {
        let mut tokens = Vec::new();
        while let Some(&next) = self.characters.peek() {
            if self.depth > 0 && (next == ',' || next == '}') {
                break;
            }
            let before = self.before;
            self.bump();
            match next {
                '?' => tokens.push(Token::Any),
                '*' => self.star(before, &mut tokens),
                '[' => tokens.push(self.class()),
                '{' => tokens.push(self.braces()),
                '\\' => tokens.extend(self.bump().map(Token::Literal)),
                one => tokens.push(Token::Literal(one)),
            }
        }
        tokens
    }

    fn bump(&mut self) -> Option<char> {
        self.before = self.characters.next();
        self.before
    }

    /// What a star means, of which there may be two.
    fn star(&mut self, before: Option<char>, tokens: &mut Vec<Token>) {
        if self.characters.peek() != Some(&'*') {
            tokens.push(Token::Star);
            return;
        }
        self.bump();
        let next = self.characters.peek().copied();
        let at_end = next.is_none() || (self.depth > 0 && matches!(next, Some(',' | '}')));
        if tokens.is_empty() {
            // At the end of a branch globset takes it for two stars, which are as good as one here.
            match next {
                Some('/') => {
                    self.bump();
                    tokens.push(Token::Prefix);
                }
                _ => tokens.push(Token::Star),
            }
        } else if before != Some('/') || !(at_end || next == Some('/')) {
            tokens.push(Token::Star);
        } else {
            if !at_end {
                self.bump();
            }
            match tokens.pop() {
                Some(last @ (Token::Prefix | Token::Suffix)) => tokens.push(last),
                _ if at_end => tokens.push(Token::Suffix),
                _ => tokens.push(Token::Between),
            }
        }
    }

    /// A class: of its members only those that a name can contain.
    fn class(&mut self) -> Token {
        let negated = matches!(self.characters.peek(), Some('!' | '^'));
        if negated {
            self.bump();
        }
        let mut ranges: Vec<(char, char)> = Vec::new();
        let (mut first, mut in_range) = (true, false);
        while let Some(next) = self.bump() {
            match next {
                ']' if !first => break,
                '-' if !first && !in_range => in_range = true,
                one => match ranges.last_mut() {
                    Some(last) if in_range => {
                        last.1 = one;
                        in_range = false;
                    }
                    _ => ranges.push((one, one)),
                },
            }
            first = false;
        }
        if in_range {
            ranges.push(('-', '-'));
        }
        let all = (0..=127_u8)
            .map(char::from)
            .filter(|it| (self.is_of_names)(*it));
        let members: Vec<char> = all
            .filter(|it| ranges.iter().any(|(low, high)| (low..=high).contains(&it)) != negated)
            .collect();
        Token::Class((members.len() <= MOST_MEMBERS).then_some(members))
    }

    fn braces(&mut self) -> Token {
        self.depth += 1;
        let mut branches = Vec::new();
        loop {
            branches.push(self.tokens());
            if self.bump() != Some(',') {
                break;
            }
        }
        self.depth -= 1;
        Token::Braces(branches)
    }
}

#[cfg(test)]
mod tests;
