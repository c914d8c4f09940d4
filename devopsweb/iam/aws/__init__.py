"""IAM's operations, one file for each noun; importing them registers them."""

from devopsweb.iam.aws import (
    account,
    attachments,
    authorization_details,
    credential_report,
    groups,
    keys,
    linked_roles,
    passwords,
    policies,
    roles,
    service_credentials,
    simulation,
    tags,
    users,
)

__all__ = [
    "account",
    "attachments",
    "authorization_details",
    "credential_report",
    "groups",
    "keys",
    "linked_roles",
    "passwords",
    "policies",
    "roles",
    "service_credentials",
    "simulation",
    "tags",
    "users",
]
