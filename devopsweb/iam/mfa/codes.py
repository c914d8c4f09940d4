"""Codes and seeds: pure."""

import secrets
from datetime import datetime

import pyotp
from django.utils.crypto import salted_hmac

STEP_SECONDS = 30
DRIFT = 1
"""Steps that the device's clock may be off."""
RECOVERY_CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


def new_seed() -> str:
    """A seed of 160 bits in Base32 (RFC 4226, section 4)."""
    return pyotp.random_base32(32)


def step_of(at: datetime) -> int:
    """The time step that ``at`` lies in."""
    return int(at.timestamp()) // STEP_SECONDS


def matching_step(seed: str, code: str, *, at: datetime, after: int = 0) -> int | None:
    """The time step whose code is ``code``, near ``at`` and later than ``after``; None when there is none."""
    digits = code.replace(" ", "")
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return None
    totp = pyotp.TOTP(seed)
    now = step_of(at)
    steps = [step for step in range(now - DRIFT, now + DRIFT + 1) if step > after]
    # Every step is compared, so that the time taken tells nothing.
    found = [step for step in steps if pyotp.utils.strings_equal(totp.generate_otp(step), digits)]
    return found[0] if found else None


def address(seed: str, *, user: str, issuer: str) -> str:
    """The ``otpauth://`` address that a QR code carries to the program."""
    return pyotp.TOTP(seed).provisioning_uri(name=user, issuer_name=issuer)


def new_recovery_code() -> str:
    """A code of 49 bits, easy to copy from paper."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"{text[:5]}-{text[5:]}"


def digest_of(user_id: int, code: str) -> str:
    """What is kept of a recovery code: keyed, so that the table alone is no use."""
    plain = code.replace("-", "").replace(" ", "").lower()
    return salted_hmac("recovery-code", f"{user_id}:{plain}", algorithm="sha256").hexdigest()
