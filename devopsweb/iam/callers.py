"""Who the caller is, for operations that are about themselves unless they name somebody."""

from devopsweb.iam.errors import NotAUser
from devopsweb.iam.models import User
from devopsweb.kernel.errors import Invalid
from devopsweb.kernel.principals import Principal


def own_name(principal: Principal) -> str:
    """The user name of the caller. Raises ``Invalid`` for a role's session."""
    if principal.kind != "User":
        raise Invalid("Must specify userName when calling with non-User credentials")
    return principal.name


def own_user(principal: Principal) -> User:
    """The caller, who must be a user. Raises ``NotAUser``."""
    found = User.objects.filter(pk=principal.user_id or 0).first() if principal.kind == "User" else None
    if found is None:
        raise NotAUser("Only a user can do this.")
    return found
