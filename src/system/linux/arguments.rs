//! How much `execve` takes.
#![forbid(unsafe_code)]

use nix::unistd::{SysconfVar, sysconf};

use crate::system::argument_limits::ArgumentLimits;
use crate::system::memory::stack_limit;

/// The limits, as they are now.
pub fn argument_limits() -> ArgumentLimits {
    derive(page_size(), stack_limit())
}

/// What Linux derives from the page size and from the soft limit of the stack: 32 pages for a string
/// (`MAX_ARG_STRLEN`), and in total a quarter of the stack, at least 128 KiB and at most 6 MiB
/// (execve(2), `bprm_stack_limits`).
fn derive(page: usize, stack: u64) -> ArgumentLimits {
    const FLOOR: u64 = 128 * 1024;
    const CEILING: u64 = 6 * 1024 * 1024;
    let total = (stack / 4).clamp(FLOOR, CEILING);
    ArgumentLimits {
        string: 32 * page,
        total: usize::try_from(total).unwrap_or(usize::MAX),
        origin: "a quarter of the stack limit (`ulimit -s`), at most 6 MiB",
    }
}

/// The size of a page of memory, in bytes (sysconf(3)).
pub fn page_size() -> usize {
    const USUAL: usize = 4096;
    let size = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    size.and_then(|size| size.try_into().ok()).unwrap_or(USUAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_those_of_linux() {
        const KIB: usize = 1024;
        const MIB: usize = 1024 * KIB;
        for (page, stack, string, total) in [
            (4096, 8 * MIB as u64, 128 * KIB, 2 * MIB),
            (65536, 8 * MIB as u64, 2 * MIB, 2 * MIB),
            (4096, u64::MAX, 128 * KIB, 6 * MIB),
            (4096, 24 * MIB as u64, 128 * KIB, 6 * MIB),
            (4096, 24 * MIB as u64 - 4, 128 * KIB, 6 * MIB - 1),
            (4096, 256 * KIB as u64, 128 * KIB, 128 * KIB),
            (4096, 0, 128 * KIB, 128 * KIB),
        ] {
            let limits = derive(page, stack);
            assert_eq!(
                (limits.string, limits.total),
                (string, total),
                "page {page}, stack {stack}"
            );
        }
    }
}
