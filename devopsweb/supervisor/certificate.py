"""The web server's certificate, followed while it runs: whoever renews it replaces the files and is done."""

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from cryptography import x509

from devopsweb.supervisor import refusals

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0


class Certificate:
    """A pair of files, and the context that new connections begin with; living ones keep theirs.

    Each pair gets a context of its own: one that has held a certificate with another kind of key would go on
    showing that as well.
    """

    def __init__(self, certificate: str, key: str) -> None:
        self.certificate, self.key = certificate, key
        self._make: Callable[[], ssl.SSLContext]
        self._newest: ssl.SSLContext
        self._taken = self._changing = self._content()

    def context(self, config: uvicorn.Config, make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        """The context to listen with (uvicorn's ``ssl_context_factory``)."""
        self._make = make
        self._newest = first = make()
        first.sni_callback = self._begin
        return first

    def _begin(self, connection: Any, name: str | None, context: ssl.SSLContext) -> None:
        """OpenSSL asks this for every new connection, also where the client names no host."""
        connection.context = self._newest

    def look(self) -> bool:
        """Take new files over if they fit; whether they were. What is wrong with others is said once.

        A renewal replaces one file after the other: they count when two looks find them the same.
        """
        content, before = self._content(), self._changing
        self._changing = content
        if content == self._taken or content != before:
            return False
        self._taken = content
        try:
            refusals.check_pair(self.certificate, self.key)
            self._newest = self._make()
        except (refusals.Refusal, OSError) as error:
            log.error("the new TLS certificate is not used, the old one stays", reason=str(error))
            return False
        log.info("new connections get the new TLS certificate", until=self._until())
        return True

    def _content(self) -> str:
        """What both files hold: their times may be those of a copy, and links may lead elsewhere now."""
        digest = hashlib.sha256()
        for path in (self.certificate, self.key):
            try:
                digest.update(Path(path).read_bytes())
            except OSError as error:
                digest.update(str(error).encode())
        return digest.hexdigest()

    def _until(self) -> str:
        found = x509.load_pem_x509_certificate(Path(self.certificate).read_bytes())
        return found.not_valid_after_utc.isoformat()


class Server(uvicorn.Server):
    """uvicorn that looks after its certificate."""

    def __init__(self, config: uvicorn.Config, certificate: Certificate | None) -> None:
        super().__init__(config)
        self._certificate = certificate

    async def serve(self, sockets: Any = None) -> None:
        """Serve until a signal."""
        looking = asyncio.create_task(self._follow(self._certificate)) if self._certificate else None
        try:
            await super().serve(sockets)
        finally:
            if looking:
                looking.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await looking

    @staticmethod
    async def _follow(certificate: Certificate) -> None:
        # In the loop's own thread: no connection may begin while OpenSSL changes what it begins with.
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            certificate.look()
