//! The names with which a value has power over a program, by program.
//!
//! A `*` matches anything, the empty text included: it stands for a family, all of whose members
//! have that power. Where only some members have it, these are listed, so that `GIT_TOKEN` and
//! `CARGO_REGISTRY_TOKEN` are free. Above each group is the source of its names. Those of sudo are
//! `initial_badenv_table` of plugins/sudoers/env.c, those of glibc sysdeps/generic/unsecvars.h.

use Effect::{
    Acts, Configures, Connects, Debugs, Finds, Imports, Loads, Options, Reads, Runs, Trusts, Writes,
};
use Power::{Code, Setting};

/// How far a name goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// Its value can run code, so that who may write the value may run the program that it likes.
    Code,
    /// Its value is a setting that no writer of parameters should change unnoticed.
    Setting,
}

/// What a program does with the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Acts,
    Configures,
    Connects,
    Debugs,
    Finds,
    Imports,
    Loads,
    Options,
    Reads,
    Runs,
    Trusts,
    Writes,
}

impl Effect {
    /// The predicate of a sentence whose subject is the program; "it" is the variable.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Acts => "takes its identity from it",
            Self::Configures => "takes its settings from it",
            Self::Connects => "connects to what it names",
            Self::Debugs => "turns on its debugger with it",
            Self::Finds => "looks for programs and libraries where it points",
            Self::Imports => "imports the module that it names",
            Self::Loads => "loads code that it names",
            Self::Options => "takes options from it",
            Self::Reads => "reads files that it names",
            Self::Runs => "runs commands that it names",
            Self::Trusts => "decides with it what to trust",
            Self::Writes => "writes files that it names",
        }
    }
}

/// What some names do to one program.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// As it stands in a message, with an article if it is a kind of programs.
    pub program: &'static str,
    pub power: Power,
    pub effect: Effect,
    /// Whether the program ignores case in these names.
    pub any_case: bool,
    /// Separated by one space.
    pub names: &'static str,
}

const fn group(program: &'static str, power: Power, effect: Effect, names: &'static str) -> Group {
    Group {
        program,
        power,
        effect,
        any_case: false,
        names,
    }
}

/// A group of which the program ignores the case.
const fn any_case(
    program: &'static str,
    power: Power,
    effect: Effect,
    names: &'static str,
) -> Group {
    Group {
        any_case: true,
        ..group(program, power, effect, names)
    }
}

/// Ordered by program.
#[rustfmt::skip]
pub const GROUPS: &[Group] = &[
    // beyondgrep.com: ack(1), "Environment variables"
    group("ack", Code, Options, "ACKRC ACK_OPTIONS"),
    // airflow.apache.org, "Setting Configuration Options": an option that ends with `_CMD` is a
    // command.
    group("Airflow", Code, Runs, "AIRFLOW__*_CMD"),
    group("Airflow", Code, Loads,
        "AIRFLOW_CONFIG AIRFLOW_HOME AIRFLOW__API__AUTH_BACKENDS \
         AIRFLOW__CELERY__CELERY_APP_NAME AIRFLOW__CELERY__CELERY_CONFIG_OPTIONS \
         AIRFLOW__CORE__ALLOWED_DESERIALIZATION_CLASSES AIRFLOW__CORE__AUTH_MANAGER \
         AIRFLOW__CORE__DAGS_FOLDER AIRFLOW__CORE__ENABLE_XCOM_PICKLING AIRFLOW__CORE__EXECUTOR \
         AIRFLOW__CORE__HOSTNAME_CALLABLE AIRFLOW__CORE__PLUGINS_FOLDER \
         AIRFLOW__CORE__TASK_RUNNER AIRFLOW__CORE__XCOM_BACKEND \
         AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST AIRFLOW__DATABASE__EXTERNAL_DB_MANAGERS \
         AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS AIRFLOW__FAB__CONFIG_FILE \
         AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE AIRFLOW__LINEAGE__BACKEND \
         AIRFLOW__LOGGING__LOGGING_CONFIG_CLASS AIRFLOW__SECRETS__BACKEND \
         AIRFLOW__WEBSERVER__CONFIG_FILE AIRFLOW__WORKERS__SECRETS_BACKEND"),
    // developer.android.com/tools/variables
    group("Android", Code, Finds, "ANDROID_HOME ANDROID_SDK_ROOT ANDROID_USER_HOME"),
    // docs.ansible.com, "Ansible Configuration Settings".
    group("Ansible", Code, Loads,
        "ANSIBLE_*_PLUGINS ANSIBLE_COLLECTIONS_PATH ANSIBLE_COLLECTIONS_PATHS ANSIBLE_HOME \
         ANSIBLE_LIBRARY ANSIBLE_MODULE_UTILS ANSIBLE_PLAYBOOK_DIR ANSIBLE_ROLES_PATH"),
    group("Ansible", Code, Runs,
        "ANSIBLE_BECOME_EXE ANSIBLE_BECOME_FLAGS ANSIBLE_CONNECTION_PATH ANSIBLE_EXECUTABLE \
         ANSIBLE_INVENTORY ANSIBLE_PAGER ANSIBLE_PYTHON_INTERPRETER ANSIBLE_SCP_EXTRA_ARGS \
         ANSIBLE_SFTP_EXTRA_ARGS ANSIBLE_SHELL_EXECUTABLE ANSIBLE_SSH_ARGS \
         ANSIBLE_SSH_COMMON_ARGS ANSIBLE_SSH_EXECUTABLE ANSIBLE_SSH_EXTRA_ARGS \
         ANSIBLE_VAULT_IDENTITY_LIST ANSIBLE_VAULT_PASSWORD_FILE"),
    group("Ansible", Setting, Configures,
        "ANSIBLE_CONFIG ANSIBLE_GALAXY_IGNORE ANSIBLE_GALAXY_SERVER ANSIBLE_GALAXY_SERVER_LIST \
         ANSIBLE_HOST_KEY_CHECKING ANSIBLE_LOCAL_TEMP ANSIBLE_LOG_PATH \
         ANSIBLE_SSH_HOST_KEY_CHECKING"),
    // ant.apache.org/manual/running.html
    group("Ant", Code, Options, "ANT_ARGS ANT_HOME ANT_OPTS"),
    // apache2ctl(8)
    group("apache2", Code, Reads, "APACHE_ARGUMENTS APACHE_CONFDIR APACHE_ENVVARS"),
    // apt.conf(5), dpkg(1)
    group("apt", Code, Reads, "APT_CONFIG DPKG_ADMINDIR DPKG_PAGER DPKG_ROOT"),
    // asdf-vm.com, "Configuration"
    group("asdf", Code, Finds, "ASDF_CONFIG_FILE ASDF_DATA_DIR ASDF_DIR"),
    // aspell.net, "The Options"
    group("Aspell", Code, Reads, "ASPELL_CONF"),
    // autoconf: "Site Defaults"; aclocal(1), autom4te(1), m4(1), pkg-config(1)
    group("autoconf", Code, Runs,
        "ACLOCAL AUTOCONF AUTOHEADER AUTOM4TE AUTOMAKE CONFIG_SHELL CONFIG_SITE LIBTOOL \
         LIBTOOLIZE M4 PKG_CONFIG"),
    group("autoconf", Code, Finds,
        "ACLOCAL_PATH BISON_PKGDATADIR M4PATH PKG_CONFIG_LIBDIR PKG_CONFIG_PATH \
         PKG_CONFIG_SYSROOT_DIR"),
    // gawk(1), "AWKPATH" and "AWKLIBPATH"
    group("awk", Code, Loads, "AWKLIBPATH AWKPATH"),
    // docs.aws.amazon.com/cli, "Environment variables"; of Lambda, "Modifying the runtime
    // environment"
    group("the AWS CLI", Code, Runs, "AWS_DATA_PATH AWS_LAMBDA_EXEC_WRAPPER AWS_PAGER"),
    // docs.aws.amazon.com/sdkref, "Environment variables"; of the CLI and Lambda those that they
    // read: whom the program is to AWS, and where. AWS_BUCKET and others of applications are free.
    group("the AWS SDK", Setting, Configures,
        "AWS_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_ACCOUNT_ID AWS_ACCOUNT_ID_ENDPOINT_MODE \
         AWS_AUTH_SCHEME_PREFERENCE AWS_BEARER_TOKEN_* AWS_CA_BUNDLE AWS_CBOR_DISABLE \
         AWS_CLI_AUTO_PROMPT AWS_CLI_FILE_ENCODING AWS_CLI_HISTORY_FILE AWS_CONFIG_FILE \
         AWS_CONTAINER_AUTHORIZATION_TOKEN AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE \
         AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_CREDENTIALS_RELATIVE_URI \
         AWS_CREDENTIAL_EXPIRATION AWS_CREDENTIAL_FILE AWS_CREDENTIAL_PROFILES_FILE \
         AWS_CSM_CLIENT_ID AWS_CSM_ENABLED AWS_CSM_HOST AWS_CSM_PORT AWS_DEFAULTS_MODE \
         AWS_DEFAULT_OUTPUT AWS_DEFAULT_PROFILE AWS_DEFAULT_REGION \
         AWS_DISABLE_HOST_PREFIX_INJECTION AWS_DISABLE_REQUEST_COMPRESSION AWS_EC2_METADATA_* \
         AWS_ENABLE_ENDPOINT_DISCOVERY AWS_ENDPOINT_DISCOVERY_ENABLED AWS_ENDPOINT_URL \
         AWS_ENDPOINT_URL_* AWS_EXECUTION_ENV AWS_IGNORE_CONFIGURED_ENDPOINT_URLS \
         AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_VERSION \
         AWS_LAMBDA_INITIALIZATION_TYPE AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME \
         AWS_LAMBDA_RUNTIME_API AWS_LOGIN_CACHE_DIRECTORY AWS_MAX_ATTEMPTS \
         AWS_METADATA_SERVICE_NUM_ATTEMPTS AWS_METADATA_SERVICE_TIMEOUT AWS_PROFILE AWS_REGION \
         AWS_REQUEST_CHECKSUM_CALCULATION AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES \
         AWS_RESPONSE_CHECKSUM_VALIDATION AWS_RETRY_MODE AWS_ROLE_ARN AWS_ROLE_SESSION_NAME \
         AWS_S3_DISABLE_EXPRESS_SESSION_AUTH AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS \
         AWS_S3_USE_ARN_REGION AWS_S3_US_EAST_1_REGIONAL_ENDPOINT \
         AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE AWS_SDK_LOAD_CONFIG AWS_SDK_UA_APP_ID \
         AWS_SECRET_ACCESS_KEY AWS_SECRET_KEY AWS_SECURITY_TOKEN AWS_SESSION_EXPIRATION \
         AWS_SESSION_TOKEN AWS_SHARED_CREDENTIALS_FILE AWS_SIGV4A_SIGNING_REGION_SET \
         AWS_STS_REGIONAL_ENDPOINTS AWS_USE_DUALSTACK_ENDPOINT AWS_USE_FIPS_ENDPOINT \
         AWS_WEB_IDENTITY_TOKEN_FILE AWS_XRAY_CONTEXT_MISSING AWS_XRAY_DAEMON_ADDRESS"),
    // learn.microsoft.com/cli/azure, "Configure the Azure CLI"
    group("az", Code, Loads, "AZURE_CONFIG_DIR AZURE_EXTENSION_DIR"),
    // bat(1), github.com/dandavison/delta
    group("bat", Code, Runs, "BAT_CONFIG_DIR BAT_CONFIG_PATH BAT_OPTS BAT_PAGER DELTA_PAGER"),
    // bzr(1), brz(1)
    group("Bazaar", Code, Runs,
        "BRZ_HOME BRZ_PLUGIN_PATH BRZ_SSH BZR_EDITOR BZR_HOME BZR_PLUGIN_PATH BZR_SSH"),
    // borgbackup.readthedocs.io, "Environment Variables"
    group("Borg", Code, Runs,
        "BORG_BASE_DIR BORG_CONFIG_DIR BORG_PASSCOMMAND BORG_REMOTE_PATH BORG_RSH"),
    group("Borg", Setting, Trusts,
        "BORG_CACHE_DIR BORG_KEYS_DIR BORG_KEY_FILE BORG_RELOCATED_REPO_ACCESS_IS_OK \
         BORG_SECURITY_DIR BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK"),
    // buildkite.com/docs/agent/v3/configuration. Tokens are free.
    group("Buildkite", Code, Runs,
        "BUILDKITE_ADDITIONAL_HOOKS_PATHS BUILDKITE_AGENT_CONFIG BUILDKITE_BIN_PATH \
         BUILDKITE_BOOTSTRAP_SCRIPT_PATH BUILDKITE_COMMAND BUILDKITE_CONFIG_PATH \
         BUILDKITE_GIT_CHECKOUT_FLAGS BUILDKITE_GIT_CLEAN_FLAGS BUILDKITE_GIT_CLONE_FLAGS \
         BUILDKITE_GIT_CLONE_MIRROR_FLAGS BUILDKITE_GIT_FETCH_FLAGS BUILDKITE_HOOKS_PATH \
         BUILDKITE_HOOKS_SHELL BUILDKITE_PLUGINS BUILDKITE_PLUGINS_PATH BUILDKITE_SHELL"),
    // bun.sh/docs/runtime/env
    group("Bun", Code, Options,
        "BUN_INSPECT* BUN_INSTALL BUN_OPTIONS BUN_RUNTIME_TRANSPILER_CACHE_PATH"),
    group("Bun", Setting, Connects, "BUN_CONFIG_REGISTRY"),
    // bundler.io/man/bundle-config.1.html. The names of hosts, such as BUNDLE_GITHUB__COM, are
    // free: they hold credentials.
    group("Bundler", Code, Loads,
        "BUNDLER_EDITOR BUNDLER_ORIG_* BUNDLER_SETUP BUNDLER_VERSION BUNDLE_APP_CONFIG \
         BUNDLE_BIN BUNDLE_BIN_PATH BUNDLE_BUILD__* BUNDLE_CONFIG BUNDLE_EDITOR BUNDLE_GEMFILE \
         BUNDLE_LOCAL__* BUNDLE_LOCKFILE BUNDLE_PATH BUNDLE_PATH__* BUNDLE_PLUGINS \
         BUNDLE_SHEBANG BUNDLE_USER_*"),
    group("Bundler", Setting, Connects, "BUNDLE_MIRROR__*"),
    group("Bundler", Setting, Trusts,
        "BUNDLE_SSL_CA_CERT BUNDLE_SSL_CLIENT_CERT BUNDLE_SSL_VERIFY_MODE"),
    // sudo and glibc; ld.so(8), iconv(1), mallopt(3), mtrace(3), musl's manual, macOS's dyld(1),
    // FreeBSD's rtld(1) and malloc(3), Solaris' ld.so.1(1), AIX's exec(2). LD_SDK_KEY and others of
    // LaunchDarkly are free, and so are limits such as MALLOC_ARENA_MAX, which glibc ignores only
    // with more privileges.
    group("the C library", Code, Loads,
        "DYLD_* GCONV_PATH GETCONF_DIR GLIBC_TUNABLES LDR_CNTRL LDR_PRELOAD LDR_PRELOAD64 \
         LD_32_* LD_64_* LD_AOUT_* LD_ASSUME_KERNEL LD_AUDIT LD_AUDIT_32 LD_AUDIT_64 \
         LD_BIND_NOT LD_BIND_NOW LD_BREADTH LD_CAP_FILES LD_CONFIG LD_CONFIG_32 LD_CONFIG_64 \
         LD_DEBUG LD_DEBUG_OUTPUT LD_DYNAMIC_WEAK LD_ELF_HINTS_PATH LD_FLAGS LD_HWCAP_MASK \
         LD_LIBMAP LD_LIBMAP_DISABLE LD_LIBRARY64_PATH LD_LIBRARYN32_PATH LD_LIBRARY_PATH \
         LD_LIBRARY_PATH_32 LD_LIBRARY_PATH_64 LD_LIBRARY_PATH_FDS LD_LIBRARY_PATH_RPATH \
         LD_LOADFLTR LD_NOAUDIT LD_NOAUXFLTR LD_NOCONFIG LD_NODIRCONFIG LD_NODIRECT \
         LD_NOLAZYLOAD LD_NOOBJALTER LD_NOVERSION LD_OPTIONS LD_ORIGIN LD_ORIGIN_PATH \
         LD_POINTER_GUARD LD_PREFER_MAP_32BIT_EXEC LD_PRELOAD LD_PRELOAD_32 LD_PRELOAD_64 \
         LD_PRELOAD_FDS LD_PRELOAD_PATH LD_PROFILE LD_PROFILE_OUTPUT LD_RUN_PATH LD_SHOW_AUXV \
         LD_SIGNAL LD_STATIC_TLS_EXTRA LD_TRACE_* LD_USE_LOAD_BIAS LD_UTRACE LD_VERBOSE LD_WARN \
         LIBPATH LOCPATH MALLOC_CHECK_ MALLOC_CONF MALLOC_OPTIONS MALLOC_TRACE MUSL_LOCPATH \
         NIS_PATH NLSPATH PATH_LOCALE RESOLV_HOST_CONF SHLIB_PATH _RLD*"),
    // hostname(7), resolv.conf(5), host.conf(5)
    group("the C library", Setting, Connects,
        "HOSTALIASES LOCALDOMAIN RESOLV_ADD_TRIM_DOMAINS RESOLV_MULTI \
         RESOLV_OVERRIDE_TRIM_DOMAINS RESOLV_REORDER RES_OPTIONS"),
    // tzset(3), tmpnam(3) and mktemp(1); Python's tempfile reads TEMP and TMP, too
    group("the C library", Setting, Writes, "TEMP TEMPDIR TMP TMPDIR TZDIR"),
    // doc.rust-lang.org/cargo, "Environment Variables" and "Configuration". Tokens are free.
    group("Cargo", Code, Runs,
        "CARGO CARGO_ALIAS_* CARGO_BUILD_* CARGO_DOC_BROWSER CARGO_ENCODED_RUSTDOCFLAGS \
         CARGO_ENCODED_RUSTFLAGS CARGO_HOME CARGO_REGISTRIES_*_CREDENTIAL_PROVIDER \
         CARGO_REGISTRY_CREDENTIAL_PROVIDER CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS \
         CARGO_TARGET_* CARGO_UNSTABLE_* RUSTC RUSTC_BOOTSTRAP RUSTC_LINKER \
         RUSTC_WORKSPACE_WRAPPER RUSTC_WRAPPER RUSTDOC RUSTDOCFLAGS RUSTFLAGS RUSTFMT \
         RUSTUP_HOME RUSTUP_TOOLCHAIN"),
    group("Cargo", Setting, Connects,
        "CARGO_HTTP_* CARGO_INSTALL_ROOT CARGO_NET_* CARGO_REGISTRIES_*_INDEX \
         CARGO_REGISTRY_DEFAULT CARGO_REGISTRY_INDEX CARGO_SOURCE_* RUSTUP_DIST_ROOT \
         RUSTUP_DIST_SERVER RUSTUP_UPDATE_ROOT"),
    // docs.celeryq.dev, "Workers" and "Application"
    group("Celery", Code, Imports, "CELERY_APP CELERY_CUSTOM_WORKER_POOL CELERY_LOADER"),
    group("Celery", Setting, Imports, "CELERY_CONFIG_MODULE"),
    // Chromium's wrapper scripts and sandbox; pptr.dev and playwright.dev, on the environment
    group("Chromium", Code, Runs,
        "CHROMEDRIVER_PATH CHROME_BIN CHROME_DEVEL_SANDBOX CHROME_PATH CHROME_WRAPPER \
         CHROMIUM_FLAGS CHROMIUM_PATH PLAYWRIGHT_BROWSERS_PATH \
         PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH PUPPETEER_EXECUTABLE_PATH"),
    // cmake-env-variables(7): those that name programs, files and directories of the build
    group("CMake", Code, Options,
        "CMAKE_*_COMPILER_LAUNCHER CMAKE_*_LINKER_LAUNCHER CMAKE_APPBUNDLE_PATH \
         CMAKE_CONFIG_DIR CMAKE_CROSSCOMPILING_EMULATOR CMAKE_FRAMEWORK_PATH CMAKE_GENERATOR \
         CMAKE_GENERATOR_INSTANCE CMAKE_GENERATOR_PLATFORM CMAKE_GENERATOR_TOOLSET \
         CMAKE_INCLUDE_PATH CMAKE_INSTALL_PREFIX CMAKE_LIBRARY_PATH CMAKE_MSVCIDE_RUN_PATH \
         CMAKE_OSX_SYSROOT CMAKE_PREFIX_PATH CMAKE_PROGRAM_PATH CMAKE_ROOT CMAKE_TEST_LAUNCHER \
         CMAKE_TOOLCHAIN_FILE CSFLAGS CUDACXX CUDAFLAGS CUDAHOSTCXX HIPCXX HIPFLAGS ISPC \
         ISPCFLAGS OBJCXX RC RCFLAGS SWIFTC"),
    group("CMake", Setting, Trusts, "CMAKE_TLS_CAINFO CMAKE_TLS_VERIFY CMAKE_TLS_VERSION"),
    // cni.dev/docs/spec, "Parameters"; cnitool
    group("CNI", Code, Finds, "CNI_PATH NETCONFPATH"),
    // gcc(1) and clang(1), "Environment"; ccache(1), distcc(1), icecream, ld(1), llvm-config;
    // clang-sys
    group("a compiler", Code, Finds,
        "CCACHE_COMPILER CCACHE_COMPILERCHECK CCACHE_CONFIGPATH CCACHE_CONFIGPATH2 CCACHE_DIR \
         CCACHE_PATH CCACHE_PREFIX CCACHE_PREFIX_CPP CCC_ADD_ARGS CCC_OVERRIDE_OPTIONS \
         CLANG_PATH COLLECT_GCC COLLECT_GCC_OPTIONS COLLECT_LTO_WRAPPER COMPILER_PATH CPATH \
         CPLUS_INCLUDE_PATH C_INCLUDE_PATH DEVELOPER_DIR DISTCC_CMDLIST DISTCC_DIR DISTCC_HOSTS \
         DISTCC_SSH GCC_EXEC_PREFIX ICECC_CC ICECC_CXX ICECC_VERSION LDEMULATION LIBCLANG_PATH \
         LIBRARY_PATH LLVM_CONFIG LLVM_CONFIG_PATH OBJC_INCLUDE_PATH QA_OVERRIDE_GCC3_OPTIONS \
         SCCACHE_CONF SCCACHE_DIR SDKROOT"),
    group("a compiler", Setting, Writes,
        "DEPENDENCIES_OUTPUT GCC_COMPARE_DEBUG SUNPRO_DEPENDENCIES"),
    // getcomposer.org/doc/03-cli.md; COMPOSER_AUTH is free
    group("Composer", Code, Loads,
        "COMPOSER COMPOSER_BIN_DIR COMPOSER_CACHE_DIR COMPOSER_HOME COMPOSER_VENDOR_DIR"),
    // docs.conda.io, "Settings"
    group("conda", Code, Finds,
        "CONDARC CONDA_ENVS_DIRS CONDA_ENVS_PATH CONDA_EXE CONDA_PKGS_DIRS CONDA_PREFIX \
         CONDA_PYTHON_EXE CONDA_ROOT MAMBA_EXE MAMBA_ROOT_PREFIX"),
    // developer.hashicorp.com/consul and /nomad, "Commands". Tokens are free.
    group("Consul", Setting, Trusts,
        "CONSUL_CACERT CONSUL_CAPATH CONSUL_HTTP_SSL_VERIFY NOMAD_CACERT NOMAD_CAPATH \
         NOMAD_SKIP_VERIFY"),
    // nodejs.org/api/corepack.html
    group("Corepack", Code, Loads, "COREPACK_HOME"),
    group("Corepack", Setting, Trusts, "COREPACK_INTEGRITY_KEYS COREPACK_NPM_REGISTRY"),
    // docs.couchdb.org, "Query Servers"; its start script
    group("CouchDB", Code, Runs,
        "COUCHDB_ARGS_FILE COUCHDB_FAUXTON_DOCROOT COUCHDB_INI_FILES \
         COUCHDB_NATIVE_QUERY_SERVER_* COUCHDB_QUERY_SERVER_* COUCHDB_SYSCONFIG_FILE"),
    // coverage.readthedocs.io, "Measuring sub-processes": it reads a file of plugins
    group("coverage", Code, Reads, "COVERAGE_PROCESS_START COVERAGE_RCFILE"),
    // crystal-lang.org/reference/man/crystal
    group("Crystal", Code, Loads, "CRYSTAL_OPTS CRYSTAL_PATH"),
    // docs.nvidia.com: CUPTI, NVTX and "CUDA Environment Variables"
    group("CUDA", Code, Loads,
        "CUDA_CACHE_PATH CUDA_HOME CUDA_INJECTION32_PATH CUDA_INJECTION64_PATH CUDA_PATH \
         NVTX_INJECTION32_PATH NVTX_INJECTION64_PATH"),
    // curl(1), "Environment": a file there can name files to write
    group("curl", Code, Reads, "CURL_HOME"),
    group("curl", Setting, Trusts, "CURL_CA_BUNDLE CURL_SSL_BACKEND"),
    group("curl", Setting, Configures, "NETRC"),
    // cvs(1): a root can name a program to run
    group("CVS", Code, Runs, "CVSEDITOR CVSROOT CVS_RSH CVS_SERVER"),
    // dbus-daemon(1), "unixexec:": an address can be a program to run
    group("D-Bus", Code, Runs,
        "AT_SPI_BUS_ADDRESS DBUS_SESSION_BUS_ADDRESS DBUS_STARTER_ADDRESS \
         DBUS_SYSTEM_BUS_ADDRESS"),
    // docs.dagster.io, "DAGSTER_HOME": a file that names classes
    group("Dagster", Code, Loads, "DAGSTER_HOME"),
    // darcs.net/manual, "Environment variables"
    group("darcs", Code, Runs, "DARCS_EDITOR DARCS_PAGER DARCS_SCP DARCS_SFTP DARCS_SSH"),
    // dart.dev/tools/pub/environment-variables, docs.flutter.dev
    group("Dart", Code, Loads, "DART_VM_OPTIONS FLUTTER_ROOT PUB_CACHE"),
    group("Dart", Setting, Connects, "FLUTTER_STORAGE_BASE_URL PUB_HOSTED_URL"),
    // docs.dask.org, "Configuration"; distributed.dask.org, "Customize Initialization"
    group("Dask", Code, Loads,
        "DASK_CONFIG DASK_DISTRIBUTED__*__PRELOAD DASK_INTERNAL_INHERIT_CONFIG DASK_ROOT_CONFIG"),
    // docs.datadoghq.com, "Secrets Management", "Agent configuration". DD_API_KEY is free.
    group("the Datadog agent", Code, Runs,
        "DD_ADDITIONAL_CHECKSD DD_CONFD_PATH DD_DOGSTATSD_PATH DD_DOTNET_TRACER_HOME \
         DD_JMX_CUSTOM_JARS DD_PYTHON_VERSION DD_SECRET_BACKEND_ARGUMENTS \
         DD_SECRET_BACKEND_COMMAND DD_SECRET_BACKEND_TYPE DD_TRACE_AGENT_PATH DD_TRACE_CONFIG"),
    // docs.deno.com/runtime/reference/env_variables
    group("Deno", Code, Loads,
        "DENO_DIR DENO_INSTALL_ROOT DENO_PERMISSION_BROKER_PATH DENO_V8_FLAGS"),
    group("Deno", Setting, Trusts, "DENO_CERT DENO_TLS_CA_STORE"),
    // direnv(1)
    group("direnv", Code, Runs, "DIRENV_BASH DIRENV_CONFIG"),
    // docs.djangoproject.com, "Django settings"
    group("Django", Setting, Imports, "DJANGO_SETTINGS_MODULE"),
    // docs.docker.com/reference/cli/docker, "Environment variables"; docs.docker.com/compose
    group("Docker", Setting, Configures,
        "BUILDKIT_HOST BUILDX_BUILDER BUILDX_CONFIG COMPOSE_ENV_FILES COMPOSE_FILE \
         DOCKER_CERT_PATH DOCKER_CONFIG DOCKER_CONTENT_TRUST DOCKER_CONTENT_TRUST_SERVER \
         DOCKER_CONTEXT DOCKER_HOST DOCKER_TLS DOCKER_TLS_VERIFY"),
    // hexdocs.pm: elixir(1), mix and releases. RELEASE_COOKIE and MIX_ENV are free.
    group("Elixir", Code, Options,
        "ELIXIR_ERL_OPTIONS HEX_HOME IEX_HOME MIX_ARCHIVES MIX_BUILD_PATH MIX_DEPS_PATH MIX_EXS \
         MIX_HOME MIX_INSTALL_DIR MIX_PATH MIX_REBAR MIX_REBAR3 RELEASE_BOOT_SCRIPT \
         RELEASE_BOOT_SCRIPT_CLEAN RELEASE_REMOTE_VM_ARGS RELEASE_ROOT RELEASE_SYS_CONFIG \
         RELEASE_TMP RELEASE_VM_ARGS RELEASE_VSN"),
    group("Elixir", Setting, Trusts,
        "HEX_CACERTS_PATH HEX_MIRROR HEX_MIRROR_URL HEX_NO_VERIFY_REPO_ORIGIN HEX_UNSAFE_HTTPS \
         HEX_UNSAFE_REGISTRY"),
    // gnu.org/software/emacs, "General Variables"
    group("Emacs", Code, Loads,
        "ALTERNATE_EDITOR EMACSDATA EMACSDOC EMACSLOADPATH EMACSPATH ESHELL"),
    // module(1), lmod.readthedocs.io
    group("Environment Modules", Code, Reads,
        "LMOD_CMD LMOD_DIR LMOD_MODULERC LMOD_MODULERCFILE LMOD_PACKAGE_PATH LMOD_PAGER LMOD_RC \
         MODULEPATH MODULERCFILE MODULESHOME MODULES_CMD MODULES_PAGER MODULES_SITECONFIG"),
    // docs/shapes.md of this project
    group("envsecrets", Setting, Configures, "ENVSECRETS_*"),
    // erlang.org/doc: erl(1), code(3), inet; rebar3.org
    group("Erlang", Code, Options,
        "CT_RUN_EMULATOR DIALYZER_EMULATOR ERLC_EMULATOR ERLEXEC ERL_AFLAGS \
         ERL_COMPILER_OPTIONS ERL_FLAGS ERL_INETRC ERL_LIBS ERL_OTP*_FLAGS ERL_ROOTDIR \
         ERL_ZFLAGS ESCRIPT_EMULATOR REBAR_BASE_DIR REBAR_CONFIG REBAR_GLOBAL_CONFIG_DIR \
         RELX_CONFIG_PATH TYPER_EMULATOR VMARGS_PATH"),
    group("Erlang", Setting, Writes, "ERL_CRASH_DUMP ERL_EPMD_ADDRESS ERL_EPMD_PORT"),
    // faketime(1)
    group("faketime", Setting, Configures, "FAKETIME FAKETIME_*"),
    // firefox-source-docs.mozilla.org, and NSPR. MOZ_SECRET_KEY of Moz is free.
    group("Firefox", Code, Options,
        "MOZ_APP_LAUNCHER MOZ_CRASHREPORTER MOZ_CRASHREPORTER_* MOZ_DEBUG_CHILD_PROCESS \
         MOZ_DISABLE_* MOZ_FORCE_DISABLE_E10S MOZ_GDB_SLEEP MOZ_GMP_PATH MOZ_LAUNCHED_CHILD \
         MOZ_LAUNCHER_PROCESS MOZ_LOG MOZ_LOG_FILE MOZ_MARIONETTE MOZ_NODE_PATH MOZ_PLUGIN_PATH \
         MOZ_PROFILER_* MOZ_REMOTE_SETTINGS_DEVTOOLS MOZ_REPLACE_MALLOC_LIB MOZ_SANDBOX_LOGGING \
         MOZ_SYSTEM_CONFIG_DIR NSPR_LOG_FILE XPCOM_MEM_LEAK_LOG XRE_PROFILE_PATH"),
    // fish(1)
    group("fish", Code, Loads, "fish_complete_path fish_function_path fish_user_paths"),
    // flask.palletsprojects.com/cli
    group("Flask", Code, Loads, "FLASK_APP"),
    group("Flask", Setting, Debugs,
        "FLASK_DEBUG FLASK_ENV WERKZEUG_DEBUG_PIN WERKZEUG_RUN_MAIN WERKZEUG_SERVER_FD"),
    // fzf(1)
    group("fzf", Code, Runs, "FZF_DEFAULT_COMMAND FZF_DEFAULT_OPTS FZF_DEFAULT_OPTS_FILE"),
    // cloud.google.com/sdk/docs/properties; google.aip.dev/auth/4117
    group("gcloud", Code, Runs,
        "CLOUDSDK_CONFIG CLOUDSDK_GSUTIL_PYTHON CLOUDSDK_PYTHON CLOUDSDK_PYTHON_ARGS \
         CLOUDSDK_PYTHON_SITEPACKAGES CLOUDSDK_ROOT_DIR \
         GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"),
    group("gcloud", Setting, Connects,
        "BOTO_CONFIG CLOUDSDK_API_ENDPOINT_OVERRIDES_* GCE_METADATA_HOST GCE_METADATA_IP"),
    // gdal.org, "Configuration options"
    group("GDAL", Code, Loads, "GDAL_DRIVER_PATH GDAL_PYTHON_DRIVER_PATH"),
    // gdb's manual, "Command History", "Debuginfod"
    group("gdb", Setting, Connects, "DEBUGINFOD_URLS GDBHISTFILE"),
    // gh(1), "environment". GH_TOKEN is free.
    group("gh", Code, Runs, "GH_BROWSER GH_CONFIG_DIR GH_EDITOR GH_PAGER GH_PATH"),
    group("gh", Setting, Connects, "GH_HOST"),
    // gs(1)
    group("Ghostscript", Code, Options, "GS_LIB GS_OPTIONS"),
    // git(1), "Environment variables"; git-config(1), "Environment"; git-difftool(1), git-gui's
    // tools, gitweb.conf(5); GitPython; environment.md of git-credential-manager
    group("git", Code, Runs,
        "GCM_CREDENTIAL_CACHE_OPTIONS GCM_GPG_PATH GCM_UI_HELPER GITPERLLIB GITWEB_CONFIG \
         GITWEB_CONFIG_COMMON GITWEB_CONFIG_SYSTEM GIT_ASKPASS GIT_CONFIG GIT_CONFIG_COUNT \
         GIT_CONFIG_GLOBAL GIT_CONFIG_KEY_* GIT_CONFIG_NOSYSTEM GIT_CONFIG_PARAMETERS \
         GIT_CONFIG_SYSTEM GIT_CONFIG_VALUE_* GIT_DEBUGGER GIT_DIFFTOOL_EXTCMD GIT_DIFF_TOOL \
         GIT_EDITOR GIT_EXEC_PATH GIT_EXTERNAL_DIFF GIT_GUITOOL GIT_MAN_VIEWER GIT_PAGER \
         GIT_PROXY_COMMAND GIT_PYTHON_GIT_EXECUTABLE GIT_SEQUENCE_EDITOR GIT_SHELL_PATH GIT_SSH \
         GIT_SSH_COMMAND GIT_SSH_VARIANT GIT_TEMPLATE_DIR"),
    group("git", Code, Reads,
        "GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_ATTR_SOURCE GIT_COMMON_DIR GIT_DIR GIT_INDEX_FILE \
         GIT_OBJECT_DIRECTORY GIT_TEXTDOMAINDIR GIT_WORK_TREE"),
    group("git", Setting, Trusts,
        "GCM_ALLOW_UNSAFE_REMOTES GCM_CREDENTIAL_STORE GCM_DPAPI_STORE_PATH GCM_HTTP_PROXY \
         GCM_PLAINTEXT_STORE_PATH GIT_ALLOW_PROTOCOL GIT_ATTR_NOSYSTEM GIT_CEILING_DIRECTORIES \
         GIT_CVSSERVER_BASE_PATH GIT_CVSSERVER_ROOT GIT_DISCOVERY_ACROSS_FILESYSTEM \
         GIT_GRAFT_FILE GIT_HTTP_EXPORT_ALL GIT_HTTP_PROXY_AUTHMETHOD GIT_NAMESPACE \
         GIT_NO_LAZY_FETCH GIT_NO_REPLACE_OBJECTS GIT_PROJECT_ROOT GIT_PROTOCOL_FROM_USER \
         GIT_PROXY_SSL_CAINFO GIT_PROXY_SSL_CERT GIT_PROXY_SSL_CERT_PASSWORD_PROTECTED \
         GIT_PROXY_SSL_KEY GIT_REPLACE_REF_BASE GIT_SHALLOW_FILE GIT_SSL_CAINFO GIT_SSL_CAPATH \
         GIT_SSL_CERT GIT_SSL_CERT_PASSWORD_PROTECTED GIT_SSL_CIPHER_LIST GIT_SSL_KEY \
         GIT_SSL_NO_VERIFY GIT_SSL_VERSION GIT_TEST_ASSUME_DIFFERENT_OWNER"),
    group("git", Setting, Writes,
        "GCM_TRACE GIT_QUARANTINE_PATH GIT_REDIRECT_STDERR GIT_REDIRECT_STDIN \
         GIT_REDIRECT_STDOUT GIT_TRACE GIT_TRACE2 GIT_TRACE2_* GIT_TRACE_*"),
    // docs.github.com/actions, "Running scripts before or after a job"
    group("the GitHub runner", Code, Runs,
        "ACTIONS_RUNNER_CONTAINER_HOOKS ACTIONS_RUNNER_HOOK_* AGENT_TOOLSDIRECTORY \
         RUNNER_TOOL_CACHE"),
    // docs.gitlab.com/install/docker: code of its gitlab.rb
    group("GitLab", Code, Runs,
        "GITLAB_OMNIBUS_CONFIG GITLAB_POST_RECONFIGURE_SCRIPT GITLAB_PRE_RECONFIGURE_SCRIPT"),
    // gitlab.com/gitlab-org/cli: its settings name a browser and a pager
    group("glab", Code, Runs, "GLAB_CONFIG_DIR"),
    // gpg(1), "Environment"; gpg.conf there can name programs. sops' README, pass(1).
    group("GnuPG", Code, Reads,
        "GNUPGHOME PASSWORD_STORE_EXTENSIONS_DIR PASSWORD_STORE_GPG_OPTS SOPS_AGE_KEY_CMD \
         SOPS_AGE_SSH_PRIVATE_KEY_CMD SOPS_EDITOR SOPS_GPG_EXEC"),
    group("GnuPG", Setting, Connects, "GPG_AGENT_INFO PASSWORD_STORE_DIR PINENTRY_USER_DATA"),
    // go.dev/cmd/go: `go help environment`; cmd/cgo; pkg.go.dev/golang.org/x/tools/go/packages
    group("Go", Code, Options,
        "CGO_CFLAGS CGO_CFLAGS_ALLOW CGO_CFLAGS_DISALLOW CGO_CPPFLAGS CGO_CPPFLAGS_ALLOW \
         CGO_CPPFLAGS_DISALLOW CGO_CXXFLAGS CGO_CXXFLAGS_ALLOW CGO_CXXFLAGS_DISALLOW CGO_FFLAGS \
         CGO_FFLAGS_ALLOW CGO_FFLAGS_DISALLOW CGO_LDFLAGS CGO_LDFLAGS_ALLOW \
         CGO_LDFLAGS_DISALLOW GCCGO GCCGOTOOLDIR GOAUTH GOBIN GOCACHE GOCACHEPROG GOENV \
         GOENV_HOOK_PATH GOENV_ROOT GOEXPERIMENT GOFLAGS GOMODCACHE GOPACKAGESDRIVER GOPATH \
         GOROOT GOTOOLCHAIN GOTOOLDIR GOVCS GOWORK GO_EXTLINK_ENABLED"),
    group("Go", Setting, Trusts,
        "GODEBUG GOINSECURE GONOPROXY GONOSUMCHECK GONOSUMDB GOPRIVATE GOPROXY GOSUMDB"),
    group("Go", Setting, Writes, "GOCOVERDIR GOTMPDIR"),
    // gphoto2(1), libgphoto2
    group("gPhoto", Code, Loads, "CAMLIBS IOLIBS"),
    // docs.gradle.org, "Configuring the Build Environment". ORG_GRADLE_PROJECT_… is free: it holds
    // keys for signing.
    group("Gradle", Code, Options, "GRADLE_HOME GRADLE_OPTS GRADLE_USER_HOME"),
    // grafana.com/docs, "Configure a Grafana Docker image". Passwords are free.
    group("Grafana", Code, Loads,
        "GF_INSTALL_IMAGE_RENDERER_PLUGIN GF_INSTALL_PLUGINS GF_PATHS_CONFIG GF_PATHS_HOME \
         GF_PATHS_PLUGINS GF_PATHS_PROVISIONING GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS \
         GF_PLUGINS_PREINSTALL GF_PLUGINS_PREINSTALL_SYNC"),
    // graphviz.org/doc/info/command.html, "Environment Variables"
    group("Graphviz", Code, Loads, "GVBINDIR"),
    // grep(1) before 3.6
    group("grep", Code, Options, "GREP_OPTIONS"),
    // groff(1), man(1)
    group("groff", Code, Finds,
        "GROFF_BIN_PATH GROFF_COMMAND_PREFIX GROFF_FONT_PATH GROFF_TMAC_PATH"),
    // gstreamer.freedesktop.org, "Running GStreamer Applications"
    group("GStreamer", Code, Loads,
        "GST_PLUGIN_PATH GST_PLUGIN_PATH_1_0 GST_PLUGIN_SCANNER GST_PLUGIN_SCANNER_1_0 \
         GST_PLUGIN_SYSTEM_PATH GST_PLUGIN_SYSTEM_PATH_1_0 GST_PRESET_PATH GST_PTP_HELPER \
         GST_PTP_HELPER_1_0 GST_REGISTRY GST_REGISTRY_1_0 GST_REGISTRY_FORK GST_REGISTRY_UPDATE \
         GST_TRACERS"),
    // docs.gtk.org, "Running and debugging"; GIO, GdkPixbuf, GObject introspection
    group("GTK", Code, Loads,
        "GDK_PIXBUF_MODULEDIR GDK_PIXBUF_MODULE_FILE GIO_EXTRA_MODULES GIO_LAUNCH_DESKTOP \
         GIO_MODULE_DIR GI_TYPELIB_PATH GSETTINGS_BACKEND GSETTINGS_SCHEMA_DIR GTK2_MODULES \
         GTK2_RC_FILES GTK3_MODULES GTK_DATA_PREFIX GTK_EXE_PREFIX GTK_IM_MODULE \
         GTK_IM_MODULE_FILE GTK_MODULES GTK_PATH GTK_RC_FILES PANGO_RC_FILE"),
    // gnu.org/software/guile, "Environment Variables"
    group("Guile", Code, Loads,
        "GUILE_EXTENSIONS_PATH GUILE_LOAD_COMPILED_PATH GUILE_LOAD_PATH GUILE_SYSTEM_*"),
    // docs.gunicorn.org/settings
    group("Gunicorn", Code, Options, "GUNICORN_CMD_ARGS"),
    // downloads.haskell.org/ghc: "Running a compiled program", packages; stack, cabal
    group("Haskell", Code, Options,
        "CABAL_CONFIG CABAL_DIR GHCRTS GHC_ENVIRONMENT GHC_PACKAGE_PATH STACK_CONFIG STACK_ROOT \
         STACK_WORK STACK_YAML"),
    // docs.hdfgroup.org, "HDF5 Dynamically Loaded Filters"
    group("HDF5", Code, Loads,
        "HDF5_DRIVER HDF5_DRIVER_CONFIG HDF5_PLUGIN_PATH HDF5_PLUGIN_PRELOAD HDF5_VOL_CONNECTOR"),
    // helm.sh/docs/helm/helm, "Environment variables". HELM_KUBETOKEN is free.
    group("Helm", Code, Loads, "HELM_BIN HELM_DATA_HOME HELM_PLUGINS KUSTOMIZE_PLUGIN_HOME"),
    group("Helm", Setting, Configures,
        "HELM_CACHE_HOME HELM_CONFIG_HOME HELM_KUBEAPISERVER HELM_KUBECAFILE HELM_KUBECONTEXT \
         HELM_KUBEINSECURE_SKIP_TLS_VERIFY HELM_KUBETLS_SERVER_NAME HELM_REGISTRY_CONFIG \
         HELM_REPOSITORY_CACHE HELM_REPOSITORY_CONFIG"),
    // docs.brew.sh/Manpage, "Environment"
    group("Homebrew", Code, Runs,
        "HOMEBREW_BREW_GIT_REMOTE HOMEBREW_BROWSER HOMEBREW_CORE_GIT_REMOTE HOMEBREW_CURLRC \
         HOMEBREW_CURL_PATH HOMEBREW_EDITOR HOMEBREW_GIT_PATH HOMEBREW_PREFIX \
         HOMEBREW_REPOSITORY"),
    group("Homebrew", Setting, Connects,
        "HOMEBREW_API_DOMAIN HOMEBREW_ARTIFACT_DOMAIN HOMEBREW_BOTTLE_DOMAIN"),
    // curl(1) ("[scheme]_proxy"), wget(1), Python's urllib.request, which ignores case; the schemes
    // of curl; npm's global-agent; gRPC core. TRUST_PROXY and others that end alike are free.
    any_case("an HTTP client", Setting, Connects,
        "ALL_PROXY AUTO_PROXY CGI_HTTP_PROXY DICT_PROXY FTPS_PROXY FTP_PROXY \
         GLOBAL_AGENT_HTTPS_PROXY GLOBAL_AGENT_HTTP_PROXY GLOBAL_AGENT_NO_PROXY GOPHERS_PROXY \
         GOPHER_PROXY GRPC_PROXY HTTPS_PROXY HTTP_PROXY IMAPS_PROXY IMAP_PROXY LDAPS_PROXY \
         LDAP_PROXY MQTT_PROXY NO_GRPC_PROXY NO_PROXY POP3S_PROXY POP3_PROXY RSYNC_PROXY \
         RTMP_PROXY RTSP_PROXY SCP_PROXY SFTP_PROXY SMBS_PROXY SMB_PROXY SMTPS_PROXY SMTP_PROXY \
         SOCKS4_PROXY SOCKS5_PROXY SOCKS_PROXY TELNET_PROXY TFTP_PROXY WSS_PROXY WS_PROXY"),
    // httpie.io/docs/cli/config
    group("HTTPie", Code, Loads, "HTTPIE_CONFIG_DIR"),
    // imagemagick.org/script/resources.php and graphicsmagick.org, "Environment Variables". Limits
    // are free.
    group("ImageMagick", Code, Loads,
        "MAGICK_CODER_FILTER_PATH MAGICK_CODER_MODULE_PATH MAGICK_CONFIGURE_PATH \
         MAGICK_FILTER_MODULE_PATH MAGICK_FILTER_PATH MAGICK_FONT_PATH MAGICK_GHOSTSCRIPT_PATH \
         MAGICK_HOME MAGICK_OPENCL_CACHE_DIR"),
    group("ImageMagick", Setting, Writes, "MAGICK_TEMPORARY_PATH MAGICK_TMPDIR"),
    // docs.oracle.com: java(1), JVM TI ("JAVA_TOOL_OPTIONS"); eclipse.dev/openj9; the scripts that
    // start Kafka, Hadoop, Spark, Elasticsearch, Jenkins, WildFly, SonarQube, Solr, Cassandra,
    // Karaf, ActiveMQ, Leiningen, Clojure, install4j and others. Such a script passes on any name
    // of these endings: a program of Gradle or sbt, too.
    group("Java", Code, Options,
        "*_JAVAOPTS *_JAVA_HOME *_JAVA_OPTIONS *_JAVA_OPTS *_JVMFLAGS *_JVM_ARGS *_JVM_OPTIONS \
         *_JVM_OPTS ACTIVEMQ_*_OPTS ACTIVEMQ_BASE ACTIVEMQ_CLASSPATH ACTIVEMQ_CONF \
         ACTIVEMQ_HOME ACTIVEMQ_OPTS ARTEMIS_HOME CASSANDRA_CLASSPATH CASSANDRA_CONF \
         CASSANDRA_HOME CASSANDRA_INCLUDE CLASSPATH CLJ_CACHE CLJ_CONFIG CLOJURE_TOOLS_DIR \
         ES_PATH_CONF EXTRA_CLASSPATH EXTRA_JVM_ARGUMENTS FLINK_CONF_DIR FLINK_ENV_JAVA_OPTS_* \
         GROOVY_CONF GROOVY_HOME HADOOP_*_OPTS HADOOP_CLASSPATH HADOOP_CONF_DIR HADOOP_HOME \
         HADOOP_OPTS HBASE_*_OPTS HBASE_OPTS HDFS_*_OPTS HIVE_OPTS INSTALL4J_ADD_VM_PARAMS \
         INSTALL4J_JAVA_HOME_OVERRIDE INSTALL4J_JAVA_PREFIX JAVACMD JAVAC_OPTS JAVA_ADD_OPENS \
         JAVA_AGENT JAVA_APP_JAR JAVA_ARGS JAVA_CLASSPATH JAVA_ENDORSED_DIRS JAVA_HOME \
         JAVA_LIB_DIR JAVA_MAIN_CLASS JAVA_OPTIONS JAVA_OPTS JAVA_OPTS_* JAVA_TOOL_OPTIONS \
         JBOSS_HOME JBOSS_MODULEPATH JDK_HOME JDK_JAVAC_OPTIONS JENKINS_JAVA_CMD JENKINS_OPTS \
         JRE_HOME JRUBY_HOME JRUBY_OPTS JSHELLEDITOR JVMFLAGS JVM_ARGS JVM_EXTRA_OPTS JVM_OPTS \
         KAFKAREST_OPTS KAFKA_*_OPTS KAFKA_OPTS KARAF_BASE KARAF_DATA KARAF_ETC KARAF_HOME \
         KARAF_OPTS KOTLIN_HOME KSQL_*_OPTS KSQL_OPTS LEIN_HOME LEIN_JAR LEIN_JAVA_CMD \
         MAPRED_*_OPTS MAPRED_OPTS NIFI_HOME PYSPARK_DRIVER_PYTHON PYSPARK_PYTHON \
         PYSPARK_SUBMIT_ARGS SBT_OPTS SCALA_HOME SCHEMA_REGISTRY_*_OPTS SCHEMA_REGISTRY_OPTS \
         SOLR_*_OPTS SOLR_HOME SOLR_INCLUDE SOLR_OPTS SPARK_CLASSPATH SPARK_CONF_DIR SPARK_HOME \
         SPARK_SUBMIT_OPTS YARN_*_OPTS YARN_OPTS ZK_SERVER_HEAP ZOOCFG ZOOCFGDIR \
         ZOOKEEPER_CLIENT_OPTS"),
    // otel's Java agent and the configuration files of other agents
    group("Java", Code, Loads, "OTEL_JAVAAGENT_CONFIGURATION_FILE OTEL_JAVAAGENT_EXTENSIONS"),
    // docs.quarkus.io and docs.micronaut.io, on files of configuration
    group("Java", Setting, Configures,
        "MICRONAUT_CONFIG_FILES QUARKUS_CONFIG_LOCATIONS SMALLRYE_CONFIG_LOCATIONS"),
    // jenkins.io/doc/book, "Initial Settings"; the plugin configuration-as-code
    group("Jenkins", Code, Loads, "CASC_JENKINS_CONFIG JENKINS_HOME JENKINS_WAR"),
    // docs.julialang.org, "Environment Variables"
    group("Julia", Code, Loads,
        "JULIA_BINDIR JULIA_CC JULIA_DEPOT_PATH JULIA_EDITOR JULIA_LOAD_PATH JULIA_PROJECT \
         JULIA_SHELL"),
    group("Julia", Setting, Connects, "JULIA_HISTORY JULIA_PKG_SERVER"),
    // docs.jupyter.org, "Common Directories"; ipython.readthedocs.io
    group("Jupyter", Code, Loads,
        "IPYTHONDIR JUPYTER_CONFIG_DIR JUPYTER_CONFIG_PATH JUPYTER_DATA_DIR JUPYTER_PATH"),
    // kak(1), "Environment"
    group("Kakoune", Code, Runs, "KAKOUNE_CONFIG_DIR KAKOUNE_POSIX_SHELL KAKOUNE_RUNTIME"),
    // sudo; krb5.conf(5) names modules; web.mit.edu/kerberos, "Environment variables"
    group("Kerberos", Code, Loads, "KRB5_CONFIG* KRB5_KDC_PROFILE"),
    group("Kerberos", Setting, Acts,
        "KRB5CCNAME KRB5RCACHEDIR KRB5RCACHENAME KRB5RCACHETYPE KRB5_CLIENT_KTNAME KRB5_KTNAME \
         KRB5_TRACE KRBTKFILE"),
    // docs.konghq.com, "Configuration reference": each option; one of KONG_NGINX_ is a directive,
    // injected into the file of nginx. Passwords are free.
    group("Kong", Code, Loads,
        "KONG_CONF KONG_GO_PLUGINSERVER_EXE KONG_GO_PLUGINS_DIR KONG_LUA_PACKAGE_CPATH \
         KONG_LUA_PACKAGE_PATH KONG_NGINX_* KONG_PLUGINS KONG_PLUGINSERVER_*_QUERY_CMD \
         KONG_PLUGINSERVER_*_START_CMD KONG_PREFIX KONG_UNTRUSTED_LUA \
         KONG_UNTRUSTED_LUA_SANDBOX_ENVIRONMENT KONG_UNTRUSTED_LUA_SANDBOX_REQUIRES \
         KONG_WASM_MODULES_PATH"),
    // kubernetes.io: kubectl, "Environment variables"; client-go's rest.InClusterConfig
    group("kubectl", Code, Runs, "KREW_ROOT KUBECTL_EXTERNAL_DIFF KUBE_EDITOR"),
    group("kubectl", Setting, Configures,
        "KUBECACHEDIR KUBECONFIG KUBERC KUBERNETES_MASTER KUBERNETES_SERVICE_HOST \
         KUBERNETES_SERVICE_PORT"),
    // ldap.conf(5), "Environment variables"
    group("LDAP", Setting, Configures,
        "LDAPBASE LDAPBINDDN LDAPCONF LDAPHOST LDAPNOINIT LDAPPORT LDAPRC LDAPSASL_* LDAPTLS_* \
         LDAPURI"),
    // less(1), "Environment variables" and LESSOPEN; lesskey(1)
    group("less", Code, Options,
        "LESS LESSCLOSE LESSECHO LESSEDIT LESSGLOBALTAGS LESSHISTFILE LESSKEY LESSKEYIN \
         LESSKEYIN_SYSTEM LESSKEY_CONTENT LESSKEY_SYSTEM LESSMETACHARS LESSMETAESCAPE LESSOPEN \
         LESSSECURE LESSSECURE_ALLOW"),
    // oneapi-src.github.io/level-zero-spec
    group("Level Zero", Code, Loads, "ZEL_LIBRARY_PATH ZE_ENABLE_ALT_DRIVERS"),
    // gnu.org/software/libtool/manual, "Libltdl interface"
    group("libltdl", Code, Loads, "LTDL_LIBRARY_PATH"),
    // gnome.pages.gitlab.gnome.org/libxslt; libxml2's catalogs
    group("libxslt", Code, Loads, "LIBXSLT_PLUGINS_PATH"),
    group("libxslt", Setting, Reads, "SGML_CATALOG_FILES XML_CATALOG_FILES"),
    // logging.apache.org/log4j/2.x, "Configuration" and "System properties": those that name a file
    // or a class, or allow JNDI. The level is free.
    any_case("log4j", Code, Reads,
        "LOG4J_ASYNC_LOGGER_EXCEPTION_HANDLER LOG4J_CLOCK LOG4J_CONFIGURATION \
         LOG4J_CONFIGURATION_* LOG4J_CONFIGURATOR_CLASS LOG4J_CONTEXT_SELECTOR LOG4J_DEBUG \
         LOG4J_DEFAULT_INIT_OVERRIDE LOG4J_ENABLE_JNDI_* LOG4J_FLOW_MESSAGE_FACTORY \
         LOG4J_IGNORE_TCL LOG4J_JNDI_* LOG4J_LOGGER_CONTEXT_FACTORY LOG4J_LOG_EVENT_FACTORY \
         LOG4J_MERGE_STRATEGY LOG4J_MESSAGE_FACTORY LOG4J_PROVIDER \
         LOG4J_SCRIPT_ENABLE_LANGUAGES LOG4J_SHUTDOWN_CALLBACK_REGISTRY \
         LOG4J_THREAD_CONTEXT_MAP"),
    // lua(1), "LUA_INIT"; luarocks.org
    group("Lua", Code, Loads,
        "LUAROCKS_CONFIG LUAROCKS_SYSCONFDIR LUAROCKS_SYSCONFIG LUA_CPATH LUA_CPATH_5_* \
         LUA_INIT LUA_INIT_5_* LUA_PATH LUA_PATH_5_*"),
    // lynx(1)
    group("Lynx", Code, Reads, "LYNX_CFG"),
    // mailx(1), nmh(7), run-mailcap(1): their files run commands
    group("mailx", Code, Reads, "MAILCAPS MAILRC METAMAIL_PAGER MH NMH_EDITOR"),
    // gnu.org/software/make, "Variables Used by Implicit Rules", "Communicating Options",
    // "MAKEFILES"
    group("make", Code, Options,
        "GNUMAKEFLAGS MAKE MAKEFILES MAKEFLAGS MAKEOVERRIDES MAKESYSPATH MAKE_COMMAND MFLAGS"),
    // The default variables that `make -p` prints, with those that they use; those of the builds of
    // Linux and of binutils
    group("make", Code, Runs,
        "ADDR2LINE AR ARFLAGS AS ASFLAGS CC CFLAGS CO COFLAGS CPP CPPFLAGS CROSS_COMPILE \
         CTANGLE CWEAVE CXX CXXCPP CXXFLAGS DLLTOOL F77 F77FLAGS F90 F90FLAGS FC FCFLAGS FFLAGS \
         GET GFLAGS HOSTAR HOSTCC HOSTCFLAGS HOSTCXX HOSTLD HOSTLDFLAGS LD LDFLAGS LDLIBS LEX \
         LFLAGS LINT LINTFLAGS LOADLIBES M2C M2FLAGS MAKEINFO MAKEINFO_FLAGS MODFLAGS NM OBJC \
         OBJCFLAGS OBJCOPY OBJDUMP OUTPUT_OPTION PC PFLAGS RANLIB READELF RFLAGS RM STRIP \
         TANGLE TARGET_ARCH TARGET_MACH TEX TEXI2DVI TEXI2DVI_FLAGS WEAVE WINDRES YACC YFLAGS"),
    // man(1), "Environment"
    group("man", Code, Runs, "MANLESS MANOPT MANPAGER MANROFFOPT MANROFFSEQ"),
    group("man", Setting, Configures, "MANPATH"),
    // matplotlib.org, "Environment variables": a back end can be a module
    group("matplotlib", Code, Imports, "MATPLOTLIBRC MPLBACKEND MPLCONFIGDIR"),
    // maven.apache.org/configure.html; mvn(1); the scripts mvn and mvnw
    group("Maven", Code, Options,
        "M2_HOME MAVEN_ARGS MAVEN_BASEDIR MAVEN_CMD_LINE_ARGS MAVEN_CONFIG MAVEN_DEBUG_OPTS \
         MAVEN_HOME MAVEN_OPTS MAVEN_PROJECTBASEDIR"),
    group("Maven", Setting, Connects, "MVNW_REPOURL"),
    // jemalloc(3), "TUNING"; gperftools' docs: they write profiles. Limits of mimalloc and tcmalloc
    // are free.
    group("a memory allocator", Setting, Writes,
        "CPUPROFILE CPUPROFILESIGNAL CPUPROFILE_FREQUENCY HEAPCHECK HEAPPROFILE \
         HEAP_PROFILE_ALLOCATION_INTERVAL JE_MALLOC_CONF _RJEM_MALLOC_CONF"),
    // hg(1), "Environment Variables"
    group("Mercurial", Code, Runs, "CHGHG CHGSOCKNAME HG HGEDITOR HGMERGE HGRCPATH HGRCSKIPREPO"),
    // metabase.com/docs, "Environment variables". Passwords are free.
    group("Metabase", Code, Loads, "MB_CONFIG_FILE_PATH MB_PLUGINS_DIR"),
    // mise.jdx.dev/configuration
    group("mise", Code, Finds, "MISE_CONFIG_DIR MISE_CONFIG_FILE MISE_DATA_DIR"),
    // mono(1), "Environment variables". MONO_API_KEY is free.
    group("Mono", Code, Loads,
        "MONO_CFG_DIR MONO_CONFIG MONO_DEBUG MONO_ENV_OPTIONS MONO_EXTERNAL_ENCODINGS \
         MONO_GAC_PREFIX MONO_GC_DEBUG MONO_GC_PARAMS MONO_LOG_DEST MONO_MANAGED_WATCHER \
         MONO_MESSAGING_PROVIDER MONO_PATH MONO_PROFILE MONO_REGISTRY_PATH MONO_SHARED_DIR \
         MONO_TRACE_LISTENER MONO_XMLSERIALIZER_DEBUG MONO_XMLSERIALIZER_THS"),
    group("Mono", Setting, Trusts, "MONO_TLS_PROVIDER MONO_TLS_SESSION_CACHE_TIMEOUT"),
    // most(1)
    group("most", Code, Runs, "MOST_EDITOR MOST_HELP MOST_INITFILE MOST_SWITCHES"),
    // docs.open-mpi.org, "Setting MCA parameters", and its wrapper compilers; MPICH's Hydra, Intel
    // MPI; fi_provider(7), NCCL's manual, UCX; openmp.org, "OMP_TOOL_LIBRARIES"
    group("MPI", Code, Runs,
        "FI_PROVIDER_PATH HYDRA_BOOTSTRAP HYDRA_BOOTSTRAP_EXEC HYDRA_CONFIG_FILE HYDRA_LAUNCHER \
         HYDRA_LAUNCHER_EXEC HYDRA_LAUNCHER_EXTRA_ARGS I_MPI_CC I_MPI_CXX I_MPI_FC \
         I_MPI_HYDRA_BOOTSTRAP I_MPI_HYDRA_BOOTSTRAP_EXEC I_MPI_OFI_LIBRARY \
         I_MPI_OFI_PROVIDER_PATH I_MPI_PMI_LIBRARY I_MPI_ROOT MPICH_CC MPICH_CPP MPICH_CXX \
         MPICH_F77 MPICH_F90 MPICH_FC NCCL_CONF_FILE NCCL_NET_PLUGIN NCCL_PROFILER_PLUGIN \
         NCCL_TUNER_PLUGIN OMPI_CC OMPI_CFLAGS OMPI_CPPFLAGS OMPI_CXX OMPI_CXXFLAGS OMPI_F77 \
         OMPI_FC OMPI_FCFLAGS OMPI_LDFLAGS OMPI_LIBS OMPI_MCA_* OMP_TOOL_LIBRARIES OPAL_PREFIX \
         PMIX_MCA_* PRTE_MCA_* UCX_MODULE_DIR"),
    // learn.microsoft.com, "MSBuild reserved properties" and "Common properties": each variable is
    // a property, and these name a file or a command
    any_case("MSBuild", Code, Loads,
        "ALTERNATECOMMONPROPS CSCTOOLEXE CSCTOOLPATH CUSTOMAFTERMICROSOFT* \
         CUSTOMBEFOREMICROSOFT* DIRECTORYBUILDPROPSPATH DIRECTORYBUILDTARGETSPATH \
         DIRECTORYPACKAGESPROPSPATH DIRECTORYSOLUTIONPROPSPATH DIRECTORYSOLUTIONTARGETSPATH \
         MSBUILDADDITIONALSDKRESOLVERSFOLDER* MSBUILDBINPATH MSBUILDDEBUGONSTART \
         MSBUILDDEBUGPATH MSBUILDEXTENSIONSPATH* MSBUILDFRAMEWORKTOOLSPATH* MSBUILDLOGGINGARGS \
         MSBUILDPROJECTEXTENSIONSPATH MSBUILDSDKSPATH MSBUILDSTARTUPDIRECTORY MSBUILDTOOLSPATH* \
         MSBUILDTOOLSROOT MSBUILDUSEREXTENSIONSPATH MSBUILD_EXE_PATH MSBUILD_LOGGING_ARGS \
         MSBUILD_NUGET_PATH POSTBUILDEVENT PREBUILDEVENT VBCTOOLEXE VBCTOOLPATH"),
    // dev.mysql.com, "Environment Variables"; its files name plugins
    group("MySQL", Code, Loads,
        "LIBMYSQL_PLUGINS LIBMYSQL_PLUGIN_DIR MARIADB_HOME MARIADB_PLUGIN_DIR MYSQLSH_HOME \
         MYSQLSH_USER_CONFIG_HOME MYSQL_HOME"),
    group("MySQL", Setting, Configures,
        "LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN MYSQL_DEBUG MYSQL_GROUP_SUFFIX MYSQL_HISTFILE \
         MYSQL_TEST_LOGIN_FILE MYSQL_UNIX_PORT"),
    // docs.n8n.io, "Environment variables"
    group("n8n", Code, Loads,
        "EXTERNAL_FRONTEND_HOOKS_URLS EXTERNAL_HOOK_FILES N8N_CONFIG_FILES \
         N8N_CUSTOM_EXTENSIONS N8N_USER_FOLDER"),
    group("n8n", Setting, Configures, "NODE_FUNCTION_ALLOW_BUILTIN NODE_FUNCTION_ALLOW_EXTERNAL"),
    // learn.microsoft.com: "DOTNET_* environment variables", "Host startup assemblies", profiling,
    // nuget. ASPNETCORE_ENVIRONMENT and NUGET_API_KEY are free. Its configuration ignores case.
    any_case(".NET", Code, Loads,
        "ASPNETCORE_CONTENTROOT ASPNETCORE_HOSTINGSTARTUPASSEMBLIES ASPNETCORE_STARTUPASSEMBLY \
         COMPLUS_* CORECLR_ENABLE_PROFILING CORECLR_PROFILER CORECLR_PROFILER_* \
         COR_ENABLE_PROFILING COR_PROFILER COR_PROFILER_* DOTNET_ADDITIONAL_DEPS DOTNET_ALTJIT* \
         DOTNET_BUNDLE_EXTRACT_BASE_DIR DOTNET_CLI_HOME DOTNET_CONTENTROOT \
         DOTNET_DIAGNOSTICPORTS DOTNET_GCNAME DOTNET_GCPATH DOTNET_HOSTINGSTARTUPASSEMBLIES \
         DOTNET_HOST_PATH DOTNET_JITNAME DOTNET_JITPATH DOTNET_MSBUILD_SDK_RESOLVER_* \
         DOTNET_ROOT DOTNET_ROOT_* DOTNET_SHARED_STORE DOTNET_STARTUPHOOKS DOTNET_STARTUP_HOOKS \
         NUGET_CREDENTIALPROVIDERS_PATH NUGET_NETCORE_PLUGIN_PATHS NUGET_NETFX_PLUGIN_PATHS \
         NUGET_PACKAGES NUGET_PLUGIN_PATHS"),
    any_case(".NET", Setting, Writes,
        "DOTNET_DBGENABLEMINIDUMP DOTNET_DBGMINIDUMPNAME DOTNET_ENABLEEVENTPIPE \
         DOTNET_EVENTPIPEOUTPUTPATH DOTNET_SYSTEM_NET_* NUGET_HTTP_CACHE_PATH"),
    // nginx.org, "NGINX" names inherited sockets
    group("nginx", Setting, Connects, "NGINX"),
    // nix.dev/manual, "Common Environment Variables"; the wrapper of nixpkgs' compilers
    group("Nix", Code, Runs,
        "NIX_BIN_DIR NIX_BUILD_HOOK NIX_BUILD_SHELL NIX_CFLAGS_COMPILE NIX_CONFIG NIX_CONF_DIR \
         NIX_DATA_DIR NIX_LD NIX_LDFLAGS NIX_LD_LIBRARY_PATH NIX_PAGER NIX_PATH \
         NIX_REMOTE_SYSTEMS NIX_SSHOPTS NIX_STATE_DIR NIX_STORE_DIR NIX_USER_CONF_FILES"),
    group("Nix", Setting, Trusts, "NIX_REMOTE NIX_SSL_CERT_FILE"),
    // node(1), nodejs.org/api/cli.html, "Environment variables"; npm's `config`;
    // typestrong.org/ts-node; napi.rs, aws.github.io/jsii, prisma.io/docs, and the packages that
    // start a binary of theirs: esbuild, Biome, Turborepo, swc, Electron, Playwright, Cypress;
    // nodenv; the agents of New Relic and Elastic, whose file is a module
    group("Node.js", Code, Options,
        "BIOME_BINARY CYPRESS_INSTALL_BINARY CYPRESS_RUN_BINARY ELASTIC_APM_CONFIG_FILE \
         ELECTRON_OVERRIDE_DIST_PATH ESBUILD_BINARY_PATH JSII_NODE JSII_RUNTIME \
         NAPI_RS_FORCE_WASI NAPI_RS_NATIVE_LIBRARY_PATH NEW_RELIC_HOME NODENV_HOOK_PATH \
         NODENV_ROOT NODENV_VERSION NODE_CHANNEL_FD NODE_COMPILE_CACHE NODE_CONFIG_DIR \
         NODE_CONFIG_PARSER NODE_GYP_FORCE_PYTHON NODE_OPTIONS NODE_PATH \
         NODE_REPL_EXTERNAL_MODULE PLAYWRIGHT_NODEJS_PATH PRISMA_*_BINARY \
         PRISMA_QUERY_ENGINE_LIBRARY SWC_BINARY_PATH TS_NODE_COMPILER TS_NODE_COMPILER_OPTIONS \
         TS_NODE_CWD TS_NODE_DIR TS_NODE_FILES TS_NODE_IGNORE TS_NODE_PREFER_TS_EXTS \
         TS_NODE_PROJECT TS_NODE_PROJECT_SEARCH_DIR TS_NODE_SCOPE TS_NODE_SCOPE_DIR \
         TS_NODE_SKIP_PROJECT TS_NODE_TRANSPILE_ONLY TS_NODE_TYPE_CHECK TURBO_BINARY_PATH"),
    group("Node.js", Setting, Configures, "ELECTRON_RUN_AS_NODE NODE_CONFIG NODE_ICU_DATA"),
    group("Node.js", Setting, Trusts,
        "NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED NODE_USE_ENV_PROXY NODE_USE_SYSTEM_CA"),
    group("Node.js", Setting, Writes,
        "NODE_DEBUG_NATIVE NODE_REDIRECT_WARNINGS NODE_REPL_HISTORY NODE_V8_COVERAGE"),
    // docs.npmjs.com/cli/using-npm/config: each option, in any case. NPM_TOKEN is free.
    any_case("npm", Code, Options, "NPM_CONFIG_* NPM_EXECPATH NPM_NODE_EXECPATH"),
    // github.com/nvm-sh/nvm, fnm, n and volta.sh
    group("nvm", Code, Finds, "FNM_DIR NVM_BIN NVM_DIR N_PREFIX VOLTA_HOME"),
    group("nvm", Setting, Connects,
        "FNM_NODE_DIST_MIRROR NVM_IOJS_ORG_MIRROR NVM_NODEJS_ORG_MIRROR"),
    // ocaml.org/manual: ocamlrun(1), ocamlc(1); ocamlfind(1), opam(1)
    group("OCaml", Code, Loads,
        "CAMLLIB CAML_LD_LIBRARY_PATH OCAMLFIND_COMMANDS OCAMLFIND_CONF OCAMLFIND_TOOLCHAIN \
         OCAMLLIB OCAMLPARAM OCAMLPATH OCAMLTOP_INCLUDE_PATH OCAML_TOPLEVEL_PATH OPAMFETCH \
         OPAMROOT OPAMSWITCH"),
    group("OCaml", Setting, Options, "CAMLRUNPARAM OCAMLRUNPARAM"),
    // unixodbc.org, freetds.org; docs.oracle.com, "Environment Variables": ODBC loads a driver by
    // its file
    group("ODBC", Code, Loads, "ODBCINI ODBCINSTINI ODBCSEARCH ODBCSYSINI ORACLE_HOME"),
    group("ODBC", Setting, Configures, "FREETDS FREETDSCONF TNS_ADMIN"),
    // odoo.com/documentation, "Command-line interface": a path of addons
    group("Odoo", Code, Reads, "ODOO_RC OPENERP_SERVER"),
    // openbao.org/docs/commands; see Vault. BAO_TOKEN is free.
    group("OpenBao", Setting, Trusts,
        "BAO_ADDR BAO_AGENT_ADDR BAO_CACERT BAO_CACERT_BYTES BAO_CAPATH BAO_CLIENT_CERT \
         BAO_CLIENT_KEY BAO_HTTP_PROXY BAO_PROXY_ADDR BAO_SKIP_VERIFY BAO_SRV_LOOKUP \
         BAO_TLS_SERVER_NAME"),
    group("OpenBao", Code, Reads, "BAO_CONFIG_PATH"),
    // registry.khronos.org: OpenCL ICD loader; ocl-icd
    group("OpenCL", Code, Loads,
        "OCL_ICD_FILENAMES OCL_ICD_VENDORS OPENCL_LAYERS OPENCL_LAYER_PATH OPENCL_VENDOR_PATH"),
    // docs.mesa3d.org/envvars.html, libglvnd, libva, vdpau
    group("OpenGL", Code, Loads,
        "GBM_BACKENDS_PATH LIBGL_DRIVERS_DIR LIBGL_DRIVERS_PATH LIBVA_DRIVERS_PATH \
         LIBVA_DRIVER_NAME VDPAU_DRIVER VDPAU_DRIVER_PATH __EGL_VENDOR_LIBRARY_DIRS \
         __EGL_VENDOR_LIBRARY_FILENAMES __GLX_VENDOR_LIBRARY_NAME"),
    // openssl-env(7): a file of settings can load a module; PKCS #11 modules
    group("OpenSSL", Code, Loads,
        "OPENSC_CONF OPENSSL_CONF OPENSSL_CONF_INCLUDE OPENSSL_ENGINES OPENSSL_MODULES \
         PKCS11SPY PKCS11_MODULE PKCS11_MODULE_PATH PKCS11_PROVIDER_MODULE SOFTHSM2_CONF"),
    group("OpenSSL", Setting, Trusts,
        "CTLOG_FILE OPENSSL_FIPS OPENSSL_TRACE OPENSSL_ia32cap RANDFILE"),
    // opentelemetry.io/docs/zero-code/python
    group("OpenTelemetry", Code, Imports, "OTEL_PYTHON_CONFIGURATOR OTEL_PYTHON_DISTRO"),
    // registry.khronos.org/OpenXR, "OpenXR Loader"
    group("OpenXR", Code, Loads, "XR_API_LAYER_PATH XR_ENABLE_API_LAYERS XR_RUNTIME_JSON"),
    // p4(1): a port can be a program to run
    group("p4", Code, Runs, "P4CONFIG P4DIFF P4EDITOR P4ENVIRO P4MERGE P4PAGER P4PORT"),
    // developer.hashicorp.com/packer, "Configuring Packer"
    group("Packer", Code, Loads, "PACKER_CONFIG PACKER_CONFIG_DIR PACKER_PLUGIN_PATH"),
    // perf(1), perf-config(1)
    group("perf", Code, Runs, "PERF_BUILDID_DIR PERF_CONFIG PERF_EXEC_PATH PERF_PAGER"),
    // perlrun(1), "Environment"; perldoc(1), cpanm(1), prove(1), LWP, DBI(3), Mojolicious, Carton,
    // perlbrew
    group("Perl", Code, Options,
        "DBI_AUTOPROXY DBI_DRIVER HARNESS_OPTIONS HARNESS_PERL HARNESS_PERL_SWITCHES \
         HARNESS_SUBCLASS MOJO_CONFIG MOJO_HOME PERL5DB PERL5DB_THREADED PERL5LIB PERL5OPT \
         PERL5SHELL PERLBREW_HOME PERLBREW_PERL PERLBREW_ROOT PERLDB_OPTS PERLDOC PERLDOC_PAGER \
         PERLIO PERLIO_DEBUG PERLLIB PERL_CARTON_CPANFILE PERL_CARTON_PATH PERL_CPANM_HOME \
         PERL_CPANM_OPT PERL_INLINE_DIRECTORY PERL_LOCAL_LIB_ROOT PERL_MB_OPT PERL_MM_OPT \
         PERL_UNICODE PLENV_ROOT"),
    group("Perl", Setting, Trusts,
        "HTTPS_CA_DIR HTTPS_CA_FILE PERL_LWP_SSL_CA_FILE PERL_LWP_SSL_CA_PATH \
         PERL_LWP_SSL_VERIFY_HOSTNAME"),
    // pgbackrest.org/configuration.html
    group("pgBackRest", Code, Runs,
        "PGBACKREST_CMD PGBACKREST_CMD_SSH PGBACKREST_CONFIG PGBACKREST_CONFIG_INCLUDE_PATH \
         PGBACKREST_CONFIG_PATH PGBACKREST_PG*_HOST_CMD PGBACKREST_RECOVERY_OPTION \
         PGBACKREST_REPO*_HOST_CMD"),
    // php.net/manual/configuration.file.php; xdebug.org/docs
    group("PHP", Code, Loads, "PHPRC PHP_INI_SCAN_DIR PHP_PEAR_* XDEBUG_CONFIG"),
    group("PHP", Setting, Debugs, "XDEBUG_MODE XDEBUG_SESSION XDEBUG_TRIGGER"),
    // drush.org; pear.php.net; php-fpm
    group("PHP", Code, Runs,
        "DRUSH_INI DRUSH_OPTIONS DRUSH_PHP PHP_ADMIN_VALUE PHP_BINARY PHP_COMMAND PHP_INI_DIR \
         PHP_VALUE"),
    // pip.pypa.io/topics/configuration: each option, in any case
    any_case("pip", Setting, Options, "PIP_*"),
    // pipenv.pypa.io, "Configuration"
    group("Pipenv", Code, Finds, "PIPENV_PIPFILE PIPENV_PYTHON"),
    group("Pipenv", Setting, Connects, "PIPENV_PYPI_MIRROR"),
    // pnpm.io/settings: see npm
    any_case("pnpm", Code, Options, "PNPM_CONFIG_* PNPM_HOME PNPM_SCRIPT_SRC_DIR"),
    // docs.podman.io, containers.conf(5)
    group("Podman", Code, Reads,
        "BUILDAH_ISOLATION BUILDAH_RUNTIME CONTAINERS_CONF CONTAINERS_CONF_OVERRIDE \
         CONTAINERS_HELPER_BINARY_DIR PODMAN_COMPOSE_PROVIDER STORAGE_OPTS"),
    group("Podman", Setting, Configures,
        "CONTAINERS_REGISTRIES_CONF CONTAINERS_STORAGE_CONF CONTAINER_CONNECTION CONTAINER_HOST \
         REGISTRY_AUTH_FILE"),
    // python-poetry.org/docs/configuration. Tokens and passwords are free.
    group("Poetry", Code, Finds, "POETRY_CONFIG_DIR POETRY_HOME POETRY_VIRTUALENVS_PATH"),
    group("Poetry", Setting, Connects, "POETRY_REPOSITORIES_*_URL"),
    // hub.docker.com/_/postgres: initdb(1) passes `--set` on to the server
    group("the PostgreSQL image", Code, Options, "POSTGRES_INITDB_ARGS POSTGRES_INITDB_WALDIR"),
    group("the PostgreSQL image", Setting, Trusts, "POSTGRES_HOST_AUTH_METHOD"),
    // about_Environment_Variables of PowerShell
    any_case("PowerShell", Code, Loads, "PSMODULEPATH"),
    // environ(7), exec(3), sensible-utils, xdg-open(1),
    // specifications.freedesktop.org/basedir-spec: many programs read them
    group("any program", Code, Finds, "PATH"),
    group("any program", Code, Runs, "BROWSER EDITOR PAGER SELECTED_EDITOR SHELL VISUAL"),
    group("any program", Code, Reads,
        "HOME XDG_CACHE_HOME XDG_CONFIG_DIRS XDG_CONFIG_HOME XDG_DATA_DIRS XDG_DATA_HOME \
         XDG_RUNTIME_DIR XDG_STATE_HOME"),
    group("any program", Setting, Acts, "LOGNAME USER"),
    // postgresql.org/docs: psql(1), "Environment"
    group("psql", Code, Runs,
        "PSQLRC PSQL_EDITOR PSQL_EDITOR_LINENUMBER_ARG PSQL_PAGER PSQL_WATCH_PAGER"),
    // postgresql.org/docs/current/libpq-envars.html. Host, user, database and password are free.
    group("psql", Setting, Configures,
        "PGLOCALEDIR PGOPTIONS PGSERVICE PGSERVICEFILE PGSSLCERT PGSSLCRL PGSSLCRLDIR PGSSLKEY \
         PGSSLROOTCERT PGSYSCONFDIR PSQL_HISTORY"),
    // pulumi.com/docs/iac/cli/environment-variables. PULUMI_ACCESS_TOKEN is free.
    group("Pulumi", Code, Runs,
        "PULUMI_DEBUG_LANGUAGES PULUMI_DEBUG_PROVIDERS PULUMI_HOME PULUMI_PYTHON_CMD \
         PULUMI_ROOT"),
    // docs.pytest.org, "Environment Variables"; tox.wiki
    group("pytest", Code, Options,
        "PYTEST_ADDOPTS PYTEST_PLUGINS TOX_CONFIG_FILE TOX_OVERRIDE TOX_WORK_DIR"),
    // docs.python.org/using/cmdline.html, "Environment variables"; sudo; virtualenv, pyenv,
    // alembic, Conan, pyinvoke.org, pylint, mypy, robotframework.org, xon.sh, pipx, Hatch, PDM
    group("Python", Code, Loads,
        "ALEMBIC_CONFIG CONAN_HOME HATCH_CONFIG HATCH_PYTHON INVOKE_RUNTIME_CONFIG \
         INVOKE_RUN_SHELL INVOKE_TASKS_COLLECTION_NAME INVOKE_TASKS_SEARCH_ROOT IRONPYTHONPATH \
         JYTHONPATH MICROPYPATH MYPYPATH PDM_PYTHON PIPX_DEFAULT_PYTHON PIPX_HOME \
         PRE_COMMIT_HOME PYENV_DIR PYENV_HOOK_PATH PYENV_ROOT PYENV_VERSION PYLINTRC PYTHON \
         PYTHONBREAKPOINT PYTHONCASEOK PYTHONEXECUTABLE PYTHONHOME PYTHONINSPECT PYTHONPATH \
         PYTHONPERFSUPPORT PYTHONPLATLIBDIR PYTHONPYCACHEPREFIX PYTHONSTARTUP PYTHONUSERBASE \
         PYTHONWARNINGS PYTHON_PRESITE REBOT_OPTIONS ROBOT_OPTIONS VIRTUALENVWRAPPER_* \
         VIRTUAL_ENV WORKON_HOME XONSHRC XONSHRC_DIR XONSH_CONFIG_DIR __PYVENV_LAUNCHER__"),
    group("Python", Setting, Writes, "PYTHONDUMPREFSFILE PYTHON_HISTORY"),
    group("Python", Setting, Trusts, "PYTHONHTTPSVERIFY REQUESTS_CA_BUNDLE"),
    // docs.scrapy.org, "Settings"
    group("Python", Setting, Imports, "SCRAPY_PROJECT SCRAPY_SETTINGS_MODULE"),
    // qemu-user's manual; qemu(1)
    group("QEMU", Code, Loads,
        "QEMU_GDB QEMU_LD_PREFIX QEMU_MODULE_DIR QEMU_PLUGIN QEMU_SET_ENV QEMU_UNSET_ENV"),
    group("QEMU", Setting, Writes, "QEMU_LOG QEMU_LOG_FILENAME QEMU_STRACE"),
    // doc.qt.io: QCoreApplication, "Qt for Embedded Linux", QML, Qt WebEngine
    group("Qt", Code, Loads,
        "QML2_IMPORT_PATH QML_IMPORT_PATH QTDIR QTWEBENGINEPROCESS_PATH \
         QTWEBENGINE_CHROMIUM_FLAGS QTWEBENGINE_REMOTE_DEBUGGING QT_IM_MODULE QT_LOGGING_CONF \
         QT_PLUGIN_PATH QT_QPA_PLATFORM QT_QPA_PLATFORMTHEME QT_QPA_PLATFORM_PLUGIN_PATH \
         QT_STYLE_OVERRIDE"),
    // quilt(1)
    group("quilt", Code, Runs, "QUILTRC QUILT_DIFFSTAT_OPTS QUILT_PAGER QUILT_PATCHES QUILT_PC"),
    // R: help(Startup), help("environment variables")
    group("R", Code, Loads,
        "RENV_PATHS_* RSTUDIO_PANDOC R_BROWSER R_BUILD_ENVIRON R_BZIPCMD R_CHECK_ENVIRON \
         R_DEFAULT_PACKAGES R_ENVIRON R_ENVIRON_USER R_GZIPCMD R_HOME R_LD_LIBRARY_PATH R_LIBS \
         R_LIBS_SITE R_LIBS_USER R_MAKEVARS_SITE R_MAKEVARS_USER R_PDFVIEWER R_PROFILE \
         R_PROFILE_USER R_SHARE_DIR R_SHELL R_UNZIPCMD R_USER R_ZIPCMD"),
    group("R", Setting, Writes, "R_HISTFILE"),
    // rabbitmq.com/docs/configure, "Environment Variables"
    group("RabbitMQ", Code, Options,
        "RABBITMQ_ADVANCED_CONFIG_FILE RABBITMQ_BASE RABBITMQ_CONFIG_FILE RABBITMQ_CONFIG_FILES \
         RABBITMQ_CONF_ENV_FILE RABBITMQ_CTL_ERL_ARGS RABBITMQ_ENABLED_PLUGINS \
         RABBITMQ_ENABLED_PLUGINS_FILE RABBITMQ_ERLANG_HOME RABBITMQ_GENERATED_CONFIG_DIR \
         RABBITMQ_HOME RABBITMQ_PLUGINS_DIR RABBITMQ_PLUGINS_EXPAND_DIR RABBITMQ_SCHEMA_DIR \
         RABBITMQ_SCRIPTS_DIR RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS RABBITMQ_SERVER_CODE_PATH \
         RABBITMQ_SERVER_ERL_ARGS RABBITMQ_SERVER_START_ARGS"),
    // docs.racket-lang.org, "Environment variables"
    group("Racket", Code, Loads, "PLTADDONDIR PLTCOLLECTS PLTCONFIGDIR PLTUSERHOME"),
    // docs.raku.org/programs/03-environment-variables
    group("Raku", Code, Loads, "PERL6LIB RAKUDO_OPT RAKULIB"),
    // docs.ray.io, "Environment Dependencies"
    group("Ray", Code, Loads,
        "RAY_JOB_SUBMIT_HOOK RAY_RUNTIME_ENV_HOOK RAY_RUNTIME_ENV_PLUGINS RAY_START_HOOK"),
    // rclone.org/docs, "Environment Variables": those of a back end, too. Other options, such as
    // RCLONE_CONFIG_…_PASS, are free.
    group("rclone", Code, Runs,
        "RCLONE_AUTH_PROXY RCLONE_CONFIG RCLONE_CONFIG_*_BEARER_TOKEN_COMMAND \
         RCLONE_CONFIG_*_SERVER_COMMAND RCLONE_CONFIG_*_SSH RCLONE_CONFIG_DIR \
         RCLONE_METADATA_MAPPER RCLONE_PASSWORD_COMMAND RCLONE_RC_WEB_FETCH_URL \
         RCLONE_SFTP_SERVER_COMMAND RCLONE_SFTP_SSH RCLONE_WEBDAV_BEARER_TOKEN_COMMAND"),
    group("rclone", Setting, Trusts,
        "RCLONE_CA_CERT RCLONE_CLIENT_CERT RCLONE_HTTP_PROXY RCLONE_NO_CHECK_CERTIFICATE"),
    // readline(3), "INPUTRC": a key can run a command of the shell
    group("readline", Code, Reads, "INPUTRC"),
    // redis.io/docs, redis-cli. REDISCLI_AUTH is free.
    group("redis-cli", Setting, Configures, "REDISCLI_HISTFILE REDISCLI_RCFILE"),
    // restic.readthedocs.io, "Environment variables"
    group("restic", Code, Runs, "RESTIC_PASSWORD_COMMAND"),
    group("restic", Setting, Trusts, "RESTIC_CACERT RESTIC_CACHE_DIR RESTIC_TLS_CLIENT_CERT"),
    // rg(1): `--pre` in its file is a program
    group("ripgrep", Code, Reads, "RIPGREP_CONFIG_PATH"),
    // rocm.docs.amd.com, "Environment variables"
    group("ROCm", Code, Loads,
        "HIP_PATH HSA_TOOLS_LIB ROCM_PATH ROCPROFILER_REGISTER_LIBRARY ROCP_METRICS \
         ROCP_TOOL_LIB"),
    // rsync(1), "Environment variables"
    group("rsync", Code, Runs,
        "RSYNC_CONNECT_PROG RSYNC_OLD_ARGS RSYNC_PROTECT_ARGS RSYNC_RSH RSYNC_SHELL"),
    // ruby(1), "Environment"; `gem help environment`; irb, pry, rake, rspec, rubocop, thor,
    // bootsnap, Facter, rbenv, rvm
    group("Ruby", Code, Loads,
        "BOOTSNAP_CACHE_DIR FACTERLIB GEMRC GEM_EDITOR GEM_HOME GEM_PATH GEM_SPEC_CACHE IRBRC \
         PRYRC RAKEOPT RAKE_SYSTEM RBENV_DIR RBENV_HOOK_PATH RBENV_ROOT RBENV_VERSION RI_PAGER \
         RUBOCOP_OPTS RUBYGEMS_GEMDEPS RUBYLIB RUBYLIB_PREFIX RUBYOPT RUBYPATH RUBYSHELL \
         RUBY_DEBUG_* RVM_PATH SPEC_OPTS TESTOPTS THOR_DIFF THOR_MERGE THOR_SHELL rvm_path"),
    group("Ruby", Setting, Connects, "RUBYGEMS_HOST"),
    // smbclient(1), smb.conf(5)
    group("Samba", Code, Reads, "SMB_CONF_PATH"),
    // clang.llvm.org, "Sanitizers": common flags; gcov, llvm-cov, gprof
    group("a sanitizer", Code, Options,
        "ASAN_OPTIONS ASAN_SYMBOLIZER_PATH DFSAN_OPTIONS HWASAN_OPTIONS HWASAN_SYMBOLIZER_PATH \
         LLVM_SYMBOLIZER_PATH LSAN_OPTIONS LSAN_SYMBOLIZER_PATH MSAN_OPTIONS \
         MSAN_SYMBOLIZER_PATH TSAN_OPTIONS TSAN_SYMBOLIZER_PATH UBSAN_OPTIONS \
         UBSAN_SYMBOLIZER_PATH XRAY_OPTIONS"),
    group("a sanitizer", Setting, Writes,
        "GCOV_ERROR_FILE GCOV_PREFIX GCOV_PREFIX_STRIP GMON_OUT_PREFIX LLVM_PROFILE_FILE"),
    // cyrusimap.org/sasl: "SASL_PATH"
    group("SASL", Code, Loads, "SASL_CONF_PATH SASL_PATH"),
    // sbcl(1)
    group("SBCL", Code, Loads, "SBCL_HOME"),
    // screen(1), tmux(1)
    group("screen", Code, Reads, "SCREENDIR SCREENRC SYSSCREENRC TMUX TMUX_TMPDIR"),
    // wiki.libsdl.org, README-dynapi
    group("SDL", Code, Loads,
        "SDL3_DYNAMIC_API SDL_DYNAMIC_API SDL_OPENGL_LIBRARY SDL_VIDEO_EGL_DRIVER \
         SDL_VIDEO_GL_DRIVER SDL_VULKAN_LIBRARY"),
    // sudo (SecurID)
    group("SecurID", Setting, Configures, "DLC_ACE USR_ACE VAR_ACE"),
    // develop.sentry.dev: a file of Python. SENTRY_DSN is free.
    group("Sentry", Code, Loads, "SENTRY_CONF"),
    // sudo; bash(1), dash(1), ksh(1), zshparam(1), "Parameters Used By The Shell"
    group("a shell", Code, Runs,
        "BASH_COMPLETION_COMPAT_DIR BASH_COMPLETION_USER_DIR BASH_COMPLETION_USER_FILE BASH_ENV \
         BASH_FUNC_* BASH_LOADABLES_PATH ENV FCEDIT FPATH MAILPATH MODULE_PATH NULLCMD \
         PROMPT_COMMAND PS0 PS1 PS2 PS3 PS4 READNULLCMD RPROMPT RPS1 SPROMPT ZDOTDIR"),
    group("a shell", Code, Options,
        "BASHOPTS BASH_COMPAT BASH_XTRACEFD CDPATH EXECIGNORE FIGNORE GLOBIGNORE IFS \
         POSIXLY_CORRECT SHELLOPTS"),
    group("a shell", Setting, Writes, "HISTFILE TMPPREFIX"),
    // srun(1), "Input environment variables"
    group("Slurm", Code, Runs,
        "SLURM_CONF SLURM_EPILOG SLURM_EXPORT_ENV SLURM_MPI_TYPE SLURM_PROLOG SLURM_SRUN_PROLOG \
         SLURM_TASK_EPILOG SLURM_TASK_PROLOG"),
    // docs.spring.io/spring-boot: "Launching Executable Jars" (PropertiesLauncher), logging.config
    any_case("Spring", Code, Loads,
        "LOADER_ARGS LOADER_CLASSPATH LOADER_CONFIG_LOCATION LOADER_CONFIG_NAME LOADER_HOME \
         LOADER_MAIN LOADER_PATH LOADER_SYSTEM LOGGING_CONFIG SPRING_MAIN_SOURCES"),
    // docs.spring.io/spring-boot, "Externalized Configuration": names are read in both cases
    any_case("Spring", Setting, Configures,
        "SPRING_APPLICATION_JSON SPRING_CLOUD_BOOTSTRAP_* SPRING_CONFIG_ADDITIONALLOCATION \
         SPRING_CONFIG_ADDITIONAL_LOCATION SPRING_CONFIG_IMPORT SPRING_CONFIG_IMPORT_* \
         SPRING_CONFIG_LOCATION SPRING_CONFIG_LOCATION_* SPRING_CONFIG_NAME \
         SPRING_CONFIG_ONNOTFOUND SPRING_CONFIG_ON_NOT_FOUND \
         SPRING_CONFIG_USE_LEGACY_PROCESSING"),
    // github.com/rails/spring, "Configuration": the Rails preloader
    group("Spring", Code, Runs, "SPRING_SERVER_COMMAND"),
    // docs.oracle.com, SQL*Plus, "Configuring SQL*Plus": a login.sql there can run commands
    group("SQL*Plus", Code, Reads, "ORACLE_PATH SQLPATH"),
    // sqlite3(1)
    group("SQLite", Setting, Writes, "SQLITE_HISTORY SQLITE_TMPDIR"),
    // ssh(1), ssh-add(1), ssh-agent(1); autossh(1)
    group("ssh", Code, Runs,
        "AUTOSSH_PATH SSH_ASKPASS SSH_ASKPASS_REQUIRE SSH_PKCS11_HELPER SSH_SK_HELPER \
         SSH_SK_PROVIDER"),
    group("ssh", Setting, Connects, "SSH_AGENT_PID SSH_AUTH_SOCK"),
    // svnbook.red-bean.com, "Environment variables"
    group("Subversion", Code, Runs, "SVN_EDITOR SVN_MERGE SVN_SSH"),
    // sudo(8), sudoedit
    group("sudo", Code, Runs, "SUDO_ASKPASS SUDO_EDITOR"),
    // superset.apache.org, "Configuring Superset"
    group("Superset", Code, Loads, "SUPERSET_CONFIG_PATH SUPERSET_HOME"),
    group("Superset", Setting, Imports, "SUPERSET_CONFIG"),
    // systemd(1), systemctl(1), "Environment"; systemd.io/ENVIRONMENT
    group("systemd", Code, Runs,
        "SYSTEMD_EDITOR SYSTEMD_ENVIRONMENT_GENERATOR_PATH SYSTEMD_GENERATOR_PATH SYSTEMD_LESS \
         SYSTEMD_PAGER SYSTEMD_PAGERSECURE SYSTEMD_SSH SYSTEMD_UNIT_PATH"),
    // sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3), systemd.exec(5)
    group("systemd", Setting, Connects,
        "CREDENTIALS_DIRECTORY JOURNAL_STREAM LISTEN_FDNAMES LISTEN_FDS LISTEN_PID \
         NOTIFY_SOCKET WATCHDOG_PID WATCHDOG_USEC"),
    // gnu.org/software/tar, "TAR_OPTIONS", "TAPE"; zip(1) (`-TT`), unzip(1)
    group("tar", Code, Options, "TAPE TAR_OPTIONS UNZIP UNZIPOPT ZIPINFO ZIPINFOOPT ZIPOPT"),
    // gzip(1), xz(1), bzip2(1), lzop(1), zstd(1)
    group("tar", Setting, Options, "BZIP BZIP2 GZIP LZOP XZ_DEFAULTS XZ_OPT"),
    // tclsh(1), library(n), tm(n)
    group("Tcl", Code, Loads, "TCL*_TM_PATH TCLLIBPATH TCL_LIBRARY TK_LIBRARY"),
    // sudo; ncurses(3), "Environment"
    group("a terminal library", Setting, Reads, "TERMCAP TERMINFO TERMINFO_DIRS TERMPATH"),
    // developer.hashicorp.com/terraform/cli/config/environment-variables; terragrunt.gruntwork.io;
    // tfenv. TF_VAR_… and TF_TOKEN_… are free.
    group("Terraform", Code, Options,
        "TERRAGRUNT_AUTH_PROVIDER_CMD TERRAGRUNT_CONFIG TERRAGRUNT_PROVIDER_CACHE_DIR \
         TERRAGRUNT_SOURCE TERRAGRUNT_TFPATH TFENV_CONFIG_DIR TFENV_REMOTE TFENV_ROOT \
         TF_CLI_ARGS TF_CLI_ARGS_* TF_DATA_DIR TF_PLUGIN_CACHE_DIR TF_REATTACH_PROVIDERS \
         TGENV_ROOT TG_AUTH_PROVIDER_CMD TG_CONFIG TG_PROVIDER_CACHE_DIR TG_SOURCE TG_TF_PATH"),
    group("Terraform", Setting, Configures,
        "TERRAFORM_CONFIG TF_CLI_CONFIG_FILE TF_CLOUD_HOSTNAME TF_ENCRYPTION TF_LOG_PATH \
         TF_TEMP_LOG_PATH"),
    // tug.org/texinfohtml/kpathsea.html: its file of settings can allow commands
    group("TeX", Code, Reads, "BIBINPUTS BSTINPUTS TEXINPUTS TEXMF*"),
    // openssl-env(7), curl(1), firefox-source-docs.mozilla.org ("NSS Key Log"), GnuTLS' manual,
    // gRPC core
    group("a TLS library", Setting, Trusts,
        "GNUTLS_SYSTEM_PRIORITY_FILE GRPC_DEFAULT_SSL_ROOTS_FILE_PATH SSLKEYLOGFILE \
         SSL_CERT_DIR SSL_CERT_FILE"),
    // tomcat.apache.org: bin/catalina.sh
    group("Tomcat", Code, Options,
        "CATALINA_BASE CATALINA_HOME CATALINA_LOGGING_CONFIG CATALINA_OPTS JPDA_ADDRESS \
         JPDA_OPTS JPDA_SUSPEND JPDA_TRANSPORT JSSE_OPTS LOGGING_MANAGER _RUNJAVA _RUNJDB"),
    group("Tomcat", Setting, Writes, "CATALINA_OUT CATALINA_PID CATALINA_TMPDIR"),
    // tpm2(1), "TCTI configuration": a library to load, or a command
    group("TPM 2.0", Code, Loads,
        "TPM2OPENSSL_TCTI TPM2TOOLS_TCTI TPM2TOOLS_TCTI_NAME TPM2_PKCS11_STORE TPM2_PKCS11_TCTI \
         TSS2_FAPICONF"),
    // docs.astral.sh/uv/reference/environment. Tokens and passwords are free.
    group("uv", Code, Finds,
        "UV_PROJECT_ENVIRONMENT UV_PYTHON UV_PYTHON_BIN_DIR UV_PYTHON_INSTALL_DIR \
         UV_TOOL_BIN_DIR UV_TOOL_DIR"),
    group("uv", Setting, Connects,
        "UV_CACHE_DIR UV_CONFIG_FILE UV_DEFAULT_INDEX UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_INDEX \
         UV_INDEX_URL UV_INSECURE_HOST UV_PYPY_INSTALL_MIRROR UV_PYTHON_INSTALL_MIRROR"),
    // uvicorn.org/settings. Host, port and workers are free.
    group("Uvicorn", Code, Imports,
        "UVICORN_APP UVICORN_APP_DIR UVICORN_FACTORY UVICORN_HTTP UVICORN_LOG_CONFIG \
         UVICORN_LOOP UVICORN_RELOAD* UVICORN_WS"),
    // uwsgi-docs.readthedocs.io, "Configuring uWSGI": it reads each option from UWSGI_ and its name
    // in upper case, and among these are many that run commands and load files, such as
    // UWSGI_EXEC_ASAP, UWSGI_PLUGINS and UWSGI_HOOK_PRE_APP: a family.
    group("uWSGI", Code, Options, "UWSGI_*"),
    // developer.hashicorp.com/vagrant/docs/other/environmental-variables
    group("Vagrant", Code, Loads,
        "VAGRANT_CWD VAGRANT_DOTFILE_PATH VAGRANT_HOME VAGRANT_VAGRANTFILE"),
    // valgrind(1), gdb(1)
    group("Valgrind", Code, Options, "VALGRIND_LAUNCHER VALGRIND_LIB VALGRIND_OPTS"),
    // developer.hashicorp.com/vault/docs/commands; a token helper of its file is a program.
    // VAULT_TOKEN and VAULT_ADDR are free.
    group("Vault", Code, Reads, "VAULT_CONFIG_PATH"),
    group("Vault", Setting, Trusts,
        "VAULT_AGENT_ADDR VAULT_CACERT VAULT_CACERT_BYTES VAULT_CAPATH VAULT_CLIENT_CERT \
         VAULT_CLIENT_KEY VAULT_HTTP_PROXY VAULT_PROXY_ADDR VAULT_SKIP_VERIFY VAULT_SRV_LOOKUP \
         VAULT_TLS_SERVER_NAME"),
    // vim: `:help initialization`; nvim: `:help $NVIM_APPNAME`
    group("vim", Code, Runs,
        "EXINIT GVIMINIT MYGVIMRC MYVIMRC NVIM_APPNAME NVIM_RPLUGIN_MANIFEST VIM VIMINIT \
         VIMRUNTIME"),
    // wiki.videolan.org, "Environment variables"
    group("VLC", Code, Loads, "VLC_DATA_PATH VLC_LIB_PATH VLC_PLUGIN_PATH"),
    // vulkan.lunarg.com: LoaderInterfaceArchitecture, LoaderLayerInterface
    group("Vulkan", Code, Loads,
        "VK_ADD_DRIVER_FILES VK_ADD_IMPLICIT_LAYER_PATH VK_ADD_LAYER_PATH VK_DRIVER_FILES \
         VK_ICD_FILENAMES VK_IMPLICIT_LAYER_PATH VK_INSTANCE_LAYERS VK_LAYER_* \
         VK_LOADER_LAYERS_ENABLE"),
    // wal-g.readthedocs.io
    group("WAL-G", Code, Runs,
        "WALG_MYSQL_BACKUP_PREPARE_COMMAND WALG_MYSQL_BINLOG_REPLAY_COMMAND \
         WALG_STREAM_CREATE_COMMAND WALG_STREAM_RESTORE_COMMAND"),
    // wget(1): `use_askpass` of its file is a program
    group("wget", Code, Runs, "SYSTEM_WGETRC WGET2RC WGETRC WGET_ASKPASS"),
    // gitlab.winehq.org/wine, wine(1)
    group("Wine", Code, Loads, "WINEDLLOVERRIDES WINEDLLPATH WINELOADER WINEPREFIX WINESERVER"),
    // hub.docker.com/_/wordpress: PHP code of its wp-config.php; make.wordpress.org/cli, "Config"
    group("WordPress", Code, Runs,
        "WORDPRESS_CONFIG_EXTRA WP_CLI_CACHE_DIR WP_CLI_CONFIG_PATH WP_CLI_CUSTOM_SHELL \
         WP_CLI_PACKAGES_DIR WP_CLI_PHP WP_CLI_PHP_ARGS"),
    // X(7), "Environment"; fonts-conf(5); the plugins of sound libraries
    group("X", Code, Loads,
        "ALSA_CONFIG_PATH ALSA_PLUGIN_DIR FREI0R_PATH LADSPA_PATH LV2_PATH PULSE_DLPATH"),
    group("X", Setting, Configures,
        "DISPLAY FONTCONFIG_FILE FONTCONFIG_PATH PULSE_SERVER WAYLAND_DISPLAY XAPPLRESDIR \
         XAUTHORITY XENVIRONMENT XFILESEARCHPATH XLOCALEDIR XUSERFILESEARCHPATH"),
    // yarnpkg.com/configuration/yarnrc: each option, in any case. YARN_NPM_AUTH_TOKEN is free.
    any_case("Yarn", Code, Loads,
        "YARN_CACHE_FOLDER YARN_ENABLE_SCRIPTS YARN_GLOBAL_FOLDER YARN_IGNORE_PATH YARN_PLUGINS \
         YARN_RC_FILENAME YARN_SCRIPT_SHELL YARN_YARN_PATH"),
    any_case("Yarn", Setting, Connects,
        "YARN_CA_FILE_PATH YARN_ENABLE_STRICT_SSL YARN_HTTPS_CA_FILE_PATH YARN_HTTPS_PROXY \
         YARN_HTTP_PROXY YARN_NPM_REGISTRY_SERVER YARN_REGISTRY YARN_UNSAFE_HTTP_WHITELIST"),
];
