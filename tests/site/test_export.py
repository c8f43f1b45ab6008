"""Export, apply, export: the identity, whatever the names and texts are."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from provisioner.errors import Invalid
from provisioner.site.export import _flow
from provisioner.site.read import read
from tests.site.conftest import ACME, Server
from tests.site.strategies import PRINTABLE, WORDS, sites

FEW = settings(
    max_examples=25, suppress_health_check=list(HealthCheck), report_multiple_bugs=False, phases=[Phase.generate]
)


@FEW
@given(site=sites())
def test_export_apply_export_is_the_identity(server: Server, second: Server, site: dict[str, Any]) -> None:
    server.clear()
    second.clear()
    server.apply(json.dumps(site))
    first = server.export()
    assert ["0 added, 0 changed, 0 removed"] == server.plan(first)
    assert ["0 added, 0 changed, 0 removed"] == server.plan(json.dumps(site), prune=True)
    second.apply(first)
    assert first == second.export()
    bare = server.export(secrets=False)
    assert ["0 added, 0 changed, 0 removed"] == server.plan(bare, prune=True)
    assert first == server.export()
    second.clear()
    second.apply(bare)
    assert bare == second.export(secrets=False)


@FEW
@given(one=sites(), other=sites())
def test_pruning_leaves_what_the_file_says(
    server: Server, second: Server, one: dict[str, Any], other: dict[str, Any]
) -> None:
    server.clear()
    second.clear()
    server.apply(json.dumps(one))
    server.apply(json.dumps(other), prune=True)
    second.apply(json.dumps(other))
    assert second.export(secrets=False) == server.export(secrets=False)


def test_the_example_comes_back_as_it_went_in(server: Server, second: Server) -> None:
    second.clear()
    server.apply(ACME)
    text = server.export()
    second.apply(text)
    assert text == second.export()


TEXTS = st.text(PRINTABLE, min_size=1, max_size=8) | st.sampled_from([*WORDS, "12:30", "2026-01-01", "~", "yes", "<<"])
VALUES = st.recursive(
    st.none() | st.booleans() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_any_yaml_reader_reads_the_texts_that_were_meant(value: dict[str, Any]) -> None:
    written = _flow(value)
    assert value == yaml.safe_load(written) == read(written)


def test_secrets_are_only_written_when_asked_for(server: Server) -> None:
    server.apply(ACME)
    secrets = ("password: s3cret,", 'password: "p: #w,{x}"', 'password: "0123"', '"4711"', "hook-s3cret")
    assert all(secret in server.export() for secret in secrets)
    assert not any(secret in server.export(secrets=False) for secret in secrets)


def test_a_native_key_that_names_a_secret_is_one(server: Server) -> None:
    server.apply("tenant: acme\nsettings: {yealink: {account.1.password: hunter2, features.a: '1'}}\n")
    assert 'settings: {yealink: {features.a: "1"}}' in server.export(secrets=False)
    assert "hunter2" in server.export()


def test_there_is_nothing_to_export_of_nobody(server: Server) -> None:
    with pytest.raises(Invalid, match="no tenant 'nobody'"):
        server.export("nobody")


def test_the_order_of_an_export_does_not_depend_on_how_it_came_to_be(server: Server, second: Server) -> None:
    second.clear()
    server.apply(ACME)
    document = yaml.safe_load(ACME)
    for noun in ("locations", "extensions", "button_templates", "devices", "webhooks"):
        document[noun].reverse()
    second.apply(json.dumps(document))
    assert server.export() == second.export()
