"""Records what was done to identities, in the transaction that did it."""

from collections.abc import Iterable
from datetime import datetime

from devopsweb.events import api as events
from devopsweb.iam import audit
from devopsweb.iam.event_types import IdentityChanged
from devopsweb.kernel.principals import Principal


def tell(name: str, /, *, arns: Iterable[str], by: Principal | None, at: datetime, **request: object) -> None:
    """Publish the operation ``name`` (``CreateUser``)."""
    named = list(arns)
    if by is not None:
        audit.did(by, f"iam:{name}", named, request)
    events.publish(
        IdentityChanged(event_name=name, request=request, arns=named),
        at=at,
        principal_arn=by.arn if by else "",
    )
