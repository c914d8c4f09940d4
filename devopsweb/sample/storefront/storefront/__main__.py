"""Serves the shop: ``python3 -m storefront``."""

import os
import signal
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from storefront import catalogue
from storefront.app import Shop, version


class Server(ThreadingMixIn, WSGIServer):
    """Answers each request in a thread of its own."""

    daemon_threads = True
    allow_reuse_address = True


class Handler(WSGIRequestHandler):
    """Logs one line for each request, without asking the name service who the client is."""

    def address_string(self):
        return self.client_address[0]


def main():
    port = int(os.environ.get("PORT", "8080"))
    with make_server(os.environ.get("HOST", "127.0.0.1"), port, Shop(catalogue.load()), Server, Handler) as server:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        print(f"storefront {version()} listens on port {port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
