# Sourced by the scripts here: 24 MB of logs in a scratch folder, a store that was never disturbed, and the comparison of
# another one with it. Sets $scratch, $inputs, $winnow, $seed, $duration_ms.

home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
winnow=$home/../../build/winnow
seed=$((EPOCHSECONDS % 100000))
failed=0

usage() {
    echo "usage: tests/fault/${0##*/} [--winnow BINARY] [--seed N]" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    case $1 in
    --winnow) winnow=${2:?--winnow needs a path} && shift ;;
    --seed) seed=${2:?--seed needs a number} && shift ;;
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

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# As `sleep`, without a process.
nap_ms() { read -rt "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))" <> <(:) || true; }

make_inputs() {
    awk -v form=json -v bytes=12000000 -v seed=1 -f "$home/make_log.awk" >api.log &
    awk -v form=sshd -v bytes=6000000 -v seed=2 -f "$home/make_log.awk" >sshd.log
    awk -v form=json -v bytes=6000000 -v seed=3 -f "$home/make_log.awk" >old.plain
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
    "$winnow" status --store "$1" -o json | sed 's/.*"sources"://' | tr '{' '\n' | sed 's/,"lag_seconds":[0-9]*//' | sort
}

# compare STORE WHAT: it holds what the undisturbed one does, every line once, byte for byte and in order
compare() {
    local file plain
    for file in "${inputs[@]}"; do
        plain=${file/old.gz/old.plain}
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
