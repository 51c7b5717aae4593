//! Values that another tool has encrypted, and that no program could use as they are.

/// A tool that encrypts values in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encryption {
    pub name: &'static str,
    /// What to try.
    pub hint: &'static str,
    begins: &'static str,
    /// How long a value is at least.
    shortest: usize,
}

/// The tools, and how what they have encrypted begins.
const TOOLS: [Encryption; 5] = [
    Encryption {
        name: "sops",
        hint: "decrypt the file first, with `sops -d`",
        begins: "ENC[AES256_GCM,",
        shortest: 0,
    },
    Encryption {
        name: "eyaml",
        hint: "decrypt the file first, with `eyaml decrypt`",
        begins: "ENC[PKCS7,",
        shortest: 0,
    },
    Encryption {
        name: "Ansible Vault",
        hint: "decrypt it first, with `ansible-vault decrypt`",
        begins: "$ANSIBLE_VAULT;",
        shortest: 0,
    },
    // 33 bytes of a key, 16 of a nonce and 16 of a tag, at least, in base64.
    Encryption {
        name: "dotenvx",
        hint: "decrypt the file first, with `dotenvx decrypt`",
        begins: "encrypted:",
        shortest: 96,
    },
    Encryption {
        name: "age",
        hint: "decrypt it first, with `age --decrypt`",
        begins: "-----BEGIN AGE ENCRYPTED FILE-----",
        shortest: 0,
    },
];

/// The tool that has encrypted a value, if one has.
pub fn of(value: &str) -> Option<Encryption> {
    let is_of = |tool: &Encryption| value.starts_with(tool.begins) && value.len() >= tool.shortest;
    TOOLS.into_iter().find(is_of)
}

/// The tool that has encrypted a value somewhere in a line of a file, if one has.
pub fn within(line: &str) -> Option<Encryption> {
    let begins = |tool: &Encryption| tool.shortest == 0 && line.contains(tool.begins);
    TOOLS.into_iter().find(begins)
}
