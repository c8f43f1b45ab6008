"""The exam that every vendor and every model passes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from provisioner.importing.draft import Registrar
from provisioner.keys import effective, keys_of, warnings_of
from provisioner.merge import merge
from provisioner.profile import Profile
from provisioner.recognise import Ask, file_of, recognise
from provisioner.record import ButtonRow, Record, TemplateRecord
from provisioner.registry import vendors
from provisioner.render import View, document_of, explain, file_names, render
from provisioner.simulate.phones import phone
from provisioner.values import Mac, Mode, Slot
from provisioner.vendor_api import Code, Fallback, File, Model, Vendor
from tests.factories import button, empty_record, extension, rich_record, tenant_layer

VENDORS = list(vendors().values())
MODELS = [(vendor, model) for vendor in VENDORS for model in vendor.models.values()]
every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
every_model = pytest.mark.parametrize(
    ("vendor", "model"), MODELS, ids=[f"{vendor.name}-{model.name}" for vendor, model in MODELS]
)


def _widest(vendor: Vendor) -> Model:
    """The model with the most line keys."""
    return max(vendor.models.values(), key=lambda one: (one.line_keys, one.name))


HOSTILE = st.text(max_size=500) | st.sampled_from(
    [
        "%NULL%",
        "%EMPTY%",
        "a\nb = c",
        "]]>",
        "<!--",
        "{{ 7*7 }}",
        "a\x00b",
        "&#10;",
        "\ud800",
        "'\"",
        "=",
        "#!x",
        "%s;#",
    ]
)


def served(vendor: Vendor, profile: Profile) -> list[File]:
    return [file for file in vendor.files if file.template and file.fits(profile.model)]


def mac_of(vendor: Vendor) -> str:
    return (vendor.ouis[0] + "123456")[:12]


@every_model
def test_a_full_and_an_empty_device_render_and_read_back(vendor: Vendor, model: Model) -> None:
    for record in (empty_record(vendor.name, model.name), rich_record(vendor.name, model.name)):
        profile = merge(record)
        for file in served(vendor, profile):
            answer = render(profile, file)
            syntax = file.syntax or vendor.syntax
            assert answer.body == render(profile, file).body
            again = syntax.read(answer.body.decode())
            assert dict(document_of(profile, file).items()) == dict(again.items())


def read_back(
    vendor: Vendor, profile: Profile
) -> tuple[dict[int, tuple[str, str, str]], dict[Slot, tuple[Mode, str, str]]]:
    """Accounts by index and buttons by slot, as the vendor's reader finds them over all files of the device."""
    accounts, buttons = {}, {}
    for file in served(vendor, profile):
        syntax = file.syntax or vendor.syntax
        reading = vendor.read(syntax.read(render(profile, file).body.decode()), profile.model)
        accounts.update({one.index: (one.number, one.name, one.password) for one in reading.accounts})
        buttons.update({one.slot: (one.mode, one.value, one.label) for one in reading.buttons})
    return accounts, buttons


@every_model
def test_accounts_read_back(vendor: Vendor, model: Model) -> None:
    profile = merge(rich_record(vendor.name, model.name))
    accounts, _ = read_back(vendor, profile)
    carry = vendor.syntax.carry
    assert {
        one.index: (carry(one.number), carry(one.name), carry(one.password)) for one in profile.accounts
    } == accounts


def registrars(vendor: Vendor, record: Record) -> set[str]:
    """Where its accounts register, as an import finds it over all files of the device."""
    profile = merge(record)
    return {
        Registrar.parse(account.server).server
        for file in served(vendor, profile)
        for account in vendor.read(
            (file.syntax or vendor.syntax).read(render(profile, file).body.decode()), profile.model
        ).accounts
    }


@every_model
def test_an_ipv6_registrar_reads_back(vendor: Vendor, model: Model) -> None:
    layer = tenant_layer(sip__server="[2001:db8::7]", sip__port=5062)
    record = rich_record(vendor.name, model.name, layers=(layer,))
    assert registrars(vendor, record) == {"[2001:db8::7]" for _ in merge(record).accounts}


HOSTS = st.sampled_from(["pbx.acme.example", "192.0.2.7"]) | st.ip_addresses(v=6).map(lambda address: f"[{address}]")


@every_vendor
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), HOSTS, st.none() | st.integers(1, 65535), st.sampled_from(["udp", "tcp", "tls", "srv"]))
def test_a_registrar_reads_back_as_it_was_given(
    vendor: Vendor, data: st.DataObject, host: str, port: int | None, transport: str
) -> None:
    model = data.draw(st.sampled_from([*vendor.models.values()]), label="model")
    backup = data.draw(st.none() | HOSTS, label="backup")
    layer = tenant_layer(sip__server=host, sip__port=port, sip__transport=transport, sip__backup_server=backup)
    record = rich_record(vendor.name, model.name, layers=(layer,))
    assert registrars(vendor, record) == {host for _ in merge(record).accounts}


@every_model
def test_no_button_is_read_beyond_the_model(vendor: Vendor, model: Model) -> None:
    many = tuple(button(f"{group}:{n}", Mode.SPEED_DIAL, str(n)) for group in ("line", "key", "exp1") for n in (1, 200))
    profile = merge(replace(rich_record(vendor.name, model.name), buttons=many))
    _, buttons = read_back(vendor, profile)
    assert [slot for slot in buttons if slot.number > model.slots(slot.group)] == []


@every_vendor
def test_every_mode_has_a_code_or_a_declared_fallback_that_ends(vendor: Vendor) -> None:
    for model in vendor.models.values():
        table = vendor.buttons(model)
        assert set(Mode) - {Mode.LOCAL} <= set(table)
        for mode in set(Mode) - {Mode.LOCAL}:
            for group in ("line", "key", "soft", "exp1"):
                _, code, why = effective(table, mode, group)
                assert isinstance(code, Code)
                assert (why is None) == (isinstance(table[mode], Code) and _on(table[mode], group))


def _on(entry: Code | Fallback, group: str) -> bool:
    return isinstance(entry, Code) and (not entry.groups or group.rstrip("1") in entry.groups)


@every_model
def test_every_mode_renders_on_every_kind_of_key(vendor: Vendor, model: Model) -> None:
    for group in ("line", "key", "soft", "exp1"):
        count = model.slots(group)
        modes = [mode for mode in Mode if mode is not Mode.NATIVE]
        for start in range(0, len(modes) if count else 0, max(count, 1)):
            chunk = modes[start : start + count]
            rows = tuple(button(f"{group}:{n}", mode) for n, mode in enumerate(chunk, 1))
            profile = merge(replace(rich_record(vendor.name, model.name), template=None, buttons=rows))
            for file in served(vendor, profile):
                render(profile, file)
            keys_of(profile)
            warned = {warning.slot for warning in warnings_of(profile)}
            table = vendor.buttons(model)
            fallen = {
                str(row.slot)
                for row in rows
                if row.mode is not Mode.LOCAL and effective(table, row.mode, group)[2] is not None
            }
            assert fallen <= warned


@every_model
def test_its_own_files_are_recognised_as_its_own(vendor: Vendor, model: Model) -> None:
    mac = Mac.parse(mac_of(vendor))
    for file in vendor.files:
        if not file.fits(model) or any(
            field not in ("mac", "MAC", "model") and field not in model.extra
            for field in re.findall(r"{(\w+)}", file.pattern)
        ):
            continue
        identity = recognise(Ask(path="/some/where/" + file.name(mac, model)))
        if "{mac" in file.pattern.lower():
            assert mac == identity.mac, file.pattern
            assert vendor.name == identity.vendor, file.pattern


@every_vendor
def test_a_file_name_of_another_device_is_not_its_own(vendor: Vendor) -> None:
    model = next(iter(vendor.models.values()))
    other = Mac.parse("0200aabbccdd")
    profile = merge(rich_record(vendor.name, model.name, mac=mac_of(vendor)))
    assert not [name for name in file_names(profile) if other.hex in name.lower()]


@every_vendor
def test_a_masked_file_holds_no_secret(vendor: Vendor) -> None:
    for model in vendor.models.values():
        profile = merge(rich_record(vendor.name, model.name))
        secrets = [account.password for account in profile.accounts]
        secrets += [profile.settings["phone.admin_password"].value, profile.url.split("/d/")[1].strip("/")]
        for file in served(vendor, profile):
            document = document_of(profile, file, View.MASKED)
            shown = " ".join(value for _, value in document.items())
            assert [secret for secret in secrets if secret in shown] == [], file.pattern


@every_vendor
def test_every_key_is_explained_and_the_admins_values_by_their_layer(vendor: Vendor) -> None:
    model = max(vendor.models.values(), key=lambda one: (one.accounts > 1, one.line_keys, one.name))
    profile = merge(rich_record(vendor.name, model.name))
    rows = [row for file in served(vendor, profile) for row in explain(profile, file)]
    assert all(row.origin for row in rows)
    told = {row.origin for row in rows}
    assert {"extension 100", "tenant acme"} <= told
    assert any(origin.startswith("template Front desk") for origin in told) or not model.line_keys
    assert not any("\ufdd1" in row.value or "\ufdd3" in row.value for row in rows)


@every_vendor
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(label=HOSTILE, name=HOSTILE, value=HOSTILE)
@example(label="\ufdd0", name="\ufdd0", value="\ufdd0")
def test_no_text_can_add_remove_or_change_another_key(vendor: Vendor, label: str, name: str, value: str) -> None:
    model = max(vendor.models.values(), key=lambda one: (one.accounts > 1, one.line_keys, one.name))
    tame = _with_texts(rich_record(vendor.name, model.name), "label", "name", "102")
    wild = _with_texts(rich_record(vendor.name, model.name), label, name, value)
    for file in served(vendor, merge(tame)):
        syntax = file.syntax or vendor.syntax
        expected = dict(syntax.read(render(merge(tame), file).body.decode()).items())
        found = dict(syntax.read(render(merge(wild), file).body.decode()).items())
        changed = {key for key in expected if expected[key] != found.get(key)}
        touched = {
            row.key
            for row in explain(merge(tame), file)
            if "template Wild" in row.origin or "extension 100" in row.origin
        }
        assert set(expected) == set(found)
        assert changed <= touched


def _with_texts(record: Record, label: str, name: str, value: str) -> Record:
    row = ButtonRow(slot=Slot("line", 3), mode=Mode.SPEED_DIAL, value=value, label=label)
    # A placeholder in a hostile label would be filled, which is not what is tested here.
    row = replace(
        row, label=label.replace("{", "{{").replace("}", "}}"), value=value.replace("{", "{{").replace("}", "}}")
    )
    return replace(
        record,
        template=TemplateRecord(name="Wild", buttons=(row,)),
        extensions=(replace(extension("100"), name=name), *record.extensions[1:]),
    )


@pytest.mark.parametrize(
    "vendor", [one for one in VENDORS if _widest(one).line_keys >= 3], ids=lambda vendor: vendor.name
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(label=HOSTILE, value=st.text("0123456789*#", min_size=1, max_size=20))
def test_a_speed_dial_reads_back_as_it_was_given(vendor: Vendor, label: str, value: str) -> None:
    model = _widest(vendor)
    profile = merge(_with_texts(rich_record(vendor.name, model.name), label, "name", value))
    _, buttons = read_back(vendor, profile)
    mode, _, _ = effective(vendor.buttons(model), Mode.SPEED_DIAL, "line")
    given = profile.buttons[Slot("line", 3)]
    carry = vendor.syntax.carry
    assert (mode, carry(given.value), carry(given.label)) == buttons[Slot("line", 3)]


@every_vendor
def test_every_model_names_its_source(vendor: Vendor) -> None:
    assert [model.name for model in vendor.models.values() if not model.source] == []


@every_model
def test_native_keys_replace_and_remove_what_the_template_wrote(vendor: Vendor, model: Model) -> None:
    from provisioner.profile import Native, Origin

    profile = merge(rich_record(vendor.name, model.name))
    file = next(file for file in served(vendor, profile) if file.private)
    keys = [key for key, _ in document_of(profile, file).items()]
    replaced, removed = keys[0], keys[-1]
    wanted = Native(origin=Origin("device", "x"), keys={replaced: "ours", removed: None})
    document = document_of(merge(replace(rich_record(vendor.name, model.name), native=(wanted,))), file)
    assert document.get(replaced) == "ours"
    assert document.get(removed) is None
    assert [key for key, _ in document.items()].count(replaced) == 1


@every_model
def test_a_start_asks_for_files_of_its_own_under_a_user_agent_of_its_own(vendor: Vendor, model: Model) -> None:
    mac = Mac.parse(mac_of(vendor))
    simulated = phone(vendor, model, mac)
    names = [name for stage in simulated.stages for group in stage.files for name in group]
    files = [file_of(vendor, name, model) for name in names]
    assert None not in files
    assert any(file and file.private and file.template for file in files)
    for stage in simulated.stages:
        for name in (name for group in stage.files for name in group):
            found = recognise(Ask(path=f"/{name}", user_agent=stage.agent, transport=simulated.transport))
            assert (found.file, found.doubt) == (name, None)
            if stage.agent:
                assert (found.vendor, found.model, found.mac) == (vendor.name, model.name, mac)


@every_model
def test_a_start_tells_a_firmware_of_the_line_that_is_assumed(vendor: Vendor, model: Model) -> None:
    """A simulation must not change the files of the device that it plays."""
    last = phone(vendor, model, Mac.parse(mac_of(vendor))).stages[-1]
    told = recognise(Ask(path=f"/{last.files[-1][-1]}", user_agent=last.agent)).version
    assert vendor.line(told, model) == vendor.line(None, model)


@every_vendor
def test_a_start_names_declared_files_only(vendor: Vendor) -> None:
    declared = {file.pattern for file in vendor.files}
    for boot in filter(None, (vendor.boot.loader, vendor.boot)):
        assert {one for entry in boot.files for one in ((entry,) if isinstance(entry, str) else entry)} <= declared
