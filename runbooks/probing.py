"""A step tried out with made-up values: whatever would be refused in an incident is found before it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from runbooks.commands import Program
from runbooks.model import Parameter, Runbook, Step
from runbooks.prepare import House, Known, Refuse, prepare
from runbooks.prepared import Value
from runbooks.variables import declared, names_in, references_in, texts_of, wrong

_EXAMPLES = (
    *(
        "111",
        "1",
        "2",
        "9",
        "10",
        "50",
        "0.5",
        "1m",
        "/var/log",
        "true",
        "api-7f9c",
        "api",
        "a",
        "A",
        "v1.2.3",
        "us-east-1",
    ),
    *("2026-11-21", "10.0.0.1", "abcdef0", "INC-2F7K", "high", "x@example.com"),
)
"""Values of which most patterns take one. The first are a number, a name and a word at once."""


def refusal(book: Runbook, deed: Step, house: House) -> str:
    """Why the deed would be refused there, whatever its variables are; empty: it would not.

    `deed` is a step that does something by itself: no `conditional`. A variable for which no example is known makes no
    fault.
    """
    names = dict.fromkeys(name for text in texts_of(deed) for name in names_in(text))
    values = {name: Value(example, "example") for name in names if (example := example_of(declared(book, name)))}
    alone = replace(deed, verify=None, rollback=None)
    came = prepare(replace(book, steps=(alone,)), "1", Known(values), house)
    return came.reason if isinstance(came, Refuse) else ""


def open_house(deed: Step) -> House:
    """A house that allows all that the deed asks for: what it refuses, every house does."""
    named = tuple(dict.fromkeys(name for text in texts_of(deed) for name in references_in(text)))
    return House(lambda name: Program(name, ""), _hosts(deed), named)


def example_of(parameter: Parameter) -> str:
    """A value that it takes; empty: none is known."""
    words = parameter.pattern.strip("()^$").split("|")
    tried = (*([parameter.default] if parameter.default else ()), *_EXAMPLES, *words)
    return next((text for text in tried if not wrong(parameter, text)), "")


def _hosts(deed: Step) -> tuple[str, ...]:
    place = urlsplit(str(deed.details.get("url", "")).replace("[", "").replace("]", "")).netloc
    return (place, f"{place}:443", f"{place}:80", f"[{place}]")
