"""The report of an import: a table for people, with reasons and names of settings and without their values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from provisioner.importing.folder import Imported, Row

_HEAD = ("FILE", "TAKEN AS", "ACCOUNTS", "BUTTONS", "NATIVE", "SAME", "EMPTY")
_UNSHOWN = re.compile(r"[^\x20-\x7e\u00a0-\u02ff\u0370-\ud7ff]")


def lines(imported: Imported) -> Iterator[str]:
    """The whole report."""
    rows = imported.rows
    yield from _table([_HEAD, *map(_cells, rows)], [[], *map(_reasons, rows)])
    yield ""
    taken = sum(bool(row.taken_as) for row in rows)
    devices = sum("mac" in device for device in imported.site["devices"])
    native = sum(len(row.left.native) for row in rows)
    yield (
        f"{len(rows)} files: {taken} taken, {len(rows) - taken} not; {devices} devices, "
        f"{len(imported.site['extensions'])} extensions, {native} native settings"
    )


def _cells(row: Row) -> tuple[str, ...]:
    if not row.taken_as:
        return (shown(row.path), "not taken", "", "", "", "", "")
    counts = (row.accounts, row.buttons, len(row.left.native), row.left.same, row.left.cleared)
    return (shown(row.path), row.taken_as, *map(str, counts))


def _table(cells: Sequence[Sequence[str]], reasons: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    for row, below in zip(cells, reasons, strict=True):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        yield from (f"    {reason}" for reason in below)


def _reasons(row: Row) -> list[str]:
    left = row.left
    named = (
        ("kept as native settings", left.native),
        ("not taken, as they name the old server where ours will stand", left.ours),
        ("not taken, as another file's password wins", left.stale),
        ("not taken, as another file of the device says otherwise", left.overruled),
        ("not taken, as a site file or the vendor's syntax cannot hold them", left.refused),
    )
    told = [f"{why}: {', '.join(keys)}" for why, keys in named if keys]
    return [shown(reason) for reason in (*row.notes, *told)]


def shown(text: str) -> str:
    """A text from a stranger's disk, without what a terminal would obey."""
    return _UNSHOWN.sub("?", text)
