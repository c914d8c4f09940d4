"""Signed requests over a few connections at once, for sweeps of thousands."""

import http.client
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.house import House
from devopsweb.awsapi import models
from devopsweb.awsapi.problems import Response

T = TypeVar("T")
R = TypeVar("R")
CONNECTIONS = 4


class Wire:
    """A caller's connections to an installation, one for each thread."""

    def __init__(self, house: House, credentials: Credentials) -> None:
        self.house, self.credentials = house, credentials
        self._own = threading.local()
        self._made: list[http.client.HTTPConnection] = []

    def send(self, service: str, body: bytes, *, path: str = "/", headers: dict[str, str]) -> Response:
        """The answer to these bytes, signed for ``service``."""
        request = AWSRequest("POST", f"http://localhost:{self.house.port}{path}", headers=headers, data=body)
        SigV4Auth(self.credentials, models.load(service).signing_name, "us-east-1").add_auth(request)
        connection = self._connection()
        connection.request("POST", path, body, dict(request.headers.items()))
        answer = connection.getresponse()
        found = [(name.lower(), value) for name, value in answer.getheaders()]
        return Response(answer.status, answer.read(), found)

    def map(self, ask: Callable[[T], R], those: Iterable[T]) -> list[R]:
        """``ask`` of each, by several threads."""
        try:
            with ThreadPoolExecutor(CONNECTIONS) as pool:
                return list(pool.map(ask, those))
        finally:
            while self._made:
                self._made.pop().close()

    def _connection(self) -> http.client.HTTPConnection:
        found: Any = getattr(self._own, "connection", None)
        if found is None:
            found = self._own.connection = http.client.HTTPConnection(
                "localhost", self.house.port, timeout=60
            )
            self._made.append(found)
        return found
