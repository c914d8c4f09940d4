#!/bin/sh
# Ends the running shop, if there is one.
set -eu
. "$(dirname "$0")/settings.sh"

if [ ! -f "$PIDFILE" ]; then
    echo "Nothing is running."
    exit 0
fi
pid="$(cat "$PIDFILE")"
if kill "$pid" 2>/dev/null; then
    echo "Stopping process $pid."
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 50 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
fi
rm -f "$PIDFILE"
