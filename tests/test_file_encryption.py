"""Encrypted files: what leaves is opened again by the openssl command line, and by nothing that is ours."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.answer import Provisioner
from provisioner.merge import merge
from provisioner.profile import Profile
from provisioner.recognise import Ask, recognise
from provisioner.registry import vendors
from provisioner.render import Answer, View, explain, render, unknown_native_keys
from provisioner.vendor_api import File
from tests.factories import TOKEN_URL, rich_record, tenant_layer

SALTED = ("-aes-256-cbc", "-md", "md5")
MODELS = {
    ("yealink", "T46U"): None,
    ("yealink", "T28P"): None,
    ("grandstream", "GXP1628"): SALTED,
    ("grandstream", "HT802"): SALTED,
    ("cisco_mpp", "8841"): SALTED,
    ("cisco_mpp", "SPA504G"): SALTED,
}
every_model = pytest.mark.parametrize(("vendor", "model"), list(MODELS), ids=lambda part: part)
TOKEN = TOKEN_URL.split("/d/")[1].strip("/")


def profile_of(vendor: str, model: str, **phone: object) -> Profile:
    given = {f"phone__{name}": value for name, value in ({"encrypt_files": True} | phone).items()}
    record = rich_record(vendor, model)
    return merge(replace(record, layers=(*record.layers, tenant_layer(**given))))


def config(profile: Profile) -> File:
    files = vendors()[profile.vendor].files
    return next(file for file in files if file.kind == "config" and file.template and file.fits(profile.model))


def rendered(profile: Profile, held: str | None = None, view: View = View.PLAIN) -> Answer:
    return render(profile, config(profile), view, held=held)


def mark(profile: Profile) -> str:
    assert profile.file_key
    return profile.file_key.mark


def key(profile: Profile) -> str:
    assert profile.file_key
    return str(profile.file_key.key)


def opened(body: bytes, password: str, how: tuple[str, ...] | None) -> bytes:
    """The plain text, by the openssl command line."""
    words = ("-aes-128-ecb", "-K", password.encode().hex()) if how is None else (*how, "-k", password)
    command = ["openssl", "enc", "-d", *words]
    return subprocess.run(command, input=body, capture_output=True, timeout=20, check=True).stdout


@every_model
def test_openssl_opens_what_a_phone_that_holds_its_key_is_sent(vendor: str, model: str) -> None:
    profile = profile_of(vendor, model)
    answer = rendered(profile, mark(profile))
    plain = rendered(profile).body
    assert plain == opened(answer.body, key(profile), MODELS[vendor, model])
    assert plain == answer.plain
    assert plain[:40] not in answer.body


@every_model
def test_the_first_file_is_plain_and_carries_the_key_and_the_way_back(vendor: str, model: str) -> None:
    profile = profile_of(vendor, model)
    plain = rendered(profile).body.decode()
    assert key(profile) in plain
    assert f"{TOKEN}-{mark(profile)}" in plain


@every_model
def test_the_same_document_gives_the_same_bytes(vendor: str, model: str) -> None:
    one, two = profile_of(vendor, model), profile_of(vendor, model)
    assert rendered(one, mark(one)).etag == rendered(two, mark(two)).etag


@every_model
def test_without_encryption_no_file_speaks_of_a_key(vendor: str, model: str) -> None:
    record = rich_record(vendor, model)
    off = profile_of(vendor, model, encrypt_files=False)
    assert rendered(merge(record)).body == rendered(off).body
    assert key(off).encode() not in rendered(off).body
    assert rendered(off, "0123456789").body == rendered(off).body


@every_model
def test_a_phone_that_holds_the_key_when_encryption_ends_can_read_that_it_ended(vendor: str, model: str) -> None:
    on, off = profile_of(vendor, model), profile_of(vendor, model, encrypt_files=False)
    last = opened(rendered(off, mark(on)).body, key(on), MODELS[vendor, model]).decode()
    assert key(on) not in last
    assert f"{TOKEN}-" not in last


@every_model
def test_a_phone_with_another_key_gets_the_new_one_in_plain(vendor: str, model: str) -> None:
    before, after = profile_of(vendor, model), profile_of(vendor, model, file_key="An0therKeyOfMine")
    told = rendered(after, mark(before)).body.decode()
    assert "An0therKeyOfMine" in told


@every_model
def test_people_see_neither_the_key_nor_cipher_text(vendor: str, model: str) -> None:
    profile = profile_of(vendor, model)
    assert key(profile) not in rendered(profile, view=View.MASKED).body.decode()
    told = str(explain(profile, config(profile)))
    assert key(profile) not in told
    assert "generated" in told


@every_model
def test_the_keys_that_carry_the_key_raise_no_warning_of_unknown_keys(vendor: str, model: str) -> None:
    record = replace(rich_record(vendor, model), native=())
    layers = (*record.layers, tenant_layer(phone__encrypt_files=True))
    assert unknown_native_keys(merge(replace(record, layers=layers))) == []


def test_a_vendor_without_a_known_scheme_says_so_and_sends_plain_files() -> None:
    profile = profile_of("snom", "D785")
    assert profile.file_key is None
    assert any("no way to encrypt" in warned.message for warned in profile.warnings)
    assert rendered(profile).body == rendered(profile_of("snom", "D785", encrypt_files=False)).body


def test_a_model_whose_file_cannot_carry_the_key_is_never_sent_what_it_cannot_open() -> None:
    profile = profile_of("grandstream", "GRP2614")
    assert profile.file_key is None
    assert any("no way to encrypt" in warned.message for warned in profile.warnings)


def test_a_given_key_of_a_length_that_the_phone_cannot_take_is_replaced_with_a_warning() -> None:
    profile = profile_of("yealink", "T46U", file_key="0123456789abcdef0123456789abcdef")
    assert len(key(profile)) == 16
    assert any(warned.slot == "phone.file_key" for warned in profile.warnings)


def test_people_see_what_is_no_secret_of_it() -> None:
    shown = rendered(profile_of("yealink", "T46U"), view=View.MASKED).body.decode()
    assert "\nstatic.auto_provision.aes_key_in_file = 0\n" in shown


def test_old_yealink_firmware_is_told_by_the_names_that_it_knows() -> None:
    profile = profile_of("yealink", "T28P")
    assert f"\nauto_provision.aes_key_16.mac = {key(profile)}\n" in rendered(profile).body.decode()


def test_the_mark_behind_a_token_is_no_part_of_the_token() -> None:
    asked = recognise(Ask(path=f"/d/{TOKEN}-0123456789/805ec0123456.cfg"))
    assert (TOKEN, "0123456789") == (asked.token, asked.held)


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Provisioner]:
    from provisioner.app import open_provisioner
    from provisioner.settings import Installation
    from provisioner.site.apply import apply

    server = open_provisioner(Installation(data_dir=tmp_path, public_url="https://prov.example"), create=True)
    apply(server, SITE)
    yield server
    server.close()


SITE = """
tenant: acme
phone: {encrypt_files: true}
sip: {server: pbx.example}
devices: [{mac: "80:5e:c0:12:34:56", vendor: yealink, model: T46U}]
"""


def test_a_phone_pairs_in_plain_and_comes_back_for_encrypted_files(phone: Provisioner) -> None:
    first = phone.answer(Ask(path="/805ec0123456.cfg")).body.decode()
    values = dict(line.split(" = ", 1) for line in first.splitlines() if " = " in line)
    url = values["static.auto_provision.server.url"].removeprefix("https://prov.example")
    second = phone.answer(Ask(path=f"{url}805ec0123456.cfg"))
    told = opened(second.body, values["static.auto_provision.aes_key.mac"], None).decode()
    assert first == told


def test_a_phone_that_was_reset_pairs_anew_in_plain_under_another_key(phone: Provisioner) -> None:
    from provisioner.store.tables import Device

    first = phone.answer(Ask(path="/805ec0123456.cfg")).body
    with phone.database.writing() as session:
        device = session.query(Device).one()
        device.state, device.open_until = "open", phone.clock().replace(year=2100)
    again = phone.answer(Ask(path="/805ec0123456.cfg")).body
    lines = [line for line in again.splitlines() if b"aes_key.mac" in line]
    assert len(lines) == 1
    assert lines[0] not in first


def test_a_key_that_is_no_16_or_32_letters_and_digits_is_refused_with_the_remedy() -> None:
    from provisioner.services.schemas import TenantIn

    with pytest.raises(ValueError, match="16 or 32 letters and digits") as caught:
        TenantIn.model_validate({"tenant": "acme", "phone": {"file_key": "too short and #"}})
    assert "too short" not in str(caught.value)
