"""The rows of a sheet on their way into a tenant: each is judged, then all are written, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from provisioner.errors import Invalid, Problem
from provisioner.services import devices, extensions, locations
from provisioner.services.change import Change, Outcome, refuse
from provisioner.services.fields import Schema
from provisioner.services.problems import problems_of
from provisioner.services.schemas import DeviceIn, ExtensionIn, LocationIn
from provisioner.site.bulk import collector_at_rest
from provisioner.spreadsheets.cells import value_of
from provisioner.spreadsheets.columns import KINDS, Kind, Places, lacking
from provisioner.spreadsheets.sheet import Row, Sheet
from provisioner.store.tables import Device, Tenant
from provisioner.values import Ipei, Mac

MANY = 200
"""From so many rows on, what the tenant has is read at once instead of row by row."""

Judged = Literal["added", "changed", "unchanged", "refused"]
Sighted = Mapping[str, tuple[str, str]]
"""Vendor and model of MACs (12 hex digits) that asked already, for rows that tell neither."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a row does, or why it can do nothing."""

    row: int
    subject: str
    kind: Judged
    fields: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __str__(self) -> str:
        sign = {"added": "+", "changed": "~", "unchanged": "=", "refused": "!"}[self.kind]
        return f"{sign} {self.subject}" + (f": {', '.join(self.fields)}" if self.fields else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The verdict of each row, in the sheet's order, and whether anything was written."""

    verdicts: Sequence[Verdict]
    written: bool

    def count(self, kind: Judged) -> int:
        """How many rows have this verdict."""
        return sum(verdict.kind == kind for verdict in self.verdicts)

    @property
    def problems(self) -> list[Problem]:
        """Everything that is wrong, by row and field."""
        return [problem for verdict in self.verdicts for problem in verdict.problems]


def run(
    change: Change,
    tenant: Tenant,
    kind: str,
    sheet: Sheet,
    places: Places,
    *,
    dry_run: bool = False,
    only_good: bool = False,
    sighted: Sighted | None = None,
) -> Imported:
    """Judge every row, and write them unless it is a ``dry_run``: all, or with ``only_good`` those that can be.

    What is not to be written is rolled back, and the change must not be used for more. Raises Invalid where a column is
    missing without which nothing can be understood, and where somebody else changed the tenant meanwhile.
    """
    refuse(lacking(KINDS[kind], places))
    with collector_at_rest(), change.session.begin_nested() as part:
        judge = _Judge(change, tenant, KINDS[kind], places, sighted or {})
        verdicts = judge.all(sheet)
        change.flush()
        written = not dry_run and (only_good or not any(verdict.problems for verdict in verdicts))
        if not written:
            part.rollback()
    return Imported(verdicts=verdicts, written=written)


@dataclass(frozen=True, slots=True)
class _Read:
    """A row with its values, before anybody asked the tenant."""

    row: Row
    values: Mapping[str, Any]
    problems: Sequence[Problem]


@dataclass
class _Judge:
    """One sheet at one tenant."""

    change: Change
    tenant: Tenant
    kind: Kind
    places: Places
    sighted: Sighted
    seen: dict[object, int] = field(default_factory=dict)

    def all(self, sheet: Sheet) -> list[Verdict]:
        """A verdict for every row; bases are written before the handsets that name them."""
        read = [self._read(row, len(sheet.headings)) for row in sheet.rows]
        self._learn(read)
        put = _PUT[self.kind.name]
        found = {one.row.number: self._judge(one, put) for one in sorted(read, key=_generation)}
        return [found[one.row.number] for one in read]

    def _read(self, row: Row, columns: int) -> _Read:
        values: dict[str, Any] = {}
        problems = []
        if any(cell.text.strip() for cell in row.cells[columns:]):
            problems.append(
                Problem(
                    field="row",
                    message="has cells beyond the last heading: put a text that holds the separator in quotes",
                    line=row.number,
                )
            )
        for column in self.kind.columns:
            if column.name not in self.places:
                continue
            try:
                value = value_of(column, row.cell(self.places[column.name]))
            except ValueError as error:
                problems.append(Problem(field=column.name, message=str(error), line=row.number))
                continue
            if value is not None:
                values[column.name] = value
        return _Read(row, values, problems)

    def _learn(self, read: Sequence[_Read]) -> None:
        """What many rows will ask one by one, asked at once."""
        rows = self.change.rows(self.tenant)
        if self.kind.name == "devices":
            named = (_identity(one.values.get("mac")) or _identity(one.values.get("ipei"), Ipei) for one in read)
            rows.learn_claims([identity for identity in named if identity])
        if len(read) >= MANY:
            for shelf in (rows.locations, rows.button_templates, rows.extensions):
                shelf.load()
            if self.kind.name == "devices":
                rows.devices.load()

    def _judge(self, read: _Read, put: Callable[[_Judge, dict[str, Any]], Outcome]) -> Verdict:
        number = read.row.number
        try:
            if read.problems:
                raise Invalid(read.problems)
            self._refuse_twin(read)
            outcome = put(self, dict(read.values))
        except Invalid as error:
            placed = tuple(Problem(field=one.field, message=one.message, line=number) for one in error.problems)
            return Verdict(number, self._called(read), "refused", problems=placed)
        assert outcome.kind != "removed"
        return Verdict(number, outcome.subject, outcome.kind, outcome.fields)

    def _refuse_twin(self, read: _Read) -> None:
        """Of two rows for one thing nobody can say which one is meant."""
        key = _key(self.kind, read.values)
        if key is None:
            return
        first = self.seen.setdefault(key, read.row.number)
        if first != read.row.number:
            name = self.kind.needs[0][0]
            raise Invalid([Problem(field=name, message=f"the same as in row {first}; keep one of the two")])

    def _called(self, read: _Read) -> str:
        """How a row that was refused is called: by the cell that names it, as it stands."""
        names = [name for group in self.kind.needs for name in group if name in self.places]
        texts = (read.row.cell(self.places[name]).text.strip() for name in names)
        return next((text[:60] for text in texts if text), "")

    # --- one row of each kind

    def device(self, values: dict[str, Any]) -> Outcome:
        """Add or change a device; what the sheet has no column for stays as it is."""
        row = self._device(values)
        if row is not None:
            # Nobody can mean that a phone has no vendor or model any more.
            values = {name: value for name, value in values.items() if value or name not in ("vendor", "model")}
        else:
            values |= self._sighted(values)
        old = devices.dump(self.change.vault, row) if row else None
        return devices.put(self.change, self.tenant, _parsed(DeviceIn, _over(old, values)), row)

    def _device(self, values: Mapping[str, Any]) -> Device | None:
        """The stored device that a row means."""
        slot = str(values.get("slot", ""))
        named = DeviceIn.model_construct(
            mac=_identity(values.get("mac")),
            ipei=_identity(values.get("ipei"), Ipei),
            base=_identity(values.get("base")),
            slot=int(slot) if slot.isdecimal() and len(slot) < 5 else None,
        )
        return devices.find(self.change.rows(self.tenant), named) if devices.keys_of(named) else None

    def _sighted(self, values: Mapping[str, Any]) -> dict[str, str]:
        """What a phone's own requests told, where the row does not say it or says the same vendor."""
        mac = _identity(values.get("mac"))
        vendor, model = self.sighted.get(mac.hex if mac else "", ("", ""))
        told = str(values.get("vendor") or vendor).casefold()
        return {"vendor": vendor, "model": model} if model and not values.get("model") and told == vendor else {}

    def extension(self, values: dict[str, Any]) -> Outcome:
        """Add or change an extension."""
        row = self.change.rows(self.tenant).extensions.get(values.get("number", ""))
        old = extensions.dump(self.change.vault, row) if row else None
        return extensions.put(self.change, self.tenant, _parsed(ExtensionIn, _over(old, values)), row)

    def location(self, values: dict[str, Any]) -> Outcome:
        """Add or change a location."""
        row = self.change.rows(self.tenant).locations.get(values.get("name", ""))
        old = locations.dump(row) if row else None
        return locations.put(self.change, self.tenant, _parsed(LocationIn, _over(old, values)), row)

    def assignment(self, values: dict[str, Any]) -> Outcome:
        """Give an extension its location."""
        number = str(values.get("extension", ""))
        row = self.change.rows(self.tenant).extensions.get(number)
        if row is None:
            message = f"there is no extension {number[:60]!r}; add it first, or write one that there is"
            raise Invalid([Problem(field="extension", message=message)])
        old = extensions.dump(self.change.vault, row)
        given = _parsed(ExtensionIn, _over(old, {"location": values.get("location")}))
        return extensions.put(self.change, self.tenant, given, row)


_PUT: Mapping[str, Callable[[_Judge, dict[str, Any]], Outcome]] = {
    "devices": _Judge.device,
    "extensions": _Judge.extension,
    "locations": _Judge.location,
    "assignments": _Judge.assignment,
}


def _generation(read: _Read) -> tuple[bool, bool, bool]:
    """Bases come before what belongs to them, and the default location last: another one loses that first."""
    values = read.values
    return bool(values.get("base")), not values.get("mac"), bool(values.get("default"))


def _identity(text: object, kind: Any = Mac) -> Any:
    try:
        return kind.parse(str(text)) if text else None
    except ValueError:
        return None


def _key(kind: Kind, values: Mapping[str, Any]) -> object:
    """What tells the things of a kind apart, None where the row does not say it rightly."""
    if kind.name != "devices":
        return values.get(kind.needs[0][0]) or None
    seat = (_identity(values.get("base")), str(values.get("slot")))
    mac, ipei = _identity(values.get("mac")), _identity(values.get("ipei"), Ipei)
    return mac or ipei or (seat if seat[0] and values.get("slot") else None)


def _over(old: Schema | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """The stored fields with those of the sheet over them."""
    kept = {name: getattr(old, name) for name in type(old).model_fields} if old else {}
    return {**kept, **values}


def _parsed(schema: type[Any], fields: Mapping[str, Any]) -> Any:
    try:
        return schema(**fields)
    except ValidationError as error:
        raise Invalid(problems_of(error, schema)) from None
