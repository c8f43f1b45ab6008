"""The shipped templates print values that stand several times in a text once made; overrides make each anew."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import DictLoader, UndefinedError

from provisioner.sandbox import Metered, Sandbox

TEMPLATES = {
    "lines": "{% for k in keys %}\nkey.{{ k.n }}.type = {{ k.type }}\nkey.{{ k.n }}.line = {{ k.n }}\n{% endfor %}b",
    "nested": "{% for k in keys %}{% for m in keys %}{{ k.n }}{{ m.n }}{{ k.n }};{% endfor %}{{ k.n }}{% endfor %}",
    "condition": "{{ x if keys else y }}{{ x }}{{ x if not keys else y }}{{ y }}",
    "macro": "{% macro line(n) %}{{ n }}={{ n }}{{ n }}{% endmacro %}{{ line(1) }}{{ line(x) }}{{ line(x) }}",
    "block": "{% set text %}{{ x }}-{{ x }}{% endset %}{{ text }}{{ text }}",
    "parent": "{{ x }}{{ x }}{% block body %}{{ y }}{{ y }}{% endblock %}",
    "child": "{% extends 'parent' %}{{ x }}{% block body %}{{ super() }}{{ x }}{{ y }}{{ x }}{% endblock %}",
    "constants": "{{ 1 }}{{ 'a' }}{{ 1 }}{{ true }}{{ 1 }}{{ clear }}",
    "attributes": "{{ text.upper() }}{{ text.upper() }}{{ keys.0.n }}{{ keys[0].n }}{{ keys[0]['n'] }}{{ keys.0.n }}",
}
NAMES: dict[str, Any] = {
    "keys": [{"n": 1, "type": None}, {"n": 2, "type": "13"}],
    "x": "X",
    "y": 7,
    "text": "abc",
}


def finalize(value: Any) -> str:
    return f"<{value}>"


@pytest.mark.parametrize("name", TEMPLATES)
def test_both_sandboxes_print_the_same(name: str) -> None:
    loader = DictLoader(TEMPLATES)
    shipped, metered = (kind(loader, finalize).get_template(name) for kind in (Sandbox, Metered))
    assert shipped.render(NAMES) == metered.render(NAMES)


def test_a_value_that_stands_several_times_in_a_text_is_made_once() -> None:
    made = []
    sandbox = Sandbox(DictLoader(TEMPLATES), lambda value: made.append(value) or "")  # type: ignore[func-returns-value]
    sandbox.get_template("lines").render(NAMES)
    assert made == [1, None, 2, "13"]


@pytest.mark.parametrize("kind", [Sandbox, Metered])
@pytest.mark.parametrize("source", ["{{ gone.n }}", "{{ k.gone }}", "{{ k.gone }}{{ k.gone }}", "{{ gone }}{{ gone }}"])
def test_what_is_not_there_is_an_error(kind: type[Sandbox], source: str) -> None:
    template = kind(DictLoader({"it": source}), finalize).get_template("it")
    with pytest.raises(UndefinedError):
        template.render(k={"n": 1})
