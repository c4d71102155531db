"""Reading the project's pages: their text, their sections, and the snippets in them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=str)


def pages(test):
    """Once for each of our pages."""
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())(test)


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def snippets(name, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(name), re.MULTILINE | re.DOTALL)


def snippet(name, language, holding):
    (found,) = [one for one in snippets(name, language) if holding in one]
    return found


def section(name, heading):
    return text_of(name).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
