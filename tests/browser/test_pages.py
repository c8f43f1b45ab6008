"""Every page, in both widths and both colours: nothing sticks out, nothing shouts, nobody is shut out."""

from __future__ import annotations

from pathlib import Path

import pytest

from admin.access import Permission
from admin.app import create_app

AXE = (Path(__file__).parent / "vendored" / "axe.min.js").read_text("utf-8")
DEVICES = "/portal/advanced/device-management"
PHONE = f"{DEVICES}/805ec0000001"

VALUES = {
    "key": "805ec0000001",
    "extension_id": 1,
    "location_id": 1,
    "template_id": 1,
    "job_id": 1,
    "entry_id": 1,
    "upload_id": 1,
    "user_id": 2,
    "name": "805ec0000001.cfg",
    "identifier": "zendesk",
}
"""What stands for a name in an address; a page with a new name gets its value here."""
NO_PAGES = {"portal.devices.check_mac", "portal.start", "portal.devices.preview", "portal.exporting.export"}
"""A fragment, a way to the first page, a page that has addresses of its own below, and a file."""
STATES = (
    f"{DEVICES}?tab=ipei",
    f"{DEVICES}?q=nothing+like+it",
    f"{DEVICES}/add?kind=ipei",
    f"{DEVICES}/action/open",
    f"{DEVICES}/action/template",
    f"{PHONE}/settings?edit=sip.transport",
    "/portal/tenant/settings?edit=phone.vlan",
    "/portal/tenant/settings?q=nothing+like+it",
    f"{PHONE}/why?path=/805ec0000001.cfg",
    "/portal/advanced/extensions?q=nothing+like+it",
    "/portal/advanced/locations?add=1&country=US",
    "/portal/advanced/locations?q=is:leftover",
    "/portal/advanced/locations/3",
    "/portal/advanced/location-assignments?q=1020",
    "/portal/advanced/button-templates?add=1",
    "/portal/advanced/button-templates/3",
    "/portal/advanced/crm-integration?q=nothing+like+it",
    "/portal/nothing/like/it",
    "/api/v1/docs",
)
"""States of a page that are worth a look of their own."""
NOT_THERE = {"/portal/nothing/like/it", "/portal/my-page"}
"""What an admin without an extension does not find; its user does, below."""


OF_THE_SERVER = ("/portal/tenants", "/portal/tenants?q=nothing+like+it", "/portal/tenants/remove?tenant=beta")
"""Pages for the role of the whole server alone."""


def addresses(provisioner):
    """Every page of the portal by its own map, so that none is forgotten, and the states above."""
    app = create_app(provisioner)
    permissions = {name: getattr(view, "permission", None) for name, view in app.view_functions.items()}
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("portal.")]
    servers = {rule.rule for rule in rules if permissions[rule.endpoint] is Permission.SERVER_CHANGE}
    reached = {path.partition("?")[0] for path in OF_THE_SERVER}
    unseen = {rule.rule for rule in rules if rule.rule in servers and "GET" in rule.methods} - reached
    assert not unseen, f"name these in OF_THE_SERVER: {unseen}"
    rules = [rule for rule in rules if rule.rule not in servers]
    shown = [rule for rule in rules if "GET" in rule.methods and "." not in rule.rule.rpartition("/")[2]]
    wanted = [rule for rule in shown if rule.endpoint not in NO_PAGES]
    unknown = {name for rule in wanted for name in rule.arguments - set(VALUES)}
    assert not unknown, f"give VALUES a value for {unknown}, and `world.furnish` something that has it"
    pages = {rule.build({name: VALUES[name] for name in rule.arguments})[1] for rule in wanted}
    return [*sorted(pages), *STATES]


pytestmark = pytest.mark.browser


def serious(page):
    """What axe-core finds that is serious or critical, as lines that a person can act on."""
    # The policy forbids scripts in the page, so the check comes in through the debugger's door.
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']} at {node['target']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]


def messages(page):
    """Collects what the browser complains about."""
    told = []
    page.on("console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    return told


CRAMPED = """
[...document.querySelectorAll(".side a, button, .button, .tiles a, .pill, h1, legend")]
  .filter(one => one.clientWidth && !one.closest("details:not([open]), .hidden"))
  .filter(one => one.scrollWidth > one.clientWidth + 1)
  .map(one => one.textContent.trim().slice(0, 60))
"""
"""Words that stick out of their box."""


@pytest.mark.parametrize(
    ("width", "colours", "language", "judged"),
    [
        (1280, "light", "en-US", True),
        (360, "dark", "de-DE", True),
        (1280, "dark", "de-DE", False),
        (360, "light", "en-US", False),
    ],
)
def test_every_page_fits_and_is_for_everybody(visit, portal, width, colours, language, judged):
    # axe-core takes most of the time, and what it says depends on the colours and on the width: two passes see both.
    page = visit(viewport={"width": width, "height": 860}, color_scheme=colours, locale=language)
    told = messages(page)
    wrong = []
    for path in addresses(portal[0]):
        status = page.goto(path).status
        wrong += [f"{path}: {status}"] if status != (404 if path in NOT_THERE else 200) else []
        beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        wrong += [f"{path}: {beyond} px too wide"] if beyond > 0 else []
        wrong += [f"{path}: cramped: {one}" for one in page.evaluate(CRAMPED)]
        wrong += [f"{path}: {one}" for one in (serious(page) if judged else ())]
    assert [] == wrong + [one for one in told if "404" not in one]


@pytest.mark.parametrize("width", [1280, 360])
def test_a_users_own_page_fits_and_is_for_everybody(visit, width):
    page = visit("uma", viewport={"width": width, "height": 860}, locale="de-DE")
    page.goto("/portal/my-page")
    assert "1020" in page.inner_text("main")
    assert [] == serious(page)
    assert 0 >= page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.mark.parametrize(("width", "colours"), [(1280, "light"), (360, "dark")])
def test_the_pages_of_the_whole_server_fit_and_are_for_everybody(visit, width, colours):
    page = visit("root", viewport={"width": width, "height": 860}, color_scheme=colours, locale="de-DE")
    for path in OF_THE_SERVER:
        assert 200 == page.goto(path).status
        assert [] == serious(page) + page.evaluate(CRAMPED), path
        assert 0 >= page.evaluate("document.documentElement.scrollWidth - innerWidth"), path


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_log_in_is_for_everybody(visit, colours):
    page = visit(None, color_scheme=colours)
    page.goto("/portal/login")
    assert [] == serious(page)
