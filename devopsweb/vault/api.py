"""The front door of the vault: secrets at rest, and their removal from logs."""

from devopsweb.kernel.sealing import CannotUnseal
from devopsweb.kernel.sealing import seal as encrypt
from devopsweb.kernel.sealing import unseal as decrypt
from devopsweb.vault.redaction import MASK, Redactor

__all__ = ["MASK", "CannotUnseal", "Redactor", "decrypt", "encrypt"]
