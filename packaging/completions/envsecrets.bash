# Completes envsecrets in bash: its options, then the program, then what the program takes.

# Made from src/options/flags.rs from here; `ENVSECRETS_WRITE=1 cargo test manual` renews it.
_envsecrets_commands='check init get put list find history rollback rotate label tag delete import export diff copy move policy stale ps completions'
_envsecrets_options() {
    case $1 in
        '') echo '--path --optional-path --from --optional-from --names --secret --file --file-owner --json --dotenv --dotenv-dialect --resolve --label --config --config-profile --strict --only --exclude --name-from --case --separator --prefix --rename --allow-name --require --preserve-env --clean-env --keep --unset --expand --fingerprint --region --profile --role --external-id --timeout --start-jitter --verbose --color --help --version' ;;
        check) echo '--format --names-only --path --optional-path --from --optional-from --names --secret --file --file-owner --json --dotenv --dotenv-dialect --resolve --label --config --config-profile --strict --only --exclude --name-from --case --separator --prefix --rename --allow-name --require --preserve-env --clean-env --keep --unset --expand --fingerprint --region --profile --role --external-id --timeout --start-jitter --verbose --color --help' ;;
        init) echo '--output --path --optional-path --from --optional-from --names --secret --file --file-owner --dotenv-dialect --resolve --label --only --exclude --name-from --case --separator --prefix --rename --allow-name --require --preserve-env --clean-env --keep --unset --expand --fingerprint --region --profile --role --external-id --timeout --start-jitter --verbose --color --help' ;;
        get) echo '--show --null --format --region --profile --role --external-id --timeout --verbose --color --help' ;;
        put) echo '--from-file --generate --alphabet --characters --type --key-id --tier --tag --description --expires --notify-before --notify-unchanged --data-type --pattern --create-only --if-version --dry-run --strict --format --region --profile --role --external-id --timeout --verbose --color --help' ;;
        list) echo '--format --tree --columns --sort --reverse --all --depth --shared --tag --type --older-than --expiring --region --profile --role --external-id --timeout --verbose --color --help' ;;
        find) echo '--value --format --region --profile --role --external-id --timeout --verbose --color --help' ;;
        history) echo '--since --format --region --profile --role --external-id --timeout --verbose --color --help' ;;
        rollback) echo '--if-version --dry-run --strict --format --region --profile --role --external-id --timeout --verbose --color --help' ;;
        rotate) echo '--generate --alphabet --characters --new-from --with --probe --undo --as --expect-old-refused --probe-timeout --program-timeout --resume --abandon --yes --dry-run --format --region --profile --role --external-id --timeout --verbose --color --help' ;;
        label) echo '--version --remove --recursive --only --exclude --dry-run --format --region --profile --role --external-id --timeout --verbose --color --help' ;;
        tag) echo '--remove --replace --recursive --only --exclude --dry-run --format --region --profile --role --external-id --timeout --verbose --color --help' ;;
        delete) echo '--recursive --only --exclude --yes --dry-run --format --region --profile --role --external-id --timeout --verbose --color --help' ;;
        import) echo '--format --dotenv-dialect --skip-empty --path --strip --case --separator --description --only --exclude --type --key-id --tier --tag --overwrite --dry-run --strict --write-rate --output-format --region --profile --role --external-id --timeout --verbose --color --help' ;;
        export) echo '--format --output --overwrite --mask --show --path --optional-path --from --optional-from --names --secret --json --dotenv --dotenv-dialect --resolve --label --config --config-profile --strict --only --exclude --name-from --case --separator --prefix --rename --allow-name --require --region --profile --role --external-id --timeout --verbose --color --help' ;;
        diff) echo '--file-format --dotenv-dialect --to-region --to-profile --to-role --format --region --profile --role --external-id --timeout --verbose --color --help' ;;
        copy) echo '--one --only --exclude --rename --to-region --to-profile --to-role --key-id --no-tags --overwrite --dry-run --strict --write-rate --format --region --profile --role --external-id --timeout --verbose --color --help' ;;
        move) echo '--to-region --to-profile --to-role --key-id --overwrite --dry-run --strict --write-rate --yes --format --region --profile --role --external-id --timeout --verbose --color --help' ;;
        policy) echo '--format --for --write --account --key-id --name --path --optional-path --from --optional-from --names --secret --file --file-owner --json --dotenv --dotenv-dialect --resolve --label --config --config-profile --strict --only --exclude --name-from --case --separator --prefix --rename --allow-name --require --preserve-env --clean-env --keep --unset --expand --fingerprint --region --profile --external-id --timeout --start-jitter --verbose --color --help --role' ;;
        stale) echo '--pid --is --probe --format --path --optional-path --from --optional-from --names --secret --file --file-owner --json --dotenv --dotenv-dialect --resolve --label --config --config-profile --strict --only --exclude --name-from --case --separator --prefix --rename --allow-name --require --preserve-env --clean-env --keep --unset --expand --fingerprint --region --profile --role --external-id --timeout --start-jitter --verbose --color --help' ;;
        ps) echo '--stale --format --region --profile --role --external-id --timeout --verbose --color --help' ;;
        completions) echo '--color --help' ;;
    esac
}
_envsecrets_valued() {
    case $1 in
        '') echo '--path --optional-path --from --optional-from --names --secret --file --file-owner --json --dotenv --dotenv-dialect --label --config --config-profile --only --exclude --name-from --case --separator --prefix --rename --allow-name --require --keep --unset --fingerprint --region --profile --role --external-id --timeout --start-jitter --color' ;;
        check) echo '--format --path --optional-path --from --optional-from --names --secret --file --file-owner --json --dotenv --dotenv-dialect --label --config --config-profile --only --exclude --name-from --case --separator --prefix --rename --allow-name --require --keep --unset --fingerprint --region --profile --role --external-id --timeout --start-jitter --color' ;;
        init) echo '--output --path --optional-path --from --optional-from --names --secret --file --file-owner --dotenv-dialect --label --only --exclude --name-from --case --separator --prefix --rename --allow-name --require --keep --unset --fingerprint --region --profile --role --external-id --timeout --start-jitter --color' ;;
        get) echo '--format --region --profile --role --external-id --timeout --color' ;;
        put) echo '--from-file --alphabet --characters --type --key-id --tier --tag --description --expires --notify-before --notify-unchanged --data-type --pattern --if-version --format --region --profile --role --external-id --timeout --color' ;;
        list) echo '--format --columns --sort --depth --tag --type --older-than --expiring --region --profile --role --external-id --timeout --color' ;;
        find) echo '--format --region --profile --role --external-id --timeout --color' ;;
        history) echo '--since --format --region --profile --role --external-id --timeout --color' ;;
        rollback) echo '--if-version --format --region --profile --role --external-id --timeout --color' ;;
        rotate) echo '--alphabet --characters --new-from --with --probe --undo --as --probe-timeout --program-timeout --format --region --profile --role --external-id --timeout --color' ;;
        label) echo '--version --only --exclude --format --region --profile --role --external-id --timeout --color' ;;
        tag) echo '--remove --only --exclude --format --region --profile --role --external-id --timeout --color' ;;
        delete) echo '--only --exclude --format --region --profile --role --external-id --timeout --color' ;;
        import) echo '--format --dotenv-dialect --path --strip --case --separator --description --only --exclude --type --key-id --tier --tag --write-rate --output-format --region --profile --role --external-id --timeout --color' ;;
        export) echo '--format --output --path --optional-path --from --optional-from --names --secret --json --dotenv --dotenv-dialect --label --config --config-profile --only --exclude --name-from --case --separator --prefix --rename --allow-name --require --region --profile --role --external-id --timeout --color' ;;
        diff) echo '--file-format --dotenv-dialect --to-region --to-profile --to-role --format --region --profile --role --external-id --timeout --color' ;;
        copy) echo '--only --exclude --rename --to-region --to-profile --to-role --key-id --write-rate --format --region --profile --role --external-id --timeout --color' ;;
        move) echo '--to-region --to-profile --to-role --key-id --write-rate --format --region --profile --role --external-id --timeout --color' ;;
        policy) echo '--format --for --account --key-id --name --path --optional-path --from --optional-from --names --secret --file --file-owner --json --dotenv --dotenv-dialect --label --config --config-profile --only --exclude --name-from --case --separator --prefix --rename --allow-name --require --keep --unset --fingerprint --region --profile --external-id --timeout --start-jitter --color --role' ;;
        stale) echo '--pid --is --format --path --optional-path --from --optional-from --names --secret --file --file-owner --json --dotenv --dotenv-dialect --label --config --config-profile --only --exclude --name-from --case --separator --prefix --rename --allow-name --require --keep --unset --fingerprint --region --profile --role --external-id --timeout --start-jitter --color' ;;
        ps) echo '--format --region --profile --role --external-id --timeout --color' ;;
        completions) echo '--color' ;;
    esac
}
_envsecrets_choices() {
    case $1$2 in
        --dotenv-dialect) echo 'common npm node python chamber' ;;
        --name-from) echo 'path leaf' ;;
        --case) echo 'upper keep' ;;
        --color) echo 'auto always never' ;;
        check--format) echo 'table json names' ;;
        check--dotenv-dialect) echo 'common npm node python chamber' ;;
        check--name-from) echo 'path leaf' ;;
        check--case) echo 'upper keep' ;;
        check--color) echo 'auto always never' ;;
        init--dotenv-dialect) echo 'common npm node python chamber' ;;
        init--name-from) echo 'path leaf' ;;
        init--case) echo 'upper keep' ;;
        init--color) echo 'auto always never' ;;
        get--format) echo 'text json' ;;
        get--color) echo 'auto always never' ;;
        put--alphabet) echo 'alphanumeric readable hex digits printable' ;;
        put--type) echo 'SecureString String StringList' ;;
        put--tier) echo 'standard advanced intelligent' ;;
        put--format) echo 'table json' ;;
        put--color) echo 'auto always never' ;;
        list--format) echo 'table json csv markdown' ;;
        list--columns) echo 'name variable type version labels stages tier key modified by expires tags description' ;;
        list--sort) echo 'name variable type version labels stages tier key modified by expires tags description' ;;
        list--type) echo 'SecureString String StringList' ;;
        list--color) echo 'auto always never' ;;
        find--format) echo 'table json' ;;
        find--color) echo 'auto always never' ;;
        history--format) echo 'table json' ;;
        history--color) echo 'auto always never' ;;
        rollback--format) echo 'table json' ;;
        rollback--color) echo 'auto always never' ;;
        rotate--alphabet) echo 'alphanumeric readable hex digits printable' ;;
        rotate--as) echo 'env file' ;;
        rotate--format) echo 'table json' ;;
        rotate--color) echo 'auto always never' ;;
        label--format) echo 'table json' ;;
        label--color) echo 'auto always never' ;;
        tag--format) echo 'table json' ;;
        tag--color) echo 'auto always never' ;;
        delete--format) echo 'table json' ;;
        delete--color) echo 'auto always never' ;;
        import--format) echo 'dotenv json yaml properties csv aws k8s' ;;
        import--dotenv-dialect) echo 'common npm node python chamber' ;;
        import--case) echo 'keep lower upper' ;;
        import--type) echo 'SecureString String StringList' ;;
        import--tier) echo 'standard advanced intelligent' ;;
        import--output-format) echo 'table json' ;;
        import--color) echo 'auto always never' ;;
        export--format) echo 'dotenv json yaml shell systemd docker properties csv tfvars github' ;;
        export--dotenv-dialect) echo 'common npm node python chamber' ;;
        export--name-from) echo 'path leaf' ;;
        export--case) echo 'upper keep' ;;
        export--color) echo 'auto always never' ;;
        diff--file-format) echo 'dotenv json yaml properties csv aws k8s' ;;
        diff--dotenv-dialect) echo 'common npm node python chamber' ;;
        diff--format) echo 'table json' ;;
        diff--color) echo 'auto always never' ;;
        copy--format) echo 'table json' ;;
        copy--color) echo 'auto always never' ;;
        move--format) echo 'table json' ;;
        move--color) echo 'auto always never' ;;
        policy--format) echo 'json terraform cloudformation vault' ;;
        policy--for) echo 'launch check names stale write assume operator rotator auditor' ;;
        policy--dotenv-dialect) echo 'common npm node python chamber' ;;
        policy--name-from) echo 'path leaf' ;;
        policy--case) echo 'upper keep' ;;
        policy--color) echo 'auto always never' ;;
        stale--format) echo 'table json' ;;
        stale--dotenv-dialect) echo 'common npm node python chamber' ;;
        stale--name-from) echo 'path leaf' ;;
        stale--case) echo 'upper keep' ;;
        stale--color) echo 'auto always never' ;;
        ps--format) echo 'table json' ;;
        ps--color) echo 'auto always never' ;;
        completions--color) echo 'auto always never' ;;
    esac
}
_envsecrets_files=' import diff --config check--config init--output put--from-file export--output export--config policy--config stale--config '
# To here.

_envsecrets_profiles() {
    sed -n 's/^\[\(profile \)\{0,1\}\([^]]*\)\]$/\2/p' \
        "${AWS_CONFIG_FILE:-$HOME/.aws/config}" 2>/dev/null
}

# The program begins at word $1: from there on it is as if there were nothing before it.
_envsecrets_program() {
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$1"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    elif ((COMP_CWORD == $1)); then
        mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
    else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
    fi
}

_envsecrets() {
    local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} flag='' words i
    local command=''
    COMPREPLY=()
    if ((COMP_CWORD > 1)) && [[ " $_envsecrets_commands " == *" ${COMP_WORDS[1]} "* ]]; then
        command=${COMP_WORDS[1]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} == -- ]]; then
            _envsecrets_program $((i + 1))
            return
        fi
    done
    # `=` is a word of its own here.
    if [[ $cur == = ]]; then
        flag=$before cur=''
    elif [[ $before == = ]]; then
        flag=${COMP_WORDS[COMP_CWORD - 2]}
    elif [[ " $(_envsecrets_valued "$command") " == *" $before "* ]]; then
        flag=$before
    fi
    # A file may stand in the place of an option, or be the value of one.
    if [[ -n $command$flag && $cur != -* && $_envsecrets_files == *" $command$flag "* ]]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
    fi
    case $flag in
        '')
            words="$(_envsecrets_options "$command") --"
            ((COMP_CWORD == 1)) && words+=" $_envsecrets_commands"
            ;;
        --profile) words=$(_envsecrets_profiles) ;;
        --keep | --unset | --preserve-env) words=$(compgen -e) ;;
        *) words=$(_envsecrets_choices "$command" "$flag") ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _envsecrets envsecrets
