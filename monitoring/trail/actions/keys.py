"""The key that signs digests: made when the first digest needs it, followed by another each year."""

from datetime import datetime, timedelta

from devopsweb.kernel import sealing
from monitoring.trail.adapters import signing
from monitoring.trail.models import SigningKey

VALID = timedelta(days=365)


def current(*, at: datetime) -> SigningKey:
    """The key that signs now."""
    row = SigningKey.objects.filter(valid_from__lte=at, valid_until__gt=at).order_by("valid_from").first()
    if row is not None:
        return row
    new = signing.generate()
    return SigningKey.objects.create(
        fingerprint=new.fingerprint,
        public_der=new.public_der,
        private=sealing.seal(new.private_pem),
        valid_from=at,
        valid_until=at + VALID,
    )


def sign(key: SigningKey, data: bytes) -> str:
    """The signature of ``data``. Raises ``CannotUnseal``."""
    return signing.sign(sealing.unseal(key.private), data)
