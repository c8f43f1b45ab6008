"""How dates and times are written where nobody says it: as the country does."""

from __future__ import annotations

import pytest

from provisioner.profile import Origin, Setting, Settings
from provisioner.region import clock_hours, date_order

TENANT, LOCATION = Origin("tenant", "acme"), Origin("location", "HQ")


def settings(country: str | None, *, date: str | None = None, time: str | None = None) -> Settings:
    return Settings(
        {
            "locale.country": Setting(country, LOCATION),
            "locale.date_format": Setting(date, TENANT),
            "locale.time_format": Setting(time, TENANT),
        }
    )


@pytest.mark.parametrize(("country", "hours"), [("US", "12"), ("AU", "12"), ("DE", "24"), (None, "24")])
def test_clocks_count_as_the_country_does(country: str | None, hours: str) -> None:
    assert hours == clock_hours(settings(country))


@pytest.mark.parametrize(("country", "order"), [("US", "mdy"), ("CA", "dmy"), ("DE", "dmy"), (None, "ymd")])
def test_dates_are_written_as_in_the_country(country: str | None, order: str) -> None:
    assert order == date_order(settings(country))


def test_a_phone_may_have_another_order_where_no_country_is_known() -> None:
    assert date_order(settings(None), "dmy") == "dmy"


def test_what_is_asked_for_wins_over_the_country() -> None:
    asked = settings("US", date="ymd", time="24")
    assert ("ymd", "24") == (date_order(asked), clock_hours(asked))


@pytest.mark.parametrize(("time", "origin"), [("24", TENANT), (None, LOCATION)])
def test_the_hours_say_who_decided(time: str | None, origin: Origin) -> None:
    assert origin == clock_hours(settings("US", time=time)).origin


@pytest.mark.parametrize(("date", "origin"), [("ymd", TENANT), (None, LOCATION)])
def test_the_order_says_who_decided(date: str | None, origin: Origin) -> None:
    assert origin == date_order(settings("US", date=date)).origin


def test_the_vendors_word_has_the_same_reason() -> None:
    word = clock_hours(settings("US")).code({"12": "on", "24": "off"})
    assert (word, word.origin) == ("on", LOCATION)
