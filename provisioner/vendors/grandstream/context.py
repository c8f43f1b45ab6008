"""What a profile means to a Grandstream phone: the names that its template uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Account,
    Button,
    Code,
    Key,
    Keys,
    Mode,
    Profile,
    Setting,
    Settings,
    Slot,
    Text,
    Warned,
    clock_hours,
    date_order,
    joined,
    sip_target,
    tone_country,
    zone,
)
from provisioner.vendors.grandstream import words
from provisioner.vendors.grandstream.dialect import Dialect, dialect

_FACTORY_PICKUP_PREFIX = "**"  # account.N.sip.blf.callPickup.prefix is mandatory: this is its factory value
_FACTORY_POLL_MIN = 10080
_KEEPALIVE_S = (10, 160)  # what sip.keepAliveInterval takes
_SHORTEST_POLL_MIN = 60  # what provisioning.auto.minute takes
_SYSLOG_PORT = ":514"
_LONGEST_LABEL = 32  # template comments, on keys of all families

# What a key of these modes reads beside its function and account.
_WITH_VALUE = frozenset(
    {
        Mode.BLF, Mode.SPEED_DIAL, Mode.PARK, Mode.PICKUP, Mode.GROUP_PICKUP, Mode.INTERCOM, Mode.PAGING, Mode.DTMF,
        Mode.PREFIX, Mode.TRANSFER, Mode.CONFERENCE, Mode.VOICEMAIL, Mode.FORWARD, Mode.XML, Mode.PRESENCE,
    }
)  # fmt: skip


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that ``device.xml.j2`` names."""
    spoken = dialect(profile.model, profile.line)
    return {
        "version": "1" if spoken.p_values else "2",
        "key_of": spoken.key,
        "yes": spoken.word("", "Yes"),
        "no": spoken.word("", "No"),
        "sip_scheme": spoken.word("sip.uriSchemeWhenUsingTls", "sip"),
        "accounts": [_account(profile, spoken, index) for index in range(1, profile.model.accounts + 1)],
        "keys": list(_keys(profile, spoken, keys)),
        "calls": _calls(profile.settings, spoken),
        "time": _time(profile.settings, spoken),
        "phone": _phone(profile, spoken),
        "network": _network(profile.settings, spoken),
        "provisioning": _provisioning(profile, spoken),
    }


def _switch(setting: Setting, spoken: Dialect, name: str = "") -> Text:
    """Yes or no, as the list of this name has it."""
    return setting.says(spoken.word(name, "Yes" if setting else "No"))


def _account(profile: Profile, spoken: Dialect, index: int) -> Mapping[str, Any]:
    """One account, or an unused one that is off and cleared."""
    account = profile.account(index)
    if account is None:
        return {"index": index, "used": False}
    s = account.settings
    audio, rtp, sip = words.DTMF[s["sip.dtmf"].value]
    pickup = _pickup(profile, account)
    by_srv = s["sip.transport"].value == "srv"
    return {
        "index": index,
        "used": True,
        "account": account,
        "label": account.name or account.number,
        "server": sip_target(s, "sip.server"),
        "backup": sip_target(s, "sip.backup_server"),
        "proxy": s["sip.outbound_proxy"].text,
        "expires_min": s["sip.expires"].says(max(1, s["sip.expires"].value // 60)),
        "transport": s["sip.transport"].code(words.TRANSPORTS),
        "dns": s["sip.transport"].says(spoken.word("network.dnsMode", "NaptrOrSrv" if by_srv else "ARecord")),
        "nat": s["sip.keepalive"].says(
            spoken.word("network.natTraversal", "KeepAlive" if s["sip.keepalive"] else "No")
        ),
        "keepalive": _switch(s["sip.keepalive"], spoken),
        "keepalive_s": s["sip.keepalive"].text if s["sip.keepalive"] else OMIT,
        "srtp": s["sip.srtp"].says(spoken.word("audio.srtpMode", words.SRTP[s["sip.srtp"].value])),
        "codecs": _codecs(s["audio.codecs"], spoken),
        "dtmf_audio": s["sip.dtmf"].says(spoken.word("", audio)),
        "dtmf_rtp": s["sip.dtmf"].says(spoken.word("", rtp)),
        "dtmf_sip": s["sip.dtmf"].says(spoken.word("", sip)),
        "mwi": _switch(s["sip.subscribe_mwi"], spoken),
        "pickup": pickup or _FACTORY_PICKUP_PREFIX,
        "pickup_mode": _pickup_mode(pickup, s["sip.pickup_code"], spoken),
        "auto_answer": _switch(s["calls.auto_answer"], spoken),
        "no_answer_s": s["calls.forward_no_answer_s"].text,
    }


def _codecs(setting: Setting, spoken: Dialect) -> list[tuple[int, Text]]:
    """Every choice in order. A choice cannot be empty, so those that are left over repeat the last codec."""
    chosen = [name for name in setting.value if name in spoken.codecs] or list(words.LAST_RESORT)
    choices = spoken.family.choices
    chosen = [*chosen, *[chosen[-1]] * choices][:choices]
    return [
        (choice, setting.says(spoken.word("codec.choice", words.CODECS[name]))) for choice, name in enumerate(chosen, 1)
    ]


def _pickup(profile: Profile, account: Account) -> Text | None:
    """The account's pickup code. A key has none of its own here, so the code of its first BLF key serves all."""
    given = account.settings["sip.pickup_code"].text
    watched = (one for one in profile.buttons.values() if one.mode is Mode.BLF and one.account == account.index)
    return given or next((one.pickup for one in watched if one.pickup), None)


def _pickup_mode(pickup: Text | None, setting: Setting, spoken: Dialect) -> Text:
    """A code that somebody chose is dialled; else the phone decides by what the server sends."""
    why = setting.says("") if pickup is None else pickup
    return why.says(spoken.word("sip.blf.callPickup.forcePrefix", "Force" if pickup else "Auto"))


def _keys(profile: Profile, spoken: Dialect, keys: Keys) -> Iterator[Mapping[str, Any]]:
    """Each key by its name on the wire: ``pks.vpk.3``, ``pks.mpk.1``, ``pks.softkey.1``, ``pks.ext.41``."""
    for key in _without_gaps(keys.line, int(profile.model.extra.get("fixed", 0))):
        yield _key(profile, spoken, key, f"pks.vpk.{key.number}")
    for key in keys.key:
        yield _key(profile, spoken, key, f"pks.mpk.{key.number}")
    for key in keys.soft:
        yield _key(profile, spoken, key, f"pks.softkey.{key.number}")
    for key in (key for module in keys.modules for key in module):
        yield _key(profile, spoken, key, f"pks.ext.{board_index(profile, key.slot)}")


def board_index(profile: Profile, slot: Slot) -> int:
    """The number of a board's key: they run on over all boards."""
    expansion = profile.model.expansion
    return slot.number + (slot.module - 1) * (expansion.keys if expansion else 0)


def _without_gaps(keys: tuple[Key, ...], fixed: int) -> Iterator[Key]:
    """A dynamic key that a file skips takes all later ones with it (template comment, GXP17xx).

    So a key that is left to the phone's user is written as unused, unless nothing stands behind it.
    """
    stated = {key.number: key for key in keys}
    for number in range(1, max(stated, default=0) + 1):
        if number in stated:
            yield stated[number]
        elif number > fixed:
            yield _unused(Slot("line", number))


def _unused(slot: Slot) -> Key:
    nothing = Button(slot=slot, mode=Mode.NONE, value=Text(), label=Text())
    return Key(slot=slot, code=Code(code="None"), mode=Mode.NONE, button=nothing, given=False)


def _key(profile: Profile, spoken: Dialect, key: Key, name: str) -> Mapping[str, Any]:
    """Function, account, label and value of one key; a line key of an account that the model has not is unused."""
    if key.mode in (Mode.LINE, Mode.SHARED_LINE) and key.button.account > profile.model.accounts:
        key = _unused(key.slot)
    button = key.button
    code, fields = _native(button.value) if key.mode is Mode.NATIVE else (_code(profile, spoken, key), {})
    off = key.mode is Mode.NONE or code == spoken.key_mode("None", fixed=False)
    value = _value(profile, key) if key.mode in _WITH_VALUE else None
    return {
        "name": name,
        "mode": code,
        "account": fields.get("account") or button.value.says(_account_of(profile, spoken, key)),
        "label": None if off else _label(fields.get("label") or button.label),
        "value": None if off else fields.get("value") or value or None,
    }


def _label(label: Text) -> Text | None:
    return label.says(label[:_LONGEST_LABEL]) if label else None


def _code(profile: Profile, spoken: Dialect, key: Key) -> Text:
    group = key.slot.group
    word = spoken.family.off.get(group, key.code.code) if key.mode is Mode.NONE else key.code.code
    fixed = group == "soft" or (group == "line" and key.number <= int(profile.model.extra.get("fixed", 0)))
    return key.button.value.says(spoken.key_mode(word, fixed=fixed) if word else "")


def _native(value: Text) -> tuple[Text, dict[str, Text]]:
    """``code;field=value;…``, the escape hatch: the code as the phone of this dialect spells it."""
    code, *rest = value.split(";")
    pairs = (part.partition("=") for part in rest)
    return value.says(code.strip()), {name.strip(): value.says(text) for name, _, text in pairs}


def _account_of(profile: Profile, spoken: Dialect, key: Key) -> str:
    """Accounts count from 0, in P-values and on most keys; multi-purpose keys may have a word for them.

    What asks for an account that the model does not have works on the first.
    """
    account = key.button.account if key.button.account <= profile.model.accounts else 1
    named = key.slot.group == "key" and not spoken.p_values and spoken.family.mpk_account
    return named.format(account) if named else str(account - 1)


def _value(profile: Profile, key: Key) -> Text | None:
    """The argument of a key, by what was asked for: a fallback dials what its key would have done."""
    button = key.button
    account = profile.account(button.account)
    if button.mode is Mode.PICKUP:
        return joined(_dialled_pickup(account), button.value)
    if button.mode is Mode.GROUP_PICKUP:
        code = account.settings["sip.group_pickup_code"].text if account else None
        return button.value or code
    if button.mode is Mode.VOICEMAIL:
        return button.value or (account.voicemail if account else None)
    if key.mode is Mode.XML:  # host/path alone, as everywhere with this vendor
        return button.value.says(button.value.partition("://")[2] or button.value)
    return button.value


def _dialled_pickup(account: Account | None) -> Text:
    given = account.settings["sip.pickup_code"].text if account else None
    return given or Text(_FACTORY_PICKUP_PREFIX)


def warn(profile: Profile) -> Iterator[Warned]:
    """Labels that are longer than a key of the phone takes."""
    for button in profile.buttons.values():
        if len(button.label) > _LONGEST_LABEL and button.slot.number <= profile.model.slots(button.slot.group):
            yield Warned(str(button.slot), f"its label is cut after {_LONGEST_LABEL} characters")


def _calls(settings: Settings, spoken: Dialect) -> Mapping[str, Any]:
    numbers, keepalive = settings["emergency.numbers"], settings["sip.keepalive"]
    shortest, longest = _KEEPALIVE_S
    return {
        "waiting": _switch(settings["calls.call_waiting"], spoken, "call.callWaiting.enable"),
        "keepalive_s": keepalive.says(min(max(keepalive.value, shortest), longest)) if keepalive else OMIT,
        "emergency": numbers.says(",".join(numbers.value)) if numbers else numbers.cleared,
    }


def _time(settings: Settings, spoken: Dialect) -> Mapping[str, Any]:
    """The clock: the rule of the tz database as a POSIX string, never one of the phone's own zones."""
    setting, ntp = settings["locale.timezone"], settings["phone.ntp"]
    servers = [ntp.says(server) for server in ntp.value]
    place, date, hours = zone(setting.value), date_order(settings), clock_hours(settings)
    return {
        "ntp1": servers[0] if servers else ntp.cleared,
        "ntp2": servers[1] if len(servers) > 1 else ntp.cleared,
        # DHCP may name the clock's source where nobody else does, and the zone never.
        "ntp_by_dhcp": ntp.says(spoken.word("", "No" if servers else "Yes")),
        "zone": setting.says(place.name if spoken.family.zone_names else "customize"),
        "posix": setting.says(place.posix_normalised),
        "date": date.says(spoken.word("dateTime.format.date", words.DATE_FORMATS[date])),
        "format": hours.says(spoken.word("dateTime.format.time", words.TIME_FORMATS[hours])),
    }


def _phone(profile: Profile, spoken: Dialect) -> Mapping[str, Any]:
    s = profile.settings
    country = tone_country(s)
    dial, ring_back, busy, reorder = words.TONES.get(country.value, words.FACTORY_TONES)
    return {
        "admin_password": s["phone.admin_password"].text or OMIT,
        "user_password": s["phone.user_password"].text or OMIT,
        "web": _web(s["phone.web"], spoken),
        "language": s["locale.language"].says(_language(s["locale.language"].value, spoken)),
        "tone_dial": country.says(dial),
        "tone_ring_back": country.says(ring_back),
        "tone_busy": country.says(busy),
        "tone_reorder": country.says(reorder),
    }


def _web(setting: Setting, spoken: Dialect) -> Text:
    """Web access; some families cannot close it and keep what they have."""
    word = spoken.family.web_on if setting else spoken.family.web_off
    return setting.says(spoken.word("security.webAccessMode", word) if word else OMIT)


def _language(code: str, spoken: Dialect) -> str:
    """The phone's code for a language, or for its tongue; ``auto`` where it has neither."""
    table = {**words.LANGUAGES, **spoken.family.languages}
    return table.get(code) or table.get(code.partition("-")[0]) or "auto"


def _network(settings: Settings, spoken: Dialect) -> Mapping[str, Any]:
    """VLAN, LLDP, QoS and log; tag 0 means untagged."""
    vlan, syslog = settings["phone.vlan"], settings["phone.syslog"]
    pc = bool(vlan and vlan.value.pc_id)
    return {
        "vlan": _switch(vlan, spoken),
        "vlan_id": vlan.says(vlan.value.id if vlan else 0),
        "vlan_priority": vlan.says(vlan.value.priority if vlan else 0),
        "pc_vlan_id": vlan.says(vlan.value.pc_id if pc else 0),
        "pc_vlan_priority": vlan.says(vlan.value.pc_priority if pc else 0),
        "lldp": _switch(settings["phone.lldp"], spoken),
        "dscp_sip": settings["phone.dscp_sip"].text,
        "dscp_rtp": settings["phone.dscp_rtp"].text,
        "syslog": syslog.says(str(syslog.value).removesuffix(_SYSLOG_PORT)) if syslog else syslog.cleared,
        "syslog_level": syslog.says(spoken.word("maintain.syslog.level", "Info" if syslog else "None")),
    }


def _provisioning(profile: Profile, spoken: Dialect) -> Mapping[str, Any]:
    """Where the phone comes back to: protocol here, host and path there, and no slash at the end."""
    poll = profile.settings["phone.poll_minutes"]
    scheme, _, path = profile.url.partition("://")
    protocol = words.CONFIG_PROTOCOLS[scheme.lower()]
    minutes = max(poll.value, _SHORTEST_POLL_MIN) if poll else _FACTORY_POLL_MIN
    return {
        "protocol": spoken.word("provisioning.config.protocol", protocol),
        "path": profile.url.says(path.rstrip("/")),
        "custom_option": spoken.word("provisioning.override.dhcp.allowCustomOption", "None"),
        "mode": poll.says(spoken.word("provisioning.auto.mode", "YesUpgradeMin" if poll else "No")),
        "minutes": poll.says(minutes),
        "firmware_check": spoken.word("provisioning.firmware.checkCondition", "SkipCheck"),
    }
