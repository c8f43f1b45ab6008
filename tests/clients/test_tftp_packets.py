"""Our reading of a request and our OACK mean the same to tftpy, which wrote and reads them for its own clients."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tftpy.TftpPacketTypes import TftpPacketOACK, TftpPacketRRQ

from provisioner.tftp_packets import ILLEGAL, NOT_FOUND, Wish, negotiate, read_wish

WORDS = st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1, max_size=20)
OPTIONS = st.dictionaries(st.sampled_from(["blksize", "tsize", "timeout", "WindowSize", "x-other"]) | WORDS, WORDS)
KNOWN = st.fixed_dictionaries(
    {},
    optional={
        "blksize": st.integers(8, 65_464),
        "tsize": st.just(0),
        "timeout": st.integers(1, 255),
        "windowsize": st.integers(1, 65_535),
    },
)


@given(name=WORDS, options=OPTIONS)
def test_a_request_is_read_as_tftpy_wrote_it(name, options):
    packet = TftpPacketRRQ()
    packet.filename, packet.mode, packet.options = name, "octet", options
    written = bytes(packet.encode().buffer)
    expected = Wish(name, False, options) if len(written) <= 512 else ILLEGAL
    assert read_wish(written) == expected


PIECES = st.sampled_from([b"", b"a.cfg", b"octet", b"netascii", b"OCTET", b"mail", b"blksize", b"1428", b"\xf8", b"8"])


@given(st.lists(PIECES, max_size=8))
def test_whatever_tftpy_reads_in_a_datagram_we_read_too(pieces):
    datagram = b"\0\1" + b"\0".join(pieces)
    packet = TftpPacketRRQ()
    packet.buffer = datagram
    try:
        packet.decode()
    except Exception:
        return
    if packet.mode in ("octet", "netascii"):
        assert read_wish(datagram) == Wish(packet.filename, packet.mode == "netascii", packet.options)


def test_a_name_that_is_not_ascii_is_no_file_of_ours():
    assert read_wish(b"\0\1s\xf8n.cfg\0octet\0") == NOT_FOUND


def test_a_mode_of_neither_kind_is_refused():
    assert read_wish(b"\0\1phone.cfg\0mail\0") == ILLEGAL


def test_options_that_end_within_a_word_count_as_none():
    assert read_wish(b"\0\1phone.cfg\0octet\0blksize\x001428") == Wish("phone.cfg", False, {})


def test_an_option_without_a_value_counts_as_none():
    assert read_wish(b"\0\1phone.cfg\0octet\0blksize\0\0") == Wish("phone.cfg", False, {})


@given(KNOWN)
def test_tftpy_reads_our_oack(asked):
    terms = negotiate(
        {name: str(value) for name, value in asked.items()}, 12_000, blksize=1428, windowsize=64, timeout_s=1.0
    )
    if not asked:
        assert terms.oack == b""
        return
    packet = TftpPacketOACK()
    packet.buffer = terms.oack
    packet.decode()
    assert packet.options.keys() == asked.keys()
    assert int(packet.options.get("blksize", 512)) == terms.blksize
    assert int(packet.options.get("windowsize", 1)) == terms.windowsize
    assert int(packet.options.get("tsize", 12_000)) == 12_000
