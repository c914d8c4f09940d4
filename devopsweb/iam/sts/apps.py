"""Registers the app."""

from django.apps import AppConfig


class StsConfig(AppConfig):
    """Temporary credentials, and the issuers whose tokens may be exchanged for them."""

    name = "devopsweb.iam.sts"
    label = "sts"
    verbose_name = "Temporary credentials"

    def ready(self) -> None:
        """Let policies know the tags of providers."""
        # Models are loaded only now.
        from devopsweb.iam import resource_tags
        from devopsweb.iam.sts import access

        resource_tags.offer("iam", access.tags_of)
