"""Writes a document for each vendor from its data and its notes: ``python -m provisioner.vendor_docs DIR``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from itertools import takewhile
from pathlib import Path

from provisioner import vendors as home
from provisioner.registry import packages, vendors
from provisioner.values import Mode
from provisioner.vendor_api import Buttons, Fallback, File, Line, Model, Vendor

NOTES = "notes.md"

Row = tuple[str, ...]

_MODELS = ("Model", "Accounts", "Line keys", "Other keys", "Soft keys", "Expansion", "Handsets", "Firmware", "Source")
_MODES = ("Mode", "Code", "On", "Why")
_FILES = ("File", "What for", "Answered with", "For")


def main(arguments: Sequence[str]) -> int:
    """Write every document into the one directory that is given."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m provisioner.vendor_docs DIR\n")
        return 2
    directory = Path(arguments[0])
    directory.mkdir(parents=True, exist_ok=True)
    for vendor in documented():
        (directory / f"{vendor.name}.md").write_text(document(vendor), "utf-8")
    return 0


def documented() -> list[Vendor]:
    """The vendors that come with this project; those of entry points document themselves."""
    ours = {name for name, _ in packages() if resources.files(home).joinpath(name).is_dir()}
    return [vendor for vendor in vendors().values() if vendor.name in ours]


def document(vendor: Vendor) -> str:
    """The whole document of a vendor."""
    return "\n".join(_sections(vendor)) + "\n"


def notes(vendor: Vendor) -> str:
    """What people wrote about the vendor: how to point its phones here, and traps. Empty where nobody did."""
    place = resources.files(home).joinpath(vendor.name, NOTES)
    return place.read_text("utf-8").strip() if place.is_file() else ""


def _sections(vendor: Vendor) -> Iterator[str]:
    yield f"# {vendor.title}\n"
    yield f"Written by `make docs` from `provisioner/vendors/{vendor.name}/`: change it there.\n"
    yield f"{notes(vendor)}\n"
    yield f"## Models\n\n{_preface(vendor)}\n"
    yield from _table(_MODELS, map(_model, vendor.models.values()))
    yield "## Files\n"
    yield from _table(_FILES, (_file(vendor, file) for file in vendor.files))
    yield "## Firmware lines\n"
    yield from _lines(vendor)
    yield "## Buttons\n"
    yield from _buttons(vendor)
    yield f"## MAC prefixes\n\n{_prefixes(vendor)}"


def _table(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    yield _cells(head)
    yield _cells("---" for _ in head)
    yield from map(_cells, rows)
    yield ""


def _cells(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


# Models


def _preface(vendor: Vendor) -> str:
    """The first paragraph of comments in the table of models: it names the sources."""
    lines = resources.files(home).joinpath(vendor.name, "models.toml").read_text("utf-8").splitlines()
    return "\n".join(line.removeprefix("# ") for line in takewhile(lambda line: line.startswith("# "), lines))


def _model(model: Model) -> Row:
    counts = (model.accounts, model.line_keys, model.keys, model.soft_keys)
    expansion = model.expansion
    return (
        model.name,
        *map(str, counts),
        f"{expansion.modules} × {expansion.name}, {expansion.keys} keys each" if expansion else "",
        str(model.handsets or ""),
        model.release,
        model.source,
    )


# Files


def _file(vendor: Vendor, file: File) -> Row:
    secrecy = "private" if file.private else "public"
    served = f"`{file.template}`, {secrecy}" if file.template else f"nothing, only recognised; {secrecy}"
    models = [model.name for model in vendor.models.values() if file.fits(model)]
    return f"`{file.pattern}`", file.kind, served, _named(models, vendor)


def _named(models: Sequence[str], vendor: Vendor) -> str:
    return "all models" if len(models) == len(vendor.models) else ", ".join(models) or "no model"


# Firmware


def _lines(vendor: Vendor) -> Iterator[str]:
    if len(vendor.lines) == 1:
        yield "One for all firmware.\n"
        return
    yield from _table(("Line", "Firmware", "How it differs"), map(_line, _oldest_first(vendor.lines)))


def _oldest_first(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (line.before is None, line.before or ()))


def _line(line: Line) -> Row:
    until = f"before {'.'.join(map(str, line.before))}" if line.before else "the newest"
    return line.name, until, "; ".join(_differences(line)) or "as the templates say"


def _differences(line: Line) -> Iterator[str]:
    if line.renames:
        yield f"{len(line.renames)} renamed keys or groups of keys"
    if line.drops:
        yield "does not know " + ", ".join(f"`{expression.pattern}`" for expression in line.drops)
    if line.options:
        yield "has its own " + ", ".join(f"`{name}`" for name in line.options)


# Buttons


def _buttons(vendor: Vendor) -> Iterator[str]:
    """The table that most models share in full, and of the others what they do in another way."""
    tables: dict[tuple[Row, ...], list[str]] = {}
    for model in vendor.models.values():
        tables.setdefault(tuple(_modes(vendor.buttons(model))), []).append(model.name)
    common, *others = sorted(tables, key=lambda table: -len(tables[table]))
    if others:
        yield f"For {', '.join(tables[common])}:\n"
    yield from _table(_MODES, common)
    for other in others:
        yield f"Otherwise for {', '.join(tables[other])}:\n"
        yield from _table(_MODES, (row for row in other if row not in common))


def _modes(table: Buttons) -> Iterator[Row]:
    return (_mode(table, mode) for mode in Mode if mode is not Mode.LOCAL)


def _mode(table: Buttons, mode: Mode) -> Row:
    """A mode's code and the keys that take it, or the mode that takes its place and why."""
    entry = table[mode]
    if isinstance(entry, Fallback):
        return f"`{mode}`", f"as `{entry.to}`", "", entry.why
    code = f"`{entry.code}`" if entry.code else "what the button says" if mode is Mode.NATIVE else "—"
    return f"`{mode}`", code, ", ".join(sorted(entry.groups)) or "every key", ""


# MAC addresses


def _prefixes(vendor: Vendor) -> str:
    return ", ".join(f"`{_pairs(oui)}`" for oui in vendor.ouis) or "None of its own."


def _pairs(digits: str) -> str:
    return ":".join(digits[n : n + 2] for n in range(0, len(digits), 2)).lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
