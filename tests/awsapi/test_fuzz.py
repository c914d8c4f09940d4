"""Whatever is sent to the door, it answers in the form of the protocol, never with a 500, and soon.

``DEVOPSWEB_FUZZ_SECONDS`` makes the run longer (``make test`` spends a few seconds), ``DEVOPSWEB_FUZZ_SEED`` makes
it another one.
"""

import gzip
import json
import os
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus

import cbor2
import pytest

from devopsweb.awsapi import models, protocols, registry, throttle
from devopsweb.awsapi.models import Shape
from devopsweb.awsapi.problems import Malformed, Response
from devopsweb.awsapi.sigv4 import SignedRequest
from tests.awsapi import raw
from tests.awsapi.from_models import Maker
from tests.awsapi.local import access_key

SECONDS = float(os.environ.get("DEVOPSWEB_FUZZ_SECONDS", "6"))
SEED = int(os.environ.get("DEVOPSWEB_FUZZ_SEED", "3"))
SLOWEST = 5.0
# The answer of a component that is down is honest, that of a mistake of ours is not.
OURS = {500, 502, 504}

pytestmark = pytest.mark.django_db

JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**63, 2**64, 1.5, 1e308, "", " ", "a" * 3000, "\u0000", "\ud800", "😀" * 50,
    "../../../etc/passwd", "'; DROP TABLE iam_user; --", "<a>&b</a>", "%s%n${jndi}", "arn:aws:iam::1:user/a", [], {}, [[]],
    {"a": {"b": {}}}, [None], {"": ""}, ["x"] * 300, "2026-13-45T99:99:99Z", "NaN", "Infinity", -0.0, "\r\n\t", "*", "1e999",
)  # fmt: skip
SERVICES = [service.name for service in registry.services() if service.operations]


@pytest.fixture(autouse=True)
def unthrottled(settings):
    settings.DEVOPSWEB_API_RATE = 0
    yield
    throttle.forget()


class Fuzz:
    """Makes requests from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def request(self) -> tuple[str, bytes, dict[str, Any]]:
        """Service, body and address."""
        service = self.random.choice(SERVICES)
        model = models.load(service)
        name = self.random.choice(sorted(registry.find(service).operations))
        protocol = self.random.choice(model.protocols)
        shape = model.operation(name).input
        params = (
            self.bent(shape, Maker(self.random.randrange(10**6), full=True).value(shape)) if shape else {}
        )
        address = raw.address(service, name, protocol)
        body = self.damaged(self.written(service, name, params, protocol))
        if self.random.random() < 0.1:
            address = self.misled(address)
        return service, body, address

    def bent(self, shape: Shape, value: Any, depth: int = 0) -> Any:
        """``value`` with some of its parts replaced by junk."""
        if self.random.random() < (0.03 if depth else 0.01):
            return self.random.choice(JUNK)
        if isinstance(value, dict):
            found = {key: self.bent(shape, item, depth + 1) for key, item in value.items()}
            if found and self.random.random() < 0.1:
                found.pop(self.random.choice(list(found)))
            if self.random.random() < 0.05:
                found[str(self.random.choice(JUNK))[:40]] = self.random.choice(JUNK)
            return found
        if isinstance(value, list):
            return [self.bent(shape, item, depth + 1) for item in value] * self.random.choice(
                (1, 1, 1, 0, 40)
            )
        return self.random.choice(JUNK) if self.random.random() < 0.15 else value

    def written(self, service: str, name: str, params: Any, protocol: str) -> bytes:
        """The parameters in the form of the protocol, as far as they can be written at all."""
        if protocol == "smithy-rpc-v2-cbor":
            return cbor2.dumps(_writable(params))
        if protocol == "json":
            return json.dumps(params, default=_text).encode(errors="surrogatepass")
        version = models.load(service).metadata["apiVersion"]
        pairs = [("Action", name), ("Version", version), *flat(params, "")]
        return "&".join(f"{key}={quote_plus(str(item), errors='replace')}" for key, item in pairs).encode(
            errors="replace"
        )

    def damaged(self, body: bytes) -> bytes:
        """Sometimes cut, sometimes with other bytes in it."""
        chance = self.random.random()
        if chance < 0.08:
            return body[: self.random.randrange(len(body) + 1)]
        if chance < 0.16 and body:
            where = self.random.randrange(len(body))
            return body[:where] + self.random.randbytes(self.random.randint(1, 6)) + body[where + 1 :]
        return self.random.randbytes(self.random.randint(0, 200)) if chance < 0.18 else body

    def misled(self, address: dict[str, Any]) -> dict[str, Any]:
        """An address that leads elsewhere."""
        junk = "".join(self.random.choice("aZ9./-_ %") for _ in range(self.random.randint(0, 40)))
        headers = dict(address["headers"])
        headers[self.random.choice([*headers, "content-encoding", "content-type", "x-amz-target"])] = (
            junk.strip()
        )
        return {**address, "headers": headers}


def flat(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Nested parameters as the fields of a form."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from flat(item, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from flat(item, f"{prefix}.member.{number}")
    else:
        yield quote_plus(prefix, errors="replace"), _text(value)


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return "AAAA"
    return value.isoformat() if hasattr(value, "isoformat") else value


def _writable(value: Any) -> Any:
    if isinstance(value, dict):
        return {_writable(key): _writable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_writable(item) for item in value]
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def is_sound(answer: Response) -> bool:
    """Whether an answer is one that a client can read: a success, or an error with a code."""
    return answer.status < 300 or bool(raw.code(answer))


class TestRandomRequests:
    def test_never_meet_a_mistake_of_ours(self, owner):
        key, fuzz = access_key(owner), Fuzz(SEED)
        until, broken, count = time.monotonic() + SECONDS, [], 0

        while time.monotonic() < until:
            service, body, address = fuzz.request()
            began = time.process_time()
            answer = raw.send(key, service, body, **address)
            spent = time.process_time() - began
            count += 1
            if answer.status in OURS or not is_sound(answer) or spent > SLOWEST:
                broken.append((answer.status, f"{spent:.1f} s", address, body[:500], answer.body[:200]))

        assert broken[:3] == []
        assert count > 10


HOSTILE_JSON = {
    "deep lists": b'{"repositoryName":' + b"[" * 100_000,
    "deep maps": b'{"repositoryName":' * 50_000,
    "many lists": b'{"repositoryName":[' + b"[]," * 2_000_000 + b"[]]}",
    "many members": b"{" + b'"a":{},' * 900_000 + b'"b":1}',
    "a huge number": b'{"repositoryName":' + b"9" * 1_000_000 + b"}",
    "an exponent": b'{"repositoryName":1e999999999}',
    "not UTF-8": b'{"repositoryName":"\xff\xfe"}',
    "half a pair": b'{"repositoryName":"\\ud800"}',
    "a zero": b'{"repositoryName":"a\\u0000b"}',
    "twice": b'{"repositoryName":"a","repositoryName":{}}',
    "NaN": b'{"repositoryName":NaN}',
    "a list": b"[]",
    "a text": b'"x"',
    "nothing": b"",
    "null": b"null",
    "a megabyte": b'{"repositoryName":"' + b"a" * 1_000_000 + b'"}',
}
HOSTILE_CBOR = {
    "deep lists": b"\x81" * 1_000_000,
    "many lists": b"\x9a\x00\x1e\x84\x80" + b"\x80" * 2_000_000,
    "a length that is not there": b"\xa1\x65names\x5b" + b"\xff" * 8,
    "a count that is not there": b"\xbb" + b"\xff" * 8,
    "an endless list": b"\xa1\x65names\x9f" + b"\x01" * 1000,
    "a regular expression": b"\xa1\x65names\xd8\x23\x66(a+)+$",
    "a shared reference to itself": b"\xa1\x65names\xd8\x1c\x81\xd8\x1d\x00",
    "a decimal": b"\xa1\x65names\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01",
    "a key that is a list": b"\xa1\x81\x01\x01",
    "bad UTF-8": b"\xa1\x65names\x62\xc3\x28",
    "only a break": b"\xff",
    "a moment beyond time": b"\xa1\x65names\xc1\xfb\x7f\xef\xff\xff\xff\xff\xff\xff",
}
HOSTILE_FORMS = {
    "many fields": b"&".join(b"a%d=1" % n for n in range(200_000)),
    "a deep name": b"Tags" + b".member.1" * 100_000 + b"=1",
    "not UTF-8": b"UserName=%ff%fe",
    "raw bytes": b"UserName=\xff\xfe",
    "a zero": b"UserName=a%00b",
    "a large number": b"Tags.member.99999999999999999999.Key=a",
    "no key": b"Tags.member.1.Value=a",
}  # fmt: skip


HOSTILE_XML = {
    "entities": b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb">]><a>&b;</a>',
    "a file": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "deep": b"<a>" * 90_000,
    "many": b"<a>" + b"<b/>" * 500_000 + b"</a>",
    "cut": b"<a><b>",
    "not UTF-8": b"<a>\xff\xfe</a>",
    "another encoding": b'<?xml version="1.0" encoding="nonsense"?><a/>',
    "nothing but space": b"   <",
}


class TestHostileBodies:
    """Made by hand to cost us time or memory, or to break out of the usual path."""

    @pytest.mark.parametrize("what", sorted(HOSTILE_JSON))
    def test_of_json_are_the_callers_mistake(self, what, owner):
        address = raw.address("codecommit", "GetRepository", "json")

        assert_refused(lambda: raw.send(access_key(owner), "codecommit", HOSTILE_JSON[what], **address))

    @pytest.mark.parametrize("what", sorted(HOSTILE_CBOR))
    def test_of_cbor_are_the_callers_mistake(self, what, owner):
        address = raw.address("codebuild", "BatchGetProjects", "smithy-rpc-v2-cbor")

        assert_refused(lambda: raw.send(access_key(owner), "codebuild", HOSTILE_CBOR[what], **address))

    @pytest.mark.parametrize("what", sorted(HOSTILE_FORMS))
    def test_of_forms_are_the_callers_mistake(self, what, owner):
        body = b"Action=AssumeRole&Version=2011-06-15&" + HOSTILE_FORMS[what]

        assert_refused(
            lambda: raw.send(access_key(owner), "sts", body, **raw.address("sts", "AssumeRole", "query"))
        )

    @pytest.mark.parametrize("what", sorted(HOSTILE_FORMS))
    def test_of_ec2s_forms_are_read_soon_or_refused(self, what):
        operation = models.load("ec2").operation("DescribeInstances")
        body = b"Action=DescribeInstances&Filter.1.Name=a&" + HOSTILE_FORMS[what]
        began = time.process_time()

        try:
            found = protocols.of("ec2").parse(SignedRequest("POST", "/", "", [], body), body, operation)
        except Malformed:
            found = {"Filters": [{"Name": "a"}]}

        assert found == {"Filters": [{"Name": "a"}]}
        assert time.process_time() - began < SLOWEST

    @pytest.mark.parametrize("what", sorted(HOSTILE_XML))
    def test_of_xml_are_the_callers_mistake(self, what):
        operation = models.load("route53").operation("CreateHostedZone")
        request = SignedRequest("POST", "/2013-04-01/hostedzone", "", [], HOSTILE_XML[what])

        with pytest.raises(Malformed):
            protocols.of("rest-xml").parse(request, request.body, operation)

    def test_compressed_to_nothing_are_not_unfolded(self, owner):
        address = raw.address("codecommit", "GetRepository", "json")
        address["headers"]["content-encoding"] = "gzip"
        body = gzip.compress(b" " * 50_000_000)

        assert_refused(lambda: raw.send(access_key(owner), "codecommit", body, **address))


def assert_refused(send: Callable[[], Response]) -> None:
    """The answer is a 4xx, comes soon, and costs no more memory than a body of the largest size may."""
    tracemalloc.start()
    began = time.process_time()
    try:
        answer = send()
        spent, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 400 <= answer.status < 500, answer.body[:300]
    assert raw.code(answer)
    assert spent < SLOWEST
    assert peak < 200 << 20
