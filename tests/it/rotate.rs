//! `envsecrets rotate`: a new value, the change where it is used, and the labels that programs read.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::moto::Moto;
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

    let nothing =
        "state of `/p`: `live` is version 2, no version is `pending`; the change is not made";
    let failed = "the rotation of `/p` failed at this step: new value";
    for (body, code, expected) in [
        (
            "exit 3",
            75,
            format!(
                "envsecrets: {nothing}\nenvsecrets: error: {failed}\n\
                 envsecrets:   caused by: `./make` exited with status 3\n\
                 envsecrets: hint: no rotation is left begun: run the same command again\n"
            ),
        ),
        (
            "kill -9 $$",
            75,
            format!(
                "envsecrets: {nothing}\nenvsecrets: error: {failed}\n\
                 envsecrets:   caused by: `./make` was ended by signal 9\n\
                 envsecrets: hint: no rotation is left begun: run the same command again\n"
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
    let cases = [
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
    ];
    crate::support::each(&cases, |case| {
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
            _ => "no rotation is left begun: run the same command again",
        };
        let expected = format!(
            "envsecrets: state of `/p`: {}\n\
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
    });
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
            "caused by: `./try` was stopped, because it ran for more than 5s with the value of \
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
            "envsecrets: state of `/p`: `live` is version 1, `pending` is version 2; whether the change is \
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
        for (fault, is_once, options) in [
            ("access-denied", false, ALL),
            ("access-denied", false, NO_UNDO),
            ("throttle", false, ALL),
            ("throttle", false, NO_UNDO),
            ("close-before-reply", true, ALL),
            ("close-before-reply", false, ALL),
            ("close-before-reply", false, NO_UNDO),
            ("internal-server-error", true, ALL),
        ] {
            let condition = match is_once {
                true => format!("nth={number}"),
                false => format!("after={}", number - 1),
            };
            cases.push((format!("{fault},{condition}"), options));
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

#[test]
fn a_signal_is_passed_on_to_the_program_and_then_the_change_is_undone() {
    let waits = ": >started; while [ ! -e go ]; do sleep 0.01; done; true";
    let undone = "`live` is version 1, no version is `pending`; the change is undone";
    let unknown =
        "`live` is version 1, `pending` is version 2; whether the change is made is unknown";
    for (program, trap, options, step, how, state, ran) in [
        (
            "change",
            "trap 'echo TERM >>calls; exit 5' TERM",
            ALL,
            "change",
            "`./change` exited with status 5",
            undone,
            &["change 1 2", "TERM", "undo 1 2", "try 1"][..],
        ),
        // Whatever the program makes of it, the step counts as failed.
        (
            "change",
            "trap 'echo TERM >>calls; : >go' TERM",
            NO_UNDO,
            "change",
            "`./change` exited with status 0",
            unknown,
            &["change 1 2", "TERM"],
        ),
        (
            "try",
            "[ $ROTATE_VERSION = 1 ] && exit",
            ALL,
            "probe",
            "`./try` was ended by signal 15",
            undone,
            &["change 1 2", "try 2", "undo 1 2", "try 1"],
        ),
    ] {
        let target = Target::new("one");
        // What the shell itself reports of a signal is not of interest.
        target.program(program, &format!("exec 2>/dev/null\n{trap}\n{waits}"));
        let running = target.rotate(&options.replace("300ms", "1m")).start();
        let started = target.world.directory.path().join("started");
        until("the program runs", || started.exists());
        running.signal(Signal::SIGTERM);
        let ended = running.end();
        let next = match state == undone {
            true => "no rotation is left begun: run the same command again",
            false => RESUME_OR_ABANDON,
        };
        assert_eq!(
            (ended.signal, printed(&ended)),
            (
                Some(Signal::SIGTERM as i32),
                format!(
                    "envsecrets: state of `/p`: {state}\n\
                     envsecrets: error: the rotation of `/p` failed at this step: {step}\n\
                     envsecrets:   caused by: SIGTERM arrived, and {how}\n\
                     envsecrets: hint: {next}\n"
                )
            ),
            "{program} {trap}"
        );
        assert_eq!(target.ran(), ran, "{program} {trap}");
    }
}

#[test]
fn a_key_of_the_terminal_reaches_the_program_once() {
    let target = Target::new("one");
    target.program(
        "change",
        "trap 'echo INT >>calls' INT; : >started; i=0; while [ $i -lt 50 ]; do i=$((i + 1)); sleep \
         0.01; done",
    );
    let terminal = Terminal::new();
    let running = terminal.start(&mut target.rotate(ALL));
    let started = target.world.directory.path().join("started");
    until("the program runs", || started.exists());
    terminal.types("\u{3}");
    let ended = running.end();
    assert_eq!(ended.signal, Some(Signal::SIGINT as i32), "{ended:?}");
    assert_eq!(target.ran(), ["change 1 2", "INT", "undo 1 2", "try 1"]);
}

#[test]
fn a_signal_between_two_programs_ends_the_run_and_says_what_is_so() {
    let target = Target::new("one");
    target.world.server.set_faults([Fault::Hang.nth(8)]);
    let running = target.rotate(ALL).start();
    until("it hangs", || target.world.server.calls() >= 8);
    running.signal(Signal::SIGTERM);
    let ended = running.end();
    assert_eq!(
        (ended.signal, printed(&ended)),
        (
            Some(Signal::SIGTERM as i32),
            format!(
                "envsecrets: stopped; state of `/p`: `live` is version 1, `pending` is version 2; the change \
                 is made\n\
                 envsecrets: hint: {RESUME_OR_ABANDON}\n"
            )
        )
    );
    is_completed_by_the_next_run(&target, "after a signal");
}

/// Delays a rotation until it has tried this operation, does something, and lets it go on.
fn meanwhile(target: &Target, operation: &str, action: impl Fn()) -> crate::support::Ended {
    let throttled = Fault::Throttle.always().operation(operation);
    target.world.server.set_faults([throttled]);
    target.world.server.clear_requests();
    let running = target.rotate(ALL).start();
    until("it tries", || !target.world.bodies(operation).is_empty());
    action();
    target.world.server.clear_faults();
    running.end()
}

#[test]
fn a_run_gives_way_to_what_another_user_does_before_the_change() {
    let gives_way = |why: &str, version: i64| {
        format!(
            "envsecrets: error: the rotation of `/p` gives way to another user\n\
             envsecrets:   caused by: {why}\n\
             envsecrets: hint: version {version} is not used, and the change is not made; `envsecrets \
             history /p` shows who wrote what\n"
        )
    };
    // A version before its own, and one after.
    let target = Target::new("one");
    let store = &target.world.store;
    let ended = meanwhile(&target, "PutParameter", || {
        store.put("/p", "two");
    });
    let why = "another user wrote a version, or moved a label, in between";
    assert_eq!((ended.code, printed(&ended)), (Some(75), gives_way(why, 3)));
    let ended = meanwhile(&target, "LabelParameterVersion", || {
        store.put("/p", "five");
    });
    let why = "version 5 was written in between";
    assert_eq!((ended.code, printed(&ended)), (Some(75), gives_way(why, 4)));
    assert_eq!(target.labels(), "live 1, of 5");
    // A whole rotation.
    let ended = meanwhile(&target, "PutParameter", || {
        store.put("/p", "six");
        store.label("/p", 1, "previous");
        store.label("/p", 6, "live");
    });
    let why = "another user wrote a version, or moved a label, in between";
    assert_eq!((ended.code, printed(&ended)), (Some(75), gives_way(why, 7)));
    // The label of another one that has begun.
    let ended = meanwhile(&target, "PutParameter", || {
        store.put("/p", "eight");
        store.label("/p", 8, "pending");
    });
    let why = "another run made version 8 `pending`";
    assert_eq!((ended.code, printed(&ended)), (Some(75), gives_way(why, 9)));
    assert_eq!(target.ran().len(), 0);
    assert_eq!(target.labels(), "live 6, pending 8, previous 1, of 9");
}

#[test]
fn labels_that_another_user_moves_after_the_change_stay_and_nothing_is_undone() {
    let target = Target::new("one");
    target.program(
        "change",
        ": >started; while [ ! -e go ]; do sleep 0.01; done",
    );
    let running = target
        .rotate("--generate --with ./change --undo ./undo")
        .start();
    let directory = target.world.directory.path();
    until("the program runs", || directory.join("started").exists());
    target.world.store.put("/p", "three");
    target.world.store.label("/p", 3, "live");
    target.world.directory.file("go", "", 0o600);
    let ended = running.end();
    assert_eq!(
        (ended.code, printed(&ended).as_str()),
        (
            Some(73),
            "envsecrets: state of `/p`: `live` is version 3, `pending` is version 2; whether the change is \
             made is unknown\n\
             envsecrets: error: the rotation of `/p` failed at this step: look for other runs\n\
             envsecrets:   caused by: another run, or another user, moved the labels in between\n\
             envsecrets: hint: `envsecrets rotate /p --resume` goes on, and `envsecrets rotate /p \
             --abandon` gives up, each with the same options\n"
        )
    );
    assert_eq!(target.ran(), ["change 1 2"]);
}

#[test]
fn of_runs_that_begin_at_the_same_time_one_at_most_makes_the_change() {
    let target = Target::new("one");
    target.program(
        "change",
        r#"mkdir lock || echo BOTH >>calls
           printf %s "$ROTATE_NEW" >accepted; sleep 0.03; rmdir lock"#,
    );
    let mut complete = 0;
    for round in 0..30 {
        // So that the steps of one meet each step of another; and further apart on a machine so busy that
        // none has come to its end yet.
        let apart = match (round < 12, complete) {
            (true, _) => round,
            (false, 0) => round * 20,
            (false, _) => break,
        };
        let running: Vec<_> = (0..3)
            .map(|number| {
                std::thread::sleep(Duration::from_millis(apart * number));
                target.rotate("--generate --with ./change").start()
            })
            .collect();
        for running in running {
            let ended = running.end();
            assert!(
                ended.code.is_some_and(|code| [0, 73, 75].contains(&code)),
                "{ended:?}"
            );
            complete += usize::from(ended.code == Some(0));
        }
        assert!(!target.labels().contains("pending"), "{}", target.labels());
        assert_eq!(target.value("live"), target.accepted());
        assert!(!target.ran().contains(&"BOTH".to_owned()));
    }
    assert!(complete > 0);
}

#[test]
fn wherever_the_kernel_is_called_a_kill_leaves_what_the_next_run_completes() {
    let story = "wherever_the_kernel_is_called_a_kill_leaves_what_the_next_run_completes";
    if !crate::support::can_trace(story) {
        return;
    }
    let options: Vec<&str> = ["rotate", "/p", "--as", "file"]
        .into_iter()
        .chain(ALL.split_whitespace())
        .collect();
    let programs = |target: &Target| {
        target.program("change", r#"cat "$ROTATE_NEW_FILE" >accepted"#);
        target.program(
            "try",
            r#"[ "$(cat accepted)" = "$(cat "$ROTATE_VALUE_FILE")" ]"#,
        );
    };
    // Without -f this is the main thread alone.
    let traced = |target: &Target, strace: &[&str]| {
        let log = target.world.directory.path().join("strace.log");
        let words = [
            &["-o", log.to_str().unwrap()],
            strace,
            &["--", crate::support::ENVSECRETS],
        ];
        let words = [&words.concat()[..], &options].concat();
        let mut launch = target
            .world
            .with_settings(crate::support::Launch::new("strace", &words));
        launch.command.current_dir(target.world.directory.path());
        (launch.run(), std::fs::read_to_string(log).unwrap())
    };
    let target = Target::new("one");
    programs(&target);
    let (ended, log) = traced(&target, &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for line in log.lines() {
        if let Some((name, _)) = line.split_once('(') {
            *counts.entry(name).or_default() += 1;
        }
    }
    let mut kills = Vec::new();
    for name in [
        "sendto",
        "recvfrom",
        "connect",
        "epoll_wait",
        "memfd_create",
        "clone",
        "clone3",
        "vfork",
        "waitid",
        "wait4",
        "signalfd4",
        "rt_sigprocmask",
        "write",
        "pwrite64",
        "close",
        "fcntl",
    ] {
        let count = counts.get(name).copied().unwrap_or_default();
        let mut numbers = vec![1, count / 2, count];
        numbers.retain(|number| (1..=count).contains(number));
        numbers.dedup();
        kills.extend(numbers.into_iter().map(|number| (name, number)));
    }
    assert!(kills.len() > 20, "{counts:?}");
    crate::support::each(&kills, |(name, number)| {
        let target = Target::new("one");
        programs(&target);
        let (trace, inject) = (
            format!("--trace={name}"),
            format!("--inject={name}:signal=KILL:when={number}"),
        );
        let (ended, _) = traced(&target, &[&trace, &inject]);
        let context = format!("{name} {number}: {ended:?}");
        let killed = ended.signal == Some(Signal::SIGKILL as i32);
        assert!(killed || ended.code == Some(0), "{context}");
        for (program, body) in [
            ("change", r#"printf %s "$ROTATE_NEW" >accepted"#),
            ("try", r#"[ "$(cat accepted)" = "$ROTATE_VALUE" ]"#),
        ] {
            target.program(program, body);
        }
        is_completed_by_the_next_run(&target, &context);
    });
}

#[test]
fn a_rotation_in_moto_is_seen_by_the_aws_cli() {
    let Some(moto) = Moto::start("a_rotation_in_moto_is_seen_by_the_aws_cli") else {
        return;
    };
    moto.put("/p", "one", "SecureString");
    let target = Target::new("one");
    let rotate = |options: &str| {
        let words: Vec<&str> = ["rotate", "/p"]
            .into_iter()
            .chain(options.split_whitespace())
            .collect();
        let mut launch = moto.envsecrets(&words);
        launch.command.current_dir(target.world.directory.path());
        launch.run()
    };
    let history = |query: &str| -> serde_json::Value {
        let history = moto.aws(&["get-parameter-history", "--name", "/p", "--query", query]);
        serde_json::from_str(&history).unwrap()
    };
    let labels = || history("Parameters[].Labels");
    let ended = rotate(&format!("{ALL} --yes"));
    assert_eq!(
        (ended.code, ended.text().as_str()),
        (
            Some(0),
            "/p:1 label live added\n/p:2 label live moved from version 1\n/p:1 label previous added\n"
        ),
        "{ended:?}"
    );
    assert_eq!(labels(), serde_json::json!([["previous"], ["live"]]));
    let live = ["get-parameter", "--name", "/p:live", "--with-decryption"];
    let live = moto.aws(&[&live[..], &["--query", "Parameter.Value"]].concat());
    assert_eq!(live.trim().trim_matches('"'), target.accepted());

    // One that fails, and is resumed, and one that is undone.
    target.program("try", "false");
    assert_eq!(rotate(NO_UNDO).code, Some(73));
    assert_eq!(
        labels(),
        serde_json::json!([["previous"], ["live"], ["pending"]])
    );
    let ended = rotate("--resume --with ./change");
    assert_eq!(
        (ended.code, ended.text().as_str()),
        (
            Some(0),
            "/p:3 label live moved from version 2\n/p:2 label previous moved from version 1\n"
        )
    );
    target.program("try", "[ $ROTATE_VERSION = 3 ]");
    assert_eq!(rotate(ALL).code, Some(75));
    assert_eq!(
        labels(),
        serde_json::json!([[], ["previous"], ["live"], []])
    );
}

#[test]
fn a_full_disk_is_reported_and_stops_no_rotation_halfway() {
    let target = Target::new("one");
    let mut launch = target.rotate(ALL);
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let ended = launch
        .before(move || nix::unistd::dup2_stdout(&full).map_err(Into::into))
        .run();
    assert_eq!(
        (ended.code, printed(&ended).as_str()),
        (
            Some(74),
            "envsecrets: error: cannot report on standard output what was done\n\
             envsecrets:   caused by: No space left on device (os error 28)\n\
             envsecrets: hint: the change was made\n"
        )
    );
    assert_eq!(target.labels(), "live 2, previous 1, of 2");
}

#[test]
fn a_parent_that_ignores_ended_children_does_not_hide_how_programs_end() {
    let target = Target::new("one");
    let ignore = || {
        // SAFETY: to ignore a signal involves no code of ours.
        unsafe { nix::libc::signal(nix::libc::SIGCHLD, nix::libc::SIG_IGN) };
        Ok(())
    };
    let ended = target.rotate(ALL).before(ignore).run();
    assert_eq!((ended.code, printed(&ended).as_str()), (Some(0), ""));
    target.program("change", "exit 3");
    let ended = target.rotate(NO_UNDO).before(ignore).run();
    assert_eq!(ended.code, Some(73), "{ended:?}");
}

#[test]
fn of_two_runs_that_resume_at_the_same_time_both_end_well() {
    let target = Target::new("one");
    target.world.store.put("/p", "two");
    target.world.store.label("/p", 2, "pending");
    target.program(
        "change",
        r#"printf %s "$ROTATE_NEW" >accepted; : >"started$PPID"; while [ ! -e go ]; do sleep 0.01; done"#,
    );
    let options = "--resume --with ./change";
    let running = [options, options].map(|options| target.rotate(options).start());
    let directory = target.world.directory.path();
    for one in &running {
        let started = directory.join(format!("started{}", one.pid()));
        until("both run", || started.exists());
    }
    target.world.directory.file("go", "", 0o600);
    let texts = running.map(|running| {
        let ended = running.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.text()
    });
    assert!(
        texts
            .iter()
            .any(|it| it.starts_with("/p:2 label live moved")),
        "{texts:?}"
    );
    assert_eq!(target.labels(), "live 2, previous 1, of 2");
    assert_eq!(target.accepted(), target.value("live"));
}

#[test]
fn where_live_is_unknown_nothing_is_undone() {
    let target = Target::new("one");
    target.world.server.set_faults([
        // The label of `live`, which is put on the version, and the look afterwards.
        Fault::CloseBeforeReply
            .after(2)
            .operation("LabelParameterVersion"),
        Fault::AccessDenied
            .after(4)
            .operation("GetParameterHistory"),
    ]);
    let ended = target.rotate(&format!("{ALL} --timeout 500ms")).run();
    target.world.server.clear_faults();
    let lines = printed(&ended);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(
        (ended.code, &lines[..3]),
        (
            Some(73),
            &[
                "envsecrets: state of `/p`: `live` is version 1 or 2, which is unknown, `pending` is \
                 version 2; the change is made",
                "envsecrets: error: the rotation of `/p` failed at this step: label `live`",
                "envsecrets:   caused by: the labels of parameter `/p` may be changed",
            ][..]
        ),
        "{ended:?}"
    );
    assert_eq!(target.ran(), ["change 1 2", "try 2"]);
    assert_eq!(target.labels(), "live 2, pending 2, previous 1, of 2");
    is_completed_by_the_next_run(&target, "unknown");
}

#[test]
fn each_request_of_a_run_that_resumes_or_abandons_may_fail_too() {
    let resume = "--resume --with ./change --probe ./try --undo ./undo --probe-timeout 300ms";
    let abandon = "--abandon --probe ./try --undo ./undo --probe-timeout 300ms";
    let mut cases = Vec::new();
    for (options, requests) in [(resume, 6), (abandon, 4)] {
        for number in 1..=requests {
            for fault in ["access-denied", "close-before-reply"] {
                for was_made in [true, false] {
                    let fault = format!("{fault},after={}", number - 1);
                    cases.push((fault, options, was_made));
                }
            }
        }
    }
    crate::support::each(&cases, |(fault, options, was_made)| {
        let target = Target::new("one");
        let store = &target.world.store;
        store.put("/p", "two");
        store.label("/p", 2, "pending");
        // As after a kill before the last label but one.
        store.label("/p", 1, "previous");
        if *was_made {
            target.accept("two");
        }
        let rule = fault.parse::<parameter_store::Rule>().unwrap();
        target.world.server.set_faults([rule]);
        let ended = target.rotate(&format!("{options} --timeout 500ms")).run();
        target.world.server.clear_faults();
        let context = format!("{fault} {options} {was_made}: {ended:?}");
        let labels = target.labels();
        match ended.code {
            Some(0) => assert!(
                !labels.contains("pending") && target.value("live") == target.accepted(),
                "{context} {labels}"
            ),
            // Nothing was done, or it says what to run.
            Some(75 | 77) if target.ran().is_empty() => {}
            Some(73 | 75 | 77) => assert!(ended.stderr.contains("--resume"), "{context} {labels}"),
            _ => panic!("{context} {labels}"),
        }
        is_completed_by_the_next_run(&target, &context);
    });
}
