//! Answers of the other stores: right ones of their stand-ins, with something done to them on the way.
//!
//! One kind of request is answered so in each case: rows of credstash or their data keys, objects of S3
//! in each format or whole, what Vault answers to a sign-in, an unwrapping and a read, and lists, batches and
//! single secrets of Keywhiz.

use std::fmt;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use parameter_store::keywhiz::Keywhiz;
use parameter_store::vault::{Request, Vault};
use parameter_store::{Authority, Front, Identity, Tls};

use super::answer::{self, Answer, Change, Framing};
use super::json::Json;
use super::{CODES, SLACK, TIMEOUT, started, try_all};
use crate::support::wire::{Then, Wire};
use crate::support::{
    Directory, Ended, OTHER_SENTINEL, SENTINEL, World, calling, each, leak, world,
};

/// What a launcher is to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Rows,
    Row,
    Object(&'static str),
    Whole(&'static str),
    Keys,
    Versioned,
    Folder,
    SignIn,
    Wrapped,
    WrappedToken,
    /// All secrets of a client of Keywhiz, and one.
    Batch,
    Named,
    /// What is refused: a place.
    Refused(&'static str),
}

const WAYS: [Way; 21] = [
    Way::Rows,
    Way::Rows,
    Way::Row,
    Way::Object("env"),
    Way::Object("json"),
    Way::Object("yaml"),
    Way::Object("properties"),
    Way::Whole("app.jks"),
    Way::Whole("large"),
    Way::Keys,
    Way::Versioned,
    Way::Folder,
    Way::SignIn,
    Way::Wrapped,
    Way::Batch,
    Way::Named,
    Way::Refused("credstash://none/a.*"),
    Way::Refused("credstash:///prd.app.*?context=a:b"),
    Way::Refused("s3://secrets/none.env"),
    Way::Refused("vault://secret/none"),
    Way::Refused("keywhiz://HOST/none"),
];

impl Way {
    fn options(self) -> String {
        match self {
            Self::Rows => "--from credstash:///prd.app.*".to_owned(),
            Self::Row => "--secret A=credstash:///prd.app.a".to_owned(),
            Self::Object(format) => format!("--from s3://secrets/prd.{format}"),
            Self::Whole(key) => format!("--file A=s3://secrets/{key}"),
            Self::Keys => "--from vault://kv1/app".to_owned(),
            Self::Versioned => "--from vault://secret/prd/app".to_owned(),
            Self::Folder => "--from vault://secret/prd/".to_owned(),
            Self::SignIn | Self::Wrapped => "--from vault://secret/prd/app?auth=approle".to_owned(),
            Self::WrappedToken => "--from vault://secret/prd/app".to_owned(),
            Self::Batch => "--from keywhiz://HOST/".to_owned(),
            Self::Named => "--secret A=keywhiz://HOST/password".to_owned(),
            Self::Refused(place) => format!("--from {place}"),
        }
    }

    /// What the requests contain whose answers can be altered, a kind each.
    fn requests(self) -> &'static [&'static str] {
        match self {
            // Rows more often, which contain more.
            Self::Rows | Self::Row => &["DynamoDB_2012", "DynamoDB_2012", "TrentService.Decrypt"],
            Self::Object(_) | Self::Whole(_) => &["GET /secrets/"],
            Self::Keys => &["GET /v1/kv1/app", "/mounts/"],
            Self::Versioned => &["/data/", "/mounts/"],
            Self::Folder => &["/data/", "list=true", "/mounts/"],
            Self::Refused(place) if place.starts_with("vault") => &["/data/"],
            Self::Batch => &["POST /batchsecret", "POST /batchsecret", "GET /secrets"],
            Self::Named => &["GET /secret/"],
            Self::Refused(place) if place.starts_with("keywhiz") => &["GET /secret/"],
            Self::Refused(place) if place.starts_with("s3") => &["GET /secrets/"],
            Self::Refused(place) if place.contains('?') => &["TrentService.Decrypt"],
            Self::Refused(_) => &["DynamoDB_2012"],
            Self::SignIn => &["/login", "/data/", "revoke-self"],
            Self::Wrapped | Self::WrappedToken => &["/unwrap", "/unwrap", "/login", "/data/"],
        }
    }

    fn is_of_vault(self) -> bool {
        match self {
            Self::Rows | Self::Row | Self::Object(_) | Self::Whole(_) => false,
            Self::Batch | Self::Named => false,
            Self::Refused(place) => place.starts_with("vault://"),
            _ => true,
        }
    }

    fn is_of_keywhiz(self) -> bool {
        match self {
            Self::Batch | Self::Named => true,
            Self::Refused(place) => place.starts_with("keywhiz://"),
            _ => false,
        }
    }

    /// The fields in which something is altered, beside what is altered anywhere.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Rows | Self::Row => &[
                "contents",
                "contents",
                "key",
                "hmac",
                "digest",
                "version",
                "name",
                "Plaintext",
            ],
            Self::Object(_) | Self::Whole(_) => &["password"],
            Self::Batch | Self::Named => &["name", "secret", "secret", "secretLength", "checksum"],
            Self::Refused(_) => &["__type", "message", "errors", "code"],
            _ => &[
                "data",
                "auth",
                "client_token",
                "secret_id",
                "keys",
                "options",
                "type",
            ],
        }
    }
}

/// What is done to the answers of one kind.
#[derive(Clone)]
struct Alteration {
    way: Way,
    /// Which kind.
    request: Index,
    /// Where; anywhere if the body has no such field.
    field: Option<&'static str>,
    status: Option<u16>,
    /// What is done to status line and headers.
    damage: Vec<Change>,
    changes: Vec<Change>,
    framing: Framing,
    cut: Option<Index>,
    then: Then,
}

impl fmt::Debug for Alteration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (way, kind, field) = (self.way, self.kind(), self.field);
        write!(f, "{way:?} {kind} {field:?} {:?} ", self.changes)?;
        write!(f, "{:?} {:?} ", self.status, self.damage)?;
        write!(f, "{:?} {:?} {:?}", self.framing, self.cut, self.then)
    }
}

impl Alteration {
    fn kind(&self) -> &'static str {
        let all = self.way.requests();
        all[self.request.index(all.len())]
    }

    /// The answer with this done to it.
    fn apply(&self, mut answer: Answer) -> Answer {
        answer.body = match self.field.and_then(|field| value(&answer.body, field)) {
            None => answer::changed(answer.body, &self.changes),
            Some((start, end)) => {
                let changed = answer::changed(answer.body[start..end].to_vec(), &self.changes);
                [&answer.body[..start], &changed, &answer.body[end..]].concat()
            }
        };
        answer.status = self.status.unwrap_or(answer.status);
        answer.damage = self.damage.clone();
        answer.framing = self.framing.clone();
        answer.then = self.then;
        let length = answer.bytes().len().max(1);
        answer.cut = self.cut.as_ref().map(|cut| cut.index(length));
        answer
    }
}

/// Where the value of a field begins, and where it ends or a part of it does.
fn value(body: &[u8], field: &str) -> Option<(usize, usize)> {
    let name = format!("\"{field}\":");
    let start = body
        .windows(name.len())
        .position(|it| it == name.as_bytes())?
        + name.len();
    let length = body[start..].iter().position(|it| b"},".contains(it))?;
    (length > 0).then_some((start, start + length))
}

fn alterations() -> impl Strategy<Value = Alteration> {
    let changes = vec(answer::change(), 1..4);
    let changes = prop_oneof![1 => Just(Vec::new()), 9 => changes];
    let framing = prop_oneof![4 => Just(Framing::Length(0)), 1 => answer::framing()];
    let cut = prop_oneof![8 => Just(None), 1 => any::<Index>().prop_map(Some)];
    let then = select(&[Then::Stay, Then::Close, Then::Close, Then::Reset][..]);
    let which = (select(&WAYS[..]), any::<Index>(), any::<Option<Index>>());
    let status = prop_oneof![12 => Just(None), 1 => select(answer::STATUSES).prop_map(Some)];
    let damage = prop_oneof![8 => Just(Vec::new()), 1 => vec(answer::change(), 1..3)];
    let head = (status, damage);
    (which, head, changes, framing, cut, then).prop_map(
        |((way, request, field), (status, damage), changes, framing, cut, then)| {
            // Another status can make anything of a refusal.
            let is_refused = matches!(way, Way::Refused(_));
            Alteration {
                way,
                request,
                field: field.map(|it| way.fields()[it.index(way.fields().len())]),
                status: status.filter(|_| !is_refused),
                damage: if is_refused { Vec::new() } else { damage },
                changes,
                framing,
                cut,
                then,
            }
        },
    )
}

/// The stores, with what every way reads.
fn stores() -> World {
    let world = world();
    let store = &world.store;
    store.plant_credstash("prd.app.a", &SENTINEL.into());
    store.plant_credstash("prd.app.b", &OTHER_SENTINEL.into());
    for (format, content) in [
        ("env", format!("password={SENTINEL}\nexport OTHER='x y'\n")),
        (
            "json",
            format!("{{\"password\":\"{SENTINEL}\",\"other\":\"x\"}}"),
        ),
        (
            "yaml",
            format!("db:\n  password: \"{SENTINEL}\"\nother: x\n"),
        ),
        ("properties", format!("db.password={SENTINEL}\nother = x\n")),
    ] {
        store.put_object("secrets", &format!("prd.{format}"), content);
    }
    let bytes = [b"\xfe\xed\xfe\xed\0", SENTINEL.as_bytes(), b"\x80\r\n"].concat();
    store.put_object("secrets", "app.jks", bytes.repeat(8));
    store.put_object("secrets", "large", bytes.repeat(30_000));
    world
}

fn vault() -> Vault {
    let vault = Vault::new();
    let data = format!("{{\"password\":\"{SENTINEL}\",\"other\":\"x\"}}");
    vault.put("kv1/app", &data);
    vault.put("secret/prd/app", &data);
    vault.put("secret/prd/db", "{\"url\":\"postgres://db\"}");
    vault.app_role("role-1", SENTINEL, usize::MAX, &["secret/"]);
    let secret = format!("{{\"secret_id\":\"{SENTINEL}\",\"secret_id_ttl\":600}}");
    vault.wrap("s.wrapping", &secret);
    vault.wrap("s.of-a-token", "{\"token\":\"root\"}");
    vault
}

fn keywhiz() -> Keywhiz {
    let keywhiz = Keywhiz::new();
    keywhiz.put("password", SENTINEL);
    keywhiz.put("other", "x");
    keywhiz.note("other", "filename", "other.txt");
    keywhiz
}

/// What a Keywhiz answers to a request.
fn of_keywhiz(keywhiz: &Keywhiz, request: &str) -> Answer {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let (status, body) = keywhiz.answer(method, target, body);
    let mut answer = Answer::right(body.into_bytes());
    answer.status = status;
    answer
}

/// What a stand-in on this port answers to a request.
fn relayed(port: u16, request: &str) -> Answer {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let (mut bytes, mut piece) = (Vec::new(), [0; 64 * 1024]);
    loop {
        let count = stream.read(&mut piece).unwrap();
        bytes.extend(&piece[..count]);
        let end = bytes.windows(4).position(|it| it == b"\r\n\r\n");
        let Some(end) = end else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let length = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then_some(value)
        });
        let body = &bytes[end + 4..];
        if body.len() < length.unwrap().trim().parse().unwrap() {
            continue;
        }
        let mut answer = Answer::right(body.to_vec());
        answer.status = status.parse().unwrap();
        answer.headers.push(("ETag", "\"0123\"".to_owned()));
        return answer;
    }
}

/// What a Vault answers to a request.
fn of_vault(vault: &Vault, request: &str) -> Answer {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let mut words = lines.next().unwrap().split(' ');
    let token = lines.find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("x-vault-token").then_some(value)
    });
    let (status, body) = vault.answer(Request {
        method: words.next().unwrap(),
        target: words.next().unwrap(),
        token,
        body,
    });
    let mut answer = Answer::right(body.into_bytes());
    answer.status = status;
    answer
}

/// How a launch ended, and the answers of the kind that is altered, each as it was, and as it was
/// sent.
struct Tried {
    ended: Ended,
    answers: Vec<(Answer, Answer)>,
}

impl Tried {
    fn sent(&self) -> impl Iterator<Item = &Answer> {
        self.answers.iter().map(|(_, sent)| sent)
    }

    /// Its beginning, for messages.
    fn shown(&self) -> String {
        let short = |bytes: &[u8]| bytes[..bytes.len().min(2000)].escape_ascii().to_string();
        let sent: Vec<String> = self.sent().map(|it| short(&it.bytes())).collect();
        let (code, signal) = (self.ended.code, self.ended.signal);
        let (out, printed) = (short(&self.ended.stdout), &self.ended.stderr);
        format!("{sent:?}: {code:?} {signal:?} {out} {printed}")
    }
}

/// TLS in front of a server that demands a certificate of the client, with the files of both.
fn front(wire: &Wire, directory: &Directory) -> Front {
    let clients = Authority::new();
    let tls = Tls::demanding(Identity::Valid, &clients);
    let (certificate, key) = clients.client("web", Identity::Valid);
    directory.file("client.pem", certificate, 0o600);
    directory.file("client.key", key, 0o600);
    directory.file("ca.pem", tls.ca_pem(), 0o600);
    let url = wire.url();
    let (_, port) = url.rsplit_once(':').unwrap();
    Front::start(&tls, port.parse().unwrap()).unwrap()
}

/// Runs a launcher. `alter` changes the answers to requests with this in them.
fn attempt(
    directory: &Directory,
    port: u16,
    (way, kind): (Way, &'static str),
    timeout: Duration,
    alter: impl Fn(Answer) -> Answer + Send + Sync + 'static,
) -> Tried {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (own, vault, keywhiz) = (Arc::clone(&seen), vault(), keywhiz());
    let wire = Wire::start(move |request| {
        let right = match way {
            way if way.is_of_vault() => of_vault(&vault, request),
            way if way.is_of_keywhiz() => of_keywhiz(&keywhiz, request),
            _ => relayed(port, request),
        };
        if !request.contains(kind) {
            return (right.bytes(), right.then);
        }
        let sent = alter(right.clone());
        let answer = (sent.bytes(), sent.then);
        own.lock().unwrap().push((right, sent));
        answer
    });
    let timeout = format!("{}ms", timeout.as_millis());
    let front = way.is_of_keywhiz().then(|| front(&wire, directory));
    let host = front.as_ref().map_or(0, Front::port);
    let options = way.options().replace("HOST", &format!("localhost:{host}"));
    let mut words = vec!["--timeout", &timeout, "--clean-env"];
    words.extend(options.split(' '));
    match way {
        Way::Whole(_) => words.extend(["--keep", "PATH", "--", "sh", "-c", "cat \"$A\""]),
        _ => words.extend(["--", "env", "-0"]),
    }
    let url = wire.url();
    let mut launch = calling(&url, directory, &words);
    launch
        .env("AWS_ENDPOINT_URL_DYNAMODB", &url)
        .env("AWS_ENDPOINT_URL_KMS", &url)
        .env("VAULT_ADDR", &url)
        .env("VAULT_ROLE_ID", "role-1");
    for (variable, file) in [
        ("KEYWHIZ_CERT", "client.pem"),
        ("KEYWHIZ_KEY", "client.key"),
        ("KEYWHIZ_CACERT", "ca.pem"),
    ] {
        launch.env(variable, directory.path().join(file));
    }
    match way {
        Way::Wrapped => launch.env("VAULT_WRAPPING_TOKEN", "s.wrapping"),
        Way::WrappedToken => launch.env("VAULT_WRAPPING_TOKEN", "s.of-a-token"),
        Way::SignIn => launch.env("VAULT_SECRET_ID", SENTINEL),
        _ => launch.env("VAULT_TOKEN", "root"),
    };
    let ended = launch.run();
    drop(wire);
    let answers = std::mem::take(&mut *seen.lock().unwrap());
    Tried { ended, answers }
}

/// The values that a started program may have, of which each of its own must be one; `None` if
/// nothing can be said of them.
fn permitted(way: Way, tried: &Tried) -> Option<Vec<String>> {
    let planted = vec![SENTINEL.to_owned(), OTHER_SENTINEL.to_owned()];
    let body = |answer: &Answer| Json::read(&answer.body);
    match way {
        // A MAC is verified before anything is decrypted, and KMS does so with the data key. Nothing
        // but TLS does so with what it answers.
        Way::Rows | Way::Row => {
            let key = |answer: &Answer| Some(body(answer)?.field("Plaintext")?.text()?.to_owned());
            let mut answers = tried.answers.iter();
            let is_same = answers.all(|(right, sent)| key(right) == key(sent));
            is_same.then_some(planted)
        }
        Way::Object("json") => Some(texts(&body(tried.sent().next()?)?)),
        Way::Object(_) | Way::Whole(_) => None,
        Way::Batch | Way::Named => {
            let altered = tried.sent().filter_map(body);
            let texts = altered.flat_map(|it| texts(&it));
            let decoded = texts.filter_map(|it| {
                let text = it.trim_end_matches('=');
                String::from_utf8(STANDARD_NO_PAD.decode(text).ok()?).ok()
            });
            let mut all: Vec<String> = decoded.collect();
            all.extend(planted);
            all.push("x".to_owned());
            Some(all)
        }
        _ => {
            let altered = tried.sent().filter_map(body);
            let mut all: Vec<String> = altered.flat_map(|it| texts(&it)).collect();
            all.extend(planted);
            all.extend(["x", "postgres://db"].map(str::to_owned));
            Some(all)
        }
    }
}

/// All texts in a document.
fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::Object(fields) => fields.iter().flat_map(|(_, it)| texts(it)).collect(),
        Json::List(list) => list.iter().flat_map(texts).collect(),
        Json::Text(text) => text.iter().cloned().collect(),
        Json::Null | Json::Plain => Vec::new(),
    }
}

/// Whether what was done has put a value where a name or a message stands. Those are printed.
fn values_are_elsewhere(way: Way, sent: &Answer) -> bool {
    fn elsewhere(value: &Json) -> bool {
        let leaks = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default();
            leak(text.as_bytes()).is_some()
        };
        match value {
            Json::Object(fields) => fields.iter().any(|(name, value)| {
                let is_value = ["password", "secret_id", "secret"].map(Some);
                leaks(name) || !is_value.contains(&name.as_deref()) && elsewhere(value)
            }),
            Json::List(list) => list.iter().any(elsewhere),
            Json::Text(text) => leaks(text),
            Json::Null | Json::Plain => false,
        }
    }
    let text = String::from_utf8_lossy(&sent.body);
    match way {
        Way::Rows | Way::Row | Way::Whole(_) => false,
        Way::Object("env" | "yaml" | "properties") => text.lines().any(|line| {
            let name = line.split(['=', ':']).next().unwrap_or_default();
            leak(name.as_bytes()).is_some()
        }),
        _ => Json::read(&sent.body).is_some_and(|body| elsewhere(&body)),
    }
}

fn judge(way: Way, tried: &Tried) -> Result<(), &'static str> {
    let ended = &tried.ended;
    let is_excused = || tried.sent().any(|it| values_are_elsewhere(way, it));
    let is_documented = |code: i32| {
        // What a token or a secret id lacks that was unwrapped.
        let is_configuration = code == 78 && way.is_of_vault();
        CODES.contains(&code) || is_configuration
    };
    if leak(ended.stderr.as_bytes()).is_some() && !is_excused() {
        return Err("a value was printed");
    }
    if ended.took > TIMEOUT + SLACK {
        return Err("it did not end in time");
    }
    match ended.code {
        Some(0) => {}
        Some(code) if is_documented(code) && ended.stdout.is_empty() => return Ok(()),
        Some(code) if is_documented(code) => return Err("something was printed on stdout"),
        _ => return Err("it ended in a way that is not documented"),
    }
    if let Way::Refused(_) = way {
        return Err("what was refused was started");
    }
    if let Way::Whole(_) = way {
        let sent = tried.sent().next();
        // A damaged head can end earlier or later, and announce less, as `5, 5` does: any part of
        // it all.
        let is_part = |sent: &Answer| {
            let (all, size) = (sent.bytes(), ended.stdout.len());
            size == 0 || all.windows(size).any(|it| it == ended.stdout)
        };
        let is_exact =
            |sent: &Answer| sent.damage.is_empty() && !matches!(sent.framing, Framing::Text(_));
        let is_right = sent.is_some_and(|sent| match is_exact(sent) {
            true => sent.body_that_arrives().as_ref() == Some(&ended.stdout),
            false => is_part(sent),
        });
        return match is_right {
            true => Ok(()),
            false => Err("the file is not what arrived"),
        };
    }
    let Some(got) = started(ended) else {
        return Err("nothing was started");
    };
    let Some(permitted) = permitted(way, tried) else {
        return Ok(());
    };
    let is_plain =
        |value: &String| !matches!(Json::read(value.as_bytes()), None | Some(Json::Text(_)));
    let is_fine = |value: &String| {
        permitted.contains(value) || !matches!(way, Way::Rows | Way::Row) && is_plain(value)
    };
    match got.values().all(is_fine) {
        true => Ok(()),
        false => Err("the program got another value"),
    }
}

#[test]
fn no_answer_of_another_store_makes_it_hang_or_talk_or_start_with_another_value() {
    let world = stores();
    let port = world.server.port();
    try_all(alterations, 40, |directory, alteration| {
        let what = (alteration.way, alteration.kind());
        let altered = alteration.clone();
        let alter = move |right| altered.apply(right);
        let tried = attempt(directory, port, what, TIMEOUT, alter);
        judge(alteration.way, &tried)
            .map_err(|why| format!("{why}: {alteration:?} {}", tried.shown()))?;
        Ok(tried.ended.code == Some(0))
    });
}

#[test]
fn an_answer_of_another_store_to_which_nothing_was_done_starts_the_program() {
    let world = stores();
    let directory = Directory::new();
    let ways = WAYS.into_iter().chain([Way::WrappedToken]);
    for way in ways.filter(|way| !matches!(way, Way::Refused(_))) {
        let what = (way, way.requests()[0]);
        let tried = attempt(&directory, world.server.port(), what, SLACK, |right| right);
        assert_eq!(tried.ended.code, Some(0), "{way:?}: {:?}", tried.ended);
        assert!(!tried.answers.is_empty(), "{way:?}");
        judge(way, &tried).unwrap();
        let has_value = |text: &[u8]| leak(text).is_some();
        assert!(has_value(&tried.ended.stdout), "{way:?}: {:?}", tried.ended);
    }
}

#[test]
fn a_row_of_credstash_of_which_a_bit_is_changed_starts_no_program_with_another_value() {
    let world = stores();
    // As many as this are no work for random choice.
    let fields = ["contents", "key", "hmac", "digest", "version"];
    let steps = (0..24_usize).flat_map(|step| fields.map(|field| (field, step)));
    let cases: Vec<_> = steps.collect();
    each(&cases, |&(field, step)| {
        let directory = Directory::new();
        let flip = move |mut right: Answer| {
            let (start, end) = value(&right.body, field).unwrap();
            right.body[start + (end - start) * step / 24] ^= 1 << (step % 7);
            right
        };
        let what = (Way::Row, "DynamoDB_2012");
        let tried = attempt(&directory, world.server.port(), what, TIMEOUT, flip);
        let judged = judge(Way::Row, &tried);
        judged.unwrap_or_else(|why| panic!("{why}: {field} {step} {}", tried.shown()));
    });
}
