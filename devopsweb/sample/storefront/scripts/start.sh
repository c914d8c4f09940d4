#!/bin/sh
# Starts the shop in the background, in a session of its own.
set -eu
. "$(dirname "$0")/settings.sh"

cd "$ROOT"
nohup setsid python3 -m storefront >"$LOGFILE" 2>&1 </dev/null &
echo "$!" >"$PIDFILE"
echo "Started process $! on port $PORT."
