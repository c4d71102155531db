"""What a model is told about its work: Markdown files beside this one, our own words only."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def prompt(name: str) -> str:
    """The text of `<name>.md`. Nothing is ever put into it: what comes from outside stands in the messages."""
    return (Path(__file__).parent / f"{name}.md").read_text()
