"""The request as views see it behind our middleware."""

from django.http import HttpRequest

from devopsweb.iam.models import User
from devopsweb.kernel.principals import Principal


class Request(HttpRequest):
    """A request of a logged-in user; for annotations only."""

    user: User
    principal: Principal
