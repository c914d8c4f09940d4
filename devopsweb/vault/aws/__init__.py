"""AWS operations of the vault."""

from devopsweb.vault.aws import secrets_about, secretsmanager, ssm, ssm_reads

__all__ = ["secrets_about", "secretsmanager", "ssm", "ssm_reads"]
