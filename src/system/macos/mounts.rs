//! File systems: which are memory, and whether their memory can be swapped to a disk.
//!
//! A RAM disk that hdiutil(1) attaches is a disk for all who look at it, with a file system of disks, so
//! only tmpfs is known to be memory.

use std::ffi::{CStr, c_char};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc;

use crate::system::file_system::{FileSystem, Swap};

/// What a directory lies on (statfs(2)).
pub fn file_system(directory: &OwnedFd) -> Result<FileSystem, Errno> {
    // SAFETY: the call fills a structure that is ours, and for which all zeroes are a valid value.
    let (filled, about) = unsafe {
        let mut about: libc::statfs = std::mem::zeroed();
        (libc::fstatfs(directory.as_raw_fd(), &mut about), about)
    };
    Errno::result(filled)?;
    let (kind, point) = (text(&about.f_fstypename), text(&about.f_mntonname));
    Ok(match kind.as_str() {
        "tmpfs" if swap().is_none_or(|swap| swap.xsu_encrypted == 0) => {
            FileSystem::Memory(Swap::Possible)
        }
        // Its key is lost when the machine is turned off.
        "tmpfs" => FileSystem::Memory(Swap::Excluded),
        _ => FileSystem::Other {
            on: format!("`{point}` is {kind}"),
        },
    })
}

/// Text that ends with a NUL, in a field.
fn text<const N: usize>(field: &[c_char; N]) -> String {
    let bytes = field.map(c_char::cast_unsigned);
    let text = CStr::from_bytes_until_nul(&bytes).unwrap_or_default();
    text.to_string_lossy().into_owned()
}

/// Whether swap is on: there are files of it.
pub fn swap_is_on() -> bool {
    swap().is_some_and(|swap| swap.xsu_total > 0)
}

/// The swap of this machine (sysctl(3), `VM_SWAPUSAGE`).
fn swap() -> Option<libc::xsw_usage> {
    let mut name = [libc::CTL_VM, libc::VM_SWAPUSAGE];
    // SAFETY: the call fills a structure that is ours, whose size it is given, and for which all zeroes
    // are a valid value.
    unsafe {
        let mut usage: libc::xsw_usage = std::mem::zeroed();
        let mut size = size_of::<libc::xsw_usage>();
        let old = (&raw mut usage).cast();
        let result = libc::sysctl(
            name.as_mut_ptr(),
            2,
            old,
            &mut size,
            std::ptr::null_mut(),
            0,
        );
        (result == 0 && size == size_of::<libc::xsw_usage>()).then_some(usage)
    }
}
