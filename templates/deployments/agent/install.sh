#!/bin/sh
# Installs the DevOpsWeb agent on this host and joins it to {{ server|safe }}.
#   curl -fsS {{ server|safe }}/agent/install | sh -s -- --token TOKEN [--name NAME] [--tag KEY=VALUE] [--env KEY=VALUE]
# As root it installs to /opt/devopsweb-agent, otherwise to ~/.devopsweb-agent. Run again
# without --token it brings a host that has joined to the server's version of the agent.
set -eu

SERVER="${DEVOPSWEB_SERVER:-{{ server|safe }}}"
SHA256="{{ program.sha256 }}"

fail() { echo "devopsweb-agent: $*" >&2; exit 1; }

[ "$(uname -s)" = Linux ] || fail "this host runs $(uname -s); the agent needs Linux."
PYTHON="$(command -v python3)" || fail "python3 is missing; the agent needs Python 3.9 or newer."
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 9))' ||
    fail "$("$PYTHON" --version) is too old; the agent needs Python 3.9 or newer."

if [ "$(id -u)" = 0 ]; then HOME_DIR=/opt/devopsweb-agent; else HOME_DIR="$HOME/.devopsweb-agent"; fi
PREVIOUS=""
for ARGUMENT in "$@"; do
    [ "$PREVIOUS" != --server ] || SERVER="$ARGUMENT"
    PREVIOUS="$ARGUMENT"
done
umask 077
mkdir -p "$HOME_DIR"

"$PYTHON" - "$SERVER/agent/agent.pyz" "$HOME_DIR/agent.pyz" "$SHA256" <<'PYTHON' || fail "the agent could not be downloaded."
import hashlib, os, sys, urllib.request

url, place, wanted = sys.argv[1:]
with urllib.request.urlopen(url, timeout=60) as answer:
    data = answer.read()
if hashlib.sha256(data).hexdigest() != wanted:
    sys.exit("The downloaded agent is not the announced one.")
with open(place + ".new", "wb") as file:
    file.write(data)
os.replace(place + ".new", place)
PYTHON

if [ "$#" -gt 0 ] || [ ! -f "$HOME_DIR/config.json" ]; then
    "$PYTHON" "$HOME_DIR/agent.pyz" register --server "$SERVER" --config "$HOME_DIR/config.json" "$@"
fi

if [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ]; then
    cat >/etc/systemd/system/devopsweb-agent.service <<UNIT
[Unit]
Description=DevOpsWeb agent
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=$PYTHON $HOME_DIR/agent.pyz run --config $HOME_DIR/config.json
Restart=always
RestartSec=2
RestartPreventExitStatus=3 4
KillMode=process

[Install]
WantedBy=multi-user.target
UNIT
    systemctl daemon-reload
    systemctl enable --quiet devopsweb-agent
    systemctl restart devopsweb-agent
    echo "The agent runs as the service devopsweb-agent."
else
    [ ! -f "$HOME_DIR/agent.pid" ] || kill "$(cat "$HOME_DIR/agent.pid")" 2>/dev/null || true
    nohup "$PYTHON" "$HOME_DIR/agent.pyz" run --config "$HOME_DIR/config.json" \
        >>"$HOME_DIR/agent.log" 2>&1 </dev/null &
    echo "$!" >"$HOME_DIR/agent.pid"
    echo "The agent runs as process $!; its log is $HOME_DIR/agent.log."
    echo "This host has no systemd for it. To start it again after a reboot:"
    echo "  $PYTHON $HOME_DIR/agent.pyz run --config $HOME_DIR/config.json"
fi
