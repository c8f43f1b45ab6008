"""Manufacturers' CAs of our own, and the phones' certificates that they issue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

OIDS = {
    "CN": NameOID.COMMON_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "O": NameOID.ORGANIZATION_NAME,
}


@dataclass(frozen=True)
class Issued:
    """A certificate, its key, and what it was issued under."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    issuer: Issued | None = None

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def issue(self, *, ca: bool = False, days: tuple[int, int] = (-30, 3650), **subject: str) -> Issued:
        """A certificate under this one."""
        return issue(self, ca=ca, days=days, **subject)

    def write(self, directory: Path, name: str) -> tuple[Path, Path]:
        """Certificate with its intermediates, and key, as PEM files."""
        chain, above = self.pem, self.issuer
        while above and above.issuer:
            chain, above = chain + above.pem, above.issuer
        paths = directory / f"{name}.pem", directory / f"{name}.key"
        paths[0].write_text(chain)
        paths[1].write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return paths


def issue(
    issuer: Issued | None = None, *, ca: bool = False, days: tuple[int, int] = (-30, 3650), names: tuple[str, ...] = (),
    **subject: str,
) -> Issued:  # fmt: skip
    """A certificate, under itself where there is no issuer."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(OIDS[field], value) for field, value in subject.items()])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), False)
    return Issued(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key, issuer)
