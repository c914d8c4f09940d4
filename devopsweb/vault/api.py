"""The front door of the vault: secrets at rest, their removal from logs, and stored values for builds."""

from datetime import datetime

from devopsweb.iam.api import AccessDenied
from devopsweb.kernel.errors import Invalid, NotFound
from devopsweb.kernel.principals import Principal
from devopsweb.kernel.sealing import CannotUnseal
from devopsweb.kernel.sealing import seal as encrypt
from devopsweb.kernel.sealing import unseal as decrypt
from devopsweb.vault import reading
from devopsweb.vault.access import can_list_parameters, can_list_secrets
from devopsweb.vault.errors import CannotResolve, NotNow
from devopsweb.vault.redaction import MASK, Redactor

__all__ = [
    "MASK",
    "CannotResolve",
    "CannotUnseal",
    "Redactor",
    "can_list_parameters",
    "can_list_secrets",
    "decrypt",
    "encrypt",
    "parameter",
    "secret",
]


def parameter(name: str, principal: Principal) -> str:
    """The decrypted value of a parameter: ``name``, ``name:version``, ``name:label`` or its ARN.

    The principal needs ``ssm:GetParameters`` (AWS's builds ask so), and ``kms:Decrypt`` where the
    parameter has a key of its own. Raises ``CannotResolve``, whose message names the reason.
    """
    try:
        return reading.parameter_text(principal, name, "ssm:GetParameters")
    except (AccessDenied, NotFound, Invalid, CannotUnseal) as error:
        raise CannotResolve(str(error)) from None


def secret(reference: str, principal: Principal, *, at: datetime) -> str:
    """The value that ``secret-id:json-key:version-stage:version-id`` names; all but the first may be left out.

    The principal needs ``secretsmanager:GetSecretValue``. Raises ``CannotResolve``, whose message names the
    reason.
    """
    try:
        return reading.secret_text(principal, reference, at=at)
    except (AccessDenied, NotFound, Invalid, NotNow, CannotUnseal) as error:
        raise CannotResolve(str(error)) from None
