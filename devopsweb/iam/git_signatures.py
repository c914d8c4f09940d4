"""Git's user name and password as ``git-remote-codecommit`` and ``aws codecommit credential-helper`` make them.

The user name is an access key id (with ``%`` and the session token of temporary credentials), the password
a moment and a signature over it, the repository's path and the host: good for fifteen minutes.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

import botocore.session
from django.conf import settings

from devopsweb.awsapi import credentials
from devopsweb.awsapi.sigv4 import ALGORITHM, SKEW, keys
from devopsweb.kernel.principals import Principal

SERVICE = "codecommit"
_PASSWORD = re.compile(r"([0-9]{8}T[0-9]{6})Z([0-9a-f]{64})")
_AWS_HOST = re.compile(r"git-codecommit(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")


def is_signature(password: str) -> bool:
    """Whether a password has the form of a signature; nobody's password looks like that by chance."""
    return _PASSWORD.fullmatch(password) is not None


def verify(
    username: str,
    password: str,
    *,
    paths: Iterable[str],
    hosts: Iterable[str],
    context: Mapping[str, str],
    at: datetime,
) -> Principal | None:
    """Who signed; None when the key is unknown, or the signature wrong or too old.

    ``paths`` and ``hosts`` are what the client may have called the repository and us. Clients made for AWS
    may also have signed AWS's own host, in any region that has CodeCommit.
    """
    found = _PASSWORD.fullmatch(password)
    moment = _moment(found[1]) if found else None
    if found is None or moment is None or abs(at - moment) > SKEW:
        return None
    access_key_id, _, token = username.partition("%")
    credential = credentials.find(access_key_id, token)
    if credential is None or (credential.expires_at is not None and credential.expires_at <= at):
        return None
    known = tuple(dict.fromkeys(hosts))
    for region, host in _places(known):
        key = keys.signing_key(credential.secret, found[1][:8], region, SERVICE)
        if any(
            hmac.compare_digest(_signature(key, found[1], region, path, host), found[2]) for path in paths
        ):
            principal = credential.principal(context)
            if principal is not None:
                credential.used(SERVICE, region, at)
            return principal
    return None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _places(hosts: tuple[str, ...]) -> list[tuple[str, str]]:
    """Every region and host that may have been signed, the likely ones first."""
    mine = settings.DEVOPSWEB_REGION
    bare = tuple(dict.fromkeys((*hosts, *(host.rpartition(":")[0] for host in hosts if ":" in host))))
    regions = tuple(dict.fromkeys((mine, *_regions())))
    ours = [(region, host) for region in regions for host in bare if not _AWS_HOST.fullmatch(host)]
    # AWS's host names its region.
    aws = [(region, f"git-codecommit.{region}.amazonaws.com{_suffix(region)}") for region in regions]
    return [
        *(place for place in ours if place[0] == mine),
        *aws,
        *(place for place in ours if place[0] != mine),
    ]


def _suffix(region: str) -> str:
    return ".cn" if region.startswith("cn-") else ""


@lru_cache(maxsize=1)
def _regions() -> tuple[str, ...]:
    """The regions that have CodeCommit, as the AWS clients know them."""
    session = botocore.session.get_session()
    partitions = session.get_available_partitions()
    return tuple(region for one in partitions for region in session.get_available_regions(SERVICE, one))


def _signature(key: bytes, moment: str, region: str, path: str, host: str) -> str:
    canonical = hashlib.sha256(f"GIT\n{path}\n\nhost:{host}\n\nhost\n".encode()).hexdigest()
    return keys.sign(
        key, "\n".join([ALGORITHM, moment, f"{moment[:8]}/{region}/{SERVICE}/aws4_request", canonical])
    )
