//! What files hold, in which format, and why they cannot be read or written.
#![forbid(unsafe_code)]

use clap::ValueEnum;

use crate::parameter::ParameterType;
use crate::secret::Secret;

/// What can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Source {
    /// NAME=VALUE, as in .env files; also that of `chamber export`
    Dotenv,
    /// One object, objects in objects too; also that of `chamber export` and `credstash getall`
    Json,
    /// The same in YAML
    Yaml,
    /// Java properties, in UTF-8
    Properties,
    /// What `aws ssm get-parameters-by-path` prints in JSON
    Aws,
}

/// What can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// NAME='VALUE', for readers of .env files
    Dotenv,
    /// One object
    Json,
    /// One mapping
    Yaml,
    /// `export NAME='VALUE'`, for POSIX shells
    Shell,
    /// For EnvironmentFile= of systemd
    Systemd,
    /// For --env-file of Docker and Podman
    Docker,
    /// Java properties
    Properties,
    /// Terraform variables
    Tfvars,
    /// For the file that $GITHUB_ENV names
    Github,
}

/// One value of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Keys within keys are joined with `/`.
    pub key: String,
    pub value: Secret,
    /// Its type, if the file says.
    pub kind: Option<ParameterType>,
}

/// All of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub entries: Vec<Entry>,
    /// Whether keys are full names of parameters.
    pub full_names: bool,
    /// Whether keys are names of variables, as they stand.
    pub variables: bool,
}

/// Why something cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub what: String,
    /// What to try.
    pub hint: &'static str,
}

impl Problem {
    pub fn new(what: impl Into<String>, hint: &'static str) -> Self {
        let what = what.into();
        Self { what, hint }
    }
}

/// What was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    pub text: String,
    /// Variables that not every reader of the format reads the same.
    pub disputed: Vec<String>,
}
