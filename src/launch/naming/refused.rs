//! Names that a writer of parameters must not be able to set.
//!
//! With one of these a value can run code in the program, or change what it trusts, where it connects,
//! or which identity it uses. The list is the union of sudo's `initial_badenv_table` and
//! `initial_checkenv_table` (plugins/sudoers/env.c), glibc's `unsecvars.h`, and the option
//! variables of the language runtimes. Names are compared as the programs that read them do:
//! case matters, except for the proxies, which are read in both cases.

use crate::variable::VarName;

const LOADER: &str = "makes the C library load code or files of its choosing";
const SHELL: &str = "makes a shell run code or split words differently";
const RUNTIME: &str = "makes a language runtime load code or change its options";
const TOOL: &str = "makes a common tool run a command or read other settings";
const TRUST: &str = "changes which certificates or cryptography the program trusts";
const NETWORK: &str = "sends the program's connections elsewhere";
const IDENTITY: &str = "changes which user or directory the program works with";
const OURS: &str = "is a setting of envsecrets itself";
const FILES: &str = "changes where the program puts or looks for files";
const TERMINAL: &str = "makes terminal libraries read files of its choosing";

/// `*` at the end or at the beginning of a pattern matches anything.
const REFUSED: &[(&str, &[&str])] = &[
    (
        LOADER,
        &[
            "LD_*",
            "_RLD*",
            "DYLD_*",
            "GCONV_PATH",
            "GETCONF_DIR",
            "GLIBC_TUNABLES",
            "LOCPATH",
            "NLSPATH",
            "PATH_LOCALE",
            "MALLOC_*",
            "NIS_PATH",
            "RESOLV_HOST_CONF",
        ],
    ),
    (
        SHELL,
        &[
            "BASH_ENV",
            "BASH_FUNC_*",
            "BASHOPTS",
            "SHELLOPTS",
            "CDPATH",
            "ENV",
            "FPATH",
            "GLOBIGNORE",
            "IFS",
            "NULLCMD",
            "READNULLCMD",
            "PROMPT_COMMAND",
            "PS4",
            "TMPPREFIX",
            "ZDOTDIR",
        ],
    ),
    (
        RUNTIME,
        &[
            "CLASSPATH",
            "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "MAVEN_OPTS",
            "NODE_OPTIONS",
            "NODE_PATH",
            "PERLIO_DEBUG",
            "PERLLIB",
            "PERL5LIB",
            "PERL5OPT",
            "PERL5DB",
            "PERL_UNICODE",
            "PYTHONHOME",
            "PYTHONPATH",
            "PYTHONINSPECT",
            "PYTHONUSERBASE",
            "PYTHONSTARTUP",
            "PYTHONBREAKPOINT",
            "PYTHONWARNINGS",
            "RUBYLIB",
            "RUBYOPT",
            "BUNDLE_GEMFILE",
            "DOTNET_ADDITIONAL_DEPS",
            "DOTNET_STARTUP_HOOKS",
            "GEM_HOME",
            "GEM_PATH",
            "LUA_CPATH*",
            "LUA_INIT*",
            "LUA_PATH*",
            "PHPRC",
            "PHP_INI_SCAN_DIR",
            "PYTHONPLATLIBDIR",
            "COR_ENABLE_PROFILING",
            "COR_PROFILER*",
            "CORECLR_ENABLE_PROFILING",
            "CORECLR_PROFILER*",
        ],
    ),
    (TOOL, &["GIT_*", "LESSCLOSE", "LESSOPEN"]),
    (
        TRUST,
        &[
            "CURL_CA_BUNDLE",
            "NODE_EXTRA_CA_CERTS",
            "NODE_TLS_REJECT_UNAUTHORIZED",
            "OPENSSL_ENGINES",
            "PYTHONHTTPSVERIFY",
            "SSLKEYLOGFILE",
            "OPENSSL_CONF",
            "OPENSSL_MODULES",
            "REQUESTS_CA_BUNDLE",
            "SSL_CERT_DIR",
            "SSL_CERT_FILE",
            "KRB5_CONFIG*",
            "KRB5_KTNAME",
        ],
    ),
    (
        NETWORK,
        &[
            "*_PROXY",
            "*_proxy",
            "HOSTALIASES",
            "LOCALDOMAIN",
            "RES_OPTIONS",
        ],
    ),
    (IDENTITY, &["AWS_*", "HOME", "PATH", "SHELL", "USER"]),
    (OURS, &["ENVSECRETS_*"]),
    (FILES, &["TMPDIR", "TZDIR"]),
    (
        TERMINAL,
        &["TERMCAP", "TERMINFO", "TERMINFO_DIRS", "TERMPATH"],
    ),
];

/// Names that are harmless unless their value names a file or contains a format (sudo's
/// `env_check`).
const CHECKED: &[&str] = &["COLORTERM", "LANG", "LANGUAGE", "LC_*", "LINGUAS", "TERM"];

/// Why a fetched variable of this name must not reach the program, as the end of a sentence that
/// begins with the name; `None` if it may.
pub fn refusal(name: &VarName, value: &str) -> Option<&'static str> {
    let name = name.as_str();
    for (why, patterns) in REFUSED {
        if patterns.iter().any(|pattern| matches(pattern, name)) {
            return Some(why);
        }
    }
    let names_a_file = value.contains('/') || value.contains('%');
    if names_a_file && CHECKED.iter().any(|pattern| matches(pattern, name)) {
        return Some("must not name a file or contain a format");
    }
    // `Europe/Berlin` is a time zone; a path out of the time zone directory is not.
    if name == "TZ" && (value.starts_with(['/', ':']) || value.contains("..")) {
        return Some("must not name a file outside the time zone directory");
    }
    // Before 2014 bash took this for a function, under any name; sudo still refuses it.
    if value.starts_with("()") {
        return Some("would be a function to old shells");
    }
    None
}

fn matches(pattern: &str, name: &str) -> bool {
    // Most patterns differ in their first letter, and every name is compared with all of them.
    let first = pattern.as_bytes().first();
    if first != Some(&b'*') && first != name.as_bytes().first() {
        return false;
    }
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(suffix), _) => name.ends_with(suffix),
        (_, Some(prefix)) => name.starts_with(prefix),
        _ => name == pattern,
    }
}
