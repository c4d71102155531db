"""The form in which a history is imported."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.chromadb import Memory, memories_from_jsonl
from integrations.chromadb.memory import memory_of

GOOD = '{"id": "INC-1", "service": "cart", "title": "Cart failed", "opened_at": "2026-01-02T04:04:05+01:00"'


def test_a_history_is_read_line_by_line(tmp_path):
    file = tmp_path / "history.jsonl"
    file.write_text(f'\ufeff{GOOD}}}\n\n{GOOD}, "minutes": 11, "alerts": ["A", "B"], "more": [1]}}\n', encoding="utf-8")

    first, second = memories_from_jsonl(file)

    assert first == Memory("INC-1", "cart", "Cart failed", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert (second.minutes, second.alerts) == (11.0, ("A", "B"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2"),
        ("[1]", "line 2: not a JSON object"),
        ('{"id": "x"}', "line 2: service is missing"),
        (GOOD + ', "minutes": "eleven"}', "minutes is not a number"),
        (GOOD + ', "alerts": 7}', "alerts is not a list"),
        (GOOD + ', "cause": 7}', "cause is not a text"),
        (GOOD.replace("+01:00", "") + "}", "opened_at: .* has no time zone"),
        (GOOD.replace("2026-01-02T04:04:05+01:00", "soon") + "}", "opened_at"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong(tmp_path, line, words):
    file = tmp_path / "history.jsonl"
    file.write_text(f"{GOOD}}}\n{line}\n")

    with pytest.raises(ValueError, match=rf"history.jsonl.*{words}"):
        memories_from_jsonl(file)


texts = st.text(max_size=40).map(str.strip)
needed = texts.filter(bool)


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        Memory,
        id=needed,
        service=needed,
        title=needed,
        opened_at=st.datetimes(timezones=st.just(UTC)),
        minutes=st.none() | st.floats(0, 1e6),
        cause=texts,
        resolution=texts,
        summary=texts,
        alerts=st.lists(texts, max_size=3).map(tuple),
        url=st.none() | needed,
    )
)
def test_what_chroma_keeps_gives_the_memory_back(memory):
    assert memory_of({**memory.metadata(), "id": memory.id}) == memory
