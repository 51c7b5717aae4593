//! What macOS reports of the arguments and the environment of a process.
#![forbid(unsafe_code)]

/// Arguments and environment of a process, byte for byte.
#[derive(Debug, PartialEq, Eq)]
pub struct ProcessArguments {
    pub arguments: Vec<Vec<u8>>,
    /// `None` if the kernel leaves it out, as it does for programs that no one may look into.
    pub environment: Option<Vec<Vec<u8>>>,
}

impl ProcessArguments {
    /// Parses what `KERN_PROCARGS2` gives: the number of arguments, the path of the program with as many
    /// NULs as align what follows, the arguments, the environment up to an empty entry, and then what is
    /// for the loader (`sysctl_procargsx` of XNU's kern_sysctl.c).
    ///
    /// `None` if it is something else.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk::<4>()?;
        let count = usize::try_from(i32::from_ne_bytes(*count)).ok()?;
        let path = rest.iter().position(|&byte| byte == 0)?;
        let padding = rest[path..].iter().take_while(|&&byte| byte == 0).count();
        let rest = &rest[path + padding..];
        // What follows the last NUL is empty.
        let mut strings = rest.split(|&byte| byte == 0).map(<[u8]>::to_vec);
        let arguments: Vec<_> = strings.by_ref().take(count).collect();
        if arguments.len() < count {
            return None;
        }
        let rest: Vec<_> = strings.collect();
        let is_shown = rest.len() > 1 || rest.first().is_some_and(|rest| !rest.is_empty());
        Some(Self {
            arguments,
            environment: is_shown.then(|| {
                let entries = rest.into_iter();
                entries.take_while(|entry| !entry.is_empty()).collect()
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel gives for a program with these arguments, and what follows them.
    fn reported(count: i32, rest: &str) -> Vec<u8> {
        let mut bytes = count.to_ne_bytes().to_vec();
        bytes.extend(b"/usr/local/bin/serve\0\0\0\0");
        bytes.extend(rest.replace('|', "\0").bytes());
        bytes
    }

    fn texts(strings: &[Vec<u8>]) -> Vec<&str> {
        let texts = strings.iter().map(|it| std::str::from_utf8(it).unwrap());
        texts.collect()
    }

    #[test]
    fn arguments_end_by_their_number_and_the_environment_with_an_empty_entry() {
        let all = reported(3, "serve||-v|A=1|no equals sign|B=2||th_port=0x1|");
        let all = ProcessArguments::parse(&all).unwrap();
        assert_eq!(texts(&all.arguments), ["serve", "", "-v"]);
        let environment = all.environment.unwrap();
        assert_eq!(texts(&environment), ["A=1", "no equals sign", "B=2"]);
    }

    #[test]
    fn an_environment_that_is_left_out_is_not_an_empty_one() {
        for (rest, environment) in [
            ("sh|-c|", None),
            ("sh|-c||th_port=0x1|", Some(Vec::new())),
            ("sh|-c|A=1|", Some(vec![b"A=1".to_vec()])),
        ] {
            let all = ProcessArguments::parse(&reported(2, rest)).unwrap();
            assert_eq!(texts(&all.arguments), ["sh", "-c"]);
            assert_eq!(all.environment, environment, "{rest}");
        }
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_nothing() {
        for bytes in [
            b"".to_vec(),
            b"\0\0\0".to_vec(),
            b"\x01\0\0\0/usr/bin/serve".to_vec(),
            (-1_i32).to_ne_bytes().to_vec(),
            reported(-1, "serve|"),
            reported(5, "serve|-v|"),
        ] {
            assert_eq!(ProcessArguments::parse(&bytes), None, "{bytes:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64)) {
            let _ = ProcessArguments::parse(&bytes);
            let _ = ProcessArguments::parse(&[&2_i32.to_ne_bytes(), bytes.as_slice()].concat());
        }
    }
}
