"""Whole sites, from bare to odd: every name and text that the schemas take, and references that hold."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from provisioner.services.buttons import WANTED
from provisioner.values import Ipei, Mac, Mode

WORDS = [
    "NO", "null", "true", "0100", "1e5", "10:20:30", "a: b", "# x", "'", '"', "\\", "{", "%s", "- a", "&a", "*a", "x y",
    "=",
]  # fmt: skip
PRINTABLE = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs", "Cn", "Co"])
TEXT = st.text(PRINTABLE, min_size=1, max_size=12) | st.sampled_from(WORDS)
NUMBER = st.from_regex(r"[0-9*#+][0-9]{0,5}", fullmatch=True) | st.sampled_from(["ann", "0100", "1e5", "no"])
MACS = st.integers(0, 0xFFFFFF).map(lambda n: str(Mac(f"805ec0{n:06x}")))
IPEIS = st.builds(Ipei, st.integers(1, 0xFFFF), st.integers(0, 0xFFFFF)).map(str)
MODELS = ("T46U", "T31P", "T54W")
VALUES = {
    Mode.PAGING: "224.0.1.20:5001",
    Mode.URL: "http://x/{extension}",
    Mode.XML: "https://x/a?b=1&c",
    Mode.NATIVE: "27;a=b",
    Mode.DTMF: "*1",
    Mode.PREFIX: "9",
}


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A table in which each of these fields may be."""
    return st.fixed_dictionaries({}, optional=fields)


SIP = some(
    server=st.sampled_from(["pbx.example", "10.0.0.1", "[2001:db8::1]", None]),
    port=st.integers(1, 65535),
    transport=st.sampled_from(["udp", "tcp", "tls"]),
    subscribe_mwi=st.booleans(),
)
AUDIO = some(codecs=st.lists(st.sampled_from(["g722", "pcma", "opus"]), min_size=1, max_size=3))
CALLS = some(forward_busy=NUMBER, dnd=st.booleans())
LINE_SECTIONS = {"sip": SIP, "audio": AUDIO, "calls": CALLS}
SECTIONS = {
    **LINE_SECTIONS,
    "locale": some(timezone=st.sampled_from(["Europe/Oslo", "America/Chicago"]), country=st.sampled_from(["NO", "US"])),
    "phone": some(
        admin_password=TEXT | st.none(), user_password=TEXT, vlan=st.integers(1, 4094), ntp=st.just(["a", "b"])
    ),
    "emergency": some(numbers=st.just(["911", "112"])),
    "owners": st.dictionaries(st.sampled_from(["sip.port", "sip.server"]), st.sampled_from(["phone", "default"])),
}
NATIVE_KEYS = st.sampled_from(["a.b", "x.password", "on", "1.2", "a: b"])
NATIVE = st.dictionaries(
    st.just("yealink"), st.dictionaries(NATIVE_KEYS, TEXT | st.none(), min_size=1, max_size=3), max_size=1
)


@st.composite
def buttons(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A few buttons, each on its own slot."""
    slots = draw(
        st.lists(st.sampled_from(["line:1", "2", "line:11", "key:3", "soft:1", "exp1:40"]), unique=True, max_size=3)
    )
    return [draw(button(slot)) for slot in slots]


@st.composite
def button(draw: st.DrawFn, slot: str) -> dict[str, Any]:
    """A button whose value suits its mode."""
    mode = draw(st.sampled_from(list(Mode)))
    value = VALUES.get(mode, draw(NUMBER)) if mode in WANTED else ""
    plain = TEXT.map(lambda text: text.replace("{", "").replace("}", ""))
    label = draw(st.sampled_from(["", "{name}", "{name:2} {{x}}"]) | plain)
    more = draw(some(account=st.integers(1, 9), pickup=NUMBER, fixed=st.booleans(), name=TEXT))
    return {"slot": slot, "mode": mode.value, "value": value, "label": label, **more}


def maybe(draw: st.DrawFn, field: str, names: list[str]) -> dict[str, Any]:
    """A reference to one of these, or none."""
    name = draw(st.none() | st.sampled_from(names)) if names else None
    return {field: name} if name else {}


TENANT = some(
    name=TEXT,
    access=st.sampled_from(["pairing", "network"]),
    pairing_minutes=st.integers(0, 99),
    settings=NATIVE,
    **SECTIONS,
)
LOCATION = some(
    city=TEXT,
    latitude=st.floats(-90, 90),
    country=st.sampled_from(["NO", "us"]),
    timezone=st.just("Europe/Oslo"),
    active=st.booleans(),
    emergency_number=st.sampled_from(["911", ["112", "113"]]),
)
EXTENSION = some(name=TEXT, auth_user=TEXT, password=TEXT, voicemail=NUMBER, buttons=buttons(), **LINE_SECTIONS)
TEMPLATE = some(models=st.sampled_from([[], ["*"], ["yealink/T4*", "Yealink"]]), buttons=buttons(), settings=NATIVE)
PHONE = some(name=TEXT, serial=TEXT, settings=NATIVE, buttons=buttons(), **SECTIONS)
WEBHOOK = st.fixed_dictionaries(
    {"event": st.sampled_from(["a.b", "c"]), "url": st.sampled_from(["https://x/", "http://y:1/?a=b#c"])},
    optional={"user": TEXT, "password": TEXT, "enabled": st.booleans()},
)
WEBHOOKS = st.lists(WEBHOOK, max_size=3, unique_by=lambda hook: (hook["event"], hook["url"]))
ZENDESK = st.fixed_dictionaries({"domain": TEXT, "user": TEXT}, optional={"api_token": TEXT})
INTEGRATIONS = st.lists(
    st.fixed_dictionaries(
        {"identifier": st.just("zendesk"), "configuration": ZENDESK}, optional={"enabled": st.booleans()}
    )
    | st.just({"identifier": "hubspot"}),
    max_size=2,
    unique_by=lambda one: one["identifier"],
)
PAGE = st.dictionaries(
    st.sampled_from(["appexts", "dnd", "crm"]), st.sampled_from(["default", "on", "off"]), max_size=3
)


@st.composite
def sites(draw: st.DrawFn) -> dict[str, Any]:
    """A site file that is right."""
    names = draw(st.lists(TEXT, unique=True, max_size=3))
    templates = draw(st.lists(TEXT, unique=True, max_size=2))
    numbers = draw(st.lists(NUMBER, unique=True, max_size=4))
    macs = draw(st.lists(MACS, unique=True, max_size=4))
    default = draw(st.sampled_from([*names, None]))
    lines = st.lists(st.sampled_from(numbers), unique=True, max_size=3) if numbers else st.just([])

    def uses() -> dict[str, Any]:
        return {**maybe(draw, "location", names), **maybe(draw, "template", templates)}

    phones = [
        {"mac": mac, "model": draw(st.sampled_from(MODELS)), "extensions": draw(lines), **draw(PHONE), **uses()}
        for mac in macs[:-1]
    ]
    return {
        "tenant": "acme",
        **draw(TENANT),
        **({"default_templates": {"yealink/*": templates[0]}} if templates else {}),
        "locations": [{"name": name, **draw(LOCATION), "default": name == default} for name in names],
        "extensions": [{"number": number, **draw(EXTENSION), **uses()} for number in numbers],
        "button_templates": [{"name": name, **draw(TEMPLATE)} for name in templates],
        "devices": [*draw(dect(macs[-1:], lines)), *phones],
        "webhooks": draw(WEBHOOKS),
        "integrations": draw(INTEGRATIONS),
        "user_page_control": draw(PAGE),
    }


@st.composite
def dect(draw: st.DrawFn, bases: list[str], lines: st.SearchStrategy[list[str]]) -> list[dict[str, Any]]:
    """Handsets on their slots, some with an IPEI, and then their base."""
    seats = draw(st.lists(st.integers(1, 10), unique=True, max_size=3))
    ipeis = draw(st.lists(IPEIS, unique=True, min_size=3, max_size=3))
    devices: list[dict[str, Any]] = []
    for base in bases:
        for seat, ipei in zip(seats, ipeis, strict=False):
            known = draw(st.sampled_from([{}, {"ipei": ipei}]))
            devices.append({"base": base, "slot": seat, **known, **draw(some(name=TEXT, extensions=lines))})
        devices.append({"mac": base, "model": "W70B", "vendor": "Yealink"})
    return devices
