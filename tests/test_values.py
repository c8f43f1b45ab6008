"""Identities: what is taken, what is refused, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.values import Ipei, Mac, Slot


@pytest.mark.parametrize(
    "text", ["80:5e:c0:12:34:56", "80-5E-C0-12-34-56", "805E.C012.3456", " 805ec0123456 ", "80 5e c0 12 34 56"]
)
def test_every_common_spelling_is_the_same_mac(text: str) -> None:
    assert Mac("805ec0123456") == Mac.parse(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("15565AABBCC", "11 hex digits"),
        ("1.56512E+09", "spreadsheet"),
        ("1,56512E+09", "spreadsheet"),
        ("01:00:5e:00:00:01", "multicast"),
        ("ff:ff:ff:ff:ff:ff", "multicast"),
        ("00:00:00:00:00:00", "zeros"),
        ("80:5e:c0:12:34:5g", "hex digits"),
        ("", "0 hex digits"),
        ("80:5e:c0:12:34:56:78", "14 hex digits"),
    ],
)
def test_a_wrong_mac_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Mac.parse(text)


@given(st.integers(1, 2**48 - 1).filter(lambda n: not (n >> 40) & 1))
def test_a_mac_survives_each_of_its_spellings(number: int) -> None:
    mac = Mac(f"{number:012x}")
    assert {mac} == {Mac.parse(mac.hex), Mac.parse(mac.upper), Mac.parse(mac.colons), Mac.parse(str(mac))}


@pytest.mark.parametrize(
    ("decimal", "hexadecimal"),
    [
        ("57005 0782068 7", "0DEADBEEF4"),
        ("03074 0220259 3", "00C0235C63"),
        ("00146 0156577 9", "00092263A1"),
        ("10727 0304537 3", "029E74A599"),
        ("11118 0821925 6", "02B6EC8AA5"),
        ("04113 0000002 *", "0101100002"),
    ],
)
def test_ipei_vectors(decimal: str, hexadecimal: str) -> None:
    assert Ipei.parse(decimal) == Ipei.parse(hexadecimal) == Ipei.parse("0x" + hexadecimal.lower())
    assert hexadecimal == Ipei.parse(decimal).hex
    assert decimal.replace(" ", "-") == Ipei.parse(hexadecimal).decimal


def test_an_ipei_without_its_check_character_is_taken() -> None:
    assert Ipei.parse("029560213347") == Ipei.parse("02956-0213347-2")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("57005 0782068 8", "check character"),
        ("1DEADBEEF4", "another type"),
        ("65536 0000001", "65535"),
        ("00001 1048576", "1048575"),
        ("0000000000", "zeros"),
        ("hello", "not an IPEI"),
    ],
)
def test_a_wrong_ipei_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Ipei.parse(text)


@given(st.integers(0, 0xFFFF), st.integers(1, 0xFFFFF))
def test_an_ipei_survives_each_of_its_spellings(emc: int, psn: int) -> None:
    ipei = Ipei(emc, psn)
    assert {ipei} == {Ipei.parse(ipei.hex), Ipei.parse(ipei.decimal), Ipei.parse(ipei.digits)}


@pytest.mark.parametrize(
    ("text", "expected"), [("3", "line:3"), ("exp1:40", "exp1:40"), ("KEY:2", "key:2"), ("soft:4", "soft:4")]
)
def test_slots(text: str, expected: str) -> None:
    assert expected == str(Slot.parse(text))


@pytest.mark.parametrize("text", ["0", "line:0", "exp0:1", "exp:1", "line:", "page:1", "line:99999", "1\n2"])
def test_a_wrong_slot_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no slot"):
        Slot.parse(text)
