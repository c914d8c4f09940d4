"""Registers the app."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Parameters and secrets, encrypted at rest."""

    name = "devopsweb.vault"
    label = "vault"
    verbose_name = "Parameters and secrets"

    def ready(self) -> None:
        """Keep the policies of secrets true to whom they name, and let policies know tags."""
        # Models are not loaded earlier.
        from devopsweb.iam import api as iam
        from devopsweb.vault import access
        from devopsweb.vault.actions import secrets

        iam.follow_principals(secrets.rename_principal)
        iam.offer_tags("ssm", access.tags_of_parameters)
        iam.offer_tags("secretsmanager", access.tags_of_secrets)
