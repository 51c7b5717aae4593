//! Rendering policies for Terraform and CloudFormation.
//!
//! Texts can contain expressions of the output language, such as `${AWS::Region}`: nothing else in
//! them has a `$`.
#![forbid(unsafe_code)]

use crate::aws::iam::Tree;

/// As YAML, at this indentation, from the end of a line that ends with a colon.
///
/// Texts are quoted as in JSON, which YAML is a superset of; those with expressions of
/// CloudFormation are marked for substitution.
pub fn yaml(tree: &Tree, indent: usize) -> String {
    let space = " ".repeat(indent);
    match tree {
        Tree::Text(text) => {
            let mark = if text.contains("${") { "!Sub " } else { "" };
            format!(" {mark}{}\n", quoted(text))
        }
        Tree::List(items) => {
            let items = items.iter().map(|item| {
                let item = yaml(item, indent + 2);
                // The first line follows the dash.
                format!("{space}- {}", item.trim_start())
            });
            format!("\n{}", items.collect::<String>())
        }
        Tree::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let key = match key.chars().all(|it| it.is_ascii_alphanumeric()) {
                    true => key.clone(),
                    false => quoted(key),
                };
                format!("{space}{key}:{}", yaml(value, indent + 2))
            });
            format!("\n{}", entries.collect::<String>())
        }
    }
}

/// As an expression of Terraform, at this indentation.
pub fn hcl(tree: &Tree, indent: usize) -> String {
    let space = " ".repeat(indent);
    match tree {
        Tree::Text(text) => quoted(text),
        Tree::List(items) => {
            let items = items
                .iter()
                .map(|item| format!("{space}  {},\n", hcl(item, indent + 2)));
            format!("[\n{}{space}]", items.collect::<String>())
        }
        Tree::Map(entries) => {
            let is_word = |key: &str| key.chars().all(|it| it.is_ascii_alphanumeric());
            let key = |key: &str| match is_word(key) {
                true => key.to_owned(),
                false => quoted(key),
            };
            // Consecutive assignments are aligned, as by `terraform fmt`.
            let mut text = String::new();
            let mut rest = entries.as_slice();
            while let Some((_, first)) = rest.first() {
                let alike = |(_, value): &&(String, Tree)| matches!(value, Tree::Text(_));
                let count = match first {
                    Tree::Text(_) => rest.iter().take_while(alike).count(),
                    Tree::List(_) | Tree::Map(_) => 1,
                };
                let (together, others) = rest.split_at(count);
                let width = together.iter().map(|(it, _)| key(it).len()).max();
                for (name, value) in together {
                    let name = format!("{:width$}", key(name), width = width.unwrap_or(0));
                    text.push_str(&format!("{space}  {name} = {}\n", hcl(value, indent + 2)));
                }
                rest = others;
            }
            format!("{{\n{text}{space}}}")
        }
    }
}

fn quoted(text: &str) -> String {
    Tree::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::iam::map;

    #[test]
    fn the_same_tree_in_every_language() {
        let tree = map([
            ("Sid", "x".into()),
            ("kms:Key", "${AWS::Region}".into()),
            ("List", vec!["a \"b\"", "c"].into()),
            (
                "Maps",
                vec![map([("A", "1".into()), ("B", "2".into())])].into(),
            ),
        ]);
        assert_eq!(
            tree.to_string(),
            r#"{"Sid":"x","kms:Key":"${AWS::Region}","List":["a \"b\"","c"],"Maps":[{"A":"1","B":"2"}]}"#
        );
        assert_eq!(
            yaml(&tree, 2),
            r#"
  Sid: "x"
  "kms:Key": !Sub "${AWS::Region}"
  List:
    - "a \"b\""
    - "c"
  Maps:
    - A: "1"
      B: "2"
"#
        );
        assert_eq!(
            hcl(&tree, 0),
            r#"{
  Sid       = "x"
  "kms:Key" = "${AWS::Region}"
  List = [
    "a \"b\"",
    "c",
  ]
  Maps = [
    {
      A = "1"
      B = "2"
    },
  ]
}"#
        );
    }
}
