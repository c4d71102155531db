"""Which PromQL a model may ask: every selector in it names services of the incident, and no span is endless (pure).

What is not understood for certain is refused. Our parser and Prometheus' own must read a query alike, so comments,
raw strings and rare escapes, in which two parsers may differ, are refused before either sees them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from integrations.contract import Refused
from integrations.prometheus import NAME
from integrations.prometheus.templates import RE2_SPECIAL

if TYPE_CHECKING:
    from promql_parser import Matcher, VectorSelector

LONGEST = 2_000
"""Characters of a query."""
LONGEST_RANGE = timedelta(hours=6)
FARTHEST = timedelta(days=14)
"""How far `offset` may shift a selector."""
_ESCAPES = re.compile(r"\\[\\\"'nt]")
_UNSAFE = re.compile(r"[#`\\]|[^\S \n\t]|[^\n\t\x20-\U0010ffff]")
_ELSEWHERE = frozenset({"info"})
"""Functions that read series which no selector names."""


def allow(query: str, label: str, services: Collection[str]) -> frozenset[str]:
    """The services that a query reads, all of them among these. Raises Refused that says what to write instead.

    `label` is the name of the label that holds the service; of `services` the first one stands as an example.
    """
    if len(query) > LONGEST:
        raise Refused(NAME, f"a query may have {LONGEST:,} characters, not {len(query):,}")
    if found := _UNSAFE.search(_ESCAPES.sub("", query)):
        raise Refused(NAME, f"write PromQL without {found.group()!r}: no comments, no backquotes, plain escapes only")
    return frozenset().union(*(_read_by(node, label, services) for node in _nodes(_parsed(query))))


def _parsed(query: str) -> Any:
    import promql_parser

    try:
        return promql_parser.parse(query)
    except ValueError as error:
        raise Refused(NAME, f"this is no PromQL: {' '.join(str(error).split())[:120]}") from None


def _nodes(node: Any) -> Iterator[Any]:
    """Every part of a query. Raises Refused for a kind of part that is not known here."""
    import promql_parser as promql

    yield node
    match node:
        case promql.VectorSelector() | promql.NumberLiteral() | promql.StringLiteral():
            parts: list[Any] = []
        case promql.MatrixSelector():
            parts = [node.vector_selector]
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            parts = [node.expr]
        case promql.BinaryExpr():
            parts = [node.lhs, node.rhs]
        case promql.AggregateExpr():
            parts = [node.expr] + ([node.param] if node.param is not None else [])
        case promql.Call():
            parts = list(node.args)
        case _:
            raise Refused(NAME, f"{type(node).__name__} is not allowed in a query here")
    for part in parts:
        yield from _nodes(part)


def _read_by(node: Any, label: str, services: Collection[str]) -> frozenset[str]:
    """The services that this part reads itself. Raises Refused for one that is not allowed."""
    import promql_parser as promql

    match node:
        case promql.SubqueryExpr():
            raise Refused(NAME, "no subqueries: ask for a range with `minutes`, which gives first, last, min and max")
        case promql.MatrixSelector() if node.range > LONGEST_RANGE:
            raise Refused(NAME, "a range may be 6h at most, such as rate(…[5m])")
        case promql.Call() if node.func.name in _ELSEWHERE:
            raise Refused(NAME, f"{node.func.name}() is not allowed: it reads other series")
        case promql.VectorSelector():
            return _selected(node, label, services)
        case _:
            return frozenset()


def _selected(selector: VectorSelector, label: str, services: Collection[str]) -> frozenset[str]:
    """One matcher is enough: those beside it can only leave series out. Alternatives with `or` are no such thing."""
    if selector.offset is not None and abs(selector.offset) > FARTHEST:
        raise Refused(NAME, f"an offset may be {FARTHEST.days}d at most")
    if not selector.matchers.or_matchers:
        for names in (_named(matcher) for matcher in selector.matchers.matchers if matcher.name == label):
            if (
                names and "" not in names and names <= set(services)
            ):  # an empty name is that of every series without one
                return names
    raise Refused(NAME, _instead(selector, label, services))


def _named(matcher: Matcher) -> frozenset[str]:
    """The names that a matcher lets through; none where those cannot be listed."""
    import promql_parser as promql

    if matcher.op == promql.MatchOp.Equal:
        return frozenset({matcher.value})
    if matcher.op == promql.MatchOp.Re:
        return _literals(matcher.value)
    return frozenset()


def _literals(pattern: str) -> frozenset[str]:
    r"""The names of `a|b\.c`, an RE2 expression (always anchored by Prometheus) of plain names; none of any other."""
    names = set()
    for part in re.split(r"(?<!\\)\|", pattern):
        bare = re.sub(r"\\([\\.+*?()|\[\]{}^$])", "", part)
        if not part or RE2_SPECIAL.search(bare):
            return frozenset()
        names.add(re.sub(r"\\(.)", r"\1", part))
    return frozenset(names)


def _instead(selector: VectorSelector, label: str, services: Collection[str]) -> str:
    name = (selector.name or "…")[:60]
    first = next(iter(services), "…")[:60]
    return f'each selector must name a service of this incident, as {name}{{{label}="{first}"}} or {label}=~"a|b" does'
