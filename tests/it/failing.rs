//! Each exit code, with its message and its hint, in full.
