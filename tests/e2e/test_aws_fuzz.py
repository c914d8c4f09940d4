"""Nonsense over the wire, down to the bytes of HTTP: always an answer or a closed connection, soon, in flat memory.

``DEVOPSWEB_FUZZ_SECONDS`` and ``DEVOPSWEB_FUZZ_SEED`` as in ``tests/awsapi/test_fuzz.py``.
"""

import itertools
import os
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.house import House, eventually
from tests.awsapi.test_fuzz import OURS, SEED, Fuzz, is_sound
from tests.e2e.callers import KEYS
from tests.e2e.wire import Wire

SECONDS = float(os.environ.get("DEVOPSWEB_FUZZ_SECONDS", "4"))
# Seconds until an answer: unlike in ``tests/awsapi`` whatever else the machine does counts too.
SLOWEST = 15.0
# What a run may leave behind in the web server's memory: models of services that were asked for first, and SQLite's
# caches, of 16 MB for each of eight threads, which fill as the audit trail grows.
MOST_GROWTH = 160 << 20
FORM = b"Action=GetCallerIdentity&Version=2011-06-15"
TARGET = {"x-amz-target": "CodeCommit_20150413.GetRepository", "content-type": "application/x-amz-json-1.1"}


def resident(house: House) -> int:
    """Bytes of memory that the web server holds."""
    pages = int(Path(f"/proc/{house.pids()['web']}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class TestRandomRequests:
    def test_meet_no_mistake_of_ours_and_leave_memory_flat(self, served):
        wire = Wire(served, Credentials(*KEYS["admin"]))
        # One after the other the seeds of several generators, so that threads share none.
        seeds = itertools.count(SEED)
        until = time.monotonic() + SECONDS

        def some(_: int) -> tuple[int, list[object]]:
            fuzz, count, broken = Fuzz(next(seeds)), 0, []
            while time.monotonic() < until:
                service, body, address = fuzz.request()
                began = time.monotonic()
                answer = wire.send(service, body, **address)
                spent = time.monotonic() - began
                count += 1
                if answer.status in OURS or not is_sound(answer) or spent > SLOWEST:
                    broken.append((answer.status, f"{spent:.1f} s", address, body[:300], answer.body[:200]))
            return count, broken

        some_warm = wire.map(some, [0])[0] if SECONDS > 60 else (0, [])
        until = time.monotonic() + SECONDS
        before = resident(served)
        found = wire.map(some, range(4))

        surprising = [one for _, broken in [some_warm, *found] for one in broken]
        assert not surprising, "\n".join(map(str, surprising[:10]))
        assert sum(count for count, _ in found) > 10
        assert resident(served) - before < MOST_GROWTH


def request(body: bytes = FORM, *, headers: dict[str, str] | None = None, more: bytes = b"", query: bytes = b"",
            length: str | None = None, without: str = "") -> bytes:  # fmt: skip
    """A signed request as bytes, with ``more`` lines in its head and another length than it has."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    made = AWSRequest("POST", "http://localhost/", headers=headers or form, data=body)
    service = "codecommit" if headers else "sts"
    SigV4Auth(Credentials(*KEYS["admin"]), service, "us-east-1").add_auth(made)
    lines = [f"{name}: {value}" for name, value in made.headers.items() if name.lower() != without]
    if length != "":
        lines.append(f"content-length: {len(body) if length is None else length}")
    head = b"POST /" + query + b" HTTP/1.1\r\nhost: localhost\r\n" + "\r\n".join(lines).encode()
    return head + b"\r\n" + more + b"\r\n" + body


def chunked(pieces: list[bytes]) -> bytes:
    """A signed request whose body comes in chunks, however they are made."""
    head = request(length="", more=b"transfer-encoding: chunked\r\n").removesuffix(FORM)
    return head + b"".join(pieces)


def _again() -> bytes:
    made = request()
    line = next(line for line in made.split(b"\r\n") if line.lower().startswith(b"authorization:"))
    return request(more=line + b"\r\n")


REFUSED = {
    "bad UTF-8 in a signed header": request(headers={**TARGET, "x-amz-meta": "a"}, body=b"{}").replace(
        b"x-amz-meta: a", b"x-amz-meta: \xff\xfe"
    ),
    "bad UTF-8 in an unsigned header": request(more=b"x-other: \xff\xfe\r\n", body=b"Action=No"),
    "bad UTF-8 in the query": request(query=b"?a=%ff%fe"),
    "raw bytes in the query": request(query=b"?a=\xff\xfe"),
    "another Authorization": request(more=b"authorization: Basic YTpi\r\n"),
    "the same Authorization twice": _again(),
    "an endless Authorization": request(without="authorization", more=b"authorization: AWS4-HMAC-SHA256 "
                                        + b"a=b, " * 8000 + b"\r\n"),
    "an Authorization of commas": request(without="authorization", more=b"authorization: AWS4-HMAC-SHA256 "
                                          + b"," * 30000 + b"\r\n"),
    "a gigantic length": request(length="99999999999999999999"),
    "a length of a terabyte": request(length=str(1 << 40)),
    "a negative length": request(length="-5"),
    "two lengths": request(more=b"content-length: 3\r\n"),
    "a length and chunks": request(more=b"transfer-encoding: chunked\r\n"),
    "many headers": request(more=b"".join(b"x-%d: 1\r\n" % n for n in range(5000)), body=b"Action=No"),
    "a long header": request(more=b"x-long: " + b"a" * 200_000 + b"\r\n", body=b"Action=No"),
    "a chunk of no size": chunked([b"zz\r\n", FORM, b"\r\n0\r\n\r\n"]),
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
}  # fmt: skip
STOPPED = {
    "a chunk of a terabyte": chunked([b"ffffffffff\r\n", FORM]),
    "chunks": chunked([b"5\r\nActio\r\n"]),
    "a body": request(length="500"),
    "a head": request()[:120],
}


class TestHostileRequests:
    """Made by hand below what any client library sends."""

    @pytest.mark.parametrize("what", sorted(REFUSED))
    def test_are_refused_or_hung_up_on(self, served, what):
        status = first_line(served.port, REFUSED[what])

        assert status == b"" or status.startswith(b"HTTP/1.1 4"), status

    @pytest.mark.parametrize("what", sorted(STOPPED))
    def test_that_stop_are_hung_up_on(self, served, what):
        assert first_line(served.port, STOPPED[what], ends=True) == b""

    def test_that_trickle_or_stop_hold_nobody_up(self, served):
        held = [socket.create_connection(("localhost", served.port)) for _ in range(40)]
        try:
            for number, one in enumerate(held):
                one.sendall(STOPPED["a body" if number % 2 else "a head"])
            began = time.monotonic()
            assert first_line(served.port, request()).startswith(b"HTTP/1.1 200")
            assert time.monotonic() - began < SLOWEST
        finally:
            for one in held:
                one.close()
        eventually(lambda: first_line(served.port, request()).startswith(b"HTTP/1.1 200"))

    def test_cut_anywhere_never_meet_a_mistake_of_ours(self, served):
        found = {first_line(served.port, part, ends=True) for part in _parts(random.Random(SEED))}

        assert {line for line in found if line.startswith(b"HTTP/1.1 5")} == set()


def _parts(chance: random.Random) -> Iterator[bytes]:
    whole = request()
    for _ in range(30):
        where = chance.randrange(1, len(whole))
        yield whole[:where]
        yield whole[:where] + chance.randbytes(chance.randint(1, 8)) + whole[where:]


def first_line(port: int, data: bytes, *, ends: bool = False) -> bytes:
    """The first line of the answer to ``data``; nothing when the server hangs up instead.

    ``ends`` tells the server that nothing more will come.
    """
    with socket.create_connection(("localhost", port), timeout=2 * SLOWEST) as connection:
        try:
            connection.sendall(data)
            if ends:
                connection.shutdown(socket.SHUT_WR)
            return connection.recv(65536).partition(b"\r\n")[0]
        except ConnectionError:
            return b""
