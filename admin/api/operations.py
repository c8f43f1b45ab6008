"""What the API can do, declared: the routes, the checks and the OpenAPI document are all made from these values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from admin.access import Permission

if TYPE_CHECKING:
    from admin.api.call import Call

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
SMALL = 1 << 20
"""The most bytes of a body, where nothing else is said."""

JsonSchema = Mapping[str, Any]


def text_argument(longest: int = 200, **more: Any) -> JsonSchema:
    """The schema of a text in the query, in which no control character belongs."""
    return {"type": "string", "maxLength": longest, "pattern": r"^[^\x00-\x1f]*$", **more}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument in the query; ``kind`` is its JSON Schema. A list is written with commas."""

    name: str
    says: str
    kind: JsonSchema = field(default_factory=text_argument)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a request carries: the schema, how it is read, and an example that is tried in the tests."""

    schema: JsonSchema
    read: Callable[[Call, Any], Any]
    example: Any
    media_types: tuple[str, ...] = (JSON,)
    largest: int = SMALL
    is_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an operation answers; ``value`` is JSON, or a text of another media type."""

    value: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method on one path.

    ``answers`` maps a status to the JSON Schema of its body, None for an empty one; ``texts`` are other
    media types that a 200 may have. ``refuses`` are statuses beyond those that every operation has.
    ``may_be_gone`` lets a token for the whole server name a tenant that is not there (any more).
    ``tells_secrets`` says that the answer may not be kept.
    """

    name: str
    method: str
    path: str
    tag: str
    title: str
    says: str
    run: Callable[[Call], Any]
    permission: Permission | None
    query: tuple[Parameter, ...] = ()
    body: Body | None = None
    answers: Mapping[int, JsonSchema | None] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    refuses: tuple[int, ...] = ()
    is_conditional: bool = False
    has_etag: bool = False
    may_be_gone: bool = False
    tells_secrets: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names in its path."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def is_repeatable(self) -> bool:
        """Whether an Idempotency-Key makes it safe to send it once more."""
        kept = self.permission is not Permission.TENANT_READ and not self.tells_secrets
        return self.method == "POST" and kept


def ref(name: str) -> dict[str, str]:
    """A schema of the document by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def listed(name: str) -> dict[str, Any]:
    """The schema of a list of such things."""
    return table(items={"type": "array", "items": ref(name)}, total={"type": "integer", "minimum": 0})


def table(**properties: Any) -> dict[str, Any]:
    """The schema of an object that has all of these and nothing else."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
