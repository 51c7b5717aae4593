# Completes envsecrets in fish: its options, then the program, then what the program takes.

function __envsecrets_is_ours
    not contains -- -- (commandline -opc)
end

function __envsecrets_is
    __envsecrets_is_ours
    and contains -- $argv[1] (commandline -opc)[2]
end

function __envsecrets_is_launch
    __envsecrets_is_ours
    and not string match -qr '^[a-z]' -- (commandline -opc)[2]
end

function __envsecrets_is_first
    test (count (commandline -opc)) -eq 1
end

function __envsecrets_profiles
    set -l config ~/.aws/config
    set -q AWS_CONFIG_FILE; and set config $AWS_CONFIG_FILE
    string match -rg '^\[(?:profile )?([^]]*)\]$' <$config 2>/dev/null
end

# From the program on it is as if there were nothing before it.
function __envsecrets_program
    set -l words (commandline -opc)
    set -e words[1..(contains -i -- -- $words)]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

complete -c envsecrets -f
complete -c envsecrets -n 'not __envsecrets_is_ours' -a '(__envsecrets_program)'
complete -c envsecrets -n __envsecrets_is_ours -a -- -d 'The program follows'
# Made from src/cli.rs from here; `ENVSECRETS_WRITE=1 cargo test papers` renews it.
complete -c envsecrets -n __envsecrets_is_launch -l path -x -d 'Read all parameters below this path'
complete -c envsecrets -n __envsecrets_is_launch -l optional-path -x -d 'The same, for a layer that may be empty'
complete -c envsecrets -n __envsecrets_is_launch -l names -x -d 'Read all parameters whose name matches: flat names, such as `prd.app.*`'
complete -c envsecrets -n __envsecrets_is_launch -l secret -x -d 'Make one variable from one parameter'
complete -c envsecrets -n __envsecrets_is_launch -l file -x -d 'Hand over one parameter as a file in memory'
complete -c envsecrets -n __envsecrets_is_launch -l file-owner -x -d 'Give those files to this user'
complete -c envsecrets -n __envsecrets_is_launch -l json -x -d 'Make a variable of each key of a JSON object'
complete -c envsecrets -n __envsecrets_is_launch -l dotenv -x -d 'The same, for the text of a .env file'
complete -c envsecrets -n __envsecrets_is_launch -l resolve -d 'Replace inherited variables that refer to a secret by that secret'
complete -c envsecrets -n __envsecrets_is_launch -l label -x -d 'Read paths and `--names` at this label, not at the newest version'
complete -c envsecrets -n __envsecrets_is_launch -l config -rF -d 'Read options and needed variables from a file'
complete -c envsecrets -n __envsecrets_is_launch -l config-profile -x -d 'Let its [profiles.NAME] override the rest of it'
complete -c envsecrets -n __envsecrets_is_launch -l strict -d 'Refuse secrets that it does not declare'
complete -c envsecrets -n __envsecrets_is_launch -l only -x -d 'Take only parameters whose name below the path matches'
complete -c envsecrets -n __envsecrets_is_launch -l exclude -x -d 'Leave out parameters whose name below the path matches'
complete -c envsecrets -n __envsecrets_is_launch -l name-from -x -a 'path leaf' -d 'Name variables after all that follows the path, or after the last part'
complete -c envsecrets -n __envsecrets_is_launch -l case -x -a 'upper keep' -d 'Turn letters into upper case, or keep them'
complete -c envsecrets -n __envsecrets_is_launch -l prefix -x -d 'Begin every name made from a path with this, such as TF_VAR_'
complete -c envsecrets -n __envsecrets_is_launch -l rename -x -d 'Give the variable of one parameter another name'
complete -c envsecrets -n __envsecrets_is_launch -l allow-name -x -d 'Allow names that run code in the program or redirect it'
complete -c envsecrets -n __envsecrets_is_launch -l require -x -d 'Fail unless these variables are among the secrets'
complete -c envsecrets -n __envsecrets_is_launch -l preserve-env -d 'Let inherited variables win over secrets of their name'
complete -c envsecrets -n __envsecrets_is_launch -l clean-env -d 'Inherit nothing but what `--keep` names'
complete -c envsecrets -n __envsecrets_is_launch -l keep -x -a '(set -nx)' -d 'With `--clean-env`, inherit these all the same'
complete -c envsecrets -n __envsecrets_is_launch -l unset -x -a '(set -nx)' -d 'Do not inherit these'
complete -c envsecrets -n __envsecrets_is_launch -l expand -d 'Replace {{NAME}} in the program\'s arguments, where every user can read it'
complete -c envsecrets -n __envsecrets_is_launch -l fingerprint -x -d 'Tell the program, in one more variable, which versions of which parameters it got'
complete -c envsecrets -n __envsecrets_is_launch -l region -x -d 'The region, instead of AWS_REGION or that of the profile'
complete -c envsecrets -n __envsecrets_is_launch -l profile -x -a '(__envsecrets_profiles)' -d 'The profile, instead of AWS_PROFILE'
complete -c envsecrets -n __envsecrets_is_launch -l timeout -x -d 'Give up after this time in all, such as 30s; 0 for never [default: 2m]'
complete -c envsecrets -n __envsecrets_is_launch -l start-jitter -x -d 'Wait a random time of up to this before the first call, for large fleets'
complete -c envsecrets -n __envsecrets_is_launch -s v -l verbose -d 'Say on stderr what is read from where; never a value'
complete -c envsecrets -n __envsecrets_is_launch -s h -l help -d 'Print this: `-h` in short, `--help` with examples'
complete -c envsecrets -n __envsecrets_is_launch -s V -l version -d 'Print the version'
complete -c envsecrets -n '__envsecrets_is check' -l format -x -a 'table json names' -d 'Print a table for people, JSON for programs, or only names'
complete -c envsecrets -n '__envsecrets_is check' -l names-only -d 'Read no values: nothing is decrypted, and no right to decrypt is needed'
complete -c envsecrets -n '__envsecrets_is check' -l path -x -d 'Read all parameters below this path'
complete -c envsecrets -n '__envsecrets_is check' -l optional-path -x -d 'The same, for a layer that may be empty'
complete -c envsecrets -n '__envsecrets_is check' -l names -x -d 'Read all parameters whose name matches: flat names, such as `prd.app.*`'
complete -c envsecrets -n '__envsecrets_is check' -l secret -x -d 'Make one variable from one parameter'
complete -c envsecrets -n '__envsecrets_is check' -l file -x -d 'Hand over one parameter as a file in memory'
complete -c envsecrets -n '__envsecrets_is check' -l file-owner -x -d 'Give those files to this user'
complete -c envsecrets -n '__envsecrets_is check' -l json -x -d 'Make a variable of each key of a JSON object'
complete -c envsecrets -n '__envsecrets_is check' -l dotenv -x -d 'The same, for the text of a .env file'
complete -c envsecrets -n '__envsecrets_is check' -l resolve -d 'Replace inherited variables that refer to a secret by that secret'
complete -c envsecrets -n '__envsecrets_is check' -l label -x -d 'Read paths and `--names` at this label, not at the newest version'
complete -c envsecrets -n '__envsecrets_is check' -l config -rF -d 'Read options and needed variables from a file'
complete -c envsecrets -n '__envsecrets_is check' -l config-profile -x -d 'Let its [profiles.NAME] override the rest of it'
complete -c envsecrets -n '__envsecrets_is check' -l strict -d 'Refuse secrets that it does not declare'
complete -c envsecrets -n '__envsecrets_is check' -l only -x -d 'Take only parameters whose name below the path matches'
complete -c envsecrets -n '__envsecrets_is check' -l exclude -x -d 'Leave out parameters whose name below the path matches'
complete -c envsecrets -n '__envsecrets_is check' -l name-from -x -a 'path leaf' -d 'Name variables after all that follows the path, or after the last part'
complete -c envsecrets -n '__envsecrets_is check' -l case -x -a 'upper keep' -d 'Turn letters into upper case, or keep them'
complete -c envsecrets -n '__envsecrets_is check' -l prefix -x -d 'Begin every name made from a path with this, such as TF_VAR_'
complete -c envsecrets -n '__envsecrets_is check' -l rename -x -d 'Give the variable of one parameter another name'
complete -c envsecrets -n '__envsecrets_is check' -l allow-name -x -d 'Allow names that run code in the program or redirect it'
complete -c envsecrets -n '__envsecrets_is check' -l require -x -d 'Fail unless these variables are among the secrets'
complete -c envsecrets -n '__envsecrets_is check' -l preserve-env -d 'Let inherited variables win over secrets of their name'
complete -c envsecrets -n '__envsecrets_is check' -l clean-env -d 'Inherit nothing but what `--keep` names'
complete -c envsecrets -n '__envsecrets_is check' -l keep -x -a '(set -nx)' -d 'With `--clean-env`, inherit these all the same'
complete -c envsecrets -n '__envsecrets_is check' -l unset -x -a '(set -nx)' -d 'Do not inherit these'
complete -c envsecrets -n '__envsecrets_is check' -l expand -d 'Replace {{NAME}} in the program\'s arguments, where every user can read it'
complete -c envsecrets -n '__envsecrets_is check' -l fingerprint -x -d 'Tell the program, in one more variable, which versions of which parameters it got'
complete -c envsecrets -n '__envsecrets_is check' -l region -x -d 'The region, instead of AWS_REGION or that of the profile'
complete -c envsecrets -n '__envsecrets_is check' -l profile -x -a '(__envsecrets_profiles)' -d 'The profile, instead of AWS_PROFILE'
complete -c envsecrets -n '__envsecrets_is check' -l timeout -x -d 'Give up after this time in all, such as 30s; 0 for never [default: 2m]'
complete -c envsecrets -n '__envsecrets_is check' -l start-jitter -x -d 'Wait a random time of up to this before the first call, for large fleets'
complete -c envsecrets -n '__envsecrets_is check' -s v -l verbose -d 'Say on stderr what is read from where; never a value'
complete -c envsecrets -n '__envsecrets_is check' -s h -l help -d 'Print this: `-h` in short, `--help` with examples'
complete -c envsecrets -n __envsecrets_is_first -a check -d 'Do everything but become the program, and print what it would get'
complete -c envsecrets -n '__envsecrets_is init' -l output -rF -d 'Write to this file, which must not be there yet; `-` for standard output'
complete -c envsecrets -n '__envsecrets_is init' -l path -x -d 'Read all parameters below this path'
complete -c envsecrets -n '__envsecrets_is init' -l optional-path -x -d 'The same, for a layer that may be empty'
complete -c envsecrets -n '__envsecrets_is init' -l names -x -d 'Read all parameters whose name matches: flat names, such as `prd.app.*`'
complete -c envsecrets -n '__envsecrets_is init' -l secret -x -d 'Make one variable from one parameter'
complete -c envsecrets -n '__envsecrets_is init' -l file -x -d 'Hand over one parameter as a file in memory'
complete -c envsecrets -n '__envsecrets_is init' -l file-owner -x -d 'Give those files to this user'
complete -c envsecrets -n '__envsecrets_is init' -l resolve -d 'Replace inherited variables that refer to a secret by that secret'
complete -c envsecrets -n '__envsecrets_is init' -l label -x -d 'Read paths and `--names` at this label, not at the newest version'
complete -c envsecrets -n '__envsecrets_is init' -l only -x -d 'Take only parameters whose name below the path matches'
complete -c envsecrets -n '__envsecrets_is init' -l exclude -x -d 'Leave out parameters whose name below the path matches'
complete -c envsecrets -n '__envsecrets_is init' -l name-from -x -a 'path leaf' -d 'Name variables after all that follows the path, or after the last part'
complete -c envsecrets -n '__envsecrets_is init' -l case -x -a 'upper keep' -d 'Turn letters into upper case, or keep them'
complete -c envsecrets -n '__envsecrets_is init' -l prefix -x -d 'Begin every name made from a path with this, such as TF_VAR_'
complete -c envsecrets -n '__envsecrets_is init' -l rename -x -d 'Give the variable of one parameter another name'
complete -c envsecrets -n '__envsecrets_is init' -l allow-name -x -d 'Allow names that run code in the program or redirect it'
complete -c envsecrets -n '__envsecrets_is init' -l require -x -d 'Fail unless these variables are among the secrets'
complete -c envsecrets -n '__envsecrets_is init' -l preserve-env -d 'Let inherited variables win over secrets of their name'
complete -c envsecrets -n '__envsecrets_is init' -l clean-env -d 'Inherit nothing but what `--keep` names'
complete -c envsecrets -n '__envsecrets_is init' -l keep -x -a '(set -nx)' -d 'With `--clean-env`, inherit these all the same'
complete -c envsecrets -n '__envsecrets_is init' -l unset -x -a '(set -nx)' -d 'Do not inherit these'
complete -c envsecrets -n '__envsecrets_is init' -l expand -d 'Replace {{NAME}} in the program\'s arguments, where every user can read it'
complete -c envsecrets -n '__envsecrets_is init' -l fingerprint -x -d 'Tell the program, in one more variable, which versions of which parameters it got'
complete -c envsecrets -n '__envsecrets_is init' -l region -x -d 'The region, instead of AWS_REGION or that of the profile'
complete -c envsecrets -n '__envsecrets_is init' -l profile -x -a '(__envsecrets_profiles)' -d 'The profile, instead of AWS_PROFILE'
complete -c envsecrets -n '__envsecrets_is init' -l timeout -x -d 'Give up after this time in all, such as 30s; 0 for never [default: 2m]'
complete -c envsecrets -n '__envsecrets_is init' -l start-jitter -x -d 'Wait a random time of up to this before the first call, for large fleets'
complete -c envsecrets -n '__envsecrets_is init' -s v -l verbose -d 'Say on stderr what is read from where; never a value'
complete -c envsecrets -n '__envsecrets_is init' -s h -l help -d 'Print this: `-h` in short, `--help` with examples'
complete -c envsecrets -n __envsecrets_is_first -a init -d 'Write envsecrets.toml from what there is: names, and no value'
complete -c envsecrets -n '__envsecrets_is get' -l show -d 'Print values even where a terminal would show them'
complete -c envsecrets -n '__envsecrets_is get' -s 0 -l null -d 'End each value with a NUL byte, not only one of several with a newline'
complete -c envsecrets -n '__envsecrets_is get' -l region -x -d 'The region, instead of ENVSECRETS_REGION, AWS_REGION or that of the profile'
complete -c envsecrets -n '__envsecrets_is get' -l profile -x -a '(__envsecrets_profiles)' -d 'The profile, instead of ENVSECRETS_PROFILE or AWS_PROFILE'
complete -c envsecrets -n '__envsecrets_is get' -l timeout -x -d 'Give up on one thing after this time, such as 30s; 0 for never [default: 2m]'
complete -c envsecrets -n '__envsecrets_is get' -s v -l verbose -d 'Say on stderr who is asked as whom; never a value'
complete -c envsecrets -n '__envsecrets_is get' -s h -l help -d 'Print this: `-h` in short, `--help` with examples'
complete -c envsecrets -n __envsecrets_is_first -a get -d 'Print the values of single parameters'
complete -c envsecrets -n '__envsecrets_is stale' -l pid -x -d 'Find the fingerprint in the environment of this process'
complete -c envsecrets -n '__envsecrets_is stale' -l is -x -d 'The fingerprint itself, such as a program has told it'
complete -c envsecrets -n '__envsecrets_is stale' -l probe -d 'Exit with 0 also if it cannot be told, for probes that would kill the program'
complete -c envsecrets -n '__envsecrets_is stale' -l path -x -d 'Read all parameters below this path'
complete -c envsecrets -n '__envsecrets_is stale' -l optional-path -x -d 'The same, for a layer that may be empty'
complete -c envsecrets -n '__envsecrets_is stale' -l names -x -d 'Read all parameters whose name matches: flat names, such as `prd.app.*`'
complete -c envsecrets -n '__envsecrets_is stale' -l secret -x -d 'Make one variable from one parameter'
complete -c envsecrets -n '__envsecrets_is stale' -l file -x -d 'Hand over one parameter as a file in memory'
complete -c envsecrets -n '__envsecrets_is stale' -l file-owner -x -d 'Give those files to this user'
complete -c envsecrets -n '__envsecrets_is stale' -l json -x -d 'Make a variable of each key of a JSON object'
complete -c envsecrets -n '__envsecrets_is stale' -l dotenv -x -d 'The same, for the text of a .env file'
complete -c envsecrets -n '__envsecrets_is stale' -l resolve -d 'Replace inherited variables that refer to a secret by that secret'
complete -c envsecrets -n '__envsecrets_is stale' -l label -x -d 'Read paths and `--names` at this label, not at the newest version'
complete -c envsecrets -n '__envsecrets_is stale' -l config -rF -d 'Read options and needed variables from a file'
complete -c envsecrets -n '__envsecrets_is stale' -l config-profile -x -d 'Let its [profiles.NAME] override the rest of it'
complete -c envsecrets -n '__envsecrets_is stale' -l strict -d 'Refuse secrets that it does not declare'
complete -c envsecrets -n '__envsecrets_is stale' -l only -x -d 'Take only parameters whose name below the path matches'
complete -c envsecrets -n '__envsecrets_is stale' -l exclude -x -d 'Leave out parameters whose name below the path matches'
complete -c envsecrets -n '__envsecrets_is stale' -l name-from -x -a 'path leaf' -d 'Name variables after all that follows the path, or after the last part'
complete -c envsecrets -n '__envsecrets_is stale' -l case -x -a 'upper keep' -d 'Turn letters into upper case, or keep them'
complete -c envsecrets -n '__envsecrets_is stale' -l prefix -x -d 'Begin every name made from a path with this, such as TF_VAR_'
complete -c envsecrets -n '__envsecrets_is stale' -l rename -x -d 'Give the variable of one parameter another name'
complete -c envsecrets -n '__envsecrets_is stale' -l allow-name -x -d 'Allow names that run code in the program or redirect it'
complete -c envsecrets -n '__envsecrets_is stale' -l require -x -d 'Fail unless these variables are among the secrets'
complete -c envsecrets -n '__envsecrets_is stale' -l preserve-env -d 'Let inherited variables win over secrets of their name'
complete -c envsecrets -n '__envsecrets_is stale' -l clean-env -d 'Inherit nothing but what `--keep` names'
complete -c envsecrets -n '__envsecrets_is stale' -l keep -x -a '(set -nx)' -d 'With `--clean-env`, inherit these all the same'
complete -c envsecrets -n '__envsecrets_is stale' -l unset -x -a '(set -nx)' -d 'Do not inherit these'
complete -c envsecrets -n '__envsecrets_is stale' -l expand -d 'Replace {{NAME}} in the program\'s arguments, where every user can read it'
complete -c envsecrets -n '__envsecrets_is stale' -l fingerprint -x -d 'Tell the program, in one more variable, which versions of which parameters it got'
complete -c envsecrets -n '__envsecrets_is stale' -l region -x -d 'The region, instead of AWS_REGION or that of the profile'
complete -c envsecrets -n '__envsecrets_is stale' -l profile -x -a '(__envsecrets_profiles)' -d 'The profile, instead of AWS_PROFILE'
complete -c envsecrets -n '__envsecrets_is stale' -l timeout -x -d 'Give up after this time in all, such as 30s; 0 for never [default: 2m]'
complete -c envsecrets -n '__envsecrets_is stale' -l start-jitter -x -d 'Wait a random time of up to this before the first call, for large fleets'
complete -c envsecrets -n '__envsecrets_is stale' -s v -l verbose -d 'Say on stderr what is read from where; never a value'
complete -c envsecrets -n '__envsecrets_is stale' -s h -l help -d 'Print this: `-h` in short, `--help` with examples'
complete -c envsecrets -n __envsecrets_is_first -a stale -d 'Tell whether a running program has secrets that have changed since'
# To here.
