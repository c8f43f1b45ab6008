"""What a Gigaset device cannot do of a profile as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.vendor_api import OMIT, Account, Profile, Warned, zone
from provisioner.vendors.gigaset import frame, maxwell, nx70, words

_TRANSPORTS = {
    "n510": frozenset({"udp"}),
    "n720": frozenset({"udp"}),
    "nx70": frozenset({"udp", "tcp", "tls"}),
    "maxwell": frozenset({"udp", "tls"}),
    "desktop": frozenset({"udp", "tcp", "tls", "srv"}),
}
_FRAMES = ("n510", "n720")


def warn(profile: Profile) -> Iterator[Warned]:
    """Servers, handsets, clocks and passwords that this dialect has no words for."""
    yield from _accounts(profile)
    yield from _handsets(profile)
    yield from _clock(profile)
    yield from _access(profile)


def _accounts(profile: Profile) -> Iterator[Warned]:
    dialect = profile.model.extra["dialect"]
    for account in profile.accounts:
        transport = account.settings["sip.transport"].value
        if transport not in _TRANSPORTS[dialect]:
            yield _of(account, f"{profile.model.name} is only known to speak {_spoken(dialect)}; UDP is used")
        if dialect in _FRAMES and account.settings["sip.srtp"].value != "off":
            yield _of(account, "no setting for SRTP is known; calls are not encrypted")
        if dialect in (*_FRAMES, "maxwell") and account.settings["sip.backup_server"]:
            yield _of(account, "no setting for a backup server is known")
        if dialect in _FRAMES and '"' in f"{account.name}{account.auth_user}{account.password}":
            yield _of(account, "a double quote in a name or password may end it: texts stand in double quotes")
    yield from _shared(profile)


def _spoken(dialect: str) -> str:
    return " and ".join(sorted(_TRANSPORTS[dialect])).upper()


def _of(account: Account, message: str) -> Warned:
    return Warned(f"account {account.index}", message)


def _shared(profile: Profile) -> Iterator[Warned]:
    """Transport and encryption are the phone's, the first account has its way."""
    if profile.model.extra["dialect"] != "maxwell":
        return
    for account in profile.accounts[1:]:
        for name in ("sip.transport", "sip.srtp"):
            if account.settings[name].value != profile.accounts[0].settings[name].value:
                yield _of(account, f"{name} is one for all accounts: the first one's is used")


def _handsets(profile: Profile) -> Iterator[Warned]:
    dialect = profile.model.extra["dialect"]
    if dialect not in ("nx70", "n720") or profile.master:
        return
    for handset in profile.handsets:
        if len(handset.accounts) > 1:
            yield Warned(f"handset {handset.slot}", "a handset has one account; the others are not rendered")
        if dialect == "nx70" and handset.ipei is None:
            yield Warned(f"handset {handset.slot}", "without its IPEI any handset that knows the PIN takes this place")
    if dialect == "nx70" and nx70.clears(profile):
        yield Warned("handsets", "handsets that are not listed here are taken off the base")


def _clock(profile: Profile) -> Iterator[Warned]:
    dialect, setting = profile.model.extra["dialect"], profile.settings["locale.timezone"]
    place = zone(setting.value)
    code, changes = frame.zone_code(place) if dialect in _FRAMES else (0, True)
    unknown = {"nx70": nx70.zone_name, "maxwell": maxwell.zone_name}.get(dialect, lambda _: "")(setting) == OMIT
    if unknown or code is None:
        yield Warned("locale.timezone", f"{profile.model.name} has no known name for {place.name}; its zone is left")
    elif place.start and not changes:
        yield Warned("locale.timezone", f"{profile.model.name} does not know the changes of the clock in {place.name}")


def _access(profile: Profile) -> Iterator[Warned]:
    dialect, settings = profile.model.extra["dialect"], profile.settings
    if dialect == "n510" and frame.pin(settings["phone.admin_password"]) == OMIT:
        yield Warned("phone.admin_password", "the base takes a PIN of four digits; its PIN is left as it is")
    language = str(settings["locale.language"].value)
    if dialect == "maxwell" and language.partition("-")[0] not in words.MAXWELL_LANGUAGES:
        yield Warned("locale.language", f"the phone's word for {language} is not known; its language is left")
    if not settings["phone.web"]:
        yield Warned("phone.web", "no setting that switches the web pages off is known")
