//! What `--help` and `--version` say.
