//! `envsecrets list`: the catalogue that colleagues read; everything but the values.
//!
//! Nothing is decrypted, and no right to decrypt is needed. What the catalogue does not hold, labels
//! and tags, costs a call for each parameter, and is asked for only where it is shown.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::{Parser, ValueEnum};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::args::{self, Connection, Path};
use super::{report, table};
use crate::aws::arn;
use crate::launch::error::Errors;
use crate::launch::naming::{self, Form, Layer, Rules};
use crate::options::UsageError;
use crate::output;
use crate::parameter::{Parameter, ParameterType, Presence, Tier};
use crate::secret::Secret;
use crate::stores::parameter_store::manage::{Description, Filter, Store};
use crate::stores::parameter_store::{Error, Reading};
use crate::system::process;

/// List what there is below a path, and all that is known of it but the values
///
/// Prints names, the variables that they become, and what a colleague wants to know of a parameter.
/// Nothing is decrypted, and no right to decrypt is needed: ssm:DescribeParameters is enough. Without
/// PATH all parameters of the account and region are listed.
#[derive(Debug, Parser)]
#[command(
    name = "list",
    bin_name = "envsecrets list",
    after_long_help = EXAMPLES,
    disable_help_flag = true
)]
pub struct List {
    /// What is below this path, at any depth
    #[arg(value_name = "PATH")]
    path: Option<String>,

    /// Print a table for people, JSON for programs, or one for spreadsheets or wikis
    ///
    /// In `csv` a text that a spreadsheet would take for a formula has an apostrophe before it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table, help_heading = "What to print")]
    format: Format,

    /// Print the table as a tree
    #[arg(long, help_heading = "What to print")]
    tree: bool,

    /// Print these, instead of all but `labels` and `tags`
    ///
    /// Labels and tags cost a call for each parameter. A parameter that cannot become a variable, or
    /// would be refused, has `-` for one: `check` says why.
    #[arg(
        long,
        value_enum,
        value_name = "COLUMN,...",
        value_delimiter = ',',
        help_heading = "What to print"
    )]
    columns: Vec<Column>,

    /// Print labels and tags as well, at a call or two for each parameter
    #[arg(long, conflicts_with = "columns", help_heading = "What to print")]
    all: bool,

    /// Only those with this tag, or with one of several values of it
    ///
    /// May be repeated: all keys must be there, each with one of its values.
    #[arg(long, value_name = "KEY[=VALUE]", help_heading = "Which ones")]
    tag: Vec<String>,

    /// Only those of this type
    ///
    /// May be repeated.
    #[arg(
        long,
        value_name = "TYPE",
        value_parser = args::parameter_type(),
        ignore_case = true,
        help_heading = "Which ones"
    )]
    r#type: Vec<ParameterType>,

    /// Only those that were not written for this long, such as 90d
    #[arg(long, value_name = "DURATION", help_heading = "Which ones")]
    older_than: Option<String>,

    /// Only those that a policy deletes within this time, such as 14d
    #[arg(long, value_name = "DURATION", help_heading = "Which ones")]
    expiring: Option<String>,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  What does the service have, and what will it be called?
      envsecrets list /prd/app

  A page for the wiki
      envsecrets list /prd --all --format markdown

  What was not rotated for a quarter of a year?
      envsecrets list /prd --older-than 90d --type SecureString

  What is about to be deleted by its policy? The names alone, for a script
      envsecrets list --expiring 14d --format json | jq -r '.[].name'

Exit status:
  0, also if the filters leave nothing; 66 if there is nothing below PATH, or not a single parameter; \
otherwise that of a launch.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
    Markdown,
}

/// What can be told of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Column {
    Name,
    Variable,
    Type,
    Version,
    Labels,
    Tier,
    Key,
    Modified,
    By,
    Expires,
    Tags,
    Description,
}

impl Column {
    /// Its title for people, and its name for programs.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => ("NAME", "name"),
            Self::Variable => ("VARIABLE", "variable"),
            Self::Type => ("TYPE", "type"),
            Self::Version => ("VERSION", "version"),
            Self::Labels => ("LABELS", "labels"),
            Self::Tier => ("TIER", "tier"),
            Self::Key => ("KEY", "key"),
            Self::Modified => ("MODIFIED", "modified"),
            Self::By => ("BY", "by"),
            Self::Expires => ("EXPIRES", "expires"),
            Self::Tags => ("TAGS", "tags"),
            Self::Description => ("DESCRIPTION", "description"),
        }
    }

    fn title(self) -> &'static str {
        self.names().0
    }

    fn field(self) -> &'static str {
        self.names().1
    }

    /// Whether it is more than the catalogue tells.
    fn is_dear(self) -> bool {
        matches!(self, Self::Labels | Self::Tags)
    }
}

/// One parameter, as it is told.
#[derive(Debug)]
struct Entry {
    told: Description,
    variable: Option<String>,
    /// The versions that labels are on, by label.
    labels: BTreeMap<String, i64>,
    tags: BTreeMap<String, String>,
}

/// Lists what there is.
pub fn run(list: List) -> Result<ExitCode, Errors> {
    let path = match &list.path {
        Some(path) => Path::parse(path)?,
        None => Path::root(),
    };
    if list.tree && list.format != Format::Table {
        return Err(
            UsageError::new("`--tree` is a form of the table", "leave `--format` out").into(),
        );
    }
    let chosen = Chosen::new(&list)?;
    let columns = columns(&list);
    let store = list.connection.open()?;
    let conditions: Vec<Filter> = Filter::below(&path)
        .into_iter()
        .chain(chosen.tags.clone())
        .collect();
    let mut found = store.describe(&conditions)?;
    if found.is_empty() && chosen.tags.is_empty() {
        let (path, label, place) = (path.into_string(), None, store.place());
        return Err(Error::Empty { path, label, place }.into());
    }
    // Names are given before anything is left out: what is not shown can still be in the way.
    let variables = variables(&path, &found);
    let now = SystemTime::now();
    found.retain(|told| chosen.takes(told, now));
    let entries = entries(&store, found, variables, &columns)?;
    let text = match list.format {
        Format::Json => {
            let objects: Vec<_> = entries.iter().map(|it| Object(it, &columns)).collect();
            report::json(&objects)
        }
        Format::Csv => {
            let head: Vec<&str> = columns.iter().map(|column| column.field()).collect();
            table::csv(&head, &rows(&entries, &columns, Entry::exact))
        }
        Format::Markdown => {
            let head: Vec<&str> = columns.iter().map(|column| column.title()).collect();
            let verbatim = [Column::Name, Column::Variable];
            let verbatim: Vec<bool> = columns.iter().map(|it| verbatim.contains(it)).collect();
            table::markdown(&head, &verbatim, &rows(&entries, &columns, Entry::shown))
        }
        Format::Table => shown(&list, &path, &entries, columns),
    };
    report::print(text.as_bytes())
}

/// What the options choose.
struct Chosen {
    tags: Vec<Filter>,
    kinds: Vec<ParameterType>,
    older_than: Option<Duration>,
    expiring: Option<Duration>,
}

impl Chosen {
    fn new(list: &List) -> Result<Self, UsageError> {
        let mut tags: Vec<Filter> = Vec::new();
        for text in &list.tag {
            let (key, value) = match text.split_once('=') {
                Some((key, value)) => (key, Some(value.to_owned())),
                None => (text.as_str(), None),
            };
            if key.is_empty() {
                return Err(UsageError::new(
                    format!("`--tag {text}` names no tag"),
                    "it reads `--tag KEY` or `--tag KEY=VALUE`",
                ));
            }
            let key = format!("tag:{key}");
            match tags.iter_mut().find(|filter| filter.key == key) {
                // The service takes each key once, and any of its values.
                Some(filter) if !filter.values.is_empty() && value.is_some() => {
                    filter.values.extend(value);
                }
                Some(filter) => filter.values.clear(),
                None => tags.push(Filter {
                    key,
                    option: "Equals",
                    values: value.into_iter().collect(),
                }),
            }
        }
        Ok(Self {
            tags,
            kinds: list.r#type.clone(),
            older_than: args::age("--older-than", list.older_than.as_deref())?,
            expiring: args::age("--expiring", list.expiring.as_deref())?,
        })
    }

    /// Whether a parameter is among the chosen ones, as far as the service has not chosen itself.
    fn takes(&self, told: &Description, now: SystemTime) -> bool {
        let kind = self.kinds.is_empty() || self.kinds.contains(&told.kind);
        let old = self.older_than.is_none_or(|age| {
            let modified = told.modified.map(|modified| modified.checked_add(age));
            modified.is_some_and(|end| end.is_some_and(|end| end <= now))
        });
        let expiring = self.expiring.is_none_or(|time| match told.expires() {
            Some(Ok(end)) => now.checked_add(time).is_none_or(|limit| end <= limit),
            // Better shown than forgotten.
            Some(Err(_)) => true,
            None => false,
        });
        kind && old && expiring
    }
}

fn columns(list: &List) -> Vec<Column> {
    let all = Column::value_variants().iter().copied();
    match (list.all, list.columns.as_slice()) {
        (true, _) => all.collect(),
        (false, []) => all.filter(|column| !column.is_dear()).collect(),
        (false, some) => {
            let mut distinct = Vec::new();
            for column in some {
                if !distinct.contains(column) {
                    distinct.push(*column);
                }
            }
            distinct
        }
    }
}

/// The variable that each parameter would become below `path`, where a launch would take it.
fn variables(path: &str, found: &[Description]) -> BTreeMap<String, String> {
    let parameters: Vec<Parameter> = found
        .iter()
        .map(|told| Parameter {
            name: told.name.clone(),
            value: Secret::default(),
            version: told.version,
            kind: told.kind.clone(),
            modified: None,
            arn: None,
            selector: None,
        })
        .collect();
    let layer = Layer {
        path,
        presence: Presence::Optional,
        parameters: &parameters,
        form: Form::Parameters,
    };
    let (assigned, problems) = match naming::assign(&Rules::default(), &[layer], &[]) {
        Ok(assigned) => (assigned, Vec::new()),
        Err(both) => both,
    };
    let refused: BTreeSet<&str> = problems
        .iter()
        .filter_map(|problem| match problem {
            naming::Problem::Refused { parameter, .. } => Some(parameter.as_str()),
            _ => None,
        })
        .collect();
    let variables = assigned.variables.iter();
    variables
        .map(|(name, assignment)| (assignment.parameter.name.clone(), name.to_string()))
        .filter(|(parameter, _)| !refused.contains(parameter.as_str()))
        .collect()
}

/// Adds to what the catalogue tells what the columns want beyond it. What was deleted in the meantime
/// is left out.
fn entries(
    store: &Store,
    found: Vec<Description>,
    mut variables: BTreeMap<String, String>,
    columns: &[Column],
) -> Result<Vec<Entry>, Error> {
    let names: Vec<String> = found.iter().map(|told| told.name.clone()).collect();
    let nothing = |_: &String| Some(BTreeMap::new());
    let labels: Vec<Option<BTreeMap<String, i64>>> = match columns.contains(&Column::Labels) {
        true => {
            let histories = store.histories(&names, Reading::Names)?.into_iter();
            let labels = histories.map(|history| {
                let versions = history?.into_iter().flat_map(|version| {
                    let number = version.description.version;
                    version.labels.into_iter().map(move |label| (label, number))
                });
                Some(versions.collect())
            });
            labels.collect()
        }
        false => names.iter().map(|_| Some(BTreeMap::new())).collect(),
    };
    let tags = match columns.contains(&Column::Tags) {
        true => store.tags_of(&names)?,
        false => names.iter().map(nothing).collect(),
    };
    let more = labels.into_iter().zip(tags);
    let entries = found.into_iter().zip(more);
    Ok(entries
        .filter_map(|(told, (labels, tags))| {
            Some(Entry {
                variable: variables.remove(&told.name),
                told,
                labels: labels?,
                tags: tags?,
            })
        })
        .collect())
}

impl Entry {
    fn value(&self, column: Column) -> Value {
        let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::String);
        match column {
            Column::Name => Value::String(self.told.name.clone()),
            Column::Variable => text(&self.variable),
            Column::Type => Value::String(self.told.kind.to_string()),
            Column::Version => Value::from(self.told.version),
            Column::Labels => self.labels.iter().map(|(k, v)| (k.clone(), *v)).collect(),
            Column::Tier => text(&self.told.tier.as_ref().map(Tier::to_string)),
            Column::Key => text(&self.told.key_id),
            Column::Modified => text(&self.told.modified.and_then(table::written)),
            Column::By => text(&self.told.modified_by),
            Column::Expires => text(&self.expires()),
            Column::Tags => {
                let tags = self.tags.iter().map(|(k, v)| (k.clone(), v.clone()));
                tags.collect()
            }
            Column::Description => text(&self.told.description),
        }
    }

    fn expires(&self) -> Option<String> {
        match self.told.expires()? {
            Ok(end) => table::written(end),
            Err(text) => Some(text),
        }
    }

    /// As a cell for programs: all of it, and nothing for what is not there.
    fn exact(&self, column: Column) -> String {
        match self.value(column) {
            Value::Null => String::new(),
            Value::String(text) => text,
            Value::Object(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| match value {
                    Value::String(value) => format!("{key}={value}"),
                    value => format!("{key}={value}"),
                });
                pairs.collect::<Vec<_>>().join(" ")
            }
            value => value.to_string(),
        }
    }

    /// As a cell for people.
    fn shown(&self, column: Column) -> String {
        match column {
            Column::Variable if self.variable.is_none() => "-".to_owned(),
            Column::By => arn::short(&self.exact(column)).to_owned(),
            column => self.exact(column),
        }
    }
}

fn rows(
    entries: &[Entry],
    columns: &[Column],
    cell: fn(&Entry, Column) -> String,
) -> Vec<Vec<String>> {
    let row = |entry: &Entry| columns.iter().map(|&it| cell(entry, it)).collect();
    entries.iter().map(row).collect()
}

/// An entry as a JSON object, with its fields in the order of the columns.
struct Object<'a>(&'a Entry, &'a [Column]);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(entry, columns) = self;
        serializer.collect_map(columns.iter().map(|it| (it.field(), entry.value(*it))))
    }
}

/// The table, without columns that say nothing unless they were asked for, and as wide as the terminal
/// that it is for.
fn shown(list: &List, path: &str, entries: &[Entry], mut columns: Vec<Column>) -> String {
    /// What a reader misses least, first.
    const SPARE: [Column; 5] = [
        Column::Tier,
        Column::Key,
        Column::By,
        Column::Version,
        Column::Modified,
    ];
    if entries.is_empty() {
        return "no parameters\n".to_owned();
    }
    let as_asked = list.all || !list.columns.is_empty();
    if list.columns.is_empty() {
        let says = |column: &Column| entries.iter().any(|it| !it.shown(*column).is_empty());
        columns.retain(says);
    }
    let rows = |columns: &[Column]| {
        let rows = rows(entries, columns, Entry::shown);
        match (list.tree, columns.iter().position(|it| *it == Column::Name)) {
            (true, Some(place)) => tree(path, entries, rows, place),
            (true, None) | (false, _) => rows,
        }
    };
    let head = |columns: &[Column]| -> Vec<&str> { columns.iter().map(|it| it.title()).collect() };
    let terminal = process::terminal_width().filter(|_| std::io::stdout().is_terminal());
    let Some(width) = terminal else {
        return table::columns(&head(&columns), &rows(&columns));
    };
    let mut left_out = Vec::new();
    let mut fitted = rows(&columns);
    for spare in SPARE {
        if as_asked || table::fit(&head(&columns), &mut fitted, width) {
            break;
        }
        if let Some(place) = columns.iter().position(|it| *it == spare) {
            columns.remove(place);
            left_out.push(spare.title());
            fitted = rows(&columns);
        }
    }
    table::fit(&head(&columns), &mut fitted, width);
    if !left_out.is_empty() {
        output::note(format_args!(
            "there is no room for {}; `--columns` and other formats show them",
            left_out.join(", ")
        ));
    }
    table::columns(&head(&columns), &fitted)
}

/// A node of the tree: the row of its parameter, if it is one, and what is below it.
#[derive(Default)]
struct Node {
    row: Option<Vec<String>>,
    below: BTreeMap<String, Node>,
}

/// The rows as a tree: a line for each part of a name, in the column `place`.
fn tree(path: &str, entries: &[Entry], rows: Vec<Vec<String>>, place: usize) -> Vec<Vec<String>> {
    let width = rows.first().map_or(0, Vec::len);
    let mut root = Node::default();
    for (entry, row) in entries.iter().zip(rows) {
        let mut node = &mut root;
        for part in naming::relative(path, &entry.told.name).split('/') {
            node = node.below.entry(part.to_owned()).or_default();
        }
        node.row = Some(row);
    }
    let mut lines = Vec::new();
    let mut add = |drawn: String, row: Option<Vec<String>>| {
        let mut row = row.unwrap_or_else(|| vec![String::new(); width]);
        if let Some(cell) = row.get_mut(place) {
            *cell = drawn;
        }
        lines.push(row);
    };
    add(path.to_owned(), None);
    root.draw("", &mut add);
    lines
}

impl Node {
    fn draw(self, before: &str, add: &mut impl FnMut(String, Option<Vec<String>>)) {
        let last = self.below.len();
        for (number, (part, node)) in (1..).zip(self.below) {
            let (branch, rest) = match number == last {
                true => ("└── ", "    "),
                false => ("├── ", "│   "),
            };
            add(format!("{before}{branch}{part}"), node.row.clone());
            node.draw(&format!("{before}{rest}"), add);
        }
    }
}
