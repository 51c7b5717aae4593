# Completes envsecrets in bash: its options, then the program, then what the program takes.

# Made from src/cli.rs from here; `ENVSECRETS_WRITE=1 cargo test papers` renews it.
_envsecrets_both='--path --optional-path --secret --file --file-owner --json --dotenv --resolve --label --config --config-profile --strict --only --exclude --name-from --case --prefix --rename --allow-name --require --preserve-env --clean-env --keep --unset --expand --region --profile --timeout --start-jitter --verbose --help'
_envsecrets_launch='--version'
_envsecrets_check='--format --names-only'
_envsecrets_valued='--path --optional-path --secret --file --file-owner --json --dotenv --label --config --config-profile --only --exclude --name-from --case --prefix --rename --allow-name --require --keep --unset --region --profile --timeout --start-jitter --format'
_envsecrets_choices() {
    case $1 in
        --name-from) echo 'path leaf' ;;
        --case) echo 'upper keep' ;;
        --format) echo 'table json names' ;;
    esac
}
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
    COMPREPLY=()
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
    elif [[ " $_envsecrets_valued " == *" $before "* ]]; then
        flag=$before
    fi
    case $flag in
        '')
            words="$_envsecrets_both --"
            if [[ ${COMP_WORDS[1]} == check ]]; then
                words+=" $_envsecrets_check"
            else
                words+=" $_envsecrets_launch"
            fi
            ((COMP_CWORD == 1)) && words+=' check'
            ;;
        --profile) words=$(_envsecrets_profiles) ;;
        --keep | --unset | --preserve-env) words=$(compgen -e) ;;
        *) words=$(_envsecrets_choices "$flag") ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _envsecrets envsecrets
