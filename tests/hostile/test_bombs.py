"""Small inputs that are built to become large: each ends soon, with a clear error, in bounded memory."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from provisioner.errors import Broken, Invalid
from provisioner.site.document import document
from provisioner.site.read import read
from provisioner.syntax import parse_xml

MOST_SECONDS, MOST_BYTES = 20, 200 * 1024 * 1024


@contextmanager
def bounded() -> Iterator[None]:
    tracemalloc.start()
    begun = time.process_time()
    try:
        yield
        assert time.process_time() - begun < MOST_SECONDS
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


def laughs(levels: int = 30) -> str:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "tenant: acme\n" + "\n".join(lines)


SITES: dict[str, Callable[[], str]] = {
    "a billion laughs of aliases": laughs,
    "an alias to what is around it": lambda: "tenant: &a\n  x: *a\n",
    "a deep nest of lists": lambda: "tenant: " + "[" * 100_000,
    "a deep nest of tables": lambda: "tenant: " + "{a: " * 100_000,
    "a deep nest of JSON": lambda: '{"tenant": ' + '{"a":' * 100_000,
    "a deep nest of JSON lists with a tab": lambda: '{\t"tenant": ' + "[" * 100_000,
    "a merge key": lambda: "a: &a {tenant: acme}\nb:\n  <<: *a\n",
    "a tag that makes objects": lambda: "tenant: !!python/object/apply:os.system [id]\n",
    "the same name ten thousand times": lambda: "tenant: acme\n" * 10_000,
    "a second document": lambda: "tenant: acme\n---\ntenant: acme\n",
}
VALUES = {
    "a port of five thousand digits": {"sip": {"port": "9" * 5000}},
    "a port in exponents": {"sip": {"port": "1e400"}},
    "a port that is no number": {"sip": {"port": "NaN"}},
    "an expiry beyond every clock": {"sip": {"expires": "99999999999999999999"}},
    "a name of a million letters": {"name": "x" * 1_000_000},
    "a slug with a way in it": {"tenant": "../../etc"},
    "a network of the whole world twice": {"networks": ["0.0.0.0/0/0"]},
    "a header in a host name": {"sip": {"server": "pbx.example\r\nX-Injected: 1"}},
    "a host name with a template in it": {"sip": {"server": "{{ 7 * 7 }}"}},
    "a table where a text belongs": {"name": {"a": {"b": "c"}}},
    "a slot beyond every phone": {"button_templates": [{"name": "x", "buttons": [{"slot": "line:" + "9" * 400}]}]},
    "an unknown placeholder": {
        "button_templates": [{"name": "x", "buttons": [{"slot": "line:1", "mode": "blf", "value": "{__class__}"}]}]
    },
}


def problems(text: str) -> str:
    """Every problem of a site file as one text; none of them is an error of ours."""
    try:
        return "\n".join(map(str, document(read(text)).problems))
    except Invalid as error:
        return str(error)


@pytest.mark.parametrize("make", SITES.values(), ids=SITES)
def test_a_site_file_that_is_a_bomb_is_refused_soon(make: Callable[[], str]) -> None:
    with bounded():
        told = problems(make())
    assert told
    assert len(told) < 2_000


@pytest.mark.parametrize("given", VALUES.values(), ids=VALUES)
def test_an_absurd_value_is_named_with_its_field_and_never_echoed_whole(given: dict[str, object]) -> None:
    with bounded():
        told = problems(json.dumps({"tenant": "acme", **given}))
    assert told
    assert len(told) < 2_000


ENTITIES = "<!DOCTYPE a [" + '<!ENTITY l0 "lol">' + "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12)
) + "]><a>&l11;</a>"  # fmt: skip
FILES = {
    "a billion laughs": ENTITIES,
    "a quadratic blow-up": f'<!DOCTYPE a [<!ENTITY b "{"x" * 50_000}">]><a>{"&b;" * 50_000}</a>',
    "a file of this machine": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "a parameter entity": '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:9/x.dtd">%b;]><a/>',
    "an external DTD": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
    "a DTD behind a long comment": "<!--" + " " * 10_000 + '--><!DOCTYPE a SYSTEM "x.dtd"><a/>',
    "an entity that nobody declared": "<a>&b;</a>",
    "a deep nest": "<a>" * 100_000 + "</a>" * 100_000,
    "a name without end": "<" + "a" * 1_000_000 + "/>",
    "an attribute without end": '<a b="' + "c" * 20_000_000 + '"/>',
    "nothing": "",
    "NUL": "<a>\0</a>",
    "a surrogate": "<a>&#xD800;</a>",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-7"])
@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_an_xml_file_that_is_a_bomb_is_broken_and_nothing_in_it_is_fetched_or_grows(text: str, encoding: str) -> None:
    if len(text) > 1_000_000 and encoding != "utf-8":
        return
    data = text.encode(encoding) if encoding == "utf-8" else (
        f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)
    )  # fmt: skip
    with bounded(), pytest.raises(Broken):
        parse_xml(data)


def test_a_text_that_no_encoding_takes_is_broken_too() -> None:
    with pytest.raises(Broken):
        parse_xml("<a>\ud800</a>")
