//! `envsecrets rotate`: a new value, the change where it is used, and the labels that programs read.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::rotation::{Target, printed};
use crate::support::terminal::Terminal;
use crate::support::{Fault, SENTINEL, until};

/// A rotation with all programs.
const ALL: &str = "--generate --with ./change --probe ./try --undo ./undo --probe-timeout 300ms";
/// The same without a way back.
const NO_UNDO: &str = "--generate --with ./change --probe ./try --probe-timeout 300ms";

const RESUME_OR_ABANDON: &str = "`envsecrets rotate /p --resume` goes on, and `envsecrets rotate /p \
                                 --abandon` gives up, each with the same options";

#[test]
fn a_new_value_is_written_made_tried_and_read_by_its_label() {
    let target = Target::new("one");
    let ended = target.rotate(ALL).run();
    assert_eq!(
        (ended.code, ended.text().as_str()),
        (
            Some(0),
            "/p:2 label live moved from version 1\n/p:1 label previous added\n"
        ),
        "{ended:?}"
    );
    assert_eq!(
        ended.stderr,
        "envsecrets: what reads `/p` without a label gets the new value as soon as it is written; \
         `/p:live` and `--label live` get it at the end\n"
    );
    assert_eq!(target.ran(), ["change 1 2", "try 2"]);
    assert_eq!(target.labels(), "live 2, previous 1, of 2");
    assert_eq!(target.accepted(), target.value("live"));
    assert_eq!(target.accepted().len(), 32);
    assert_eq!(
        target.world.operations()[..9],
        [
            "GetParameterHistory",
            "GetParameters",
            "PutParameter",
            "GetParameterHistory",
            "LabelParameterVersion",
            "GetParameterHistory",
            "GetParameterHistory",
            "LabelParameterVersion",
            "LabelParameterVersion",
        ]
    );

    // The next one, which also wants the old value to be refused.
    let ended = target.rotate(&format!("{ALL} --expect-old-refused")).run();
    assert_eq!(
        ended.text(),
        "/p:3 label live moved from version 2\n/p:2 label previous moved from version 1\n"
    );
    assert_eq!(target.ran(), ["change 2 3", "try 3", "try 2"]);
    assert_eq!(target.labels(), "live 3, previous 2, of 3");
}

#[test]
fn the_first_rotation_asks_whether_programs_read_the_label() {
    let question = "no version of /p has the label live: do all programs read it by that label, and is \
                    version 1 the one to read? [y/N] ";
    for (answer, code, labels) in [
        ("n\n", 1, ", of 1"),
        ("\n", 1, ", of 1"),
        ("yes\n", 0, "live 2, previous 1, of 2"),
    ] {
        let target = Target::unlabelled("one");
        let terminal = Terminal::new();
        let running = terminal.start(&mut target.rotate(ALL));
        terminal.asks(question);
        assert_eq!(target.labels(), ", of 1", "nothing is changed before");
        terminal.types(answer);
        let ended = running.end();
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert_eq!(target.labels(), labels);
        let declined = "envsecrets: nothing was changed\n";
        assert_eq!(printed(&ended), if code == 1 { declined } else { "" });
    }
    let target = Target::unlabelled("one");
    let ended = target.rotate(ALL).run();
    assert_eq!(
        (ended.code, printed(&ended).as_str()),
        (
            Some(64),
            "envsecrets: error: `/p` has no version with the label `live`, and there is no terminal \
             to ask for confirmation\n\
             envsecrets: hint: check with `--dry-run`, then use `--yes`\n"
        )
    );
    assert_eq!(
        (target.labels().as_str(), target.ran().len()),
        (", of 1", 0)
    );
    let ended = target.rotate(&format!("{ALL} --yes")).run();
    assert_eq!(
        ended.text(),
        "/p:1 label live added\n/p:2 label live moved from version 1\n/p:1 label previous added\n"
    );
    assert_eq!(target.labels(), "live 2, previous 1, of 2");
}

#[test]
fn a_dry_run_shows_each_step_and_takes_none() {
    let target = Target::unlabelled("one");
    target.world.store.put("/p", "two");
    target.world.store.label("/p", 1, "previous");
    let before = target.labels();
    let options = "--new-from ./make --with ./change --probe ./try --dry-run";
    target.program("make", "echo new");
    let ended = target.rotate(options).run();
    assert_eq!(
        (ended.code, ended.text().as_str()),
        (
            Some(0),
            "./make would be run\n\
             /p:2 label live would be added\n\
             /p:3 would be written\n\
             /p:3 label pending would be added\n\
             ./change would be run\n\
             ./try would be run\n\
             /p:2 label previous would be moved from version 1\n\
             /p:3 label live would be moved from version 2\n\
             /p:3 label pending would be removed\n"
        ),
        "{ended:?}"
    );
    target.world.store.label("/p", 1, "live");
    target.world.store.label("/p", 2, "pending");
    for (options, shown) in [
        (
            "--resume --with ./change --dry-run",
            "./change would be run\n\
             /p:1 label previous already exists\n\
             /p:2 label live would be moved from version 1\n\
             /p:2 label pending would be removed\n",
        ),
        (
            "--abandon --undo ./undo --dry-run",
            "./undo would be run\n/p:2 label pending would be removed\n",
        ),
    ] {
        let ended = target.rotate(options).run();
        assert_eq!(
            (ended.code, ended.text().as_str()),
            (Some(0), shown),
            "{options}"
        );
    }
    assert_eq!(target.labels(), format!("live 1, pending 2, {}", &before));
    assert_eq!((target.ran().len(), target.accepted().as_str()), (0, "one"));
}

#[test]
fn a_new_value_is_what_a_program_prints() {
    let target = Target::new("one");
    let options = "--new-from ./make --with ./change";
    target.program("make", r#"echo "$ROTATE_OLD and $ROTATE_NAME""#);
    assert_eq!(target.rotate(options).run().code, Some(0));
    assert_eq!(
        (target.value("live"), target.accepted()),
        ("one and /p".to_owned(), "one and /p".to_owned())
    );
    assert_eq!(target.ran(), ["make 1", "change 1 2"]);

    let nothing = "of `/p` `live` is version 2, no version is `pending`; the change is not made";
    let failed = "the rotation of `/p` failed at this step: new value";
    for (body, code, expected) in [
        (
            "exit 3",
            75,
            format!(
                "envsecrets: {nothing}\nenvsecrets: error: {failed}\n\
                 envsecrets:   caused by: `./make` exited with status 3\n\
                 envsecrets: hint: the next run begins anew\n"
            ),
        ),
        (
            "kill -9 $$",
            75,
            format!(
                "envsecrets: {nothing}\nenvsecrets: error: {failed}\n\
                 envsecrets:   caused by: `./make` was ended by signal 9\n\
                 envsecrets: hint: the next run begins anew\n"
            ),
        ),
        (
            "echo",
            65,
            "envsecrets: error: the value is empty, and Parameter Store does not store empty values\n\
             envsecrets: hint: the program of `--new-from` prints the value to standard output\n"
                .to_owned(),
        ),
        (
            r#"echo "$ROTATE_OLD""#,
            65,
            "envsecrets: error: the new value of `/p` is that of version 2\n\
             envsecrets: hint: nothing was written\n"
                .to_owned(),
        ),
        (
            "head -c 9000 /dev/zero | tr '\\0' x",
            65,
            "envsecrets: error: the value has more than 8192 bytes, the most that Parameter Store \
             stores\n\
             envsecrets: hint: split it into several parameters, or store it elsewhere\n"
                .to_owned(),
        ),
    ] {
        target.program("make", body);
        let ended = target.rotate(options).run();
        assert_eq!((ended.code, printed(&ended)), (Some(code), expected), "{body}");
        assert_eq!(target.labels(), "live 2, previous 1, of 2");
    }
}

#[test]
fn programs_get_values_as_variables_or_as_files_and_write_to_standard_error() {
    let target = Target::new("one");
    target.program(
        "change",
        r#"cat "$ROTATE_NEW_FILE" >accepted
           echo "$(cat "$ROTATE_OLD_FILE") ${#ROTATE_OLD}${#ROTATE_NEW} $#"; echo oops >&2"#,
    );
    target.program(
        "try",
        r#"[ "$(cat accepted)" = "$(cat "$ROTATE_VALUE_FILE")" ] && ls -lL "$ROTATE_VALUE_FILE" | cut -c 1-10"#,
    );
    let ended = target.rotate(&format!("{ALL} --as file")).run();
    assert_eq!(
        (ended.code, printed(&ended).as_str()),
        (Some(0), "one 00 0\noops\n-r--------\n")
    );
    assert_eq!(
        ended.text(),
        "/p:2 label live moved from version 1\n/p:1 label previous added\n"
    );
    // A script without a first line is run by the shell.
    let directory = &target.world.directory;
    directory.file(
        "change",
        r#"printf %s "$ROTATE_NEW$#" >accepted; cat"#,
        0o755,
    );
    let options = "--generate=8 --characters ab --with ./change";
    assert_eq!(printed(&target.rotate(options).run()), "");
    assert_eq!(target.accepted(), target.value("live") + "0");
}

#[test]
fn options_and_programs_are_checked_before_any_request() {
    let target = Target::new("one");
    target.world.directory.file("plain", "", 0o644);
    for (options, code, printed) in [
        (
            "--with ./change",
            64,
            "envsecrets: error: nothing gives the new value\n\
             envsecrets: hint: use `--generate`, or `--new-from PROGRAM`\n",
        ),
        (
            "--generate --with ./none",
            127,
            "envsecrets: error: `./none`: no such file\n",
        ),
        (
            "--generate --with ./change --probe ./plain",
            126,
            "envsecrets: error: `./plain` cannot be executed: Permission denied\n\
             envsecrets: hint: check its permissions (`chmod +x`), those of its directories, and \
             `noexec` mounts\n",
        ),
        (
            "--generate --with ./change --undo=",
            64,
            "envsecrets: error: `--undo` is empty\n\
             envsecrets: hint: give it a value, or leave it out\n",
        ),
        (
            "--generate --with ./change --probe ./try --probe-timeout soon",
            64,
            "envsecrets: error: `--probe-timeout soon` is not a duration: expected number at 0\n\
             envsecrets: hint: write it like `30s`, `500ms` or `2m`; `0` means no limit for \
             `--program-timeout`, and one try for `--probe-timeout`\n",
        ),
    ] {
        let ended = target.rotate(options).run();
        assert_eq!(ended.failed(code), printed, "{options}");
    }
    for options in [
        "--generate",
        "--generate --with ./change --expect-old-refused",
        "--generate --with ./change --probe-timeout 1s",
        "--generate --new-from ./change --with ./change",
        "--resume --abandon --with ./change",
        "--generate --with ./change --as argument",
    ] {
        assert_eq!(target.rotate(options).run().code, Some(64), "{options}");
    }
    assert_eq!(target.world.server.calls(), 0);
}

/// What a step that fails leaves behind.
struct Failing {
    /// The program that is another one, and what it does.
    program: (&'static str, &'static str),
    options: &'static str,
    code: i32,
    step: &'static str,
    causes: &'static [&'static str],
    state: &'static str,
    ran: &'static [&'static str],
    /// Whether the old value is accepted then.
    is_old: bool,
}

#[test]
fn a_step_that_fails_leaves_live_and_says_what_is_so_and_what_to_run_next() {
    let open = "`live` is version 1, `pending` is version 2; whether the change is made is unknown";
    let undone = "`live` is version 1, no version is `pending`; the change is undone";
    let refuse = "--generate --with ./change --probe ./try --undo ./undo --probe-timeout 0 \
                  --expect-old-refused";
    for case in [
        Failing {
            program: ("change", "exit 3"),
            options: NO_UNDO,
            code: 73,
            step: "change",
            causes: &["`./change` exited with status 3"],
            state: open,
            ran: &["change 1 2"],
            is_old: true,
        },
        Failing {
            program: ("change", "printf %s \"$ROTATE_NEW\" >accepted; exit 3"),
            options: ALL,
            code: 75,
            step: "change",
            causes: &["`./change` exited with status 3"],
            state: undone,
            ran: &["change 1 2", "undo 1 2", "try 1"],
            is_old: true,
        },
        Failing {
            program: ("change", "printf %s other >accepted"),
            options: NO_UNDO,
            code: 73,
            step: "probe",
            causes: &["`./try` exited with status 1 with the value of version 2"],
            state: "`live` is version 1, `pending` is version 2; the change is made",
            ran: &["change 1 2", "try 2"],
            is_old: false,
        },
        Failing {
            program: ("change", "printf %s other >accepted"),
            options: ALL,
            code: 75,
            step: "probe",
            causes: &["`./try` exited with status 1 with the value of version 2"],
            state: undone,
            ran: &["change 1 2", "try 2", "undo 1 2", "try 1"],
            is_old: true,
        },
        Failing {
            program: ("try", "true"),
            options: refuse,
            code: 75,
            step: "probe of the old value",
            causes: &[
                "`./try` exited with status 0 with the value of version 1, which is to be refused",
            ],
            state: undone,
            ran: &["change 1 2", "try 2", "try 1", "undo 1 2", "try 1"],
            is_old: true,
        },
        Failing {
            program: ("undo", "exit 4"),
            options: "--generate --with ./change --probe /bin/false --undo ./undo --probe-timeout 0",
            code: 73,
            step: "probe",
            causes: &[
                "`/bin/false` exited with status 1 with the value of version 2",
                "then, to undo it: `./undo` exited with status 4",
            ],
            state: open,
            ran: &["change 1 2", "undo 1 2"],
            is_old: false,
        },
        // It claims to have undone the change, and has not.
        Failing {
            program: ("undo", "true"),
            options: "--generate --with ./change --probe /bin/false --undo ./undo --probe-timeout 0",
            code: 73,
            step: "probe",
            causes: &[
                "`/bin/false` exited with status 1 with the value of version 2",
                "then, to undo it: `/bin/false` exited with status 1 with the value of version 1",
            ],
            state: open,
            ran: &["change 1 2", "undo 1 2"],
            is_old: false,
        },
        Failing {
            program: ("change", "exec sleep 100"),
            options: "--generate --with ./change --undo ./undo --program-timeout 200ms",
            code: 75,
            step: "change",
            causes: &["`./change` was stopped, because it ran for more than 200ms"],
            state: undone,
            ran: &["change 1 2", "undo 1 2"],
            is_old: true,
        },
    ] {
        let target = Target::new("one");
        let (program, body) = case.program;
        target.program(program, body);
        let ended = target.rotate(case.options).run();
        let causes = case.causes.iter();
        let causes: String = causes
            .map(|cause| format!("envsecrets:   caused by: {cause}\n"))
            .collect();
        let next = match case.code {
            73 => RESUME_OR_ABANDON,
            _ => "the next run begins anew",
        };
        let expected = format!(
            "envsecrets: of `/p` {}\n\
             envsecrets: error: the rotation of `/p` failed at this step: {}\n\
             {causes}envsecrets: hint: {next}\n",
            case.state, case.step
        );
        let context = format!("{program}: {body}");
        assert_eq!(
            (ended.code, printed(&ended)),
            (Some(case.code), expected),
            "{context}"
        );
        assert_eq!(ended.text(), "", "{context}");
        let mut ran = target.ran();
        ran.dedup();
        assert_eq!(ran, case.ran, "{context}");
        assert_eq!(target.accepted() == "one", case.is_old, "{context}");
        let labels = match case.code {
            73 => "live 1, pending 2, of 2",
            _ => "live 1, of 2",
        };
        assert_eq!(target.labels(), labels, "{context}");

        // The next run begins anew, or is refused until someone decides.
        let again = target.rotate(case.options).run();
        match case.code {
            73 => assert_eq!(
                (again.code, printed(&again).as_str()),
                (
                    Some(73),
                    "envsecrets: error: a rotation of `/p` has begun: `live` is version 1, and \
                     `pending` is version 2\n\
                     envsecrets: hint: nothing was changed; unless another run is still at work, \
                     `--resume` goes on, and `--abandon` gives up, each with the same options\n"
                )
            ),
            _ => assert_eq!(target.ran().first().map(String::as_str), Some("change 1 3")),
        }
    }
}

#[test]
fn a_probe_is_repeated_until_the_value_is_accepted() {
    let target = Target::new("one");
    target.program("try", r#"[ "$(grep -c try calls)" -ge 3 ]"#);
    let options = "--generate --with ./change --probe ./try --probe-timeout 1m";
    let ended = target.rotate(options).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(target.ran(), ["change 1 2", "try 2", "try 2", "try 2"]);

    // The old one may be accepted for a moment too; a probe that hangs is stopped.
    target.program(
        "try",
        r#"[ $ROTATE_VERSION = 3 ] || [ "$(grep -c 'try 2' calls)" -lt 3 ]"#,
    );
    let ended = target
        .rotate(&format!("{options} --expect-old-refused"))
        .run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        target.ran(),
        ["change 2 3", "try 3", "try 2", "try 2", "try 2"]
    );
    target.program("try", "exec sleep 100");
    let options = "--generate --with ./change --probe ./try --probe-timeout 10ms";
    let ended = target.rotate(options).run();
    assert_eq!(ended.code, Some(73), "{ended:?}");
    assert!(
        printed(&ended).contains(
            "caused by: `./try` was stopped, because it ran for more than 1s with the value of \
             version 4\n"
        ),
        "{ended:?}"
    );
}

#[test]
fn a_rotation_that_has_begun_is_resumed_or_abandoned() {
    let complete = "/p:2 label live moved from version 1\n/p:1 label previous added\n";
    let accepted =
        "envsecrets: version 2 of `/p` is accepted already: the change is not made again\n";
    let alone = "envsecrets: nothing was undone or tried: check that the value of version 1 is \
                 accepted\n";
    let removed = "/p:2 label pending removed\n";
    let done = "live 2, previous 1, of 2";
    let back = "live 1, of 2";
    for (now, options, stdout, stderr, labels, after, ran) in [
        // The change was not made.
        (
            "one",
            "--resume --with ./change",
            complete,
            "",
            done,
            "two",
            &["change 1 2"][..],
        ),
        (
            "one",
            "--resume --with ./change --probe ./try",
            complete,
            "",
            done,
            "two",
            &["try 2", "change 1 2", "try 2"],
        ),
        ("one", "--abandon", removed, alone, back, "one", &[]),
        (
            "one",
            "--abandon --probe ./try",
            removed,
            "",
            back,
            "one",
            &["try 1"],
        ),
        // It was.
        (
            "two",
            "--resume --with ./change",
            complete,
            "",
            done,
            "two",
            &["change 1 2"],
        ),
        (
            "two",
            "--resume --with ./change --probe ./try --expect-old-refused",
            complete,
            accepted,
            done,
            "two",
            &["try 2", "try 2", "try 1"],
        ),
        (
            "two",
            "--abandon --undo ./undo --probe ./try",
            removed,
            "",
            back,
            "one",
            &["undo 1 2", "try 1"],
        ),
    ] {
        let target = Target::new("one");
        target.world.store.put("/p", "two");
        target.world.store.label("/p", 2, "pending");
        target.accept(now);
        let ended = target.rotate(options).run();
        assert_eq!(
            (ended.code, ended.text().as_str(), printed(&ended).as_str()),
            (Some(0), stdout, stderr),
            "{now} {options}: {ended:?}"
        );
        assert_eq!(
            (target.labels().as_str(), target.accepted().as_str()),
            (labels, after),
            "{now} {options}"
        );
        assert_eq!(target.ran(), ran, "{now} {options}");
        // Once more is the same as once.
        let again = target.rotate(options).run();
        let live = labels.split(',').next().unwrap().replace("live ", "/p:");
        assert_eq!(
            (again.code, again.text()),
            (
                Some(0),
                format!("{live} is live, and no version is pending\n")
            )
        );
        assert_eq!(target.ran().len(), 0);
    }

    // The old value is not accepted, and without a way back nothing is given up.
    let target = Target::new("one");
    target.world.store.put("/p", "two");
    target.world.store.label("/p", 2, "pending");
    target.accept("two");
    let ended = target
        .rotate("--abandon --probe ./try --probe-timeout 0")
        .run();
    assert_eq!(
        ended.failed(73),
        format!(
            "envsecrets: of `/p` `live` is version 1, `pending` is version 2; whether the change is \
             made is unknown\n\
             envsecrets: error: the rotation of `/p` failed at this step: undo\n\
             envsecrets:   caused by: `./try` exited with status 1 with the value of version 1\n\
             envsecrets: hint: {RESUME_OR_ABANDON}\n"
        )
    );
    assert_eq!(target.labels(), "live 1, pending 2, of 2");
}

#[test]
fn other_combinations_of_labels_are_completed_or_refused() {
    let rotate = "--generate --with ./change";
    let nothing = "no version of /p is live or pending\n";
    let complete = "envsecrets: error: the rotation of `/p` cannot be given up: version 2 is `live`\n\
                    envsecrets: hint: nothing was changed; `--resume` removes `pending`, and another \
                    rotation gives another value\n";
    let no_live = "envsecrets: error: version 2 of `/p` is `pending`, and no version is `live`\n\
                   envsecrets: hint: nothing was changed; put the label on the version to read: \
                   `envsecrets label /p live --version VERSION`\n";
    let older = "envsecrets: error: `pending` of `/p` is version 1, older than `live`, version 2\n\
                 envsecrets: hint: nothing was changed, and no rotation did this; `envsecrets label /p \
                 pending --remove` removes the label\n";
    let tidied = "/p:2 label pending removed\n";
    let anew = "/p:2 label pending removed\n/p:3 label live moved from version 2\n\
                /p:2 label previous moved from version 1\n";
    for (labels, options, code, stdout, stderr) in [
        (&[][..], "--resume --with ./change", 0, nothing, ""),
        (&[], "--abandon", 0, nothing, ""),
        (
            &[("live", 2), ("pending", 2), ("previous", 1)],
            "--resume --with ./change",
            0,
            tidied,
            "",
        ),
        (
            &[("live", 2), ("pending", 2), ("previous", 1)],
            rotate,
            0,
            anew,
            "",
        ),
        (
            &[("live", 2), ("pending", 2)],
            "--abandon",
            73,
            "",
            complete,
        ),
        (&[("pending", 2)], rotate, 73, "", no_live),
        (&[("pending", 2)], "--abandon", 73, "", no_live),
        (&[("live", 2), ("pending", 1)], rotate, 73, "", older),
        (
            &[("live", 2), ("pending", 1)],
            "--resume --with ./change",
            73,
            "",
            older,
        ),
        (&[("live", 2), ("pending", 1)], "--abandon", 73, "", older),
        // Killed before the last label but one: `previous` is of no use, and goes.
        (
            &[("live", 1), ("pending", 2), ("previous", 1)],
            "--abandon --undo ./undo",
            0,
            tidied,
            "",
        ),
    ] {
        let target = Target::unlabelled("one");
        target.world.store.put("/p", "two");
        for (label, version) in labels {
            target.world.store.label("/p", *version, label);
        }
        let before = target.labels();
        let ended = target.rotate(options).run();
        assert_eq!(
            (ended.code, ended.text().as_str(), printed(&ended).as_str()),
            (Some(code), stdout, stderr),
            "{labels:?} {options}: {ended:?}"
        );
        if code != 0 {
            assert_eq!(
                (target.labels(), target.ran().len()),
                (before, 0),
                "{labels:?}"
            );
        } else if options.contains("--undo") {
            assert_eq!(target.labels(), "live 1, of 2");
        }
    }
}

#[test]
fn a_parameter_without_room_for_a_version_or_a_label_is_refused_before_the_change() {
    let target = Target::new("one");
    for number in 0..9 {
        target.world.store.label("/p", 1, &format!("l{number}"));
    }
    let ended = target.rotate(ALL).run();
    assert_eq!(
        ended.failed(73),
        "envsecrets: error: `/p:1` has 9 labels besides `live`, and no room for `previous`: a version \
         has at most 10\n\
         envsecrets: hint: nothing was changed: `envsecrets label --remove` removes labels\n"
    );
    let target = Target::new("one");
    for number in 2..=100 {
        target.world.store.put("/p", &number.to_string());
    }
    let ended = target.rotate(ALL).run();
    assert_eq!(
        (ended.code, printed(&ended).as_str()),
        (
            Some(73),
            "envsecrets: error: Parameter Store would refuse to change what exists\n\
             envsecrets:   caused by: the oldest of 100 versions of `/p`, 1, has the label `live`, and \
             so cannot make room for a new version\n\
             envsecrets: hint: nothing was written: `envsecrets label` moves a label to another version \
             or removes it, and `envsecrets tag --remove` removes a tag\n"
        )
    );
    assert_eq!(target.ran().len(), 0);
}

/// The requests of a rotation, and after each what a run that is killed then has done.
const REQUESTS: usize = 10;

/// Whatever happened: programs that read `live` read what is accepted, or the message and the status
/// of the run say that this is not certain, and the next run makes it so.
fn is_completed_by_the_next_run(target: &Target, context: &str) {
    target.world.server.clear_faults();
    let resume = "--resume --with ./change --probe ./try --probe-timeout 1s";
    let ended = target.rotate(resume).run();
    assert_eq!(ended.code, Some(0), "{context}: {ended:?}");
    assert_eq!(target.value("live"), target.accepted(), "{context}");
    assert!(!target.labels().contains("pending"), "{context}");
    let ended = target.rotate(ALL).run();
    assert_eq!(ended.code, Some(0), "{context}: {ended:?}");
    assert_eq!(target.value("live"), target.accepted(), "{context}");
}

#[test]
fn each_request_may_be_the_last_one_before_a_kill() {
    let numbers: Vec<usize> = (1..=REQUESTS).collect();
    crate::support::each(&numbers, |number| {
        for resumed in [true, false] {
            let target = Target::new("one");
            // Carried out, and never answered.
            target.world.server.set_faults([Fault::Hang.nth(*number)]);
            let running = target.rotate(ALL).start();
            until("it hangs", || target.world.server.calls() >= *number);
            std::thread::sleep(Duration::from_millis(50));
            running.signal(Signal::SIGKILL);
            let ended = running.end();
            let context = format!("killed at request {number}, resumed: {resumed}: {ended:?}");
            assert_eq!(ended.signal, Some(Signal::SIGKILL as i32), "{context}");
            target.world.server.clear_faults();
            if resumed {
                is_completed_by_the_next_run(&target, &context);
                continue;
            }
            let abandon = "--abandon --undo ./undo --probe ./try --probe-timeout 1s";
            let ended = target.rotate(abandon).run();
            // Only the last label is missing, or nothing at all.
            let complete = target.labels().contains("pending");
            assert_eq!(
                ended.code,
                Some(if complete { 73 } else { 0 }),
                "{context}: {ended:?}"
            );
            assert_eq!(target.value("live"), target.accepted(), "{context}");
            is_completed_by_the_next_run(&target, &context);
        }
    });
}

#[test]
fn each_program_may_be_the_last_one_before_a_kill() {
    let kill = "kill -9 $PPID; sleep 0.05; ";
    for (program, body) in [
        ("make", format!("{kill} echo new")),
        ("make", format!("echo new; {kill}")),
        (
            "change",
            format!(r#"{kill} printf %s "$ROTATE_NEW" >accepted"#),
        ),
        (
            "change",
            format!(r#"printf %s "$ROTATE_NEW" >accepted; {kill}"#),
        ),
        ("try", format!("{kill} true")),
    ] {
        let target = Target::new("one");
        target.program("make", "echo new");
        let right = std::fs::read_to_string(target.world.directory.path().join(program)).unwrap();
        target.program(program, &body);
        let options = "--new-from ./make --with ./change --probe ./try --undo ./undo";
        let ended = target.rotate(options).run();
        let context = format!("{program} {body}: {ended:?}");
        assert_eq!(ended.signal, Some(Signal::SIGKILL as i32), "{context}");
        assert_eq!(target.value("live"), "one", "{context}");
        target.world.directory.file(program, &right, 0o755);
        is_completed_by_the_next_run(&target, &context);
    }
    // Also of --undo.
    let target = Target::new("one");
    target.program("try", "false");
    target.program("undo", kill);
    let ended = target.rotate(ALL).run();
    assert_eq!(ended.signal, Some(Signal::SIGKILL as i32), "{ended:?}");
    target.program("try", r#"[ "$(cat accepted)" = "$ROTATE_VALUE" ]"#);
    is_completed_by_the_next_run(&target, "undo");
}

#[test]
fn a_program_does_not_outlive_a_run_that_is_killed() {
    let target = Target::new("one");
    target.program("change", "echo $$ >pid; exec sleep 100");
    let running = target.rotate(ALL).start();
    let pid = || {
        let pid = std::fs::read_to_string(target.world.directory.path().join("pid"));
        pid.ok()?.trim().parse::<i32>().ok()
    };
    until("the program runs", || pid().is_some());
    running.signal(Signal::SIGKILL);
    let _ = running.end();
    let pid = nix::unistd::Pid::from_raw(pid().unwrap());
    until("it ends too", || nix::sys::signal::kill(pid, None).is_err());
}

#[test]
fn each_request_may_be_refused_or_throttled_or_its_answer_lost() {
    let mut cases = Vec::new();
    for number in 1..=REQUESTS {
        for fault in [
            "access-denied",
            "throttle",
            "close-before-reply",
            "internal-server-error",
        ] {
            for (condition, options) in [("nth", ALL), ("after", ALL), ("after", NO_UNDO)] {
                let count = if condition == "nth" {
                    number
                } else {
                    number - 1
                };
                cases.push((format!("{fault},{condition}={count}"), options));
            }
        }
    }
    crate::support::each(&cases, |(fault, options)| {
        let target = Target::new(SENTINEL);
        target
            .world
            .server
            .set_faults([fault.parse::<parameter_store::Rule>().unwrap()]);
        let ended = target.rotate(&format!("{options} --timeout 500ms")).run();
        target.world.server.clear_faults();
        let context = format!("{fault} {options}: {ended:?}");
        assert_eq!(
            crate::support::leak(ended.stderr.as_bytes()),
            None,
            "{context}"
        );
        let (labels, code) = (target.labels(), ended.code.unwrap());
        let is_right = target.value("live") == target.accepted();
        match code {
            0 => assert!(
                is_right && labels == "live 2, previous 1, of 2",
                "{context} {labels}"
            ),
            // It says that a rotation is left begun, and so what to run.
            73 => assert!(ended.stderr.contains("--resume"), "{context} {labels}"),
            75 | 77 => assert!(is_right, "{context} {labels}"),
            _ => panic!("{context} {labels}"),
        }
        if code != 73
            && code != 0
            && !ended
                .stderr
                .contains("its label `pending` cannot be removed")
        {
            assert!(!labels.contains("pending"), "{context} {labels}");
        }
        is_completed_by_the_next_run(&target, &context);
    });
}
