"""Secrets never reach a log line, in whatever field they come."""

from __future__ import annotations

import pytest

from provisioner.logs import mask
from provisioner.vault import Vault

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
