"""The operations of the tenant's nouns, made from their data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from admin.access import Permission
from admin.api import noun as shelf
from admin.api.bodies import object_of, reads
from admin.api.call import Call
from admin.api.lists import SHEETS, arguments, listing
from admin.api.noun import Noun
from admin.api.nouns import NOUNS
from admin.api.operations import JSON, MERGE_PATCH, Body, Operation, listed, ref
from admin.api.schemas import NAMES


def operations() -> Iterator[Operation]:
    """Six for each noun."""
    for noun in NOUNS:
        yield from _reading(noun)
        yield from _writing(noun)


def called(noun: Noun) -> str:
    """The noun with its article."""
    return f"{'an' if noun.title[0] in 'aeiou' else 'a'} {noun.title}"


def _reading(noun: Noun) -> Iterator[Operation]:
    name = NAMES[noun.schema]
    make = partial(Operation, method="GET", tag=noun.tag, permission=Permission.TENANT_READ)
    yield make(
        name=f"list{name}s",
        path=_path(noun),
        title=f"List {noun.title}s",
        says=f"The tenant's {noun.title}s, a page of them; as CSV or XLSX all that the search finds.",
        run=_with(listing, noun),
        query=arguments(noun.table, noun.filters, noun.fields),
        answers={200: listed(name)},
        texts=SHEETS,
    )
    yield make(
        name=f"get{name}",
        path=_path(noun, one=True),
        title=f"Read {called(noun)}",
        says="Secrets are not told.",
        run=_with(shelf.read, noun),
        answers={200: ref(name)},
        has_etag=True,
    )


def _writing(noun: Noun) -> Iterator[Operation]:
    name, one = NAMES[noun.schema], called(noun)
    make = partial(Operation, tag=noun.tag, permission=Permission.TENANT_CHANGE)
    change = partial(make, path=_path(noun, one=True), is_conditional=True)
    whole = Body(
        schema=ref(f"{name}Input"),
        read=reads(noun.schema, {"id": noun.identity, **noun.more_schema}),
        example=dict(noun.example),
    )
    yield make(
        name=f"create{name}",
        method="POST",
        path=_path(noun),
        title=f"Add {one}",
        says="Answers what was made, with its `id`. A name or address that is taken is refused with 409.",
        run=_with(shelf.create, noun),
        body=whole,
        answers={201: ref(name)},
        has_etag=True,
    )
    for verb, method, says, run, body in (
        ("replace", "PUT", REPLACES, shelf.replace, whole),
        ("change", "PATCH", PATCHES, shelf.patch, patch_of(name, dict(noun.patch))),
    ):
        yield change(
            name=f"{verb}{name}",
            method=method,
            title=f"{verb.capitalize()} {one}",
            says=says,
            run=_with(run, noun),
            body=body,
            answers={200: ref(name)},
            refuses=(409, 412),
            has_etag=True,
        )
    yield change(
        name=f"delete{name}",
        method="DELETE",
        title=f"Remove {one}",
        says="It is gone afterwards, also when it was not there.",
        run=_with(shelf.delete, noun),
        answers={204: None},
        refuses=(412,),
    )


REPLACES = "The whole of it anew: what is left out has its default. Only secrets that are left out stay."
PATCHES = "A JSON merge patch (RFC 7396): `null` takes a field back to its default, and clears a secret."


def patch_of(name: str, example: dict[str, Any]) -> Body:
    """The body of a merge patch."""
    schema = {"type": "object", "description": f"The fields of `{name}Input` to change."}
    return Body(schema=schema, read=object_of, example=example, media_types=(MERGE_PATCH, JSON))


def _path(noun: Noun, *, one: bool = False) -> str:
    path = f"/tenants/{{tenant}}/{noun.path}"
    return f"{path}/{{{noun.one}}}" if one else path


def _with(run: Callable[[Call, Noun], Any], noun: Noun) -> Callable[[Call], Any]:
    return lambda call: run(call, noun)
