"""What the columns of each kind of sheet are, and by which headings people know them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from provisioner.errors import Invalid, Problem
from provisioner.spreadsheets.sheet import MOST_COLUMNS

Reads = Literal["text", "mac", "ipei", "digits", "numbers", "flag", "degrees", "secret"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One field of a kind. ``spellings`` are headings that mean it, as `folded` has them.

    ``reads`` is what may stand in it: ``digits`` are told apart by their leading zeros, ``numbers`` are
    several of them, and an empty cell of a ``secret`` keeps the stored one. Of so many digits a number is
    ``whole``, and may come from a cell that holds it as a number; 0 where one can never tell.
    """

    name: str
    title: str
    reads: Reads = "text"
    spellings: tuple[str, ...] = ()
    whole: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of sheet; of each group in ``needs`` one column at least must be there."""

    name: str
    title: str
    columns: tuple[Column, ...]
    needs: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> Column | None:
        """The column of a field."""
        return next((column for column in self.columns if column.name == name), None)


def _column(name: str, title: str, spellings: str = "", reads: Reads = "text", whole: int = 0) -> Column:
    return Column(name=name, title=title, reads=reads, spellings=(folded(name), *spellings.split()), whole=whole)


def folded(heading: str) -> str:
    """A heading without case, accents, blanks and signs."""
    plain = unicodedata.normalize("NFKD", heading.casefold().replace("ß", "ss"))
    return re.sub(r"[^a-z0-9]", "", plain)


_LOCATION = "site building branch standort niederlassung filiale gebaude ort location locationname standortname"

DEVICES = Kind(
    name="devices",
    title="Devices",
    needs=(("mac", "ipei", "slot"),),
    columns=(
        _column(
            "mac",
            "MAC",
            "macaddress macaddr macid macadr macadresse hwaddress hardwareaddress hwaddr ethernetaddress ethernetmac"
            " lanmac physicaladdress hardwareadresse phonemac devicemac geratemac identity",
            "mac",
        ),
        _column("ipei", "IPEI", "ipui handsetipei handsetid ipeinumber ipeinummer mobilteilipei", "ipei"),
        _column("base", "Base", "basemac basestation basis basisstation basismac", "mac"),
        _column("slot", "Slot", "handsetslot handsetindex handsetnumber platz mobilteilnummer"),
        _column(
            "name",
            "Name",
            "devicename phonename description displayname label user username fullname employee person bezeichnung"
            " beschreibung gerat geratename benutzer mitarbeiter anzeigename",
        ),
        _column("vendor", "Vendor", "manufacturer brand make maker hersteller marke"),
        _column("model", "Model", "phonemodel devicemodel modelname modell type devicetype phonetype typ geratetyp"),
        _column("template", "Template", "buttontemplate profile vorlage tastenvorlage profil"),
        _column(
            "extensions",
            "Extensions",
            "extension ext number numbers extensionnumber line lines line1 account accounts phonenumber sipuser"
            " nebenstelle nebenstellen durchwahl durchwahlen rufnummer rufnummern nummer dn",
            "numbers",
        ),
        _column(
            "expansion_modules", "Expansion modules", "modules expansions sidecars erweiterungsmodule tastenmodule"
        ),
        _column("location", "Location", _LOCATION),
        _column("serial", "Serial", "serialnumber sn seriennummer serialno seriennr", "digits"),
    ),
)

EXTENSIONS = Kind(
    name="extensions",
    title="Extensions",
    needs=(("number",),),
    columns=(
        _column(
            "number",
            "Number",
            "extension ext extensionnumber exten dn internalnumber nebenstelle durchwahl rufnummer nummer interne"
            " phonenumber",
            "digits",
        ),
        _column(
            "name",
            "Name",
            "displayname fullname callerid calleridname username user description firstnamelastname employee person"
            " anzeigename benutzer mitarbeiter vollername bezeichnung beschreibung",
        ),
        _column(
            "auth_user",
            "Auth user",
            "authid authname authuser authusername authenticationid authorizationname sipuser sipusername siplogin"
            " registername anmeldename authentifizierungsname login",
            "digits",
        ),
        _column(
            "password",
            "Password",
            "secret sippassword sipsecret authpassword pass passwort kennwort sippasswort sipkennwort",
            "secret",
        ),
        _column(
            "voicemail",
            "Voicemail",
            "voicemailnumber mailbox vm vmnumber anrufbeantworter sprachbox mailboxnummer voicebox",
            "digits",
        ),
        _column("location", "Location", _LOCATION),
        _column("template", "Template", "buttontemplate profile vorlage tastenvorlage profil"),
    ),
)

LOCATIONS = Kind(
    name="locations",
    title="Locations",
    needs=(("name",),),
    columns=(
        _column("name", "Name", "locationname " + _LOCATION.replace(" ort ", " ") + " bezeichnung"),
        _column("street", "Street", "streetname address address1 streetaddress strasse strassenname adresse anschrift"),
        _column("house_number", "House number", "number houseno streetnumber buildingnumber hausnummer hausnr nr"),
        _column("floor", "Floor", "level storey etage stock stockwerk geschoss"),
        _column("room", "Room", "suite unit office raum zimmer buro"),
        _column("city", "City", "town municipality stadt ort gemeinde"),
        _column("state", "State", "province region county bundesland land kanton provinz"),
        _column("postal_code", "Postal code", "zip zipcode postcode plz postleitzahl", "digits", 5),
        _column("country", "Country", "countrycode staat landercode landeskennung"),
        _column("latitude", "Latitude", "lat breitengrad breite", "degrees"),
        _column("longitude", "Longitude", "lon lng long langengrad lange", "degrees"),
        _column("timezone", "Time zone", "tz tzname zeitzone"),
        _column("language", "Language", "lang locale sprache"),
        _column("tone_country", "Tone country", "tones tonland tone"),
        _column("emergency_number", "Emergency number", "emergency emergencynumbers notruf notrufnummer", "digits", 3),
        _column(
            "emergency_callback",
            "Emergency callback",
            "callback callbacknumber emergencycallbacknumber ecbn ruckruf ruckrufnummer notrufruckruf",
            "digits",
        ),
        _column("elin", "ELIN", "elinnumber", "digits"),
        _column("billing_region", "Billing region", "billing abrechnungsregion tarifgebiet"),
        _column("outbound_proxy", "Outbound proxy", "proxy sipproxy outboundproxyserver"),
        _column("active", "Active", "enabled status aktiv aktiviert", "flag"),
        _column("default", "Default", "isdefault standard vorgabe", "flag"),
    ),
)

ASSIGNMENTS = Kind(
    name="assignments",
    title="Location assignments",
    needs=(("extension",), ("location",)),
    columns=(
        _column(
            "extension",
            "Extension",
            "ext number extensionnumber user dn nebenstelle durchwahl rufnummer nummer benutzer",
            "digits",
        ),
        _column("location", "Location", "currentlocation name " + _LOCATION),
    ),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (DEVICES, EXTENSIONS, LOCATIONS, ASSIGNMENTS)}

Places = Mapping[str, int]
"""Where each field stands in a sheet, from 0."""


def guess(kind: Kind, headings: Sequence[str]) -> dict[str, int]:
    """Which column of a sheet is which field, each at most once: exact names first, then other spellings."""
    told = [folded(heading) for heading in headings[:MOST_COLUMNS]]
    found: dict[str, int] = {}
    for depth in range(1, max(len(column.spellings) for column in kind.columns) + 1):
        for column in kind.columns:
            spelling = column.spellings[depth - 1] if depth <= len(column.spellings) else None
            if spelling in told and column.name not in found and told.index(spelling) not in found.values():
                found[column.name] = told.index(spelling)
    return found


def mapped(kind: Kind, headings: Sequence[str], wanted: Mapping[str, str]) -> dict[str, int]:
    """The guess, with some fields taken from the headings that a person names. Raises Invalid."""
    found = guess(kind, headings)
    problems = []
    for name, heading in wanted.items():
        told = [folded(one) for one in headings]
        if kind.column(name) is None:
            fields = ", ".join(column.name for column in kind.columns)
            problems.append(Problem(field=name, message=f"is no field of {kind.name}; there are {fields}"))
        elif not folded(heading) or folded(heading) not in told:
            close = get_close_matches(heading, headings, 1)
            hint = f"is {close[0]!r} meant?" if close else f"there are {', '.join(filter(None, headings))}"
            problems.append(Problem(field=name, message=f"the sheet has no column {heading[:60]!r}; {hint}"))
        else:
            place = told.index(folded(heading))
            found = {**{key: at for key, at in found.items() if at != place}, name: place}
    problems += _twice(headings, found)
    if problems:
        raise Invalid(problems)
    return found


def _twice(headings: Sequence[str], found: Places) -> Iterator[Problem]:
    """Fields whose heading stands over several columns: nobody can say which one is meant."""
    told = [folded(one) for one in headings]
    for name, place in found.items():
        if told.count(told[place]) > 1:
            yield Problem(
                field=name,
                message=f"several columns are headed {headings[place][:60]!r}; give each a heading of its own",
            )


def lacking(kind: Kind, places: Places) -> list[Problem]:
    """The columns without which no row can be understood."""
    return [
        Problem(field=names[0], message=f"no column is {' or '.join(names)}; name the one that is")
        for names in kind.needs
        if not any(name in places for name in names)
    ]
