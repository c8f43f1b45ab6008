"""What is fuzzed: each target takes bytes and raises only when a promise is broken."""

from __future__ import annotations

import base64
import io
import json
import ssl
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from provisioner import keyring
from provisioner.app import open_provisioner
from provisioner.errors import Broken, Invalid
from provisioner.http import PhonesDoor
from provisioner.importing.understand import _STUMBLES
from provisioner.phone_worker import plain_request
from provisioner.placeholders import check, fill
from provisioner.recognise import Ask, recognise
from provisioner.registry import vendors
from provisioner.settings import Installation
from provisioner.site.apply import apply
from provisioner.site.document import document
from provisioner.site.read import read as read_site
from provisioner.spreadsheets import files as sheets
from provisioner.syntax import Syntax, parse_xml
from provisioner.tftp_packets import Wish, negotiate, read_wish
from provisioner.values import Ipei, Mac, Slot, Transport
from provisioner.vendor_api import Vendor
from tests.certificates import self_signed
from tests.world import SITE

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).with_name("corpus")
LARGEST_SEED = 16_384


def recogniser(data: bytes) -> None:
    """Path and user-agent of any bytes: an identity, never an exception."""
    path, _, agent = data.decode("latin-1").partition("\n")
    for transport in Transport:
        found = recognise(Ask(path=path, user_agent=agent, transport=transport))
        assert found.mac is None or len(found.mac.hex) == 12
        assert found.file is None or "\0" not in found.file


def tftp_packet(data: bytes) -> None:
    """Any datagram: a wish whose terms are within the limits, or the error packet for it."""
    wish = read_wish(data)
    if not isinstance(wish, Wish):
        assert wish[:2] == b"\0\5"
        return
    terms = negotiate(wish.options, 10_000, blksize=1428, windowsize=64, timeout_s=1.0)
    assert 8 <= terms.blksize <= 1428
    assert 1 <= terms.windowsize <= 64
    assert 1 <= terms.timeout_s <= 255


@cache
def _syntaxes() -> list[tuple[Vendor, Syntax]]:
    found = {}
    for vendor in vendors().values():
        for syntax in (vendor.syntax, *(file.syntax for file in vendor.files if file.syntax)):
            found.setdefault((vendor.name, repr(syntax)), (vendor, syntax))
    return list(found.values())


def syntax_reader(data: bytes) -> None:
    """A file in one of the vendors' syntaxes: each key once, and what is read can be written, or it is Broken."""
    if not data:
        return
    vendor, syntax = _syntaxes()[data[0] % len(_syntaxes())]
    try:
        read = syntax.read(data[1:].decode("utf-8", "replace"))
    except Broken:
        return
    keys = [key for key, _ in read.items()]
    assert len(set(keys)) == len(keys)
    with suppress(Broken):
        syntax.read(syntax.write(read).decode("utf-8", "replace"))
    for model in list(vendor.models.values())[:2]:
        with suppress(*_STUMBLES):
            vendor.read(read, model)


def xml(data: bytes) -> None:
    """Any XML: a tree in which nothing was expanded, or Broken."""
    with suppress(Broken):
        root = parse_xml(data)
        assert root.getroottree().docinfo.doctype == ""


def site_file(data: bytes) -> None:
    """Any site file: objects and problems, or Invalid."""
    with suppress(Invalid):
        document(read_site(data))


def spreadsheet(data: bytes) -> None:
    """Any CSV or XLSX: a sheet, or Invalid."""
    with suppress(Invalid):
        sheets.read(data)


def http_head(data: bytes) -> None:
    """Any head of a request: an environment without line breaks in it, or nothing."""
    environ = plain_request(data)
    assert environ is None or not any("\n" in value for value in environ.values() if isinstance(value, str))


class _Door:
    """A whole installation behind the phones' door, made on first use."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory()
        root = Path(self._directory.name)
        (root / "cas").mkdir()
        authority, _ = self_signed(root, "authority")
        (root / "cas" / "yealink.pem").write_bytes(authority.read_bytes())
        self.certificate = base64.b64encode(ssl.PEM_cert_to_DER_cert(authority.read_text())).decode()
        settings = Installation(
            data_dir=root, public_url="https://prov.example", trusted_proxies="127.0.0.1/32", client_ca_dir=root / "cas"
        )
        self.provisioner = open_provisioner(settings, create=True)
        apply(self.provisioner, SITE)
        self.door = PhonesDoor(self.provisioner)

    def close(self) -> None:
        """End its threads and remove its files."""
        self.provisioner.close()
        self._directory.cleanup()


_door = cache(_Door)


def close_door() -> None:
    """Close the installation, if one was made."""
    if _door.cache_info().currsize:
        _door().close()
        _door.cache_clear()


_HEADERS = (
    "HTTP_USER_AGENT", "HTTP_AUTHORIZATION", "HTTP_X_FORWARDED_FOR", "HTTP_IF_NONE_MATCH", "HTTP_CLIENT_CERT",
    "HTTP_CLIENT_CERT_CHAIN", "HTTP_X_SSL_CLIENT_CERT", "HTTP_X_FORWARDED_CLIENT_CERT", "HTTP_X_SSL_CLIENT_VERIFY",
    "HTTP_X_SSL_CLIENT_S_DN", "HTTP_RANGE", "HTTP_HOST",
)  # fmt: skip


def phones_door(data: bytes) -> None:
    """Any path, method and headers: an answer of ours, with headers that hold nothing of the request."""
    method, path, *values = [*data.decode("latin-1").split("\n"), ""]
    given = {name: value.strip() for name, value in zip(_HEADERS, values, strict=False) if value.strip()}
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "RAW_URI": path, "REMOTE_ADDR": "127.0.0.1", **given}
    told: list[tuple[str, list[tuple[str, str]]]] = []
    body = b"".join(_door().door(environ, lambda status, headers: told.append((status, headers))))
    ((status, headers),) = told
    assert status[:3] in ("200", "304", "400", "401", "404", "405", "416", "500", "503"), status
    assert not any(character in f"{name}{value}" for name, value in headers for character in "\r\n\0")
    if status.startswith("404"):
        assert [name for name, _ in headers] == ["Content-Type", "Content-Length"]
        assert body in (b"Not found\n", b"")


def small_words(data: bytes) -> None:
    """Placeholders, MACs, IPEIs, slots and key files: a value or a ValueError."""
    text = data.decode("utf-8", "replace")
    fill(text, {"tenant": "x"})
    for parse in (check, Mac.parse, Ipei.parse, Slot.parse):
        with suppress(ValueError):
            parse(text)
    with suppress(ValueError):
        keyring.parse(data)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        recogniser,
        tftp_packet,
        syntax_reader,
        xml,
        site_file,
        spreadsheet,
        http_head,
        phones_door,
        small_words,
    )
}


def seeds(target: str) -> Iterator[bytes]:
    """What fuzzing begins with: good input, and what once broke a promise."""
    yield from (path.read_bytes() for path in sorted((CORPUS / target).glob("*")) if path.is_file())
    yield from _MADE[target]()


def _recogniser_seeds() -> Iterator[bytes]:
    for requests in sorted((ROOT / "fixtures").glob("*/requests.jsonl")):
        for line in requests.read_text("utf-8").splitlines()[:3]:
            told = json.loads(line)
            yield f"{told.get('path')}\n{told.get('user_agent')}".encode()
    token = "0123456789abcdef" * 3
    yield f"/d/{token}-0123456789/805ec0123456.cfg\nYealink SIP-T46U 108.86.0.20".encode()
    yield b"/%2e%2e/%00/cfg000b82123456.xml?mac=000b82123456\nGrandstream Model HW GXP2170 DevId 000b82123456"


def _tftp_seeds() -> Iterator[bytes]:
    yield b"\0\1805ec0123456.cfg\0octet\0"
    yield b"\0\1a\0netascii\0blksize\x001428\0tsize\x000\0windowsize\x0016\0timeout\x003\0"
    yield b"\0\1\xff\0octet\0blksize\0abc\0"


def _syntax_seeds() -> Iterator[bytes]:
    """Golden files of each vendor, for each of its syntaxes."""
    for number, (vendor, _syntax) in enumerate(_syntaxes()):
        files = sorted((ROOT / "fixtures" / vendor.name).glob("*/*.*"), key=lambda path: path.stat().st_size)
        yield from (bytes([number]) + path.read_bytes()[:LARGEST_SEED] for path in files[:2])


def _xml_seeds() -> Iterator[bytes]:
    yield b'<?xml version="1.0"?><a b="c">d<e/></a>'
    yield b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>'
    yield b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'
    declared = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
    yield f'<?xml version="1.0" encoding="UTF-16"?>{declared}'.encode("utf-16")
    yield b"<!--" + b" " * 5000 + b"-->" + declared.replace("ENTITY", "ELEMENT").encode()


def _site_seeds() -> Iterator[bytes]:
    yield (ROOT / "provisioner" / "demo.yaml").read_bytes()
    yield b"tenant: acme\ndevices: [{mac: '80:5e:c0:12:34:56', vendor: yealink, model: T46U}]\n"
    yield b'{"tenant": "acme", "extensions": [{"number": "100"}]}'
    yield b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


def _sheet_seeds() -> Iterator[bytes]:
    rows = [["80:5e:c0:12:34:56", "Front desk", "=1+1"]]
    yield sheets.write("csv", ["mac", "name", "note"], rows)
    yield sheets.write("xlsx", ["mac", "name", "note"], rows)
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    yield empty.getvalue()


def _http_seeds() -> Iterator[bytes]:
    yield b"GET /805ec0123456.cfg HTTP/1.1\r\nHost: prov.example\r\nUser-Agent: Yealink SIP-T46U\r\n\r\n"
    yield b"HEAD /a?b HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"


def _door_seeds() -> Iterator[bytes]:
    yield b"GET\n/805ec0123456.cfg\nYealink SIP-T46U 108.86.0.20 80:5e:c0:12:34:56"
    yield b"HEAD\n/t/acme/805ec0123457.cfg\n\nBasic YWNtZTpzM2NyZXQ=\n10.0.0.1, 10.0.0.2\n*"
    digest = 'Digest username="acme", realm="provisioner", nonce="a", uri="/x", qop=auth, nc=00000001, response="b"'
    yield f"GET\n/x\n\n{digest}".encode()
    certificate = _door().certificate
    yield f"GET\n/805ec0123456.cfg\n\n\n\n\n:{certificate}:".encode()
    yield f"GET\n/805ec0123456.cfg\n\n\n\n\n\n\n{certificate}".encode()
    envoy = 'Hash=a;Subject="CN=805ec0123456";Cert="x",By=b'
    yield f"GET\n/805ec0123456.cfg\n\n\n\n\n\n\n\n{envoy}\nSUCCESS\nCN=805ec0123456".encode()


def _word_seeds() -> Iterator[bytes]:
    yield from (b"{name:2} {{x}} {location}", b"80:5e:c0:12:34:56", b"02956-0213347-2", b"exp1:12", b"identity AAAA")


_MADE: Mapping[str, Callable[[], Iterator[bytes]]] = {
    "recogniser": _recogniser_seeds,
    "tftp_packet": _tftp_seeds,
    "syntax_reader": _syntax_seeds,
    "xml": _xml_seeds,
    "site_file": _site_seeds,
    "spreadsheet": _sheet_seeds,
    "http_head": _http_seeds,
    "phones_door": _door_seeds,
    "small_words": _word_seeds,
}
