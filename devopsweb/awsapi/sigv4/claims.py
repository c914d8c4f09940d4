"""What a request says about its own signature, taken apart and not yet believed."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from devopsweb.awsapi.sigv4.errors import INCOMPLETE, MISSING, Refused
from devopsweb.awsapi.sigv4.request import SignedRequest

ALGORITHM = "AWS4-HMAC-SHA256"
LONGEST_LINK = 604_800
_MOST_PARTS = 16
TIMESTAMP = "%Y%m%dT%H%M%SZ"
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_HEX = re.compile(r"[0-9a-f]{64}")
_DIGITS = re.compile(r"[0-9]{1,7}")


@dataclass(frozen=True)
class Claim:
    """A signature and all that it names. ``expires`` is a presigned URL's lifetime in seconds."""

    access_key_id: str
    scope_date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str
    moment: datetime
    session_token: str
    presigned: bool = False
    expires: int | None = None

    @property
    def timestamp(self) -> str:
        """The moment as the signature names it."""
        return self.moment.strftime(TIMESTAMP)

    @property
    def scope(self) -> str:
        """The credential's scope."""
        return f"{self.scope_date}/{self.region}/{self.service}/{self.terminator}"


def is_signed(request: SignedRequest) -> bool:
    """Whether the request carries any credentials, good or bad."""
    return bool(request.values("authorization")) or _is_presigned(request) or _is_version_2(request)


def read(request: SignedRequest) -> Claim:
    """The request's claim. Raises ``Refused`` when there is none, or it is malformed."""
    in_header, in_query = bool(request.values("authorization")), _is_presigned(request)
    if in_header and in_query:
        raise Refused(
            INCOMPLETE, "Only one auth mechanism allowed: the Authorization header or the query string."
        )
    if in_query:
        return _from_query(request)
    if in_header:
        return _from_header(request)
    if _is_version_2(request):
        raise Refused(INCOMPLETE, f"Signature version 2 is not supported. Please use {ALGORITHM}.")
    raise Refused(MISSING, "Request is missing Authentication Token")


def _is_presigned(request: SignedRequest) -> bool:
    return request.has_parameter("X-Amz-Signature") or request.has_parameter("X-Amz-Algorithm")


def _is_version_2(request: SignedRequest) -> bool:
    return request.has_parameter("AWSAccessKeyId") and request.has_parameter("Signature")


def _from_header(request: SignedRequest) -> Claim:
    header = request.header("authorization")
    algorithm, _, rest = header.partition(" ")
    _check_algorithm(algorithm)
    parts = _assignments(rest)
    missing = [name for name in ("Credential", "SignedHeaders", "Signature") if not parts.get(name)]
    stamp = request.header("x-amz-date") or request.header("date")
    problems = [f"Authorization header requires '{name}' parameter." for name in missing]
    if not stamp:
        problems.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    if problems:
        raise Refused(INCOMPLETE, " ".join([*problems, "Authorization=" + algorithm]))
    return _claim(
        credential=parts["Credential"],
        signed_headers=parts["SignedHeaders"],
        signature=parts["Signature"],
        moment=_moment(stamp),
        token=request.header("x-amz-security-token"),
    )


def _assignments(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split(",", _MOST_PARTS):
        name, equals, value = part.strip().partition("=")
        if not equals:
            raise Refused(
                INCOMPLETE,
                f"'{name[:100]}' not a valid key=value pair (missing equal-sign) in Authorization header.",
            )
        if name in found:
            raise Refused(INCOMPLETE, f"Authorization header names '{name[:100]}' twice.")
        found[name] = value
    return found


def _from_query(request: SignedRequest) -> Claim:
    _check_algorithm(request.parameter("X-Amz-Algorithm"))
    required = ("X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature")
    missing = [name for name in required if not request.parameter(name)]
    if missing:
        raise Refused(
            INCOMPLETE, " ".join(f"AWS query-string parameters must include '{name}'." for name in missing)
        )
    return _claim(
        credential=request.parameter("X-Amz-Credential"),
        signed_headers=request.parameter("X-Amz-SignedHeaders"),
        signature=request.parameter("X-Amz-Signature"),
        moment=_moment(request.parameter("X-Amz-Date")),
        token=request.parameter("X-Amz-Security-Token") or request.header("x-amz-security-token"),
        presigned=True,
        expires=_expires(request),
    )


def _expires(request: SignedRequest) -> int | None:
    if not request.has_parameter("X-Amz-Expires"):
        return None
    text = request.parameter("X-Amz-Expires")
    if not _DIGITS.fullmatch(text):
        raise Refused(INCOMPLETE, "X-Amz-Expires should be a number")
    seconds = int(text)
    if not 1 <= seconds <= LONGEST_LINK:
        raise Refused(INCOMPLETE, "X-Amz-Expires must be between 1 second and 1 week (604800 seconds)")
    return seconds


def _check_algorithm(algorithm: str) -> None:
    if algorithm == ALGORITHM:
        return
    if algorithm.startswith("AWS4-ECDSA"):
        raise Refused(
            INCOMPLETE,
            f"{algorithm} (signature version 4A) is not supported here. Please sign with {ALGORITHM}.",
        )
    raise Refused(
        INCOMPLETE, f"Unsupported authentication algorithm '{algorithm[:40]}'. Please use {ALGORITHM}."
    )


def _claim(
    *,
    credential: str,
    signed_headers: str,
    signature: str,
    moment: datetime,
    token: str,
    presigned: bool = False,
    expires: int | None = None,
) -> Claim:
    # From the right: an access key id may hold a slash, the scope never does.
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or not all(parts):
        raise Refused(
            INCOMPLETE,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{credential[:200]}'",
        )
    if not _HEX.fullmatch(signature):
        raise Refused(INCOMPLETE, "The signature must be 64 lower-case hexadecimal digits.")
    key_id, date, region, service, terminator = parts
    return Claim(
        key_id, date, region, service, terminator, _names(signed_headers), signature, moment, token, presigned, expires
    )  # fmt: skip


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(";"))
    if list(names) != sorted(set(names)) or text != text.lower() or "" in names:
        raise Refused(
            INCOMPLETE, "SignedHeaders must be lower-case, sorted names, each once, divided by ';'."
        )
    return names


def _moment(text: str) -> datetime:
    if _STAMP.fullmatch(text):
        try:
            return datetime.strptime(text, TIMESTAMP).replace(tzinfo=UTC)
        except ValueError:
            pass
    else:
        try:
            return parsedate_to_datetime(text).astimezone(UTC)
        except (ValueError, TypeError, OverflowError):
            pass
    raise Refused(
        INCOMPLETE,
        f"Date must be in ISO-8601 'basic format'. Got '{text[:40]}'. See http://en.wikipedia.org/wiki/ISO_8601",
    )
