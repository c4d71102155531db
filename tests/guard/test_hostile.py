"""Each hostile line is fenced as data, flagged where it speaks, and does nothing in Slack should a model repeat it."""

import re

import pytest

from bot.domain.text import safe
from bot.guard.fence import fence
from bot.guard.instructions import addresses_the_assistant
from bot.guard.plain_reply import plain_reply, streamable
from bot.guard.redact import redact
from tests.guard.hostile import LINES, SECRETS
from tests.guard.test_fence import parsed

EACH = pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.place}: {line.text[:40]!r}")


def test_there_are_enough_in_each_place():
    assert len({line.text for line in LINES}) >= 60
    assert {line.place for line in LINES} == {"log", "commit", "alert", "chat", "output"}


@EACH
def test_it_stays_in_its_fence_and_no_secret_is_in_it(line):
    block = fence(7, line.place, redact(line.text), tool="search_logs")
    assert list(parsed(block)) == []
    assert len(re.findall(r"<(?!data id=\"7\"|/data>)", block)) == 0
    assert not any(secret in block for secret in SECRETS)
    assert not re.search("[\u200b\u202e\U000e0000-\U000e007f]", block)


@EACH
def test_a_line_that_speaks_to_the_assistant_is_flagged(line):
    assert bool(addresses_the_assistant(line.text)) == line.speaks


@EACH
def test_a_model_that_repeats_it_can_neither_ping_nor_link_nor_leak(line):
    finished, growing = plain_reply(line.text), streamable(line.text + "\n")
    for text in (*finished, safe(line.text)):
        assert not re.search(r"[<>]", text)
    assert "](" not in "".join(finished)
    assert "@" not in re.sub(r"`[^`]*`", "", "".join(finished))
    assert not re.search(r"[<>@]|://|\]\(", growing)
    assert not any(secret in text for text in (*finished, growing) for secret in SECRETS)
