# Sourced by the cases: what a user types, what comes back, as a transcript on stdout.

stamp=2026-11-20T11:00:00Z # of every input: what the year-less stamps of syslog are read against

# take FILE...: copies inputs of this folder here, with a known modification time
take() {
    local file
    for file in "$@"; do
        cp "$CASE/../input/$file" . && touch -d "$stamp" "$file"
    done
}

# w ARGUMENTS...: runs winnow; stdout and stderr, then the status when it is not 0
w() {
    local word line='$ winnow' status
    for word in "$@"; do
        [[ $word =~ ^[A-Za-z0-9_./:=,@*+-]+$ ]] || word="'$word'"
        line+=" $word"
    done
    printf '%s\n' "$line"
    "$WINNOW" "$@" 2>&1
    status=$?
    [ $status -eq 0 ] || echo "status $status"
    return 0
}

# ingest ARGUMENTS...: the same for an ingest, its summary as JSON without the seconds
ingest() {
    w ingest -o json "$@" | sed 's/,"seconds":[0-9.]*}/}/'
}

# load: all inputs in the store, nothing printed
load() {
    take app.jsonl auth.log access.log
    "$WINNOW" ingest -q app.jsonl auth.log access.log || echo "load: status $?"
}

# same FILE SOURCE: the store gives the file back, byte for byte
same() {
    if "$WINNOW" search --source "$2" -n all -o raw 2>/dev/null | cmp - "$1"; then
        echo "$2: the same bytes"
    fi
}
