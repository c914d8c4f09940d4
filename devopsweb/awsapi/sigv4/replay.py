"""Has this signature been used before? Kept in the shared cache for as long as a signature can live.

Decision 5 (``docs/decisions``) tells why a signature may come again within seconds.
"""

import hashlib
from datetime import datetime, timedelta

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

from devopsweb.awsapi.sigv4.claims import Claim
from devopsweb.awsapi.sigv4.errors import REPLAYED, Refused
from devopsweb.awsapi.sigv4.request import SignedRequest

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=5)
_NUMBERS = ("amz-sdk-invocation-id", "amz-sdk-request")


def check(claim: Claim, request: SignedRequest, *, source: str, at: datetime, until: datetime) -> None:
    """Note the signature; raise ``Refused`` when it was used before and cannot be an honest repetition.

    Presigned URLs are made to be used repeatedly until they expire and are not noted.
    """
    if claim.presigned:
        return
    try:
        honest = _is_first(claim, request, source=source, at=at, until=until)
    except RedisError as error:
        log.warning("replays go unnoticed: the cache does not answer", error=str(error))
        return
    if not honest:
        log.warning("replayed request refused", access_key_id=claim.access_key_id, service=claim.service)
        raise Refused(REPLAYED, "This signature was used before. Sign the request anew to repeat it.")


def _is_first(claim: Claim, request: SignedRequest, *, source: str, at: datetime, until: datetime) -> bool:
    """Whether the request is new: two equal requests of one client within one second have one signature."""
    name = "sigv4:" + hashlib.sha256(f"{claim.access_key_id}\n{claim.signature}".encode()).hexdigest()
    seconds = max(1, round((until - at).total_seconds()) + 1)
    # SDKs number their calls and attempts; these headers need not be signed.
    number = "\n".join(request.header(one) for one in _NUMBERS).strip()
    if cache.add(name, [at.timestamp(), source, number], seconds):
        return True
    first = cache.get(name)
    if first is None or at.timestamp() - first[0] > GRACE.total_seconds() or first[1] != source:
        return False
    if not number:
        return not first[2]
    marked = hashlib.sha256(number.encode()).hexdigest()
    return bool(number != first[2] and cache.add(f"{name}:{marked}", 1, seconds))
