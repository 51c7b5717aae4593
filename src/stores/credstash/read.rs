//! Reading secrets by the beginning of their names, and by name.
//!
//! A set takes one Scan of its table, which costs the same units whether it returns names or whole rows:
//! so it returns rows, and takes no other permission and no other request. A single secret takes one Query
//! for its last row.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::aws::signed;
use crate::net::progress::Progress;
use crate::output;
use crate::parameter::{Details, More, Parameter, Presence, Reading};
use crate::stores::call::Call;
use crate::stores::credstash::rows::{Attribute, Newest, Row, is_surely_newest, number, padded};
use crate::stores::credstash::sealed::Broken;
use crate::stores::credstash::session::{QUERY, SCAN, Session};
use crate::stores::credstash::source::{Selector, Source, Table, What};
use crate::stores::credstash::target::{InvalidResponse, Target};
use crate::stores::error::Error;
use crate::stores::kept;
use crate::stores::keys::{self, Hints, Keyring};
use crate::stores::listing::{Next, Tokens};
use crate::stores::unneeded::Unneeded;

/// The most requests to one service at the same time. More would only reach the quota sooner.
const AT_ONCE: usize = 16;
/// What `check` and others show as the type.
const KIND: &str = "Secret";

/// What to try where a data key is not decrypted.
static HINTS: Hints = Hints {
    without_context: "it may have been written with an encryption context: add `context=KEY:VALUE` to its \
                      place for each; or its key is in another region, which `kms-region=REGION` names",
    with_context: "the encryption context must be the one with which it was written, and all of it: check \
                   each `context=KEY:VALUE`, and `kms-region=REGION` if its key is in another region",
    denied: "allow kms:Decrypt on the key of the secret, in the caller's policy and in the key's own, with \
             this encryption context if they name one; the key must exist, be enabled, and be in this \
             region, or in that of `kms-region=REGION`",
};

/// An item of DynamoDB: its attributes, each an object of its type and its value, such as `{"S": "text"}`
/// (Amazon DynamoDB API Reference, "AttributeValue").
type Item = Map<String, Value>;

/// The output of Scan and Query.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    items: Option<Vec<Item>>,
    last_evaluated_key: Option<Item>,
}

/// The name and the version of the last row of a page, after which the next one begins.
type Position = (String, String);

/// Reads all sources at the same time; returns the secrets of each, in their order, sorted by name.
///
/// # Errors
///
/// The first failure that is certain: everything is read, or nothing is returned.
pub async fn read(
    session: &Session,
    keys: &keys::Session,
    progress: &Progress,
    sources: &[(&Source, Presence, &Unneeded)],
) -> Result<Vec<Vec<Parameter>>, Error> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks: JoinSet<Result<Step, Error>> = JoinSet::new();
    // Sets of the same table share a scan: each would read all of it.
    let mut scans: BTreeMap<&Table, Vec<(usize, String)>> = BTreeMap::new();
    for (index, (source, _, _)) in sources.iter().enumerate() {
        match &source.what {
            What::Beginning(prefix) => {
                let sets = scans.entry(&source.table).or_default();
                sets.push((index, prefix.clone()));
            }
            What::One(selector) => {
                let (session, progress) = (session.clone(), progress.clone());
                let (table, selector) = (source.table.clone(), selector.clone());
                let permits = Arc::clone(&permits);
                tasks.spawn(async move {
                    let permit = permits.acquire_owned().await;
                    let found = Box::pin(one(&session, &progress, table, &selector)).await?;
                    drop(permit);
                    Ok(Step::Found(
                        found.into_iter().map(|row| (index, row)).collect(),
                    ))
                });
            }
        }
    }
    for (table, sets) in scans {
        let (session, progress, table) = (session.clone(), progress.clone(), table.clone());
        tasks.spawn(async move {
            let rows = Box::pin(scan(&session, &progress, table, &sets)).await?;
            let mut found = Vec::new();
            for (index, prefix) in sets {
                let mine = rows.iter().filter(|row| row.name.starts_with(&prefix));
                found.extend(mine.map(|row| (index, Arc::clone(row))));
            }
            Ok(Step::Found(found))
        });
    }
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut all: Vec<Vec<Parameter>> = sources.iter().map(|_| Vec::new()).collect();
    let keyrings = keyrings(keys, sources)?;
    while let Some(joined) = tasks.join_next().await {
        let rows = match joined.map_err(Error::internal)?? {
            Step::Found(rows) => rows,
            Step::Decrypted(index, found) => {
                all[index].push(found);
                continue;
            }
        };
        for (index, row) in rows {
            let (source, _, unneeded) = sources[index];
            let mut found = unread(&source.table, &row);
            if session.reading == Reading::Names {
                all[index].push(found);
                continue;
            }
            // What the launch leaves out of a set is not decrypted.
            if !source.is_one() && unneeded.has(&found.name) {
                found.more.get_or_insert_default().is_unread = true;
                all[index].push(found);
                continue;
            }
            let (keys, progress) = (keyrings[index].clone(), progress.clone());
            let permits = Arc::clone(&permits);
            tasks.spawn(async move {
                let permit = permits.acquire_owned().await;
                let found = Box::pin(decrypted(&keys, &progress, &row, found)).await?;
                drop(permit);
                Ok(Step::Decrypted(index, found))
            });
        }
    }
    for ((source, _, _), found) in sources.iter().zip(&mut all) {
        found.sort_by(|one, other| one.name.cmp(&other.name));
        if !source.is_one() {
            let count = found.len();
            output::detail(format_args!("{count} secrets of `{source}`"));
        }
    }
    Ok(all)
}

/// What one task has done, for the source with this index.
enum Step {
    Found(Vec<(usize, Arc<Row>)>),
    Decrypted(usize, Parameter),
}

/// A key ring with the session in its region.
#[derive(Clone)]
struct Ring {
    session: keys::Session,
    keyring: Arc<Keyring>,
}

/// The key ring of each source.
fn keyrings(
    keys: &keys::Session,
    sources: &[(&Source, Presence, &Unneeded)],
) -> Result<Vec<Ring>, Error> {
    let sessions = keys::sessions(keys, sources.iter().map(|(source, ..)| &source.keyring))?;
    let rings = sessions.into_iter().zip(sources);
    let rings = rings.map(|(session, (source, ..))| Ring {
        session,
        keyring: Arc::new(source.keyring.clone()),
    });
    Ok(rings.collect())
}

/// A secret of which only the row is known.
fn unread(table: &Table, row: &Row) -> Parameter {
    let (version, version_id) = match number(&row.version) {
        Ok(number) => (number, None),
        Err(text) => (0, Some(text.to_owned())),
    };
    let details = row.comment.as_ref().map(|comment| Details {
        description: Some(comment.clone()),
        ..Details::default()
    });
    let has_more = version_id.is_some() || details.is_some();
    let more = has_more.then(|| {
        Box::new(More {
            version_id,
            details,
            ..More::default()
        })
    });
    Parameter {
        name: table.place_of(&row.name),
        kind: KIND.into(),
        version,
        more,
        ..Parameter::default()
    }
}

/// The newest row of each secret of a table whose name begins with one of these texts.
async fn scan(
    session: &Session,
    progress: &Progress,
    table: Table,
    sets: &[(usize, String)],
) -> Result<Vec<Arc<Row>>, Error> {
    let mut call = Call::new(session, progress, Target::Table(table.clone()));
    let (mut tokens, mut start) = (Tokens::default(), None::<Position>);
    let mut all: BTreeMap<String, Newest<Version>> = BTreeMap::new();
    let is_wanted = |name: &str| {
        sets.iter()
            .any(|(_, prefix)| name.starts_with(prefix.as_str()))
    };
    // One without a beginning is all of them.
    let is_all = sets.iter().any(|(_, prefix)| prefix.is_empty());
    loop {
        let (expression, names) = projection(session.reading);
        let mut input = json!({
            "TableName": table.0,
            "ConsistentRead": true,
            "ProjectionExpression": expression,
            "ExpressionAttributeNames": names,
        });
        if let Some(start) = &start {
            input["ExclusiveStartKey"] = key(start);
        }
        if !is_all {
            let each = (0..sets.len()).map(|at| format!("begins_with(#n, :p{at})"));
            let each: Vec<String> = each.collect();
            let values = sets.iter().enumerate();
            let values = values.map(|(at, (_, prefix))| (format!(":p{at}"), of_text(prefix)));
            input["FilterExpression"] = each.join(" OR ").into();
            input["ExpressionAttributeValues"] = Value::Object(values.collect());
        }
        let request = || signed::call::<Output>(session, SCAN, &input);
        let (rows, last) = call
            .send(request, |response| {
                let items = response.items.ok_or(InvalidResponse::NoList)?;
                page(items, response.last_evaluated_key)
            })
            .await?;
        call.keep(0, last.as_ref().map_or(0, |(name, _)| name.len()))?;
        let next = tokens.follow(last.as_ref().map(token), rows.len());
        for row in rows {
            // The filter of the service is the same; another server may send anything.
            if !is_wanted(&row.name) {
                let place = table.place_of(&row.name);
                return Err(call.invalid(&InvalidResponse::Unrequested { place }));
            }
            call.keep(1, row.size())?;
            let versions = all.entry(row.name.clone()).or_default();
            versions.add(Version(Arc::new(row)));
        }
        match next.map_err(|endless| call.invalid(&InvalidResponse::from(endless)))? {
            Next::Request { .. } => start = last,
            Next::Done => break,
        }
    }
    let newest = all.into_values().filter_map(Newest::take);
    Ok(newest.map(|Version(row)| row).collect())
}

/// The row of one secret: at a version, or the newest.
async fn one(
    session: &Session,
    progress: &Progress,
    table: Table,
    selector: &Selector,
) -> Result<Option<Arc<Row>>, Error> {
    let name = &selector.name;
    let place = table.place_of(name);
    let target = Target::Secret {
        table: table.clone(),
        place,
    };
    let mut call = Call::new(session, progress, target);
    let Some(version) = &selector.version else {
        let Some(last) = row(session, &mut call, &table, name, None).await? else {
            return Ok(None);
        };
        if is_surely_newest(&last.version) {
            return Ok(Some(last));
        }
        // A number without zeros before it may hide a larger one.
        let newest = newest(session, &mut call, &table, name).await?;
        return match newest.filter(|newest| *newest != last.version) {
            None => Ok(Some(last)),
            Some(newest) => row(session, &mut call, &table, name, Some(&newest)).await,
        };
    };
    let padded = padded(version);
    match row(session, &mut call, &table, name, Some(&padded)).await? {
        None if padded != *version => row(session, &mut call, &table, name, Some(version)).await,
        found => Ok(found),
    }
}

/// The row of a secret with this version, or else the last one in the order of DynamoDB.
async fn row(
    session: &Session,
    call: &mut Call<'_, Target>,
    table: &Table,
    name: &str,
    version: Option<&str>,
) -> Result<Option<Arc<Row>>, Error> {
    let (expression, mut names) = projection(session.reading);
    let mut condition = "#n = :n".to_owned();
    let mut values = Map::from_iter([(":n".to_owned(), of_text(name))]);
    if let Some(version) = version {
        condition.push_str(" AND #v = :v");
        values.insert(":v".to_owned(), of_text(version));
    }
    names.insert("#v".to_owned(), "version".into());
    let input = json!({
        "TableName": table.0,
        "KeyConditionExpression": condition,
        "ProjectionExpression": expression,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ScanIndexForward": false,
        "ConsistentRead": true,
        "Limit": 1,
    });
    let request = || signed::call::<Output>(session, QUERY, &input);
    let found = call
        .send(request, |response| {
            let items = response.items.ok_or(InvalidResponse::NoList)?;
            let (rows, _) = page(items, None)?;
            let is_meant = |row: &Row| {
                row.name == name && version.is_none_or(|version| row.version == version)
            };
            match rows.iter().find(|row| !is_meant(row)) {
                Some(other) => Err(InvalidResponse::Unrequested {
                    place: table.place_of(&other.name),
                }),
                None => Ok(rows.into_iter().next()),
            }
        })
        .await?;
    if let Some(row) = &found {
        call.keep(1, row.size())?;
    }
    Ok(found.map(Arc::new))
}

/// The newest version of a secret, from all of them.
async fn newest(
    session: &Session,
    call: &mut Call<'_, Target>,
    table: &Table,
    name: &str,
) -> Result<Option<String>, Error> {
    let (mut tokens, mut start) = (Tokens::default(), None::<Position>);
    let mut newest = Newest::default();
    loop {
        let mut input = json!({
            "TableName": table.0,
            "KeyConditionExpression": "#n = :n",
            "ProjectionExpression": "#n, #v",
            "ExpressionAttributeNames": {"#n": "name", "#v": "version"},
            "ExpressionAttributeValues": {":n": of_text(name)},
            "ConsistentRead": true,
        });
        if let Some(start) = &start {
            input["ExclusiveStartKey"] = key(start);
        }
        let request = || signed::call::<Output>(session, QUERY, &input);
        let (rows, last) = call
            .send(request, |response| {
                let items = response.items.ok_or(InvalidResponse::NoList)?;
                page(items, response.last_evaluated_key)
            })
            .await?;
        let next = tokens.follow(last.as_ref().map(token), rows.len());
        for row in rows {
            newest.add(row.version);
        }
        match next.map_err(|endless| call.invalid(&InvalidResponse::from(endless)))? {
            Next::Request { .. } => start = last,
            Next::Done => return Ok(newest.take()),
        }
    }
}

/// A row that is compared by its version.
#[derive(Clone)]
struct Version(Arc<Row>);

impl AsRef<str> for Version {
    fn as_ref(&self) -> &str {
        &self.0.version
    }
}

/// The attributes that are read. `name` is a word of DynamoDB's own.
fn projection(reading: Reading) -> (String, Map<String, Value>) {
    let attributes: &[(&str, &str)] = &[
        ("#n", "name"),
        ("#v", "version"),
        ("#o", "comment"),
        ("#k", "key"),
        ("#c", "contents"),
        ("#h", "hmac"),
        ("#d", "digest"),
    ];
    let attributes = match reading {
        Reading::Names => &attributes[..3],
        Reading::Values => attributes,
    };
    let shorts: Vec<&str> = attributes.iter().map(|(short, _)| *short).collect();
    let names = attributes.iter();
    let names = names.map(|(short, name)| ((*short).to_owned(), (*name).into()));
    (shorts.join(", "), names.collect())
}

/// The key of an item, after which a page begins.
fn key((name, version): &Position) -> Value {
    json!({"name": of_text(name), "version": of_text(version)})
}

/// A text as the value of an attribute.
fn of_text(text: &str) -> Value {
    json!({"S": text})
}

/// The same as one text, to notice a page that comes again.
fn token((name, version): &Position) -> String {
    format!("{name}\0{version}")
}

/// The rows of a page, and where the next one begins.
fn page(
    items: Vec<Item>,
    last: Option<Item>,
) -> Result<(Vec<Row>, Option<Position>), InvalidResponse> {
    let rows = items.into_iter().map(from_item);
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let last = match last.filter(|last| !last.is_empty()) {
        None => None,
        Some(mut last) => {
            let name = required(&mut last, "name")?;
            Some((name, required(&mut last, "version")?))
        }
    };
    Ok((rows, last))
}

fn from_item(mut item: Item) -> Result<Row, InvalidResponse> {
    let item = &mut item;
    let other = InvalidResponse::OtherType { attribute: "hmac" };
    let mac = item.remove("hmac").map(|it| match typed(it) {
        Some((kind, Value::String(text))) if kind == "S" => Ok(Attribute::Text(text)),
        Some((kind, Value::String(text))) if kind == "B" => {
            let bytes = STANDARD.decode(text);
            Ok(Attribute::Bytes(bytes.map_err(|_| other.clone())?))
        }
        _ => Err(other.clone()),
    });
    Ok(Row {
        name: required(item, "name")?,
        version: required(item, "version")?,
        key: text(item, "key")?,
        contents: text(item, "contents")?,
        mac: mac.transpose()?,
        digest: text(item, "digest")?,
        comment: text(item, "comment")?,
    })
}

fn required(item: &mut Item, attribute: &'static str) -> Result<String, InvalidResponse> {
    text(item, attribute)?.ok_or(InvalidResponse::NoAttribute { attribute })
}

fn text(item: &mut Item, attribute: &'static str) -> Result<Option<String>, InvalidResponse> {
    let Some(value) = item.remove(attribute) else {
        return Ok(None);
    };
    match typed(value) {
        Some((kind, Value::Bool(true))) if kind == "NULL" => Ok(None),
        Some((kind, Value::String(text))) if kind == "S" => Ok(Some(text)),
        _ => Err(InvalidResponse::OtherType { attribute }),
    }
}

/// The type of an attribute and its value.
fn typed(value: Value) -> Option<(String, Value)> {
    let Value::Object(fields) = value else {
        return None;
    };
    fields.into_iter().next()
}

/// A secret with its value.
async fn decrypted(
    ring: &Ring,
    progress: &Progress,
    row: &Row,
    secret: Parameter,
) -> Result<Parameter, Error> {
    let Ring { session, keyring } = ring;
    let thing = format!("secret `{}`", secret.name);
    let undecryptable = |why: String, hint| Error::Undecryptable {
        target: thing.clone(),
        place: session.place(),
        why,
        hint,
    };
    let (blob, sealed) = row.sealed().map_err(|flaw| {
        let hint = "credstash did not write this row, or something changed it since: put the secret \
                    again, or leave it out with `--exclude`";
        undecryptable(flaw.to_string(), hint)
    })?;
    let wanted = keys::Sealed {
        thing: thing.clone(),
        blob,
        context: &keyring.context,
        hints: &HINTS,
    };
    let decrypted = keys::decrypt(session, progress, wanted).await?;
    let value = sealed.open(&decrypted.key).map_err(|broken| {
        undecryptable(
            broken.to_string(),
            match broken {
                Broken::Mac => {
                    "the value was not decrypted; find out who wrote to the table, and put the secret \
                     again"
                }
                Broken::Key => "credstash did not write this row: put the secret again",
            },
        )
    })?;
    let mut secret = secret;
    // Other writers of the same format store bytes too.
    kept::add_value(&mut secret, value);
    let size = secret.name.len() + secret.size();
    kept::count(progress, 1, size, || (thing, session.place()))?;
    Ok(secret)
}
