"""The figures of the home page: each is one number of one query, and the search that finds just those rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, cast, func, select

from admin.charts import Share, Timeline, shares, timeline
from admin.scope import Scope
from admin.words import _, mark
from provisioner.registry import vendors
from provisioner.store.tables import Device, Extension, Location, RequestCount, Seen

SILENT = timedelta(days=7)
MOST_VERSIONS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number, what it says, and the search of the devices page that finds what it counts."""

    title: str
    query: str
    count: int
    mood: str = ""
    """How the number is shown where it is not 0: ``good``, ``warn`` or ``bad``."""


FIGURES: Sequence[tuple[str, str, str, str]] = (
    ("current", mark("In date"), "is:current", "good"),
    ("late", mark("Out of date"), "is:late", "warn"),
    ("silent", mark("Silent for 7 days"), "silent:>7d is:fetched", "warn"),
    ("refused", mark("Refused"), "is:refused", "bad"),
    ("never", mark("Never seen"), "silent:never", "warn"),
    ("open", mark("Pairing window open"), "pairing:open", "info"),
    ("blocked", mark("Blocked"), "pairing:blocked", "bad"),
)
"""The column below, its title, the search with the same result, and its mood."""


def figures(scope: Scope, at: datetime) -> tuple[int, list[Figure]]:
    """How many devices with a MAC there are, and of them each figure: one pass over the tenant's devices."""
    has_mac = Device.mac.is_not(None)
    query = (
        select(
            func.count(Device.mac).label("devices"),
            _how_many(Seen.served_revision == Device.revision).label("current"),
            _how_many(Seen.served_revision != Device.revision).label("late"),
            _how_many((Seen.at < at - SILENT) & Seen.served_at.is_not(None)).label("silent"),
            _how_many(Seen.outcome == "refused").label("refused"),
            (func.count(Device.mac) - func.count(Seen.device_id)).label("never"),
            _how_many(has_mac & (Device.state == "open") & (Device.open_until > at)).label("open"),
            _how_many(has_mac & (Device.state == "blocked")).label("blocked"),
        )
        .select_from(Device)
        # Asked for in WHERE, the MAC would have SQLite fetch the rows in its order, which is none on the disk.
        .outerjoin(Seen, (Seen.device_id == Device.id) & has_mac)
        .where(scope.of(Device))
    )
    found = scope.session.execute(query).one()._mapping
    return found["devices"], [
        Figure(title=title, query=search, count=found[key] or 0, mood=mood) for key, title, search, mood in FIGURES
    ]


def _how_many(clause: Any) -> Any:
    return func.sum(cast(func.coalesce(clause, False), Integer))


def others(scope: Scope) -> tuple[int, int, int]:
    """How many handsets, extensions and locations the tenant has."""
    handsets, extensions, locations = (
        select(func.count()).select_from(row).where(scope.of(row), *where).scalar_subquery()
        for row, where in ((Device, [Device.mac.is_(None)]), (Extension, []), (Location, []))
    )
    found = scope.session.execute(select(handsets, extensions, locations)).one()
    return found[0], found[1], found[2]


def requests(scope: Scope, at: datetime, hours: int = 48) -> Timeline:
    """The requests of the tenant's devices in the last hours."""
    query = select(RequestCount.hour, RequestCount.outcome, RequestCount.requests).where(
        scope.of(RequestCount), RequestCount.hour > at - timedelta(hours=hours + 1)
    )
    return timeline({(row.hour, row.outcome): row.requests for row in scope.session.execute(query)}, at, hours)


def versions(scope: Scope, total: int) -> tuple[tuple[Share, ...], int]:
    """The firmware that most devices have, and how many have yet another one."""
    # By model first: so they lie in an index, and what is left to add up is short.
    models = (
        select(Device.vendor, Device.firmware, func.count(Device.mac).label("devices"))
        .where(scope.of(Device))
        .group_by(Device.vendor, Device.model, Device.firmware)
        .subquery()
    )
    many = cast(func.sum(models.c.devices), Integer)
    query = (
        select(models.c.vendor, models.c.firmware, many)
        .group_by(models.c.vendor, models.c.firmware)
        .having(many > 0)
        .order_by(many.desc(), models.c.vendor, models.c.firmware)
        .limit(MOST_VERSIONS)
    )
    found = [
        (_title(vendor, version), _search(vendor, version), n) for vendor, version, n in scope.session.execute(query)
    ]
    return shares(found), total - sum(count for *_rest, count in found)


def _title(vendor: str, version: str | None) -> str:
    known = vendors().get(vendor)
    unknown = _("version not known yet")
    return f"{known.title if known else vendor} {version or unknown}".strip()


def _search(vendor: str, version: str | None) -> str:
    return f'vendor:{vendor} version:"={version}"' if version else f"vendor:{vendor} version:none"
