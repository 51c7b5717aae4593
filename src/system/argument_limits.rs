//! How much the kernel takes of arguments and environment.

/// The limits of the kernel for an `execve`, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArgumentLimits {
    /// One string with its NUL.
    pub string: usize,
    /// Arguments and environment together, with their NULs and pointers.
    pub total: usize,
    /// Where the limit in total comes from, for a hint.
    pub origin: &'static str,
}
