//! What a file is that the kernel does not execute: text, which is for the shell, or something
//! else, which is named.
#![forbid(unsafe_code)]

/// How much of a file is looked at: more than the header of an ELF file, and than the line of a
/// script that bash looks at (80 bytes).
pub const HEAD: usize = 256;

/// What a file is by its first bytes, as the end of a message; `None` for text, which `/bin/sh` runs.
///
/// Text has no NUL before its first line end, which is the rule of bash (`check_binary_file`) and of
/// POSIX ("Command Search and Execution"): a script can end in an archive.
pub fn describe(head: &[u8]) -> Option<String> {
    if let Some(rest) = head.strip_prefix(b"\x7fELF") {
        return Some(elf(rest));
    }
    const KINDS: [(&[u8], &str); 11] = [
        (b"MZ", "a Windows program"),
        (b"\xfe\xed\xfa\xce", "a macOS program"),
        (b"\xfe\xed\xfa\xcf", "a macOS program"),
        (b"\xce\xfa\xed\xfe", "a macOS program"),
        (b"\xcf\xfa\xed\xfe", "a macOS program"),
        // The same number is that of universal programs of macOS, which few deploy.
        (b"\xca\xfe\xba\xbe", "a Java class"),
        (b"\0asm", "a WebAssembly module"),
        (b"PK\x03\x04", "a zip or jar archive"),
        (b"\x1f\x8b", "compressed by gzip"),
        (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
        (b"!<arch>\n", "a library of object files"),
    ];
    let known = KINDS.iter().find(|(magic, _)| head.starts_with(magic));
    let line = head.split(|&byte| byte == b'\n').next();
    let is_binary = line.is_some_and(|line| line.contains(&0));
    match known {
        // A script can begin with these two letters.
        Some((b"MZ", _)) if !is_binary => None,
        Some((_, kind)) => Some((*kind).to_owned()),
        // The magic number of Python's bytecode changes, but always ends like this.
        None if head.get(2..4) == Some(b"\r\n") && !head[..2].is_ascii() => {
            Some("bytecode of Python".to_owned())
        }
        None => is_binary.then(|| "binary, of an unknown kind".to_owned()),
    }
}

/// What an ELF file is (elf(5)), from what follows its first four bytes.
fn elf(rest: &[u8]) -> String {
    let damaged = || "an incomplete or damaged ELF file".to_owned();
    let byte = |at: usize| rest.get(at - 4).copied();
    let (Some(class @ (1 | 2)), Some(order @ (1 | 2))) = (byte(4), byte(5)) else {
        return damaged();
    };
    let half = |at: usize| {
        let bytes = [byte(at)?, byte(at + 1)?];
        Some(match order {
            1 => u16::from_le_bytes(bytes),
            _ => u16::from_be_bytes(bytes),
        })
    };
    let (Some(kind), Some(machine)) = (half(16), half(18)) else {
        return damaged();
    };
    let machine = name(machine, class, order);
    if machine != std::env::consts::ARCH {
        return format!("built for {machine}");
    }
    match kind {
        1 => "an object file, not a linked program".to_owned(),
        4 => "a core dump".to_owned(),
        _ => damaged(),
    }
}

/// The name of a machine as Rust and `uname -m` have it.
fn name(machine: u16, class: u8, order: u8) -> String {
    const BITS_32: u8 = 1;
    const BIG_ENDIAN: u8 = 2;
    let by_class = |short: &str, long: &str| match class {
        BITS_32 => short.to_owned(),
        _ => long.to_owned(),
    };
    let by_order = |little: &str, big: &str| match order {
        BIG_ENDIAN => big.to_owned(),
        _ => little.to_owned(),
    };
    match machine {
        3 => by_order("x86", "big-endian x86"),
        62 => match (class, order) {
            (BITS_32, _) => "x32".to_owned(),
            _ => by_order("x86_64", "big-endian x86_64"),
        },
        40 => by_order("arm", "armeb"),
        183 => match class {
            BITS_32 => "aarch64 with 32 bits".to_owned(),
            _ => by_order("aarch64", "aarch64_be"),
        },
        243 => by_class("riscv32", "riscv64"),
        20 => "powerpc".to_owned(),
        21 => by_order("powerpc64le", "powerpc64"),
        22 => by_class("s390", "s390x"),
        8 => match class {
            BITS_32 => by_order("mipsel", "mips"),
            _ => by_order("mips64el", "mips64"),
        },
        258 => by_class("loongarch32", "loongarch64"),
        2 | 18 => "sparc".to_owned(),
        43 => "sparc64".to_owned(),
        42 => "superh".to_owned(),
        4 => "m68k".to_owned(),
        50 => "ia64".to_owned(),
        other => format!("a machine with the ELF number {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::describe;

    fn elf(class: u8, order: u8, kind: u8, machine: u8) -> Vec<u8> {
        let mut head = b"\x7fELF".to_vec();
        head.extend([class, order, 1, 0]);
        head.extend([0; 8]);
        let half = |value: u8| if order == 2 { [0, value] } else { [value, 0] };
        head.extend(half(kind));
        head.extend(half(machine));
        head.extend([0; 44]);
        head
    }

    #[test]
    fn text_is_for_the_shell() {
        for text in [
            b"".as_slice(),
            b"echo hello\n",
            b"echo hello",
            b"\n\0binary after the first line",
            b"echo; exit 0\nPK\x03\x04\0\0",
            b"MZ=1; echo $MZ\n",
            b"# \xe4\xf6\xfc\n",
            b"\xef\xbb\xbfecho\n",
            b"\r\n",
            b"a\r\r\n",
        ] {
            assert_eq!(describe(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_is_not_text_is_named() {
        for (head, kind) in [
            (b"MZ\x90\0\x03".to_vec(), "a Windows program"),
            (b"\xcf\xfa\xed\xfe\x07\0\0\x01".to_vec(), "a macOS program"),
            (b"\xca\xfe\xba\xbe\0\0\0\x41".to_vec(), "a Java class"),
            (b"\0asm\x01\0\0\0".to_vec(), "a WebAssembly module"),
            (b"PK\x03\x04\x14\0".to_vec(), "a zip or jar archive"),
            (b"\x1f\x8b\x08\0".to_vec(), "compressed by gzip"),
            (b"\xa7\x0d\r\n\0\0".to_vec(), "bytecode of Python"),
            (b"\x01\x02\0".to_vec(), "binary, of an unknown kind"),
            (vec![0; 16], "binary, of an unknown kind"),
        ] {
            assert_eq!(describe(&head).as_deref(), Some(kind), "{head:?}");
        }
    }

    #[test]
    fn an_elf_file_of_another_machine_is_named_by_it() {
        let other = match std::env::consts::ARCH {
            "aarch64" => (62, "built for x86_64"),
            _ => (183, "built for aarch64"),
        };
        let ours = if cfg!(target_arch = "aarch64") {
            183
        } else {
            62
        };
        let damaged = "an incomplete or damaged ELF file";
        for (head, kind) in [
            (elf(2, 1, 2, other.0), other.1),
            (elf(2, 2, 2, 22), "built for s390x"),
            (elf(1, 1, 2, 40), "built for arm"),
            (elf(1, 1, 2, 3), "built for x86"),
            (elf(2, 2, 2, 183), "built for aarch64_be"),
            (elf(1, 1, 2, 62), "built for x32"),
            (elf(2, 1, 2, 243), "built for riscv64"),
            (
                elf(2, 1, 3, 247),
                "built for a machine with the ELF number 247",
            ),
            (elf(2, 1, 1, ours), "an object file, not a linked program"),
            (elf(2, 1, 4, ours), "a core dump"),
            (elf(2, 1, 2, ours), damaged),
            (elf(9, 1, 2, ours), damaged),
            (b"\x7fELF".to_vec(), damaged),
            (b"\x7fELF\x02\x01\x01".to_vec(), damaged),
            (elf(2, 1, 2, ours)[..19].to_vec(), damaged),
        ] {
            assert_eq!(describe(&head).as_deref(), Some(kind), "{head:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(head in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64)) {
            let _ = describe(&head);
            let _ = describe(&[b"\x7fELF".as_slice(), &head].concat());
        }
    }
}
