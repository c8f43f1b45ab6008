"""Texts stay what was written, and every place has its line."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from provisioner.errors import Invalid
from provisioner.site import read as reader
from provisioner.site.read import line_of, read


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0100", "0100"),
        ("60601", "60601"),
        ("NO", "NO"),
        ("no", "no"),
        ("on", "on"),
        ("10:20:30:40:50:51", "10:20:30:40:50:51"),
        ("80:5e:c0:12:34:56", "80:5e:c0:12:34:56"),
        ("1e5", "1e5"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        (".5", ".5"),
        ("2026-01-01", "2026-01-01"),
        ("'true'", "true"),
        ('"null"', "null"),
        ("!!str null", "null"),
        ("!!int 5", "5"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_a_scalar_is_what_was_written(written: str, expected: Any) -> None:
    assert expected == read(f"a: {written}\n")["a"]


def test_every_place_has_its_line() -> None:
    tree = read("a: 1\nb:\n  - c: 2\n    d: [3,\n      4]\n")
    paths: list[tuple[Any, ...]] = [
        ("a",),
        ("b",),
        ("b", 0),
        ("b", 0, "d"),
        ("b", 0, "d", 1),
        ("b", 0, "nothing"),
        ("b", 9),
    ]
    assert [1, 2, 3, 4, 5, 3, 2] == [line_of(tree, path) for path in paths]


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "the first is on line 1"),
        ("a: {b: 1, b: 2}", 1, "a second time"),
        ("a: 1\nb: [\n", 3, "no YAML"),
        ("a: b: c", 1, "no YAML"),
        ("a: !!python/object:os.system x", 1, "leave it out"),
        ("a: !secret x", 1, "leave it out"),
        ("a: !!binary aGk=", 1, "leave it out"),
        ("a: *b", 1, "refers to *b"),
        ("a: &a [*a]", 1, "refers to *a"),
        ("? [a]\n: 1", 1, "field name"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("[1]", 1, "tenant: acme"),
        ("", 1, "tenant: acme"),
        ("a: " + "[" * 40, 1, "nested"),
        (BOMB, 7, "values"),
        (b"a: \xff", None, "UTF-8"),
        ("a: \x00", None, "no YAML"),
        ('{"a":\t1, "a": 2}', 1, "a second time"),
        ('{\n\t"a": 1,\n\t"b" 2}', 3, "no YAML"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_its_line(text: str | bytes, line: int | None, part: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(text)
    (problem,) = caught.value.problems
    assert (line, True) == (problem.line, part in problem.message), str(problem)


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LARGEST", 1 << 20)
    with pytest.raises(Invalid, match="1 MB"):
        read("a: " + "x" * (1 << 20))


def test_anchors_may_spare_words() -> None:
    assert [{"b": "1"}, {"b": "1"}] == read("a:\n- &x {b: 1}\n- *x\n")["a"]


def test_a_file_may_begin_with_a_mark_of_its_encoding() -> None:
    assert {"a": "1"} == read("\ufeffa: 1".encode())


def texts(value: Any) -> Any:
    """Numbers as the texts that stand in the file."""
    if isinstance(value, dict):
        return {key: texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [texts(one) for one in value]
    return value if value is None or isinstance(value, bool | str) else json.dumps(value)


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=8)  # no field takes others
PLAIN = st.none() | st.booleans() | st.integers() | TEXTS
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab:# ", max_size=3), inner, max_size=3)
)


@given(st.dictionaries(st.text("abc", min_size=1), VALUES), st.sampled_from([None, 2, "\t"]), st.booleans())
def test_json_reads_as_json(document: dict[str, Any], indent: int | str | None, ascii_only: bool) -> None:
    assert texts(document) == read(json.dumps(document, indent=indent, ensure_ascii=ascii_only))


@given(st.text(max_size=60) | st.text("[]{},:&*!|>-?'\"%#a\n ", max_size=60) | st.binary(max_size=60))
def test_no_text_breaks_the_reader(text: str | bytes) -> None:
    with suppress(Invalid):
        assert isinstance(read(text), dict)


def test_the_slow_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: [1, 'b', null]\nc: {d: true}\n"
    fast = read(text)
    monkeypatch.setattr(reader, "_LOADER", yaml.SafeLoader)
    assert fast == read(text)
