"""A record becomes a profile: settings layer over layer, buttons slot by slot, each with its origin.

Pure. The order is the contract's: for settings built-in, server, tenant, location, extension, device; for
buttons the model's default, the template, the extension's own, the device's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from provisioner import neutral
from provisioner.file_encryption import mark_of
from provisioner.placeholders import fill
from provisioner.profile import (
    BUILT_IN,
    Account,
    Address,
    Button,
    FileKey,
    Handset,
    Origin,
    Profile,
    Setting,
    Settings,
    Text,
    Warned,
)
from provisioner.record import ButtonRow, ExtensionRecord, HandsetRecord, Layer, LocationRecord, Record
from provisioner.registry import find_model
from provisioner.values import Mode, Owner, Slot
from provisioner.vendor_api import Encryption, Model

_ADDRESS = ("name", "street", "house_number", "floor", "room", "city", "state", "postal_code", "country")
_ON_LINE = (Mode.LINE, Mode.SHARED_LINE)


def merge(record: Record) -> Profile:
    """Everything that the device's files depend on, and nothing else.

    Raises Broken when the stored vendor or model is not known.
    """
    vendor, model = find_model(record.vendor, record.model)
    seats = _seat(record.handsets, model)
    extensions, warnings = _fit(record, seats, model)
    accounts = tuple(_account(n, extension, record) for n, extension in enumerate(extensions, 1))
    buttons = _merge_buttons(record, model, accounts)
    modules = _modules(record, model, buttons)
    settings = settings_of(_layers(record))
    line = vendor.line(record.firmware, model)
    scheme = vendor.encryption if vendor.encryption and vendor.encryption.fits(model, line) else None
    file_key, misfits = _file_key(record, scheme, settings)
    return Profile(
        mac=record.mac,
        name=Text(record.name, Origin("device", record.mac.colons)),
        tenant=record.tenant,
        tenant_name=record.tenant_name,
        vendor=vendor.name,
        model=model,
        firmware=record.firmware,
        line=line,
        url=Text(_url(record, file_key), Origin("server"), secret=True),
        settings=settings,
        accounts=accounts,
        buttons=buttons,
        modules=modules,
        address=_address(record.location),
        handsets=tuple(_handset(slot, seat, extensions) for slot, seat in seats),
        bases=record.bases,
        master=record.master,
        native=record.native,
        file_key=file_key,
        http_password=Text(record.http_password, Origin("device", "generated"), secret=True)
        if record.http_password
        else None,
        warnings=(*warnings, *misfits, *_beyond(buttons, model, modules)),
    )


def _file_key(
    record: Record, encryption: Encryption | None, settings: Settings
) -> tuple[FileKey | None, Iterable[Warned]]:
    """The key of the device's encrypted files: the one that was given where it fits, else the generated one."""
    wanted, given = settings["phone.encrypt_files"], settings["phone.file_key"]
    if encryption is None:
        return None, [Warned("phone.encrypt_files", _NO_ENCRYPTION)] if wanted else ()
    fits = given.value is not None and len(given.value) in encryption.lengths
    generated = Text(record.file_key[: encryption.lengths[0]], Origin("device", "generated"), secret=True)
    key = given.says(given.value) if fits else generated
    file_key = FileKey(key=key, mark=mark_of(record.url, key), wanted=bool(wanted))
    if not wanted or fits or given.value is None:
        return file_key, ()
    lengths = " or ".join(map(str, sorted(encryption.lengths)))
    return file_key, [Warned("phone.file_key", f"must have {lengths} characters here; a generated key is used")]


_NO_ENCRYPTION = "no way to encrypt the files of this model is known; they are sent as they are"


def _url(record: Record, file_key: FileKey | None) -> str:
    """Where the phone comes back to; that it holds a key is told by its way."""
    return f"{record.url.rstrip('/')}-{file_key.mark}/" if file_key and file_key.wanted else record.url


def generated_layer(admin_password: str) -> Layer:
    """What is generated for a tenant and holds where nothing else is set."""
    return Layer(origin=Origin("tenant", "generated"), values={"phone.admin_password": admin_password})


def _layers(record: Record, extension: ExtensionRecord | None = None) -> list[Layer]:
    layers = [generated_layer(record.admin_password), *record.layers]
    if record.location:
        layers.append(record.location.layer)
    if extension:
        layers.append(extension.layer)
    return [*layers, record.device_layer]


def settings_of(layers: Iterable[Layer]) -> Settings:
    """The highest layer that names a setting wins it whole; its owner may come from another layer."""
    merged = dict(_built_in())
    owners: dict[str, Owner] = {}
    secret = neutral.secrets()
    for layer in layers:
        owners.update(layer.owners)
        for name, value in layer.values.items():
            # "No password" on a phone would be an open door: an empty one means the generated one.
            if value is None and name == "phone.admin_password":
                continue
            merged[name] = Setting(value, layer.origin, name in secret)
    for name, owner in owners.items():
        if name in merged:
            merged[name] = replace(merged[name], owner=owner)
    return Settings(merged)


@cache
def _built_in() -> Mapping[str, Setting]:
    secret = neutral.secrets()
    return {name: Setting(value, BUILT_IN, name in secret) for name, value in neutral.defaults().items()}


def _seat(handsets: Sequence[HandsetRecord], model: Model) -> list[tuple[int, HandsetRecord]]:
    """Give every handset its slot: the one it names, else the lowest that is free."""
    taken = {handset.slot for handset in handsets if handset.slot}
    free = (slot for slot in range(1, model.handsets + 1) if slot not in taken)
    seats = [(handset.slot or next(free, 0), handset) for handset in handsets]
    return sorted(((slot, handset) for slot, handset in seats if 0 < slot <= model.handsets), key=lambda s: s[0])


def _fit(
    record: Record, seats: Sequence[tuple[int, HandsetRecord]], model: Model
) -> tuple[list[ExtensionRecord], list[Warned]]:
    """The extensions that become accounts, in line order, each once; and what did not fit."""
    wanted = [*record.extensions, *(one for _, handset in seats for one in handset.extensions)]
    distinct = list({extension.number: extension for extension in wanted}.values())
    warnings = [
        Warned("accounts", f"{model.name} has {model.accounts} accounts; extension {one.number} does not fit")
        for one in distinct[model.accounts :]
    ]
    if len(seats) < len(record.handsets):
        warnings.append(
            Warned("handsets", f"{model.name} takes {model.handsets} handsets and has {len(record.handsets)}")
        )
    return distinct[: model.accounts], warnings


def _account(index: int, extension: ExtensionRecord, record: Record) -> Account:
    origin = Origin("extension", extension.number)
    number = Text(extension.number, origin)
    return Account(
        index=index,
        number=number,
        name=Text(extension.name or extension.number, origin),
        auth_user=Text(extension.auth_user, origin) if extension.auth_user else number,
        password=Text(extension.password, origin, secret=True),
        voicemail=Text(extension.voicemail, origin) if extension.voicemail else None,
        settings=settings_of(_layers(record, extension)),
    )


def _handset(slot: int, handset: HandsetRecord, extensions: Sequence[ExtensionRecord]) -> Handset:
    numbers = [extension.number for extension in extensions]
    mine = [extension.number for extension in handset.extensions if extension.number in numbers]
    name = handset.name or (handset.extensions[0].name if handset.extensions else f"Handset {slot}")
    origin = Origin("handset", str(handset.ipei or slot))
    return Handset(
        slot=slot,
        ipei=handset.ipei,
        name=Text(name, origin),
        accounts=tuple(numbers.index(number) + 1 for number in mine),
    )


def _address(location: LocationRecord | None) -> Address | None:
    if location is None:
        return None
    origin = Origin("location", location.name)
    return Address(**{name: Text(location.fields.get(name, ""), origin) for name in _ADDRESS})


def _merge_buttons(record: Record, model: Model, accounts: Sequence[Account]) -> dict[Slot, Button]:
    values = _placeholder_values(record, accounts)
    merged: dict[Slot, Button] = {}
    for origin, rows in _button_layers(record, model, len(accounts)):
        for row in rows:
            merged[row.slot] = _button(row, origin, values)
    return dict(sorted(merged.items()))


def _button_layers(record: Record, model: Model, lines: int) -> list[tuple[Origin, Sequence[ButtonRow]]]:
    count = min(lines, model.line_keys)
    first = [ButtonRow(slot=Slot("line", n), mode=Mode.LINE, value=str(n)) for n in range(1, count + 1)]
    layers: list[tuple[Origin, Sequence[ButtonRow]]] = [(Origin("model", model.name), first)]
    if record.template:
        layers.append((Origin("template", record.template.name), record.template.buttons))
    if record.extensions:
        own = record.extensions[0]
        layers.append((Origin("extension", own.number), own.buttons))
    layers.append((Origin("device", record.mac.colons), record.buttons))
    return layers


def _placeholder_values(record: Record, accounts: Sequence[Account]) -> dict[str, str]:
    values = {"tenant": record.tenant_name, "location": record.location.name if record.location else ""}
    for account in accounts:
        values[f"extension:{account.index}"] = account.number
        values[f"name:{account.index}"] = account.name
    return values


def _button(row: ButtonRow, origin: Origin, values: Mapping[str, str]) -> Button:
    value = fill(row.value, values)
    account = int(value) if row.mode in _ON_LINE and value.isdecimal() and int(value) > 0 else row.account or 1
    return Button(
        slot=row.slot,
        mode=row.mode,
        value=Text(value, origin),
        label=Text(fill(row.label, values), origin),
        name=row.name,
        account=account,
        pickup=Text(row.pickup, origin) if row.pickup else None,
        fixed=row.fixed,
        origin=origin,
    )


def _modules(record: Record, model: Model, buttons: Mapping[Slot, Button]) -> int:
    """How many expansion modules are rendered: those the device has, else as many as its buttons use."""
    fit = model.expansion.modules if model.expansion else 0
    wanted = max((slot.module for slot in buttons), default=0) if record.modules is None else record.modules
    return min(wanted, fit)


def _beyond(buttons: Mapping[Slot, Button], model: Model, modules: int) -> Iterable[Warned]:
    rooms = {group: model.slots(group) for group in {slot.group for slot in buttons}}
    for slot in buttons:
        if slot.module > modules:
            yield Warned(str(slot), f"this {model.name} has {modules} expansion modules; the button is not rendered")
        elif slot.number > rooms[slot.group]:
            yield Warned(str(slot), f"{model.name} has {rooms[slot.group]} such keys; the button is not rendered")
        elif buttons[slot].account > model.accounts > 0:
            yield Warned(str(slot), f"{model.name} has {model.accounts} accounts; the button asks for another")
