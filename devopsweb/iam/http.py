"""The request as views see it behind our middleware."""

from typing import cast

from django.http import HttpRequest

from devopsweb.iam.models import User
from devopsweb.kernel.principals import Principal


class Request(HttpRequest):
    """A request of a logged-in user; for annotations only."""

    user: User
    principal: Principal


def asker(request: HttpRequest) -> Principal:
    """Whoever asks; our middleware has put it at every request, of which Django's own types know nothing."""
    return cast(Request, request).principal
