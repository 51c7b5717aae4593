//! A kernel that refuses system calls, as the filters of systemd and of containers do.

use std::io;

use nix::libc;

use super::Launch;

/// A system call that is refused, whatever its arguments or with one of these as its first.
#[derive(Debug, Clone)]
pub struct Refused {
    pub call: libc::c_long,
    pub first: Vec<libc::c_int>,
}

/// Sockets of these families.
pub fn sockets(families: &[libc::c_int]) -> Refused {
    Refused {
        call: libc::SYS_socket,
        first: families.to_vec(),
    }
}

impl Launch {
    /// Lets a system call fail with this error (seccomp(2)).
    pub fn refusing(&mut self, refused: &Refused, error: libc::c_int) -> &mut Self {
        let program = program(refused, error);
        self.before(move || {
            let filter = libc::sock_fprog {
                len: program.len().try_into().map_err(io::Error::other)?,
                filter: program.as_ptr().cast_mut(),
            };
            // SAFETY: both are system calls, and the filter lives until they return.
            let results = unsafe {
                [
                    libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                    libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &filter),
                ]
            };
            match results {
                [0, 0] => Ok(()),
                _ => Err(io::Error::last_os_error()),
            }
        })
    }
}

/// The filter, for a machine that is little-endian.
fn program(Refused { call, first }: &Refused, error: libc::c_int) -> Vec<libc::sock_filter> {
    const LOAD: u16 = 0x20;
    const IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    /// Where `struct seccomp_data` has the number of the call, and its first argument.
    const NUMBER: u32 = 0;
    const ARGUMENT: u32 = 16;
    let step = |code, yes, no, k| libc::sock_filter {
        code,
        jt: yes,
        jf: no,
        k,
    };
    let refuse = step(RETURN, 0, 0, 0x0005_0000 | error as u32);
    let allow = step(RETURN, 0, 0, 0x7fff_0000);
    let count = u8::try_from(first.len()).unwrap();
    let mut program = vec![step(LOAD, 0, 0, NUMBER)];
    if first.is_empty() {
        program.push(step(IF_EQUAL, 0, 1, *call as u32));
    } else {
        program.push(step(IF_EQUAL, 0, count + 2, *call as u32));
        program.push(step(LOAD, 0, 0, ARGUMENT));
        for (index, argument) in (0..).zip(first) {
            let (yes, last) = (count - 1 - index, index + 1 == count);
            program.push(step(IF_EQUAL, yes, u8::from(last), *argument as u32));
        }
    }
    program.extend([refuse, allow]);
    program
}
