//! What a directory lies on: memory, or something that keeps what is written.

/// The file system of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSystem {
    Memory(Swap),
    /// Anything else.
    Other {
        /// The mount point and the file system, as far as they are known, for messages.
        on: String,
    },
}

/// Whether the kernel may swap a file system to a disk, where it can be read later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    Possible,
    Excluded,
}
