//! Entries of files, formats, and problems with them.
#![forbid(unsafe_code)]

use clap::ValueEnum;

use crate::parameter::ParameterType;
use crate::secret::Secret;
use crate::stores::objects::Format;

/// The formats that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Source {
    /// NAME=VALUE, as in .env files
    Dotenv,
    /// One object, which can be nested; also that of `chamber export` and `credstash getall`
    Json,
    /// The same in YAML
    Yaml,
    /// Java properties, in UTF-8
    Properties,
    /// Lines with titles, of which `name` and `value` are read, and `type` (RFC 4180)
    Csv,
    /// What `aws ssm get-parameters-by-path` prints in JSON
    Aws,
    /// Secrets of Kubernetes in YAML or JSON, whose data is decoded
    K8s,
}

impl Source {
    /// The same format of an object, if those have it.
    pub fn of_object(self) -> Option<Format> {
        match self {
            Self::Dotenv => Some(Format::Dotenv),
            Self::Json => Some(Format::Json),
            Self::Yaml => Some(Format::Yaml),
            Self::Properties => Some(Format::Properties),
            Self::Csv | Self::Aws | Self::K8s => None,
        }
    }
}

/// The formats that can be written.
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
    /// Lines with the titles `name` and `value` (RFC 4180)
    Csv,
    /// Terraform variables
    Tfvars,
    /// For the file that $GITHUB_ENV names
    Github,
}

/// One value of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Nested keys are joined with `/`.
    pub key: String,
    pub value: Secret,
    /// Its type, if the file has one.
    pub kind: Option<ParameterType>,
}

/// The contents of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub entries: Vec<Entry>,
    /// Whether keys are full names of parameters.
    pub full_names: bool,
    /// Whether keys are names of variables, unchanged.
    pub variables: bool,
    /// The lines that other readers may read otherwise.
    pub disputed: Vec<usize>,
    /// Whether chamber can have written it, and meant other values by it.
    pub chamber: bool,
}

/// What was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    pub text: String,
    /// Variables that some reader of the format does not read.
    pub disputed: Vec<String>,
}
