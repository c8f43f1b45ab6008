"""Whose phone a client certificate speaks for: chained to its manufacturer's CA, the MAC in the vendor's own field.

The chain is checked here and not by the TLS library, whose refusal would end the handshake: a phone that
shows a certificate of a manufacturer that nobody configured may still prove itself in another way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID

from provisioner.errors import Invalid, Problem
from provisioner.registry import vendors
from provisioner.values import Mac
from provisioner.vendor_api import DeviceCertificate

LONGEST_CHAIN = 4
SUFFIXES = (".pem", ".crt", ".cer", ".der")
_FIELDS = {
    "CN": NameOID.COMMON_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "serialNumber": NameOID.SERIAL_NUMBER,
}
_RFC2253 = re.compile(r"(?:^|[,+])\s*([A-Za-z]+)\s*=\s*((?:\\.|[^,+\\])*)")
_SLASHES = re.compile(r"/([A-Za-z]+)=((?:\\.|[^/\\])*)")
_SPELLINGS = {"S": "ST", "SN": "serialNumber", "SERIALNUMBER": "serialNumber"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A client certificate as it came: DER with what came of its chain, or a subject for which a proxy vouches."""

    certificate: bytes | None = None
    chain: tuple[bytes, ...] = ()
    subject: str = ""


def presented(certificates: Sequence[bytes]) -> Presented | None:
    """The first with the others behind it; None of none."""
    return Presented(certificate=certificates[0], chain=tuple(certificates[1:])) if certificates else None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a certificate says: the MAC where one vendor's rule finds one, else why it proves nothing."""

    why: str
    vendor: str | None = None
    mac: Mac | None = None


class Manufacturers:
    """The CAs of ``CLIENT_CA_DIR`` by vendor."""

    def __init__(self, authorities: Mapping[str, tuple[x509.Certificate, ...]]) -> None:
        self._stores = {name: verification.Store(list(found)) for name, found in authorities.items() if found}
        self._examined = lru_cache(maxsize=4096)(self._examine)

    @classmethod
    def read(cls, directory: Path | None) -> Manufacturers:
        """The folder's CAs: none where there is no folder. Raises Invalid with every file that is wrong."""
        if directory is None:
            return cls({})
        found, problems = read_authorities(directory)
        if problems:
            raise Invalid(problems)
        return cls(found)

    def examine(self, presented: Presented | None, at: datetime) -> tuple[Seen, ...]:
        """What the certificate says by each manufacturer that it chains to; at least one line."""
        if presented is None:
            return (_NONE,)
        if not self._stores:
            return (_NO_AUTHORITIES,)
        # The same phone comes again: its chain is checked once a minute, which is how late its end is seen.
        return self._examined(presented, at.replace(second=0, microsecond=0))

    def _examine(self, presented: Presented, minute: datetime) -> tuple[Seen, ...]:
        if presented.certificate is None:
            return tuple(_vouched(presented.subject, self._stores)) or (Seen("its subject names no phone"),)
        try:
            leaf = x509.load_der_x509_certificate(presented.certificate)
            chain = [x509.load_der_x509_certificate(one) for one in presented.chain[:LONGEST_CHAIN]]
            subject = [(attribute.oid, str(attribute.value)) for attribute in leaf.subject]
        except (ValueError, UnsupportedAlgorithm):
            return (Seen("the client certificate cannot be read"),)
        if not leaf.not_valid_before_utc <= minute + timedelta(minutes=1):
            return (Seen(f"the client certificate is valid from {leaf.not_valid_before_utc:%Y-%m-%d} on"),)
        if leaf.not_valid_after_utc < minute:
            return (Seen(f"the client certificate expired on {leaf.not_valid_after_utc:%Y-%m-%d}"),)
        named = {field: [value for oid, value in subject if oid == key] for field, key in _FIELDS.items()}
        mine = [name for name in self._stores if self._chains(name, leaf, chain, minute)]
        if not mine:
            return (Seen("the client certificate chains to no manufacturer's CA in CLIENT_CA_DIR"),)
        return tuple(_read(name, named) for name in mine)

    def _chains(self, name: str, leaf: x509.Certificate, chain: list[x509.Certificate], at: datetime) -> bool:
        builder = verification.PolicyBuilder().store(self._stores[name]).time(at.astimezone(UTC).replace(tzinfo=None))
        policy = builder.max_chain_depth(LONGEST_CHAIN).extension_policies(ca_policy=_AUTHORITY, ee_policy=_PHONE)
        try:
            policy.build_client_verifier().verify(leaf, chain)
        except (verification.VerificationError, ValueError, UnsupportedAlgorithm):
            return False
        return True


_NONE = Seen("no client certificate")
_NO_AUTHORITIES = Seen("a client certificate came, and CLIENT_CA_DIR names no manufacturer's CA")


def _is_authority(_policy: object, _certificate: x509.Certificate, extension: x509.BasicConstraints) -> None:
    # Without this every phone could issue certificates for every other.
    if not extension.ca:
        raise ValueError("the issuer is no CA")


def _may_sign(_policy: object, _certificate: x509.Certificate, extension: x509.KeyUsage | None) -> None:
    if extension is not None and not extension.key_cert_sign:
        raise ValueError("the issuer's key may sign no certificates")


# Factory certificates have a subject and little else: no names, no usages. What an issuer must be is strict.
_PHONE = verification.ExtensionPolicy.permit_all()
_AUTHORITY = (
    verification.ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, verification.Criticality.AGNOSTIC, _is_authority)
    .may_be_present(x509.KeyUsage, verification.Criticality.AGNOSTIC, _may_sign)
)


def _read(name: str, fields: Mapping[str, list[str]]) -> Seen:
    """The MAC by the vendor's rule: its field is there once and is exactly a MAC, so that no generic one passes."""
    vendor = vendors()[name]
    rule = vendor.certificate
    if rule is None:
        return Seen(f"it is not known in which field {vendor.title} certificates name their phone", name)
    values = fields.get(rule.field, [])
    mac = _mac(rule, values[0]) if len(values) == 1 else None
    if mac is None:
        return Seen(
            f"the {vendor.title} certificate names no phone in its {rule.field}: a generic one is no proof", name
        )
    return Seen(f"a {vendor.title} certificate for {mac}", name, mac)


def _mac(rule: DeviceCertificate, value: str) -> Mac | None:
    match = re.fullmatch(rule.pattern, value)
    try:
        return Mac.parse(match["mac"]) if match else None
    except ValueError:
        return None


def _vouched(subject: str, stores: Iterable[str]) -> Iterator[Seen]:
    """What a subject says for which a proxy vouches, in RFC 2253's form or with slashes."""
    fields: dict[str, list[str]] = {}
    parts = _SLASHES if subject.startswith("/") else _RFC2253
    for field, value in parts.findall(subject):
        name = _SPELLINGS.get(field.upper(), field.upper())
        fields.setdefault(name, []).append(re.sub(r"\\(.)", r"\1", value).strip())
    return (_read(name, fields) for name in stores)


def read_authorities(directory: Path) -> tuple[dict[str, tuple[x509.Certificate, ...]], list[Problem]]:
    """The certificates of a folder by vendor, and what is wrong.

    A file is the vendor's whose name it begins with (``acme.pem``, ``acme-2023.crt``), or whose folder it is in.
    """
    found: dict[str, list[x509.Certificate]] = {}
    problems: list[Problem] = []
    try:
        files = sorted(path for path in directory.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    except OSError as error:
        files, problems = [], [Problem(field="CLIENT_CA_DIR", message=f"{directory}: {error.strerror}")]
    if not directory.is_dir():
        problems.append(Problem(field="CLIENT_CA_DIR", message=f"{directory} is no folder"))
    for path in files:
        name = path.relative_to(directory).parts[0].lower()
        name = name if path.parent != directory else re.split(r"[.-]", name)[0]
        try:
            if name not in vendors():
                raise ValueError(f"name it after a vendor, such as {next(iter(vendors()))}.pem")
            found.setdefault(name, []).extend(_certificates(path.read_bytes()))
        except (OSError, ValueError) as error:
            problems.append(Problem(field="CLIENT_CA_DIR", message=f"{path}: {error}"))
    return {name: tuple(listed) for name, listed in found.items()}, problems


def _certificates(content: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN" in content:
        return x509.load_pem_x509_certificates(content)
    return [x509.load_der_x509_certificate(content)]
