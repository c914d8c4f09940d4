"""Amazon Resource Names of this installation.

Form: ``arn:aws:<service>:<region>:<account>:<resource>`` (AWS General Reference,
"Amazon Resource Names"). IAM's names carry no region.
"""

from django.conf import settings

_GLOBAL_SERVICES = frozenset({"iam", "sts"})


def arn(service: str, resource: str) -> str:
    """The ARN of ``resource`` (for example ``pipeline/web``) of ``service``."""
    region = "" if service in _GLOBAL_SERVICES else settings.DEVOPSWEB_REGION
    return f"arn:aws:{service}:{region}:{settings.DEVOPSWEB_ACCOUNT_ID}:{resource}"
