"""A runbook that is written down and read again is the same runbook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbooks.loader import load, read
from runbooks.model import Parameter, Parse, Runbook, Step, Trigger
from runbooks.writing import written

BOOKS = (*load(None).runbooks, *load(Path(__file__).parent).runbooks)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)


def bare(book):
    """Without the places where it stands."""
    return replace(book, file="", line=1, steps=tuple(map(bare_step, book.steps)))


def bare_step(step):
    verify = step.verify and replace(step.verify, step=bare_step(step.verify.step))
    rollback = step.rollback and bare_step(step.rollback)
    return replace(step, line=1, then=tuple(map(bare_step, step.then)), verify=verify, rollback=rollback)


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.id)
def test_whatever_is_written_down_is_read_back(book):
    again = read(written(book, "as it was"))
    assert again.problems == ()
    assert list(map(bare, again.runbooks)) == [bare(book)]


@given(TEXT, TEXT, TEXT)
def test_texts_of_any_kind_are_read_back_letter_by_letter(title, name, alert):
    trigger = Trigger(alert=alert, log_pattern=title, labels={"team": name})
    step = Step("message", name=name, details={"text": title.strip().replace("{{", "") or "x"}, risk="high")
    waits = Step("wait", details={"seconds": 1.5}, timeout_s=90.0)
    reads = Step("exec", command="df -h", parse=Parse("regex", pattern="(?P<much>[0-9]+)"))
    book = Runbook("a", title, (step, waits, reads), trigger=trigger, parameters=(Parameter("n", default="x"),))
    (again,) = read(written(book, f"{name}\n{title}\n")).runbooks or (None,)
    assert again is not None
    assert bare(again) == bare(book)
