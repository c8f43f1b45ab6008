"""What enterprise phones cannot be told by a file, or only once for all of their lines."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.vendor_api import Profile, Text, Warned, zone
from provisioner.vendors.cisco.lines import seated, unseated
from provisioner.vendors.cisco.words import URGENT, same_zone

_NOT_IN_A_FILE = {
    "phone.vlan": "the file has no VLAN: the phone takes it from the switch, by LLDP-MED or CDP",
    "phone.syslog": "the file has no log server",
    "phone.user_password": "the phone has one password, the administrator's",
    "calls.dnd": "the user switches it, the file cannot",
    "calls.forward_always": "the user forwards, the file cannot",
    "calls.forward_busy": "forwarding when busy is up to the server",
    "calls.forward_no_answer": "forwarding without an answer is up to the server",
}
LONGEST_PASSWORD = 31  # of the 7900, which cuts what is longer (usecallmanagernz.github.io)
_ONE_FOR_ALL = (
    "sip.transport",
    "sip.outbound_proxy",
    "sip.backup_server",
    "sip.expires",
    "sip.dtmf",
    "sip.keepalive",
    "audio.codecs",
)


def warn(profile: Profile) -> Iterator[Warned]:
    """Everything of a profile that comes out otherwise than asked."""
    yield from (Warned(name, why) for name, why in _NOT_IN_A_FILE.items() if profile.settings[name])
    yield from _lines(profile)
    yield from _seats(profile)
    yield from _passwords(profile)
    yield from _words(profile)
    if profile.model.extra["series"] != "ata":
        yield from _urgent(profile)


def _lines(profile: Profile) -> Iterator[Warned]:
    first, *others = profile.accounts or (None,)
    for account in others:
        for name in _ONE_FOR_ALL:
            if first and account and account.settings[name].value != first.settings[name].value:
                yield Warned(name, f"the phone has one for all lines; account {account.index} gets that of account 1")


def _seats(profile: Profile) -> Iterator[Warned]:
    for slot, account in seated(profile).items():
        if slot in profile.buttons:
            yield Warned(str(slot), f"it is the line of {account.number}: without a line the phone does nothing")
    for account in unseated(profile):
        yield Warned(f"account {account.index}", "it has no button, and the phone registers only lines on buttons")


def _passwords(profile: Profile) -> Iterator[Warned]:
    """A password that is cut is wrong: the line does not register, the admin does not get in."""
    if profile.model.extra["series"] != "7900":
        return
    given = {f"account {one.index}": one.password for one in profile.accounts}
    given["phone.admin_password"] = profile.settings["phone.admin_password"].text or Text()
    for name, password in given.items():
        if len(password) > LONGEST_PASSWORD:
            yield Warned(name, f"the phone takes a password of {LONGEST_PASSWORD} letters at most and cuts the rest")


def _words(profile: Profile) -> Iterator[Warned]:
    """What the vendor has no word for."""
    settings = profile.settings_of(1)
    if not same_zone(zone(profile.settings["locale.timezone"].value)):
        yield Warned("locale.timezone", "the phone has no zone with these rules; it gets the nearest offset")
    if settings["sip.dtmf"].value == "info":
        yield Warned("sip.dtmf", "the phone sends digits as RTP events or as tones, not by INFO")
    if settings["sip.transport"].value == "tls":
        yield Warned("sip.transport", "TLS works only on a phone that already has a trust list")
    encrypted = any(account.settings["sip.srtp"].value != "off" for account in profile.accounts)
    if encrypted and settings["sip.transport"].value != "tls":
        yield Warned("sip.srtp", "the phone encrypts speech only with TLS and a trust list")


def _urgent(profile: Profile) -> Iterator[Warned]:
    numbers = profile.settings["emergency.numbers"].value or ()
    if late := [number for number in numbers if number not in URGENT]:
        yield Warned(
            "emergency.numbers", f"the dial plan is one for all phones: {', '.join(late)} waits for the timeout"
        )
