"""The document and its page."""

from __future__ import annotations

import re

import jsonschema_rs

from admin.api.catalogue import catalogue
from admin.api.document import document


def test_the_document_names_every_operation_once(nobody):
    told = nobody.get("/openapi.json").json
    names = [one["operationId"] for path in told["paths"].values() for one in path.values()]
    assert sorted(names) == sorted({operation.name for operation in catalogue()})


def test_every_reference_of_the_document_leads_somewhere():
    schemas = document()["components"]["schemas"]
    references = set(re.findall(r"#/components/schemas/(\w+)", str(document())))
    assert set() == references - set(schemas)


def test_every_schema_of_the_document_is_one():
    for schema in document()["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"})


def test_the_page_shows_every_operation_with_its_example(nobody):
    page = nobody.get("/docs")
    assert 200 == page.status_code
    for operation in catalogue():
        assert f'id="{operation.name}"' in page.text


def test_the_page_needs_nothing_from_elsewhere_and_no_inline_script(nobody):
    page = nobody.get("/docs").text
    assert set() == set(re.findall(r'(?:src|href)="(https?:[^"]+)"', page))
    assert not re.search(r"<script(?![^>]*src=)|<style| style=| on\w+=", page)


def test_the_search_finds_what_has_every_word(nobody):
    page = nobody.get("/docs?q=pairing+devices").text
    assert ('id="setPairing"' in page, 'id="listTenants"' in page) == (True, False)
    assert "No operation has these words" in nobody.get("/docs?q=zzz").text


def test_the_search_is_shown_as_typed_and_is_no_markup(nobody):
    assert "<script>alert" not in nobody.get("/docs?q=<script>alert(1)</script>").text
