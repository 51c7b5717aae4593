//! The names of variables: how they are derived, which collide, and which are refused.

use crate::support::{world, world_of_names};

#[test]
fn the_default_name_is_what_follows_the_path_in_upper_case_with_underscores() {
    for (path, parameter, name) in [
        ("/prd/app", "/prd/app/db", "DB"),
        ("/prd/app", "/prd/app/db/password", "DB_PASSWORD"),
        ("/prd/app", "/prd/app/db/pass-word", "DB_PASS_WORD"),
        ("/prd/app", "/prd/app/a.b-c_d", "A_B_C_D"),
        ("/prd/app", "/prd/app/camelCase", "CAMELCASE"),
        ("/prd/app", "/prd/app/_hidden", "_HIDDEN"),
        ("/prd/app", "/prd/app/v2", "V2"),
        ("/prd/app", "/prd/app/x/2", "X_2"),
        ("/prd", "/prd/app/db", "APP_DB"),
        ("/prd/", "/prd/app/db", "APP_DB"),
        ("//prd//app//", "/prd/app/db", "DB"),
        ("/", "/prd/app/db", "PRD_APP_DB"),
    ] {
        let world = world_of_names(&[parameter]);
        assert_eq!(
            world.variables(&format!("--path {path}")),
            [format!("{name}={parameter}")],
            "{parameter} below {path}"
        );
    }
}

#[test]
fn names_can_be_made_from_the_leaf_keep_their_case_and_get_a_prefix() {
    let world = world_of_names(&["/tf/prod/db/user-Name"]);
    for (options, name) in [
        ("", "DB_USER_NAME"),
        ("--name-from path", "DB_USER_NAME"),
        ("--name-from leaf", "USER_NAME"),
        ("--case upper", "DB_USER_NAME"),
        ("--case keep", "db_user_Name"),
        ("--separator __", "DB__USER_NAME"),
        ("--separator __ --case keep", "db__user_Name"),
        ("--separator 2X --prefix APP__", "APP__DB2XUSER_NAME"),
        ("--separator __ --name-from leaf", "USER_NAME"),
        ("--prefix APP_", "APP_DB_USER_NAME"),
        ("--prefix app_", "app_DB_USER_NAME"),
        ("--case keep --prefix TF_VAR_", "TF_VAR_db_user_Name"),
        (
            "--name-from leaf --case keep --prefix TF_VAR_",
            "TF_VAR_user_Name",
        ),
    ] {
        let options = format!("--path /tf/prod {options}");
        assert_eq!(
            world.variables(&options),
            [format!("{name}=/tf/prod/db/user-Name")],
            "{options:?}"
        );
    }
}

#[test]
fn a_parameter_is_renamed_by_its_relative_or_its_full_name() {
    let world = world_of_names(&["/base/db/pass", "/prd/app/db/pass", "/prd/app/1st"]);
    // Relative, it counts in every layer; in full, in its own.
    for (rename, lines) in [
        (
            "db/pass=PGPASSWORD",
            ["PGPASSWORD=/prd/app/db/pass"].as_slice(),
        ),
        (
            "/base/db/pass=PGPASSWORD",
            &["DB_PASS=/prd/app/db/pass", "PGPASSWORD=/base/db/pass"],
        ),
    ] {
        let options = format!("--path /base --path /prd/app --exclude 1st --rename {rename}");
        assert_eq!(world.variables(&options), lines, "{rename}");
    }
    // No prefix, and no upper case: the name is the one that was given.
    let options = "--path /prd/app --prefix X_ --rename 1st=first";
    assert_eq!(
        world.variables(options),
        ["X_DB_PASS=/prd/app/db/pass", "first=/prd/app/1st"]
    );
}

#[test]
fn one_parameter_cannot_get_two_names() {
    let world = world_of_names(&["/prd/app/db"]);
    assert_eq!(
        world.refusal("--path /prd/app --rename db=A --rename /prd/app/db=B", 64),
        "envsecrets: error: `--rename` gives parameter `/prd/app/db` two names, A and B\n\
         envsecrets: hint: leave one of them out; for a second variable use `--secret`\n"
    );
}

#[test]
fn later_layers_override_earlier_ones_and_single_parameters_override_all() {
    let world = world_of_names(&[
        "/base/a", "/base/b", "/base/c", "/base/d", "/app/b", "/app/c", "/app/d", "/extra/c",
        "/extra/d", "/single",
    ]);
    assert_eq!(
        world.variables("--secret D=/single --path /base --optional-path /none --path /app --optional-path /extra"
        ),
        ["A=/base/a", "B=/app/b", "C=/extra/c", "D=/single"]
    );
    assert_eq!(
        world.variables("--optional-path /extra --path /app --path /base"),
        ["A=/base/a", "B=/base/b", "C=/base/c", "D=/base/d"]
    );
}

#[test]
fn a_path_given_twice_is_read_once_and_counts_where_it_stands_last() {
    let world = world_of_names(&["/base/a", "/app/a"]);
    let options = "--path /base --path /app --path //base/";
    assert_eq!(world.variables(options), ["A=/base/a"]);
    assert_eq!(world.server.calls(), 2);
}

#[test]
fn all_that_is_wrong_with_the_names_is_found_at_once() {
    let world = world();
    for name in [
        "/base/api-key",
        "/base/api.key",
        "/base/api_key",
        "/prd/app/1st",
        "/prd/app/2/nd",
        "/prd/app/ld-preload",
        "/prd/app/fine",
        "/prd/app/log-level",
        "/prd/app/LOG/LEVEL",
    ] {
        world.store.plant(name, "value");
    }
    world.store.plant("/prd/app/binary", "half\0half");
    world.store.plant("/prd/single", "() { :;}; echo");
    let options =
        "--path /base --path /prd/app --secret MOTD=/prd/single --require DB_*,API_KEY,TOKEN";
    assert_eq!(
        world.refusal(options, 65),
        "envsecrets: error: parameter `/prd/app/1st` would become `1ST`, which is not a valid variable name\n\
         envsecrets: error: parameter `/prd/app/2/nd` would become `2_ND`, which is not a valid variable name\n\
         envsecrets: error: parameter `/prd/app/ld-preload` would become LD_PRELOAD, which makes the C library load code or files of its choosing\n\
         envsecrets: error: parameter `/prd/single` would become MOTD, which would be a function to old shells\n\
         envsecrets: error: parameters `/base/api-key`, `/base/api.key` and `/base/api_key` would all become API_KEY\n\
         envsecrets: error: parameters `/prd/app/LOG/LEVEL` and `/prd/app/log-level` would both become LOG_LEVEL\n\
         envsecrets: error: the value of parameter `/prd/app/binary` contains a NUL, which a variable cannot contain\n\
         envsecrets: error: DB_*, API_KEY, TOKEN are required, but missing\n\
         envsecrets: hint: names are letters, digits and `_`, and do not begin with a digit: use `--prefix TEXT` or `--rename PARAMETER=NAME`, or leave it out with `--exclude GLOB`\n\
         envsecrets: hint: to allow it, use `--allow-name NAME`; otherwise leave it out with `--exclude GLOB`, and find out who wrote that parameter\n\
         envsecrets: hint: give one of them another name with `--rename PARAMETER=NAME`, or leave one out with `--exclude GLOB`\n\
         envsecrets: hint: store it encoded, such as in base64, or leave it out with `--exclude GLOB`\n\
         envsecrets: hint: `envsecrets check` with the same options lists what exists; a parameter may have been deleted or have expired\n"
    );
}

#[test]
fn what_the_hints_advise_helps() {
    let world = world_of_names(&[
        "/prd/app/1st",
        "/prd/app/api-key",
        "/prd/app/api.key",
        "/prd/app/node-options",
        "/prd/app/tmpdir",
    ]);
    assert_eq!(
        world.variables("--path /prd/app --rename 1st=FIRST --rename api.key=OTHER_KEY --allow-name NODE_OPTIONS --exclude tmpdir"
        ),
        [
            "API_KEY=/prd/app/api-key",
            "FIRST=/prd/app/1st",
            "NODE_OPTIONS=/prd/app/node-options",
            "OTHER_KEY=/prd/app/api.key"
        ]
    );
    // With a prefix these are other names, and nothing runs.
    assert_eq!(
        world.variables("--path /prd/app --prefix X_ --exclude api.key"),
        [
            "X_1ST=/prd/app/1st",
            "X_API_KEY=/prd/app/api-key",
            "X_NODE_OPTIONS=/prd/app/node-options",
            "X_TMPDIR=/prd/app/tmpdir"
        ]
    );
}

/// Every name that must not come from a parameter, and why: what sudo takes out of an environment,
/// what glibc does, and what runtimes, tools and AWS read. Where all names that begin alike are
/// refused, one that does.
const REFUSED: &[(&str, &str)] = &[
    (
        "makes a shell run code or split words differently",
        "IFS CDPATH ENV BASH_ENV PS4 GLOBIGNORE BASHOPTS SHELLOPTS FPATH NULLCMD \
         READNULLCMD ZDOTDIR TMPPREFIX PROMPT_COMMAND BASH_FUNC_ls",
    ),
    (
        "sends the program's connections elsewhere",
        "LOCALDOMAIN RES_OPTIONS HOSTALIASES HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY \
         FTP_PROXY http_proxy https_proxy all_proxy no_proxy",
    ),
    (
        "makes the C library load code or files of its choosing",
        "NLSPATH PATH_LOCALE LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT LD_DEBUG_OUTPUT \
         LD_PROFILE _RLD_LIST _RLDN32_LIST DYLD_INSERT_LIBRARIES GCONV_PATH GETCONF_DIR \
         GLIBC_TUNABLES LOCPATH MALLOC_CHECK_ MALLOC_TRACE NIS_PATH RESOLV_HOST_CONF",
    ),
    (
        "changes which certificates or cryptography the program trusts",
        "KRB5_CONFIG KRB5_CONFIG_X KRB5_KTNAME NODE_EXTRA_CA_CERTS \
         NODE_TLS_REJECT_UNAUTHORIZED SSL_CERT_FILE SSL_CERT_DIR SSLKEYLOGFILE \
         OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES CURL_CA_BUNDLE REQUESTS_CA_BUNDLE \
         PYTHONHTTPSVERIFY",
    ),
    (
        "makes terminal libraries read files of its choosing",
        "TERMINFO TERMINFO_DIRS TERMPATH TERMCAP",
    ),
    (
        "makes a language runtime load code or change its options",
        "JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS CLASSPATH MAVEN_OPTS \
         PERLIO_DEBUG PERLLIB PERL5LIB PERL5OPT PERL5DB PERL_UNICODE PYTHONHOME \
         PYTHONPATH PYTHONINSPECT PYTHONUSERBASE PYTHONSTARTUP PYTHONBREAKPOINT \
         PYTHONWARNINGS PYTHONPLATLIBDIR RUBYLIB RUBYOPT GEM_HOME GEM_PATH BUNDLE_GEMFILE \
         NODE_OPTIONS NODE_PATH LUA_INIT LUA_PATH LUA_CPATH_5_4 PHPRC PHP_INI_SCAN_DIR \
         DOTNET_STARTUP_HOOKS DOTNET_ADDITIONAL_DEPS COR_ENABLE_PROFILING COR_PROFILER \
         COR_PROFILER_PATH_64 CORECLR_ENABLE_PROFILING CORECLR_PROFILER \
         CORECLR_PROFILER_PATH",
    ),
    (
        "makes a common tool run a command or read other settings",
        "GIT_SSH_COMMAND GIT_SSH GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_EXEC_PATH LESSOPEN \
         LESSCLOSE",
    ),
    (
        "changes which user or directory the program works with",
        "PATH SHELL HOME USER AWS_PROFILE AWS_ACCESS_KEY_ID AWS_ENDPOINT_URL \
         AWS_CA_BUNDLE",
    ),
    (
        "changes where the program puts or looks for files",
        "TMPDIR TZDIR",
    ),
    ("is a setting of envsecrets itself", "ENVSECRETS_PATH"),
];

#[test]
fn names_that_run_code_or_redirect_are_refused_unless_they_are_allowed() {
    let mut expected: Vec<(String, &str)> = Vec::new();
    let world = world();
    for (why, names) in REFUSED {
        for name in names.split(' ') {
            world.store.plant(&format!("/prd/app/{name}"), "x");
            expected.push((name.to_owned(), why));
        }
    }
    let mut lines: Vec<String> = expected
        .iter()
        .map(|(name, why)| {
            format!(
                "envsecrets: error: parameter `/prd/app/{name}` would become {name}, which {why}"
            )
        })
        .collect();
    lines.sort();
    lines.push(
        "envsecrets: hint: to allow it, use `--allow-name NAME`; otherwise leave it out with \
         `--exclude GLOB`, and find out who wrote that parameter\n"
            .to_owned(),
    );
    let options = "--path /prd/app --case keep";
    assert_eq!(world.refusal(options, 65), lines.join("\n"));

    let mut allowed = options.to_owned();
    for (name, _) in &expected {
        allowed.push_str(&format!(" --allow-name {name}"));
    }
    // The loader would act upon some of these, even in `env`.
    allowed.push_str(" --exclude LD_* --exclude GLIBC_*");
    let lines = world.variables(&allowed);
    let names = |line: &String| line.split('=').next().unwrap().to_owned();
    let mut wanted: Vec<String> = expected.into_iter().map(|(name, _)| name).collect();
    wanted.retain(|name| !name.starts_with("LD_") && !name.starts_with("GLIBC_"));
    wanted.sort();
    assert_eq!(lines.iter().map(names).collect::<Vec<_>>(), wanted);
}

#[test]
fn names_that_only_resemble_those_are_free() {
    let names = [
        "APP_ENV",
        "APP_PATH",
        "DB_USER",
        "ENVIRONMENT",
        "GITHUB_TOKEN",
        "JAVA_HOME",
        "LDAP_URL",
        "NODE_ENV",
        "PROXY_URL",
        "PYTHONUNBUFFERED",
        "path",
        "user",
    ];
    let world = world();
    for name in names {
        world.store.plant(&format!("/prd/app/{name}"), "x");
    }
    let lines = world.variables("--path /prd/app --case keep");
    assert_eq!(lines, names.map(|name| format!("{name}=x")));
}

#[test]
fn some_names_are_refused_for_their_values_which_are_not_printed() {
    let world = world();
    for (name, value) in [
        ("ANY", "() { s3cret; }"),
        ("ANY_TOO", "()s3cret"),
        ("LANG", "C.UTF-8"),
        ("LC_ALL", "/s3cret"),
        ("TERM", "s3cret%n"),
        ("TZ", "../s3cret"),
    ] {
        world.store.plant(&format!("/prd/app/{name}"), value);
    }
    assert_eq!(
        world.refusal("--path /prd/app", 65),
        "envsecrets: error: parameter `/prd/app/ANY_TOO` would become ANY_TOO, which would be a function to old shells\n\
         envsecrets: error: parameter `/prd/app/ANY` would become ANY, which would be a function to old shells\n\
         envsecrets: error: parameter `/prd/app/LC_ALL` would become LC_ALL, which must not name a file or contain a format\n\
         envsecrets: error: parameter `/prd/app/TERM` would become TERM, which must not name a file or contain a format\n\
         envsecrets: error: parameter `/prd/app/TZ` would become TZ, which must not name a file outside the time zone directory\n\
         envsecrets: hint: to allow it, use `--allow-name NAME`; otherwise leave it out with `--exclude GLOB`, and find out who wrote that parameter\n"
    );
    let options = "--path /prd/app --allow-name ANY* --allow-name {LC_ALL,T?*}";
    assert_eq!(
        world.variables(options),
        [
            "ANY=() { s3cret; }",
            "ANY_TOO=()s3cret",
            "LANG=C.UTF-8",
            "LC_ALL=/s3cret",
            "TERM=s3cret%n",
            "TZ=../s3cret"
        ]
    );
}

#[test]
fn the_operator_chooses_a_name_but_not_what_it_holds() {
    let world = world_of_names(&["/prd/app/options"]);
    for options in [
        "--secret NODE_OPTIONS=/prd/app/options",
        "--path /prd/app --rename options=NODE_OPTIONS",
        "--path /prd/app --prefix NODE_",
    ] {
        assert_eq!(
            world.refusal(options, 65),
            "envsecrets: error: parameter `/prd/app/options` would become NODE_OPTIONS, which makes a language runtime load code or change its options\n\
             envsecrets: hint: to allow it, use `--allow-name NAME`; otherwise leave it out with `--exclude GLOB`, and find out who wrote that parameter\n",
            "{options:?}"
        );
    }
}
