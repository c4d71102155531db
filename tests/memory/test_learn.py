"""The past is learnt from where teams keep it: repeatable, nothing doubled, and what is left out is said with why."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.memory.learning import elsewhere, folder
from bot.memory.learning.found import Skipped, take
from bot.memory.learning.written import minutes, moment, read
from bot.state.memories import SqlMemories
from integrations.github.past import Issue
from integrations.pagerduty.past import Over

POSTMORTEM = """# INC-892: Payments failed after a deployment

**Service:** `payment-service`
**Date:** 2026-01-02 03:04 UTC
**Duration:** 1 h 20 min
- Alerts: HighErrorRate, SLOBurn

## Summary
Errors at 20 %, connection refused.

## Root cause analysis
The gateway's address was wrong.

## Resolution
Rolled back to v2.33.0.

## Action items to fix the root cause
- a test of the address
"""
TABLE = """---
title: Cart timed out
service: cart
date: 2026-02-03
---
| Duration | 25 min |
### Why it happened
The pool was too small.
"""


@pytest.fixture
def memories(database):
    return SqlMemories(database)


def test_a_postmortem_is_read():
    found = read(POSTMORTEM)
    assert (found.title, found.name) == ("INC-892: Payments failed after a deployment", "INC-892")
    assert (found.service, found.opened_at) == ("payment-service", datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    assert (found.minutes, found.alerts) == (80.0, ("HighErrorRate", "SLOBurn"))
    assert found.summary == "Errors at 20 %, connection refused."
    assert found.cause == "The gateway's address was wrong."
    assert found.resolution == "Rolled back to v2.33.0."


def test_front_matter_and_tables_are_read():
    found = read(TABLE)
    assert (found.title, found.service, found.minutes) == ("Cart timed out", "cart", 25.0)
    assert (found.opened_at, found.cause) == (datetime(2026, 2, 3, tzinfo=UTC), "The pool was too small.")


def test_a_known_service_in_the_title_and_a_date_in_the_name_will_do():
    found = read("# The cart-api was slow\n## Cause\nx", ["cart", "cart-api"], "2026-05-06-cart")
    assert (found.service, found.opened_at) == ("cart-api", datetime(2026, 5, 6, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("11 min", 11.0),
        ("1h20m", 80.0),
        ("2 hours", 120.0),
        ("1.5 h", 90.0),
        ("1 day", 1440.0),
        ("3 months", None),
        ("", None),
    ],
)
def test_spans(text, span):
    assert minutes(text) == span


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        ("on 2026-01-02 at night", datetime(2026, 1, 2, tzinfo=UTC)),
        ("2026-01-02 03:04 +01:00", datetime(2026, 1, 2, 2, 4, tzinfo=UTC)),
        ("2026-13-45", None),
        ("0001-01-01 00:00 +05:00", None),
        ("yesterday", None),
    ],
)
def test_moments(text, when):
    assert moment(text) == when


@given(st.text())
def test_whatever_stands_there_is_read(text):
    read(text, ["cart"], text)


async def test_a_folder_is_learnt_once_and_what_is_left_out_is_said(memories, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "INC-892.md").write_text(POSTMORTEM)
    (tmp_path / "cart.md").write_text(TABLE.replace("service: cart\n", ""))
    (tmp_path / "notes.txt").write_text(POSTMORTEM)
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "bytes.md").write_bytes(b"\xff\xfe\xff")
    took = await take(memories, folder.postmortems(tmp_path, ["ledger"]))
    assert took.new == ("INC-892",)
    assert {one.name: one.why.partition(":")[0] for one in took.skipped} == {
        "bytes.md": "cannot be read (UnicodeDecodeError)",
        "cart.md": "no service",
        "empty.md": "no title",
    }
    again = await take(memories, folder.postmortems(tmp_path, []))
    assert (again.new, again.changed, again.unchanged) == ((), (), ("INC-892",))
    (memory,) = await memories.known()
    assert (memory.id, memory.origin, memory.reviewed, memory.cause_by) == (
        "markdown:deep/INC-892.md", "markdown", True, "record",
    )  # fmt: skip


async def test_no_link_leads_out_of_the_folder_and_no_pipe_is_waited_for(tmp_path):
    there, secret = tmp_path / "postmortems", tmp_path / "secret.md"
    there.mkdir()
    secret.write_text(POSTMORTEM)
    (there / "2026-01-02-within.md").write_text(POSTMORTEM)
    (there / "alias.md").symlink_to(there / "2026-01-02-within.md")
    (there / "outside.md").symlink_to(secret)
    (there / "round.md").symlink_to(there / "round.md")
    (there / "zero.md").symlink_to("/dev/zero")
    os.mkfifo(there / "pipe.md")
    found = list(folder.postmortems(there, ()))
    assert [one.id for one in found if not isinstance(one, Skipped)] == [
        "markdown:2026-01-02-within.md",
        "markdown:alias.md",
    ]
    why = {one.name: one.why for one in found if isinstance(one, Skipped)}
    assert why["outside.md"] == "a link that leads out of the folder: put the file itself there"
    assert why["pipe.md"] == why["zero.md"] == why["round.md"] == "no ordinary file"


@pytest.mark.parametrize(
    "line",
    [
        "Duration: " + "1" * 100_000,
        "Duration: 9 " + " " * 100_000 + "x",
        "Service: x" + " " * 100_000 + "y",
        "# x" + "# " * 50_000 + "y",
        "Alerts: " + "a," * 50_000,
        "ab" + "*" * 100_000 + "y",
    ],
)
def test_a_line_without_end_is_read_at_once(line):
    found = read(f"# T\n{line}\nDate: 2026-01-01\n")
    assert (found.opened_at, found.minutes) == (datetime(2026, 1, 1, tzinfo=UTC), None)
    assert len(found.alerts) <= 50


async def test_what_nobody_sees_is_left_out_and_every_database_takes_the_rest(memories):
    body = (
        POSTMORTEM.replace("Errors", "Err\0ors\ud800\u202e")
        .replace("INC-892", "INC-8\0")
        .replace("SLOBurn", "S\0\ud800")
    )
    issue = Issue(
        7, "T\ud800\0", body, ("service: pay\0",), datetime(2026, 1, 2, tzinfo=UTC), True, "https://x.example"
    )
    took = await take(memories, elsewhere.from_github("o/r", [issue], ()))
    assert took.skipped == ()
    (kept,) = [await memories.memory("github:o/r#7")]
    assert kept.summary == "Err ors\ufffd at 20 %, connection refused."
    assert "\0" not in f"{kept}" and "\ud800" not in f"{kept}"


async def test_a_file_that_changed_changes_its_memory_but_not_what_a_person_made_of_it(memories, tmp_path):
    file = tmp_path / "INC-892.md"
    file.write_text(POSTMORTEM)
    await take(memories, folder.postmortems(tmp_path, []))
    file.write_text(POSTMORTEM.replace("was wrong", "was old"))
    assert (await take(memories, folder.postmortems(tmp_path, []))).changed == ("INC-892",)
    (memory,) = await memories.known()
    assert memory.cause == "The gateway's address was old."
    await memories.keep(replace(memory, review="rejected", reviewed_by="U1"), memory)
    await take(memories, folder.postmortems(tmp_path, []))
    assert await memories.known() == []


async def test_a_dry_run_learns_nothing(memories, tmp_path):
    (tmp_path / "INC-892.md").write_text(POSTMORTEM)
    assert (await take(memories, folder.postmortems(tmp_path, []), dry_run=True)).new == ("INC-892",)
    assert await memories.known() == []


async def test_what_would_be_forgotten_at_once_is_left_out(memories, tmp_path):
    (tmp_path / "INC-892.md").write_text(POSTMORTEM)
    since = datetime(2026, 1, 3, tzinfo=UTC)
    took = await take(memories, folder.postmortems(tmp_path, []), since=since)
    assert took.new == ()
    assert took.skipped == (Skipped("INC-892", "of 2026-01-02: older than MEMORY_DAYS keeps"),)


async def test_secrets_are_masked_before_they_are_kept(memories, tmp_path):
    token = "ghp_" + "A1b2C3d4E5" * 3 + "f6G7h8"
    (tmp_path / "INC-892.md").write_text(POSTMORTEM.replace("connection refused", f"token {token}"))
    await take(memories, folder.postmortems(tmp_path, []))
    (memory,) = await memories.known()
    assert token not in repr(memory)


async def test_pagerdutys_incidents_are_learnt_with_their_last_note(memories):
    opened = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    over = Over(
        "Q1", 42, "Checkout down", "checkout", opened, opened + timedelta(minutes=11), "https://pd/Q1", "rebooted"
    )
    took = await take(memories, elsewhere.from_pagerduty([over, replace(over, id="Q2", number=43, service="")]))
    assert (took.new, [one.name for one in took.skipped]) == (("PD-42",), ["PD-43"])
    (memory,) = await memories.known()
    assert (memory.id, memory.minutes, memory.resolution) == ("pagerduty:Q1", 11.0, "rebooted")
    assert (await take(memories, elsewhere.from_pagerduty([over]))).unchanged == ("PD-42",)


async def test_github_issues_are_read_as_postmortems(memories):
    opened = datetime(2026, 1, 5, tzinfo=UTC)
    whole = Issue(7, "Payments failed", POSTMORTEM, ("postmortem",), opened, True, "https://gh/7")
    plain = Issue(8, "Cart was slow", "It was the pool.", ("postmortem", "service: cart"), opened, True, "https://gh/8")
    nobody = Issue(9, "Something", "Words.", ("postmortem",), opened, True, "https://gh/9")
    took = await take(memories, elsewhere.from_github("acme/pm", [whole, plain, nobody, whole], []))
    assert took.new == ("INC-892", "acme/pm#8")
    assert took.skipped == (
        Skipped("acme/pm#9", "no service: label it `service: name`, or add a line `Service: name`"),
        Skipped("INC-892", "stands there twice under this name; the first one counts"),
    )
    cart = await memories.memory("github:acme/pm#8")
    assert (cart.service, cart.summary, cart.opened_at, cart.url) == (
        "cart",
        "It was the pool.",
        opened,
        "https://gh/8",
    )
