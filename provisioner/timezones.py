"""Daylight-saving rules for phones: derived from the tz database, never typed.

A phone knows no zone names; it wants an offset and two yearly changes, each "the n-th weekday of a month".
Both are in the POSIX string that ends every TZif file (RFC 8536 §3.3), and we read the files of the tzdata
package, so that every machine renders the same bytes.

What a phone cannot be told
---------------------------
The database may write a change with hours outside the day. The fourth Thursday at 26:00
(``Asia/Jerusalem``) is the Friday after it, in some years the fourth of March and in some the fifth.
Such a change gets the n-th weekday that is right in most of the years 2024 to 2037, and says so:
``Changeover.is_exact`` is false, and ``not_before`` holds the rule for vendors who can say
"the Friday on or after 23 March".

The POSIX string holds from the last dated change of the zone onwards. Some zones have dated changes for
decades, since their clocks follow Ramadan (``Asia/Gaza``). ``Zone.changeovers`` gives what really happens in
a year, and ``Zone.is_exact_in`` whether the rule agrees with it. Nothing here asks what year it is: who wants
to warn about this year brings the year along.
"""

from __future__ import annotations

import calendar
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise, product
from zoneinfo import ZoneInfo

_LAST = 5
_HOUR_S = 3600
_DAY_S = 24 * _HOUR_S

# Every month begins with every weekday in some of these years: a rule that is right in all of them always is.
_YEARS = range(2024, 2038)

# Says of itself that the time zone has not been set, so nobody lives in it.
_NOT_A_PLACE = "Factory"

_NAME = r"[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>"
_CLOCK = r"[+-]?\d+(?::\d\d)?"  # no zone has seconds, and no phone could be told
_POSIX = re.compile(
    rf"(?P<standard>{_NAME})(?P<offset>{_CLOCK})"
    rf"(?:(?P<daylight>{_NAME})(?P<daylight_offset>{_CLOCK})?,(?P<start>[^,]+),(?P<end>[^,]+))?"
)
_RULE = re.compile(rf"M(?P<month>[1-9]|1[0-2])\.(?P<week>[1-5])\.(?P<weekday>[0-6])(?:/(?P<time>{_CLOCK}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changeover:
    """A yearly change of the clocks, in the local wall time before it."""

    month: int
    week: int  # 1 to 5, 5 is the last
    weekday: int  # 0 is Sunday, as in POSIX
    hour: int  # 0 to 23
    minute: int
    # Only where week is not right in every year: the change is on the weekday on or after this month and day.
    not_before: tuple[int, int] | None = None

    @property
    def is_exact(self) -> bool:
        """Whether month, week and weekday name the right day in every year."""
        return self.not_before is None

    def wall(self, year: int) -> datetime:
        """The local time of the change in a year, as a phone works it out: without `not_before`."""
        first = _first_possible(year, self.month, self.week)
        day = _on_or_after(first, self.weekday)
        return datetime(day.year, day.month, day.day, self.hour, self.minute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of the clocks that really happens."""

    wall: datetime  # local time before the change
    before_s: int  # from UTC, east positive
    after_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A time zone as a phone understands it; standard time is always the earlier one, in Ireland too."""

    name: str
    posix: str  # as the database has it
    offset_s: int  # of standard time from UTC, east positive
    saving_s: int  # 0 where the clocks never change
    start: Changeover | None
    end: Changeover | None

    @property
    def offset_minutes(self) -> int:
        """Standard time from UTC in minutes, east positive."""
        return self.offset_s // 60

    @property
    def offset_quarter_hours(self) -> int:
        """Standard time from UTC in quarters of an hour, east positive."""
        return self.offset_s // 900

    @property
    def saving_minutes(self) -> int:
        """What daylight saving adds to standard time."""
        return self.saving_s // 60

    @property
    def utc_offset(self) -> str:
        """Standard time from UTC as short as it gets: ``+5:30``, ``-3:30``, ``+8``, ``0``."""
        sign, hours, minutes = _signed(self.offset_minutes)
        short = f"{sign}{hours}" if hours or minutes else "0"
        return f"{short}:{minutes:02}" if minutes else short

    @property
    def utc_offset_padded(self) -> str:
        """Standard time from UTC in full: ``+05:30``, ``-08:00``, ``+00:00``."""
        sign, hours, minutes = _signed(self.offset_minutes)
        return f"{sign}{hours:02}:{minutes:02}"

    @property
    def posix_normalised(self) -> str:
        """A POSIX string for simple parsers: plain names, standard time first, nothing left to defaults.

        Hours stay within 0 to 24, which POSIX allows, so a change at the end of a day is exact here.
        """
        rules = _read_posix(self.posix)
        text = f"{_plain(rules.standard, 'STD')}{_clock_text(-self.offset_s)}"
        if not (rules.daylight and rules.start and rules.end and self.start and self.end):
            return text
        daylight = f"{_plain(rules.daylight, 'DST')}{_clock_text(-self.offset_s - self.saving_s)}"
        return f"{text}{daylight},{_rule_text(rules.start, self.start)},{_rule_text(rules.end, self.end)}"

    def changeovers(self, year: int) -> tuple[Change, ...]:
        """Every real change of the clocks in a year, earliest first, dated ones included."""
        return tuple(change for change in _changes_about(self.name, year) if change.wall.year == year)

    def is_exact_in(self, year: int) -> bool:
        """Whether a phone that was given this zone is right through the whole year."""
        if self._promised(year) != self.changeovers(year):
            return False
        new_year = datetime(year, 1, 1, tzinfo=UTC)
        return bool(self.saving_s) or _offset_s(self.name, new_year) == self.offset_s

    def _promised(self, year: int) -> tuple[Change, ...]:
        """The changes that a phone makes in a year, earliest first."""
        if self.start is None or self.end is None:
            return ()
        summer_s = self.offset_s + self.saving_s
        changes = (
            Change(wall=self.start.wall(year), before_s=self.offset_s, after_s=summer_s),
            Change(wall=self.end.wall(year), before_s=summer_s, after_s=self.offset_s),
        )
        return tuple(sorted(changes, key=lambda change: change.wall))


@cache
def zone(name: str) -> Zone:
    """The zone of an IANA name. Raises ValueError with the nearest name for one that does not exist."""
    # The list guards the path below: a name is looked up, never opened.
    if name not in zone_names():
        raise ValueError(_unknown(name))
    posix = _footer(name)
    rules = _read_posix(posix)
    return Zone(
        name=name,
        posix=posix,
        offset_s=rules.offset_s,
        saving_s=rules.saving_s,
        start=_changeover(rules.start) if rules.start else None,
        end=_changeover(rules.end) if rules.end else None,
    )


@cache
def zone_names() -> tuple[str, ...]:
    """All names that a person may choose, sorted, old spellings such as US/Pacific among them."""
    listed = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return tuple(sorted(name for name in listed if name != _NOT_A_PLACE))


@cache
def zones_of(country: str) -> tuple[str, ...]:
    """The zones of a country of ISO 3166-1, in the order of the database, which puts populous ones first."""
    lines = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return tuple(row[2] for row in rows if row[0] == country)


def _unknown(name: str) -> str:
    """What to say about a name that is not in the database."""
    cities = {known.rpartition("/")[2].lower(): known for known in zone_names()}
    spellings = cities | {known.lower(): known for known in zone_names()}
    near = difflib.get_close_matches(name[:64].lower().replace(" ", "_"), spellings, n=1)
    hint = f"; did you mean {spellings[near[0]]!r}?" if near else ""
    return f"{name[:64]!r} is not a time zone of the tz database{hint}"


# What the database says


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """A change as POSIX writes it: seconds from the midnight that begins the n-th weekday of a month."""

    month: int
    week: int
    weekday: int
    time_s: int  # less than nothing or more than a day in some zones


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """A POSIX string taken apart, with standard time always the earlier one."""

    standard: str
    offset_s: int
    daylight: str | None = None
    saving_s: int = 0
    start: _Rule | None = None
    end: _Rule | None = None


def _footer(name: str) -> str:
    """The POSIX string of a zone: the last line of its file, between two newlines (RFC 8536 §3.3)."""
    data = files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
    return data.removesuffix(b"\n").rpartition(b"\n")[2].decode("ascii")


@cache
def _read_posix(posix: str) -> _Rules:
    """Take a POSIX string apart. Raises ValueError rather than misread, say, a day-of-year rule."""
    found = _POSIX.fullmatch(posix)
    if found is None:
        raise ValueError(f"{posix!r} is not a POSIX time zone of the form that the tz database uses")
    offset_s = -_clock_s(found["offset"])  # POSIX counts westwards
    if found["daylight"] is None:
        return _Rules(standard=found["standard"], offset_s=offset_s)
    explicit = found["daylight_offset"]
    return _standard_first(
        _Rules(
            standard=found["standard"],
            offset_s=offset_s,
            daylight=found["daylight"],
            saving_s=-_clock_s(explicit) - offset_s if explicit else _HOUR_S,
            start=_read_rule(found["start"]),
            end=_read_rule(found["end"]),
        )
    )


def _standard_first(rules: _Rules) -> _Rules:
    """Turn daylight saving that sets clocks back in winter, as Ireland's law has it, into the usual kind."""
    if rules.saving_s >= 0 or rules.daylight is None:
        return rules
    return _Rules(
        standard=rules.daylight,
        offset_s=rules.offset_s + rules.saving_s,
        daylight=rules.standard,
        saving_s=-rules.saving_s,
        start=rules.end,
        end=rules.start,
    )


def _read_rule(text: str) -> _Rule:
    """Read ``M3.2.0/2``; two o'clock is the default."""
    found = _RULE.fullmatch(text)
    if found is None:
        raise ValueError(f"the rule {text!r} is not of the form Mm.w.d; phones cannot be told any other")
    return _Rule(
        month=int(found["month"]),
        week=int(found["week"]),
        weekday=int(found["weekday"]),
        time_s=_clock_s(found["time"] or "2"),
    )


def _clock_s(text: str) -> int:
    """Seconds of ``[+-]h[:mm]``."""
    hours, _, minutes = text.lstrip("+-").partition(":")
    amount = int(hours) * _HOUR_S + int(minutes or 0) * 60
    return -amount if text.startswith("-") else amount


# What phones are told


@cache
def _changeover(rule: _Rule) -> Changeover:
    """The rule with its hour within the day, on the n-th weekday that is right in the most years."""
    days, time_s = divmod(rule.time_s, _DAY_S)
    candidates = _candidates(rule, days=days, minutes=time_s // 60)
    hits = [sum(candidate.wall(year) == _wall(rule, year) for year in _YEARS) for candidate in candidates]
    best = candidates[hits.index(max(hits))]
    if max(hits) == len(_YEARS):
        return best
    return replace(best, not_before=_earliest(rule, days))


def _candidates(rule: _Rule, *, days: int, minutes: int) -> list[Changeover]:
    """Every n-th weekday near a rule; the rule's own month and week come first, where they are right."""
    months = sorted(range(1, 13), key=lambda month: abs(month - rule.month))[:3]
    weeks = sorted(range(1, _LAST + 1), key=lambda week: abs(week - rule.week))
    return [
        Changeover(
            month=month,
            week=week,
            weekday=(rule.weekday + days) % 7,
            hour=minutes // 60,
            minute=minutes % 60,
        )
        for month, week in product(months, weeks)
    ]


def _earliest(rule: _Rule, days: int) -> tuple[int, int]:
    """The first month and day that a shifted rule can fall on."""
    firsts = {_first_possible(year, rule.month, rule.week) + timedelta(days=days) for year in _YEARS}
    earliest = {(first.month, first.day) for first in firsts}
    if len(earliest) > 1:
        raise ValueError(f"{rule} moves with leap years; phones cannot be told")
    return earliest.pop()


def _wall(rule: _Rule, year: int) -> datetime:
    """The local time of a rule in a year, as POSIX means it."""
    day = _on_or_after(_first_possible(year, rule.month, rule.week), rule.weekday)
    return datetime(day.year, day.month, day.day) + timedelta(seconds=rule.time_s)


def _first_possible(year: int, month: int, week: int) -> date:
    """The earliest day that the n-th of any weekday can be: the n-th weekday is the first one from here."""
    last = calendar.monthrange(year, month)[1]
    return date(year, month, last - 6 if week == _LAST else 7 * week - 6)


def _on_or_after(first: date, weekday: int) -> date:
    """The next such weekday, 0 is Sunday; the day itself may be it."""
    return first + timedelta(days=(weekday - first.isoweekday()) % 7)


def _plain(name: str, instead: str) -> str:
    """A zone's abbreviation, or a word for it where it is a number in angle brackets."""
    return name if name.isalpha() else instead


def _rule_text(rule: _Rule, told: Changeover) -> str:
    """A rule for a simple parser: the database's own if its time is within the day, else the phones'."""
    if 0 <= rule.time_s <= _DAY_S:
        return f"M{rule.month}.{rule.week}.{rule.weekday}/{_clock_text(rule.time_s)}"
    time_s = told.hour * _HOUR_S + told.minute * 60
    return f"M{told.month}.{told.week}.{told.weekday}/{_clock_text(time_s)}"


def _clock_text(seconds: int) -> str:
    """``2``, ``-5:30``: the inverse of `_clock_s`, no longer than it has to be."""
    sign, hours, minutes = _signed(seconds // 60)
    return f"{sign.strip('+')}{hours}" + (f":{minutes:02}" if minutes else "")


def _signed(minutes: int) -> tuple[str, int, int]:
    """Sign, hours and minutes."""
    return ("-" if minutes < 0 else "+", *divmod(abs(minutes), 60))


# What really happens


def _changes_about(name: str, year: int) -> Iterator[Change]:
    """The changes of a year and of the days around it, since a year begins at another time in UTC."""
    begin = datetime(year, 1, 1, tzinfo=UTC)
    # Steps of three days: since 1970 no two changes of a zone were closer than six, nor will be in Gaza.
    steps = (begin + timedelta(days=days) for days in range(-3, 370, 3))
    offsets = ((step, _offset_s(name, step)) for step in steps)
    for (before, before_s), (after, after_s) in pairwise(offsets):
        if before_s != after_s:
            wall = _moment(name, before, after).replace(tzinfo=None) + timedelta(seconds=before_s)
            yield Change(wall=wall, before_s=before_s, after_s=after_s)


def _moment(name: str, before: datetime, after: datetime) -> datetime:
    """The first second with the later offset, between two instants with different ones."""
    later_s = _offset_s(name, after)
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if _offset_s(name, middle) == later_s:
            after = middle
        else:
            before = middle
    return after


def _offset_s(name: str, moment: datetime) -> int:
    """The offset from UTC that the database gives for an instant."""
    offset = moment.astimezone(_clock(name)).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


@cache
def _clock(name: str) -> ZoneInfo:
    """The standard library's reading of the package's file: ``ZoneInfo(name)`` would prefer the system's."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
