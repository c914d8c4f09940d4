"""What the vault keeps."""

from devopsweb.vault.models.parameters import Parameter, ParameterLabel, ParameterVersion
from devopsweb.vault.models.secrets import Secret, SecretStage, SecretVersion

__all__ = ["Parameter", "ParameterLabel", "ParameterVersion", "Secret", "SecretStage", "SecretVersion"]
