"""Records what was done to identities, in the transaction that did it."""

from collections.abc import Iterable
from datetime import datetime

from devopsweb.events import api as events
from devopsweb.iam.event_types import IdentityChanged
from devopsweb.kernel.principals import Principal


def tell(name: str, /, *, arns: Iterable[str], by: Principal | None, at: datetime, **request: object) -> None:
    """Publish the operation ``name`` (``CreateUser``)."""
    events.publish(
        IdentityChanged(event_name=name, request=request, arns=list(arns)),
        at=at,
        principal_arn=by.arn if by else "",
    )
