#!/bin/bash
# The echo server of docs/examples against real peers: those that behave (ncat, socat, curl), and
# those that do not. After each of these a fresh client is answered within a second, and the server
# has as many descriptors as before. Then what it asks of the system for each request is counted.
# Argument: the server.
set -uo pipefail

SERVER=$PWD/$1
RUDE=$PWD/tests/rude_client.py
. tests/expect.sh
WORK=$(mktemp -d)
server=
# The server's end is waited for: its exit code and last words count.
stop() {
    [ -n "$server" ] || return
    kill -TERM "$server" 2>/dev/null
    wait "$server" || fail "the server ended with code $?: $(cat "$WORK/log")"
    server=
}
trap 'kill -9 $server 2>/dev/null; rm -rf "$WORK"' EXIT

# start WHERE [COMMAND...]: the server at a port or path, perhaps by another command
start() {
    local where=$1
    shift
    : >"$WORK/log" # nothing of the one before is to be read
    "$@" "$SERVER" "$where" >"$WORK/log" 2>&1 &
    server=$!
    for ((i = 0; i < 500; i++)); do
        grep -q '^listening' "$WORK/log" && break
        sleep 0.02
    done
    port=$(sed -n 's/^listening at 127.0.0.1://p' "$WORK/log")
}

descriptors() {
    find "/proc/$server/fd" -mindepth 1 | wc -l
}

fresh_client_is_answered() {
    [ "$(timeout 1 socat -t 1 - "TCP:127.0.0.1:$port" <<<hello)" = hello ] ||
        fail "a fresh client after $1 was not answered within a second"
}

# is_as_before WHAT: some ends reach the server later than others
is_as_before() {
    fresh_client_is_answered "$1"
    for ((i = 0; i < 250; i++)); do
        [ "$(descriptors)" -eq "$before" ] && return
        sleep 0.02
    done
    fail "after $1 the server has $(descriptors) descriptors instead of $before"
}

survives() {
    "$@" || fail "exit code $?: $*"
    is_as_before "$2"
}

polite_peers() {
    head -c 1000000 "$SERVER" >"$WORK/data" # of an executable: bytes of all values
    ncat 127.0.0.1 "$port" <"$WORK/data" >"$WORK/ncat"
    cmp "$WORK/data" "$WORK/ncat" || fail "ncat got something else back"
    socat -t 10 - "TCP:127.0.0.1:$port" <"$WORK/data" >"$WORK/socat"
    cmp "$WORK/data" "$WORK/socat" || fail "socat got something else back"
    # curl goes on until it has read a line.
    { printf 'hello curl\n'; sleep 0.5; } |
        curl -sN --max-time 1 "telnet://127.0.0.1:$port" >"$WORK/curl"
    grep -q 'hello curl' "$WORK/curl" || fail "curl got something else back"
    is_as_before "polite clients"
}

rude_peers() {
    local client
    for way in reset half rubbish knock; do
        survives "$RUDE" "$way" "$port"
    done
    "$RUDE" hold "$port" >"$WORK/hold" &
    client=$!
    for ((i = 0; i < 500; i++)); do
        grep -q holding "$WORK/hold" && break
        sleep 0.02
    done
    fresh_client_is_answered "fifty silent clients"
    kill -9 "$client"
    wait "$client" 2>/dev/null
    is_as_before "kill -9 of a client with fifty connections"
}

# The server learns of peers that vanished when it answers them: it is stopped until they have.
half_open_peers() {
    local code
    kill -STOP "$server"
    "$RUDE" vanish "$port"
    code=$?
    kill -CONT "$server"
    if [ $code -eq 77 ]; then
        echo "no peer vanishes: that takes the capability CAP_NET_ADMIN" >&2
    elif [ $code -ne 0 ]; then
        fail "exit code $code: vanish"
    fi
    is_as_before "peers that vanished"
}

# A server that was killed leaves its path; the next one takes it over, and removes it.
unix_path() {
    start "$WORK/socket"
    kill -9 "$server"
    wait "$server" 2>/dev/null
    [ -S "$WORK/socket" ] || fail "no socket was left behind: this test shows nothing"
    start "$WORK/socket"
    [ "$(timeout 5 socat -t 1 - "UNIX-CONNECT:$WORK/socket" <<<unix)" = unix ] ||
        fail "nobody serves the path: $(cat "$WORK/log")"
    expect 1 "$SERVER" "$WORK/socket"
    says 'Address already in use'
    stop
    [ ! -e "$WORK/socket" ] && [ ! -e "$WORK/socket.lock" ] || fail "the path was left behind"
}

calls_of() {
    awk -v name="$1" '$NF == name { print $4; found = 1 } END { if (!found) print 0 }' "$WORK/$2"
}

# Between 200 requests and 1,200 of them there are a thousand of each call, and none besides; one
# more or less, because the first one may be there already when it is asked for, and the end, too.
count_calls() {
    if ! strace -f -o "$WORK/try" true 2>/dev/null; then
        echo "calls are not counted: strace may not trace here" >&2
        return
    fi
    for n in 200 1200; do
        start 0 strace -f -c -o "$WORK/calls.$n"
        "$RUDE" ask "$port" "$n" || fail "asking $n times"
        pkill -TERM -P "$server"
        wait "$server"
        server=
    done
    for call in recvfrom:1000 sendto:1000 epoll_ctl:0 accept4:0 close:0 poll:0 recvmsg:0; do
        local name=${call%:*} more
        more=$(($(calls_of "$name" calls.1200) - $(calls_of "$name" calls.200)))
        more=$((more - ${call#*:}))
        [ "${more#-}" -le 2 ] ||
            fail "a thousand requests made $more calls of $name beyond ${call#*:}"
    done
}

start 0
[ -n "$port" ] || fail "the server does not listen: $(cat "$WORK/log")"
before=$(descriptors)
polite_peers
rude_peers
half_open_peers
stop
grep -q '^served' "$WORK/log" || fail "it did not finish: $(cat "$WORK/log")"
unix_path
count_calls
expect 1 "$SERVER" 70000
says '70000 is no port'
expect 1 "$SERVER" ''
says 'is empty'
[ "$failures" -eq 0 ] && echo "all peers were served"
exit $((failures > 0))
