# Sourced by the scripts here: $megabytes (24) MB of logs in a scratch folder, a store that was never disturbed, and the
# comparison of another one with it. Sets $scratch, $inputs, $winnow, $seed, $thorough, $duration_ms.

home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
winnow=$home/../../build/winnow
seed=$((EPOCHSECONDS % 100000))
thorough=false
failed=0

usage() {
    echo "usage: tests/fault/${0##*/} [--winnow BINARY] [--seed N] [--thorough]" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    case $1 in
    --winnow) winnow=${2:?--winnow needs a path} && shift ;;
    --seed) seed=${2:?--seed needs a number} && shift ;;
    --thorough) thorough=true ;;
    *) usage ;;
    esac
    shift
done
winnow=$(realpath -e "$winnow") || exit 2
RANDOM=$seed

scratch=$(mktemp -d) || exit 2
scratch=$(cd "$scratch" && pwd -P)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 2
unset WINNOW_STORE
export TZ=UTC LC_ALL=C.UTF-8

fail() {
    echo "FAILED: $*"
    failed=$((failed + 1))
}

# How many lines a store holds, as wc -l would count them: of each source by itself, since the last line of one may have no end.
stored_lines() { # STORE
    local source lines=0
    while read -r source; do
        lines=$((lines + $("$winnow" search --store "$1" --source "$source" -n all -o raw 2>/dev/null | grep -c '')))
    done < <("$winnow" status --store "$1" -o json 2>/dev/null | grep -o '"source":"[^"]*"' | cut -d'"' -f4 | sort -u)
    echo $lines
}

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

exec {silence}<> <(:) # a pipe in which nothing is ever written

# As `sleep`, without a process, so that short naps are short.
nap_ms() {
    local seconds
    printf -v seconds '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
    read -rt "$seconds" -u "$silence" || true
}

make_inputs() {
    local half=$((${megabytes:-24} * 500000)) quarter=$((${megabytes:-24} * 250000))
    awk -v form=json -v bytes=$half -v seed=1 -f "$home/make_log.awk" >api.log &
    awk -v form=sshd -v bytes=$quarter -v seed=2 -f "$home/make_log.awk" >sshd.log
    awk -v form=json -v bytes=$quarter -v seed=3 -f "$home/make_log.awk" >old.plain
    gzip -1 -nc old.plain >old.gz
    wait
    touch -d 2026-11-30T00:00:00Z api.log sshd.log old.gz # what sshd's stamps without a year are read against
    inputs=(api.log old.gz sshd.log)
}

# facts STORE: everything that is counted, in a fixed order
facts() {
    "$winnow" search --store "$1" --count
    "$winnow" search --store "$1" --by source,level -o json | sort
    "$winnow" logins --store "$1" --all --by user,ip -o json | sort
    "$winnow" limits --store "$1" --by user -o json | sort
    "$winnow" errors --store "$1" --by pattern -o json | sort
    "$winnow" errors --store "$1" -o raw | sha256sum
    "$winnow" status --store "$1" -o json | sed 's/.*"sources"://; s/],"outputs".*//' | tr '{' '\n' |
        sed 's/,"lag_seconds":[0-9]*//; s/,$//' | sort
    "${winnow%/*}/counts" "$1" | sort
}

plain_of() { echo "${1/old.gz/old.plain}"; }

# sound STORE WHAT: the store is whole, and counts what its facts are
sound() {
    "$winnow" verify --deep --store "$1" >found 2>&1 || fail "$2: $(cat found)"
}

# shim NAME: the path of the library tests/fault/NAME.c, built beside the binary
shim() {
    realpath -e "${winnow%/*}/$1.so" || exit 2
}

# compare_begin STORE WHAT: of each source it holds the begin, whole lines (unless $within_lines), byte for byte
compare_begin() {
    local file plain bytes
    for file in "${inputs[@]}"; do
        plain=$(plain_of "$file")
        "$winnow" search --store "$1" --source "$file" -n all -o raw >begin 2>errors
        [ $? -le 1 ] || fail "$2: cannot be searched: $(cat errors)"
        bytes=$(stat -c %s begin)
        cmp -s -n "$bytes" begin "$plain" || fail "$2: what is stored of $file is not how it begins"
        ${within_lines:-false} || [ "$bytes" -eq 0 ] || [ "$bytes" -eq "$(stat -c %s "$plain")" ] || [ -z "$(tail -c 1 begin)" ] ||
            fail "$2: $file is cut within a line"
    done
}

# compare STORE WHAT: it holds what the undisturbed one does, every line once, byte for byte and in order
compare() {
    local file plain
    for file in "${inputs[@]}"; do
        plain=$(plain_of "$file")
        "$winnow" search --store "$1" --source "$file" -n all -o raw 2>errors | cmp -s - "$plain" ||
            fail "$2: $file does not come back as it was: $(cat errors)"
    done
    facts "$1" >found 2>errors
    if ! cmp -s found expected; then
        diff expected found | head -n 5
        fail "$2: the facts differ: $(head -c 2000 errors)"
    fi
}

make_expected() {
    local since
    since=$(now_ms)
    "$winnow" ingest -q --store undisturbed.db "${inputs[@]}" || fail "an undisturbed ingest: status $?"
    duration_ms=$(($(now_ms) - since))
    facts undisturbed.db >expected 2>/dev/null
    compare undisturbed.db 'undisturbed'
}

finish() {
    [ "$failed" -eq 0 ] || echo "$failed failed; again with --seed $seed"
    exit $((failed > 0))
}

make_inputs
make_expected
