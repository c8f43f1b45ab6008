"""Time zones: what phones are told, against the clocks of the standard library and of the C library."""

from __future__ import annotations

import calendar
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from provisioner.timezones import (
    _YEARS,
    Change,
    Changeover,
    Zone,
    _changeover,
    _read_posix,
    _Rule,
    zone,
    zone_names,
)

YEARS = range(2027, 2037)

# Zones that no phone can be told exactly, and the years between 2027 and 2036 in which it shows.
THURSDAY_24 = "the last Thursday at 24:00 is the last Friday, unless that Thursday is the 31st"
SATURDAY_24 = "the first Saturday at 24:00 is the first Sunday, unless the month begins with a Sunday"
FRIDAY_26 = "the fourth Thursday at 26:00 is the fourth Friday, unless March begins with a Friday"
SUNDAY_BEFORE_0 = "the last Sunday at -1:00 is the last Saturday, unless March ends with a Saturday"
THURSDAY_50 = "the fourth Thursday at 50:00 is the last Saturday, unless the month ends with one; also Ramadan"
CUBA = "dated changes: summer time lasts from March 2026 to November 2027"
INEXACT: dict[str, tuple[str, set[int]]] = {
    "Africa/Cairo": (THURSDAY_24, {2030}),
    "Egypt": (THURSDAY_24, {2030}),
    "America/Santiago": (SATURDAY_24, {2029, 2030, 2035}),
    "Chile/Continental": (SATURDAY_24, {2029, 2030, 2035}),
    "Asia/Jerusalem": (FRIDAY_26, {2030}),
    "Asia/Tel_Aviv": (FRIDAY_26, {2030}),
    "Israel": (FRIDAY_26, {2030}),
    "America/Nuuk": (SUNDAY_BEFORE_0, {2029, 2035}),
    "America/Godthab": (SUNDAY_BEFORE_0, {2029, 2035}),
    "America/Scoresbysund": (SUNDAY_BEFORE_0, {2029, 2035}),
    "Asia/Gaza": (THURSDAY_50, {2029, 2035, 2036}),
    "Asia/Hebron": (THURSDAY_50, {2029, 2035, 2036}),
    "America/Havana": (CUBA, {2027}),
    "Cuba": (CUBA, {2027}),
}


def database(name: str) -> bytes:
    return files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


def reference(name: str) -> ZoneInfo:
    """The standard library's opinion, read from the package and never from the system."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file)


def different_zones() -> list[str]:
    """One name for each zone: the others are the same bytes."""
    return list({database(name): name for name in reversed(zone_names())}.values())


@cache
def phone_change(told: Changeover, year: int, offset_s: int) -> datetime:
    """A simple phone's way to find the n-th weekday, with no help from our arithmetic; in UTC."""
    days = [week[(told.weekday - 1) % 7] for week in calendar.Calendar().monthdayscalendar(year, told.month)]
    day = [day for day in days if day][-1 if told.week == 5 else told.week - 1]
    return datetime(year, told.month, day, told.hour, told.minute, tzinfo=UTC) - timedelta(seconds=offset_s)


def phone_offset_s(told: Zone, moment: datetime) -> int:
    """The offset that a phone works out for an instant from what it was told."""
    summer_s = told.offset_s + told.saving_s
    if told.start is None or told.end is None:
        return told.offset_s
    year = (moment + timedelta(seconds=told.offset_s)).year
    start = phone_change(told.start, year, told.offset_s)
    end = phone_change(told.end, year, summer_s)
    is_summer = start <= moment < end if start < end else not end <= moment < start
    return summer_s if is_summer else told.offset_s


def telling_moments(told: Zone, year: int) -> Iterator[datetime]:
    """The middle of each month and both sides of every change, that of the phone and the real one."""
    yield from (datetime(year, month, 15, 12, tzinfo=UTC) for month in range(1, 13))
    changes = [
        change.wall.replace(tzinfo=UTC) - timedelta(seconds=change.before_s) for change in told.changeovers(year)
    ]
    if told.start and told.end:
        changes.append(phone_change(told.start, year, told.offset_s))
        changes.append(phone_change(told.end, year, told.offset_s + told.saving_s))
    for change in changes:
        yield from (change + timedelta(seconds=aside) for aside in (-86400, -3600, -1, 0, 1, 3600, 86400))


def is_phone_right(name: str, year: int) -> bool:
    told, real = zone(name), reference(name)
    return all(
        timedelta(seconds=phone_offset_s(told, moment)) == moment.astimezone(real).utcoffset()
        for moment in telling_moments(told, year)
    )


@pytest.fixture(scope="module")
def wrong_years() -> dict[str, set[int]]:
    """The years in which a phone is wrong, for every zone with any."""
    wrong = {database(name): {year for year in YEARS if not is_phone_right(name, year)} for name in different_zones()}
    return {name: years for name in zone_names() if (years := wrong[database(name)])}


def test_phones_are_right_in_every_zone_and_year_but_the_known_ones(wrong_years: dict[str, set[int]]) -> None:
    """A new name here means that the tz database changed: read its news, then write down the reason."""
    assert {name: years for name, (_, years) in INEXACT.items()} == wrong_years


def test_a_zone_knows_the_years_in_which_phones_are_wrong(wrong_years: dict[str, set[int]]) -> None:
    doubted = {name: {year for year in YEARS if not zone(name).is_exact_in(year)} for name in different_zones()}
    assert {name: wrong_years.get(name, set()) for name in doubted} == doubted


def test_an_inexact_rule_is_told_apart() -> None:
    """Cuba's and Gaza's dated changes are not a property of the rule, so only the shifted rules are here."""
    shifted = {
        name for name in zone_names() for told in (zone(name).start, zone(name).end) if told and not told.is_exact
    }
    assert set(INEXACT) - {"America/Havana", "Cuba"} == shifted


@pytest.mark.parametrize("name", ["Asia/Jerusalem", "Africa/Cairo", "America/Santiago", "America/Nuuk"])
@pytest.mark.parametrize("year", YEARS)
def test_the_weekday_on_or_after_is_right_where_the_week_is_not(name: str, year: int) -> None:
    told, real = zone(name), [change.wall for change in zone(name).changeovers(year)]
    for change in (told.start, told.end):
        if change and change.not_before:
            day = date(year, *change.not_before)
            while day.isoweekday() % 7 != change.weekday:
                day += timedelta(days=1)
            assert datetime(day.year, day.month, day.day, change.hour, change.minute) in real


def changeover(month: int, week: int, weekday: int, hour: int, minute: int = 0) -> Changeover:
    return Changeover(month=month, week=week, weekday=weekday, hour=hour, minute=minute)


@pytest.mark.parametrize(
    ("name", "offset_s", "saving_s", "start", "end"),
    [
        ("America/Chicago", -21600, 3600, changeover(3, 2, 0, 2), changeover(11, 1, 0, 2)),
        ("Europe/Berlin", 3600, 3600, changeover(3, 5, 0, 2), changeover(10, 5, 0, 3)),
        ("Europe/London", 0, 3600, changeover(3, 5, 0, 1), changeover(10, 5, 0, 2)),
        ("Europe/Dublin", 0, 3600, changeover(3, 5, 0, 1), changeover(10, 5, 0, 2)),
        ("Australia/Sydney", 36000, 3600, changeover(10, 1, 0, 2), changeover(4, 1, 0, 3)),
        ("Australia/Lord_Howe", 37800, 1800, changeover(10, 1, 0, 2), changeover(4, 1, 0, 2)),
        ("Antarctica/Troll", 0, 7200, changeover(3, 5, 0, 1), changeover(10, 5, 0, 3)),
        ("Pacific/Chatham", 45900, 3600, changeover(9, 5, 0, 2, 45), changeover(4, 1, 0, 3, 45)),
        ("US/Pacific", -28800, 3600, changeover(3, 2, 0, 2), changeover(11, 1, 0, 2)),
        ("America/Phoenix", -25200, 0, None, None),
        ("Asia/Kolkata", 19800, 0, None, None),
        ("Africa/Casablanca", 0, 0, None, None),
        ("UTC", 0, 0, None, None),
        ("Etc/GMT+5", -18000, 0, None, None),
    ],
)
def test_well_known_zones(
    name: str, offset_s: int, saving_s: int, start: Changeover | None, end: Changeover | None
) -> None:
    expected = Zone(name=name, posix=zone(name).posix, offset_s=offset_s, saving_s=saving_s, start=start, end=end)
    assert expected == zone(name)


def shifted(told: Changeover, month: int, day: int) -> Changeover:
    return replace(told, not_before=(month, day))


@pytest.mark.parametrize(
    ("name", "edge", "expected"),
    [
        ("Asia/Jerusalem", "start", shifted(changeover(3, 4, 5, 2), 3, 23)),
        ("Africa/Cairo", "end", shifted(changeover(10, 5, 5, 0), 10, 26)),
        ("America/Nuuk", "start", shifted(changeover(3, 5, 6, 23), 3, 24)),
        ("America/Santiago", "start", shifted(changeover(9, 1, 0, 0), 9, 2)),
        ("America/Santiago", "end", shifted(changeover(4, 1, 0, 0), 4, 2)),
        ("Asia/Gaza", "start", shifted(changeover(3, 5, 6, 2), 3, 24)),
        ("Asia/Gaza", "end", shifted(changeover(10, 5, 6, 2), 10, 24)),
    ],
)
def test_hours_outside_the_day_become_the_likeliest_weekday(name: str, edge: str, expected: Changeover) -> None:
    assert expected == getattr(zone(name), edge)


def test_a_shift_that_a_week_can_say_is_exact() -> None:
    """The fourth Thursday and three days is the last Sunday of a month with 31 days, always."""
    rule = _Rule(month=3, week=4, weekday=4, time_s=74 * 3600)
    assert changeover(3, 5, 0, 2) == _changeover(rule)


def test_the_years_that_choose_a_weekday_hold_every_kind_of_month() -> None:
    assert {(month, day) for month in range(1, 13) for day in range(7)} == {
        (month, date(year, month, 1).weekday()) for year in _YEARS for month in range(1, 13)
    }


def test_changeovers_are_the_exact_ones() -> None:
    """In 2030 the fourth Thursday of March is the 28th, so the fourth Friday is the 22nd and wrong."""
    spring = Change(wall=datetime(2030, 3, 29, 2), before_s=7200, after_s=10800)
    autumn = Change(wall=datetime(2030, 10, 27, 2), before_s=10800, after_s=7200)
    assert (spring, autumn) == zone("Asia/Jerusalem").changeovers(2030)


def test_changeovers_come_in_the_order_of_the_year() -> None:
    months = [change.wall.month for change in zone("Australia/Sydney").changeovers(2027)]
    assert months == [4, 10]


def test_changeovers_follow_ramadan() -> None:
    """Morocco set its clocks back for Ramadan, until it gave up summer time in September 2026."""
    months = [change.wall.month for change in zone("Africa/Casablanca").changeovers(2024)]
    assert months == [3, 4]


def test_a_zone_without_daylight_saving_has_no_changeovers() -> None:
    assert zone("Asia/Kolkata").changeovers(2027) == ()


@pytest.mark.parametrize(
    ("name", "short", "padded"),
    [
        ("Asia/Kolkata", "+5:30", "+05:30"),
        ("America/St_Johns", "-3:30", "-03:30"),
        ("Asia/Shanghai", "+8", "+08:00"),
        ("Pacific/Chatham", "+12:45", "+12:45"),
        ("Pacific/Marquesas", "-9:30", "-09:30"),
        ("Europe/Dublin", "0", "+00:00"),
        ("Pacific/Kiritimati", "+14", "+14:00"),
    ],
)
def test_offsets_are_written_the_two_ways_of_vendors(name: str, short: str, padded: str) -> None:
    assert (short, padded) == (zone(name).utc_offset, zone(name).utc_offset_padded)


@pytest.mark.parametrize(
    ("name", "minutes", "quarter_hours"),
    [("Asia/Kathmandu", 345, 23), ("America/St_Johns", -210, -14), ("America/New_York", -300, -20)],
)
def test_offsets_are_counted_the_two_ways_of_vendors(name: str, minutes: int, quarter_hours: int) -> None:
    assert (minutes, quarter_hours) == (zone(name).offset_minutes, zone(name).offset_quarter_hours)


def test_quarter_hours_lose_nothing() -> None:
    assert {name for name in zone_names() if zone(name).offset_quarter_hours * 900 != zone(name).offset_s} == set()


def test_daylight_saving_is_counted_in_minutes() -> None:
    assert zone("Australia/Lord_Howe").saving_minutes == 30


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("America/Chicago", "CST6CDT5,M3.2.0/2,M11.1.0/2"),
        ("Europe/Dublin", "GMT0IST-1,M3.5.0/1,M10.5.0/2"),
        ("Asia/Dubai", "STD-4"),
        ("Asia/Kathmandu", "STD-5:45"),
        ("Pacific/Chatham", "STD-12:45DST-13:45,M9.5.0/2:45,M4.1.0/3:45"),
        ("Antarctica/Troll", "STD0DST-2,M3.5.0/1,M10.5.0/3"),
        ("America/Santiago", "STD4DST3,M9.1.6/24,M4.1.6/24"),
        ("America/Nuuk", "STD2DST1,M3.5.6/23,M10.5.0/0"),
        ("Asia/Jerusalem", "IST-2IDT-3,M3.4.5/2,M10.5.0/2"),
    ],
)
def test_posix_strings_are_made_safe_for_phones(name: str, text: str) -> None:
    assert text == zone(name).posix_normalised


SAFE = re.compile(
    r"[A-Za-z]{3,}-?\d+(:\d\d)?([A-Za-z]{3,}-?\d+(:\d\d)?(,M\d+\.[1-5]\.[0-6]/(1?\d|2[0-4])(:\d\d)?){2})?"
)


def test_every_posix_string_is_safe() -> None:
    """Plain names, M rules, hours up to 24; Grandstream's field takes 64 characters."""
    texts = {zone(name).posix_normalised for name in zone_names()}
    assert {text for text in texts if not SAFE.fullmatch(text) or len(text) > 64} == set()


def test_a_posix_string_reads_back_as_the_same_zone() -> None:
    read = {name: _read_posix(zone(name).posix_normalised) for name in zone_names()}
    assert {name: (zone(name).offset_s, zone(name).saving_s) for name in read} == {
        name: (rules.offset_s, rules.saving_s) for name, rules in read.items()
    }


@pytest.fixture
def c_library() -> Iterator[pytest.MonkeyPatch]:
    """The process's own clock; it is put back with the variable."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch
    time.tzset()


# These have dates that no POSIX string with hours up to 24 can say.
NO_POSIX = {name for name in INEXACT if "/24" not in zone(name).posix_normalised}


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the C library of this system has no tzset")
def test_the_c_library_understands_every_posix_string(c_library: pytest.MonkeyPatch) -> None:
    """It has a parser that we did not write; Cairo and Santiago are exact here, thanks to 24 o'clock."""
    wrong = set()
    for name in set(different_zones()) - NO_POSIX:
        told, real = zone(name), reference(name)
        c_library.setitem(os.environ, "TZ", told.posix_normalised)
        time.tzset()
        for moment in (moment for year in (2029, 2030) for moment in telling_moments(told, year)):
            there = timedelta(seconds=time.localtime(moment.timestamp()).tm_gmtoff)
            if there != moment.astimezone(real).utcoffset():
                wrong.add((name, moment))
    assert wrong == set()


def test_names_are_sorted_and_hold_old_spellings() -> None:
    names = zone_names()
    assert list(names) == sorted(names)
    assert {"Europe/Kyiv", "Europe/Kiev", "US/Pacific", "UTC", "Etc/UTC"} <= set(names)


def test_the_zone_of_no_place_cannot_be_chosen() -> None:
    assert "Factory" not in zone_names()


def test_a_zone_is_read_once() -> None:
    assert zone("Europe/Paris") is zone("Europe/Paris")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Europe/Belin", "'Europe/Belin' is not a time zone .* did you mean 'Europe/Berlin'"),
        ("europe/london", "did you mean 'Europe/London'"),
        ("New York", "did you mean 'America/New_York'"),
        ("Kiev", "did you mean 'Europe/Kiev'"),
        ("", "'' is not a time zone of the tz database$"),
        ("../../../../etc/passwd", "is not a time zone"),
        ("Factory", "is not a time zone"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_nearest_name(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        zone(name)


@pytest.mark.parametrize(
    "posix",
    [
        "EST5EDT,J60,J300",
        "EST5EDT,59/2,299/2",
        "EST5EDT",
        "EST5EDT,M3.2.0",
        "EST5EDT,M13.2.0,M11.1.0",
        "EST5EDT,M3.6.0,M11.1.0",
        "EST5EDT,M3.2.7,M11.1.0",
        "LMT0:01:15",
        "<+03>",
        "",
    ],
)
def test_what_we_would_misread_is_refused(posix: str) -> None:
    with pytest.raises(ValueError, match=r"POSIX|Mm\.w\.d"):
        _read_posix(posix)
