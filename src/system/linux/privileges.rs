//! Whether we run with more privileges than our caller has.
//!
//! We read endpoints, proxies, profiles and trusted certificates from the environment. A caller
//! with fewer privileges must not choose those. The kernel reports such a start as `AT_SECURE`
//! (getauxval(3)), but also every transition to another domain of SELinux or AppArmor, which gives
//! nothing that its caller could misuse: there the policy decides who may start whom.

use nix::libc;
use nix::unistd::{getresgid, getresuid};

/// What gives us more privileges than our caller has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elevation {
    SetUserId,
    SetGroupId,
    FileCapabilities,
}

impl Elevation {
    /// What to remove.
    pub fn name(self) -> &'static str {
        match self {
            Self::SetUserId => "the set-user-ID bit",
            Self::SetGroupId => "the set-group-ID bit",
            Self::FileCapabilities => "the file capabilities",
        }
    }
}

/// The ids of one kind that a process has.
#[derive(Debug, Clone, Copy)]
struct Ids {
    real: u32,
    effective: u32,
    saved: u32,
}

impl Ids {
    fn are_equal(self) -> bool {
        self.real == self.effective && self.real == self.saved
    }
}

/// What the kernel gave us.
#[derive(Debug, Clone, Copy)]
struct State {
    /// `AT_SECURE`.
    secure: bool,
    users: Ids,
    groups: Ids,
    /// A bit for each capability (capabilities(7)).
    permitted: u64,
    ambient: u64,
}

/// What gives us more privileges than our caller has, if anything does.
pub fn elevation() -> Option<Elevation> {
    // SAFETY: `getauxval` reads a value that the kernel placed in our own address space.
    let secure = unsafe { libc::getauxval(libc::AT_SECURE) != 0 };
    // The usual case takes no system call.
    if !secure {
        return None;
    }
    let unknown = Ids {
        real: 0,
        effective: u32::MAX,
        saved: u32::MAX,
    };
    let users = getresuid().map_or(unknown, |ids| Ids {
        real: ids.real.as_raw(),
        effective: ids.effective.as_raw(),
        saved: ids.saved.as_raw(),
    });
    let groups = getresgid().map_or(unknown, |ids| Ids {
        real: ids.real.as_raw(),
        effective: ids.effective.as_raw(),
        saved: ids.saved.as_raw(),
    });
    decide(State {
        secure,
        users,
        groups,
        permitted: permitted(),
        ambient: ambient(),
    })
}

/// A program of another domain has the ids of its caller. Capabilities of a file are permitted
/// without being ambient, while those that a caller passes on are both; the superuser has all of
/// them anyway.
fn decide(state: State) -> Option<Elevation> {
    const SUPERUSER: u32 = 0;
    if !state.secure {
        None
    } else if !state.users.are_equal() {
        Some(Elevation::SetUserId)
    } else if !state.groups.are_equal() {
        Some(Elevation::SetGroupId)
    } else if state.users.real != SUPERUSER && state.permitted & !state.ambient != 0 {
        Some(Elevation::FileCapabilities)
    } else {
        None
    }
}

/// The permitted capabilities (capget(2)); all of them if they cannot be found.
fn permitted() -> u64 {
    // _LINUX_CAPABILITY_VERSION_3 of linux/capability.h, where the structures are too.
    const VERSION: u32 = 0x2008_0522;
    let header = [VERSION, 0];
    // Effective, permitted and inheritable, for the lower and then for the higher capabilities.
    let mut sets = [[0u32; 3]; 2];
    // SAFETY: the kernel reads two numbers and, for this version, writes two structures of three.
    let got = unsafe { libc::syscall(libc::SYS_capget, header.as_ptr(), sets.as_mut_ptr()) };
    match got {
        0 => u64::from(sets[1][1]) << 32 | u64::from(sets[0][1]),
        _ => u64::MAX,
    }
}

/// The ambient capabilities (PR_CAP_AMBIENT(2const)). Without support for them there are none.
fn ambient() -> u64 {
    let is_set = |capability: u64| {
        let (ask, none): (libc::c_ulong, libc::c_ulong) =
            (libc::PR_CAP_AMBIENT_IS_SET as libc::c_ulong, 0);
        // SAFETY: this asks for one bit, and changes nothing.
        let set = unsafe {
            libc::prctl(
                libc::PR_CAP_AMBIENT,
                ask,
                capability as libc::c_ulong,
                none,
                none,
            )
        };
        set == 1
    };
    let bits = (0..64).filter(|&capability| is_set(capability));
    bits.map(|capability| 1 << capability).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: Ids = Ids {
        real: 1000,
        effective: 1000,
        saved: 1000,
    };
    const ROOT: Ids = Ids {
        real: 0,
        effective: 0,
        saved: 0,
    };
    const BIND: u64 = 1 << 10;

    /// A start that the kernel calls secure. A transition to another domain cannot be staged
    /// without a policy that has one; this is what it leaves behind.
    const TRANSITION: State = State {
        secure: true,
        users: USER,
        groups: USER,
        permitted: 0,
        ambient: 0,
    };

    #[test]
    fn a_start_in_another_domain_is_no_elevation_and_all_else_is() {
        let effective = |ids: Ids, effective| Ids { effective, ..ids };
        let saved = |ids: Ids, saved| Ids { saved, ..ids };
        for (situation, state, expected) in [
            ("a transition", TRANSITION, None),
            (
                "a transition of the superuser",
                State {
                    users: ROOT,
                    groups: ROOT,
                    permitted: u64::MAX,
                    ..TRANSITION
                },
                None,
            ),
            (
                "a transition with capabilities of the caller",
                State {
                    permitted: BIND,
                    ambient: BIND,
                    ..TRANSITION
                },
                None,
            ),
            (
                "a transition that keeps fewer capabilities",
                State {
                    ambient: BIND,
                    ..TRANSITION
                },
                None,
            ),
            (
                "set-user-ID root",
                State {
                    users: effective(saved(USER, 0), 0),
                    permitted: u64::MAX,
                    ..TRANSITION
                },
                Some(Elevation::SetUserId),
            ),
            (
                "set-user-ID of another user",
                State {
                    users: effective(saved(USER, 1001), 1001),
                    ..TRANSITION
                },
                Some(Elevation::SetUserId),
            ),
            (
                "set-user-ID of a user, started by the superuser",
                State {
                    users: effective(saved(ROOT, 1000), 1000),
                    ..TRANSITION
                },
                Some(Elevation::SetUserId),
            ),
            (
                "only the saved id",
                State {
                    users: saved(USER, 0),
                    ..TRANSITION
                },
                Some(Elevation::SetUserId),
            ),
            (
                "set-group-ID",
                State {
                    groups: effective(saved(USER, 42), 42),
                    ..TRANSITION
                },
                Some(Elevation::SetGroupId),
            ),
            (
                "file capabilities",
                State {
                    permitted: BIND,
                    ..TRANSITION
                },
                Some(Elevation::FileCapabilities),
            ),
            (
                "file capabilities beside those of the caller",
                State {
                    permitted: BIND | 1,
                    ambient: BIND,
                    ..TRANSITION
                },
                Some(Elevation::FileCapabilities),
            ),
            (
                "an ordinary start",
                State {
                    secure: false,
                    permitted: BIND,
                    ..TRANSITION
                },
                None,
            ),
        ] {
            assert_eq!(decide(state), expected, "{situation}");
        }
    }

    #[test]
    fn the_kernel_reports_our_capabilities() {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.map(|bits| u64::from_str_radix(bits.trim(), 16).unwrap())
        };
        assert_eq!(Some(permitted()), field("CapPrm:"));
        assert_eq!(Some(ambient()), field("CapAmb:"));
        assert_eq!(elevation(), None);
    }
}
