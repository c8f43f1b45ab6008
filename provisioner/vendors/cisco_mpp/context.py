"""What a profile means to a phone or adapter with a flat profile: the names that its templates use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Account,
    Changeover,
    Keys,
    Model,
    Profile,
    Setting,
    Settings,
    Text,
    Zone,
    clock_hours,
    date_order,
    host_port,
    joined,
    sip_target,
    tone_country,
    zone,
)
from provisioner.vendors.cisco_mpp import keys as functions
from provisioner.vendors.cisco_mpp import words

_TEMPLATES = {"spa": "spa", "ata": "ata", "router": "ata", "mpp": "mpp", "phoneos": "mpp"}


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that the templates name."""
    family = profile.model.extra["family"]
    groups = functions.paging(keys)
    one_script = family == "spa" or profile.line.options.get("one_paging_script", False)
    shared = functions.shared_accounts(keys)
    return {
        "family": _TEMPLATES[family],
        "router": family == "router",
        "phoneos": family == "phoneos",
        "accounts": [_account(profile, index, shared) for index in range(1, profile.model.accounts + 1)],
        "line_keys": functions.line_keys(profile, keys),
        "modules": functions.modules(profile, keys),
        "units": range(1, (profile.model.expansion.modules if profile.model.expansion else 0) + 1),
        "soft": _soft(profile, keys),
        "paging": functions.scripts(groups.values(), one=one_script),
        "time": _time(profile.settings),
        "phone": _phone(profile),
        "network": _network(profile.settings),
        "calls": _calls(profile),
        "language": _language(profile.settings, phoneos=family == "phoneos"),
        "tones": _tones(profile.settings),
    }


def _yes(setting: Setting) -> Text:
    return setting.switch("Yes", "No")


def _account(profile: Profile, index: int, shared: frozenset[int]) -> Mapping[str, Any]:
    """One extension; an unused one is switched off and everything personal in it wiped."""
    account = profile.account(index)
    if account is None:
        return {"index": index, "used": False}
    s, mwi = account.settings, account.settings["sip.subscribe_mwi"]
    family = _TEMPLATES[profile.model.extra["family"]]
    transports = words.MPP_TRANSPORTS if family == "mpp" else words.TRANSPORTS
    srv = s["sip.transport"].value == "srv"
    return {
        "index": index,
        "used": True,
        "account": account,
        "proxy": _proxy(s),
        "use_srv": "Yes" if srv or s["sip.backup_server"].ours else "No",
        "srv_prefix": "Yes" if srv and not s["sip.backup_server"].ours else "No",
        "fallback_s": "120" if s["sip.backup_server"].ours else "3600",
        "outbound": s["sip.outbound_proxy"].text,
        "use_outbound": _yes(s["sip.outbound_proxy"]),
        "transport": s["sip.transport"].code(transports),
        "expires": s["sip.expires"],
        "dtmf": s["sip.dtmf"].code(words.DTMF),
        "secure": s["sip.srtp"].code(words.SECURE_CALLS),
        "keepalive": _yes(s["sip.keepalive"]),
        "dscp_sip": _diffserv(s["phone.dscp_sip"]),
        "dscp_rtp": _diffserv(s["phone.dscp_rtp"]),
        "mailbox": account.number if mwi.ours else mwi.cleared,
        "mailbox_server": sip_target(s, "sip.server") if mwi.ours else mwi.cleared,
        "mailbox_on": _yes(mwi),
        "emergency": _emergency(s),
        "dial_plan": _dial_plan(s),
        "sharing": _sharing(account, index in shared, profile.model),
        "shared_user": account.number if index in shared else None,
        **_codecs(s["audio.codecs"], family),
    }


def _sharing(account: Account, shared: bool, model: Model) -> Text:
    """Whether an extension is shared; the 9800 says so with a plain switch (dump of the 9861)."""
    on, off = ("Yes", "No") if model.extra["family"] == "phoneos" else ("shared", "private")
    return account.number.says(on if shared else off)


def _proxy(s: Settings) -> Text | None:
    """The registrar, with its deputy as an inline SRV list: ``name:SRV=host:port:p=0|host:port:p=1``.

    The name before the list is the domain of the account, so it stays the registrar's own.
    """
    server, backup = s["sip.server"], s["sip.backup_server"]
    if not server or not backup.ours:
        return sip_target(s, "sip.server")
    # A list takes no host without its port, so DNS tells none here.
    told = None if s["sip.transport"].value == "srv" else s["sip.port"].value
    port = told or (5061 if s["sip.transport"].value == "tls" else 5060)
    host, other = host_port(backup)
    return server.says(f"{server.value}:SRV={server.value}:{port}:p=0|{host}:{other or port}:p=1")


def _diffserv(setting: Setting) -> Text:
    """The whole byte of the header in hex, whose upper six bits are the code point."""
    return setting.says(f"0x{setting.value << 2:02x}")


def _codecs(setting: Setting, family: str) -> Mapping[str, Any]:
    """The three preferred codecs, and the switches of those that have one."""
    table = words.CODECS[family]
    chosen = [table[name] for name in setting.value if name in table] or ["G711u"]
    ranked = (*chosen, "Unspecified", "Unspecified")
    return {
        "preferred": [setting.says(name) for name in ranked[:3]],
        "codecs": [(name, setting.says("Yes" if name in chosen else "No")) for name in words.SWITCHED[family]],
    }


def _emergency(s: Settings) -> Text | None:
    numbers = s["emergency.numbers"]
    return numbers.says(",".join(numbers.value)) if numbers else numbers.cleared


def _dial_plan(s: Settings) -> Text:
    """Emergency numbers go out at once (``S0``); anything else may be dialled.

    The plan that phones ship with is the North American one, which knows no short extensions.
    """
    numbers = s["emergency.numbers"]
    urgent = [f"{number}S0" for number in numbers.value or () if number.isdecimal()]
    return numbers.says(f"({'|'.join([*urgent, '**xx.', '*xx.', 'xx.'])})")


def _soft(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Our own soft keys come first below the idle screen; without any the phone keeps its own."""
    entries = functions.soft_keys(profile, keys)
    used = [f"psk{number}" for number, function in entries if function]
    idle = words.IDLE_KEYS.get(profile.model.extra["family"], "")
    return {
        "keys": entries,
        "enabled": "Yes" if used else "No",
        "idle": "".join(f"{name};" for name in used) + idle if used else OMIT,
    }


def _time(settings: Settings) -> Mapping[str, Any]:
    """The clock: offset and daylight saving from the tz database."""
    setting, ntp = settings["locale.timezone"], settings["phone.ntp"]
    place = zone(setting.value)
    servers = [ntp.says(host) for host in ntp.value or ()]
    return {
        "zone": setting.says(_time_zone(place)),
        "summer": setting.says("Yes" if place.start else "No"),
        "rule": setting.says(_summer_rule(place)) if place.start else setting.cleared,
        "ntp1": servers[0] if servers else ntp.cleared,
        "ntp2": servers[1] if len(servers) > 1 else ntp.cleared,
        "format": clock_hours(settings).code({"12": "12hr", "24": "24hr"}),
        "date": date_order(settings, "dmy").code(words.DATE_FORMATS),
    }


def _time_zone(place: Zone) -> str:
    """``GMT-06:00``, the nearest that the phones offer; ``GMT`` alone for none."""
    offset = min(words.TIME_ZONES, key=lambda known: abs(known - place.offset_minutes))
    sign, minutes = ("-" if offset < 0 else "+"), abs(offset)
    return f"GMT{sign}{minutes // 60:02}:{minutes % 60:02}" if offset else "GMT"


def _summer_rule(place: Zone) -> str:
    assert place.start is not None
    assert place.end is not None
    saving = f"{place.saving_minutes // 60}:{place.saving_minutes % 60}:0"
    return f"start={_change(place.start)};end={_change(place.end)};save={saving}"


def _change(change: Changeover) -> str:
    """``month/day/weekday/h:m:s``: the weekday on or after a day, -1 for the last; Sunday is 7."""
    month, day = change.not_before or (change.month, -1 if change.week == 5 else 7 * change.week - 6)
    return f"{month}/{day}/{change.weekday or 7}/{change.hour}:{change.minute}:0"


def _language(settings: Settings, *, phoneos: bool) -> Mapping[str, Text]:
    setting = settings["locale.language"]
    names = words.PHONE_LANGUAGES if phoneos else words.LANGUAGES
    return {
        "name": setting.says(_word(names, setting.value, "English")),
        "locale": setting.says(_word(words.LOCALES, setting.value, "en-US")),
    }


def _word(table: Mapping[str, str], language: str, default: str) -> str:
    """The vendor's word for a language, or for its tongue where the region is not known."""
    return table.get(language) or table.get(language.partition("-")[0]) or default


def _tones(settings: Settings) -> Mapping[str, Any]:
    """Tones of the country, the factory's where none is set; an unknown country's are left to the phone."""
    country = tone_country(settings)
    tones = words.TONES.get(country.value) if country else words.FACTORY_TONES
    names = ("dial", "busy", "reorder", "ringback")
    return dict(zip(names, [country.says(tone) for tone in tones] if tones else [OMIT] * 4, strict=True))


def _phone(profile: Profile) -> Mapping[str, Any]:
    s, first = profile.settings, profile.account(1)
    line = profile.settings_of(1)
    expansion = profile.model.expansion
    return {
        "rule": joined(profile.url, Text("$MA.xml")),
        "poll_s": s["phone.poll_minutes"].says(int(s["phone.poll_minutes"].value or 0) * 60),
        "station": profile.name or (first.name if first else None),
        "voicemail": first.voicemail if first else None,
        "admin": s["phone.admin_password"].text,
        "user": s["phone.user_password"].text,
        "web": _yes(s["phone.web"]),
        "router_web": s["phone.web"].switch("1", "0"),
        "modules": profile.modules if expansion else OMIT,
        "power": OMIT if expansion is None else "Maximum" if profile.modules else "Normal",
        "keepalive_s": line["sip.keepalive"].text if line["sip.keepalive"] else OMIT,
        "pickup_code": _pickup_code(profile, line),
        "group_pickup_code": line["sip.group_pickup_code"].text,
        "retrieve_code": line["sip.retrieve_code"].text,
    }


def _pickup_code(profile: Profile, line: Settings) -> Text | None:
    """One code for the whole phone: the account's, else the first that a key carries."""
    codes = (button.pickup for button in profile.buttons.values() if button.pickup)
    return line["sip.pickup_code"].text or next(codes, None)


def _network(s: Settings) -> Mapping[str, Any]:
    vlan = s["phone.vlan"]
    pc = vlan.value.pc_id if vlan else None
    host, port = host_port(s["phone.syslog"])
    syslog = s["phone.syslog"]
    return {
        "vlan": _yes(vlan),
        "vlan_on": vlan.switch("1", "0"),
        "vlan_id": vlan.says(vlan.value.id if vlan else 1),
        "pc_vlan": vlan.says("Yes" if pc else "No"),
        "pc_vlan_id": vlan.says(pc or 1),
        "lldp": _yes(s["phone.lldp"]),
        "lldp_on": s["phone.lldp"].switch("1", "0"),
        "syslog": syslog.text,
        "syslog_host": host,
        "syslog_port": syslog.says(port or 514),
    }


def _calls(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    secure = [
        account.settings["sip.srtp"] for account in profile.accounts if account.settings["sip.srtp"].value != "off"
    ]
    forwards = {"All": "forward_always", "Busy": "forward_busy", "No_Answer": "forward_no_answer"}
    return {
        "dnd": _yes(s["calls.dnd"]),
        "waiting": _yes(s["calls.call_waiting"]),
        "secure": secure[0].says("Yes") if secure else s["sip.srtp"].says("No"),
        "forwards": [(theirs, _yes(s[f"calls.{ours}"]), s[f"calls.{ours}"].text) for theirs, ours in forwards.items()],
        "no_answer_s": s["calls.forward_no_answer_s"],
    }
