"""Home: every number is what the page it leads to counts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import delete, select

from admin.charts import HEIGHT, rounded_up, shares, timeline
from provisioner.load import find
from provisioner.recognise import Ask, recognise
from provisioner.sightings import Outcome
from provisioner.store.tables import Device, RequestCount, now
from provisioner.values import Mac
from tests.portal import world

HOME = "/portal/home"
NOON = datetime(2026, 3, 2, 12, 34, tzinfo=UTC)


@pytest.fixture
def busy(provisioner):
    """Phones in every state that home counts."""
    with provisioner.database.writing() as session:
        for mac, version in (("805ec0000001", "108.86.0.9"), ("805ec0000002", "108.86.0.90")):
            device = session.scalars(select(Device).where(Device.mac == mac)).one()
            device.firmware, device.state, device.open_until = version, "blocked", None
    world.see(provisioner, "805ec0000001")
    world.see(provisioner, "805ec0000002", late=True, ago_s=9 * 86400)
    world.see(provisioner, "805ec0000003", outcome="refused")
    world.see(provisioner, "805ec0010001")
    world.add_unknown(provisioner, "805ec0ee0001")
    with provisioner.database.writing() as session:
        hour = now().replace(minute=0, second=0, microsecond=0)
        for tenant_id, requests in ((1, 1204), (2, 9999)):
            session.add(RequestCount(tenant_id=tenant_id, hour=hour, outcome="served", requests=requests))


def _linked(page):
    """Each number of the page that is a link, with where it leads."""
    pattern = r'<a href="([^"]+)"(?: class="\w+")?>(?:<b class="number">)?([\d,]+)[<&]'
    return [(unescape(url), int(count.replace(",", ""))) for url, count in re.findall(pattern, page)]


def _total(page):
    found = re.search(r"of ([\d,]+)</span>", page)
    return int(found[1].replace(",", "")) if found else 0


def test_every_number_is_the_total_of_the_page_that_it_leads_to(client, busy):
    links = _linked(client.get(HOME).text)
    tables = [(url, count) for url, count in links if not url.endswith("/seen")]
    assert tables == [(url, _total(client.get(url).text)) for url, _count in tables]
    assert len(tables) >= 4 + 7 + 3


def test_each_state_is_counted_once_where_it_belongs(client, busy):
    page = client.get(HOME).text
    named = {name: count for count, name in re.findall(r'<b class="number">([^<]+)</b> <span>([^<]+)</span>', page)}
    assert {
        "Devices": "4", "Handsets": "1", "In date": "1", "Out of date": "1", "Silent for 7 days": "1",
        "Refused": "1", "Never seen": "1", "Blocked": "2", "Seen, not added": "1",
    }.items() <= named.items()  # fmt: skip


def test_a_version_that_begins_like_another_is_not_counted_with_it(client, busy):
    page = client.get("/portal/advanced/device-management", query_string={"q": 'version:"=108.86.0.9"'}).text
    assert 1 == _total(page)


def test_the_chart_counts_the_tenants_own_requests_alone(client, busy):
    page = client.get(HOME).text
    assert ("1,204 answered" in page, "9,999" in page) == (True, False)


def test_home_of_a_new_tenant_says_what_to_do(root, provisioner):
    with provisioner.database.writing() as session:
        session.execute(delete(Device))
    page = root.get(HOME).text
    assert ("No devices yet" in page, "Requests by hour" in page) == (True, False)


def test_requests_are_counted_by_hour_and_answer(provisioner):
    ask = Ask(path="/805ec0000001.cfg", address="10.1.1.1")
    with provisioner.database.reading() as session:
        known = find(session, Mac("805ec0000001"))
    sightings = provisioner.sightings
    for at, word in ((NOON, "served"), (NOON + timedelta(minutes=9), "served"), (NOON, "refused")):
        sightings.note(Outcome(ask=ask, identity=recognise(ask), facts=known, word=word, at=at))
    sightings.flush()
    with provisioner.database.reading() as session:
        rows = session.execute(select(RequestCount.hour, RequestCount.outcome, RequestCount.requests)).all()
    hour = NOON.replace(minute=0)
    assert {(hour, "served", 2), (hour, "refused", 1)} == {tuple(row) for row in rows}


def test_the_timeline_ends_with_the_hour_at_hand():
    hours = timeline({}, NOON, 48).hours
    assert (48, NOON.replace(minute=0)) == (len(hours), hours[-1].at)


def test_an_hour_without_requests_has_no_bar():
    assert () == timeline({}, NOON).bars


def test_bars_stand_on_each_other_and_within_the_chart():
    counts = {(NOON.replace(minute=0), "served"): 30, (NOON.replace(minute=0), "refused"): 20}
    served, other = timeline(counts, NOON).bars
    assert pytest.approx(served.y) == other.y + other.height
    assert 0 <= other.y < served.y + served.height <= HEIGHT


def test_a_single_request_among_thousands_is_seen():
    hour = NOON.replace(minute=0)
    bars = timeline({(hour, "served"): 1, (hour - timedelta(hours=1), "served"): 90_000}, NOON).bars
    assert 1.0 <= bars[-1].height


@pytest.mark.parametrize(("value", "top"), [(0, 1), (1, 1), (3, 5), (10, 10), (11, 20), (1204, 2000), (5001, 10_000)])
def test_an_axis_ends_at_a_number_that_is_easily_read(value, top):
    assert top == rounded_up(value)


def test_the_greatest_share_fills_its_bar():
    assert [100.0, 25.0, 1.0] == [one.width for one in shares([("a", "", 400), ("b", "", 100), ("c", "", 1)])]
