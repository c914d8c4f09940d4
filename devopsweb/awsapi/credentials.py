"""Where the door finds the secret of an access key. Identity fills this in; the door imports no identity."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from devopsweb.kernel.principals import Principal


@dataclass(frozen=True)
class Credential:
    """An access key that is in use.

    ``session_token`` and ``expires_at`` belong to temporary keys (``ASIA…``). ``principal`` makes the
    caller from the condition keys of the request (``aws:SourceIp`` …); None when the identity behind the
    key is gone or switched off. ``used`` is told of each request that it signed: service, region, moment.
    """

    access_key_id: str
    secret: str
    session_token: str
    expires_at: datetime | None
    principal: Callable[[Mapping[str, str]], Principal | None]
    used: Callable[[str, str, datetime], None] = lambda service, region, at: None


Source = Callable[[str, str], Credential | None]


def _nobody(access_key_id: str, session_token: str) -> Credential | None:
    return None


_source: Source = _nobody


def use(source: Source) -> None:
    """Ask ``source(access_key_id, session_token)`` from now on."""
    global _source
    _source = source


def find(access_key_id: str, session_token: str = "") -> Credential | None:
    """The credential of that key, or None when it is unknown, inactive, or the token is not its own."""
    return _source(access_key_id, session_token)
