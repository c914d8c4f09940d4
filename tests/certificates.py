"""Certificates of an authority of their own, for servers on this machine."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa


@dataclass(frozen=True)
class Pair:
    """The files of a certificate and of its key."""

    certificate: Path
    key: Path

    @property
    def settings(self) -> dict[str, str]:
        """The variables that give the pair to an installation."""
        return {"DEVOPSWEB_TLS_CERTIFICATE": str(self.certificate), "DEVOPSWEB_TLS_KEY": str(self.key)}


def make(
    folder: Path,
    name: str = "localhost",
    *,
    password: bytes = b"",
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
) -> Pair:
    """A certificate for ``name`` and this machine, signed by its own key."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(own, own, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    folder.mkdir(parents=True, exist_ok=True)
    pair = Pair(folder / "certificate.pem", folder / "key.pem")
    pair.key.write_bytes(private)
    pair.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return pair
