"""AWS's own test suite, and the examples of the Amazon S3 reference."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devopsweb.awsapi import credentials, sigv4
from devopsweb.awsapi.credentials import Credential
from devopsweb.awsapi.sigv4 import SignedRequest
from tests.awsapi.signing import SOMEBODY, known, source_of

VECTORS = json.loads((Path(__file__).parent / "vectors" / "sigv4.json").read_text())
CASES = [(name, form) for name in VECTORS for form in ("header", "query")]


@pytest.fixture(autouse=True)
def anyone() -> Iterator[None]:
    previous = credentials._source
    yield
    credentials.use(previous)


def raw(text: str) -> SignedRequest:
    """The request as its text tells; folded lines belong to the header above."""
    head, _, body = text.partition("\n\n")
    first, *lines = head.rstrip("\n").split("\n")
    method, target = first.removesuffix(" HTTP/1.1").split(" ", 1)
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line.startswith(" "):
            name, value = headers.pop()
            headers.append((name, f"{value}\n{line}"))
        else:
            name, _, value = line.partition(":")
            headers.append((name.lower(), value))
    path, _, query = target.partition("?")
    octets = [part.encode().decode("latin-1") for part in (path, query)]
    return SignedRequest(method, octets[0], octets[1], headers, body.encode())


class TestTestSuite:
    @pytest.mark.parametrize(("name", "form"), CASES)
    def test_is_accepted(self, name, form):
        vector = VECTORS[name]
        given = vector["context"]["credentials"]
        token = given.get("token", "")
        credentials.use(
            lambda key_id, session: Credential(
                key_id, given["secret_access_key"], token, None, lambda context: SOMEBODY
            )
        )

        caller = sigv4.verify(
            raw(vector[form]["request"]), datetime(2015, 8, 30, 12, 40, tzinfo=UTC), services=["service"]
        )

        assert caller.access_key_id == "AKIDEXAMPLE"
        assert caller.region == "us-east-1"

    @pytest.mark.parametrize(("name", "form"), CASES)
    def test_is_refused_under_another_secret(self, name, form):
        credentials.use(lambda key_id, session: known(key_id=key_id, token=session))

        with pytest.raises(sigv4.Refused):
            sigv4.verify(raw(VECTORS[name][form]["request"]), datetime(2015, 8, 30, 12, 40, tzinfo=UTC))


S3_DAY = datetime(2013, 5, 24, tzinfo=UTC)


class TestS3Examples:
    @pytest.fixture(autouse=True)
    def key(self):
        credentials.use(source_of(known()))

    def link(self, signature: str) -> SignedRequest:
        query = (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            f"&X-Amz-Signature={signature}"
        )
        return SignedRequest("GET", "/test.txt", query, [("host", "examplebucket.s3.amazonaws.com")])

    def test_presigned_url_is_accepted(self):
        request = self.link("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")

        assert sigv4.verify(request, S3_DAY).service == "s3"

    def test_presigned_url_with_another_signature_is_not(self):
        request = self.link("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d405")

        with pytest.raises(sigv4.Refused, match="does not match"):
            sigv4.verify(request, S3_DAY)

    def chunked(self, *, spoil: bytes = b"") -> SignedRequest:
        pieces = [
            (b"a" * 65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
            (b"a" * 1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
            (b"", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
        ]
        body = b"".join(
            f"{len(data):x};chunk-signature={signature}\r\n".encode() + data + b"\r\n"
            for data, signature in pieces
        )
        headers = [
            ("host", "s3.amazonaws.com"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                "SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
                "x-amz-decoded-content-length;x-amz-storage-class, "
                "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
            ),
            ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
            ("content-encoding", "aws-chunked"),
            ("x-amz-decoded-content-length", "66560"),
            ("content-length", "66824"),
        ]
        if spoil:
            body = body.replace(b"aaaaa", spoil, 1)
        return SignedRequest("PUT", "/examplebucket/chunkObject.txt", "", headers, body)

    def test_chunked_body_is_accepted_and_decoded(self):
        assert sigv4.verify(self.chunked(), S3_DAY).body == b"a" * 66560

    def test_chunk_with_a_changed_byte_is_refused(self):
        with pytest.raises(sigv4.Refused, match="chunk"):
            sigv4.verify(self.chunked(spoil=b"aabaa"), S3_DAY)
