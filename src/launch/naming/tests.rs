//! From parameter name to variable name, story by story.

use super::*;
use crate::secret::Secret;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn parameter(name: &str) -> Parameter {
    holding(name, "value")
}

fn holding(name: &str, value: &str) -> Parameter {
    Parameter {
        name: name.to_owned(),
        value: Secret::new(value.to_owned()),
        version: 1,
        kind: "SecureString".into(),
        modified: None,
        arn: None,
        ..Parameter::default()
    }
}

fn parameters(names: &[&str]) -> Vec<Parameter> {
    names.iter().map(|name| parameter(name)).collect()
}

fn below<'a>(path: &'a str, parameters: &'a [Parameter]) -> Layer<'a> {
    Layer {
        path,
        presence: Presence::Required,
        parameters,
        form: Form::Parameters { shown: path },
    }
}

fn var(name: &str) -> VarName {
    VarName::parse(name).unwrap()
}

fn for_parameters(globs: &[&str]) -> Vec<Glob> {
    let glob = |text: &&str| Glob::for_parameters(text).unwrap();
    globs.iter().map(glob).collect()
}

fn allowing(glob: &str) -> Rules {
    Rules {
        allow: vec![Glob::for_variables(glob).unwrap()],
        ..Rules::default()
    }
}

/// Variables and their parameters, as `NAME /parameter`.
fn pairs(assigned: &Assigned<'_>) -> Vec<String> {
    let pair = |(name, it): (&VarName, &Assignment<'_>)| format!("{name} {}", it.parameter.name);
    assigned.variables.iter().map(pair).collect()
}

/// What one layer becomes, or why it cannot.
fn named(rules: &Rules, path: &str, names: &[&str]) -> Result<Vec<String>, Vec<String>> {
    let parameters = parameters(names);
    match assign(rules, &[below(path, &parameters)], &[]) {
        Ok(assigned) => Ok(pairs(&assigned)),
        Err((_, problems)) => Err(problems.iter().map(Problem::to_string).collect()),
    }
}

fn problems(rules: &Rules, layers: &[Layer<'_>]) -> Vec<String> {
    match assign(rules, layers, &[]) {
        Ok(assigned) => panic!("no problem with {:?}", pairs(&assigned)),
        Err((_, problems)) => problems.iter().map(Problem::to_string).collect(),
    }
}

/// The one name that one parameter gets.
fn name_for(rules: &Rules, path: &str, parameter: &str) -> String {
    let pairs = named(rules, path, &[parameter]).expect(parameter);
    let (name, _) = pairs[0].split_once(' ').unwrap();
    name.to_owned()
}

#[test]
fn the_default_name_is_what_follows_the_path_in_upper_case_with_underscores() {
    for (path, parameter, name) in [
        ("/prd/app", "/prd/app/db/pass-word", "DB_PASS_WORD"),
        ("/prd/app", "/prd/app/db", "DB"),
        ("/prd/app", "/prd/app/db.main.host", "DB_MAIN_HOST"),
        ("/prd/app", "/prd/app/dbPassWord", "DBPASSWORD"),
        ("/prd/app", "/prd/app/DB_HOST", "DB_HOST"),
        ("/prd/app", "/prd/app/a.-_/b", "A____B"),
        ("/prd/app", "/prd/app/_1", "_1"),
        ("/prd/app", "/prd/app/v2", "V2"),
        ("/prd", "/prd/app/db", "APP_DB"),
        ("/", "/prd/app/db", "PRD_APP_DB"),
        ("/", "/flat", "FLAT"),
        ("/", "flat", "FLAT"),
    ] {
        let made = name_for(&Rules::default(), path, parameter);
        assert_eq!(made, name, "{parameter} below {path}");
    }
}

#[test]
fn the_leaf_is_what_follows_the_last_slash() {
    let leaf = Rules {
        name_from: NameFrom::Leaf,
        ..Rules::default()
    };
    for (path, parameter, name) in [
        ("/prd/app", "/prd/app/db/pass-word", "PASS_WORD"),
        ("/prd/app", "/prd/app/db", "DB"),
        ("/", "flat", "FLAT"),
    ] {
        assert_eq!(name_for(&leaf, path, parameter), name, "{parameter}");
    }
}

#[test]
fn terraform_gets_its_prefix_and_keeps_its_case() {
    let terraform = Rules {
        prefix: "TF_VAR_".to_owned(),
        case: LetterCase::Keep,
        ..Rules::default()
    };
    for (parameter, name) in [
        ("/app/dbPassWord", "TF_VAR_dbPassWord"),
        ("/app/db/pass-word", "TF_VAR_db_pass_word"),
        ("/app/1st", "TF_VAR_1st"),
    ] {
        assert_eq!(name_for(&terraform, "/app", parameter), name, "{parameter}");
    }
}

#[test]
fn the_prefix_is_not_turned_into_upper_case() {
    let rules = Rules {
        prefix: "my_".to_owned(),
        ..Rules::default()
    };
    assert_eq!(name_for(&rules, "/app", "/app/db"), "my_DB");
}

#[test]
fn a_parameter_is_renamed_by_its_relative_or_its_full_name_and_gets_no_prefix() {
    for from in ["db/pass", "/app/db/pass"] {
        let rules = Rules {
            prefix: "P_".to_owned(),
            renames: vec![(from.to_owned(), var("PGPASSWORD"))],
            ..Rules::default()
        };
        let pairs = named(&rules, "/app", &["/app/db/pass", "/app/x"]);
        let expected = ["PGPASSWORD /app/db/pass", "P_X /app/x"].map(str::to_owned);
        assert_eq!(
            pairs.unwrap().into_iter().collect::<BTreeSet<_>>(),
            expected.into_iter().collect(),
            "{from}"
        );
    }
}

#[test]
fn a_relative_rename_counts_in_every_layer_and_a_full_one_in_its_own() {
    let base = parameters(&["/base/db"]);
    let app = parameters(&["/app/db"]);
    let layers = [below("/base", &base), below("/app", &app)];
    for (from, expected) in [
        ("db", vec!["PG /app/db"]),
        ("/base/db", vec!["DB /app/db", "PG /base/db"]),
    ] {
        let rules = Rules {
            renames: vec![(from.to_owned(), var("PG"))],
            ..Rules::default()
        };
        let assigned = assign(&rules, &layers, &[]).unwrap();
        assert_eq!(pairs(&assigned), expected, "{from}");
    }
}

#[test]
fn a_star_stops_at_a_slash_and_two_stars_do_not() {
    let all = ["/app/db", "/app/db/host", "/app/db/main/host", "/app/web"];
    for (only, expected) in [
        ("db", vec!["DB"]),
        ("db/*", vec!["DB_HOST"]),
        ("db/**", vec!["DB_HOST", "DB_MAIN_HOST"]),
        ("*", vec!["DB", "WEB"]),
        ("**", vec!["DB", "DB_HOST", "DB_MAIN_HOST", "WEB"]),
        ("**/host", vec!["DB_HOST", "DB_MAIN_HOST"]),
        ("?b", vec!["DB"]),
        ("db?host", vec![]),
        ("{web,db/*}", vec!["DB_HOST", "WEB"]),
        ("[a-e]b", vec!["DB"]),
        ("DB", vec![]),
        ("/app/db", vec![]),
    ] {
        let rules = Rules {
            only: for_parameters(&[only]),
            ..Rules::default()
        };
        let parameters = parameters(&all);
        let layer = Layer {
            presence: Presence::Optional,
            ..below("/app", &parameters)
        };
        let assigned = assign(&rules, &[layer], &[]).unwrap();
        let names: Vec<&str> = assigned.variables.keys().map(VarName::as_str).collect();
        assert_eq!(names, expected, "--only {only}");
        assert_eq!(names.len() + assigned.filtered.len(), all.len(), "{only}");
    }
}

#[test]
fn exclude_wins_over_only_and_what_was_left_out_says_why() {
    let rules = Rules {
        only: for_parameters(&["db/*"]),
        exclude: for_parameters(&["**/pass", "db/p*"]),
        ..Rules::default()
    };
    let parameters = parameters(&["/app/db/host", "/app/db/pass", "/app/web"]);
    let assigned = assign(&rules, &[below("/app", &parameters)], &[]).unwrap();
    assert_eq!(pairs(&assigned), ["DB_HOST /app/db/host"]);
    let filtered: Vec<(&str, Option<&str>)> = assigned
        .filtered
        .iter()
        .map(|it| (it.parameter.name.as_str(), it.excluded_by.as_deref()))
        .collect();
    assert_eq!(
        filtered,
        [("/app/db/pass", Some("**/pass")), ("/app/web", None)]
    );
}

#[test]
fn what_is_left_out_can_be_anything() {
    let rules = Rules {
        exclude: for_parameters(&["1*", "path", "nul"]),
        ..Rules::default()
    };
    let parameters = [
        parameter("/app/1st"),
        parameter("/app/path"),
        holding("/app/nul", "\0"),
    ];
    let assigned = assign(&rules, &[below("/app", &parameters)], &[]).unwrap();
    assert_eq!(assigned.filtered.len(), 3);
}

#[test]
fn a_rule_that_matches_nothing_is_a_typo_unless_all_layers_are_optional() {
    let rules = Rules {
        only: for_parameters(&["bd/*", "db"]),
        exclude: for_parameters(&["wbe"]),
        renames: vec![("bd".to_owned(), var("PG"))],
        ..Rules::default()
    };
    let parameters = parameters(&["/app/db"]);
    let layer = |presence, parameters| Layer {
        path: "/app",
        presence,
        parameters,
        form: Form::Parameters { shown: "/app" },
    };
    let expected = [
        "`--exclude wbe` matches no parameter",
        "`--only bd/*` matches no parameter",
        "`--rename bd=PG` matches no parameter",
    ];
    let required = layer(Presence::Required, parameters.as_slice());
    let optional = layer(Presence::Optional, parameters.as_slice());
    let empty = layer(Presence::Optional, &[]);
    assert_eq!(problems(&rules, &[required]), expected);
    assert_eq!(problems(&rules, &[empty, required]), expected);
    assert!(assign(&rules, &[optional, empty], &[]).is_ok());
    assert!(assign(&rules, &[], &[]).is_ok());
}

#[test]
fn a_rule_that_matches_in_one_layer_of_several_is_used() {
    let rules = Rules {
        exclude: for_parameters(&["debug"]),
        ..Rules::default()
    };
    let (base, app) = (parameters(&["/base/debug"]), parameters(&["/app/db"]));
    let layers = [below("/base", &base), below("/app", &app)];
    assert_eq!(
        pairs(&assign(&rules, &layers, &[]).unwrap()),
        ["DB /app/db"]
    );
}

#[test]
fn every_rule_that_matches_counts_as_used_not_only_the_first() {
    let rules = Rules {
        only: for_parameters(&["db", "d*"]),
        exclude: for_parameters(&["web", "w*"]),
        ..Rules::default()
    };
    assert_eq!(
        named(&rules, "/app", &["/app/db", "/app/web"]),
        Ok(vec!["DB /app/db".to_owned()])
    );
}

#[test]
fn a_collision_names_all_the_parameters() {
    assert_eq!(
        named(
            &Rules::default(),
            "/app",
            &["/app/a-b", "/app/a.b", "/app/a/b"]
        ),
        Err(vec![
            "parameters `/app/a-b`, `/app/a.b` and `/app/a/b` would all become A_B".to_owned()
        ])
    );
}

#[test]
fn a_rename_can_collide_and_can_take_a_collision_away() {
    let rename = |from: &str, to: &str| Rules {
        renames: vec![(from.to_owned(), var(to))],
        ..Rules::default()
    };
    assert_eq!(
        named(&rename("a", "B"), "/app", &["/app/a", "/app/b"]),
        Err(vec![
            "parameters `/app/a` and `/app/b` would both become B".to_owned()
        ])
    );
    assert_eq!(
        named(&rename("a-b", "C"), "/app", &["/app/a-b", "/app/a_b"]),
        Ok(vec!["A_B /app/a_b".to_owned(), "C /app/a-b".to_owned()])
    );
}

#[test]
fn leaves_and_cases_collide_too() {
    let leaf = Rules {
        name_from: NameFrom::Leaf,
        ..Rules::default()
    };
    assert_eq!(
        named(&leaf, "/app", &["/app/blue/db", "/app/green/db"]),
        Err(vec![
            "parameters `/app/blue/db` and `/app/green/db` would both become DB".to_owned()
        ])
    );
    let keep = Rules {
        case: LetterCase::Keep,
        ..Rules::default()
    };
    let cased = ["/app/DB", "/app/db"];
    assert_eq!(
        named(&Rules::default(), "/app", &cased),
        Err(vec![
            "parameters `/app/DB` and `/app/db` would both become DB".to_owned()
        ])
    );
    assert_eq!(
        named(&keep, "/app", &cased),
        Ok(vec!["DB /app/DB".to_owned(), "db /app/db".to_owned()])
    );
}

#[test]
fn all_problems_of_all_layers_are_found_at_once() {
    let base = [
        parameter("/base/a-b"),
        parameter("/base/a.b"),
        parameter("/base/c-d"),
        parameter("/base/c.d"),
        parameter("/base/1st"),
    ];
    let app = [
        parameter("/app/path"),
        holding("/app/nul", "se\0cret"),
        parameter("/app/good"),
    ];
    let rules = Rules {
        exclude: for_parameters(&["nothing"]),
        ..Rules::default()
    };
    assert_eq!(
        problems(&rules, &[below("/base", &base), below("/app", &app)]),
        [
            "`--exclude nothing` matches no parameter",
            "parameter `/app/path` would become PATH, which can run code: any program looks for programs and libraries where it points",
            "parameter `/base/1st` would become `1ST`, which is not a valid variable name",
            "parameters `/base/a-b` and `/base/a.b` would both become A_B",
            "parameters `/base/c-d` and `/base/c.d` would both become C_D",
            "the value of parameter `/app/nul` contains a NUL, which a variable cannot contain",
        ]
    );
}

#[test]
fn with_problems_there_is_still_something_to_show() {
    let parameters = parameters(&["/app/1st", "/app/path", "/app/good"]);
    let (assigned, _) = assign(&Rules::default(), &[below("/app", &parameters)], &[]).unwrap_err();
    assert_eq!(pairs(&assigned), ["GOOD /app/good", "PATH /app/path"]);
}

#[test]
fn a_problem_that_two_layers_share_is_reported_once() {
    let parameters = parameters(&["/app/1st"]);
    let layer = below("/app", &parameters);
    assert_eq!(problems(&Rules::default(), &[layer, layer]).len(), 1);
}

#[test]
fn a_name_cannot_begin_with_a_digit_unless_a_prefix_or_a_rename_helps() {
    let first = ["/app/1st"];
    assert_eq!(
        named(&Rules::default(), "/app", &first),
        Err(vec![
            "parameter `/app/1st` would become `1ST`, which is not a valid variable name"
                .to_owned()
        ])
    );
    let prefixed = Rules {
        prefix: "N_".to_owned(),
        ..Rules::default()
    };
    assert_eq!(name_for(&prefixed, "/app", first[0]), "N_1ST");
    let renamed = Rules {
        renames: vec![("1st".to_owned(), var("FIRST"))],
        ..Rules::default()
    };
    assert_eq!(name_for(&renamed, "/app", first[0]), "FIRST");
}

#[test]
fn a_later_layer_overrides_an_earlier_one_and_remembers_whom() {
    let base = parameters(&["/base/db", "/base/only-base"]);
    let app = parameters(&["/app/db"]);
    let host = parameters(&["/host/db", "/host/only-host"]);
    let layers = [
        below("/base", &base),
        below("/app", &app),
        below("/host", &host),
    ];
    let assigned = assign(&Rules::default(), &layers, &[]).unwrap();
    assert_eq!(
        pairs(&assigned),
        [
            "DB /host/db",
            "ONLY_BASE /base/only-base",
            "ONLY_HOST /host/only-host"
        ]
    );
    let db = &assigned.variables[&var("DB")];
    assert_eq!(db.origin, Origin::Layer("/host"));
    let overridden: Vec<&str> = db.overridden.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(overridden, ["/base/db", "/app/db"]);
    assert!(assigned.variables[&var("ONLY_BASE")].overridden.is_empty());
}

#[test]
fn keys_are_named_as_parameters_are_but_neither_filtered_nor_renamed() {
    let keys = parameters(&["/x#db/host", "/x#api-key"]);
    let layer = Layer {
        path: "/x#",
        form: Form::Keys {
            flag: "--json",
            prefix: "MY_",
        },
        ..below("/x#", &keys)
    };
    let rules = Rules {
        only: vec![Glob::for_parameters("none").unwrap()],
        prefix: "OTHER_".to_owned(),
        ..Rules::default()
    };
    let optional = Layer {
        presence: Presence::Optional,
        ..layer
    };
    let assigned = assign(&rules, &[optional], &[]).unwrap();
    let names: Vec<&str> = assigned.variables.keys().map(VarName::as_str).collect();
    assert_eq!(names, ["MY_API_KEY", "MY_DB_HOST"]);
    assert_eq!(
        assigned.variables[&var("MY_DB_HOST")].origin,
        Origin::Keys("--json")
    );
}

#[test]
fn a_single_parameter_beats_every_layer() {
    let base = parameters(&["/base/db"]);
    let single = parameter("/elsewhere/x");
    let db = var("DB");
    let assigned = assign(
        &Rules::default(),
        &[below("/base", &base)],
        &[(Origin::Exact, &db, &single)],
    )
    .unwrap();
    let it = &assigned.variables[&db];
    assert_eq!(it.parameter.name, "/elsewhere/x");
    assert_eq!(it.origin, Origin::Exact);
    assert_eq!(it.overridden[0].name, "/base/db");
}

#[test]
fn a_single_parameter_is_not_filtered_or_prefixed_but_it_is_checked() {
    let rules = Rules {
        only: for_parameters(&["none"]),
        prefix: "P_".to_owned(),
        ..Rules::default()
    };
    let (one, two, nul) = (
        parameter("/x/one"),
        parameter("/x/two"),
        holding("/x/nul", "\0"),
    );
    let (a, path, c) = (var("A"), var("PATH"), var("C"));
    let assigned = assign(&rules, &[], &[(Origin::Exact, &a, &one)]).unwrap();
    assert_eq!(pairs(&assigned), ["A /x/one"]);
    let (_, problems) = assign(
        &rules,
        &[],
        &[(Origin::Exact, &path, &two), (Origin::Exact, &c, &nul)],
    )
    .unwrap_err();
    let problems: Vec<String> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(
        problems,
        [
            "parameter `/x/two` would become PATH, which can run code: any program looks for programs and libraries where it points",
            "the value of parameter `/x/nul` contains a NUL, which a variable cannot contain",
        ]
    );
}

#[test]
fn relative_takes_away_the_path_and_one_slash() {
    for (path, name, rest) in [
        ("/app", "/app/db", "db"),
        ("/app", "/app/db/host", "db/host"),
        ("/", "/app/db", "app/db"),
        ("/", "flat", "flat"),
        ("/app", "/other/db", "other/db"),
        ("/app", "/app", ""),
    ] {
        assert_eq!(relative(path, name), rest, "{name} below {path}");
    }
}

#[test]
fn a_var_name_is_what_posix_and_the_shells_take() {
    for good in ["A", "_", "a", "A1", "_1", "aB_9"] {
        assert_eq!(VarName::parse(good).expect(good).as_str(), good);
    }
    for bad in ["", "1", "1A", "A-B", "A.B", "A B", "A=B", "Ä", "A\0", "A\n"] {
        assert!(VarName::parse(bad).is_none(), "{bad:?}");
    }
}

#[test]
fn every_problem_has_its_hint() {
    let name = || var("A");
    let (parameter, glob) = ("/a".to_owned(), "a".to_owned());
    let problems = [
        (
            Problem::Collision {
                name: name(),
                parameters: Vec::new(),
            },
            "--rename PARAMETER=NAME",
        ),
        (
            Problem::NotAName {
                parameter: parameter.clone(),
                name: "1".to_owned(),
            },
            "--prefix TEXT",
        ),
        (
            Problem::Refused {
                parameter: parameter.clone(),
                name: name(),
                author: Author::Parameter,
                why: Refusal::Value(""),
            },
            "find out who wrote that parameter",
        ),
        (
            Problem::Nul {
                parameter: parameter.clone(),
            },
            "base64, or leave it out with `--exclude GLOB`",
        ),
        (
            Problem::UnusedGlob {
                flag: "--only",
                glob,
            },
            "envsecrets check",
        ),
        (
            Problem::UnusedRename {
                parameter,
                name: name(),
            },
            "relative to its path",
        ),
    ];
    for (problem, advice) in problems {
        assert!(problem.hint().contains(advice), "{problem}");
    }
}

#[test]
fn names_are_listed_as_one_reads_them() {
    for (names, expected) in [
        (["a"].as_slice(), "`a`"),
        (&["a", "b"], "`a` and `b`"),
        (&["a", "b", "c"], "`a`, `b` and `c`"),
        (&[], ""),
    ] {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(listed(&names), expected);
    }
}

#[test]
fn the_hint_for_a_key_is_about_where_it_is_stored() {
    let parameter = || "/a#b".to_owned();
    let problems = [
        (
            Problem::Collision {
                name: var("A"),
                parameters: vec!["/c".to_owned(), parameter()],
            },
            "give one of the keys another name where they are stored",
        ),
        (
            Problem::NotAName {
                parameter: parameter(),
                name: "1".to_owned(),
            },
            "names are letters, digits and `_`, and do not begin with a digit: use \
             `--json PREFIX=PLACE`, for a layer `--prefix TEXT` or `--rename KEY=NAME`, or give the \
             key another name where it is stored",
        ),
        (
            Problem::Refused {
                parameter: parameter(),
                name: var("A"),
                author: Author::Parameter,
                why: Refusal::Value(""),
            },
            "to allow it, use `--allow-name NAME`, or give the names of its keys a prefix, with \
             `--json PREFIX=PLACE`, or for a layer `--prefix TEXT` or `--rename KEY=NAME`; otherwise \
             find out who wrote that key",
        ),
        (
            Problem::Nul {
                parameter: parameter(),
            },
            "store it encoded, such as in base64",
        ),
    ];
    for (problem, hint) in problems {
        assert_eq!(problem.hint(), hint, "{problem}");
    }
}

/// What sudo takes out of the environment (`initial_badenv_table`, env.c at 2e18923); where it
/// takes out all names that begin alike, some of them.
const SUDO: &[&str] = &[
    "IFS",
    "CDPATH",
    "LOCALDOMAIN",
    "RES_OPTIONS",
    "HOSTALIASES",
    "NLSPATH",
    "PATH_LOCALE",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_BIND_NOW",
    "_RLD_LIST",
    "_RLDN32_LIST",
    "KRB5_CONFIG",
    "KRB5_CONFIG_DIR",
    "KRB5_KTNAME",
    "TERMINFO",
    "TERMINFO_DIRS",
    "TERMPATH",
    "TERMCAP",
    "ENV",
    "BASH_ENV",
    "PS4",
    "GLOBIGNORE",
    "BASHOPTS",
    "SHELLOPTS",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "CLASSPATH",
    "PERLIO_DEBUG",
    "PERLLIB",
    "PERL5LIB",
    "PERL5OPT",
    "PERL5DB",
    "FPATH",
    "NULLCMD",
    "READNULLCMD",
    "ZDOTDIR",
    "TMPPREFIX",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONINSPECT",
    "PYTHONUSERBASE",
    "PYTHONSTARTUP",
    "RUBYLIB",
    "RUBYOPT",
    "NODE_OPTIONS",
    "NODE_PATH",
    "GIT_SSH_COMMAND",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_KEY_0",
    "GCONV_PATH",
];

/// What glibc's `unsecvars.h` (at 04e750e) adds, but for the limits of its allocator.
const GLIBC: &[&str] = &[
    "GETCONF_DIR",
    "GLIBC_TUNABLES",
    "LD_AUDIT",
    "LD_DEBUG_OUTPUT",
    "LD_PROFILE",
    "LD_PROFILE_OUTPUT",
    "LOCPATH",
    "MALLOC_CHECK_",
    "NIS_PATH",
    "RESOLV_HOST_CONF",
    "TMPDIR",
    "TZDIR",
];

/// What runtimes, tools and AWS read.
const OTHERS: &[&str] = &[
    "PATH",
    "SHELL",
    "HOME",
    "USER",
    "DYLD_INSERT_LIBRARIES",
    "PROMPT_COMMAND",
    "PERL_UNICODE",
    "PYTHONBREAKPOINT",
    "PYTHONWARNINGS",
    "JDK_JAVA_OPTIONS",
    "MAVEN_OPTS",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "OPENSSL_CONF",
    "OPENSSL_MODULES",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "GIT_SSH",
    "GIT_EXEC_PATH",
    "DOTNET_STARTUP_HOOKS",
    "COR_ENABLE_PROFILING",
    "COR_PROFILER",
    "COR_PROFILER_PATH_64",
    "CORECLR_ENABLE_PROFILING",
    "CORECLR_PROFILER",
    "CORECLR_PROFILER_PATH",
    "AWS_ACCESS_KEY_ID",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "BASH_FUNC_ls",
    "ENVSECRETS_PATH",
];

#[test]
fn names_with_power_are_refused_and_can_be_allowed() {
    for text in SUDO.iter().chain(GLIBC).chain(OTHERS) {
        let parameters = [parameter(&format!("/x/{text}"))];
        let layers = [below("/x", &parameters)];
        let keep = |rules| Rules {
            case: LetterCase::Keep,
            ..rules
        };
        let Err((_, problems)) = assign(&keep(Rules::default()), &layers, &[]) else {
            panic!("{text} is not refused");
        };
        let [problem] = problems.as_slice() else {
            panic!("{text} has {} problems", problems.len());
        };
        let start = format!("parameter `/x/{text}` would become {text}, which ");
        assert!(problem.to_string().starts_with(&start), "{problem}");
        for (glob, is_allowed) in [(*text, true), ("*", true), ("OTHER*", false)] {
            let assigned = assign(&keep(allowing(glob)), &layers, &[]);
            assert_eq!(assigned.is_ok(), is_allowed, "{text} {glob}");
        }
    }
}

#[test]
fn the_operator_can_name_a_setting_but_nothing_that_runs_code() {
    let rename = |from: &str, name: &str| Rules {
        renames: vec![(from.to_owned(), var(name))],
        ..Rules::default()
    };
    let (stored, other) = ([parameter("/x/kubeconfig")], [parameter("/x/config")]);
    let (setting, code) = (var("KUBECONFIG"), var("EDITOR"));
    let single = parameter("/y");
    let exact = |name| [(Origin::Exact, name, &single)];
    assert!(assign(&Rules::default(), &[], &exact(&setting)).is_ok());
    for from in ["config", "/x/config"] {
        assert!(assign(&rename(from, "KUBECONFIG"), &[below("/x", &other)], &[]).is_ok());
    }
    // Only the single one reaches the program.
    let layers = [below("/x", &stored)];
    let assigned = assign(&Rules::default(), &layers, &exact(&setting)).unwrap();
    assert_eq!(pairs(&assigned), ["KUBECONFIG /y"]);
    let key = Layer {
        form: Form::Keys {
            flag: "--json",
            prefix: "",
        },
        ..below("/x", &stored)
    };
    let mut refused = Vec::new();
    for (rules, layers, exact) in [
        (Rules::default(), vec![layers[0]], vec![]),
        (rename("other", "KUBECONFIG"), vec![layers[0]], vec![]),
        (rename("kubeconfig", "OTHER"), vec![key], vec![]),
        (Rules::default(), vec![], exact(&code).to_vec()),
        (
            rename("config", "EDITOR"),
            vec![below("/x", &other)],
            vec![],
        ),
    ] {
        let (_, problems) = assign(&rules, &layers, &exact).unwrap_err();
        refused.push(format!(
            "{}; {}",
            problems.last().unwrap(),
            problems.last().unwrap().hint()
        ));
    }
    let setting = "parameter `/x/kubeconfig` would become KUBECONFIG, which changes settings: kubectl \
                   takes its settings from it; to allow it, give the name yourself with `--rename \
                   PARAMETER=NAME` or `--secret NAME=PARAMETER`, or use `--allow-name NAME`; \
                   otherwise leave it out with `--exclude GLOB`, and find out who wrote that parameter";
    let code = |parameter: &str| {
        format!(
            "parameter `{parameter}` would become EDITOR, which can run code: any program runs \
             commands that it names; the name was given, but who may write the parameter chooses \
             the value: to allow it all the same, use `--allow-name NAME`"
        )
    };
    assert_eq!(
        refused,
        [setting, setting, setting, &code("/y"), &code("/x/config")]
    );
}

#[test]
fn names_that_only_look_like_those_are_not_refused() {
    for (name, value) in [
        ("PATHS", "/bin"),
        ("MY_PATH", "/bin"),
        ("DB_PATH", "/bin"),
        ("HOMEPAGE", "https://example.com"),
        ("DB_USER", "app"),
        ("USERNAME", "app"),
        ("SHELLS", "x"),
        ("NODE_ENV", "production"),
        ("APP_ENV", "production"),
        ("ENVIRONMENT", "production"),
        ("GITHUB_TOKEN", "x"),
        ("GITLAB_TOKEN", "x"),
        ("LDAP_PASSWORD", "x"),
        ("PYTHONUNBUFFERED", "1"),
        ("RUBY_ENV", "x"),
        ("AWSOME", "x"),
        ("PROXY_URL", "http://example.com"),
        ("PROXY", "http://example.com"),
        ("LC", "a/b"),
        ("path", "/bin"),
        ("ld_preload", "x"),
        ("LANG", "C.UTF-8"),
        ("LANGUAGE", "en"),
        ("LANGUAGE", "de:en"),
        ("LC_ALL", "en_US.UTF-8"),
        ("TERM", "xterm-256color"),
        ("TZ", "Europe/Berlin"),
        ("TZ", "UTC"),
        ("TZ", "<+03>-3"),
        ("VALUE", "(not a function)"),
        ("VALUE", " () { :;}"),
        ("VALUE", "x() {"),
        ("VALUE", "/bin/%s"),
    ] {
        assert_eq!(refusal(&var(name), value), None, "{name}={value}");
    }
}

#[test]
fn some_names_are_refused_for_what_they_hold() {
    let file = "must not name a file or contain a format";
    let zone = "must not name a file outside the time zone directory";
    let function = "would be a function to old shells";
    for (name, value, why) in [
        ("LANG", "/tmp/x", file),
        ("LANG", "%n", file),
        ("LANGUAGE", "../x", file),
        ("LC_ALL", "a/b", file),
        ("LC_MESSAGES", "%s", file),
        ("LINGUAS", "a/b", file),
        ("TERM", "/x", file),
        ("COLORTERM", "%x", file),
        ("TZ", "/etc/shadow", zone),
        ("TZ", ":/etc/shadow", zone),
        ("TZ", "../../etc/shadow", zone),
        ("TZ", "Europe/../../x", zone),
        ("ANY", "() { :;}; echo pwned", function),
        ("ANY", "(){ :;}", function),
        ("ANY", "()", function),
    ] {
        let name = var(name);
        assert_eq!(
            refusal(&name, value),
            Some(Refusal::Value(why)),
            "{name}={value}"
        );
        let parameter = holding("/x", value);
        let exact = [(Origin::Exact, &name, &parameter)];
        let (_, problems) = assign(&Rules::default(), &[], &exact).unwrap_err();
        let expected = format!("parameter `/x` would become {name}, which {why}");
        assert_eq!(problems[0].to_string(), expected);
        let rules = allowing(name.as_str());
        assert!(assign(&rules, &[], &exact).is_ok(), "{name}={value}");
    }
}

#[test]
fn nothing_allows_a_nul() {
    let (name, parameter) = (var("LD_PRELOAD"), holding("/x", "a\0b"));
    let (_, problems) =
        assign(&allowing("*"), &[], &[(Origin::Exact, &name, &parameter)]).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "the value of parameter `/x` contains a NUL, which a variable cannot contain"
    );
}

#[test]
fn no_problem_repeats_a_value() {
    let sentinel = "HUNTER2";
    let parameters = [
        holding("/app/nul", &format!("{sentinel}\0")),
        holding("/app/path", sentinel),
        holding("/app/tz", &format!("/{sentinel}")),
        holding("/app/a-b", sentinel),
        holding("/app/a.b", sentinel),
        holding("/app/1", sentinel),
    ];
    let (assigned, problems) =
        assign(&Rules::default(), &[below("/app", &parameters)], &[]).unwrap_err();
    assert_eq!(problems.len(), 5);
    assert!(!format!("{assigned:?} {problems:?}").contains(sentinel));
    for problem in problems {
        assert!(!problem.to_string().contains(sentinel), "{problem}");
    }
}

#[test]
fn a_glob_for_variables_matches_bytes_and_does_not_stop_anywhere() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let all = Glob::for_variables("*").unwrap();
    for name in [
        b"A".as_slice(),
        b"",
        b"a/b",
        b"a\nb",
        b"\xff",
        b"BASH_FUNC_x%%",
    ] {
        assert!(all.matches(OsStr::from_bytes(name)), "{name:?}");
    }
    let x = Glob::for_variables("X_*").unwrap();
    assert!(x.matches(OsStr::from_bytes(b"X_\xff")));
    assert!(!x.matches("x_1"));
    assert!(!x.matches("AX_1"));
    assert_eq!(x.text(), "X_*");
}

/// Names below `/app` of few letters, so that many collide and some begin with a digit.
fn few_names() -> impl Strategy<Value = BTreeSet<String>> {
    proptest::collection::btree_set("/app(/[aAb1._-]{1,2}){1,2}", 0..12)
}

fn rules() -> impl Strategy<Value = (bool, bool, bool, bool)> {
    any::<(bool, bool, bool, bool)>()
}

/// An outcome in a form in which orders that mean nothing do not matter.
fn essence(
    outcome: Result<Assigned<'_>, (Assigned<'_>, Vec<Problem>)>,
) -> (Vec<String>, BTreeSet<String>, Vec<String>) {
    let (assigned, problems) = match outcome {
        Ok(assigned) => (assigned, Vec::new()),
        Err((assigned, problems)) => (assigned, problems),
    };
    let filtered = assigned
        .filtered
        .iter()
        .map(|it| it.parameter.name.clone())
        .collect();
    let mut problems: Vec<String> = problems
        .into_iter()
        .map(|mut problem| {
            if let Problem::Collision { parameters, .. } = &mut problem {
                parameters.sort();
            }
            problem.to_string()
        })
        .collect();
    problems.sort();
    (pairs(&assigned), filtered, problems)
}

proptest! {
    #[test]
    fn the_order_of_parameters_within_a_layer_does_not_matter(
        (names, shuffled) in few_names()
            .prop_map(|names| names.into_iter().collect::<Vec<_>>())
            .prop_flat_map(|names| (Just(names.clone()), Just(names).prop_shuffle())),
        (leaf, keep, only, exclude) in rules(),
    ) {
        let rules = Rules {
            name_from: if leaf { NameFrom::Leaf } else { NameFrom::Path },
            case: if keep { LetterCase::Keep } else { LetterCase::Upper },
            only: if only { for_parameters(&["a*", "*/*"]) } else { Vec::new() },
            exclude: if exclude { for_parameters(&["*b", "1/**"]) } else { Vec::new() },
            ..Rules::default()
        };
        let sorted: Vec<Parameter> = names.iter().map(|name| parameter(name)).collect();
        let shuffled: Vec<Parameter> = shuffled.iter().map(|name| parameter(name)).collect();
        prop_assert_eq!(
            essence(assign(&rules, &[below("/app", &sorted)], &[])),
            essence(assign(&rules, &[below("/app", &shuffled)], &[]))
        );
    }

    #[test]
    fn each_parameter_gets_a_name_of_its_own_or_there_is_a_problem_that_names_one(
        names in few_names(),
        (leaf, keep, prefixed, exclude) in rules(),
    ) {
        let prefix = if prefixed { "P_" } else { "" };
        let rules = Rules {
            name_from: if leaf { NameFrom::Leaf } else { NameFrom::Path },
            case: if keep { LetterCase::Keep } else { LetterCase::Upper },
            prefix: prefix.to_owned(),
            exclude: if exclude { for_parameters(&["a*"]) } else { Vec::new() },
            ..Rules::default()
        };
        let parameters: Vec<Parameter> = names.iter().map(|name| parameter(name)).collect();
        let layer = Layer { presence: Presence::Optional, ..below("/app", &parameters) };

        // The names once more, by other means.
        let mut expected: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let mut filtered = BTreeSet::new();
        for name in &names {
            let rest = &name["/app/".len()..];
            if exclude && rest.starts_with('a') && !rest.contains('/') {
                filtered.insert(name.as_str());
                continue;
            }
            let part = if leaf { rest.split('/').next_back().unwrap() } else { rest };
            let part = part.replace(['/', '.', '-'], "_");
            let part = if keep { part } else { part.to_uppercase() };
            expected.entry(format!("{prefix}{part}")).or_default().push(name);
        }
        let all_good = expected.iter().all(|(name, parameters)| {
            parameters.len() == 1 && !name.starts_with('1')
        });

        match assign(&rules, &[layer], &[]) {
            Ok(assigned) => {
                prop_assert!(all_good);
                let variables: BTreeMap<String, Vec<&str>> = assigned
                    .variables
                    .iter()
                    .map(|(name, it)| (name.to_string(), vec![it.parameter.name.as_str()]))
                    .collect();
                prop_assert_eq!(variables, expected);
                prop_assert!(assigned.variables.keys().all(|n| VarName::parse(n.as_str()).is_some()));
                let left_out: BTreeSet<&str> =
                    assigned.filtered.iter().map(|it| it.parameter.name.as_str()).collect();
                prop_assert_eq!(left_out, filtered);
            }
            Err((_, problems)) => {
                prop_assert!(!all_good);
                for problem in problems {
                    let named = match &problem {
                        Problem::Collision { parameters, .. } => parameters.clone(),
                        Problem::NotAName { parameter, .. } => vec![parameter.clone()],
                        other => panic!("{other}"),
                    };
                    prop_assert!(!named.is_empty());
                    prop_assert!(named.iter().all(|name| names.contains(name)), "{}", problem);
                }
            }
        }
    }

    #[test]
    fn no_legal_name_and_no_value_makes_it_panic(
        layers in proptest::collection::vec(
            proptest::collection::btree_map(
                "(/[a-zA-Z0-9_.-]{0,6}){1,4}|[a-zA-Z0-9_.-]{1,6}",
                ".{0,4}|\0",
                0..6,
            ),
            0..4,
        ),
        path in "/|(/[a-z]{1,2}){1,2}",
    ) {
        let layers: Vec<Vec<Parameter>> = layers
            .iter()
            .map(|layer| layer.iter().map(|(name, value)| holding(name, value)).collect())
            .collect();
        let layers: Vec<Layer<'_>> = layers.iter().map(|it| below(&path, it)).collect();
        if let Ok(assigned) = assign(&Rules::default(), &layers, &[]) {
            let overridden: usize = assigned.variables.values().map(|it| it.overridden.len()).sum();
            let read: usize = layers.iter().map(|layer| layer.parameters.len()).sum();
            prop_assert_eq!(assigned.variables.len() + overridden, read);
        }
    }
}

#[test]
fn what_is_said_does_not_depend_on_the_order_either() {
    let forth = parameters(&["/app/a-b", "/app/a.b", "/app/c"]);
    let back = parameters(&["/app/c", "/app/a.b", "/app/a-b"]);
    let rules = Rules::default();
    assert_eq!(
        problems(&rules, &[below("/app", &forth)]),
        problems(&rules, &[below("/app", &back)])
    );
    let rules = Rules {
        exclude: for_parameters(&["a*"]),
        ..Rules::default()
    };
    let filtered = |parameters: &[Parameter]| -> Vec<String> {
        let assigned = assign(&rules, &[below("/app", parameters)], &[]).unwrap();
        let names = assigned.filtered.iter();
        names.map(|it| it.parameter.name.clone()).collect()
    };
    assert_eq!(filtered(&forth), filtered(&back));
}

#[test]
fn one_parameter_cannot_be_given_two_names() {
    let rules = Rules {
        renames: vec![
            ("db".to_owned(), var("A")),
            ("/app/db".to_owned(), var("B")),
        ],
        ..Rules::default()
    };
    assert_eq!(
        named(&rules, "/app", &["/app/db"]).unwrap_err(),
        ["`--rename` gives parameter `/app/db` two names, A and B"]
    );
}

#[test]
fn renaming_what_is_left_out_is_not_a_typo() {
    let rules = Rules {
        exclude: for_parameters(&["db"]),
        renames: vec![("db".to_owned(), var("A"))],
        ..Rules::default()
    };
    assert_eq!(
        named(&rules, "/app", &["/app/db", "/app/x"]).unwrap(),
        ["X /app/x"]
    );
}

/// Whether a name matches a pattern, both cut at their slashes: what the manual says, done the slow
/// way.
fn matches_slowly(pattern: &[&str], name: &[&str]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        (["**"], name) => !name.is_empty(),
        (["**", rest @ ..], name) => {
            (0..=name.len()).any(|skipped| matches_slowly(rest, &name[skipped..]))
        }
        ([part, rest @ ..], [word, words @ ..]) => {
            part_matches(part.as_bytes(), word.as_bytes()) && matches_slowly(rest, words)
        }
        _ => false,
    }
}

fn part_matches(part: &[u8], word: &[u8]) -> bool {
    match (part, word) {
        ([], []) => true,
        ([b'*', rest @ ..], word) => (0..=word.len()).any(|n| part_matches(rest, &word[n..])),
        ([b'?', rest @ ..], [_, word @ ..]) => part_matches(rest, word),
        ([byte, rest @ ..], [first, word @ ..]) => byte == first && part_matches(rest, word),
        _ => false,
    }
}

proptest! {
    #[test]
    fn a_glob_matches_what_the_manual_says(
        parts in proptest::collection::vec("([ab]|[ab?]\\*?|\\*[ab]?|\\*\\*)", 1..4),
        words in proptest::collection::vec("[ab]{1,2}", 1..4),
    ) {
        let (pattern, name) = (parts.join("/"), words.join("/"));
        let glob = Glob::for_parameters(&pattern).unwrap();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        prop_assert_eq!(glob.matches(&name), matches_slowly(&parts, &words), "{} {}", pattern, name);
    }

    #[test]
    fn no_pattern_and_no_name_makes_a_glob_panic(
        pattern in prop_oneof![any::<String>(), "[a*?/\\[\\]{},!^\\\\-]{0,12}"],
        name in any::<String>(),
    ) {
        for make in [Glob::for_parameters, Glob::for_variables] {
            if let Ok(glob) = make(&pattern) {
                let _ = glob.matches(&name);
                prop_assert_eq!(glob.text(), &pattern);
            }
        }
    }
}

#[test]
fn a_separator_consists_of_what_a_name_can_contain() {
    for text in ["_", "__", "a1", "1"] {
        assert_eq!(
            separator(text).map_err(|it| it.to_string()),
            Ok(text.to_owned())
        );
    }
    for text in ["", ".", "_.", "a b", "é"] {
        assert_eq!(
            separator(text).unwrap_err().to_string(),
            format!("`{text}`, in `--separator`, cannot stand in the name of a variable")
        );
    }
}
