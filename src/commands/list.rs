//! `envsecrets list`: a catalogue of parameters or secrets, without values.
//!
//! Nothing is decrypted, and no permission to decrypt is needed. Labels and tags are not part of
//! DescribeParameters: they cost a call for each parameter, and are read only if shown. What
//! Secrets Manager lists has stages and tags.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::{Parser, ValueEnum};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::args::{self, Connection, Path};
use super::place::{self, Place, Version};
use super::{report, table};
use crate::aws::arn;
use crate::date;
use crate::launch::error::Errors;
use crate::launch::layers::{Set, Taken};
use crate::launch::naming::{self, Form, Layer, Rules};
use crate::options::UsageError;
use crate::output;
use crate::parameter::{Parameter, ParameterType, Presence, Tier};
use crate::stores::Thing;
use crate::stores::parameter_store::manage::{Description, Filter, Store};
use crate::stores::parameter_store::{Error, Reading};

/// List the parameters below a path, or the secrets of a place, with everything except their values
///
/// Prints names, the variables that they become, and the attributes of each. Nothing is decrypted, and
/// no permission to decrypt is needed: ssm:DescribeParameters is enough for parameters, and
/// secretsmanager:ListSecrets for a prefix of AWS Secrets Manager, such as secretsmanager://prd/app/.
/// Without PLACE all parameters of the account and region are listed.
#[derive(Debug, Parser)]
#[command(name = "list", bin_name = "envsecrets list")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct List {
    /// What is below this path, at any depth, or in another place
    #[arg(value_name = "PLACE")]
    place: Option<String>,

    /// Print a table for people, JSON for programs, CSV for spreadsheets, or Markdown for wikis
    ///
    /// In `csv` an apostrophe precedes text that a spreadsheet would read as a formula.
    /// schemas/list.schema.json among the documentation files describes the JSON.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table, help_heading = "What to print")]
    format: Format,

    /// Print the table as a tree
    #[arg(long, help_heading = "What to print")]
    tree: bool,

    /// Print these columns, instead of all except `labels` and `tags`
    ///
    /// Labels and tags cost a call for each parameter. Secrets of Secrets Manager have stages in place
    /// of labels, and a version that is an identifier, which tables cut. `-` is shown for a variable that a launch
    /// would not set or would refuse: `check` reports why.
    #[arg(long, value_enum, value_name = "COLUMN,...", value_delimiter = ',')]
    #[arg(help_heading = "What to print")]
    columns: Vec<Column>,

    /// Sort by this column, such as `modified`; what has no value there comes last
    #[arg(long, value_enum, value_name = "COLUMN", conflicts_with = "tree")]
    #[arg(help_heading = "What to print")]
    sort: Option<Column>,

    /// Sort in descending order, such as the newest first
    #[arg(long, requires = "sort", help_heading = "What to print")]
    reverse: bool,

    /// Print labels and tags as well, at a call or two for each parameter
    #[arg(long, conflicts_with = "columns", help_heading = "What to print")]
    all: bool,

    /// Only what is at most so many levels below PLACE, such as 1
    #[arg(long, value_name = "NUMBER", value_parser = depth, help_heading = "Which ones")]
    depth: Option<usize>,

    /// The parameters that other accounts share with this one, by their ARNs
    ///
    /// They are shared through AWS Resource Access Manager, and a launch reads one with `--secret NAME=ARN`.
    #[arg(long, help_heading = "Which ones", conflicts_with_all = ["place", "tree", "depth", "tag"])]
    shared: bool,

    /// Only parameters with this tag, or with one of several values of it
    ///
    /// May be repeated: all keys must exist, each with one of its values.
    #[arg(long, value_name = "KEY[=VALUE]", help_heading = "Which ones")]
    tag: Vec<String>,

    /// Only parameters of this type
    ///
    /// May be repeated.
    #[arg(long, value_name = "TYPE", value_parser = args::parameter_type())]
    #[arg(ignore_case = true, help_heading = "Which ones")]
    r#type: Vec<ParameterType>,

    /// Only parameters not written for this long, such as 90d
    #[arg(long, value_name = "DURATION", help_heading = "Which ones")]
    older_than: Option<String>,

    /// Only parameters that a policy deletes within this time, such as 14d
    #[arg(long, value_name = "DURATION", help_heading = "Which ones")]
    expiring: Option<String>,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  What does the service have, and as which variables?
      envsecrets list /prd/app

  A page for the wiki
      envsecrets list /prd --all --format markdown

  What was not rotated for a quarter of a year?
      envsecrets list /prd --older-than 90d --type SecureString

  What changed last
      envsecrets list /prd --sort modified --reverse

  What do other accounts share with this one?
      envsecrets list --shared

  What is in Secrets Manager, and which version is in use?
      envsecrets list secretsmanager://prd/app/

  What is about to be deleted by its policy? The names alone, for a script
      envsecrets list --expiring 14d --format json | jq -r '.[].name'

Exit status:
  0, also if no parameter passes the filters; 66 if there is nothing at PLACE, or nothing at \
all; otherwise that of a launch.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
    Markdown,
}

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Column {
    Name,
    Variable,
    Type,
    Version,
    Labels,
    Stages,
    Tier,
    Key,
    Modified,
    By,
    Expires,
    Tags,
    Description,
}

impl Column {
    /// Its name for programs.
    fn field(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |it| it.get_name().to_owned())
    }

    /// Its title for people.
    fn title(self) -> String {
        self.field().to_ascii_uppercase()
    }

    /// Whether it costs calls beside DescribeParameters.
    fn is_costly(self) -> bool {
        matches!(self, Self::Labels | Self::Tags)
    }
}

/// One parameter or secret of the output.
#[derive(Debug)]
struct Entry {
    description: Description,
    version: Version,
    variable: Option<String>,
    /// The versions that stages are on, by stage; of secrets.
    stages: BTreeMap<String, String>,
    /// The versions that labels are on, by label.
    labels: BTreeMap<String, i64>,
    tags: BTreeMap<String, String>,
}

/// Lists parameters or secrets.
pub fn run(list: List) -> Result<ExitCode, Errors> {
    let place = match &list.place {
        Some(text) => Place::parse(text)?,
        None => Place::Path(Path::root()),
    };
    if list.tree && list.format != Format::Table {
        return Err(UsageError::new(
            "`--tree` is only for the format `table`",
            "leave `--format` out",
        )
        .into());
    }
    let chosen = Chosen::new(&list)?;
    let set = place.set();
    let now = SystemTime::now();
    let (columns, mut entries) = match place::is_catalogued(&set) {
        true if list.shared => shared(&list, &chosen, now)?,
        true => catalogued(&list, &set, &chosen, now)?,
        false => named(&list, &set, &chosen, now)?,
    };
    if let Some(most) = list.depth {
        let before = entries.len();
        let levels = |entry: &Entry| {
            let relative = naming::relative(&set.root, &entry.description.name);
            relative.split('/').filter(|part| !part.is_empty()).count()
        };
        entries.retain(|entry| levels(entry) <= most);
        let deeper = before - entries.len();
        if deeper > 0 {
            output::note(format_args!("{deeper} more are deeper than {most}"));
        }
    }
    if let Some(column) = list.sort {
        sort(&mut entries, column, list.reverse);
    }
    let text = match list.format {
        Format::Json => {
            let objects: Vec<_> = entries.iter().map(|it| Object(it, &columns)).collect();
            report::json(&objects)
        }
        Format::Csv => {
            let head: Vec<String> = columns.iter().map(|column| column.field()).collect();
            table::csv(&head, &rows(&entries, &columns, Entry::exact))
        }
        Format::Markdown => {
            let head: Vec<String> = columns.iter().map(|column| column.title()).collect();
            let verbatim = [Column::Name, Column::Variable];
            let verbatim: Vec<bool> = columns.iter().map(|it| verbatim.contains(it)).collect();
            table::markdown(&head, &verbatim, &rows(&entries, &columns, Entry::shown))
        }
        Format::Table => shown(&list, &set, &entries, columns),
    };
    report::print(text.as_bytes())
}

/// A number of levels.
fn depth(text: &str) -> Result<usize, &'static str> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or("a depth is a number, from 1 on")
}

/// Sorts by a column. What has no value there comes last, either way.
fn sort(entries: &mut [Entry], column: Column, reverse: bool) {
    let key = |entry: &Entry| match (&entry.version, column) {
        (Version::Number(number), Column::Version) => (Some(*number), entry.exact(column)),
        _ => (None, entry.exact(column)),
    };
    entries.sort_by(|one, other| {
        let (one, other) = (key(one), key(other));
        let is_empty = one.1.is_empty().cmp(&other.1.is_empty());
        let order = match reverse {
            false => one.cmp(&other),
            true => other.cmp(&one),
        };
        is_empty.then(order)
    });
}

/// The entries of what other accounts share.
fn shared(
    list: &List,
    chosen: &Chosen,
    now: SystemTime,
) -> Result<(Vec<Column>, Vec<Entry>), Errors> {
    // Their labels and tags are those of their account.
    let has = |column: Column| {
        use Column::{Labels, Stages, Tags, Variable};
        !matches!(column, Labels | Stages | Tags | Variable)
    };
    let columns = columns(list, has);
    let given = columns.iter().chain(&list.sort);
    if let Some(column) = given.into_iter().find(|column| !has(**column)) {
        return Err(UsageError::new(
            format!("`--shared` has no column `{}`", column.field()),
            "what another account shares is listed without variables, labels and tags",
        )
        .into());
    }
    let mut found = list.connection.open()?.shared()?;
    found.retain(|description| chosen.takes(description, now));
    let entries = found.into_iter().map(|description| Entry {
        version: Version::Number(description.version),
        variable: None,
        stages: BTreeMap::new(),
        labels: BTreeMap::new(),
        tags: BTreeMap::new(),
        description: Description {
            // By which a launch reads it.
            name: description.arn.clone().unwrap_or(description.name),
            ..description
        },
    });
    Ok((columns, entries.collect()))
}

/// The entries of a set of parameters, from its catalogue.
fn catalogued(
    list: &List,
    set: &Set,
    chosen: &Chosen,
    now: SystemTime,
) -> Result<(Vec<Column>, Vec<Entry>), Errors> {
    let access = set.source.access.as_deref();
    if access.is_some_and(|access| access.fallback_region.is_some()) {
        return Err(UsageError::new(
            format!(
                "`{}` has a `fallback-region`, which `list` cannot use",
                set.source
            ),
            "leave it out: the catalogue is that of one region",
        )
        .into());
    }
    let columns = columns(list, |column| column != Column::Stages);
    let caller = list.connection.caller()?;
    let caller = access.map_or_else(|| caller.clone(), |access| access.apply(&caller));
    let store = list.connection.open_as(&caller)?;
    let glob = set.source.glob();
    let of_set = match glob {
        Some(glob) => Some(Filter::new("Name", "BeginsWith", glob.beginning())),
        None => Filter::below(&set.root),
    };
    let conditions: Vec<Filter> = of_set.into_iter().chain(chosen.tags.clone()).collect();
    let mut found = store.describe(&conditions)?;
    found.retain(|description| glob.is_none_or(|glob| glob.matches(&description.name)));
    if found.is_empty()
        && chosen.tags.is_empty()
        && let Some(error) = set.source.empty(store.place())
    {
        return Err(error.into());
    }
    // Variables are assigned before filtering: parameters that are not shown can still collide.
    let parameters = found.iter().map(|description| Parameter {
        name: description.name.clone(),
        version: description.version,
        kind: description.kind.clone(),
        ..Parameter::default()
    });
    let variables = variables(set, &parameters.collect::<Vec<_>>());
    found.retain(|description| chosen.takes(description, now));
    let read: Vec<Column> = columns.iter().copied().chain(list.sort).collect();
    let entries = entries(&store, found, variables, &read)?;
    Ok((columns, entries))
}

/// The entries of other places, from what a launch reads of them for the sake of names.
fn named(
    list: &List,
    set: &Set,
    chosen: &Chosen,
    now: SystemTime,
) -> Result<(Vec<Column>, Vec<Entry>), Errors> {
    let text = list.place.as_deref().unwrap_or_default();
    let is_parameter = matches!(set.source.thing, Thing::ParameterStore(_));
    let refused = match &set.taken {
        _ if is_parameter && !list.tag.is_empty() => Some("`--tag` chooses among several"),
        _ if !list.r#type.is_empty() => Some("`--type` chooses parameters by their type"),
        _ if list.expiring.is_some() => Some("`--expiring` chooses parameters by their policies"),
        Taken::Keys(Some(_)) => Some("`list` reads no values, and a key is in one"),
        Taken::SecretsAndKeys => Some("`list` reads no values, and keys are in them"),
        Taken::Keys(None) | Taken::Secrets => None,
    };
    if let Some(what) = refused {
        return Err(UsageError::new(format!("{what}: `{text}`"), "leave it out").into());
    }
    let [found] = place::read(&list.connection.start()?, [set], Reading::Names, |_| false)?;
    let secrets = match &set.taken {
        Taken::Keys(_) => found.read,
        _ => found.secrets,
    };
    if secrets.is_empty()
        && let Some(error) = set.source.empty(found.place)
    {
        return Err(error.into());
    }
    let mut variables = match &set.taken {
        // Its variables are its keys.
        Taken::Keys(_) => BTreeMap::new(),
        _ => variables(set, &secrets),
    };
    let columns = columns(list, |column| match column {
        Column::Labels | Column::Tier | Column::By | Column::Expires => false,
        Column::Stages | Column::Key | Column::Tags | Column::Description => !is_parameter,
        Column::Name | Column::Variable | Column::Type | Column::Version | Column::Modified => true,
    });
    let entries = secrets.into_iter().map(|secret| {
        let details = secret.details().cloned().unwrap_or_default();
        Entry {
            version: Version::of(&secret),
            variable: variables.remove(&secret.name),
            stages: details.stages,
            labels: BTreeMap::new(),
            tags: details.tags,
            description: Description {
                name: secret.name,
                arn: secret.arn,
                kind: secret.kind,
                key_id: details.key_id,
                version: secret.version,
                modified: secret.modified,
                modified_by: None,
                description: details.description,
                pattern: None,
                tier: None,
                policies: Vec::new(),
                data_type: None,
            },
        }
    });
    let entries = entries.filter(|entry| {
        chosen.takes(&entry.description, now)
            && chosen.tags.iter().all(|filter| filter.has(&entry.tags))
    });
    Ok((columns, entries.collect()))
}

/// The filters.
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
                    format!("`--tag {text}` has no key"),
                    "the form is `--tag KEY` or `--tag KEY=VALUE`",
                ));
            }
            let key = format!("tag:{key}");
            match tags.iter_mut().find(|filter| filter.key == key) {
                // The service accepts each key once, with several values.
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

    /// Whether a parameter passes the filters that the service does not apply.
    fn takes(&self, description: &Description, now: SystemTime) -> bool {
        let kind = self.kinds.is_empty() || self.kinds.contains(&description.kind);
        let old = self.older_than.is_none_or(|age| {
            let modified = description
                .modified
                .map(|modified| modified.checked_add(age));
            modified.is_some_and(|end| end.is_some_and(|end| end <= now))
        });
        let expiring = self
            .expiring
            .is_none_or(|time| match description.expires() {
                Some(Ok(end)) => now.checked_add(time).is_none_or(|limit| end <= limit),
                // Unknown: shown rather than hidden.
                Some(Err(_)) => true,
                None => false,
            });
        kind && old && expiring
    }
}

/// The columns to print: of those that a place has, unless they are given.
fn columns(list: &List, has: impl Fn(Column) -> bool) -> Vec<Column> {
    let all = Column::value_variants().iter().copied();
    match (list.all, list.columns.as_slice()) {
        (true, _) => all.filter(|column| has(*column)).collect(),
        (false, []) => all
            .filter(|column| !column.is_costly() && has(*column))
            .collect(),
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

/// The variable of each secret of a set that a launch would accept.
fn variables(set: &Set, secrets: &[Parameter]) -> BTreeMap<String, String> {
    let layer = Layer {
        path: &set.root,
        presence: Presence::Optional,
        parameters: secrets,
        form: Form::Parameters { shown: &set.shown },
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
        .filter(|(_, assignment)| !refused.contains(&*assignment.parameter.place()))
        .map(|(name, assignment)| (assignment.parameter.name.clone(), name.to_string()))
        .collect()
}

/// Adds labels and tags if the columns need them. Parameters deleted in the meantime are left out.
fn entries(
    store: &Store,
    found: Vec<Description>,
    mut variables: BTreeMap<String, String>,
    columns: &[Column],
) -> Result<Vec<Entry>, Error> {
    let names: Vec<String> = found
        .iter()
        .map(|description| description.name.clone())
        .collect();
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
        false => vec![Some(BTreeMap::new()); names.len()],
    };
    let tags = match columns.contains(&Column::Tags) {
        true => store.tags_of(&names)?,
        false => vec![Some(BTreeMap::new()); names.len()],
    };
    let more = labels.into_iter().zip(tags);
    let entries = found.into_iter().zip(more);
    Ok(entries
        .filter_map(|(description, (labels, tags))| {
            Some(Entry {
                version: Version::Number(description.version),
                variable: variables.remove(&description.name),
                stages: BTreeMap::new(),
                description,
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
            Column::Name => Value::String(self.description.name.clone()),
            Column::Variable => text(&self.variable),
            Column::Type => Value::String(self.description.kind.to_string()),
            Column::Version => match &self.version {
                Version::Number(number) => Value::from(*number),
                Version::Id(id) => Value::from(id.as_str()),
            },
            Column::Labels => self.labels.iter().map(|(k, v)| (k.clone(), *v)).collect(),
            Column::Stages => {
                let stages = self.stages.iter().map(|(k, v)| (k.clone(), v.clone()));
                stages.collect()
            }
            Column::Tier => text(&self.description.tier.as_ref().map(Tier::to_string)),
            Column::Key => text(&self.description.key_id),
            Column::Modified => text(&self.description.modified.and_then(date::in_seconds)),
            Column::By => text(&self.description.modified_by),
            Column::Expires => text(&self.expires()),
            Column::Tags => {
                let tags = self.tags.iter().map(|(k, v)| (k.clone(), v.clone()));
                tags.collect()
            }
            Column::Description => text(&self.description.description),
        }
    }

    fn expires(&self) -> Option<String> {
        match self.description.expires()? {
            Ok(end) => date::in_seconds(end),
            Err(text) => Some(text),
        }
    }

    /// A cell for programs: complete, and empty if it has no value.
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

    /// A cell for people.
    fn shown(&self, column: Column) -> String {
        match column {
            Column::Variable if self.variable.is_none() => "-".to_owned(),
            Column::Version => self.version.cell(),
            Column::Stages => {
                let stages = self.stages.iter();
                let stages = stages.map(|(stage, id)| format!("{stage}={}", place::cut(id)));
                stages.collect::<Vec<_>>().join(" ")
            }
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

/// The table, without empty columns that were not requested, and as wide as the terminal.
fn shown(list: &List, set: &Set, entries: &[Entry], mut columns: Vec<Column>) -> String {
    /// The least important first.
    const SPARE: [Column; 8] = [
        Column::Tier,
        Column::Key,
        Column::By,
        Column::Stages,
        Column::Version,
        Column::Modified,
        Column::Type,
        Column::Variable,
    ];
    if entries.is_empty() {
        return format!("no {}s\n", set.source.things());
    }
    let as_asked = list.all || !list.columns.is_empty();
    if list.columns.is_empty() {
        let says = |column: &Column| entries.iter().any(|it| !it.shown(*column).is_empty());
        columns.retain(says);
    }
    let rows = |columns: &[Column]| {
        let rows = rows(entries, columns, Entry::shown);
        match (list.tree, columns.iter().position(|it| *it == Column::Name)) {
            (true, Some(place)) => tree(&set.root, entries, rows, place),
            (true, None) | (false, _) => rows,
        }
    };
    let head =
        |columns: &[Column]| -> Vec<String> { columns.iter().map(|it| it.title()).collect() };
    let spare = SPARE.map(Column::title);
    let spare: Vec<&str> = match as_asked {
        true => Vec::new(),
        false => spare.iter().map(String::as_str).collect(),
    };
    let elsewhere = "`--columns` and other formats show them";
    table::shown(
        &head(&columns).join(" "),
        &rows(&columns),
        &spare,
        elsewhere,
    )
}

/// A node of the tree: the row of its parameter, if any, and the nodes below it.
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
        for part in naming::relative(path, &entry.description.name).split('/') {
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
