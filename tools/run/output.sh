# SPDX-License-Identifier: Apache-2.0
#
# What ./run prints. Sourced by it.

bold="" dim="" red="" reset=""
if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' reset=$'\e[0m'; fi
say() { printf '%s==> %s%s\n' "$bold" "$*" "$reset"; }
note() { printf '    %s%s%s\n' "$dim" "$*" "$reset"; }
fail() {
    printf '%serror:%s %s\n' "$red" "$reset" "$*" >&2
    exit 1
}

# timed WHAT COMMAND...: runs the command and prints how long it took.
timed() {
    local what=$1 begin=$SECONDS status=0
    shift
    say "$what"
    "$@" || status=$?
    if ((status == 0)); then note "$what: $((SECONDS - begin)) s"; else note "$what: FAILED after $((SECONDS - begin)) s"; fi
    return $status
}
