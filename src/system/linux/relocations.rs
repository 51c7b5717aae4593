//! The relocations of this program, which only the dynamic loader reads.

use nix::libc;

use super::arguments::page_size;

/// Gives back the memory of the relocations of this program, half a megabyte that only the dynamic
/// loader reads, before `main`. It is mapped from the file, so it would be read again if anything
/// needed it.
pub fn release_relocations() {
    // Tags of the dynamic section (elf(5)).
    const NULL: usize = 0;
    const RELA: usize = 7;
    const RELASZ: usize = 8;

    unsafe extern "C" fn release(
        object: *mut libc::dl_phdr_info,
        _: libc::size_t,
        _: *mut libc::c_void,
    ) -> libc::c_int {
        // SAFETY: the loader describes an object that is mapped (dl_iterate_phdr(3)): its program
        // headers, and among them a dynamic section, which ends with DT_NULL. `madvise` on pages that
        // lie wholly in a read-only mapping of a file changes nothing that can be read.
        unsafe {
            let base = (*object).dlpi_addr as usize;
            let count = usize::from((*object).dlpi_phnum);
            let headers = std::slice::from_raw_parts((*object).dlpi_phdr, count);
            let dynamic = headers.iter().find(|it| it.p_type == libc::PT_DYNAMIC);
            let (mut table, mut size) = (0, 0);
            if let Some(dynamic) = dynamic {
                let mut entry = (base + dynamic.p_vaddr as usize) as *const [usize; 2];
                while (*entry)[0] != NULL {
                    match *entry {
                        // glibc has added the base already, musl has not.
                        [RELA, address] if address < base => table = base + address,
                        [RELA, address] => table = address,
                        [RELASZ, bytes] => size = bytes,
                        _ => {}
                    }
                    entry = entry.add(1);
                }
            }
            let page = page_size();
            let start = table.next_multiple_of(page);
            let end = (table + size) / page * page;
            if start < end {
                let start = start as *mut libc::c_void;
                libc::madvise(start, end - start as usize, libc::MADV_DONTNEED);
            }
        }
        // The first object is the program itself; the others are not looked at.
        1
    }
    // SAFETY: the callback keeps no pointer that it is given.
    unsafe { libc::dl_iterate_phdr(Some(release), std::ptr::null_mut()) };
}
