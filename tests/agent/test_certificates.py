"""An agent beside the server takes the server's own certificate, and no other."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deployments.agent.client import Client, Unreachable
from deployments.compute.adapters import boxes
from tests import certificates
from tests.certificates import Pair


@pytest.fixture
def pair(tmp_path) -> Pair:
    """A certificate for a name that this machine is not called by."""
    return certificates.make(tmp_path / "server", "devops.example")


class Answer(BaseHTTPRequestHandler):
    """Says that it is there."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"is": "there"}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(pair) -> Iterator[str]:
    """The address of a server with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield f"https://localhost:{listening.server_port}"
    listening.shutdown()
    thread.join()
    listening.server_close()


class TestTheServersCertificate:
    def test_is_taken_whatever_the_server_is_called(self, server, pair):
        client = Client(server, certificate=str(pair.certificate))

        assert client.get("any", timeout=30) == {"is": "there"}

    def test_of_somebody_else_is_refused(self, server, tmp_path):
        other = certificates.make(tmp_path / "other", "devops.example")

        with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
            Client(server, certificate=str(other.certificate)).get("any", timeout=30)

    def test_is_the_only_one_that_a_local_instance_gets(self, pair, tmp_path, monkeypatch):
        authority = certificates.make(tmp_path / "authority", "authority.example")
        chain = tmp_path / "chain.pem"
        chain.write_text(pair.certificate.read_text() + authority.certificate.read_text())
        monkeypatch.setenv("DEVOPSWEB_TLS_CERTIFICATE", str(chain))

        place = boxes._certificate(tmp_path)

        assert place == "/opt/devopsweb-agent/server.pem"
        assert (tmp_path / "server.pem").read_text() == pair.certificate.read_text()
        assert boxes.server_url().startswith("https://")
