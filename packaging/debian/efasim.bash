# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Completion of efasim's command line for bash.

_efasim()
{
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]-}
    local i words

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        words='run serve key diff status stop objects counters reset-counters fault faults clear-faults
            stall resume remove restore trace --help --version'
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
        return
    fi
    # What follows -- is the command's own.
    if [ "$command" = run ]; then
        for ((i = 2; i < COMP_CWORD; i++)); do
            [ "${COMP_WORDS[i]}" != -- ] && continue
            if declare -F _command_offset > /dev/null; then
                _command_offset $((i + 1))
            else
                mapfile -t COMPREPLY < <(compgen -c -- "$word")
            fi
            return
        done
    fi
    case "$previous" in
        --config | --key | --trace)
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return ;;
        --instance)
            words=$(find "${XDG_RUNTIME_DIR:-/nonexistent}/efasim" -maxdepth 1 -name '*.socket' \
                -printf '%f\n' 2> /dev/null | sed 's/\.socket$//')
            mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
            return ;;
        --listen | --peer | --device | --qp)
            return ;;
    esac
    case "$command" in
        run) words='--config --device --instance --trace --no-preload --verbose --' ;;
        serve) words='--config --instance --trace --verbose --listen --peer --key' ;;
        diff)
            if [ "$previous" = --preset ]; then
                words='efa-0xefa0 efa-0xefa1 efa-0xefa2 efa-0xefa3 efa-0xefa4'
            else
                mapfile -t COMPREPLY < <(compgen -f -W --preset -- "$word")
                return
            fi ;;
        key)
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return ;;
        status | objects | faults) words='--json --instance' ;;
        counters) words='--json --qp --device --instance' ;;
        remove | restore) words='--device --instance' ;;
        trace) words='requests doorbells descriptors completions all off --json --qp --instance' ;;
        *) words='--instance' ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -o filenames -F _efasim efasim
