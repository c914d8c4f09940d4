"""The ASGI side: what is a call, bodies that are too large, clients that leave."""

import asyncio
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from devopsweb.asgi import Dispatcher
from devopsweb.awsapi import door
from tests.awsapi.local import access_key


def scope(method: str = "POST", path: str = "/", query: bytes = b"", **headers: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "scheme": "http",
        "client": ("127.0.0.1", 5),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }


def ask(application: Any, of: dict[str, Any], *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """What the application sends."""
    waiting, sent = list(messages), []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(application(of, receive, send))
    return sent


def body(text: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": text, "more_body": more}


FORM = "application/x-www-form-urlencoded; charset=utf-8"


class TestIsCall:
    @pytest.mark.parametrize(
        "of",
        [
            scope(authorization="AWS4-HMAC-SHA256 Credential=…"),
            scope("GET", "/v1/domains", authorization="AWS4-HMAC-SHA256 Credential=…"),
            scope(x_amz_target="CodeCommit_20150413.GetRepository"),
            scope(path="/service/Logs/operation/Get", smithy_protocol="rpc-v2-cbor"),
            scope("GET", query=b"Action=GetCallerIdentity&X-Amz-Algorithm=AWS4-HMAC-SHA256"),
            scope(content_type=FORM),
        ],
        ids=["signed", "signed path", "target", "smithy", "presigned", "unsigned form"],
    )
    def test_is_true_of_what_aws_clients_send(self, of):
        assert door.is_call(of)

    @pytest.mark.parametrize(
        "of",
        [
            scope("GET"),
            scope("POST", "/login/", content_type=FORM),
            scope("GET", "/git/storefront/info/refs", authorization="Basic YTpi"),
            scope("GET", "/search/", query=b"q=X-Amz-Target"),
        ],
        ids=["front page", "log in", "git", "search"],
    )
    def test_is_false_of_pages_and_git(self, of):
        assert not door.is_call(of)


@pytest.mark.django_db(transaction=True)
class TestDoor:
    def test_answers_a_signed_call(self, owner):
        text = b"Action=GetCallerIdentity&Version=2011-06-15"
        request = AWSRequest("POST", "http://devopsweb.test/", headers={"Content-Type": FORM, "Host": "devopsweb.test"}, data=text)  # fmt: skip
        SigV4Auth(access_key(owner), "sts", "us-east-1").add_auth(request)
        headers = {name.lower().replace("-", "_"): value for name, value in request.headers.items()}

        start, answer = ask(
            Dispatcher([], pages=None), scope(**headers), body(text[:9], more=True), body(text[9:])
        )

        assert start["status"] == 200
        assert owner.arn.encode() in answer["body"]
        assert (b"content-length", str(len(answer["body"])).encode()) in start["headers"]

    def test_refuses_a_form_without_signature_in_xml(self):
        start, answer = ask(
            door.Door(), scope(content_type=FORM), body(b"Action=ListUsers&Version=2010-05-08")
        )

        assert start["status"] == 403
        assert b"<Code>MissingAuthenticationToken</Code>" in answer["body"]

    def test_refuses_a_body_that_is_too_large_without_reading_on(self, settings):
        settings.DEVOPSWEB_API_BODY_LIMIT = 100

        start, answer = ask(door.Door(), scope(x_amz_target="CodeCommit_20150413.GetRepository"), body(b"x" * 101, more=True))  # fmt: skip

        assert start["status"] == 413
        assert b"RequestEntityTooLarge" in answer["body"]

    def test_refuses_a_body_that_will_be_too_large_before_it_comes(self):
        of = scope(content_type=FORM, content_length=str(1 << 40))

        start, answer = ask(door.Door(), of)

        assert start["status"] == 413
        assert (b"connection", b"close") in start["headers"]
        assert b"RequestEntityTooLarge" in answer["body"]

    def test_says_nothing_to_a_client_that_has_left(self):
        assert ask(door.Door(), scope(content_type=FORM), body(b"Action=", more=True)) == []

    def test_turns_away_when_too_many_wait(self, monkeypatch):
        monkeypatch.setattr(door, "MOST_WAITING", 0)

        start, _ = ask(door.Door(), scope(content_type=FORM), body(b"Action=ListUsers&Version=2010-05-08"))

        assert start["status"] == 503
