"""A portal on loopback and a headless Chromium in front of it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from admin.app import create_app
from tests.conftest import missing
from tests.portal import world

ARTEFACTS = Path(__file__).parents[1] / "artefacts"
PATIENCE_MS = 25_000
"""For a browser and a portal that share a busy machine."""
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser; in CI it must be there."""
    if CHROMIUM is None:
        missing("Chromium is not installed")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A portal of its own for a module's journeys: its provisioner and its address."""
    provisioner = world.open_world(tmp_path_factory.mktemp("portal"))
    world.furnish(provisioner)
    server = make_server("127.0.0.1", 0, create_app(provisioner), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provisioner, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    provisioner.close()


@pytest.fixture
def visit(chromium: Any, portal: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Opens pages, logged in or not, in any width and colours; keeps a picture when the test fails."""
    _provisioner, address = portal
    contexts = []

    def open_page(name: str | None = "ann", **options: Any) -> Any:
        settings = {"viewport": {"width": 1280, "height": 860}, "base_url": address, "reduced_motion": "reduce"}
        context = chromium.new_context(**{**settings, **options})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        if name:
            page.goto("/portal/login")
            page.fill("[name=name]", name)
            page.fill("[name=password]", world.PASSWORD)
            page.click("main button")
            page.wait_for_url("**/portal/**")
        return page

    yield open_page
    failed = getattr(request.node, "failed", False)
    for number, context in enumerate(contexts):
        if failed and context.pages:
            ARTEFACTS.mkdir(exist_ok=True)
            context.pages[-1].screenshot(path=ARTEFACTS / f"failed-{request.node.name[:80]}-{number}.png")
        context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call":
        item.failed = report.failed  # type: ignore[attr-defined]
    return report
