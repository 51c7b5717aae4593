//! Regions of AWS: what can be one, and which one was probably meant.
#![forbid(unsafe_code)]

use std::fmt;

/// The regions that are known here, with the places by which people call them (AWS Regions and
/// Availability Zones, "AWS Regions"). The list is for hints alone: regions are added often, and one
/// that is missing here is called all the same.
const KNOWN: [(&str, &[&str]); 46] = [
    ("us-east-1", &["virginia"]),
    ("us-east-2", &["ohio"]),
    ("us-west-1", &["california"]),
    ("us-west-2", &["oregon"]),
    ("af-south-1", &["cape-town"]),
    ("ap-east-1", &["hong-kong"]),
    ("ap-east-2", &["taipei"]),
    ("ap-south-1", &["mumbai"]),
    ("ap-south-2", &["hyderabad"]),
    ("ap-southeast-1", &["singapore"]),
    ("ap-southeast-2", &["sydney"]),
    ("ap-southeast-3", &["jakarta"]),
    ("ap-southeast-4", &["melbourne"]),
    ("ap-southeast-5", &["malaysia"]),
    ("ap-southeast-6", &["new-zealand", "auckland"]),
    ("ap-southeast-7", &["thailand", "bangkok"]),
    ("ap-northeast-1", &["tokyo"]),
    ("ap-northeast-2", &["seoul"]),
    ("ap-northeast-3", &["osaka"]),
    ("ca-central-1", &["montreal"]),
    ("ca-west-1", &["calgary"]),
    ("eu-central-1", &["frankfurt"]),
    ("eu-central-2", &["zurich", "zürich"]),
    ("eu-west-1", &["ireland", "dublin"]),
    ("eu-west-2", &["london"]),
    ("eu-west-3", &["paris"]),
    ("eu-south-1", &["milan"]),
    ("eu-south-2", &["spain"]),
    ("eu-north-1", &["stockholm"]),
    ("il-central-1", &["tel-aviv"]),
    ("me-south-1", &["bahrain"]),
    ("me-central-1", &["uae"]),
    ("mx-central-1", &["mexico"]),
    ("sa-east-1", &["sao-paulo", "são-paulo"]),
    ("cn-north-1", &["beijing"]),
    ("cn-northwest-1", &["ningxia"]),
    ("us-gov-east-1", &[]),
    ("us-gov-west-1", &[]),
    ("us-iso-east-1", &[]),
    ("us-iso-west-1", &[]),
    ("us-isob-east-1", &[]),
    ("us-isob-west-1", &[]),
    ("us-isof-east-1", &[]),
    ("us-isof-south-1", &[]),
    ("eu-isoe-west-1", &[]),
    ("eusc-de-east-1", &["brandenburg"]),
];

/// Why a text is not a region of AWS, as the rest of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It cannot be part of a host name, whatever endpoint is called.
    Unfit,
    /// It has not the form of a region.
    Form,
    /// It is an availability zone, a local zone, or the id of a zone.
    Zone,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unfit => "cannot be an AWS region",
            Self::Form => "is not an AWS region",
            Self::Zone => "is a zone, not an AWS region",
        })
    }
}

/// Checks a region whose name is part of the host that is called.
pub fn check(region: &str) -> Result<(), Flaw> {
    if !is_label(region) {
        Err(Flaw::Unfit)
    } else if has_form(region) {
        Ok(())
    } else if is_zone(region) {
        Err(Flaw::Zone)
    } else {
        Err(Flaw::Form)
    }
}

/// Whether a text can be part of a host name (a label of RFC 1123). At an endpoint other than that
/// of AWS, this is all that a region must be.
pub fn is_label(region: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (1..=63).contains(&region.len())
        && !region.starts_with('-')
        && !region.ends_with('-')
        && region.bytes().all(allowed)
}

/// Whether it is one of the regions that are known here.
pub fn is_known(region: &str) -> bool {
    KNOWN.iter().any(|(known, _)| *known == region)
}

/// The form of all regions so far: a partition or continent, words, and a number.
fn has_form(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, words @ .., number] = parts.as_slice() else {
        return false;
    };
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|it| it.is_ascii_lowercase());
    (2..=4).contains(&first.len())
        && is_word(first)
        && !words.is_empty()
        && words.iter().all(is_word)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|it| it.is_ascii_digit())
        && !number.starts_with('0')
}

/// Whether it is an availability zone (`us-east-1a`), a local or wavelength zone
/// (`us-west-2-lax-1a`), or the id of a zone (`use1-az1`).
fn is_zone(text: &str) -> bool {
    let id = text.split_once("-az").is_some_and(|(region, number)| {
        by_abbreviation(region).is_some() && number.bytes().all(|it| it.is_ascii_digit())
    });
    id || region_of_zone(text).is_some()
}

/// The region of a zone that is named after it.
fn region_of_zone(text: &str) -> Option<&str> {
    // The number of a region ends with the last digit before another part, or a letter.
    let ends = text.char_indices().filter(|(_, it)| it.is_ascii_digit());
    ends.map(|(at, _)| text.split_at(at + 1))
        .filter(|(region, _)| has_form(region))
        .find(|(_, zone)| {
            let is_letter = zone.len() == 1 && zone.bytes().all(|it| it.is_ascii_lowercase());
            is_letter || zone.starts_with('-')
        })
        .map(|(region, _)| region)
}

/// The region of an abbreviation such as `use1` or `apne2`, as in the ids of zones.
fn by_abbreviation(text: &str) -> Option<&'static str> {
    let short = |region: &str| {
        let mut parts = region.split('-');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            text + match part {
                "northeast" => "ne",
                "northwest" => "nw",
                "southeast" => "se",
                part => &part[..1],
            }
        })
    };
    let mut known = KNOWN.iter().map(|(region, _)| *region);
    known.find(|region| short(region) == text)
}

/// The regions that may have been meant, if any is likely.
pub fn likely(text: &str) -> Vec<String> {
    let lower = text.trim().to_lowercase();
    let words = lower.split(|it: char| !it.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let plain = words.join("-");
    let names_place = |place: &&str| format!("-{plain}-").contains(&format!("-{place}-"));
    let certain = Some(plain.as_str())
        .filter(|it| is_known(it))
        .or_else(|| region_of_zone(&plain))
        .or_else(|| by_abbreviation(plain.split("-az").next()?))
        .or_else(|| {
            let mut known = KNOWN.iter();
            let (region, _) = known.find(|(_, places)| places.iter().any(names_place))?;
            Some(region)
        });
    if let Some(region) = certain {
        return vec![region.to_owned()];
    }
    /// Two slips of the finger.
    const FARTHEST: usize = 2;
    // The distance of a long text takes long to compute, and is at least the difference in length.
    let known = KNOWN.iter().map(|(region, _)| *region);
    let distances: Vec<(usize, &str)> = known
        .filter(|region| region.len().abs_diff(plain.len()) <= FARTHEST)
        .map(|region| (strsim::damerau_levenshtein(&plain, region), region))
        .filter(|(distance, _)| *distance <= FARTHEST)
        .collect();
    let nearest = distances.iter().map(|(distance, _)| *distance).min();
    let nearest = distances.iter().filter(|(it, _)| Some(*it) == nearest);
    nearest.map(|(_, region)| (*region).to_owned()).collect()
}

/// What to try instead of a text that is not a region.
pub fn hint(text: &str) -> String {
    const MOST: usize = 3;
    let likely: Vec<String> = likely(text).iter().map(|it| format!("`{it}`")).collect();
    match likely.len() {
        1..=MOST => format!("did you mean {}?", likely.join(" or ")),
        _ => "a region looks like `eu-central-1`".to_owned(),
    }
}

/// The region in the name of an endpoint of AWS, if it is not known here.
pub fn unknown_in(host: &str) -> Option<&str> {
    const DOMAINS: [&str; 3] = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];
    let mut domains = DOMAINS.iter();
    let name = domains.find_map(|domain| host.strip_suffix(domain))?;
    let (_, region) = name.rsplit_once('.')?;
    (has_form(region) && !is_known(region)).then_some(region)
}

#[cfg(test)]
mod tests;
