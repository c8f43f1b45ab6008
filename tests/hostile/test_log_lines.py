"""What strangers send stays inside its field of one log line, whatever the form of the log."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from provisioner import logs

FORGED = "x.cfg\r\n2026-01-01 [info     ] config.served  mac=000000000000\x1b[2J\u2028\x85y"


@pytest.fixture(params=["text", "json"])
def form(request: pytest.FixtureRequest):
    yield request.param
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


def test_no_value_begins_a_line_or_reaches_the_terminal(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", form)
    structlog.get_logger().info("config.refused", file=FORGED, path=[FORGED], told={"agent": FORGED})
    line = capsys.readouterr().err
    assert 1 == len(line.splitlines())
    assert "\x1b" not in line
    if form == "json":
        assert "config.refused" == json.loads(line)["event"]
