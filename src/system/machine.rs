//! The machine that we run on.
#![forbid(unsafe_code)]

use nix::sys::utsname::uname;

/// Its name in the network: in a container that of the container, and in Kubernetes that of the pod.
/// Empty if it cannot be found.
pub fn name() -> String {
    let names = uname().ok();
    let name = names.map(|it| it.nodename().to_string_lossy().into_owned());
    name.unwrap_or_default()
}
