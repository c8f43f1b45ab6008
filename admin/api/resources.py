"""The operations of the tenant's nouns, made from their data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from admin.api import noun as shelf
from admin.api.bodies import reads
from admin.api.call import Call
from admin.api.lists import arguments, listing
from admin.api.noun import Noun
from admin.api.nouns import NOUNS
from admin.api.operations import Body, Operation, ref
from admin.api.schemas import NAMES
from admin.api.verbs import Verbs, patch_of


def operations() -> Iterator[Operation]:
    """Six for each noun."""
    for noun in NOUNS:
        yield from _of(noun)


def _of(noun: Noun) -> Iterator[Operation]:
    name = NAMES[noun.schema]
    verbs = Verbs(name, title=noun.title, tag=noun.tag, path=f"/tenants/{{tenant}}/{noun.path}", one=noun.one)
    whole = Body(
        schema=ref(f"{name}Input"),
        read=reads(noun.schema, {"id": noun.identity, **noun.more_schema}),
        example=dict(noun.example),
    )
    yield verbs.list(
        says=f"The tenant's {noun.title}s, a page of them; as CSV or XLSX all that the search finds.",
        run=_with(listing, noun),
        query=arguments(noun.table, noun.filters, noun.fields),
    )
    yield verbs.read(says="Secrets are not told.", run=_with(shelf.read, noun))
    yield verbs.create(
        says="Answers what was made, with its `id`. A name or address that is taken is refused with 409.",
        run=_with(shelf.create, noun),
        body=whole,
    )
    yield verbs.replace(run=_with(shelf.replace, noun), body=whole)
    yield verbs.change(run=_with(shelf.patch, noun), body=patch_of(name, dict(noun.patch)))
    yield verbs.remove(says="It is gone afterwards, also when it was not there.", run=_with(shelf.delete, noun))


def _with(run: Callable[[Call, Noun], Any], noun: Noun) -> Callable[[Call], Any]:
    return lambda call: run(call, noun)
