//! The plan: everything decided before anything is done.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::time::Duration;

use crate::glob::Glob;
use crate::launch::documents;
use crate::launch::environment::{self, Inherit, Policy, Preserve};
use crate::launch::files::{self, FileSpec};
use crate::launch::fingerprint::Told;
use crate::launch::naming::{self, Basis, Case, Rules};
use crate::launch::references::{self, Reference};
use crate::launch::template::{self, Template};
use crate::options::contract::{self, AsFile, Contract, Declared};
use crate::options::flags::{LetterCase, NameFrom};
use crate::options::{DocumentKind, LayerKind, Options, UsageError};
use crate::parameter::Presence;
use crate::stores::parameter_store::{self, Request, Selector, Verbosity, names};
use crate::system::memory_file::{Owner, Target};
use crate::variable::VarName;

/// How long we try, unless told otherwise. Below the 90 seconds after which systemd gives up on a
/// service would be too short for a fleet that meets the quota; the manual says so.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A launch, decided.
#[derive(Debug)]
pub struct Plan {
    /// The program as typed, and its arguments; empty only for `check`.
    pub program: Vec<OsString>,
    pub request: Request,
    /// How long to wait at most before the first call; how long is drawn at random.
    pub start_jitter: Duration,
    /// The layers in order: a path given twice is read once.
    pub layers: Vec<Source>,
    /// The single variables, and the parameter that each one is read from.
    pub exact: Vec<(VarName, Selector)>,
    /// The parameters that the program gets as files.
    pub files: Vec<FileSpec>,
    /// Whose those files are, if not ours.
    pub file_owner: Option<Owner>,
    /// The parameters that hold several variables, in order.
    pub documents: Vec<Document>,
    /// Whether inherited variables are looked at for references.
    resolve: bool,
    /// The inherited variables that refer to a secret; see `follow`.
    pub references: Vec<Reference>,
    /// The arguments after the program's name, where values are to be put into them.
    pub templates: Vec<Template>,
    /// The variable that tells the program which versions it got.
    pub fingerprint: Option<VarName>,
    pub rules: Rules,
    pub policy: Policy,
    /// Names, or globs of names, that must be among the variables.
    pub required: Vec<Glob>,
    /// What the repository says that the program needs.
    pub contract: Option<Contract>,
    pub undeclared: Undeclared,
}

/// What happens with secrets that the contract does not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undeclared {
    Taken,
    Refused,
}

/// Where the request has what a layer is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Path(usize),
    Pattern(usize),
}

/// A parameter that holds several variables.
#[derive(Debug)]
pub struct Document {
    pub flag: &'static str,
    pub format: documents::Format,
    pub selector: Selector,
    /// What the names of the variables begin with.
    pub prefix: String,
}

impl Plan {
    /// Makes sense of what the user said, or says what makes none.
    pub fn new(options: Options, program: Vec<OsString>) -> Result<Self, UsageError> {
        let origins = options.origins.clone();
        Self::decide(options, program).map_err(|error| error.with_origins(&origins))
    }

    fn decide(options: Options, program: Vec<OsString>) -> Result<Self, UsageError> {
        // What an unset variable in a script or a unit file leaves behind.
        for (flag, value) in [
            ("--config", &options.config),
            ("--config-profile", &options.config_profile),
            ("--label", &options.label),
            ("--file-owner", &options.file_owner),
            ("--region", &options.region),
            ("--profile", &options.profile),
        ] {
            if value.as_deref() == Some("") {
                return Err(UsageError::new(
                    format!("`{flag}` is empty"),
                    "give it a value, or leave it out",
                ));
            }
        }
        if options.contract.is_none() {
            for (flag, given) in [
                ("--config-profile", options.config_profile.is_some()),
                ("--strict", options.strict),
            ] {
                if given {
                    return Err(UsageError::new(
                        format!("`{flag}` does nothing without `--config`"),
                        format!("add `--config FILE`, or leave `{flag}` out"),
                    ));
                }
            }
        }
        let mut request = Request {
            label: options.label,
            region: options.region,
            profile: options.profile,
            timeout: timeout(options.timeout.as_deref())?,
            verbosity: if options.verbose {
                Verbosity::Told
            } else {
                Verbosity::Silent
            },
            ..Request::default()
        };
        let start_jitter = match options.start_jitter.as_deref() {
            Some(text) => duration("--start-jitter", text, "`0` means no wait")?,
            None => Duration::ZERO,
        };
        let mut layers = Vec::new();
        for (path, kind) in &options.layers {
            let index = match kind {
                LayerKind::Required => {
                    let path = layer_path(path, "--path")?;
                    Source::Path(place(&mut request, path, Presence::Required))
                }
                LayerKind::Optional => {
                    let path = layer_path(path, "--optional-path")?;
                    Source::Path(place(&mut request, path, Presence::Optional))
                }
                LayerKind::Names => Source::Pattern(pattern(&mut request, path)?),
            };
            // Applied twice, a layer counts where it stands last.
            layers.retain(|known| *known != index);
            layers.push(index);
        }
        let mut exact = Vec::new();
        for secret in &options.secret {
            let (name, selector) = exact_secret(secret)?;
            if exact.iter().any(|(known, _)| *known == name) {
                return Err(UsageError::new(
                    format!("`--secret` gives {name} two parameters"),
                    "one variable holds one value: leave one of them out",
                ));
            }
            exact.push((name, selector));
        }
        let mut file_texts = options.file;
        let declared = match &options.contract {
            Some(contract) => contract.variables.as_slice(),
            None => &[],
        };
        let may_be_missing = add_declared(declared, &mut exact, &mut file_texts)?;
        for (_, selector) in &exact {
            if !request.names.contains(selector) {
                request.names.push(selector.clone());
            }
        }
        let files = files(&file_texts, &exact)?;
        for file in &files {
            if !request.names.contains(&file.selector) {
                request.names.push(file.selector.clone());
            }
        }
        let file_owner = match options.file_owner.as_deref() {
            Some(text) => Some(owner(text)?),
            None => None,
        };
        let mut documents = Vec::new();
        for (text, kind) in &options.documents {
            let document = document(text, *kind)?;
            if !request.names.contains(&document.selector) {
                request.names.push(document.selector.clone());
            }
            documents.push(document);
        }
        let fingerprint = match options.fingerprint.as_deref() {
            Some(name) => Some(fingerprint(name, &exact, &files)?),
            None => None,
        };
        let no_single =
            exact.is_empty() && files.is_empty() && documents.is_empty() && !options.resolve;
        if layers.is_empty() && no_single {
            return Err(nothing_to_read(options.contract.as_ref()));
        }
        if request.label.is_some() && layers.is_empty() {
            return Err(UsageError::new(
                "`--label` is for paths, and there is none",
                "for a single parameter say `--secret NAME=PARAMETER:LABEL`",
            ));
        }
        if file_owner.is_some() && files.is_empty() {
            return Err(UsageError::new(
                "`--file-owner` does nothing without `--file`",
                "add `--file NAME=PARAMETER`, or leave `--file-owner` out",
            ));
        }
        if !options.keep.is_empty() && !options.clean_env {
            return Err(UsageError::new(
                "`--keep` does nothing without `--clean-env`",
                "add `--clean-env`, or leave `--keep` out: everything is inherited anyway",
            ));
        }

        let templates = match options.expand {
            true => templates(&program)?,
            false => Vec::new(),
        };
        let rules = Rules {
            only: globs("--only", &options.only, Glob::for_parameters)?,
            exclude: globs("--exclude", &options.exclude, Glob::for_parameters)?,
            basis: match options.name_from {
                NameFrom::Path => Basis::Path,
                NameFrom::Leaf => Basis::Leaf,
            },
            case: match options.case {
                LetterCase::Upper => Case::Upper,
                LetterCase::Keep => Case::Keep,
            },
            prefix: prefix(options.prefix)?,
            renames: options
                .rename
                .iter()
                .map(|text| rename(text))
                .collect::<Result<_, _>>()?,
            allow: globs("--allow-name", &options.allow_name, Glob::for_variables)?,
        };
        let preserve = match options.preserve_env.as_slice() {
            [] => Preserve::Nothing,
            [all] if all == "*" => Preserve::All,
            some => Preserve::Matching(globs("--preserve-env", some, Glob::for_variables)?),
        };
        let inherit = if options.clean_env {
            Inherit::Only(globs("--keep", &options.keep, Glob::for_variables)?)
        } else {
            Inherit::All
        };
        let unset = globs("--unset", &options.unset, Glob::for_variables)?;
        let mut required = globs("--require", &options.require, Glob::for_variables)?;
        for variable in declared {
            let name = variable.name.as_str();
            let known = required.iter().any(|glob| glob.text() == name);
            if variable.presence == Presence::Required && !known {
                required.extend(globs("--require", &[name.to_owned()], Glob::for_variables)?);
            }
        }
        let single = exact.iter().map(|(name, selector)| (name, selector));
        let single = single.chain(files.iter().map(|file| (&file.name, &file.selector)));
        let (optional, needed): (Vec<_>, Vec<_>) =
            single.partition(|(name, _)| may_be_missing.contains(name));
        let is_needed = |selector: &Selector| {
            needed.iter().any(|(_, it)| *it == selector)
                || documents.iter().any(|it| it.selector == *selector)
        };
        let optional = optional.into_iter().map(|(_, selector)| selector);
        request.optional = optional.filter(|it| !is_needed(it)).cloned().collect();
        let policy = Policy {
            inherit,
            unset,
            preserve,
        };
        Ok(Self {
            program,
            request,
            start_jitter,
            layers,
            exact,
            files,
            file_owner,
            documents,
            resolve: options.resolve,
            references: Vec::new(),
            templates,
            fingerprint,
            rules,
            policy,
            required,
            undeclared: match options.strict {
                true => Undeclared::Refused,
                false => Undeclared::Taken,
            },
            contract: options.contract,
        })
    }

    /// Adds what the inherited variables refer to, if that is wanted.
    ///
    /// Only what the program will inherit is looked at. `--secret` and `--file` beat a reference, as
    /// a flag beats a variable, unless `--preserve-env` turns that around.
    pub fn follow(&mut self, inherited: &[Vec<u8>]) -> Result<(), Vec<references::Error>> {
        if !self.resolve {
            return Ok(());
        }
        let policy = &self.policy;
        let entries = inherited.iter().map(Vec::as_slice);
        let found = references::find(entries.filter(|it| policy.passes(environment::name_of(it))))?;
        for reference in found {
            let mut by_flag = self.exact.iter().map(|(name, _)| name);
            let mut by_file = self.files.iter().map(|file| &file.name);
            if by_flag.any(|it| *it == reference.name) || by_file.any(|it| *it == reference.name) {
                let name = reference.name.as_str().as_bytes();
                if !self.policy.preserve.covers(name) {
                    continue;
                }
            }
            let selector = &reference.target.selector;
            if !self.request.names.contains(selector) {
                self.request.names.push(selector.clone());
            }
            self.request.optional.retain(|it| it != selector);
            self.references.push(reference);
        }
        Ok(())
    }

    /// Says of missing parameters which variables refer to them.
    pub fn explain(&self, mut errors: Vec<parameter_store::Error>) -> Vec<parameter_store::Error> {
        for error in &mut errors {
            if let parameter_store::Error::Missing {
                names, wanted_by, ..
            } = error
            {
                for Reference { name, target } in &self.references {
                    let selector = target.selector.to_string();
                    if names.contains(&selector) {
                        wanted_by.push(format!("`{name}` refers to `{selector}`"));
                    }
                }
                for variable in self.contract.iter().flat_map(|it| &it.variables) {
                    let from = variable.from.as_deref();
                    let from = from.map(|it| it.strip_prefix("base64:").unwrap_or(it));
                    if let Some(parameter) = from.filter(|it| names.iter().any(|name| name == it)) {
                        let (name, place) = (&variable.name, &variable.place);
                        wanted_by.push(format!("`{parameter}` is for {name} (from {place})"));
                    }
                }
            }
        }
        errors
    }

    /// A name with what the contract says that it is for.
    pub fn described(&self, name: &str) -> String {
        let mut variables = self.contract.iter().flat_map(|it| &it.variables);
        let description = variables
            .find(|it| it.name.as_str() == name)
            .and_then(|it| it.description.as_deref())
            .filter(|text| !text.is_empty());
        match description {
            Some(text) => format!("{name} ({text})"),
            None => name.to_owned(),
        }
    }

    /// The paths that are read.
    pub fn paths(&self) -> Vec<&str> {
        let paths = self.request.paths.iter();
        paths.map(|(path, _)| path.as_str()).collect()
    }

    /// What a fingerprint says of the options: all that decides which parameters are read, and which
    /// of them count. Complete only after `follow`.
    pub fn told(&self) -> Told {
        let mut told = Told::default();
        for layer in &self.layers {
            match *layer {
                Source::Path(index) => told.add("path", &self.request.paths[index].0),
                Source::Pattern(index) => {
                    told.add("names", self.request.patterns[index].glob.text());
                }
            }
        }
        told.add("label", self.request.label.as_deref().unwrap_or_default());
        let mut lines: Vec<(&str, String)> = Vec::new();
        for name in &self.request.names {
            lines.push(("name", name.to_string()));
        }
        for (name, selector) in &self.exact {
            lines.push(("secret", format!("{name}={selector}")));
        }
        for file in &self.files {
            lines.push(("file", format!("{}={}", file.name, file.selector)));
        }
        for Document {
            flag,
            selector,
            prefix,
            ..
        } in &self.documents
        {
            lines.push((flag, format!("{prefix}={selector}")));
        }
        for Reference { name, target } in &self.references {
            let key = target.key.as_deref().unwrap_or_default();
            lines.push(("reference", format!("{name}={}#{key}", target.selector)));
        }
        let rules = &self.rules;
        for (what, globs) in [("only", &rules.only), ("exclude", &rules.exclude)] {
            lines.extend(globs.iter().map(|glob| (what, glob.text().to_owned())));
        }
        for (parameter, name) in &rules.renames {
            lines.push(("rename", format!("{parameter}={name}")));
        }
        // In none of these does the order matter.
        lines.sort();
        for (what, text) in &lines {
            told.add(what, text);
        }
        told.add("prefix", &rules.prefix);
        told.add(
            "name-from",
            match rules.basis {
                Basis::Path => "path",
                Basis::Leaf => "leaf",
            },
        );
        told.add(
            "case",
            match rules.case {
                Case::Upper => "upper",
                Case::Keep => "keep",
            },
        );
        told
    }

    /// The arguments of the program, argv\[0\] first, byte for byte.
    pub fn arguments(&self) -> Vec<Vec<u8>> {
        self.program
            .iter()
            .map(|argument| argument.clone().into_vec())
            .collect()
    }
}

/// Adds the single parameters that the contract names, but not for variables that `--secret` or
/// `--file` give one. Those of the variables whose names come back may be missing.
fn add_declared(
    declared: &[Declared],
    exact: &mut Vec<(VarName, Selector)>,
    files: &mut Vec<String>,
) -> Result<Vec<VarName>, UsageError> {
    let mut may_be_missing = Vec::new();
    for variable in declared {
        let name = &variable.name;
        let is_file = |text: &String| {
            let file = text.split_once('=').map(|(file, _)| file);
            file == Some(name.as_str())
        };
        let Some(parameter) = &variable.from else {
            continue;
        };
        if exact.iter().any(|(known, _)| known == name) || files.iter().any(is_file) {
            continue;
        }
        let blame = |mut error: UsageError| {
            error.what.push_str(&format!(" (from {})", variable.place));
            error
        };
        let mut text = format!("{name}={parameter}");
        if let Some(AsFile::Path(path)) = &variable.file {
            text.push_str(&format!("@{path}"));
        }
        match variable.file {
            None => exact.push(exact_secret(&text).map_err(blame)?),
            Some(_) => {
                FileSpec::parse(&text).map_err(|error| blame(malformed(error)))?;
                files.push(text);
            }
        }
        if variable.presence == Presence::Optional {
            may_be_missing.push(name.clone());
        }
    }
    Ok(may_be_missing)
}

fn nothing_to_read(contract: Option<&Contract>) -> UsageError {
    let what = "nothing says which secrets to read";
    match contract {
        None => UsageError::new(
            what,
            "say `--path PATH` or `--secret NAME=PARAMETER`, or set ENVSECRETS_PATH",
        ),
        Some(contract) if contract.profile.is_none() && !contract.profiles.is_empty() => {
            UsageError::new(
                format!("{what}: `{}` does so in its profiles", contract.file),
                format!(
                    "choose one with `--config-profile`: {}",
                    contract::listed(&contract.profiles)
                ),
            )
        }
        Some(contract) => UsageError::new(
            format!("{what}: `{}` does not", contract.file),
            "write path = [\"/prd/app\"] into it, or say `--path PATH`",
        ),
    }
}

/// The program's arguments, with places for values.
fn templates(program: &[OsString]) -> Result<Vec<Template>, UsageError> {
    let arguments = (1..).zip(program.iter().skip(1));
    arguments
        .map(|(number, argument)| Template::parse(argument.as_bytes(), number))
        .collect::<Result<_, template::Problem>>()
        .map_err(|problem| UsageError::new(problem.to_string(), problem.hint()))
}

/// Where a path stands in the request, adding it if it is new. A path is required if it is
/// required anywhere.
fn place(request: &mut Request, path: String, presence: Presence) -> usize {
    match request
        .paths
        .iter_mut()
        .position(|(known, _)| *known == path)
    {
        Some(index) => {
            if presence == Presence::Required {
                request.paths[index].1 = presence;
            }
            index
        }
        None => {
            request.paths.push((path, presence));
            request.paths.len() - 1
        }
    }
}

/// Where a glob of names stands in the request, adding it if it is new.
fn pattern(request: &mut Request, text: &str) -> Result<usize, UsageError> {
    if let Some(index) = request
        .patterns
        .iter()
        .position(|it| it.glob.text() == text)
    {
        return Ok(index);
    }
    let glob = globs("--names", &[text.to_owned()], Glob::for_parameters)?.remove(0);
    let beginning = glob.beginning().to_owned();
    if beginning.is_empty() {
        return Err(UsageError::new(
            format!("`--names {text}` does not say what names begin with"),
            "it begins literally, such as `prd.app.*`: all names of the account would have to be \
             looked through otherwise",
        ));
    }
    if beginning == text {
        return Err(UsageError::new(
            format!("`--names {text}` is one name, not a pattern"),
            format!("say `--secret NAME={text}`, or `--names '{text}*'`"),
        ));
    }
    names::valid_name(&beginning).map_err(|why| {
        UsageError::new(
            format!("`{beginning}`, with which `--names` begins, {why}"),
            "names hold only letters, digits, `_`, `.`, `-` and `/`",
        )
    })?;
    request
        .patterns
        .push(parameter_store::Pattern { beginning, glob });
    Ok(request.patterns.len() - 1)
}

/// A path of a layer, which stands after `flag`.
fn layer_path(text: &str, flag: &str) -> Result<String, UsageError> {
    path(&format!("{flag} "), text)
}

/// A path in the one form in which we compare and send it: no doubled `/`, none at its end. `flag` is
/// what stands before it, with a space, if anything does.
pub fn path(flag: &str, text: &str) -> Result<String, UsageError> {
    if text.is_empty() {
        let what = match flag.trim_end() {
            "" => "the path is empty".to_owned(),
            flag => format!("`{flag}` is empty"),
        };
        return Err(UsageError::new(
            what,
            "a path begins with `/`, such as /prd/app; was a variable not set?",
        ));
    }
    if text.starts_with("arn:") {
        return Err(UsageError::new(
            format!("`{flag}{text}` is an ARN, and a path is none"),
            "a path begins with `/`, such as /prd/app; a single parameter by its ARN is `--secret \
             NAME=ARN`",
        ));
    }
    if !text.starts_with('/') {
        return Err(UsageError::new(
            format!("`{flag}{text}` is not a path: it does not begin with `/`"),
            match flag {
                "" => format!("did you mean `/{text}`?"),
                _ => {
                    format!("did you mean `/{text}`? a single parameter is `--secret NAME={text}`")
                }
            },
        ));
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    let path = format!("/{}", parts.join("/"));
    if path != "/" {
        names::valid_name(&path).map_err(|why| {
            UsageError::new(
                format!("`{flag}{text}` is not a path: it {why}"),
                "look for characters that the shell should have taken away",
            )
        })?;
    }
    Ok(path)
}

fn exact_secret(text: &str) -> Result<(VarName, Selector), UsageError> {
    let hint =
        "it reads `--secret NAME=PARAMETER`, such as `--secret DB_PASSWORD=/prd/app/db:live`";
    let Some((name, parameter)) = text.split_once('=') else {
        return Err(UsageError::new(
            format!("`--secret {text}` is not NAME=PARAMETER"),
            hint,
        ));
    };
    let name = VarName::parse(name).ok_or_else(|| not_a_name("--secret", name))?;
    let selector = Selector::parse(parameter)
        .map_err(|why| UsageError::new(format!("`{parameter}`, for {name}, {why}"), hint))?;
    Ok((name, selector))
}

/// The files that are wanted: each under a name of its own, and none where another one is.
fn files(texts: &[String], exact: &[(VarName, Selector)]) -> Result<Vec<FileSpec>, UsageError> {
    let mut files: Vec<FileSpec> = Vec::new();
    for text in texts {
        let file = FileSpec::parse(text).map_err(malformed)?;
        let name = &file.name;
        let twice = |what: String| {
            let hint = "one variable holds one value: leave one of them out";
            Err(UsageError::new(what, hint))
        };
        if exact.iter().any(|(known, _)| known == name) {
            return twice(format!(
                "both `--secret` and `--file` give {name} a parameter"
            ));
        }
        for known in &files {
            if known.name == *name {
                return twice(format!("`--file` gives {name} two parameters"));
            }
            if let Target::Path(path) = &file.target
                && known.target == file.target
            {
                return Err(UsageError::new(
                    format!(
                        "`--file` writes both {} and {name} to `{}`",
                        known.name,
                        path.display()
                    ),
                    "give each a path of its own",
                ));
            }
        }
        files.push(file);
    }
    Ok(files)
}

fn owner(text: &str) -> Result<Owner, UsageError> {
    Owner::parse(text).ok_or_else(|| {
        UsageError::new(
            format!("`--file-owner {text}` is not a number that a user can have"),
            "it takes a name, or a number such as 1000",
        )
    })
}

fn malformed(problem: files::Malformed) -> UsageError {
    UsageError::new(problem.to_string(), problem.hint())
}

fn document(text: &str, kind: DocumentKind) -> Result<Document, UsageError> {
    let (flag, format) = match kind {
        DocumentKind::Json => ("--json", documents::Format::Json),
        DocumentKind::Dotenv => ("--dotenv", documents::Format::Dotenv),
    };
    // No parameter's name holds a `=`, and a secret's only where more stands before it.
    let split = match kind {
        DocumentKind::Json => text
            .split_once('=')
            .filter(|(prefix, _)| !prefix.contains('/')),
        DocumentKind::Dotenv => None,
    };
    let (prefix, parameter) = split.unwrap_or(("", text));
    if split.is_some() && VarName::parse(prefix).is_none() {
        return Err(not_a_name(flag, prefix));
    }
    let selector = Selector::parse(parameter).map_err(|why| {
        let hint = match kind {
            DocumentKind::Json => "it reads `--json PARAMETER` or `--json PREFIX=PARAMETER`",
            DocumentKind::Dotenv => "it reads `--dotenv PARAMETER`",
        };
        UsageError::new(format!("`{parameter}`, in `{flag}`, {why}"), hint)
    })?;
    Ok(Document {
        flag,
        format,
        selector,
        prefix: prefix.to_owned(),
    })
}

fn rename(text: &str) -> Result<(String, VarName), UsageError> {
    let hint = "it reads `--rename PARAMETER=NAME`, such as `--rename db/pass=DB_PASSWORD`";
    let Some((parameter, name)) = text.rsplit_once('=') else {
        return Err(UsageError::new(
            format!("`--rename {text}` is not PARAMETER=NAME"),
            hint,
        ));
    };
    names::valid_name(parameter)
        .map_err(|why| UsageError::new(format!("`{parameter}`, in `--rename`, {why}"), hint))?;
    let name = VarName::parse(name).ok_or_else(|| not_a_name("--rename", name))?;
    Ok((parameter.to_owned(), name))
}

fn fingerprint(
    name: &str,
    exact: &[(VarName, Selector)],
    files: &[FileSpec],
) -> Result<VarName, UsageError> {
    let flag = "--fingerprint";
    let name = VarName::parse(name).ok_or_else(|| not_a_name(flag, name))?;
    if let Some(why) = naming::refusal(&name, "") {
        let hint = "name one that nothing else has, such as SECRETS_FINGERPRINT";
        return Err(UsageError::new(
            format!("`{flag}` names {name}, which {why}"),
            hint,
        ));
    }
    let secrets = exact.iter().map(|(known, _)| ("--secret", known));
    let files = files.iter().map(|file| ("--file", &file.name));
    match secrets.chain(files).find(|(_, known)| **known == name) {
        Some((other, _)) => Err(UsageError::new(
            format!("`{other}` and `{flag}` would both become {name}"),
            "give one of them another name",
        )),
        None => Ok(name),
    }
}

fn prefix(text: Option<String>) -> Result<String, UsageError> {
    let Some(text) = text else {
        return Ok(String::new());
    };
    match VarName::parse(&text) {
        Some(_) => Ok(text),
        None => Err(not_a_name("--prefix", &text)),
    }
}

fn not_a_name(flag: &str, name: &str) -> UsageError {
    UsageError::new(
        format!("`{name}`, in `{flag}`, is not a name of a variable"),
        "names are letters, digits and `_`, and do not begin with a digit",
    )
}

fn globs(
    flag: &str,
    texts: &[String],
    glob: fn(&str) -> Result<Glob, globset::Error>,
) -> Result<Vec<Glob>, UsageError> {
    let parse = |text: &String| {
        glob(text).map_err(|error| {
            UsageError::new(
                format!("`{flag} {text}` is not a pattern: {}", error.kind()),
                "`*`, `**`, `?`, `[ab]` and `{a,b}` have a meaning; `\\` takes it away",
            )
        })
    };
    texts.iter().map(parse).collect()
}

/// How long to try: what was said, or the default; `None` for no limit.
pub fn timeout(text: Option<&str>) -> Result<Option<Duration>, UsageError> {
    match text {
        None => Ok(Some(TIMEOUT)),
        Some(text) => match duration("--timeout", text, "`0` means no limit")? {
            Duration::ZERO => Ok(None),
            timeout => Ok(Some(timeout)),
        },
    }
}

/// A length of time, as a person writes one.
pub fn duration(flag: &str, text: &str, zero: &str) -> Result<Duration, UsageError> {
    match text {
        "0" => Ok(Duration::ZERO),
        text => humantime::parse_duration(text).map_err(|error| {
            UsageError::new(
                format!("`{flag} {text}` is not a duration: {error}"),
                format!("write it like `30s`, `500ms` or `2m`; {zero}"),
            )
        }),
    }
}

#[cfg(test)]
mod tests;
