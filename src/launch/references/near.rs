//! What is nearly a reference: a value that was meant as one, and that no program should get.
//!
//! It has the scheme of a reference in another spelling, or in quotes or braces, or is an ARN of a
//! parameter or a secret with something missing. What other things begin with stays an ordinary
//! value: actions of IAM (`ssm:GetParameters`), ARNs of documents, and URIs that programs resolve by
//! themselves (`aws-parameterstore:` of Spring, `awsparamstore://` of Go CDK).
#![forbid(unsafe_code)]

/// What a value was meant to refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    Parameter,
    Secret,
}

/// The schemes of references, and how else they are written; in lower case.
const SCHEMES: [(&str, Meant); 25] = [
    ("ssm", Meant::Parameter),
    ("aws-ssm", Meant::Parameter),
    ("aws_ssm", Meant::Parameter),
    ("awsssm", Meant::Parameter),
    ("aws+ssm", Meant::Parameter),
    ("aws.ssm", Meant::Parameter),
    ("ssm-secure", Meant::Parameter),
    ("ssm-parameter", Meant::Parameter),
    ("ssm_parameter", Meant::Parameter),
    ("ssmparameter", Meant::Parameter),
    ("smm", Meant::Parameter),
    ("sssm", Meant::Parameter),
    ("parameterstore", Meant::Parameter),
    ("parameter-store", Meant::Parameter),
    ("secretsmanager", Meant::Secret),
    ("secrets-manager", Meant::Secret),
    ("secrets_manager", Meant::Secret),
    ("secretmanager", Meant::Secret),
    ("secretsmanger", Meant::Secret),
    ("aws-secretsmanager", Meant::Secret),
    ("aws-secrets-manager", Meant::Secret),
    ("aws_secretsmanager", Meant::Secret),
    ("aws-sm", Meant::Secret),
    ("awssecrets", Meant::Secret),
    ("sm", Meant::Secret),
];

/// What precedes the text of a reference by mistake, or where a template was not expanded, as by
/// CloudFormation (`{{resolve:ssm:…}}`) or the Serverless Framework (`${ssm:…}`).
fn is_wrapping(it: char) -> bool {
    const INVISIBLE: &str = "\u{feff}\u{200b}\u{200c}\u{200d}\u{2060}\u{ad}";
    it.is_whitespace() || it.is_control() || "\"'`“”‘’«»<{$".contains(it) || INVISIBLE.contains(it)
}

/// What a value was meant to refer to, if it is nearly a reference. For values that are none.
pub fn near(value: &[u8]) -> Option<Meant> {
    /// Longer than any scheme, and than what precedes the resource in an ARN.
    const BEGINNING: usize = 256;
    let beginning = String::from_utf8_lossy(&value[..value.len().min(BEGINNING)]);
    let text = beginning.trim_start_matches(is_wrapping);
    // Most values end here.
    let first = text.bytes().next()?.to_ascii_lowercase();
    if !b"aprs".contains(&first) {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("arn:") {
        return near_arn(&lower);
    }
    let mut start = 0;
    for prefix in ["ref+", "resolve:", "aws:"] {
        start += match lower[start..].starts_with(prefix) {
            true => prefix.len(),
            false => 0,
        };
    }
    let (text, lower) = (&text[start..], &lower[start..]);
    let end = lower.find(|it: char| !it.is_ascii_alphanumeric() && !"-_+.".contains(it))?;
    let (_, meant) = SCHEMES
        .iter()
        .find(|(scheme, _)| *scheme == &lower[..end])?;
    let rest = text[end..].trim_start();
    if rest.starts_with("//") || rest.to_ascii_lowercase().starts_with("%3a") {
        return Some(*meant);
    }
    let name = rest.strip_prefix(':')?;
    let levels = name.trim_start().starts_with(['/', '\\']);
    // Other texts have these words before a colon: breakpoints in style sheets, applications in a
    // `PATH` of their own, messages.
    let single = !matches!(&lower[..end], "sm" | "smm" | "sssm") && start_is_name(name);
    (levels || single).then_some(*meant)
}

/// Whether what follows the colon can be the name of a parameter or a secret, and is not an action
/// of IAM such as `GetParameters` or `Get*`.
fn start_is_name(name: &str) -> bool {
    let name = name.trim_end_matches(is_wrapping);
    let is_action = name.starts_with(|it: char| it.is_ascii_uppercase() || it == '*')
        && name
            .chars()
            .all(|it| it.is_ascii_alphabetic() || "*?".contains(it));
    let is_name = |it: char| it.is_ascii_alphanumeric() || "_.-/:#@+=}".contains(it);
    !name.is_empty() && !is_action && name.chars().all(is_name)
}

/// An ARN of a parameter or a secret that cannot be read, in lower case. ARNs of other resources
/// are ordinary values.
fn near_arn(arn: &str) -> Option<Meant> {
    let arn = arn.trim_end_matches(is_wrapping);
    let mut fields = arn.splitn(6, ':').skip(1);
    let partition = fields.next()?;
    let service = fields.next()?;
    if !partition.starts_with("aws") && !partition.is_empty() {
        return None;
    }
    let (_, meant) = SCHEMES.iter().find(|(scheme, _)| *scheme == service)?;
    let own: &[&str] = match meant {
        Meant::Parameter => &["parameter", "parameters"],
        Meant::Secret => &["secret", "secrets"],
    };
    // Region and account, whose places may be wrong.
    let rest = fields.collect::<Vec<_>>();
    let resource = match rest.as_slice() {
        [_, _, resource] => *resource,
        _ => return Some(*meant),
    };
    let kind = resource.split(['/', ':']).next().unwrap_or_default();
    let is_kind = |kind: &str| {
        let known = |it: char| it.is_ascii_lowercase() || it == '-';
        kind == "*" || (!kind.is_empty() && kind.chars().all(known))
    };
    (own.contains(&kind) || !is_kind(kind) || resource == kind && kind != "*").then_some(*meant)
}
