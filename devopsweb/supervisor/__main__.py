"""``python -m devopsweb.supervisor``: start everything, watch it, stop it."""

import importlib
import os
import signal
import sys
import time

from devopsweb import env
from devopsweb.supervisor import processes, refusals


def main() -> int:
    """Start the installation that the environment describes; the exit code."""
    began = time.monotonic()
    try:
        refusals.check_python()
        refusals.check_git()
        home = env.home()
        refusals.prepare_home(home)
        lock = refusals.lock_home(home)
        port = refusals.port_of(env.text("PORT", "8000"))
        certificate, key = env.text("DEVOPSWEB_TLS_CERTIFICATE"), env.text("DEVOPSWEB_TLS_KEY")
        refusals.check_tls(certificate, key, env.base_url())
        listener = refusals.listen(env.text("HOST", "127.0.0.1"), port)
        print(f"DevOpsWeb starts in {home}", flush=True)
        signal.pthread_sigmask(signal.SIG_BLOCK, processes.WATCHED)
        os.umask(0o027)
        # Only now: importing the product takes a second, and a refusal should not.
        house = importlib.import_module("devopsweb.supervisor.house")
        with lock:
            code: int = house.run(home, listener, began)
            return code
    except refusals.Refusal as refusal:
        print(f"devopsweb: {refusal}", file=sys.stderr, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
