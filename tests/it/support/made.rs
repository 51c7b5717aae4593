//! Files of the repository that are made from others, or from what the program does.

use std::path::Path;

fn file(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Reads a file of the repository.
pub fn read(path: &str) -> String {
    let file = file(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Compares such a file with what it would be now, or writes it where ENVSECRETS_WRITE is set; `filter`
/// chooses the test that does so.
pub fn renew(path: &str, made: &str, filter: &str) {
    if std::env::var_os("ENVSECRETS_WRITE").is_some() {
        std::fs::write(file(path), made).unwrap();
    }
    assert!(
        std::fs::read_to_string(file(path)).is_ok_and(|committed| committed == made),
        "{path} is stale: `ENVSECRETS_WRITE=1 cargo test {filter}` renews it"
    );
}
