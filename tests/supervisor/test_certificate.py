"""A renewed certificate is taken over by the running web server; a broken one is not."""

import asyncio
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from devopsweb.supervisor.certificate import Certificate, Server
from tests import certificates


async def hello(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


class Https:
    """A server on a free port whose certificate is looked at when the test says so."""

    def __init__(self, pair: certificates.Pair) -> None:
        self.pair = pair
        self.certificate = Certificate(str(pair.certificate), str(pair.key))
        self.listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            hello,
            ssl_certfile=str(pair.certificate),
            ssl_keyfile=str(pair.key),
            ssl_context_factory=self.certificate.context,
            lifespan="off",
            log_config=None,
        )
        self.server = Server(config, self.certificate)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]})

    def __enter__(self) -> "Https":
        self.thread.start()
        limit = time.monotonic() + 60
        while not self.server.started:
            assert time.monotonic() < limit
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(60)
        self.listener.close()

    def connect(self, name: str | None = "localhost") -> ssl.SSLSocket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context.wrap_socket(
            socket.create_connection(self.listener.getsockname(), timeout=30), server_hostname=name
        )

    def shown(self, name: str | None = "localhost") -> bytes:
        with self.connect(name) as connection:
            return connection.getpeercert(binary_form=True) or b""

    def look_twice(self) -> bool:
        self.certificate.look()
        return self.certificate.look()


def of(pair: certificates.Pair) -> bytes:
    found = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    return found.public_bytes(serialization.Encoding.DER)


def replace(pair: certificates.Pair, by: certificates.Pair) -> None:
    """As certbot does: other files under the same names."""
    os.replace(by.certificate, pair.certificate)
    os.replace(by.key, pair.key)


@pytest.fixture
def https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Https]:
    # Its own look between the two of a test would take a certificate over that the test wants to.
    monkeypatch.setattr("devopsweb.supervisor.certificate.LOOK_SECONDS", 3600.0)
    with Https(certificates.make(tmp_path / "tls")) as running:
        yield running


class TestARenewedCertificate:
    @pytest.mark.parametrize("name", ["localhost", None])
    def test_is_shown_to_new_connections(self, https, tmp_path, name):
        fresh = certificates.make(tmp_path / "fresh")
        wanted = of(fresh)
        old = https.shown(name)
        replace(https.pair, fresh)

        assert https.look_twice()

        assert https.shown(name) == wanted != old

    def test_with_another_kind_of_key_is_the_only_one_shown(self, https, tmp_path):
        fresh = certificates.make(tmp_path / "fresh", key=rsa.generate_private_key(65537, 2048))
        wanted = of(fresh)
        replace(https.pair, fresh)

        https.look_twice()

        assert https.shown() == wanted

    def test_leaves_open_connections_alone(self, https, tmp_path):
        with https.connect() as connection:
            replace(https.pair, certificates.make(tmp_path / "fresh"))
            assert https.look_twice()

            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")

            assert connection.recv(4096).startswith(b"HTTP/1.1 200")

    def test_counts_once_both_files_are_there(self, https, tmp_path):
        fresh = certificates.make(tmp_path / "fresh")
        wanted = of(fresh)
        os.replace(fresh.certificate, https.pair.certificate)
        assert not https.certificate.look()
        os.replace(fresh.key, https.pair.key)

        assert https.look_twice()
        assert https.shown() == wanted


class TestAPairThatIsOfNoUse:
    def test_is_told_once_and_the_old_one_stays(self, https, tmp_path, caplog):
        old = https.shown()
        os.replace(certificates.make(tmp_path / "fresh").certificate, https.pair.certificate)

        assert not https.look_twice()
        https.look_twice()

        assert https.shown() == old
        told = [record for record in caplog.records if "not used" in record.getMessage()]
        assert len(told) == 1
        assert "the key belongs to another certificate" in told[0].getMessage()

    def test_that_is_gone_is_told_and_the_old_one_stays(self, https, caplog):
        old = https.shown()
        https.pair.certificate.unlink()

        assert not https.look_twice()

        assert https.shown() == old
        assert "not used" in caplog.text

    def test_is_followed_by_one_that_is(self, https, tmp_path):
        https.pair.key.write_text("nonsense")
        https.look_twice()
        fresh = certificates.make(tmp_path / "fresh")
        wanted = of(fresh)
        replace(https.pair, fresh)

        assert https.look_twice()
        assert https.shown() == wanted


class TestTheServer:
    def test_looks_by_itself(self, https, tmp_path, monkeypatch):
        looked = threading.Event()
        monkeypatch.setattr(https.certificate, "look", looked.set)
        monkeypatch.setattr("devopsweb.supervisor.certificate.LOOK_SECONDS", 0.01)

        async def follow() -> None:
            following = asyncio.create_task(Server._follow(https.certificate))
            while not looked.is_set():
                await asyncio.sleep(0.01)
            following.cancel()

        asyncio.run(asyncio.wait_for(follow(), 30))
