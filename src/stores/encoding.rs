//! Texts as they can stand in a place.
#![forbid(unsafe_code)]

/// Adds a text as it can stand in a place: what would end it, and what no one could read, is encoded
/// (RFC 3986, "Percent-Encoding").
pub fn encode(text: &mut String, value: &str) {
    for character in value.chars() {
        if character.is_ascii_alphanumeric() || "-._~:/@!$'()*+;=".contains(character) {
            text.push(character);
            continue;
        }
        let mut bytes = [0; 4];
        for byte in character.encode_utf8(&mut bytes).bytes() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
}
