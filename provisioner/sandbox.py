"""Where templates run. An operator's overrides get little to do harm with, and a bounded amount of everything.

The shipped templates and the overrides share a sandbox without filters and methods that can make much of
little. Overrides are metered on top: loops, calls, includes and texts spend from a budget for each file, so
that a template that would run for ever or fill the memory ends with a clear error instead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, FileSystemLoader, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import markup_join
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

BUDGET = 4_000_000
"""What one file may spend: about a second of work, or four million characters."""
LARGEST_TEMPLATE = 256 * 1024
LONGEST_RANGE = 10_000
_CALL, _STEP = 256, 8

_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "first", "int", "last", "length", "list", "lower", "round", "sort",
    "string", "title", "trim", "upper",
)  # fmt: skip
_TEXT_METHODS = frozenset({
    "capitalize", "count", "endswith", "find", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "islower",
    "isupper", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "rpartition", "rsplit", "rstrip",
    "split", "splitlines", "startswith", "strip", "title", "upper",
})  # fmt: skip


class _Generator(CodeGenerator):
    """Prints what ``finalize`` made of a value as it is: it must not be escaped for HTML on top.

    ``a.b`` of a dictionary, which contexts are made of, is found without a call.
    """

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        const = node.as_const(frame.eval_ctx)
        return str(const) if isinstance(node, nodes.TemplateData) else str(finalize.const(const))

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write("environment.finalize(")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write(")")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802  # Jinja's name
        if not isinstance(node.node, nodes.Name):
            super().visit_Getattr(node, frame)
            return
        found = frame.symbols.ref(node.node.name)
        self.write(f"({found}[{node.attr!r}] if type({found}) is dict and {node.attr!r} in {found} else ")
        super().visit_Getattr(node, frame)
        self.write(")")


class _Joining(_Generator):
    """Prints what stands side by side as one text, for which a value that stands there again is made once."""

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802  # Jinja's name
        if frame.require_output_check or frame.buffer is not None:
            super().visit_Output(node, frame)
            return
        made: dict[str, str] = {}
        self.writeline("yield ''.join((", node)
        for child in node.nodes:
            self._write_part(child, frame, made)
            self.write(", ")
        self.write("))")

    def _write_part(self, child: nodes.Expr, frame: Frame, made: dict[str, str]) -> None:
        """One part of the text; ``made`` are the variables that hold parts which stand in it already."""
        finalize = self._make_finalize()
        try:
            constant = self._output_child_to_const(child, frame, finalize)
        except nodes.Impossible:
            name = repr(child)
            if name in made:
                self.write(made[name])
                return
            if _is_look_up(child):
                made[name] = self.temporary_identifier()
                self.write(f"{made[name]} := ")
            self._output_child_pre(child, frame, finalize)
            self.visit(child, frame)
            self._output_child_post(child, frame, finalize)
        else:
            self.write(repr(constant))


def _is_look_up(node: nodes.Node) -> bool:
    """Whether an expression is nothing but a name and attributes of it."""
    return isinstance(node, nodes.Name) or (isinstance(node, nodes.Getattr) and _is_look_up(node.node))


class Sandbox(ImmutableSandboxedEnvironment):
    """The sandbox of the shipped templates."""

    code_generator_class: type[CodeGenerator] = _Joining

    def __init__(self, loader: BaseLoader, finalize: Callable[[Any], str]) -> None:
        super().__init__(
            loader=loader,
            undefined=StrictUndefined,
            autoescape=True,
            finalize=finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )
        self.globals = {"range": _range, "clear": None}
        self.filters = {name: FILTERS[name] for name in _FILTERS}

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Texts and numbers show only the methods that make no more of them."""
        if isinstance(obj, str) and hasattr(str, attr):
            return attr in _TEXT_METHODS
        if isinstance(obj, int | float) and hasattr(type(obj), attr):
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """``format`` is one of the methods that make much of little."""

    @contextmanager
    def metered(self) -> Iterator[None]:
        """Around the rendering of one file."""
        yield


class Metered(Sandbox):
    """The sandbox of overrides: everything that can be repeated spends from a budget."""

    # Its values are all made anew, for each is paid for where it stands.
    code_generator_class = _Generator
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self, loader: BaseLoader, finalize: Callable[[Any], str]) -> None:
        self._left = threading.local()

        def spending(value: Any) -> str:
            text = finalize(value)
            self.spend(len(text))
            return text

        super().__init__(loader, spending)

    @contextmanager
    def metered(self) -> Iterator[None]:
        """Give the file that is rendered now its budget."""
        self._left.budget = BUDGET
        try:
            yield
        finally:
            del self._left.budget

    def spend(self, amount: int) -> None:
        """Raises SecurityError when a file wants more than it may have."""
        left = getattr(self._left, "budget", None)
        if left is None:
            return  # constants are folded while a template is compiled
        if amount > left:
            raise SecurityError("the template does more than one file may; make its loops or texts smaller")
        self._left.budget = left - amount

    def counted(self, items: Iterable[Any], cost: int) -> Iterator[Any]:
        """What a loop runs over, each turn paid for."""
        for item in items:
            self.spend(cost)
            yield item

    def joined(self, *parts: Any) -> str:
        """What ``~`` makes of its parts."""
        text = markup_join(parts)
        self.spend(len(text))
        return text

    def call(self, /, *args: Any, **kwargs: Any) -> Any:
        self.spend(_CALL)
        return super().call(*args, **kwargs)

    def get_template(self, *args: Any, **kwargs: Any) -> Any:
        self.spend(_CALL)
        return super().get_template(*args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Numbers stay numbers of a likely size, and no operator makes long texts."""
        if isinstance(left, int) and isinstance(right, int):
            if operator == "**" or max(abs(left), abs(right)) >= 2**63:
                raise SecurityError("a template reckons with numbers below 2**63, and has no powers")
        elif operator != "+":
            raise SecurityError(f"a template uses {operator} with whole numbers only")
        elif isinstance(left, str) and isinstance(right, str):
            return self.joined(left, right)
        elif hasattr(left, "__len__") and hasattr(right, "__len__"):
            self.spend(len(left) + len(right))
        return super().call_binop(context, operator, left, right)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if len(source) > LARGEST_TEMPLATE:
            raise SecurityError(f"{name} is larger than {LARGEST_TEMPLATE >> 10} kB")
        tree = super()._parse(source, name, filename)
        for loop in tree.find_all(nodes.For):
            if loop.recursive:
                raise SecurityError(f"{name} line {loop.lineno}: a loop must not be recursive")
            static = sum(len(data.data) for data in loop.find_all(nodes.TemplateData))
            loop.iter = _call("counted", [loop.iter, nodes.Const(_STEP + static)])
        return _Concatenations().visit(tree)  # type: ignore[no-any-return]


class _Concatenations(NodeTransformer):
    """Lets the environment join what ``~`` stands between."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802  # Jinja's name
        self.generic_visit(node)
        return _call("joined", node.nodes)


class SafeFiles(FileSystemLoader):
    """A folder of templates that nothing leads out of, whatever its links say."""

    def get_source(self, environment: Any, template: str) -> Any:
        source, filename, uptodate = super().get_source(environment, template)
        roots = [Path(place).resolve() for place in self.searchpath]
        real = Path(filename).resolve()
        if not any(real.is_relative_to(root) for root in roots):
            raise SecurityError(f"{filename} is a link that leads out of the templates' folder")
        return source, filename, uptodate


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > LONGEST_RANGE:
        raise SecurityError(f"a range has at most {LONGEST_RANGE} numbers")
    return found


def _call(name: str, arguments: list[Any]) -> nodes.Call:
    return nodes.Call(nodes.EnvironmentAttribute(name), arguments, [], None, None)
