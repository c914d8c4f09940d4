"""The people of the sample: a developer, who cannot approve, and a release manager, who can."""

import secrets
from datetime import datetime

from django.contrib.auth import get_user_model

from devopsweb.iam import api as iam

GROUPS = {"developers": "DeveloperAccess", "release-managers": "ReleaseManagerAccess"}
PEOPLE = {"dev": "developers", "release": "release-managers"}


def install(at: datetime) -> dict[str, str]:
    """Create the groups and people that are missing; the passwords of the people it made."""
    for group, policy in GROUPS.items():
        iam.ensure_group(group, policies=[policy], at=at)
    known = set(get_user_model().objects.values_list("username", flat=True))
    made = {name: secrets.token_urlsafe(9) for name in PEOPLE if name not in known}
    for name, group in PEOPLE.items():
        iam.ensure_user(name, password=made.get(name), groups=[group], at=at)
    return made
