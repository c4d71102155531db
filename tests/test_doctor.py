"""Doctor has a line for every source, whatever one of them does."""

from __future__ import annotations

import pytest

from bot.doctor import as_text, examine_all, source
from integrations.contract import Ready, Refused


class Room:
    def __init__(self, name, says):
        self.name, self._says = name, says

    async def ready(self):
        if isinstance(self._says, Exception):
            raise self._says
        return Ready(self._says)


@pytest.mark.parametrize(
    ("bug", "line"),
    [
        (RuntimeError("tok3n"), "✗ github      failed inside the bot (RuntimeError)"),
        (Refused("github", "the token is refused (401)", "GITHUB_TOKEN"), "✗ github      the token is refused (401)"),
    ],
)
async def test_what_one_source_fails_with_hides_no_other(bug, line):
    rooms = (Room("prometheus", "there"), Room("github", bug), Room("pagerduty", "there too"))
    told = as_text(await examine_all([source(room) for room in rooms]))
    assert told.splitlines()[0] == "✓ prometheus  there"
    assert told.splitlines()[1] == line
    assert "✓ pagerduty   there too" in told
    assert told.endswith("\n1 fault")
    assert "tok3n" not in told
