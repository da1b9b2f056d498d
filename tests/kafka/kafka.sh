# Sourced by faults and cases: options, a scratch folder, a cluster, an agent and an indexer, and comparisons. What fails
# is told with `fail`; all that was started is ended when the script ends, however it does.

home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
winnow=$home/../../build/winnow
seed=$((EPOCHSECONDS % 100000))
thorough=false
failed=0
rest=()
while [ $# -gt 0 ]; do
    case $1 in
    --winnow) winnow=${2:?--winnow needs a path} && shift ;;
    --seed) seed=${2:?--seed needs a number} && shift ;;
    --quick) thorough=false ;;
    --thorough) thorough=true ;;
    *) rest+=("$1") ;;
    esac
    shift
done
winnow=$(realpath -e "$winnow") || exit 2
check=${winnow%/*}/kafka_check
export KAFKA_TOPICS=${winnow%/*}/kafka_topics
[ -x "$check" ] && [ -x "$KAFKA_TOPICS" ] || {
    echo 'skipped: built without Kafka, or without its tests'
    exit 77
}
"$home/jars" >/dev/null || exit
RANDOM=$seed

scratch=$(mktemp -d) || exit 2
scratch=$(cd "$scratch" && pwd -P)
cluster=
declare -A pids=() started_ms=()
cd "$scratch" || exit 2
unset WINNOW_STORE WINNOW_CONFIG NOTIFY_SOCKET
export TZ=UTC LC_ALL=C.UTF-8 XDG_CONFIG_HOME=$scratch/none

finish() {
    local name
    trap '' INT TERM
    for name in "${!pids[@]}"; do
        kill -CONT "${pids[$name]}" 2>/dev/null
        kill -KILL "${pids[$name]}" 2>/dev/null
    done
    [ -z "$cluster" ] || "$home/broker" "$cluster" end
    if [ $failed -eq 0 ]; then
        rm -rf "$scratch"
    else
        echo "again with --seed $seed; what was done: $scratch"
    fi
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() {
    echo "FAILED: $*"
    failed=$((failed + 1))
}

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

exec {silence}<> <(:) # a pipe in which nothing is ever written

nap_ms() { # without a process, so that short naps are short
    local seconds
    printf -v seconds '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
    read -rt "$seconds" -u "$silence" || true
}

# ---- The cluster ------------------------------------------------------------------------------------------------------------

broker() { "$home/broker" "$cluster" "$@"; }

topics() { "$KAFKA_TOPICS" "$(<"$cluster/addresses")" "$@"; }

cluster_start() { # N
    cluster=$scratch/cluster$1
    brokers=$1
    broker start "$1" || exit 2
    clients=$(<"$cluster/clients")
    KAFKA_PASSWORD=$(<"$cluster/password")
    export KAFKA_PASSWORD
}

cluster_end() {
    broker end
    cluster=
}

# ---- winnow ------------------------------------------------------------------------------------------------------------------

# How clients connect, for all of them: as user winnow, who can be refused.
properties='security.protocol: SASL_PLAINTEXT, sasl.mechanisms: PLAIN, sasl.username: winnow, sasl.password: "env:KAFKA_PASSWORD"'

# configure_agent NAME [SETTING...]: follows logs/*.log, and fans out to topic NAME; settings of the output
configure_agent() {
    local name=$1
    shift
    {
        printf 'store: %s/agent.db\nsources:\n  - file: %s/logs/*.log\n' "$PWD" "$PWD"
        printf 'outputs:\n  - kafka:\n      name: %s\n      brokers: "%s"\n      topic: %s\n' "$name" "$clients" "$name"
        printf '      properties: {%s%s}\n' "$properties" "${more_properties:+, $more_properties}"
        [ $# -eq 0 ] || printf '      %s\n' "$@"
    } >agent.yaml
    mkdir -p logs
}

configure_indexer() { # TOPIC [SETTING...]
    local topic=$1
    shift
    {
        printf 'store: %s/indexer.db\nsources:\n  - kafka:\n      brokers: "%s"\n      topics: [%s]\n' "$PWD" "$clients" "$topic"
        printf '      group: indexers-%s\n      from: beginning\n      properties: {%s}\n' "$topic" "$properties"
        [ $# -eq 0 ] || printf '      %s\n' "$@"
    } >indexer.yaml
}

run_start() { # agent|indexer
    run_lives "$1" && return
    "$winnow" run -c "$PWD/$1.yaml" >>"$1.log" 2>&1 </dev/null &
    pids[$1]=$!
    started_ms[$1]=$(now_ms)
}

run_lives() { [ -n "${pids[$1]-}" ] && kill -0 "${pids[$1]}" 2>/dev/null; }

run_signal() { # SIGNAL agent|indexer
    ! run_lives "$2" || kill "-$1" "${pids[$2]}"
}

run_kill() {
    run_signal KILL "$1"
    wait "${pids[$1]}" 2>/dev/null
    unset "pids[$1]"
}

run_stop() { # it must end within seconds, with status 0
    local status until=$((SECONDS + 20)) young=false
    [ -n "${pids[$1]-}" ] || return
    [ $(($(now_ms) - started_ms[$1])) -gt 500 ] || young=true # it need not have got to where it minds signals
    run_signal CONT "$1"
    run_signal TERM "$1"
    while run_lives "$1" && [ $SECONDS -lt $until ]; do
        nap_ms 50
    done
    ! run_lives "$1" || {
        fail "the $1 does not end when told to"
        run_signal ABRT "$1"
    }
    wait "${pids[$1]}"
    status=$?
    unset "pids[$1]"
    [ $status -eq 0 ] || { $young && [ $status -eq 143 ]; } || fail "the $1 ended with status $status: $(tail -n 3 "$1.log")"
}

run_check() { # it must live: a run that ends by itself is a fault
    run_lives "$1" || {
        wait "${pids[$1]}"
        fail "the $1 ended by itself with status $?: $(tail -n 3 "$1.log")"
        run_start "$1"
    }
}

status_of() { # agent|indexer JQ-FILTER
    "$winnow" status --store "$1.db" -o json 2>/dev/null | jq -r "$2" 2>/dev/null
}

records_of() { "$winnow" search --store "$1.db" --count 2>/dev/null || true; }

delivered() { # nothing is in the files or in the store that the topic does not have
    [ "$(status_of agent '[.sources[].lag_bytes] + [.outputs[].lag_records] | add')" = 0 ]
}

# wait_for SECONDS WHAT COMMAND...: asks again and again
wait_for() {
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        if [ $SECONDS -ge "$until" ]; then
            fail "not within time: $what"
            return 1
        fi
        nap_ms 200
    done
}

same_count() { [ "$(records_of agent)" = "$(records_of indexer)" ]; }

# ---- Comparisons ---------------------------------------------------------------------------------------------------------------

# The topic, judged against the agent's store; sets judged to the counts.
check_topic() { # TOPIC json|raw
    "$winnow" search --store agent.db -n all -o json >expected.json 2>search.err
    [ $? -le 1 ] || fail "the agent's store cannot be searched: $(<search.err)"
    judged=$("$check" "$(<"$cluster/addresses")" "$1" "$2" expected.json 2>judged.err) ||
        fail "topic $1: $judged: $(head -n 5 judged.err)"
}

# What each source holds must be what was written into it: NAME.log after its rotated remainders, the oldest first.
check_files() { # agent|indexer
    local file name
    for file in logs/*.log; do
        name=$(basename "$file")
        # shellcheck disable=SC2046
        cat $(ls -v "rotated/$name".* 2>/dev/null) "$file" >written
        "$winnow" search --store "$1.db" --source "$PWD/logs/$name" -n all -o raw >found 2>search.err
        cmp written found >cmp.out 2>&1 || fail "the $1's $name is not what was written: $(<cmp.out)"
    done
}

answers() { # agent|indexer FOLDER: what the users ask, a file for each question
    local id name store=$1.db folder=$2
    mkdir -p "$folder"
    for name in logs/*.log; do
        "$winnow" search --store "$store" --source "$PWD/$name" -n all -o raw >"$folder/raw.${name##*/}"
    done
    "$winnow" search --store "$store" -n all -o json >"$folder/search"
    for id in $(jq -r '.query_id // .request_id // empty' "$folder/search" | sort -u | awk 'NR % 25 == 1' | head -n 20); do
        "$winnow" trace --store "$store" -o json "$id"
    done >"$folder/trace"
    "$winnow" logins --store "$store" --all -o json >"$folder/logins"
    "$winnow" logins --store "$store" --by user,ip -o json >"$folder/logins_by"
    "$winnow" errors --store "$store" -o json >"$folder/errors"
    "$winnow" errors --store "$store" --by service -o json >"$folder/errors_by"
    "$winnow" limits --store "$store" -o json >"$folder/limits"
    "$winnow" patterns --store "$store" -o json >"$folder/patterns"
} 2>/dev/null

# check_answers exact|sources|sets: the agent's and the indexer's are the same, byte for byte. Records of equal time stand in the order in which
# they came, which over several partitions is another one: then all but the sources' bytes are compared as sets of lines; where a
# source is spread over partitions, these too.
check_answers() {
    local file name
    answers agent answers.agent
    answers indexer answers.indexer
    for file in answers.agent/*; do
        name=${file##*/}
        if [ "$1" = sets ] || { [ "$1" = sources ] && [[ $name != raw.* ]]; }; then
            if [ "$name" = patterns ]; then # the example is the one stored last
                jq -c 'del(.example)' "$file" >one && mv one "$file"
                jq -c 'del(.example)' "answers.indexer/$name" >one && mv one "answers.indexer/$name"
            fi
            LC_ALL=C sort -o "$file" "$file"
            LC_ALL=C sort -o "answers.indexer/$name" "answers.indexer/$name"
        fi
        cmp "$file" "answers.indexer/$name" >cmp.out 2>&1 || fail "answers differ: $(<cmp.out)"
    done
    [ -s answers.agent/search ] || fail 'there is nothing to compare'
}

check_stores() {
    local name
    for name in agent indexer; do
        [ ! -e $name.db ] || "$winnow" verify --store $name.db --deep >verified 2>&1 || fail "verify $name: $(<verified)"
    done
}
