"""Requests to the outside reach no internal address unless an operator allows it."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import urllib3

from devopsweb.kernel import outgoing


class Server(BaseHTTPRequestHandler):
    """Answers with what was asked; redirects, lies about JSON and talks too much when told to."""

    def do_GET(self):
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            return
        body = (
            b"x" * (outgoing.LONGEST_ANSWER + 10)
            if self.path == "/long"
            else b'{"path": "%s"}' % (self.path.encode())
        )
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"no json" if self.path == "/text" else body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://localhost:{running.server_port}"
        running.shutdown()
        thread.join()


class TestInternalAddress:
    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://10.1.2.3/", "http://192.168.0.1/",
            "http://169.254.169.254/latest/meta-data/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/",
            "http://224.0.0.1/", "http://100.64.0.1/", "http://2130706433/", "http://[fd00::1]/",
            "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[::ffff:0:127.0.0.1]/",
            "http://[::127.0.0.1]/", "http://[fec0::1]/", "http://192.0.0.8/",
        ],
    )  # fmt: skip
    def test_is_refused(self, url):
        with pytest.raises(outgoing.AddressRefused):
            outgoing.get(url)

    @pytest.mark.parametrize("url", ["http://[::1/", "http://a:b/", "http://8.8.8.8:99999/"])
    def test_is_refused_when_it_is_none(self, url):
        with pytest.raises(outgoing.AddressRefused):
            outgoing.get(url)

    def test_has_no_endless_labels(self):
        with pytest.raises(outgoing.Unreachable):
            outgoing.get(f"http://{'a' * 64}.example/")

    @pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
    def test_is_none_of_the_world_s(self, address):
        assert outgoing.is_allowed("host", address)

    @pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.com/", "http:///x", "gopher://a/"])
    def test_is_no_other_scheme(self, url):
        with pytest.raises(outgoing.AddressRefused):
            outgoing.get(url)

    def test_hides_behind_no_second_address(self, monkeypatch):
        answers = [(2, 1, 6, "", ("93.184.216.34", 80)), (2, 1, 6, "", ("127.0.0.1", 80))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: answers)

        with pytest.raises(outgoing.AddressRefused, match=r"127\.0\.0\.1"):
            outgoing.get("http://rebind.example/")

    @pytest.mark.parametrize("entry", ["127.0.0.0/8", "LOCALHOST"])
    def test_is_called_when_an_operator_allows_it(self, server, settings, entry):
        settings.DEVOPSWEB_OUTGOING_ALLOW = [entry, "::1"]

        assert outgoing.get(f"{server}/a?b=c").json() == {"path": "/a?b=c"}


class TestAnswer:
    @pytest.fixture(autouse=True)
    def allowed(self, settings):
        settings.DEVOPSWEB_OUTGOING_ALLOW = ["localhost"]

    def test_carries_a_form(self, server):
        answer = outgoing.post_form(f"{server}/token", {"code": "a b"})

        assert (answer.status, answer.body) == (201, b"code=a+b")

    def test_leads_nowhere_else(self, server):
        assert outgoing.get(f"{server}/away").status == 302

    def test_is_given_up_when_it_is_too_long(self, server):
        with pytest.raises(outgoing.Unreachable, match="too long"):
            outgoing.get(f"{server}/long")

    def test_must_be_json_to_be_read_as_such(self, server):
        with pytest.raises(outgoing.Unreachable, match=r"JSON|did not answer"):
            outgoing.get(f"{server}/text").json()

    def test_that_does_not_come_says_so(self, monkeypatch):
        monkeypatch.setattr(outgoing, "TIMEOUT", urllib3.Timeout(connect=0.2, read=0.2))
        with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises(outgoing.Unreachable):
            outgoing.get(f"http://localhost:{deaf.getsockname()[1]}/")
