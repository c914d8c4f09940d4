"""Signatures as clients make them, and everything that is wrong with those that they don't."""

import base64
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as RedisDown

from devopsweb.awsapi import credentials, sigv4
from devopsweb.awsapi.sigv4 import SignedRequest, canonical, chunks, keys, replay
from devopsweb.awsapi.sigv4.request import normalised
from tests.awsapi.signing import KEY_ID, NOON, SECRET, SOMEBODY, known, signed, source_of

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TEMPORARY = "ASIAIOSFODNN7EXAMPLE"


@pytest.fixture(autouse=True)
def keyring() -> Iterator[None]:
    previous = credentials._source
    credentials.use(source_of(known(), known(TEMPORARY, token="the token", expires_at=NOON + MINUTE)))
    cache.clear()
    yield
    credentials.use(previous)


def changed(request: SignedRequest, name: str, value: str | None) -> SignedRequest:
    """The request with another value of a header, or without it."""
    rest = [(key, old) for key, old in request.headers if key != name]
    return replace(request, headers=rest if value is None else [*rest, (name, value)])


def refusal(request: SignedRequest, at: datetime = NOON, **more) -> sigv4.Refused:
    with pytest.raises(sigv4.Refused) as caught:
        sigv4.verify(request, at, **more)
    return caught.value


def authorization(request: SignedRequest, old: str, new: str) -> SignedRequest:
    return changed(request, "authorization", request.header("authorization").replace(old, new))


class TestCaller:
    def test_is_told_with_key_region_and_service(self):
        caller = sigv4.verify(signed(body=b"{}"), NOON, services=["codecommit"])

        assert caller.principal == SOMEBODY
        assert (caller.access_key_id, caller.region, caller.service) == (KEY_ID, "us-east-1", "codecommit")
        assert caller.body == b"{}"

    def test_may_name_any_region(self):
        assert sigv4.verify(signed(region="eu-north-1"), NOON).region == "eu-north-1"

    def test_is_made_from_the_requests_condition_keys(self):
        seen = []
        credentials.use(
            lambda key_id, token: replace(known(), principal=lambda context: seen.append(context) or SOMEBODY)
        )

        sigv4.verify(signed(), NOON, context={"aws:SourceIp": "192.0.2.7"})

        assert seen == [{"aws:SourceIp": "192.0.2.7"}]

    def test_is_noted(self):
        used = []
        credentials.use(source_of(known(used=lambda *what: used.append(what))))

        sigv4.verify(signed(service="logs"), NOON)

        assert used == [("logs", "us-east-1", NOON)]


class TestMissingCredentials:
    def test_are_told(self):
        error = refusal(SignedRequest("GET", "/", "", [("host", "localhost")]))

        assert (error.code, error.status) == ("MissingAuthenticationToken", 403)
        assert error.spelled("json").code == "MissingAuthenticationTokenException"

    def test_are_recognised(self):
        assert not sigv4.is_signed(SignedRequest("GET", "/", "", [("host", "localhost")]))
        assert sigv4.is_signed(signed())
        assert sigv4.is_signed(signed("GET", presigned=True))
        assert sigv4.is_signed(SignedRequest("GET", "/", "AWSAccessKeyId=a&Signature=b", []))


class TestIncompleteSignature:
    @pytest.mark.parametrize(
        ("header", "sentence"),
        [
            ("AWS4-HMAC-SHA256", "not a valid key=value pair"),
            ("AWS4-HMAC-SHA256 Credential=a/b/c/d/e", "requires 'Signature' parameter"),
            ("AWS4-HMAC-SHA256 SignedHeaders=host, Signature=" + "a" * 64, "requires 'Credential' parameter"),
            (
                f"AWS4-HMAC-SHA256 Credential={KEY_ID}, SignedHeaders=host, Signature={'a' * 64}",
                "slash-delimited",
            ),
            (
                f"AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature={'A' * 64}",
                "hexadecimal",
            ),
            (
                f"AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature={'a' * 63}",
                "hexadecimal",
            ),
            (
                f"AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host;date, Signature={'a' * 64}",
                "sorted",
            ),
            (
                f"AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host;host, Signature={'a' * 64}",
                "each once",
            ),
            (f"AWS4-HMAC-SHA256 Credential=a/b/c/d/e, Credential=f/b/c/d/e, Signature={'a' * 64}", "twice"),
            ("AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d/e", "version 4A"),
            ("AWS AKIAIOSFODNN7EXAMPLE:signature", "Unsupported authentication algorithm"),
            ("Basic YTpi", "Unsupported authentication algorithm"),
        ],
    )
    def test_says_what_is_wrong(self, header, sentence):
        error = refusal(changed(signed(), "authorization", header))

        assert (error.code, error.status) == ("IncompleteSignature", 400)
        assert sentence in str(error)

    @pytest.mark.parametrize(
        "date", ["", "yesterday", "20261131T000000Z", "2026-11-21T12:00:00Z", "20261121"]
    )
    def test_names_a_date_that_is_none(self, date):
        assert refusal(changed(signed(), "x-amz-date", date)).code == "IncompleteSignature"

    def test_takes_one_place_for_the_signature(self):
        link = signed("GET", presigned=True)

        assert refusal(replace(signed("GET"), raw_query=link.raw_query)).code == "IncompleteSignature"

    def test_does_not_take_two_headers(self):
        request = signed()
        header = request.header("authorization")

        assert refusal(replace(request, headers=[*request.headers, ("authorization", header)]))

    @pytest.mark.parametrize("name", ["Credential", "Date", "SignedHeaders", "Signature", "Algorithm"])
    def test_misses_a_parameter_of_a_link(self, name):
        link = signed("GET", presigned=True)
        parts = [part for part in link.raw_query.split("&") if not part.startswith(f"X-Amz-{name}=")]

        assert refusal(replace(link, raw_query="&".join(parts))).code == "IncompleteSignature"

    @pytest.mark.parametrize("expires", ["0", "604801", "-1", "soon", "1.5", ""])
    def test_names_a_lifetime_that_is_none(self, expires):
        link = signed("GET", presigned=True)

        assert refusal(replace(link, raw_query=link.raw_query.replace("Expires=300", f"Expires={expires}")))

    def test_tells_version_2_from_nothing(self):
        old = SignedRequest("GET", "/", "AWSAccessKeyId=a&Signature=b", [("host", "localhost")])

        assert "version 2" in str(refusal(old))


class TestKeys:
    def test_that_nobody_has_are_refused(self):
        error = refusal(signed(key_id="AKIANOBODY2345678901"))

        assert (error.code, error.status) == ("InvalidClientTokenId", 403)
        assert str(error) == "The security token included in the request is invalid."

    @pytest.mark.parametrize(
        ("protocol", "service", "code", "status"),
        [
            ("query", "iam", "InvalidClientTokenId", 403),
            ("json", "codecommit", "UnrecognizedClientException", 400),
            ("smithy-rpc-v2-cbor", "cloudwatch", "UnrecognizedClientException", 400),
            ("rest-json", "lambda", "UnrecognizedClientException", 403),
            ("rest-xml", "s3", "InvalidAccessKeyId", 403),
            ("ec2", "ec2", "AuthFailure", 401),
        ],
    )
    def test_are_refused_in_the_protocols_own_words(self, protocol, service, code, status):
        error = refusal(signed(key_id="AKIANOBODY2345678901")).spelled(protocol, service)

        assert (error.code, error.status) == (code, status)

    def test_of_somebody_who_is_gone_are_refused(self):
        credentials.use(source_of(replace(known(), principal=lambda context: None)))

        assert refusal(signed()).code == "InvalidClientTokenId"


class TestSessionTokens:
    def test_are_taken_in_the_header_and_in_links(self):
        for presigned in (False, True):
            request = signed("GET", key_id=TEMPORARY, token="the token", presigned=presigned)
            assert sigv4.verify(request, NOON).access_key_id == TEMPORARY

    def test_may_be_added_to_a_link_after_it_was_signed(self):
        link = signed("GET", key_id=TEMPORARY, presigned=True)
        later = replace(link, raw_query=link.raw_query + "&X-Amz-Security-Token=the%20token")

        assert sigv4.verify(later, NOON).access_key_id == TEMPORARY

    def test_must_be_the_keys_own(self):
        for token in ("another", ""):
            request = signed(key_id=TEMPORARY, token=token)
            assert refusal(request).code == "InvalidClientTokenId"

    def test_expire(self):
        error = refusal(signed(key_id=TEMPORARY, token="the token"), NOON + MINUTE)

        assert error.code == "ExpiredToken"
        assert error.spelled("json").code == "ExpiredTokenException"


class TestScope:
    def test_must_name_the_service_that_is_asked(self):
        error = refusal(signed(service="s3"), services=["codecommit"])

        assert error.code == "SignatureDoesNotMatch"
        assert str(error) == "Credential should be scoped to correct service: 'codecommit'."
        assert error.spelled("json").code == "InvalidSignatureException"

    @pytest.mark.parametrize(
        ("old", "new"),
        [("/20261121/", "/20261120/"), ("aws4_request", "aws5_request"), ("us-east-1", "us-east-2")],
    )
    def test_must_be_as_signed(self, old, new):
        assert refusal(authorization(signed(), old, new)).code == "SignatureDoesNotMatch"


class TestTime:
    @pytest.mark.parametrize("age", [timedelta(), 15 * MINUTE, -15 * MINUTE])
    def test_within_fifteen_minutes_is_good(self, age):
        assert sigv4.verify(signed(at=NOON - age), NOON)

    def test_past_is_told(self):
        error = refusal(signed(at=NOON - 15 * MINUTE - SECOND))

        assert error.code == "SignatureDoesNotMatch"
        assert str(error) == (
            "Signature expired: 20261121T114459Z is now earlier than 20261121T114500Z (20261121T120000Z - 15 min.)"
        )
        assert error.spelled("rest-xml", "s3").code == "RequestTimeTooSkewed"

    def test_future_is_told(self):
        error = refusal(signed(at=NOON + 15 * MINUTE + SECOND))

        assert str(error) == (
            "Signature not yet current: 20261121T121501Z is still later than 20261121T121500Z "
            "(20261121T120000Z + 15 min.)"
        )

    def test_may_stand_in_the_date_header(self):
        request = signed(headers={"Date": "soon"})

        assert request.header("x-amz-date") == ""
        assert sigv4.verify(request, NOON)

    def test_of_a_link_lasts_as_long_as_it_says(self):
        link = signed("GET", presigned=True, expires=3600)

        assert sigv4.verify(link, NOON + timedelta(hours=1))
        assert "expired" in str(refusal(link, NOON + timedelta(hours=1) + SECOND))
        assert sigv4.verify(link, NOON - 15 * MINUTE)
        assert "not yet current" in str(refusal(link, NOON - 15 * MINUTE - SECOND))


class TestTampering:
    def test_with_the_body_is_refused(self):
        request = signed(body=b'{"repositoryName": "shop"}')

        assert refusal(replace(request, body=b'{"repositoryName": "shot"}')).code == "SignatureDoesNotMatch"

    def test_with_the_body_of_a_signed_hash_is_refused(self):
        request = signed("PUT", service="s3", body=b"one")
        error = refusal(replace(request, body=b"two"))

        assert error.spelled("rest-xml", "s3").code == "XAmzContentSHA256Mismatch"

    @pytest.mark.parametrize("name", ["x-amz-target", "host", "content-type", "x-amz-date"])
    def test_with_a_signed_header_is_refused(self, name):
        request = signed(
            headers={"X-Amz-Target": "CodeCommit.Get", "Content-Type": "application/x-amz-json-1.1"}
        )

        assert refusal(changed(request, name, "20261121T120001Z" if name == "x-amz-date" else "other"))
        assert refusal(changed(request, name, None))

    def test_by_adding_an_amz_header_is_refused(self):
        error = refusal(changed(signed(), "x-amz-target", "CodeCommit.DeleteRepository"))

        assert "not signed: x-amz-target" in str(error)

    def test_by_adding_other_headers_is_not_seen(self):
        assert sigv4.verify(changed(signed(), "x-forwarded-for", "192.0.2.7"), NOON)

    def test_by_a_second_host_is_refused(self):
        request = signed()

        assert refusal(replace(request, headers=[*request.headers, ("host", "other")]))

    def test_without_a_signed_host_is_refused(self):
        request = authorization(signed(), "SignedHeaders=host;", "SignedHeaders=")

        assert "must be a 'SignedHeader'" in str(refusal(request))

    @pytest.mark.parametrize("change", [{"method": "GET"}, {"raw_path": "/other"}, {"raw_query": "a=1"}])
    def test_with_method_path_or_query_is_refused(self, change):
        assert refusal(replace(signed(), **change)).code == "SignatureDoesNotMatch"

    def test_of_a_plus_into_a_blank_is_refused(self):
        """Forms read ``+`` as a blank: who signed a plus did not mean that."""
        request = signed("GET", "http://localhost/?a=1%2B2")

        assert refusal(replace(request, raw_query="a=1+2"))


class TestHosts:
    def test_may_be_another_name_that_we_have(self):
        request = signed(url="https://devops.example.com/")
        behind = changed(request, "host", "127.0.0.1:8000")

        assert refusal(behind)
        assert sigv4.verify(replace(behind, hosts=("devops.example.com",)), NOON)


class TestPaths:
    @pytest.mark.parametrize(
        "path", ["/a//b", "/a/./b", "/a/../b", "/a b", "/ä", "/a%2Fb", "/a%20b/", "/~a:b@c", "/"]
    )
    @pytest.mark.parametrize("service", ["codecommit", "s3"])
    def test_are_accepted_as_botocore_signs_them(self, path, service):
        url = "http://localhost:8000" + canonical.quote(path, safe="/%~:@" if service != "s3" else "/%~")

        assert sigv4.verify(signed("GET", url, service=service), NOON)

    @pytest.mark.parametrize(
        ("path", "plain"),
        [
            (b"/a/../../b", b"/b"),
            (b"//", b"/"),
            (b"/./", b"/"),
            (b"/a/.", b"/a/"),
            (b"/..", b"/"),
            (b"", b"/"),
        ],
    )
    def test_are_made_plain(self, path, plain):
        assert normalised(path) == plain

    def test_are_served_as_they_were_signed(self):
        """A detour that the signature allows must not lead to another operation."""
        request = signed("GET", "http://localhost:8000/v1/repository")
        detour = replace(request, raw_path="/v1/domain/../repository").plain()

        assert detour.raw_path == "/v1/repository"
        assert sigv4.verify(detour, NOON)

    def test_of_s3_are_left_alone(self):
        for presigned in (False, True):
            request = signed("GET", "http://localhost:8000/bucket//a/../b", service="s3", presigned=presigned)

            assert request.plain().raw_path == "/bucket//a/../b"
            assert sigv4.verify(request.plain(), NOON)


def numbered(request: SignedRequest, call: str, attempt: int = 1) -> SignedRequest:
    """As SDKs number their calls: after signing."""
    more = [("amz-sdk-invocation-id", call), ("amz-sdk-request", f"attempt={attempt}; max=3")]
    return replace(request, headers=[*request.headers, *more])


class TestReplay:
    def test_of_a_numbered_request_is_refused(self):
        """SDKs number each attempt: the same bytes twice are no honest retry."""
        request = numbered(signed(), "7f1d")
        sigv4.verify(request, NOON)

        assert "used before" in str(refusal(request, NOON + SECOND))

    def test_of_another_request_is_refused_after_seconds(self):
        request = signed()
        sigv4.verify(request, NOON)

        assert sigv4.verify(request, NOON + replay.GRACE)
        assert refusal(request, NOON + replay.GRACE + SECOND).code == "SignatureDoesNotMatch"
        assert refusal(request, NOON + 14 * MINUTE)

    def test_under_new_numbers_is_refused_after_seconds(self):
        sigv4.verify(numbered(signed(), "7f1d"), NOON)

        assert refusal(numbered(signed(), "forged"), NOON + replay.GRACE + SECOND)

    def test_without_the_numbers_is_refused(self):
        sigv4.verify(numbered(signed(), "7f1d"), NOON)

        assert refusal(signed(), NOON + SECOND)

    def test_from_another_address_is_refused(self):
        sigv4.verify(numbered(signed(), "7f1d"), NOON, context={"aws:SourceIp": "192.0.2.7"})

        assert refusal(numbered(signed(), "forged"), NOON, context={"aws:SourceIp": "192.0.2.8"})

    def test_spares_the_retries_of_sdks_and_equal_calls_within_a_second(self):
        for call in ("one", "two"):
            for attempt in (1, 2, 3):
                assert sigv4.verify(numbered(signed(), call, attempt), NOON + SECOND)
                assert refusal(numbered(signed(), call, attempt), NOON + SECOND)

    def test_of_a_link_is_what_links_are_for(self):
        link = signed("GET", presigned=True)

        assert sigv4.verify(link, NOON)
        assert sigv4.verify(link, NOON + 4 * MINUTE)

    def test_goes_unnoticed_while_the_cache_is_down(self, monkeypatch):
        class Down:
            def add(self, *_, **__):
                raise RedisDown("gone")

        monkeypatch.setattr(replay, "cache", Down())

        assert sigv4.verify(signed(), NOON)

    def test_is_not_spoilt_by_forgeries(self):
        """A wrong signature is not remembered: it must not lock out the right one."""
        request = numbered(signed(), "7f1d")
        refusal(replace(request, body=b"other"))

        assert sigv4.verify(request, NOON)


def in_chunks(data: bytes, form: str, *, size: int = 8192, trailer: bytes = b"") -> SignedRequest:
    """A body as an SDK sends it piece by piece."""
    given = {"X-Amz-Decoded-Content-Length": str(len(data)), "Content-Encoding": "aws-chunked"}
    request = signed("PUT", service="codecommit", headers={**given, "X-Amz-Content-SHA256": form})
    key = keys.signing_key(SECRET, "20261121", "us-east-1", "codecommit")
    seed = request.header("authorization").rpartition("=")[2]
    chain = chunks.Chain(key, "20261121T120000Z", "20261121/us-east-1/codecommit/aws4_request", seed)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    body, previous = b"", seed
    for piece in [*pieces, b""]:
        previous = chain.chunk(previous, piece)
        signature = b"" if form == chunks.UNSIGNED_TRAILER else f";chunk-signature={previous}".encode()
        body += f"{len(piece):x}".encode() + signature + b"\r\n" + piece + (b"\r\n" if piece else b"")
    body += trailer + (b"\r\n" if trailer else b"")
    if form == chunks.SIGNED_TRAILER:
        signed_lines = trailer.replace(b"\r\n", b"") + b"\n" if trailer else b""
        body += b"x-amz-trailer-signature:" + chain.trailer(previous, signed_lines).encode() + b"\r\n"
    return replace(request, body=body + b"\r\n")


def checksum(data: bytes) -> bytes:
    return b"x-amz-checksum-crc32:" + base64.b64encode(zlib.crc32(data).to_bytes(4, "big"))


class TestChunks:
    @settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(data=st.binary(max_size=300), size=st.integers(1, 100), form=st.sampled_from(sorted(chunks.FORMS)))
    def test_are_put_together(self, data, size, form):
        cache.clear()
        trailer = b"" if form == chunks.SIGNED else checksum(data)

        assert sigv4.verify(in_chunks(data, form, size=size, trailer=trailer), NOON).body == data

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(
        at=st.integers(0, 10_000),
        form=st.sampled_from([chunks.SIGNED, chunks.SIGNED_TRAILER]),
        flip=st.integers(1, 255),
    )
    def test_with_any_changed_byte_are_refused(self, at, form, flip):
        data = b"0123456789" * 5
        trailer = b"" if form == chunks.SIGNED else checksum(data)
        request = in_chunks(data, form, size=20, trailer=trailer)
        body = bytearray(request.body)
        body[at % len(body)] ^= flip
        try:
            found = sigv4.verify(replace(request, body=bytes(body)), NOON).body
        except sigv4.Refused:
            return
        # The hexadecimal size and the names of trailers may be written in either case: nothing else may.
        assert found == data

    def test_that_are_not_signed_are_checked_by_their_checksum(self):
        request = in_chunks(b"hello", chunks.UNSIGNED_TRAILER, trailer=checksum(b"hello"))

        assert refusal(replace(request, body=request.body.replace(b"hello", b"jello")))

    @pytest.mark.parametrize(
        "body",
        [b"", b"5\r\nhello", b"x\r\n", b"5\r\nhello\r\n0\r\n\r\nmore", b"ffffffffff\r\nhello\r\n0\r\n\r\n"],
    )
    def test_that_are_none_are_refused(self, body):
        request = in_chunks(b"hello", chunks.UNSIGNED_TRAILER)

        assert "malformed" in str(refusal(replace(request, body=body)))

    def test_must_have_the_length_that_was_signed(self):
        request = in_chunks(b"hello", chunks.UNSIGNED_TRAILER)

        assert "decoded-content-length" in str(refusal(replace(request, body=b"4\r\nhell\r\n0\r\n\r\n")))

    def test_in_another_form_are_not_understood(self):
        request = signed("PUT", headers={"X-Amz-Content-SHA256": "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"})

        assert refusal(request).code == "IncompleteSignature"


class TestUnsignedPayload:
    def test_is_taken_when_the_client_says_so(self):
        request = signed("PUT", headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}, body=b"one")

        assert sigv4.verify(replace(request, body=b"two"), NOON).body == b"two"

    def test_is_not_taken_when_the_client_signed_its_hash(self):
        digest = hashlib.sha256(b"one").hexdigest()
        request = signed("PUT", headers={"X-Amz-Content-SHA256": digest}, body=b"one")

        assert refusal(changed(replace(request, body=b"two"), "x-amz-content-sha256", "UNSIGNED-PAYLOAD"))


TEXT = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs", "Zs", "Zl", "Zp", "Cc"]),
    max_size=12,
)
SEGMENTS = st.lists(TEXT, max_size=4)


class TestAnyRequest:
    @settings(
        max_examples=80,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(
        method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
        segments=SEGMENTS,
        pairs=st.lists(st.tuples(TEXT, TEXT), max_size=4),
        header=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
        body=st.binary(max_size=50),
        service=st.sampled_from(["codecommit", "s3"]),
        presigned=st.booleans(),
        at=st.integers(0, 10_000),
        flip=st.integers(1, 127),
    )
    def test_is_accepted_as_signed_and_not_with_a_byte_changed(
        self, method, segments, pairs, header, body, service, presigned, at, flip
    ):
        cache.clear()
        path = "/" + "/".join(canonical.quote(one, safe="~") for one in segments)
        # A link names each parameter once.
        unique = list(dict(pairs).items())
        query = "&".join(
            f"{canonical.quote(n, safe='~')}={canonical.quote(v, safe='~')}" for n, v in unique if n
        )
        url = f"http://localhost:8000{path}" + (f"?{query}" if query else "")
        headers = {} if presigned else {"X-Amz-Meta-Note": header}
        request = signed(
            method, url, b"" if presigned else body, headers, service=service, presigned=presigned
        )

        assert sigv4.verify(request, NOON).principal == SOMEBODY

        for broken in _with_a_byte_changed(request, at, flip):
            assert refusal(broken)


def _meaning(path: str) -> bytes:
    return normalised(canonical.unquote_to_bytes(path))


def _with_a_byte_changed(request: SignedRequest, at: int, flip: int) -> Iterator[SignedRequest]:
    def spoilt(text: str) -> str:
        octets = bytearray(text.encode("latin-1"))
        octets[at % len(octets)] = (octets[at % len(octets)] ^ flip) & 0x7F
        return octets.decode("latin-1")

    if request.body:
        body = bytearray(request.body)
        body[at % len(body)] ^= flip
        yield replace(request, body=bytes(body))
    broken = spoilt(request.raw_path)
    if _meaning(broken) != _meaning(request.raw_path):
        yield replace(request, raw_path=broken)
    if request.raw_query:
        other = replace(request, raw_query=spoilt(request.raw_query))
        if sorted(other.query) != sorted(request.query):
            yield other
    for name, value in request.headers:
        if (
            value
            and name in {"host", "x-amz-date", "authorization"}
            and (other_value := spoilt(value)).split() != value.split()
        ):
            yield changed(request, name, other_value)
