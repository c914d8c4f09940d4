"""Requests signed as real clients sign them: by botocore's own signers, at a fixed moment."""

from collections.abc import Callable
from datetime import UTC, datetime
from unittest import mock
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from devopsweb.awsapi import credentials
from devopsweb.awsapi.credentials import Credential
from devopsweb.awsapi.sigv4 import SignedRequest
from devopsweb.kernel.principals import Principal

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOMEBODY = Principal(arn="arn:aws:iam::123456789012:user/ana", name="ana", user_id=1)

_SIGNERS: dict[tuple[bool, bool], Callable] = {
    (False, False): SigV4Auth,
    (False, True): SigV4QueryAuth,
    (True, False): S3SigV4Auth,
    (True, True): S3SigV4QueryAuth,
}


def known(key_id: str = KEY_ID, secret: str = SECRET, token: str = "", **more) -> Credential:
    """A credential that ``source_of`` can find."""
    more.setdefault("expires_at", None)
    return Credential(key_id, secret, token, principal=lambda context: SOMEBODY, **more)


def source_of(*those: Credential) -> credentials.Source:
    """Finds exactly these credentials."""

    def find(key_id: str, token: str) -> Credential | None:
        return next((c for c in those if c.access_key_id == key_id and c.session_token == token), None)

    return find


def signed(
    method: str = "POST",
    url: str = "http://localhost:8000/",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    *,
    service: str = "codecommit",
    at: datetime = NOON,
    token: str = "",
    presigned: bool = False,
    expires: int = 300,
    key_id: str = KEY_ID,
    secret: str = SECRET,
    region: str = "us-east-1",
) -> SignedRequest:
    """The request as botocore would send it."""
    request = AWSRequest(method=method, url=url, data=body, headers=headers or {})
    extra = {"expires": expires} if presigned else {}
    signer = _SIGNERS[service == "s3", presigned](
        Credentials(key_id, secret, token or None), service, region, **extra
    )
    with mock.patch("botocore.auth.get_current_datetime", return_value=at):
        signer.add_auth(request)
    parts = urlsplit(request.url)
    names = [(name.lower(), value) for name, value in request.headers.items()]
    if "host" not in dict(names):
        names.insert(0, ("host", parts.netloc))
    return SignedRequest(method, parts.path or "/", parts.query, names, body)
