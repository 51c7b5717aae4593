//! Arguments, environments and dates as text.

use std::ffi::OsString;

/// Environment entries as the kernel shows them.
pub fn entries(environ: &[u8]) -> Vec<Vec<u8>> {
    environ
        .split(|&byte| byte == 0)
        .filter(|entry| !entry.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

/// Owned arguments from text.
pub fn strings(arguments: &[&str]) -> Vec<OsString> {
    arguments.iter().map(OsString::from).collect()
}
