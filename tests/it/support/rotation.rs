//! What a value is for: something that accepts one value, and programs that change and try it.

use std::path::PathBuf;

use serde_json::Value;

use super::{Ended, Launch, World, world_with};

/// A service that accepts the value in a file, with the parameter `/p` that has its value.
pub struct Target {
    pub world: World,
}

/// Makes the change.
const CHANGE: &str = r#"printf %s "$ROTATE_NEW" >accepted"#;
/// Tries a value.
const TRY: &str = r#"[ "$(cat accepted)" = "$ROTATE_VALUE" ]"#;
/// Undoes the change.
const UNDO: &str = r#"printf %s "$ROTATE_OLD" >accepted"#;

impl Target {
    /// One at which version 1 is accepted, and is `live`.
    pub fn new(value: &str) -> Self {
        let target = Self::unlabelled(value);
        target.world.store.label("/p", 1, "live");
        target
    }

    /// The same without a label.
    pub fn unlabelled(value: &str) -> Self {
        let target = Self {
            world: world_with(&[("/p", value)]),
        };
        target.accept(value);
        for (name, body) in [("change", CHANGE), ("try", TRY), ("undo", UNDO)] {
            target.program(name, body);
        }
        target
    }

    /// Writes a program that logs its name and the versions that it gets, and does this.
    pub fn program(&self, name: &str, body: &str) -> PathBuf {
        let directory = self.world.directory.path().display();
        let script = format!(
            "#!/bin/sh\ncd '{directory}' || exit 99\n\
             echo {name} $ROTATE_OLD_VERSION $ROTATE_NEW_VERSION $ROTATE_VERSION >>calls\n{body}\n"
        );
        self.world.directory.file(name, &script, 0o755)
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.world.directory.path().join(file)).unwrap_or_default()
    }

    /// The value that is accepted.
    pub fn accepted(&self) -> String {
        self.read("accepted")
    }

    pub fn accept(&self, value: &str) {
        self.world.directory.file("accepted", value, 0o600);
    }

    /// The programs that ran since the last look, in their order, with the versions that they got.
    pub fn ran(&self) -> Vec<String> {
        let calls = self.read("calls");
        let _ = std::fs::remove_file(self.world.directory.path().join("calls"));
        calls.lines().map(|line| line.trim().to_owned()).collect()
    }

    /// A rotation with these options, as they would be typed; `./` is the directory of the programs.
    pub fn rotate(&self, options: &str) -> Launch {
        let words: Vec<&str> = ["rotate", "/p"]
            .into_iter()
            .chain(options.split_whitespace())
            .collect();
        let mut launch = self.world.envsecrets(&words);
        launch.command.current_dir(self.world.directory.path());
        launch
    }

    /// Where the labels are, and the number of versions: `live 2, previous 1, of 2`.
    pub fn labels(&self) -> String {
        let history = ["history", "/p", "--format", "json"];
        let history: Value =
            serde_json::from_str(&self.world.envsecrets(&history).run().text()).expect("a history");
        let versions = history["versions"].as_array().unwrap();
        let mut labels = Vec::new();
        for version in versions {
            for label in version["labels"].as_array().into_iter().flatten() {
                labels.push(format!(
                    "{} {}",
                    label.as_str().unwrap(),
                    version["version"]
                ));
            }
        }
        labels.sort();
        format!("{}, of {}", labels.join(", "), versions.len())
    }

    /// The value at a label.
    pub fn value(&self, label: &str) -> String {
        let name = format!("/p:{label}");
        self.world.envsecrets(&["get", &name]).run().text()
    }
}

/// What a rotation printed on standard error, without the line that every run begins with, and with
/// each path of a program shortened.
pub fn printed(ended: &Ended) -> String {
    let lines = ended.stderr.split_inclusive('\n');
    lines
        .filter(|line| {
            !line.starts_with("envsecrets: what reads `/p` without a label ")
                && !line.starts_with("envsecrets: waiting for ")
        })
        .collect()
}
