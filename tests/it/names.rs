//! The names of variables: how they are derived, which collide, and which are refused.

mod programs;

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
         envsecrets: error: parameter `/prd/app/ld-preload` would become LD_PRELOAD, which can run code: the C library loads code that it names\n\
         envsecrets: error: parameter `/prd/single` would become MOTD, which would be a function to old shells\n\
         envsecrets: error: parameters `/base/api-key`, `/base/api.key` and `/base/api_key` would all become API_KEY\n\
         envsecrets: error: parameters `/prd/app/LOG/LEVEL` and `/prd/app/log-level` would both become LOG_LEVEL\n\
         envsecrets: error: the value of parameter `/prd/app/binary` contains a NUL, which a variable cannot contain\n\
         envsecrets: error: DB_*, API_KEY, TOKEN are required, but missing\n\
         envsecrets: hint: names are letters, digits and `_`, and do not begin with a digit: use `--prefix TEXT` or `--rename PARAMETER=NAME`, or leave it out with `--exclude GLOB`\n\
         envsecrets: hint: to allow it, use `--allow-name NAME`; otherwise leave it out with `--exclude GLOB`, and find out who wrote that parameter\n\
         envsecrets: hint: the name was given, but who may write the parameter chooses the value: to allow it all the same, use `--allow-name NAME`\n\
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

/// Names that must not come from a parameter, by what is printed of them. The whole table is in
/// `src/launch/naming/table.rs`; here are names of each kind of program.
const REFUSED: &[(&str, &str)] = &[
    (
        "can run code: a shell runs commands that it names",
        "ENV BASH_ENV PS1 PS2 PS4 MAILPATH FPATH NULLCMD READNULLCMD ZDOTDIR PROMPT_COMMAND \
         BASH_FUNC_ls",
    ),
    (
        "can run code: a shell takes options from it",
        "IFS CDPATH GLOBIGNORE BASHOPTS SHELLOPTS",
    ),
    (
        "can run code: the C library loads code that it names",
        "NLSPATH PATH_LOCALE LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT LD_DEBUG_OUTPUT LD_PROFILE \
         _RLD_LIST _RLDN32_LIST DYLD_INSERT_LIBRARIES GCONV_PATH GETCONF_DIR GLIBC_TUNABLES \
         LOCPATH MALLOC_CHECK_ MALLOC_TRACE NIS_PATH RESOLV_HOST_CONF",
    ),
    (
        "can run code: any program runs commands that it names",
        "PAGER EDITOR VISUAL BROWSER SHELL",
    ),
    (
        "can run code: any program looks for programs and libraries where it points",
        "PATH",
    ),
    (
        "can run code: any program reads files that it names",
        "HOME XDG_CONFIG_HOME",
    ),
    (
        "can run code: less takes options from it",
        "LESS LESSOPEN LESSCLOSE",
    ),
    (
        "can run code: make takes options from it",
        "MAKEFLAGS MAKEFILES",
    ),
    (
        "can run code: make runs commands that it names",
        "CC CFLAGS LDFLAGS TARGET_ARCH LOADLIBES TEXI2DVI",
    ),
    ("can run code: tar takes options from it", "TAR_OPTIONS"),
    (
        "can run code: vim runs commands that it names",
        "VIMINIT EXINIT",
    ),
    (
        "can run code: Java takes options from it",
        "JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS IBM_JAVA_OPTIONS JAVA_OPTS JAVA_HOME \
         CLASSPATH KAFKA_GC_LOG_OPTS HDFS_NAMENODE_OPTS MY_SERVICE_JAVA_OPTS",
    ),
    ("can run code: Maven takes options from it", "MAVEN_OPTS"),
    (
        "can run code: log4j reads files that it names",
        "LOG4J_CONFIGURATION_FILE",
    ),
    (
        "can run code: Perl takes options from it",
        "PERLIO_DEBUG PERLLIB PERL5LIB PERL5OPT PERL5DB PERL_UNICODE",
    ),
    (
        "can run code: Python loads code that it names",
        "PYTHONHOME PYTHONPATH PYTHONINSPECT PYTHONUSERBASE PYTHONSTARTUP PYTHONBREAKPOINT \
         PYTHONWARNINGS PYTHONPLATLIBDIR PYTHONPYCACHEPREFIX",
    ),
    (
        "can run code: Ruby loads code that it names",
        "RUBYLIB RUBYOPT GEM_HOME GEM_PATH RUBYGEMS_GEMDEPS",
    ),
    (
        "can run code: Bundler loads code that it names",
        "BUNDLE_GEMFILE BUNDLE_PATH",
    ),
    (
        "can run code: Node.js takes options from it",
        "NODE_OPTIONS NODE_PATH NODE_REPL_EXTERNAL_MODULE NODE_COMPILE_CACHE",
    ),
    (
        "can run code: npm takes options from it",
        "npm_config_node_options NPM_CONFIG_SCRIPT_SHELL Npm_Config_Git",
    ),
    (
        "can run code: Lua loads code that it names",
        "LUA_INIT LUA_PATH LUA_CPATH_5_4",
    ),
    (
        "can run code: PHP loads code that it names",
        "PHPRC PHP_INI_SCAN_DIR",
    ),
    (
        "can run code: .NET loads code that it names",
        "DOTNET_STARTUP_HOOKS DOTNET_ADDITIONAL_DEPS DOTNET_ROOT COR_ENABLE_PROFILING \
         COR_PROFILER COR_PROFILER_PATH_64 CORECLR_ENABLE_PROFILING CORECLR_PROFILER \
         CORECLR_PROFILER_PATH ASPNETCORE_HOSTINGSTARTUPASSEMBLIES",
    ),
    (
        "can run code: git runs commands that it names",
        "GIT_SSH_COMMAND GIT_SSH GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_EXEC_PATH GIT_ASKPASS",
    ),
    (
        "can run code: ssh runs commands that it names",
        "SSH_ASKPASS",
    ),
    (
        "can run code: restic runs commands that it names",
        "RESTIC_PASSWORD_COMMAND",
    ),
    (
        "changes settings: OpenBao decides with it what to trust",
        "BAO_SKIP_VERIFY BAO_CACERT",
    ),
    ("can run code: curl reads files that it names", "CURL_HOME"),
    (
        "can run code: a compiler looks for programs and libraries where it points",
        "COMPILER_PATH GCC_EXEC_PREFIX",
    ),
    (
        "can run code: OpenSSL loads code that it names",
        "OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES",
    ),
    (
        "can run code: Kerberos loads code that it names",
        "KRB5_CONFIG KRB5_CONFIG_X",
    ),
    (
        "can run code: the AWS CLI runs commands that it names",
        "AWS_PAGER",
    ),
    (
        "changes settings: the AWS SDK takes its settings from it",
        "AWS_PROFILE AWS_ACCESS_KEY_ID AWS_ENDPOINT_URL AWS_CA_BUNDLE",
    ),
    (
        "changes settings: an HTTP client connects to what it names",
        "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY FTP_PROXY http_proxy https_proxy all_proxy \
         no_proxy Http_Proxy",
    ),
    (
        "changes settings: the C library connects to what it names",
        "LOCALDOMAIN RES_OPTIONS HOSTALIASES",
    ),
    (
        "changes settings: a TLS library decides with it what to trust",
        "SSL_CERT_FILE SSL_CERT_DIR SSLKEYLOGFILE",
    ),
    (
        "changes settings: Node.js decides with it what to trust",
        "NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED",
    ),
    (
        "changes settings: curl decides with it what to trust",
        "CURL_CA_BUNDLE",
    ),
    (
        "changes settings: Python decides with it what to trust",
        "PYTHONHTTPSVERIFY REQUESTS_CA_BUNDLE",
    ),
    (
        "changes settings: Kerberos takes its identity from it",
        "KRB5_KTNAME KRB5CCNAME",
    ),
    (
        "changes settings: a terminal library reads files that it names",
        "TERMINFO TERMINFO_DIRS TERMPATH TERMCAP",
    ),
    (
        "changes settings: the C library writes files that it names",
        "TMPDIR TMP TEMP TZDIR",
    ),
    (
        "changes settings: any program takes its identity from it",
        "USER LOGNAME",
    ),
    (
        "changes settings: Spring takes its settings from it",
        "SPRING_APPLICATION_JSON SPRING_CONFIG_LOCATION",
    ),
    (
        "changes settings: pip takes options from it",
        "PIP_INDEX_URL",
    ),
    (
        "changes settings: Go decides with it what to trust",
        "GOPROXY GODEBUG",
    ),
    (
        "changes settings: kubectl takes its settings from it",
        "KUBECONFIG",
    ),
    (
        "changes settings: psql takes its settings from it",
        "PGSERVICEFILE",
    ),
    (
        "changes settings: Ansible takes its settings from it",
        "ANSIBLE_CONFIG",
    ),
    (
        "changes settings: Terraform takes its settings from it",
        "TF_CLI_CONFIG_FILE",
    ),
    (
        "changes settings: envsecrets takes its settings from it",
        "ENVSECRETS_PATH",
    ),
];

const ALLOW_CODE: &str = "envsecrets: hint: to allow it, use `--allow-name NAME`; otherwise leave \
                          it out with `--exclude GLOB`, and find out who wrote that parameter\n";
const ALLOW_SETTING: &str = "envsecrets: hint: to allow it, give the name yourself with `--rename \
                             PARAMETER=NAME` or `--secret NAME=PARAMETER`, or use `--allow-name \
                             NAME`; otherwise leave it out with `--exclude GLOB`, and find out \
                             who wrote that parameter\n";

#[test]
fn names_that_run_code_or_change_settings_are_refused_unless_they_are_allowed() {
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
                "envsecrets: error: parameter `/prd/app/{name}` would become {name}, which {why}\n"
            )
        })
        .collect();
    lines.sort();
    // In the order of the problems, of which the first one is ALL_PROXY.
    lines.push(format!("{ALLOW_SETTING}{ALLOW_CODE}"));
    let options = "--path /prd/app --case keep";
    assert_eq!(world.refusal(options, 65), lines.concat());

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
fn a_setting_that_the_operator_named_is_passed_on() {
    let world = world_of_names(&["/prd/app/kubeconfig", "/prd/app/proxy", "/prd/app/pip"]);
    let refused = format!(
        "envsecrets: error: parameter `/prd/app/kubeconfig` would become KUBECONFIG, which changes \
         settings: kubectl takes its settings from it\n{ALLOW_SETTING}"
    );
    for options in [
        "--path /prd/app",
        // Another parameter was given that name than the one that has it.
        "--path /prd/app --rename pip=PIP_INDEX_URL",
    ] {
        assert_eq!(world.refusal(options, 65), refused, "{options:?}");
    }
    let renames = "--path /prd/app --rename kubeconfig=KUBECONFIG --rename \
                   /prd/app/pip=PIP_INDEX_URL --rename proxy=https_proxy";
    assert_eq!(
        world.variables(renames),
        [
            "KUBECONFIG=/prd/app/kubeconfig",
            "PIP_INDEX_URL=/prd/app/pip",
            "https_proxy=/prd/app/proxy"
        ]
    );
    // The single one is what the program gets, whatever is below the path.
    let single = "--path /prd/app --exclude {proxy,pip} --secret KUBECONFIG=/prd/app/kubeconfig";
    assert_eq!(world.variables(single), ["KUBECONFIG=/prd/app/kubeconfig"]);
    let ended = world
        .launch(
            "--file KUBECONFIG=/prd/app/kubeconfig",
            &["sh", "-c", "cat $KUBECONFIG"],
        )
        .run();
    assert_eq!(ended.ok(), "/prd/app/kubeconfig");
    let ended = world
        .launch("--resolve", &["printenv", "PIP_INDEX_URL"])
        .env("PIP_INDEX_URL", "ssm:///prd/app/pip")
        .run();
    assert_eq!(ended.ok(), "/prd/app/pip\n");
    let contract = "[variables.KUBECONFIG]\nfrom = '/prd/app/kubeconfig'\n";
    world.directory.file("envsecrets.toml", contract, 0o644);
    let file = world.directory.path().join("envsecrets.toml");
    let options = format!("--config {}", file.display());
    assert_eq!(
        world.variables(&options),
        ["KUBECONFIG=/prd/app/kubeconfig"]
    );
}

#[test]
fn a_setting_from_a_key_is_refused_as_one_from_a_parameter_is() {
    let world = world();
    world
        .store
        .plant("/prd/json", r#"{"KUBECONFIG":"x","db":"y"}"#);
    world.store.plant("/prd/dotenv", "KUBECONFIG=x\n");
    for (options, parameter) in [
        ("--json /prd/json", "/prd/json"),
        ("--dotenv /prd/dotenv", "/prd/dotenv"),
        (
            "--dotenv /prd/dotenv --rename x=KUBECONFIG --path /prd --only nothing",
            "/prd/dotenv",
        ),
    ] {
        let printed = world.launch(options, &["true"]).run();
        let message = format!(
            "parameter `{parameter}#KUBECONFIG` would become KUBECONFIG, which changes settings: \
             kubectl takes its settings from it\n"
        );
        assert!(printed.stderr.contains(&message), "{}", printed.stderr);
    }
    assert_eq!(
        world.variables("--json X_=/prd/json"),
        ["X_DB=y", "X_KUBECONFIG=x"]
    );
}

#[test]
fn names_that_only_resemble_those_are_free() {
    let names = [
        "APP_ENV",
        "APP_OPTIONS",
        "APP_PATH",
        "AWS_BUCKET",
        "AWS_SQS_QUEUE_URL",
        "CARGO_REGISTRY_TOKEN",
        "CGO_ENABLED",
        "DB_USER",
        "ENVIRONMENT",
        "FEATURE_FLAGS",
        "GITHUB_TOKEN",
        "GIT_TOKEN",
        "LDAP_URL",
        "LD_SDK_KEY",
        "LOG4J_LEVEL",
        "MALLOC_ARENA_MAX",
        "MONO_API_KEY",
        "NODE_ENV",
        "NPM_TOKEN",
        "PGPASSWORD",
        "PROXY_URL",
        "PYTHONUNBUFFERED",
        "SPRING_CONFIG_SERVER_PASSWORD",
        "SPRING_DATASOURCE_PASSWORD",
        "TF_VAR_password",
        "TRUST_PROXY",
        "VAULT_TOKEN",
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
    for (options, hint) in [
        ("--secret NODE_OPTIONS=/prd/app/options", NAMED),
        ("--path /prd/app --rename options=NODE_OPTIONS", NAMED),
        ("--path /prd/app --prefix NODE_", ALLOW_CODE),
    ] {
        assert_eq!(
            world.refusal(options, 65),
            format!(
                "envsecrets: error: parameter `/prd/app/options` would become NODE_OPTIONS, which \
                 can run code: Node.js takes options from it\n{hint}"
            ),
            "{options:?}"
        );
    }
}

const NAMED: &str = "envsecrets: hint: the name was given, but who may write the parameter chooses \
                     the value: to allow it all the same, use `--allow-name NAME`\n";
