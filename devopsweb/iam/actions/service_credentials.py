"""Service-specific credentials: make, reset, switch, delete; two per service and user at most."""

import secrets
from datetime import datetime

from django.conf import settings

from devopsweb.iam import quotas
from devopsweb.iam.actions.entities import changing
from devopsweb.iam.actions.news import tell
from devopsweb.iam.errors import NoSuchEntity, UnsupportedService
from devopsweb.iam.models import ServiceCredential, User
from devopsweb.iam.service_credentials import SERVICES, digest
from devopsweb.kernel.principals import Principal


def new_password() -> str:
    """A fresh password."""
    return secrets.token_urlsafe(32) + "="


def check_service(service: str) -> None:
    """Raise ``UnsupportedService`` for a service without such credentials."""
    if service not in SERVICES:
        raise UnsupportedService(f"No such service {service} is supported for Service Specific Credentials")


def create(*, user: User, service: str, by: Principal | None, at: datetime) -> tuple[ServiceCredential, str]:
    """Make a credential, and its password in clear text: shown once. Raises ``LimitExceeded``."""
    check_service(service)
    password = new_password()
    with changing(user):
        present = user.service_credentials.filter(service=service)
        quotas.require("ServiceSpecificCredentialsPerUser", present.count(), quotas.CREDENTIALS_PER_SERVICE)
        row = ServiceCredential.objects.create(
            user=user, service=service, user_name=_free_name(user), digest=digest(password), created_at=at
        )
        _tell("Create", row, by, at)
    return row, password


def reset(*, credential: ServiceCredential, by: Principal | None, at: datetime) -> str:
    """Give the credential a new password, which is shown once; the old one ends at once."""
    password = new_password()
    with changing(credential):
        credential.digest = digest(password)
        credential.save(update_fields=["digest"])
        _tell("Reset", credential, by, at)
    return password


def set_status(*, credential: ServiceCredential, active: bool, by: Principal | None, at: datetime) -> None:
    """Switch the credential on or off."""
    with changing(credential):
        credential.is_active = active
        credential.save(update_fields=["is_active"])
        _tell("Update", credential, by, at)


def delete(*, credential: ServiceCredential, by: Principal | None, at: datetime) -> None:
    """Delete the credential; git clients that use it are refused at once."""
    with changing(credential):
        _tell("Delete", credential, by, at)
        credential.delete()


def find(user: User, credential_id: str) -> ServiceCredential:
    """The user's credential of that id. Raises ``NoSuchEntity``."""
    found = user.service_credentials.filter(pk=credential_id).select_related("user").first()
    if found is None:
        raise NoSuchEntity(f"No such credential {credential_id} exists")
    return found


def _free_name(user: User) -> str:
    """``name-at-ACCOUNT``; further ones are numbered."""
    first = f"{user.username}-at-{settings.DEVOPSWEB_ACCOUNT_ID}"
    taken = set(
        ServiceCredential.objects.filter(user_name__startswith=first).values_list("user_name", flat=True)
    )
    names = [first, *(f"{first}+{number}" for number in range(1, len(taken) + 1))]
    return next(name for name in names if name not in taken)


def _tell(verb: str, row: ServiceCredential, by: Principal | None, at: datetime) -> None:
    tell(
        f"{verb}ServiceSpecificCredential", arns=[row.user.arn], by=by, at=at,
        userName=row.user.username, serviceName=row.service, serviceSpecificCredentialId=row.pk,
    )  # fmt: skip
