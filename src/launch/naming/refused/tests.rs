//! The table of names: whether it is in order, complete, and no wider than it should be.

use std::collections::BTreeSet;

use super::*;

fn var(name: &str) -> VarName {
    VarName::parse(name).unwrap()
}

/// The power of a name, whatever its value.
fn power(name: &str) -> Option<Power> {
    match refusal(&var(name), "x")? {
        it if it.is_setting() => Some(Power::Setting),
        Refusal::Name(_) => Some(Power::Code),
        Refusal::Value(_) => None,
    }
}

fn patterns() -> impl Iterator<Item = (&'static Group, &'static str)> {
    let names = |group: &'static Group| group.names.split(' ').map(move |name| (group, name));
    GROUPS.iter().flat_map(names)
}

#[test]
fn the_table_is_ordered_by_program_and_each_group_by_name() {
    let key = |group: &Group| {
        let program = group.program.to_lowercase();
        let articles = ["a ", "an ", "any ", "the ", "."];
        let bare = articles.iter().find_map(|it| program.strip_prefix(it));
        bare.unwrap_or(&program).to_owned()
    };
    assert!(GROUPS.is_sorted_by_key(key));
    for group in GROUPS {
        let names: Vec<&str> = group.names.split(' ').collect();
        assert!(names.is_sorted(), "{group:?}");
        let is_name = |name: &&str| VarName::parse(&name.replacen('*', "", 1)).is_some();
        assert!(names.iter().all(is_name), "{group:?}");
    }
    let all: Vec<&str> = patterns().map(|(_, name)| name).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
}

#[test]
fn every_name_of_the_table_is_found_in_its_group_and_in_other_cases_where_the_program_does_so() {
    let names: BTreeSet<&str> = patterns().map(|(_, name)| name).collect();
    let families: Vec<(&str, &str)> = names.iter().filter_map(|it| it.split_once('*')).collect();
    let is_in_family = |name: &str| {
        let mut families = families.iter();
        families.any(|(start, end)| name.starts_with(start) && name.ends_with(end))
    };
    for (group, pattern) in patterns() {
        let examples = [pattern.replace('*', ""), pattern.replace('*', "x1_Y")];
        for name in examples {
            let expected = format!(
                "{}: {} {}",
                match group.power {
                    Power::Code => "can run code",
                    Power::Setting => "changes settings",
                },
                group.program,
                group.effect.text()
            );
            let found = refusal(&var(&name), "").unwrap();
            assert_eq!(found.to_string(), expected, "{name}");
            assert_eq!(found.is_setting(), group.power == Power::Setting, "{name}");
            let mixed: String = name
                .chars()
                .enumerate()
                .map(|(at, it)| match at % 2 {
                    0 => it.to_ascii_lowercase(),
                    _ => it,
                })
                .collect();
            for other in [name.to_lowercase(), mixed] {
                let found = refusal(&var(&other), "").is_some();
                let elsewhere = names.contains(&*other);
                assert_eq!(
                    found,
                    group.any_case || elsewhere || other == name,
                    "{other}"
                );
            }
        }
        if !pattern.contains('*') {
            for other in [format!("MY_{pattern}"), format!("{pattern}X")] {
                let found = refusal(&var(&other), "");
                let is_name = names.contains(&*other);
                assert_eq!(found.is_some(), is_in_family(&other) || is_name, "{other}");
            }
        }
    }
}

#[test]
fn what_is_compared_with_one_name_is_a_small_part_of_the_table() {
    let size = |name: &str| {
        let name = name.as_bytes();
        let keys = [name, start(name), end(name)];
        keys.map(|key| INDEX.bucket(bucket(key)).len())
            .iter()
            .sum::<usize>()
    };
    let largest = (0..BUCKETS).map(|it| INDEX.bucket(it).len()).max();
    assert!(largest <= Some(16), "{largest:?}");
    let total: usize = FREE.iter().map(|name| size(name)).sum();
    // The table had 115 names, of which each was looked at, when it was a list.
    let mean = total as f64 / FREE.len() as f64;
    assert!(mean < 8.0, "{mean}");
}

#[test]
fn names_that_run_code_are_one_class_and_settings_another() {
    for (power_of, names) in [
        (
            Power::Code,
            "PS1 PS2 MAILPATH LESS TAR_OPTIONS MAKEFLAGS VIMINIT PAGER EDITOR VISUAL BROWSER \
             npm_config_node_options NPM_CONFIG_SCRIPT_SHELL Npm_Config_Git MAKEFILES \
             NODE_REPL_EXTERNAL_MODULE SSH_ASKPASS COMPILER_PATH CURL_HOME IBM_JAVA_OPTIONS \
             JAVA_OPTS JAVA_HOME LOADER_PATH LOG4J_CONFIGURATION_FILE \
             ASPNETCORE_HOSTINGSTARTUPASSEMBLIES DOTNET_GCName DOTNET_GCNAME DOTNET_ROOT \
             DOTNET_ROOT_X64 MONO_PATH MONO_ENV_OPTIONS NODE_COMPILE_CACHE DENO_DIR \
             PYTHONPYCACHEPREFIX GUNICORN_CMD_ARGS RUBYGEMS_GEMDEPS BUNDLE_PATH ERL_FLAGS \
             ERL_OTP26_FLAGS ELIXIR_ERL_OPTIONS GOFLAGS R_PROFILE JULIA_LOAD_PATH AWKPATH HGRCPATH \
             RSYNC_RSH SVN_SSH GNUPGHOME WGETRC TF_CLI_ARGS TF_CLI_ARGS_plan SYSTEMD_PAGER \
             GTK_MODULES QT_PLUGIN_PATH VK_LAYER_PATH CUDA_INJECTION64_PATH PSQLRC SASL_PATH \
             ASAN_OPTIONS BASH_FUNC_ls COR_PROFILER_PATH_64 CORECLR_PROFILER_PATH COMPlus_GCName \
             GIT_SSH_COMMAND GIT_CONFIG_KEY_0 GIT_EXTERNAL_DIFF GIT_ASKPASS GIT_PAGER \
             AIRFLOW__CORE__SQL_ALCHEMY_CONN_CMD ANSIBLE_CALLBACK_PLUGINS AWS_PAGER \
             CARGO_REGISTRIES_PRIVATE_CREDENTIAL_PROVIDER CARGO_BUILD_RUSTC_WRAPPER RUSTC_WRAPPER \
             CATALINA_OPTS CMAKE_TOOLCHAIN_FILE CC CFLAGS LDFLAGS DBUS_SESSION_BUS_ADDRESS \
             MYSQL_HOME LIBMYSQL_PLUGINS LD_PRELOAD PATH HOME SHELL XDG_CONFIG_HOME ENV BASH_ENV \
             INPUTRC OPENSSL_CONF KRB5_CONFIG PERL5OPT PHPRC LUA_INIT_5_4 UWSGI_PLUGINS \
             MALLOC_TRACE MALLOC_CONF MALLOC_CHECK_",
        ),
        (
            Power::Code,
            "ACTIONS_RUNNER_HOOK_JOB_STARTED ACTIVEMQ_OPTS AIRFLOW__CORE__EXECUTOR \
             AIRFLOW__CORE__HOSTNAME_CALLABLE AIRFLOW__CORE__XCOM_BACKEND \
             AIRFLOW__SECRETS__BACKEND AIRFLOW__WEBSERVER__CONFIG_FILE ALEMBIC_CONFIG \
             ASPELL_CONF AT_SPI_BUS_ADDRESS AWS_LAMBDA_EXEC_WRAPPER BASH_COMPLETION_USER_FILE \
             BIOME_BINARY BOOTSNAP_CACHE_DIR BORG_PASSCOMMAND BORG_REMOTE_PATH BORG_RSH \
             BUILDAH_RUNTIME BUILDKITE_HOOKS_PATH BUILDKITE_SHELL BUNDLER_EDITOR CAMLIBS \
             CASC_JENKINS_CONFIG CASSANDRA_INCLUDE CATALINA_LOGGING_CONFIG CCACHE_COMPILERCHECK \
             CCACHE_PREFIX CGO_CFLAGS CGO_LDFLAGS CLI_JAVA_OPTS CLJ_CONFIG \
             CMAKE_C_COMPILER_LAUNCHER CMAKE_PREFIX_PATH CNI_PATH CO COFLAGS \
             COUCHDB_QUERY_SERVER_JAVASCRIPT CTANGLE CWEAVE DAGSTER_HOME DARCS_SSH \
             DASK_DISTRIBUTED__WORKER__PRELOAD DD_SECRET_BACKEND_COMMAND DISTCC_SSH DRUSH_PHP \
             ELASTIC_APM_CONFIG_FILE ELECTRON_OVERRIDE_DIST_PATH ERL_OTP27_FLAGS \
             ESCRIPT_EMULATOR ES_JAVA_OPTS EXTERNAL_HOOK_FILES EXTRA_JAVA_OPTS F77 F77FLAGS \
             FACTERLIB FI_PROVIDER_PATH GCM_GPG_PATH GCM_UI_HELPER GEM_EDITOR GET \
             GF_INSTALL_PLUGINS GF_PATHS_PLUGINS GITLAB_OMNIBUS_CONFIG \
             GITLAB_POST_RECONFIGURE_SCRIPT GITLAB_PRE_RECONFIGURE_SCRIPT GITPERLLIB \
             GIT_DIFFTOOL_EXTCMD GOENV_ROOT GST_PLUGIN_PATH_1_0 GVBINDIR \
             HARNESS_SUBCLASS HDF5_PLUGIN_PATH HDFS_NAMENODE_OPTS HSA_TOOLS_LIB \
             HYDRA_BOOTSTRAP_EXEC IBM_JAVA_OPTIONS IEX_HOME INSTALL4J_ADD_VM_PARAMS \
             INVOKE_RUN_SHELL IOLIBS JAVA_ADD_OPENS JAVA_OPTS_EXTRA JDK_JAVA_OPTIONS \
             JENKINS_HOME JRUBY_OPTS JSII_NODE JSII_RUNTIME JVM_EXTRA_OPTS KAFKA_GC_LOG_OPTS \
             KAFKA_HEAP_OPTS KAFKA_LOG4J_CMD_OPTS KAFKA_REST_OPTS KAKOUNE_POSIX_SHELL \
             KARAF_OPTS KONG_LUA_PACKAGE_CPATH KONG_LUA_PACKAGE_PATH KONG_NGINX_HTTP_INCLUDE \
             KONG_PLUGINSERVER_X_START_CMD LDLIBS LD_32_PRELOAD LD_AOUT_PRELOAD \
             LD_ASSUME_KERNEL LD_AUDIT LD_BIND_NOT LD_BIND_NOW LD_DEBUG LD_DEBUG_OUTPUT \
             LD_DYNAMIC_WEAK LD_HWCAP_MASK LD_LIBRARY_PATH LD_LIBRARY_PATH_64 LD_ORIGIN_PATH \
             LD_POINTER_GUARD LD_PREFER_MAP_32BIT_EXEC LD_PRELOAD LD_PRELOAD_32 LD_PRELOAD_64 \
             LD_PROFILE LD_PROFILE_OUTPUT LD_RUN_PATH LD_SHOW_AUXV LD_TRACE_LOADED_OBJECTS \
             LD_USE_LOAD_BIAS LD_VERBOSE LD_WARN LEIN_JAVA_CMD LEIN_JVM_OPTS LIBCLANG_PATH \
             LIBPATH LIBXSLT_PLUGINS_PATH LINT LINTFLAGS LOADLIBES LOG4J_CONFIGURATION_FILE \
             LS_JAVA_HOME LTDL_LIBRARY_PATH LUA_PATH_5_4 M2C MAGICK_CONFIGURE_PATH \
             MB_PLUGINS_DIR MODULEPATH MOJO_CONFIG MONO_CONFIG MONO_ENV_OPTIONS MONO_PATH \
             MOZ_GMP_PATH MPICH_CC MSBUILDSDKSPATH MSBUILD_EXE_PATH MSBuildExtensionsPath \
             MYSQLSH_USER_CONFIG_HOME MY_SERVICE_JAVA_OPTS MY_SERVICE_JVM_OPTIONS \
             NAPI_RS_NATIVE_LIBRARY_PATH NCCL_NET_PLUGIN NEW_RELIC_HOME NODENV_HOOK_PATH \
             NODENV_ROOT NODE_CONFIG_PARSER OBJC ODOO_RC OMPI_CC OPENSC_CONF ORACLE_PATH \
             OUTPUT_OPTION PC PERF_EXEC_PATH PERF_PAGER PFLAGS PGBACKREST_CMD_SSH \
             PLAYWRIGHT_NODEJS_PATH PODMAN_COMPOSE_PROVIDER POSTGRES_INITDB_ARGS \
             PRISMA_QUERY_ENGINE_BINARY PRISMA_QUERY_ENGINE_LIBRARY PULUMI_HOME \
             PULUMI_PYTHON_CMD PYENV_HOOK_PATH PYLINTRC QEMU_LD_PREFIX QEMU_SET_ENV QUILT_PAGER \
             RABBITMQ_CONF_ENV_FILE RABBITMQ_CTL_ERL_ARGS RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS \
             RABBITMQ_SERVER_ERL_ARGS RABBITMQ_SERVER_START_ARGS RAY_RUNTIME_ENV_HOOK \
             RBENV_HOOK_PATH RCLONE_CONFIG RCLONE_CONFIG_BACKUP_SSH RCLONE_METADATA_MAPPER \
             RCLONE_PASSWORD_COMMAND RCLONE_SFTP_SSH RCLONE_WEBDAV_BEARER_TOKEN_COMMAND \
             RELEASE_VSN RESTIC_PASSWORD_COMMAND ROBOT_OPTIONS SCHEMA_REGISTRY_OPTS \
             SDL_DYNAMIC_API SENTRY_CONF SERVER_JVMFLAGS SHLIB_PATH SLURM_TASK_EPILOG \
             SLURM_TASK_PROLOG SMB_CONF_PATH SOLR_INCLUDE SONAR_CE_JAVAOPTS SONAR_WEB_JAVAOPTS \
             SOPS_EDITOR SPRING_SERVER_COMMAND SQLPATH STORAGE_OPTS SUPERSET_CONFIG_PATH TANGLE \
             TARGET_ARCH TARGET_MACH TERRAGRUNT_AUTH_PROVIDER_CMD TEX TEXI2DVI TFENV_ROOT \
             TG_AUTH_PROVIDER_CMD TOX_OVERRIDE TPM2TOOLS_TCTI TS_NODE_PROJECT TURBO_BINARY_PATH \
             UWSGI_EXEC_ASAP VLC_PLUGIN_PATH WALG_STREAM_CREATE_COMMAND WEAVE \
             WORDPRESS_CONFIG_EXTRA WP_CLI_CUSTOM_SHELL WP_CLI_PHP XONSHRC XR_RUNTIME_JSON \
             YARN_OPTS YARN_RESOURCEMANAGER_OPTS ZE_ENABLE_ALT_DRIVERS _JAVA_OPTIONS _RUNJAVA \
             log4j_configuration_file",
        ),
        (
            Power::Setting,
            "AWS_BEARER_TOKEN_BEDROCK AWS_CA_BUNDLE AWS_CONFIG_FILE \
             AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_DEFAULT_REGION \
             AWS_EC2_METADATA_SERVICE_ENDPOINT AWS_ENDPOINT_URL AWS_ENDPOINT_URL_SQS \
             AWS_LAMBDA_RUNTIME_API AWS_PROFILE AWS_REGION AWS_ROLE_ARN AWS_SECRET_ACCESS_KEY \
             AWS_SESSION_TOKEN AWS_SHARED_CREDENTIALS_FILE AWS_USE_FIPS_ENDPOINT \
             AWS_WEB_IDENTITY_TOKEN_FILE BAO_ADDR BAO_CACERT BAO_CAPATH BAO_SKIP_VERIFY \
             BAO_TLS_SERVER_NAME FLASK_ENV GIT_REDIRECT_STDERR GIT_SSL_CAINFO \
             SCRAPY_SETTINGS_MODULE SPRING_CONFIG_IMPORT \
             SPRING_CONFIG_LOCATION SUPERSET_CONFIG TF_ENCRYPTION WERKZEUG_DEBUG_PIN \
             spring_config_additional_location",
        ),
        (
            Power::Setting,
            "SPRING_APPLICATION_JSON spring_application_json SPRING_CONFIG_LOCATION \
             SPRING_CONFIG_IMPORT PIP_INDEX_URL PIP_TRUSTED_HOST GOPROXY GODEBUG OCAMLRUNPARAM \
             KUBECONFIG DOCKER_HOST DOCKER_CONFIG PGSERVICEFILE ANSIBLE_CONFIG TF_CLI_CONFIG_FILE \
             LDAPCONF NIX_SSL_CERT_FILE NOTIFY_SOCKET TMP TEMP TMPDIR HTTP_PROXY http_proxy \
             HTTPS_PROXY https_proxy ALL_PROXY all_proxy NO_PROXY no_proxy FTP_PROXY ftp_proxy \
             Https_Proxy SOCKS_PROXY SSL_CERT_FILE NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED \
             REQUESTS_CA_BUNDLE CURL_CA_BUNDLE SSLKEYLOGFILE GIT_SSL_NO_VERIFY GIT_TRACE \
             GIT_TRACE_CURL AWS_ACCESS_KEY_ID AWS_ENDPOINT_URL_S3 ENVSECRETS_PATH USER LOGNAME \
             DJANGO_SETTINGS_MODULE SSH_AUTH_SOCK PGSSLROOTCERT RES_OPTIONS HOSTALIASES TERMINFO",
        ),
    ] {
        for name in names.split(' ') {
            assert_eq!(power(name), Some(power_of), "{name}");
        }
    }
}

#[test]
fn names_that_people_store_are_free() {
    assert!(FREE.len() >= 250);
    for name in FREE {
        assert_eq!(refusal(&var(name), "x"), None, "{name}");
    }
}

/// Names of secrets and settings of applications, as their documentation has them.
const FREE: &[&str] = &[
    "ACCESS_TOKEN",
    "ADMIN_EMAIL",
    "ADMIN_PASSWORD",
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AIRFLOW__WEBSERVER__SECRET_KEY",
    "ALGOLIA_API_KEY",
    "ALLOWED_HOSTS",
    "AMQP_URL",
    "ANSIBLE_VAULT_PASSWORD",
    "ANTHROPIC_API_KEY",
    "API_BASE_URL",
    "API_KEY",
    "API_SECRET",
    "API_TOKEN",
    "APOLLO_KEY",
    "APP_DEBUG",
    "APP_ENV",
    "APP_HOME",
    "APP_KEY",
    "APP_NAME",
    "APP_OPTIONS",
    "APP_PATH",
    "APP_SECRET",
    "APP_URL",
    "ARGOCD_AUTH_TOKEN",
    "ARTIFACTORY_API_KEY",
    "ASPNETCORE_ENVIRONMENT",
    "ASPNETCORE_URLS",
    "AUTH0_CLIENT_ID",
    "AUTH0_CLIENT_SECRET",
    "AUTH_SECRET",
    "AWS_BUCKET",
    "AWS_COGNITO_USER_POOL_ID",
    "AWS_S3_BUCKET",
    "AWS_SES_REGION",
    "AWS_SNS_TOPIC_ARN",
    "AWS_SQS_QUEUE_URL",
    "AWS_STORAGE_BUCKET_NAME",
    "AWS_URL",
    "AWS_USE_PATH_STYLE_ENDPOINT",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_STORAGE_CONNECTION_STRING",
    "AZURE_TENANT_ID",
    "BAO_TOKEN",
    "BASE_URL",
    "BASIC_AUTH_PASSWORD",
    "BITBUCKET_TOKEN",
    "BORG_PASSPHRASE",
    "BROKER_URL",
    "BUGSNAG_API_KEY",
    "BUILDKITE_AGENT_TOKEN",
    "BUNDLE_GEMS__CONTRIBSYS__COM",
    "BUNDLE_GITHUB__COM",
    "BUNDLE_WITHOUT",
    "CACHE_TTL",
    "CACHE_URL",
    "CARGO_REGISTRIES_PRIVATE_TOKEN",
    "CARGO_REGISTRY_TOKEN",
    "CELERY_BROKER_URL",
    "CELERY_RESULT_BACKEND",
    "CGO_ENABLED",
    "CIRCLE_TOKEN",
    "CLICKHOUSE_PASSWORD",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "CLOUDFLARE_API_TOKEN",
    "CMAKE_API_TOKEN",
    "CODECOV_TOKEN",
    "COMPOSER_AUTH",
    "CONFIG",
    "CONNECTIONSTRINGS__DEFAULT",
    "CONSUL_HTTP_ADDR",
    "CONSUL_HTTP_TOKEN",
    "COOKIE_SECRET",
    "CORS_ORIGIN",
    "CREDENTIALS",
    "CSRF_SECRET",
    "CURRENCY",
    "DATABASE_HOST",
    "DATABASE_NAME",
    "DATABASE_PASSWORD",
    "DATABASE_PORT",
    "DATABASE_URL",
    "DATABASE_USER",
    "DATADOG_API_KEY",
    "DB_HOST",
    "DB_NAME",
    "DB_PASS",
    "DB_PASSWORD",
    "DB_PATH",
    "DB_PORT",
    "DB_SSLMODE",
    "DB_URL",
    "DB_USER",
    "DB_USERNAME",
    "DD_API_KEY",
    "DD_APP_KEY",
    "DD_ENV",
    "DD_SERVICE",
    "DEBUG",
    "DENO_AUTH_TOKENS",
    "DENO_DEPLOY_TOKEN",
    "DIGITALOCEAN_ACCESS_TOKEN",
    "DJANGO_SECRET_KEY",
    "DJANGO_SUPERUSER_PASSWORD",
    "DOCKERHUB_TOKEN",
    "DOCKER_AUTH_CONFIG",
    "DOCKER_PASSWORD",
    "DOCKER_USERNAME",
    "DOTNET_ENVIRONMENT",
    "ELASTICSEARCH_URL",
    "ELASTIC_PASSWORD",
    "EMAIL",
    "EMAIL_FROM",
    "EMAIL_HOST_PASSWORD",
    "ENCRYPTION_KEY",
    "ENVIRONMENT",
    "ERLANG_COOKIE",
    "EXTERNAL_URL",
    "FASTLY_API_TOKEN",
    "FEATURE_FLAGS",
    "FEATURE_PROXY",
    "FERNET_KEY",
    "FIREBASE_PRIVATE_KEY",
    "FLASK_SECRET_KEY",
    "FLY_API_TOKEN",
    "FROM_EMAIL",
    "FTP_PASSWORD",
    "FTP_USER",
    "GCM_API_KEY",
    "GEMINI_API_KEY",
    "GEM_HOST_API_KEY",
    "GF_SECURITY_ADMIN_PASSWORD",
    "GH_TOKEN",
    "GITHUB_APP_PRIVATE_KEY",
    "GITHUB_CLIENT_SECRET",
    "GITHUB_TOKEN",
    "GITHUB_WEBHOOK_SECRET",
    "GITLAB_TOKEN",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_NAME",
    "GIT_BRANCH",
    "GIT_COMMITTER_NAME",
    "GIT_CONFIG_REPOSITORY",
    "GIT_PASSWORD",
    "GIT_REPOSITORY",
    "GIT_SHA",
    "GIT_SSL_PASSWORD",
    "GIT_TOKEN",
    "GIT_URL",
    "GIT_USER",
    "GIT_USERNAME",
    "GOMAXPROCS",
    "GOMEMLIMIT",
    "GOOGLE_API_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLIENT_SECRET",
    "GOOGLE_CLOUD_PROJECT",
    "GRAFANA_API_KEY",
    "GRAPHQL_ENDPOINT",
    "GROQ_API_KEY",
    "GST_REGISTRY_NUMBER",
    "HASH_SALT",
    "HEADER_OPTS",
    "HEALTHCHECK_URL",
    "HELM_KUBETOKEN",
    "HEROKU_API_KEY",
    "HF_TOKEN",
    "HMAC_SECRET",
    "HOMEBREW_GITHUB_API_TOKEN",
    "HOMEPAGE",
    "HONEYBADGER_API_KEY",
    "HOST",
    "HOSTNAME",
    "HTTP_PORT",
    "INFLUXDB_TOKEN",
    "INTERCOM_ACCESS_TOKEN",
    "INTERNAL_PROXY",
    "JAVA_OPTIONAL",
    "JAVA_VERSION",
    "JENKINS_PASSWORD",
    "JENKINS_TOKEN",
    "JIRA_API_TOKEN",
    "JWT_AUDIENCE",
    "JWT_PRIVATE_KEY",
    "JWT_SECRET",
    "KAFKA_BROKERS",
    "KAFKA_PASSWORD",
    "KAFKA_SASL_PASSWORD",
    "KEYCLOAK_ADMIN_PASSWORD",
    "KEYSTORE_PASSWORD",
    "KEY_ID",
    "KONG_PG_PASSWORD",
    "KUBE_TOKEN",
    "LANGFUSE_SECRET_KEY",
    "LAUNCHDARKLY_SDK_KEY",
    "LDAP_BIND_PASSWORD",
    "LDAP_PASSWORD",
    "LDAP_URL",
    "LD_API_KEY",
    "LD_CLIENT_SIDE_ID",
    "LD_ENV_x",
    "LD_RELAY_KEY",
    "LD_SDK_KEY",
    "LICENSE_KEY",
    "LINEAR_API_KEY",
    "LOADER",
    "LOG4J_FORMAT_MSG_NO_LOOKUPS",
    "LOG4J_LEVEL",
    "LOGGING_LEVEL_ROOT",
    "LOGIN",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "LUA_PATHS",
    "MAGICK_MEMORY_LIMIT",
    "MAILCHIMP_API_KEY",
    "MAILER_DSN",
    "MAILGUN_API_KEY",
    "MAIL_HOST",
    "MAIL_PASSWORD",
    "MAIL_PROXY_HOST",
    "MALLOC_ARENA_MAX",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TRIM_THRESHOLD_",
    "MANAGEMENT_SERVER_PORT",
    "MAPBOX_TOKEN",
    "MASTER_KEY",
    "MAX_CONNECTIONS",
    "MEMCACHED_URL",
    "METRICS_TOKEN",
    "MIMALLOC_LARGE_OS_PAGES",
    "MINIO_ROOT_PASSWORD",
    "MINIO_ROOT_USER",
    "MIXPANEL_TOKEN",
    "MIX_ENV",
    "MODE",
    "MONGODB_URI",
    "MONGO_INITDB_ROOT_PASSWORD",
    "MONGO_URL",
    "MONO_API_KEY",
    "MONO_PUBLIC_KEY",
    "MONO_SECRET_KEY",
    "MONO_TOKEN",
    "MONO_WEBHOOK_SECRET",
    "MOZ_ACCESS_ID",
    "MOZ_SECRET_KEY",
    "MQTT_PASSWORD",
    "MSBUILD_TOKEN",
    "MYSQL_DATABASE",
    "MYSQL_HOST",
    "MYSQL_PASSWORD",
    "MYSQL_PWD",
    "MYSQL_ROOT_PASSWORD",
    "MYSQL_USER",
    "NATS_URL",
    "NEO4J_AUTH",
    "NETLIFY_AUTH_TOKEN",
    "NEW_RELIC_APP_NAME",
    "NEW_RELIC_LICENSE_KEY",
    "NEXTAUTH_SECRET",
    "NEXT_PUBLIC_API_URL",
    "NODE_AUTH_TOKEN",
    "NODE_ENV",
    "NODE_PORT",
    "NOMAD_TOKEN",
    "NPM_AUTH_TOKEN",
    "NPM_TOKEN",
    "NUGET_API_KEY",
    "OAUTH_CLIENT_SECRET",
    "OIDC_ISSUER",
    "OKTA_CLIENT_TOKEN",
    "OPENAI_API_KEY",
    "OPENSEARCH_PASSWORD",
    "OPSGENIE_API_KEY",
    "OPTIONS",
    "ORACLE_PASSWORD",
    "ORG_GRADLE_PROJECT_signingKey",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_SERVICE_NAME",
    "P4PASSWD",
    "PAGERDUTY_TOKEN",
    "PAGE_SIZE",
    "PASSPHRASE",
    "PASSWORD",
    "PAYPAL_SECRET",
    "PEPPER",
    "PGDATABASE",
    "PGHOST",
    "PGPASSFILE",
    "PGPASSWORD",
    "PGPORT",
    "PGSSLMODE",
    "PGUSER",
    "PLAID_SECRET",
    "POETRY_REPOSITORIES_TOKEN",
    "PORT",
    "POSTGRES_DB",
    "POSTGRES_PASSWORD",
    "POSTGRES_USER",
    "POSTMARK_API_TOKEN",
    "PRISMA_DATABASE_URL",
    "PRIVATE_KEY",
    "PROMPT",
    "PROXY",
    "PROXY_HOST",
    "PROXY_PASSWORD",
    "PROXY_URL",
    "PUBLIC_KEY",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    "PUSHER_SECRET",
    "PWD_SALT",
    "PYPI_TOKEN",
    "PYTHONUNBUFFERED",
    "PYTHON_ENV",
    "QEMU_AUDIO_DRV",
    "QEMU_PASSWORD",
    "QUARKUS_DATASOURCE_PASSWORD",
    "QUEUE_URL",
    "RABBITMQ_DEFAULT_PASS",
    "RABBITMQ_DEFAULT_USER",
    "RABBITMQ_ERLANG_COOKIE",
    "RACK_ENV",
    "RAILS_ENV",
    "RAILS_LOG_TO_STDOUT",
    "RAILS_MASTER_KEY",
    "RCLONE_CONFIG_BACKUP_PASS",
    "RECAPTCHA_SECRET_KEY",
    "REDISCLI_AUTH",
    "REDIS_HOST",
    "REDIS_PASSWORD",
    "REDIS_PORT",
    "REDIS_URL",
    "REGION",
    "REGISTRY_PASSWORD",
    "RELEASE_COOKIE",
    "REPLICATE_API_TOKEN",
    "RESTIC_PASSWORD",
    "REVERSE_PROXY",
    "ROLLBAR_ACCESS_TOKEN",
    "RSA_PRIVATE_KEY",
    "RSYNC_PASSWORD",
    "RUBY_ENV",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "S3_ACCESS_KEY",
    "S3_BUCKET",
    "S3_SECRET_KEY",
    "SALESFORCE_PASSWORD",
    "SALT",
    "SECRET",
    "SECRET_KEY",
    "SECRET_KEY_BASE",
    "SECRET_TOKEN",
    "SEGMENT_WRITE_KEY",
    "SENDGRID_API_KEY",
    "SENTRY_AUTH_TOKEN",
    "SENTRY_DSN",
    "SENTRY_RELEASE",
    "SERVER_PORT",
    "SERVER_SSL_KEY_STORE_PASSWORD",
    "SESSION_SECRET",
    "SHOPIFY_API_SECRET",
    "SIGNING_KEY",
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_WEBHOOK_URL",
    "SLURM_JWT",
    "SMTP_HOST",
    "SMTP_PASSWORD",
    "SMTP_PORT",
    "SMTP_URL",
    "SMTP_USER",
    "SNOWFLAKE_PASSWORD",
    "SNYK_TOKEN",
    "SONAR_TOKEN",
    "SOPS_AGE_KEY",
    "SPLUNK_HEC_TOKEN",
    "SPRING_CONFIG_SERVER_PASSWORD",
    "SPRING_DATASOURCE_PASSWORD",
    "SPRING_DATASOURCE_URL",
    "SPRING_DATASOURCE_USERNAME",
    "SPRING_DATA_MONGODB_URI",
    "SPRING_MAIL_PASSWORD",
    "SPRING_PROFILES_ACTIVE",
    "SPRING_REDIS_PASSWORD",
    "SQS_QUEUE",
    "SSHPASS",
    "SSH_HOST",
    "SSH_KEY",
    "SSH_PASSPHRASE",
    "SSH_PRIVATE_KEY",
    "SSH_USER",
    "SSL_KEY",
    "SSL_PASSWORD",
    "STATIC_URL",
    "STORAGE_DRIVER",
    "STRIPE_API_KEY",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "SUPABASE_SERVICE_ROLE_KEY",
    "SUPERUSER_PASSWORD",
    "TCMALLOC_RELEASE_RATE",
    "TELEGRAM_BOT_TOKEN",
    "TEMPLATE_ID",
    "TF_TOKEN_app_terraform_io",
    "TF_VAR_db_password",
    "TF_VAR_region",
    "TF_WORKSPACE",
    "TIMEOUT",
    "TLS_CERT",
    "TLS_KEY",
    "TOKEN",
    "TRUSTED_PROXIES",
    "TRUST_PROXY",
    "TURBO_TOKEN",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWINE_PASSWORD",
    "USERNAME",
    "UVICORN_HOST",
    "UVICORN_PORT",
    "UV_PUBLISH_TOKEN",
    "VAPID_PRIVATE_KEY",
    "VAULT_ADDR",
    "VAULT_NAMESPACE",
    "VAULT_ROLE_ID",
    "VAULT_SECRET_ID",
    "VAULT_TOKEN",
    "VERCEL_TOKEN",
    "VERSION",
    "VK_ACCESS_TOKEN",
    "WEBHOOK_SECRET",
    "WEBHOOK_URL",
    "WEB_CONCURRENCY",
    "WORDPRESS_DB_PASSWORD",
    "WORKERS",
    "XAI_API_KEY",
    "YARN_NPM_AUTH_TOKEN",
    "ZENDESK_TOKEN",
];
