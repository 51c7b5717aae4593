//! Arguments, environments and dates as text.

use std::ffi::OsString;

/// Environment entries as the kernel shows them.
pub fn entries(environ: &[u8]) -> Vec<Vec<u8>> {
    environ
        .split(|&byte| byte == 0)
        .filter(|entry| !entry.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

/// Owned arguments from text.
pub fn strings(arguments: &[&str]) -> Vec<OsString> {
    arguments.iter().map(OsString::from).collect()
}

/// Such as `2026-11-24T14:59:28.696Z`.
pub fn is_date(text: &str) -> bool {
    let digits = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    let (date, time) = text.split_once('T').unwrap_or_default();
    date.len() == 10
        && date.split('-').all(digits)
        && time
            .strip_suffix('Z')
            .is_some_and(|time| time.split(':').all(digits))
}

/// The list of a fingerprint without its times, and these.
pub fn without_times(list: &str) -> (String, Vec<&str>) {
    let mut parts = list.split('@');
    let mut without = parts.next().unwrap_or_default().to_owned();
    let mut times = Vec::new();
    for part in parts {
        let end = part.find([',', '}']).unwrap_or(part.len());
        times.push(&part[..end]);
        without += &part[end..];
    }
    (without, times)
}

/// The commands of a page of the docs, in order, as their words. They have no other quotes than single ones around
/// whole words or values.
pub fn commands_of(page: &str) -> Vec<Vec<String>> {
    let lines = page.lines().filter(|line| line.starts_with("envsecrets "));
    let words = lines.map(|line| {
        let words = line.split(' ').skip(1);
        words.map(|word| word.replace('\'', "")).collect()
    });
    words.collect()
}

/// The words of a launch with these options, written as they would be typed, that prints what it gets.
pub fn printing(options: &str) -> Vec<&str> {
    let words = ["--clean-env"]
        .into_iter()
        .chain(options.split_whitespace());
    words.chain(["--", "env"]).collect()
}
