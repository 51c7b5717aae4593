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
        "AIRFLOW_CONFIG AIRFLOW_HOME AIRFLOW__CORE__DAGS_FOLDER AIRFLOW__CORE__PLUGINS_FOLDER \
         AIRFLOW__LOGGING__LOGGING_CONFIG_CLASS"),
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
    // autoconf: "Site Defaults"; aclocal(1), autom4te(1), m4(1), pkg-config(1)
    group("autoconf", Code, Runs,
        "ACLOCAL AUTOCONF AUTOHEADER AUTOM4TE AUTOMAKE CONFIG_SHELL CONFIG_SITE LIBTOOL \
         LIBTOOLIZE M4 PKG_CONFIG"),
    group("autoconf", Code, Finds,
        "ACLOCAL_PATH BISON_PKGDATADIR M4PATH PKG_CONFIG_LIBDIR PKG_CONFIG_PATH \
         PKG_CONFIG_SYSROOT_DIR"),
    // gawk(1), "AWKPATH" and "AWKLIBPATH"
    group("awk", Code, Loads, "AWKLIBPATH AWKPATH"),
    // docs.aws.amazon.com/cli, "Environment variables"
    group("the AWS CLI", Code, Runs, "AWS_DATA_PATH AWS_PAGER"),
    // docs.aws.amazon.com/sdkref, "Environment variables": whom the program is to AWS, and where.
    group("the AWS SDK", Setting, Configures, "AWS_*"),
    // learn.microsoft.com/cli/azure, "Configure the Azure CLI"
    group("az", Code, Loads, "AZURE_CONFIG_DIR AZURE_EXTENSION_DIR"),
    // bat(1), github.com/dandavison/delta
    group("bat", Code, Runs, "BAT_CONFIG_DIR BAT_CONFIG_PATH BAT_OPTS BAT_PAGER DELTA_PAGER"),
    // bzr(1), brz(1)
    group("Bazaar", Code, Runs,
        "BRZ_HOME BRZ_PLUGIN_PATH BRZ_SSH BZR_EDITOR BZR_HOME BZR_PLUGIN_PATH BZR_SSH"),
    // bun.sh/docs/runtime/env
    group("Bun", Code, Options,
        "BUN_INSPECT* BUN_INSTALL BUN_OPTIONS BUN_RUNTIME_TRANSPILER_CACHE_PATH"),
    group("Bun", Setting, Connects, "BUN_CONFIG_REGISTRY"),
    // bundler.io/man/bundle-config.1.html. The names of hosts, such as BUNDLE_GITHUB__COM, are
    // free: they hold credentials.
    group("Bundler", Code, Loads,
        "BUNDLER_ORIG_* BUNDLER_SETUP BUNDLER_VERSION BUNDLE_APP_CONFIG BUNDLE_BIN \
         BUNDLE_BIN_PATH BUNDLE_BUILD__* BUNDLE_CONFIG BUNDLE_GEMFILE BUNDLE_LOCAL__* \
         BUNDLE_LOCKFILE BUNDLE_PATH BUNDLE_PATH__* BUNDLE_PLUGINS BUNDLE_SHEBANG BUNDLE_USER_*"),
    group("Bundler", Setting, Connects, "BUNDLE_MIRROR__*"),
    group("Bundler", Setting, Trusts,
        "BUNDLE_SSL_CA_CERT BUNDLE_SSL_CLIENT_CERT BUNDLE_SSL_VERIFY_MODE"),
    // sudo and glibc; ld.so(8), iconv(1), musl's manual, macOS's dyld(1)
    group("the C library", Code, Loads,
        "DYLD_* GCONV_PATH GETCONF_DIR GLIBC_TUNABLES LD_* LOCPATH MALLOC_* MUSL_LOCPATH \
         NIS_PATH NLSPATH PATH_LOCALE RESOLV_HOST_CONF _RLD*"),
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
    // cmake-env-variables(7): all are about what is built, and with what
    group("CMake", Code, Options, "CMAKE_*"),
    // gcc(1) and clang(1), "Environment"; ccache(1), ld(1)
    group("a compiler", Code, Finds,
        "CCACHE_COMPILER CCACHE_CONFIGPATH CCACHE_CONFIGPATH2 CCACHE_DIR CCACHE_PATH \
         CCACHE_PREFIX CCACHE_PREFIX_CPP CCC_ADD_ARGS CCC_OVERRIDE_OPTIONS COLLECT_GCC \
         COLLECT_GCC_OPTIONS COLLECT_LTO_WRAPPER COMPILER_PATH CPATH CPLUS_INCLUDE_PATH \
         C_INCLUDE_PATH DEVELOPER_DIR GCC_EXEC_PREFIX LDEMULATION LIBRARY_PATH \
         OBJC_INCLUDE_PATH QA_OVERRIDE_GCC3_OPTIONS SCCACHE_CONF SDKROOT"),
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
        "DBUS_SESSION_BUS_ADDRESS DBUS_STARTER_ADDRESS DBUS_SYSTEM_BUS_ADDRESS"),
    // dart.dev/tools/pub/environment-variables, docs.flutter.dev
    group("Dart", Code, Loads, "DART_VM_OPTIONS FLUTTER_ROOT PUB_CACHE"),
    group("Dart", Setting, Connects, "FLUTTER_STORAGE_BASE_URL PUB_HOSTED_URL"),
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
        "ELIXIR_ERL_OPTIONS HEX_HOME MIX_ARCHIVES MIX_BUILD_PATH MIX_DEPS_PATH MIX_EXS MIX_HOME \
         MIX_INSTALL_DIR MIX_PATH MIX_REBAR MIX_REBAR3 RELEASE_BOOT_SCRIPT \
         RELEASE_BOOT_SCRIPT_CLEAN RELEASE_REMOTE_VM_ARGS RELEASE_ROOT RELEASE_SYS_CONFIG \
         RELEASE_VM_ARGS"),
    group("Elixir", Setting, Trusts,
        "HEX_CACERTS_PATH HEX_MIRROR HEX_MIRROR_URL HEX_NO_VERIFY_REPO_ORIGIN HEX_UNSAFE_HTTPS \
         HEX_UNSAFE_REGISTRY"),
    // gnu.org/software/emacs, "General Variables"
    group("Emacs", Code, Loads,
        "ALTERNATE_EDITOR EMACSDATA EMACSDOC EMACSLOADPATH EMACSPATH ESHELL"),
    // docs/shapes.md of this project
    group("envsecrets", Setting, Configures, "ENVSECRETS_*"),
    // erlang.org/doc: erl(1), code(3), inet; rebar3.org
    group("Erlang", Code, Options,
        "ERL_*_FLAGS ERL_AFLAGS ERL_COMPILER_OPTIONS ERL_FLAGS ERL_INETRC ERL_LIBS ERL_ROOTDIR \
         ERL_ZFLAGS REBAR_BASE_DIR REBAR_CONFIG REBAR_GLOBAL_CONFIG_DIR RELX_CONFIG_PATH \
         VMARGS_PATH"),
    group("Erlang", Setting, Writes, "ERL_CRASH_DUMP ERL_EPMD_ADDRESS ERL_EPMD_PORT"),
    // faketime(1)
    group("faketime", Setting, Configures, "FAKETIME FAKETIME_*"),
    // firefox-source-docs.mozilla.org
    group("Firefox", Code, Options, "MOZ_* XRE_PROFILE_PATH"),
    // fish(1)
    group("fish", Code, Loads, "fish_complete_path fish_function_path fish_user_paths"),
    // flask.palletsprojects.com/cli
    group("Flask", Code, Loads, "FLASK_APP"),
    group("Flask", Setting, Debugs, "FLASK_DEBUG"),
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
    // git(1), "Environment variables"; git-config(1), "Environment"; gitweb.conf(5)
    group("git", Code, Runs,
        "GITWEB_CONFIG GITWEB_CONFIG_COMMON GITWEB_CONFIG_SYSTEM GIT_ASKPASS GIT_CONFIG \
         GIT_CONFIG_* GIT_EDITOR GIT_EXEC_PATH GIT_EXTERNAL_DIFF GIT_MAN_VIEWER GIT_PAGER \
         GIT_PROXY_COMMAND GIT_SEQUENCE_EDITOR GIT_SHELL_PATH GIT_SSH GIT_SSH_COMMAND \
         GIT_SSH_VARIANT GIT_TEMPLATE_DIR"),
    group("git", Code, Reads,
        "GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_ATTR_SOURCE GIT_COMMON_DIR GIT_DIR GIT_INDEX_FILE \
         GIT_OBJECT_DIRECTORY GIT_WORK_TREE"),
    group("git", Setting, Trusts,
        "GIT_ALLOW_PROTOCOL GIT_CEILING_DIRECTORIES GIT_DISCOVERY_ACROSS_FILESYSTEM \
         GIT_GRAFT_FILE GIT_NAMESPACE GIT_NO_REPLACE_OBJECTS GIT_PROTOCOL_FROM_USER \
         GIT_PROXY_SSL_* GIT_REPLACE_REF_BASE GIT_SHALLOW_FILE GIT_SSL_*"),
    group("git", Setting, Writes, "GIT_QUARANTINE_PATH GIT_REDIRECT_* GIT_TRACE GIT_TRACE*"),
    // gitlab.com/gitlab-org/cli: its settings name a browser and a pager
    group("glab", Code, Runs, "GLAB_CONFIG_DIR"),
    // gpg(1), "Environment"; gpg.conf there can name programs. sops' README, pass(1).
    group("GnuPG", Code, Reads,
        "GNUPGHOME PASSWORD_STORE_EXTENSIONS_DIR PASSWORD_STORE_GPG_OPTS SOPS_AGE_KEY_CMD \
         SOPS_GPG_EXEC"),
    group("GnuPG", Setting, Connects, "GPG_AGENT_INFO PASSWORD_STORE_DIR PINENTRY_USER_DATA"),
    // go.dev/cmd/go: `go help environment`; cmd/cgo; pkg.go.dev/golang.org/x/tools/go/packages
    group("Go", Code, Options,
        "CGO_* GCCGO GCCGOTOOLDIR GOAUTH GOBIN GOCACHE GOCACHEPROG GOENV GOEXPERIMENT GOFLAGS \
         GOMODCACHE GOPACKAGESDRIVER GOPATH GOROOT GOTOOLCHAIN GOTOOLDIR GOVCS GOWORK \
         GO_EXTLINK_ENABLED"),
    group("Go", Setting, Trusts,
        "GODEBUG GOINSECURE GONOPROXY GONOSUMCHECK GONOSUMDB GOPRIVATE GOPROXY GOSUMDB"),
    group("Go", Setting, Writes, "GOCOVERDIR GOTMPDIR"),
    // docs.gradle.org, "Configuring the Build Environment". ORG_GRADLE_PROJECT_… is free: it holds
    // keys for signing.
    group("Gradle", Code, Options, "GRADLE_HOME GRADLE_OPTS GRADLE_USER_HOME"),
    // grep(1) before 3.6
    group("grep", Code, Options, "GREP_OPTIONS"),
    // groff(1), man(1)
    group("groff", Code, Finds,
        "GROFF_BIN_PATH GROFF_COMMAND_PREFIX GROFF_FONT_PATH GROFF_TMAC_PATH"),
    // gstreamer.freedesktop.org, "Running GStreamer Applications"
    group("GStreamer", Code, Loads,
        "GST_PLUGIN_PATH* GST_PLUGIN_SCANNER* GST_PLUGIN_SYSTEM_PATH* GST_PRESET_PATH \
         GST_REGISTRY*"),
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
    // imagemagick.org/script/resources.php, "Environment Variables"
    group("ImageMagick", Code, Loads, "MAGICK_*"),
    // docs.oracle.com: java(1), JVM TI ("JAVA_TOOL_OPTIONS"); eclipse.dev/openj9; the scripts that
    // start Kafka, Hadoop, Spark, Elasticsearch, Jenkins, WildFly and others
    group("Java", Code, Options,
        "CLASSPATH CLIENT_JVMFLAGS ES_JAVA_HOME ES_JAVA_OPTS ES_PATH_CONF HADOOP_CLASSPATH \
         HADOOP_CLIENT_OPTS HADOOP_CONF_DIR HADOOP_HOME HADOOP_OPTS HBASE_OPTS IBM_JAVA_OPTIONS \
         JAVACMD JAVAC_OPTS JAVA_AGENT JAVA_APP_JAR JAVA_ARGS JAVA_CLASSPATH JAVA_ENDORSED_DIRS \
         JAVA_HOME JAVA_LIB_DIR JAVA_MAIN_CLASS JAVA_OPTIONS JAVA_OPTS JAVA_OPTS_APPEND \
         JAVA_TOOL_OPTIONS JBOSS_HOME JBOSS_MODULEPATH JDK_HOME JDK_JAVAC_OPTIONS \
         JDK_JAVA_OPTIONS JENKINS_JAVA_CMD JENKINS_JAVA_OPTIONS JENKINS_JAVA_OPTS JENKINS_OPTS \
         JRE_HOME JVMFLAGS JVM_ARGS JVM_OPTS KAFKA_HEAP_OPTS KAFKA_JMX_OPTS \
         KAFKA_JVM_PERFORMANCE_OPTS KAFKA_LOG4J_OPTS KAFKA_OPTS LEIN_JVM_OPTS LS_JAVA_OPTS \
         OPENJ9_JAVA_OPTIONS OPENSEARCH_JAVA_OPTS PREPEND_JAVA_OPTS PYSPARK_DRIVER_PYTHON \
         PYSPARK_PYTHON PYSPARK_SUBMIT_ARGS SBT_OPTS SERVER_JVMFLAGS SOLR_OPTS SPARK_CLASSPATH \
         SPARK_CONF_DIR SPARK_DAEMON_JAVA_OPTS SPARK_HOME SPARK_JAVA_OPTS SPARK_SUBMIT_OPTS \
         ZK_SERVER_HEAP _JAVA_OPTIONS"),
    // otel's Java agent and the configuration files of other agents
    group("Java", Code, Loads, "OTEL_JAVAAGENT_CONFIGURATION_FILE OTEL_JAVAAGENT_EXTENSIONS"),
    // docs.quarkus.io and docs.micronaut.io, on files of configuration
    group("Java", Setting, Configures,
        "MICRONAUT_CONFIG_FILES QUARKUS_CONFIG_LOCATIONS SMALLRYE_CONFIG_LOCATIONS"),
    // docs.julialang.org, "Environment Variables"
    group("Julia", Code, Loads,
        "JULIA_BINDIR JULIA_CC JULIA_DEPOT_PATH JULIA_EDITOR JULIA_LOAD_PATH JULIA_PROJECT \
         JULIA_SHELL"),
    group("Julia", Setting, Connects, "JULIA_HISTORY JULIA_PKG_SERVER"),
    // docs.jupyter.org, "Common Directories"; ipython.readthedocs.io
    group("Jupyter", Code, Loads,
        "IPYTHONDIR JUPYTER_CONFIG_DIR JUPYTER_CONFIG_PATH JUPYTER_DATA_DIR JUPYTER_PATH"),
    // sudo; krb5.conf(5) names modules; web.mit.edu/kerberos, "Environment variables"
    group("Kerberos", Code, Loads, "KRB5_CONFIG* KRB5_KDC_PROFILE"),
    group("Kerberos", Setting, Acts,
        "KRB5CCNAME KRB5RCACHEDIR KRB5RCACHENAME KRB5RCACHETYPE KRB5_CLIENT_KTNAME KRB5_KTNAME \
         KRB5_TRACE KRBTKFILE"),
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
    // logging.apache.org/log4j/2.x, "Configuration": each property can be set
    any_case("log4j", Code, Reads, "LOG4J_*"),
    // lua(1), "LUA_INIT"; luarocks.org
    group("Lua", Code, Loads,
        "LUAROCKS_CONFIG LUAROCKS_SYSCONFDIR LUAROCKS_SYSCONFIG LUA_CPATH* LUA_INIT* LUA_PATH*"),
    // lynx(1)
    group("Lynx", Code, Reads, "LYNX_CFG"),
    // mailx(1), nmh(7), run-mailcap(1): their files run commands
    group("mailx", Code, Reads, "MAILCAPS MAILRC METAMAIL_PAGER MH NMH_EDITOR"),
    // gnu.org/software/make, "Variables Used by Implicit Rules", "Communicating Options",
    // "MAKEFILES"
    group("make", Code, Options,
        "GNUMAKEFLAGS MAKE MAKEFILES MAKEFLAGS MAKEOVERRIDES MAKESYSPATH MAKE_COMMAND MFLAGS"),
    group("make", Code, Runs,
        "AR ARFLAGS AS ASFLAGS CC CFLAGS CPP CPPFLAGS CROSS_COMPILE CXX CXXFLAGS FC FFLAGS \
         HOSTCC HOSTCXX LD LDFLAGS LDLIBS LEX LFLAGS MAKEINFO NM OBJCOPY RANLIB RM STRIP YACC \
         YFLAGS"),
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
    // jemalloc(3), "TUNING"; gperftools' docs; github.com/microsoft/mimalloc: they write profiles
    group("a memory allocator", Setting, Writes,
        "CPUPROFILE HEAPPROFILE JE_MALLOC_CONF MIMALLOC_* TCMALLOC_* _RJEM_MALLOC_CONF"),
    // hg(1), "Environment Variables"
    group("Mercurial", Code, Runs, "CHGHG CHGSOCKNAME HG HGEDITOR HGMERGE HGRCPATH HGRCSKIPREPO"),
    // mise.jdx.dev/configuration
    group("mise", Code, Finds, "MISE_CONFIG_DIR MISE_CONFIG_FILE MISE_DATA_DIR"),
    // mono(1), "Environment variables"
    group("Mono", Code, Loads, "MONO_*"),
    // most(1)
    group("most", Code, Runs, "MOST_EDITOR MOST_HELP MOST_INITFILE MOST_SWITCHES"),
    // docs.open-mpi.org, "Setting MCA parameters"; Intel MPI; openmp.org, "OMP_TOOL_LIBRARIES"
    group("MPI", Code, Runs,
        "HYDRA_LAUNCHER_EXEC I_MPI_HYDRA_BOOTSTRAP_EXEC OMPI_MCA_* OMP_TOOL_LIBRARIES \
         OPAL_PREFIX PMIX_MCA_* PRTE_MCA_*"),
    // learn.microsoft.com, "MSBuild reserved properties": each variable is a property
    any_case("MSBuild", Code, Loads,
        "ALTERNATECOMMONPROPS CUSTOMAFTERMICROSOFT* CUSTOMBEFOREMICROSOFT* \
         DIRECTORYBUILDPROPSPATH DIRECTORYBUILDTARGETSPATH MSBUILD*"),
    // dev.mysql.com, "Environment Variables"; its files name plugins
    group("MySQL", Code, Loads,
        "LIBMYSQL_PLUGINS LIBMYSQL_PLUGIN_DIR MARIADB_HOME MARIADB_PLUGIN_DIR MYSQL_HOME"),
    group("MySQL", Setting, Configures,
        "LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN MYSQL_DEBUG MYSQL_GROUP_SUFFIX MYSQL_HISTFILE \
         MYSQL_TEST_LOGIN_FILE MYSQL_UNIX_PORT"),
    // learn.microsoft.com: "DOTNET_* environment variables", "Host startup assemblies", profiling,
    // nuget. ASPNETCORE_ENVIRONMENT and NUGET_API_KEY are free. Its configuration ignores case.
    any_case(".NET", Code, Loads,
        "ASPNETCORE_CONTENTROOT ASPNETCORE_HOSTINGSTARTUPASSEMBLIES ASPNETCORE_STARTUPASSEMBLY \
         COMPLUS_* CORECLR_ENABLE_PROFILING CORECLR_PROFILER* COR_ENABLE_PROFILING \
         COR_PROFILER* DOTNET_ADDITIONAL_DEPS DOTNET_ALTJIT* DOTNET_BUNDLE_EXTRACT_BASE_DIR \
         DOTNET_CLI_HOME DOTNET_CONTENTROOT DOTNET_DIAGNOSTICPORTS DOTNET_GCNAME DOTNET_GCPATH \
         DOTNET_HOSTINGSTARTUPASSEMBLIES DOTNET_HOST_PATH DOTNET_JITNAME DOTNET_JITPATH \
         DOTNET_MSBUILD_SDK_RESOLVER_* DOTNET_ROOT DOTNET_ROOT_* DOTNET_SHARED_STORE \
         DOTNET_STARTUPHOOKS DOTNET_STARTUP_HOOKS NUGET_CREDENTIALPROVIDERS_PATH \
         NUGET_NETCORE_PLUGIN_PATHS NUGET_NETFX_PLUGIN_PATHS NUGET_PACKAGES NUGET_PLUGIN_PATHS"),
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
    // typestrong.org/ts-node
    group("Node.js", Code, Options,
        "ESBUILD_BINARY_PATH NODE_CHANNEL_FD NODE_COMPILE_CACHE NODE_CONFIG_DIR \
         NODE_GYP_FORCE_PYTHON NODE_OPTIONS NODE_PATH NODE_REPL_EXTERNAL_MODULE TS_NODE_*"),
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
        "OPENSSL_CONF OPENSSL_CONF_INCLUDE OPENSSL_ENGINES OPENSSL_MODULES PKCS11_MODULE \
         PKCS11_MODULE_PATH PKCS11_PROVIDER_MODULE SOFTHSM2_CONF"),
    group("OpenSSL", Setting, Trusts,
        "CTLOG_FILE OPENSSL_FIPS OPENSSL_TRACE OPENSSL_ia32cap RANDFILE"),
    // opentelemetry.io/docs/zero-code/python
    group("OpenTelemetry", Code, Imports, "OTEL_PYTHON_CONFIGURATOR OTEL_PYTHON_DISTRO"),
    // p4(1): a port can be a program to run
    group("p4", Code, Runs, "P4CONFIG P4DIFF P4EDITOR P4ENVIRO P4MERGE P4PAGER P4PORT"),
    // developer.hashicorp.com/packer, "Configuring Packer"
    group("Packer", Code, Loads, "PACKER_CONFIG PACKER_CONFIG_DIR PACKER_PLUGIN_PATH"),
    // perlrun(1), "Environment"; perldoc(1), cpanm(1), prove(1), LWP
    group("Perl", Code, Options,
        "HARNESS_OPTIONS HARNESS_PERL HARNESS_PERL_SWITCHES PERL5DB PERL5DB_THREADED PERL5LIB \
         PERL5OPT PERL5SHELL PERLDB_OPTS PERLDOC PERLDOC_PAGER PERLIO PERLIO_DEBUG PERLLIB \
         PERL_CPANM_HOME PERL_CPANM_OPT PERL_INLINE_DIRECTORY PERL_LOCAL_LIB_ROOT PERL_MB_OPT \
         PERL_MM_OPT PERL_UNICODE"),
    group("Perl", Setting, Trusts,
        "HTTPS_CA_DIR HTTPS_CA_FILE PERL_LWP_SSL_CA_FILE PERL_LWP_SSL_CA_PATH \
         PERL_LWP_SSL_VERIFY_HOSTNAME"),
    // php.net/manual/configuration.file.php; xdebug.org/docs
    group("PHP", Code, Loads, "PHPRC PHP_INI_SCAN_DIR PHP_PEAR_* XDEBUG_CONFIG"),
    group("PHP", Setting, Debugs, "XDEBUG_MODE XDEBUG_SESSION XDEBUG_TRIGGER"),
    // pip.pypa.io/topics/configuration: each option, in any case
    any_case("pip", Setting, Options, "PIP_*"),
    // pipenv.pypa.io, "Configuration"
    group("Pipenv", Code, Finds, "PIPENV_PIPFILE PIPENV_PYTHON"),
    group("Pipenv", Setting, Connects, "PIPENV_PYPI_MIRROR"),
    // pnpm.io/settings: see npm
    any_case("pnpm", Code, Options, "PNPM_CONFIG_* PNPM_HOME PNPM_SCRIPT_SRC_DIR"),
    // docs.podman.io, containers.conf(5)
    group("Podman", Code, Reads,
        "CONTAINERS_CONF CONTAINERS_CONF_OVERRIDE CONTAINERS_HELPER_BINARY_DIR"),
    group("Podman", Setting, Configures,
        "CONTAINERS_REGISTRIES_CONF CONTAINERS_STORAGE_CONF CONTAINER_CONNECTION CONTAINER_HOST \
         REGISTRY_AUTH_FILE"),
    // python-poetry.org/docs/configuration. Tokens and passwords are free.
    group("Poetry", Code, Finds, "POETRY_CONFIG_DIR POETRY_HOME POETRY_VIRTUALENVS_PATH"),
    group("Poetry", Setting, Connects, "POETRY_REPOSITORIES_*"),
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
    // docs.pytest.org, "Environment Variables"; tox.wiki
    group("pytest", Code, Options, "PYTEST_ADDOPTS PYTEST_PLUGINS TOX_CONFIG_FILE"),
    // docs.python.org/using/cmdline.html, "Environment variables"; sudo; virtualenv, pyenv
    group("Python", Code, Loads,
        "IRONPYTHONPATH JYTHONPATH MICROPYPATH PRE_COMMIT_HOME PYENV_ROOT PYENV_VERSION PYTHON \
         PYTHONBREAKPOINT PYTHONCASEOK PYTHONEXECUTABLE PYTHONHOME PYTHONINSPECT PYTHONPATH \
         PYTHONPERFSUPPORT PYTHONPLATLIBDIR PYTHONPYCACHEPREFIX PYTHONSTARTUP PYTHONUSERBASE \
         PYTHONWARNINGS PYTHON_PRESITE VIRTUALENVWRAPPER_* VIRTUAL_ENV WORKON_HOME \
         __PYVENV_LAUNCHER__"),
    group("Python", Setting, Writes, "PYTHONDUMPREFSFILE PYTHON_HISTORY"),
    group("Python", Setting, Trusts, "PYTHONHTTPSVERIFY REQUESTS_CA_BUNDLE"),
    // qemu-user's manual; qemu(1)
    group("QEMU", Code, Loads, "QEMU_*"),
    // doc.qt.io: QCoreApplication, "Qt for Embedded Linux", QML, Qt WebEngine
    group("Qt", Code, Loads,
        "QML2_IMPORT_PATH QML_IMPORT_PATH QTDIR QTWEBENGINEPROCESS_PATH \
         QTWEBENGINE_CHROMIUM_FLAGS QTWEBENGINE_REMOTE_DEBUGGING QT_IM_MODULE QT_LOGGING_CONF \
         QT_PLUGIN_PATH QT_QPA_PLATFORM QT_QPA_PLATFORMTHEME QT_QPA_PLATFORM_PLUGIN_PATH \
         QT_STYLE_OVERRIDE"),
    // R: help(Startup), help("environment variables")
    group("R", Code, Loads,
        "RENV_PATHS_* RSTUDIO_PANDOC R_BROWSER R_BUILD_ENVIRON R_BZIPCMD R_CHECK_ENVIRON \
         R_DEFAULT_PACKAGES R_ENVIRON R_ENVIRON_USER R_GZIPCMD R_HOME R_LD_LIBRARY_PATH R_LIBS \
         R_LIBS_SITE R_LIBS_USER R_MAKEVARS_SITE R_MAKEVARS_USER R_PDFVIEWER R_PROFILE \
         R_PROFILE_USER R_SHARE_DIR R_SHELL R_UNZIPCMD R_USER R_ZIPCMD"),
    group("R", Setting, Writes, "R_HISTFILE"),
    // docs.racket-lang.org, "Environment variables"
    group("Racket", Code, Loads, "PLTADDONDIR PLTCOLLECTS PLTCONFIGDIR PLTUSERHOME"),
    // docs.raku.org/programs/03-environment-variables
    group("Raku", Code, Loads, "PERL6LIB RAKUDO_OPT RAKULIB"),
    // readline(3), "INPUTRC": a key can run a command of the shell
    group("readline", Code, Reads, "INPUTRC"),
    // redis.io/docs, redis-cli. REDISCLI_AUTH is free.
    group("redis-cli", Setting, Configures, "REDISCLI_HISTFILE REDISCLI_RCFILE"),
    // rg(1): `--pre` in its file is a program
    group("ripgrep", Code, Reads, "RIPGREP_CONFIG_PATH"),
    // rsync(1), "Environment variables"
    group("rsync", Code, Runs,
        "RSYNC_CONNECT_PROG RSYNC_OLD_ARGS RSYNC_PROTECT_ARGS RSYNC_RSH RSYNC_SHELL"),
    // ruby(1), "Environment"; `gem help environment`; irb, pry, rake, rspec, thor, rbenv, rvm
    group("Ruby", Code, Loads,
        "GEMRC GEM_HOME GEM_PATH GEM_SPEC_CACHE IRBRC PRYRC RAKEOPT RAKE_SYSTEM RBENV_ROOT \
         RBENV_VERSION RI_PAGER RUBYGEMS_GEMDEPS RUBYLIB RUBYLIB_PREFIX RUBYOPT RUBYPATH \
         RUBYSHELL RUBY_DEBUG_* RVM_PATH SPEC_OPTS TESTOPTS THOR_DIFF THOR_MERGE THOR_SHELL \
         rvm_path"),
    group("Ruby", Setting, Connects, "RUBYGEMS_HOST"),
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
    // sudo (SecurID)
    group("SecurID", Setting, Configures, "DLC_ACE USR_ACE VAR_ACE"),
    // sudo; bash(1), dash(1), ksh(1), zshparam(1), "Parameters Used By The Shell"
    group("a shell", Code, Runs,
        "BASH_ENV BASH_FUNC_* BASH_LOADABLES_PATH ENV FCEDIT FPATH MAILPATH MODULE_PATH NULLCMD \
         PROMPT_COMMAND PS0 PS1 PS2 PS3 PS4 READNULLCMD RPROMPT RPS1 SPROMPT ZDOTDIR"),
    group("a shell", Code, Options,
        "BASHOPTS BASH_COMPAT BASH_XTRACEFD CDPATH EXECIGNORE FIGNORE GLOBIGNORE IFS \
         POSIXLY_CORRECT SHELLOPTS"),
    group("a shell", Setting, Writes, "HISTFILE TMPPREFIX"),
    // docs.spring.io/spring-boot: "Launching Executable Jars" (PropertiesLauncher), logging.config
    any_case("Spring", Code, Loads,
        "LOADER_ARGS LOADER_CLASSPATH LOADER_CONFIG_LOCATION LOADER_CONFIG_NAME LOADER_HOME \
         LOADER_MAIN LOADER_PATH LOADER_SYSTEM LOGGING_CONFIG SPRING_MAIN_SOURCES"),
    // docs.spring.io/spring-boot, "Externalized Configuration": names are read in both cases
    any_case("Spring", Setting, Configures,
        "SPRING_APPLICATION_JSON SPRING_CLOUD_BOOTSTRAP_* SPRING_CONFIG_*"),
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
    // developer.hashicorp.com/terraform/cli/config/environment-variables; terragrunt.gruntwork.io.
    // TF_VAR_… and TF_TOKEN_… are free.
    group("Terraform", Code, Options,
        "TERRAGRUNT_CONFIG TERRAGRUNT_TFPATH TF_CLI_ARGS TF_CLI_ARGS_* TF_DATA_DIR \
         TF_PLUGIN_CACHE_DIR TF_REATTACH_PROVIDERS TG_CONFIG TG_TF_PATH"),
    group("Terraform", Setting, Configures,
        "TERRAFORM_CONFIG TF_CLI_CONFIG_FILE TF_CLOUD_HOSTNAME TF_LOG_PATH TF_TEMP_LOG_PATH"),
    // tug.org/texinfohtml/kpathsea.html: its file of settings can allow commands
    group("TeX", Code, Reads, "BIBINPUTS BSTINPUTS TEXINPUTS TEXMF*"),
    // openssl-env(7), curl(1), firefox-source-docs.mozilla.org ("NSS Key Log"), GnuTLS' manual,
    // gRPC core
    group("a TLS library", Setting, Trusts,
        "GNUTLS_SYSTEM_PRIORITY_FILE GRPC_DEFAULT_SSL_ROOTS_FILE_PATH SSLKEYLOGFILE \
         SSL_CERT_DIR SSL_CERT_FILE"),
    // tomcat.apache.org: bin/catalina.sh
    group("Tomcat", Code, Options,
        "CATALINA_BASE CATALINA_HOME CATALINA_OPTS JPDA_ADDRESS JPDA_OPTS JPDA_TRANSPORT \
         JSSE_OPTS LOGGING_MANAGER"),
    group("Tomcat", Setting, Writes, "CATALINA_OUT CATALINA_PID CATALINA_TMPDIR"),
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
    // uwsgi-docs.readthedocs.io, "Configuring uWSGI": each option
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
        "VAULT_AGENT_ADDR VAULT_CACERT VAULT_CACERT_BYTES VAULT_CAPATH VAULT_HTTP_PROXY \
         VAULT_PROXY_ADDR VAULT_SKIP_VERIFY VAULT_TLS_SERVER_NAME"),
    // vim: `:help initialization`; nvim: `:help $NVIM_APPNAME`
    group("vim", Code, Runs,
        "EXINIT GVIMINIT MYGVIMRC MYVIMRC NVIM_APPNAME NVIM_RPLUGIN_MANIFEST VIM VIMINIT \
         VIMRUNTIME"),
    // vulkan.lunarg.com: LoaderInterfaceArchitecture, LoaderLayerInterface
    group("Vulkan", Code, Loads,
        "VK_ADD_DRIVER_FILES VK_ADD_IMPLICIT_LAYER_PATH VK_ADD_LAYER_PATH VK_DRIVER_FILES \
         VK_ICD_FILENAMES VK_IMPLICIT_LAYER_PATH VK_INSTANCE_LAYERS VK_LAYER_* \
         VK_LOADER_LAYERS_ENABLE"),
    // wget(1): `use_askpass` of its file is a program
    group("wget", Code, Runs, "SYSTEM_WGETRC WGET2RC WGETRC WGET_ASKPASS"),
    // gitlab.winehq.org/wine, wine(1)
    group("Wine", Code, Loads, "WINEDLLOVERRIDES WINEDLLPATH WINELOADER WINEPREFIX WINESERVER"),
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
