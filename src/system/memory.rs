//! Memory: its sizes, and its end.

use std::alloc::{GlobalAlloc, Layout};

use nix::libc;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, rlim_t};

use crate::exit;

/// An allocator without which the process ends with a message and an exit status, where Rust would
/// abort it.
#[derive(Debug)]
pub struct OrExit<A>(pub A);

// SAFETY: each call is passed on as it is, and so is its result, unless the process ends.
unsafe impl<A: GlobalAlloc> GlobalAlloc for OrExit<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps to the contract of the trait, which is the same.
        let allocated = unsafe { self.0.alloc(layout) };
        if allocated.is_null() {
            exhausted();
        }
        allocated
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let allocated = unsafe { self.0.alloc_zeroed(layout) };
        if allocated.is_null() {
            exhausted();
        }
        allocated
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        let allocated = unsafe { self.0.realloc(pointer, layout, size) };
        if allocated.is_null() {
            exhausted();
        }
        allocated
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { self.0.dealloc(pointer, layout) };
    }
}

/// dlmalloc behind a lock of the standard library. The mutex of musl, which the crate's own allocator takes,
/// costs a launch more instructions than finding the memory.
#[cfg(target_env = "musl")]
pub struct Dlmalloc(std::sync::Mutex<dlmalloc::Dlmalloc>);

#[cfg(target_env = "musl")]
impl Dlmalloc {
    pub const fn new() -> Self {
        Self(std::sync::Mutex::new(dlmalloc::Dlmalloc::new()))
    }

    #[inline]
    fn heap(&self) -> std::sync::MutexGuard<'_, dlmalloc::Dlmalloc> {
        // Nothing panics while it is locked.
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

// SAFETY: memory comes from dlmalloc with the size and the alignment of the layout, and is returned to it
// with the same.
#[cfg(target_env = "musl")]
unsafe impl GlobalAlloc for Dlmalloc {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps to the contract of the trait.
        unsafe { self.heap().malloc(layout.size(), layout.align()) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { self.heap().calloc(layout.size(), layout.align()) }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above; the pointer came from this heap with this layout.
        unsafe {
            self.heap()
                .realloc(pointer, layout.size(), layout.align(), size)
        }
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { self.heap().free(pointer, layout.size(), layout.align()) };
    }
}

/// Lets the stack grow by this many bytes now. Later, when no address space is left for it, the kernel
/// would end us.
///
/// Returns whether it can.
pub fn grow_stack<const SIZE: usize>() -> bool {
    #[inline(never)]
    fn touch<const SIZE: usize>() {
        let mut area = [0_u8; SIZE];
        std::hint::black_box(&mut area);
    }

    let fits = fits(SIZE);
    if fits {
        touch::<SIZE>();
    }
    fits
}

/// Whether this many bytes of memory can be mapped.
pub fn fits(size: usize) -> bool {
    // SAFETY: the mapping is new, ours alone, and gone before anything else uses memory.
    unsafe {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let area = libc::mmap(std::ptr::null_mut(), size, protection, flags, -1, 0);
        area != libc::MAP_FAILED && libc::munmap(area, size) == 0
    }
}

/// The soft limit of the stack, in bytes (getrlimit(2)).
pub fn stack_limit() -> u64 {
    const USUAL: u64 = 8 * 1024 * 1024;
    getrlimit(Resource::RLIMIT_STACK).map_or(USUAL, |(soft, _)| soft)
}

/// Ends the process. Nothing here may allocate.
#[cold]
fn exhausted() -> ! {
    const START: &[u8] = b"envsecrets: error: this machine does not allow more memory\n";
    const HINT: &[u8] =
        b"envsecrets: hint: raise the limit of memory: `LimitAS=` or `LimitDATA=` in a \
                          systemd unit, `ulimit -v` or `ulimit -d` in a shell\n";
    print(START);
    let mut code = exit::TEMPFAIL;
    for (resource, start) in [
        (
            Resource::RLIMIT_AS,
            b"envsecrets:   caused by: RLIMIT_AS is ".as_slice(),
        ),
        (
            Resource::RLIMIT_DATA,
            b"envsecrets:   caused by: RLIMIT_DATA is ",
        ),
    ] {
        let limit = getrlimit(resource).map_or(RLIM_INFINITY, |(soft, _)| soft);
        if limit != RLIM_INFINITY {
            // Ours alone: it will not suffice the next time either.
            code = exit::OSERR;
            let mut digits = [0; 20];
            print(start);
            print(decimal(limit, &mut digits));
            print(b"\n");
        }
    }
    if code == exit::OSERR {
        print(HINT);
    }
    // SAFETY: it ends the process, and runs nothing.
    unsafe { libc::_exit(code.into()) }
}

fn print(text: &[u8]) {
    // SAFETY: the text lives until the call returns.
    let _ = unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

/// A number in decimal digits, at the end of `digits`.
fn decimal(mut number: rlim_t, digits: &mut [u8; 20]) -> &[u8] {
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        if number == 0 {
            return &digits[first..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_without_memory() {
        for number in [0, 1, 10, 20_000_000, rlim_t::MAX] {
            assert_eq!(decimal(number, &mut [0; 20]), number.to_string().as_bytes());
        }
    }
}
