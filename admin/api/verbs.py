"""To list, create, read, replace, change and remove things of one kind: what such operations always have in common."""

from __future__ import annotations

from functools import partial
from typing import Any

from admin.access import Permission
from admin.api.bodies import object_of
from admin.api.lists import SHEETS
from admin.api.operations import JSON, MERGE_PATCH, Body, Operation, listed, ref

REPLACES = "The whole of it anew: what is left out has its default. Only secrets that are left out stay."
PATCHES = "A JSON merge patch (RFC 7396): `null` takes a field back to its default, and clears a secret."


class Verbs:
    """Makers of the operations of the things with schema ``name`` at ``path``, one of which is at ``path``/``{one}``.

    ``title`` is how one of them is called. A maker takes what is left to say of its `Operation`, and what this one
    has otherwise than others.
    """

    def __init__(self, name: str, *, title: str, tag: str, path: str, one: str) -> None:
        single, with_article = f"{path}/{{{one}}}", called(title)
        reads = partial(Operation, method="GET", tag=tag, permission=Permission.TENANT_READ)
        writes = partial(Operation, tag=tag, permission=Permission.TENANT_CHANGE)
        here = partial(writes, path=single, is_conditional=True)
        told = partial(here, answers={200: ref(name)}, has_etag=True, refuses=(409, 412))
        self.list = partial(
            reads, name=f"list{name}s", path=path, title=f"List {title}s", answers={200: listed(name)}, texts=SHEETS
        )
        self.read = partial(
            reads, name=f"get{name}", path=single, title=f"Read {with_article}", answers={200: ref(name)}, has_etag=True
        )
        self.create = partial(
            writes,
            name=f"create{name}",
            method="POST",
            path=path,
            title=f"Add {with_article}",
            answers={201: ref(name)},
            has_etag=True,
        )
        self.replace = partial(
            told, name=f"replace{name}", method="PUT", title=f"Replace {with_article}", says=REPLACES
        )
        self.change = partial(told, name=f"change{name}", method="PATCH", title=f"Change {with_article}", says=PATCHES)
        self.remove = partial(
            here,
            name=f"delete{name}",
            method="DELETE",
            title=f"Remove {with_article}",
            answers={204: None},
            refuses=(412,),
        )


def called(title: str) -> str:
    """The thing with its article."""
    return f"{'an' if title[0] in 'aeiou' else 'a'} {title}"


def patch_of(name: str, example: dict[str, Any]) -> Body:
    """The body of a merge patch."""
    schema = {"type": "object", "description": f"The fields of `{name}Input` to change."}
    return Body(schema=schema, read=object_of, example=example, media_types=(MERGE_PATCH, JSON))
