"""Has this signature been used before? Kept in the shared cache for as long as a signature can live.

``docs/decisions`` tells why a repeated signature is accepted for a few seconds from clients that
do not number their requests.
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
NUMBER = "amz-sdk-invocation-id"


def check(claim: Claim, request: SignedRequest, *, at: datetime, until: datetime) -> None:
    """Note the signature; raise ``Refused`` when it was used before and cannot be an honest repetition.

    Presigned URLs are made to be used repeatedly until they expire and are not noted.
    """
    if claim.presigned:
        return
    name = "sigv4:" + hashlib.sha256(f"{claim.access_key_id}\n{claim.signature}".encode()).hexdigest()
    try:
        if cache.add(name, at.timestamp(), max(1, round((until - at).total_seconds()) + 1)):
            return
        first = cache.get(name)
    except RedisError as error:
        log.warning("replays go unnoticed: the cache does not answer", error=str(error))
        return
    # Two equal requests within one second have one signature, unless the client numbers them.
    numbered = NUMBER in claim.signed_headers
    if numbered or first is None or at.timestamp() - first > GRACE.total_seconds():
        log.warning("replayed request refused", access_key_id=claim.access_key_id, service=claim.service)
        raise Refused(REPLAYED, "This signature was used before. Sign the request anew to repeat it.")
