"""Every page, in both widths and both colours: nothing sticks out, nothing shouts, nobody is shut out."""

from __future__ import annotations

from pathlib import Path

import pytest

AXE = (Path(__file__).parent / "vendored" / "axe.min.js").read_text("utf-8")
DEVICES = "/portal/advanced/device-management"
PHONE = f"{DEVICES}/805ec0000001"

PAGES = {
    "devices": DEVICES,
    "handsets": f"{DEVICES}?tab=ipei",
    "nothing-found": f"{DEVICES}?q=nothing+like+it",
    "add": f"{DEVICES}/add",
    "add-handset": f"{DEVICES}/add?kind=ipei",
    "paste": f"{DEVICES}/paste",
    "seen": f"{DEVICES}/seen",
    "device": PHONE,
    "device-edit": f"{PHONE}/edit",
    "device-keys": f"{PHONE}/keys",
    "device-settings": f"{PHONE}/settings?edit=sip.transport",
    "device-files": f"{PHONE}/files",
    "device-file": f"{PHONE}/files/805ec0000001.cfg",
    "device-requests": f"{PHONE}/requests",
    "device-pairing": f"{PHONE}/pairing",
    "device-why": f"{PHONE}/why?path=/805ec0000001.cfg",
    "extensions": "/portal/advanced/extensions",
    "extension": "/portal/advanced/extensions/1",
    "locations": "/portal/advanced/locations",
    "location-new": "/portal/advanced/locations?add=1",
    "location": "/portal/advanced/locations/1",
    "assignments": "/portal/advanced/location-assignments",
    "assignments-paste": "/portal/advanced/location-assignments/paste",
    "templates": "/portal/advanced/button-templates",
    "template": "/portal/advanced/button-templates/1",
    "jobs": "/portal/jobs",
    "users": "/portal/users",
    "user-new": "/portal/users/new",
    "audit": "/portal/audit",
    "account": "/portal/account",
}

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


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_every_page_fits_and_is_for_everybody(visit, width, colours):
    page = visit(viewport={"width": width, "height": 860}, color_scheme=colours)
    told = messages(page)
    wrong = []
    for name, path in PAGES.items():
        page.goto(path)
        beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        wrong += [f"{name}: {beyond} px too wide"] if beyond > 0 else []
        wrong += [f"{name}: {one}" for one in serious(page)]
    assert [] == wrong + told


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_log_in_is_for_everybody(visit, colours):
    page = visit(None, color_scheme=colours)
    page.goto("/portal/login")
    assert [] == serious(page)
