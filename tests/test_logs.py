"""Secrets never reach a log line, in whatever field they come."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from provisioner import logs
from provisioner.logs import mask
from provisioner.vault import Vault
from tests.world import FRONT, make_world

TOKEN = Vault(bytes(32)).token("00112233445566aa", 1)


@pytest.mark.parametrize("text", [f"/d/{TOKEN}/805ec0123456.cfg", f"{TOKEN}/805ec0123456.cfg", f"http://x/d/{TOKEN}/"])
def test_a_devices_token_is_masked_anywhere(text: str) -> None:
    assert TOKEN not in str(mask(None, "info", {"event": "x", "name": text}))


@pytest.mark.parametrize("field", ["password", "sip_password", "authorization", "api_token", "client_secret", "cookie"])
def test_a_field_that_is_named_like_a_secret_is_masked(field: str) -> None:
    assert "geheim" not in str(mask(None, "info", {"event": "x", field: "geheim"}))


def test_the_user_of_a_url_is_masked() -> None:
    assert "geheim" not in str(mask(None, "info", {"event": "x", "url": "https://ann:geheim@crm.example/hook"}))


def test_what_is_no_secret_stays() -> None:
    event = {"event": "config.served", "mac": "80:5e:c0:12:34:56", "file": "805ec0123456.cfg", "bytes": 12}
    assert event == mask(None, "info", dict(event))


@pytest.fixture
def quiet_again():
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


@pytest.mark.usefixtures("quiet_again")
def test_a_line_of_a_library_is_masked_too(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug", "text")
    logging.getLogger("some.library").info("unpacking /d/%s/805ec0123456.cfg of http://ann:geheim@x/", TOKEN)
    said = capsys.readouterr().err
    assert "unpacking" in said
    assert TOKEN not in said
    assert "geheim" not in said


@pytest.mark.usefixtures("quiet_again")
def test_a_traceback_is_masked_too(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug", "text")
    try:
        raise ValueError(f"no file /d/{TOKEN}/x")
    except ValueError:
        structlog.get_logger("provisioner.x").exception("answer.failed")
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert TOKEN not in said


@pytest.mark.usefixtures("quiet_again")
def test_a_line_of_a_library_is_an_object_where_all_others_are(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug", "json")
    logging.getLogger("some.library").warning("gone %s", "astray", exc_info=ValueError("two\nlines"))
    told = json.loads(capsys.readouterr().err)
    assert (told["event"], told["level"]) == ("gone astray", "warning")
    assert "ValueError: two\nlines" in told["exception"]


def test_a_request_that_is_none_is_told_without_its_path(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.environment_extra["PROVISIONER_LOG_FORMAT"] = "json"
    with world.serving("phones"):
        for line in (f"GET /d/{TOKEN}/{FRONT}.cfg", f"/d/{TOKEN} HTTP/1.1", f"GET / HTTP/1.1\r\nx y{TOKEN[:20]}: z"):
            with socket.create_connection(("127.0.0.1", world.phones), 10) as phone:
                phone.sendall(f"{line}\r\n\r\n".encode())
                assert b" 400 " in phone.recv(100)
        world.wait_for_log("Invalid HTTP header name")
    lines = [line for line in (tmp_path / "serve.log").read_text("utf-8").splitlines() if line[:1] in "{["]
    assert "Invalid HTTP request line" in [json.loads(line)["event"].rpartition(": ")[2] for line in lines]
    assert TOKEN[:20] not in "".join(lines)


FIELDS = st.dictionaries(
    st.text("abcxyz_", min_size=1, max_size=8).filter(lambda name: name not in ("event", "level", "timestamp")),
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.lists(st.text(max_size=3), max_size=2)),
    max_size=5,
)


@given(st.sampled_from(["config.served", "database.lost", "x" * 40, ""]), st.sampled_from(["info", "error"]), FIELDS)
def test_a_plain_event_reads_as_structlog_words_it(name: str, level: str, fields: dict[str, object]) -> None:
    event = {"event": name, "level": level, "timestamp": "2026-11-27T22:50:56Z", **fields}
    words = logs._Words()
    assert words(None, level, dict(event)) == words._console(None, level, dict(event))


@pytest.mark.usefixtures("quiet_again")
def test_what_the_level_leaves_out_is_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.reset_defaults()
    logs.configure("warning", "text")
    structlog.get_logger().info("config.served")
    structlog.get_logger().warning("config.slow")
    assert re.fullmatch(r"\S+ \[warning  \] config\.slow\n", capsys.readouterr().err)


@pytest.mark.usefixtures("quiet_again")
def test_a_line_that_cannot_be_written_fails_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    structlog.reset_defaults()
    logs.configure("info", "text")
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stderr", closed)
    structlog.get_logger().info("config.served")
