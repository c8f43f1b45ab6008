"""Whether a client names a version of a file among those that it has: ``If-None-Match`` (RFC 9110, section 13.1.2)."""

from __future__ import annotations


def is_named(etag: str, none_match: str) -> bool:
    """Whether the header holds this tag, strong or weak, or means every one."""
    return (
        none_match == etag
        or none_match.strip() == "*"
        or etag in [tag.strip().removeprefix("W/") for tag in none_match.split(",")]
    )
