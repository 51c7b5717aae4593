//! A value that is planted, and looked for in all that is printed.

use std::sync::LazyLock;

/// A value that must never be seen outside the program.
pub const SENTINEL: &str = "s3ntinel-plaintext-0xdecafbad";

/// Another one, as long, with characters that a value may contain and a name may not.
pub const OTHER_SENTINEL: &str = "0xdecafbad=plaintext s3ntinel";

/// What of the sentinel is in there, if anything is.
pub fn leak(text: &[u8]) -> Option<String> {
    static FORMS: LazyLock<Vec<String>> =
        LazyLock::new(|| forms().map(|it| it.to_ascii_lowercase()).collect());
    let text = String::from_utf8_lossy(text).to_ascii_lowercase();
    FORMS.iter().find(|&form| text.contains(form)).cloned()
}

/// What gives the sentinel away: a few characters of it, from anywhere in it, in each form.
fn forms() -> impl Iterator<Item = String> {
    const FEW: usize = 12;
    let each = |parts: &[u8], form: fn(u8) -> String| -> String {
        parts.iter().map(|&byte| form(byte)).collect()
    };
    let parts = [SENTINEL, OTHER_SENTINEL]
        .into_iter()
        .flat_map(|sentinel| sentinel.as_bytes().windows(FEW));
    parts.flat_map(move |part| {
        [
            each(part, |byte| char::from(byte).into()),
            // A multiple of three bytes becomes the same letters wherever they begin.
            aws_smithy_types::base64::encode(part),
            each(part, |byte| format!("{byte:02x}")),
            each(part, |byte| format!("{byte:02x} ")),
            each(part, |byte| format!("{byte}, ")),
            each(part, |byte| format!("\\u{byte:04x}")),
            each(part, |byte| format!("\\x{byte:02x}")),
            each(part, |byte| format!("%{byte:02x}")),
            each(part, |byte| format!("&#{byte};")),
        ]
    })
}
