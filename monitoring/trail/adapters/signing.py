"""RSA keys of digests: SHA256withRSA (PKCS #1 v1.5), public halves as PKCS #1 DER."""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

BITS = 2048


@dataclass(frozen=True)
class NewKey:
    """A fresh pair of keys."""

    fingerprint: str
    public_der: bytes
    private_pem: str


def generate() -> NewKey:
    """A pair of keys; the fingerprint is CloudTrail's (MD5 of the public key, a name and no protection)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return NewKey(hashlib.md5(public, usedforsecurity=False).hexdigest(), public, private.decode())


def sign(private_pem: str, data: bytes) -> str:
    """The signature in hex."""
    key = serialization.load_pem_private_key(private_pem.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("A digest is signed with an RSA key.")
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256()).hex()


def is_signed(public_der: bytes, signature: str, data: bytes) -> bool:
    """Whether ``signature`` is that of ``data``."""
    key = serialization.load_der_public_key(_spki(public_der))
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(bytes.fromhex(signature), data, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def _spki(pkcs1: bytes) -> bytes:
    """PKCS #1 in the wrapping that every version of the library reads."""
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    bits = b"\x00" + pkcs1
    inner = algorithm + b"\x03" + _length(len(bits)) + bits
    return b"\x30" + _length(len(inner)) + inner


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(raw)]) + raw
