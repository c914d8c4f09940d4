"""Signature version 4, from the server's side.

``verify`` answers who signed a request, or raises ``Refused`` with AWS's code and words.
IAM User Guide, "Signature Version 4 for API requests".
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from devopsweb.awsapi import credentials
from devopsweb.awsapi.credentials import Credential
from devopsweb.awsapi.sigv4 import canonical, chunks, keys, replay
from devopsweb.awsapi.sigv4.claims import ALGORITHM, TIMESTAMP, Claim, is_signed, read
from devopsweb.awsapi.sigv4.errors import (
    INCOMPLETE,
    LINK_EXPIRED,
    MISMATCH,
    OUT_OF_TIME,
    TOKEN_EXPIRED,
    UNKNOWN_KEY,
    WRONG_HASH,
    Refused,
)
from devopsweb.awsapi.sigv4.request import SignedRequest
from devopsweb.kernel.principals import Principal

__all__ = ["ALGORITHM", "SKEW", "Caller", "Refused", "SignedRequest", "is_signed", "verify"]

SKEW = timedelta(minutes=15)
UNSIGNED = "UNSIGNED-PAYLOAD"
_HASH = re.compile(r"[0-9a-f]{64}")
_WRONG = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details."
)
_REFUSAL = "The security token included in the request is invalid."


@dataclass(frozen=True)
class Caller:
    """Who signed a request, with what, and for which region and service.

    ``body`` is the payload: of an ``aws-chunked`` body what was inside the chunks.
    """

    principal: Principal
    access_key_id: str
    credential: Credential
    region: str
    service: str
    body: bytes = b""


def verify(
    request: SignedRequest,
    at: datetime,
    *,
    services: Collection[str] | None = None,
    context: Mapping[str, str] | None = None,
) -> Caller:
    """The caller of a request whose signature is right at the moment ``at``. Raises ``Refused``.

    ``services`` are the signing names that fit what was asked for (None: any); ``context`` holds
    condition keys of the request (``aws:SourceIp`` …), from which the principal is made.
    """
    claim = read(request)
    credential = credentials.find(claim.access_key_id, claim.session_token)
    if credential is None:
        raise Refused(UNKNOWN_KEY, _REFUSAL)
    _check_scope(claim, services)
    until = _check_time(claim, at)
    if credential.expires_at is not None and credential.expires_at <= at:
        raise Refused(TOKEN_EXPIRED, "The security token included in the request is expired")
    key = keys.signing_key(credential.secret, claim.scope_date, claim.region, claim.service)
    body = _check_signature(request, claim, key)
    given = context or {}
    principal = credential.principal(given)
    if principal is None:
        raise Refused(UNKNOWN_KEY, _REFUSAL)
    replay.check(claim, request, source=given.get("aws:SourceIp", ""), at=at, until=until)
    credential.used(claim.service, claim.region, at)
    return Caller(principal, claim.access_key_id, credential, claim.region, claim.service, body)


def _check_scope(claim: Claim, services: Collection[str] | None) -> None:
    problems = []
    if claim.terminator != "aws4_request":
        problems.append("Credential should be scoped with a valid terminator: 'aws4_request'.")
    if services is not None and claim.service not in services:
        names = " or ".join(f"'{name}'" for name in services)
        problems.append(f"Credential should be scoped to correct service: {names}.")
    if claim.scope_date != claim.timestamp[:8]:
        problems.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{claim.scope_date}' != '{claim.timestamp[:8]}', from '{claim.timestamp}'."
        )
    if problems:
        raise Refused(MISMATCH, " ".join(problems))


def _check_time(claim: Claim, at: datetime) -> datetime:
    """Until when the signature holds. Raises ``Refused`` when that is over, or has not begun."""
    now, earliest, latest = at.strftime(TIMESTAMP), at - SKEW, at + SKEW
    if claim.moment > latest:
        raise Refused(
            OUT_OF_TIME,
            f"Signature not yet current: {claim.timestamp} is still later than "
            f"{latest.strftime(TIMESTAMP)} ({now} + 15 min.)",
        )
    if claim.expires is not None:
        until = claim.moment + timedelta(seconds=claim.expires)
        if until < at:
            raise Refused(
                LINK_EXPIRED, f"Signature expired: {until.strftime(TIMESTAMP)} is now earlier than {now}"
            )
        return until
    if claim.moment < earliest:
        raise Refused(
            OUT_OF_TIME,
            f"Signature expired: {claim.timestamp} is now earlier than "
            f"{earliest.strftime(TIMESTAMP)} ({now} - 15 min.)",
        )
    return claim.moment + SKEW


def _check_signature(request: SignedRequest, claim: Claim, key: bytes) -> bytes:
    """The payload. Raises ``Refused`` unless the signature covers the request and its body."""
    _check_headers(request, claim)
    declared = request.header("x-amz-content-sha256")
    if claim.presigned and not declared:
        declared = request.parameter("X-Amz-Content-Sha256") or (
            UNSIGNED if claim.service in canonical.SINGLE_ENCODED else ""
        )
    payload = _payload(request, declared)
    if not any(
        hmac.compare_digest(_signature(claim, key, hashed), claim.signature)
        for hashed in _readings(request, claim, payload)
    ):
        raise Refused(MISMATCH, _WRONG)
    if payload not in chunks.FORMS:
        return request.body
    return chunks.decode(
        request.body,
        form=payload,
        chain=chunks.Chain(key, claim.timestamp, claim.scope, claim.signature),
        length=request.header("x-amz-decoded-content-length"),
    )


def _check_headers(request: SignedRequest, claim: Claim) -> None:
    """``host`` and everything that AWS gives a meaning to must be signed, and be there as signed."""
    signed = set(claim.signed_headers)
    if "host" not in signed:
        raise Refused(MISMATCH, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    present = {name for name, _ in request.headers}
    if lost := sorted(signed - present):
        raise Refused(MISMATCH, f"Signed headers are missing from the request: {', '.join(lost)}.")
    # A session token vouches for itself, and some clients add it to a request that is already signed.
    loose = sorted(
        name for name in present - signed if name.startswith("x-amz-") and name != "x-amz-security-token"
    )
    if loose:
        raise Refused(
            MISMATCH, f"There were headers present in the request which were not signed: {', '.join(loose)}"
        )
    if len(request.values("host")) != 1:
        raise Refused(MISMATCH, "A request has exactly one Host header.")


def _payload(request: SignedRequest, declared: str) -> str:
    if declared == UNSIGNED or declared in chunks.FORMS:
        return declared
    actual = hashlib.sha256(request.body).hexdigest()
    if not declared:
        return actual
    if not _HASH.fullmatch(declared):
        raise Refused(
            INCOMPLETE,
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
            + ", ".join(sorted(chunks.FORMS))
            + " or a valid sha256 value.",
        )
    if not hmac.compare_digest(actual, declared):
        raise Refused(
            WRONG_HASH, "The provided 'x-amz-content-sha256' header does not match what was computed."
        )
    return actual


def _readings(request: SignedRequest, claim: Claim, payload: str) -> Iterator[str]:
    """The hashes of every canonical request that an honest client may have derived from this one."""
    left_out = [frozenset({b"X-Amz-Signature"})] if claim.presigned else [frozenset[bytes]()]
    if claim.presigned and claim.session_token:
        left_out.append(left_out[0] | {b"X-Amz-Security-Token"})
    queries = [canonical.query(request.query, without=names) for names in left_out]
    for host in (request.values("host")[0], *request.hosts):
        lines = canonical.headers(request, claim.signed_headers, host=host)
        for path in canonical.paths(request.sent_path or request.raw_path, claim.service):
            for query in queries:
                yield canonical.hashed(request.method, path, query, lines, claim.signed_headers, payload)


def _signature(claim: Claim, key: bytes, hashed: str) -> str:
    return keys.sign(key, "\n".join([ALGORITHM, claim.timestamp, claim.scope, hashed]))
