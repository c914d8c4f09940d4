#!/bin/sh
# Asks the running shop for its health until it answers with the version that was installed.
set -eu
. "$(dirname "$0")/settings.sh"

cd "$ROOT"
wanted="$(python3 -c 'from storefront.app import version; print(version())')"
python3 - "$PORT" "$wanted" <<'PYTHON'
import json, sys, time, urllib.request

port, wanted = sys.argv[1], sys.argv[2]
reason = "no answer"
for _ in range(100):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            state = json.load(answer)
        if state["version"] == wanted:
            print(f"Healthy: version {wanted} on port {port}.")
            sys.exit(0)
        reason = f"version {state['version']} answers instead of {wanted}"
    except (OSError, ValueError) as error:
        reason = str(error)
    time.sleep(0.2)
sys.exit(f"Not healthy: {reason}.")
PYTHON
