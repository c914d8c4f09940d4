"""IAM's quotas (IAM User Guide, "IAM and AWS STS quotas")."""

from devopsweb.iam.errors import LimitExceeded

GROUPS = 300
ROLES = 1000
USERS = 5000
POLICIES = 1500
GROUPS_PER_USER = 10
POLICIES_ATTACHED = 20
VERSIONS_PER_POLICY = 5
KEYS_PER_USER = 2
CREDENTIALS_PER_SERVICE = 2
TAGS = 50
POLICY_SIZE = 6144
TRUST_SIZE = 2048
INLINE_SIZE = {"user": 2048, "group": 5120, "role": 10240}


def require(name: str, count: int, limit: int) -> None:
    """Raise ``LimitExceeded`` when ``count`` things are there and ``limit`` is the most of them."""
    if count >= limit:
        raise LimitExceeded(f"Cannot exceed quota for {name}: {limit}")
