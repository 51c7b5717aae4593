//! Where the files of a user are, if nothing says where its home is.

use std::path::Path;

use crate::support::aws::world_with_x;
use crate::support::network::{alone, put_in_place};
use crate::support::{Launch, World, can};

const KEYS: &str =
    "[profile p]\naws_access_key_id = AKIDHOME000000000000\naws_secret_access_key = x\n";

fn launch(world: &World) -> Launch {
    let mut launch = world.without_credentials(&[]);
    launch.env("AWS_PROFILE", "p");
    launch
}

#[test]
fn without_a_home_in_the_environment_it_is_that_of_the_user_database() {
    let story = "without_a_home_in_the_environment_it_is_that_of_the_user_database";
    alone(story, || {
        let world = world_with_x();
        world.aws_config(KEYS);
        let user = nix::unistd::Uid::effective();
        let home = world.directory.path().display();
        let users = format!("user:x:{user}:{user}::{home}:/bin/sh\n");
        let users = world.directory.file("passwd", users, 0o644);
        put_in_place(&users, Path::new("/etc/passwd"));
        world.read_as(
            launch(&world).without("HOME"),
            "AKIDHOME000000000000",
            "no HOME",
        );

        let mut launch = world.launch("--path /app", &["sh", "-c", "echo ${HOME-none}"]);
        assert_eq!(launch.without("HOME").run().ok(), "none\n");
    });
}

#[test]
fn an_empty_home_is_the_root_directory_and_not_the_working_one() {
    let world = world_with_x();
    // As the AWS CLI does it: `~/.aws/config` becomes `/.aws/config`.
    world.aws_config(KEYS);
    let mut launch = launch(&world);
    launch
        .env("HOME", "")
        .command
        .current_dir(world.directory.path());
    let ended = launch.run();
    let exists = Path::new("/.aws/config").exists();
    if can(
        "an_empty_home_is_the_root_directory_and_not_the_working_one",
        "no file /.aws/config",
        !exists,
    ) {
        assert_eq!(
            ended.failed_at_once(78),
            "envsecrets: error: the AWS profile `p`, from AWS_PROFILE, does not exist\n\
             envsecrets:   caused by: no profiles exist here\n\
             envsecrets: hint: check `~/.aws/config`, or `AWS_CONFIG_FILE` if that is set\n"
        );
    }
}

#[test]
fn a_home_that_is_not_utf_8_is_found() {
    use std::os::unix::ffi::OsStrExt;
    let world = world_with_x();
    let home = world
        .directory
        .path()
        .join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    std::fs::create_dir_all(home.join(".aws")).unwrap();
    std::fs::write(home.join(".aws/config"), KEYS).unwrap();
    let mut launch = launch(&world);
    world.read_as(launch.env("HOME", &home), "AKIDHOME000000000000", "Latin 1");
}
