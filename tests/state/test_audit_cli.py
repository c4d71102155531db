"""The audit log from the command line: verify, show, export, and a key that is changed."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from bot.__main__ import app
from bot.runs.action_ports import Entry
from bot.state.audit import ChainedAudit
from bot.state.chain import Head, Recorded, seal
from bot.state.database import migrate, open_database, sync_url
from bot.state.tables import runs

NOW = datetime(2026, 11, 21, 3, 42, 7, tzinfo=UTC)
KEY, NEW = "5f" * 32, "60" * 32


def run(*arguments, url, key=KEY):
    return CliRunner().invoke(app, ["audit", *arguments], env={"DATABASE_URL": url, "AUDIT_KEY": key})


def filled(url, entries, key=KEY):
    """The heads after each entry."""

    async def fill():
        database = open_database(url)
        audit = ChainedAudit(database, key)
        heads = []
        for number, entry in enumerate(entries):
            await audit.record(entry, NOW + timedelta(seconds=number))
            heads.append(audit.head)
        await database.dispose()
        return heads

    migrate(url)
    return asyncio.run(fill())


ENTRIES = [
    Entry("gate.opened", "U1", "INC-1", "R1", {"shown": ["kubectl rollout undo deploy/x"], "digest": "ab" * 32}),
    Entry("gate.decided", "U2", "INC-1", "R1", {"verdict": "approved", "by": ["U2"]}),
    Entry("stop.on", "U3", "INC-2", "", {"reason": "two\nlines \x1b[31m \u202e«é»"}),
    Entry("deed.ended", "bot", "INC-1", "R1", {"exit": 0, "output": "x" * 500, "note": ""}),
]


@pytest.fixture
def heads(database_url):
    return filled(database_url, ENTRIES)


def as_owner(url, *statements):
    """Past the triggers, as only the owner of the database can."""
    engine = sa.create_engine(sync_url(url))
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER audit_not_changed")
            connection.exec_driver_sql("DROP TRIGGER audit_not_removed")
        else:
            connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER ALL")
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_log_that_nobody_touched_is_told_with_its_head(database_url, heads):
    done = run("verify", url=database_url)
    assert done.exit_code == 0
    assert f"4 entries, none changed · head {heads[-1]}" in done.output
    assert "--head" in done.output

    done = run("verify", "--head", str(heads[1]), url=database_url)
    assert (done.exit_code, "--head" in done.output) == (0, False)


def test_the_first_bad_entry_is_named_and_the_exit_is_1(database_url, heads):
    as_owner(database_url, "UPDATE audit SET who = 'U9' WHERE number >= 2")
    done = run("verify", url=database_url)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "first-responder: entry 2: changed, moved or put in by somebody without the key\n"


def test_a_tail_that_was_cut_off_shows_with_a_head(database_url, heads):
    as_owner(database_url, "DELETE FROM audit WHERE number > 2")
    assert run("verify", url=database_url).exit_code == 0
    done = run("verify", "--head", str(heads[-1]), url=database_url)
    assert done.exit_code == 1
    assert "entry 3: cut: the head tells of 4, 2 entries are here" in done.stderr


def test_without_the_key_it_says_how_to_make_one(database_url, heads):
    for command in (["verify"], ["change-key", __file__]):
        done = run(*command, url=database_url, key="")
        assert done.exit_code == 1
        assert "AUDIT_KEY" in done.stderr
        assert "openssl rand -hex 32" in done.stderr


def test_another_key_is_not_the_key(database_url, heads):
    done = run("verify", url=database_url, key=NEW)
    assert done.exit_code == 1
    assert "another key than this AUDIT_KEY" in done.stderr
    assert NEW not in done.output


def test_what_is_no_head_is_refused(database_url, heads):
    done = run("verify", "--head", "4", url=database_url)
    assert (done.exit_code, "NUMBER:MAC" in done.stderr) == (1, True)


def test_an_incident_is_shown_one_line_an_entry(database_url, heads):
    done = run("show", "--incident", "INC-1", url=database_url, key="")
    first, second, third = done.stdout.splitlines()
    assert done.exit_code == 0
    assert first.split() == [
        *("1", "2026-11-21", "03:42:07", "gate.opened", "U1", "R1"),
        *("digest=abababababab…", "shown=kubectl", "rollout", "undo", "deploy/x"),
    ]
    assert second.endswith("by=U2  verdict=approved")
    assert third.split()[:3] == ["4", "2026-11-21", "03:42:10"]
    assert "exit=0" in third
    assert "note" not in third
    assert len(third) < 300


def test_what_names_only_the_run_is_shown_with_its_incident(database_url, heads):
    filled(database_url, [Entry("vote.refused", "U7", "", "R1"), Entry("vote.refused", "U8", "", "R2")])
    engine = sa.create_engine(sync_url(database_url))
    with engine.begin() as connection:
        row = {"runbook_id": "restart", "target": "cart", "asked_at": NOW, "body": "{}"}
        connection.execute(runs.insert().values(id="R1", incident_id="INC-1", **row))
    engine.dispose()
    done = run("show", "--incident", "INC-1", url=database_url)
    assert [line.split()[4] for line in done.stdout.splitlines()] == ["U1", "U2", "bot", "U7"]


def test_nothing_that_is_shown_moves_the_cursor_or_breaks_the_line(database_url, heads):
    (line,) = run("show", "--incident", "INC-2", url=database_url).stdout.splitlines()
    assert line.isprintable()
    assert r"two\nlines \x1b[31m \u202e«é»" in line


def test_an_incident_that_nobody_wrote_of_is_said(database_url, heads):
    done = run("show", "--incident", "INC-9", url=database_url)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "INC-9" in done.stderr


def test_the_export_holds_everything_and_can_be_verified_from_its_lines(database_url, heads):
    done = run("export", url=database_url, key="")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["what"] for line in lines] == [entry.what for entry in ENTRIES]
    assert lines[3]["facts"]["output"] == "x" * 500

    previous = ""
    for line in lines:
        line["facts"] = json.dumps(line["facts"], sort_keys=True, separators=(",", ":"))
        entry = Recorded(**line)
        assert seal(entry, previous, KEY) == entry.mac
        previous = entry.mac
    assert Head(4, previous) == heads[-1]


def test_a_key_is_changed_and_both_are_needed_after_it(database_url, heads, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text(KEY + "\n")
    new.write_text(NEW + "\n")
    assert run("change-key", str(old), url=database_url).exit_code == 1, "it is that key already"

    done = run("change-key", str(new), url=database_url)
    assert done.exit_code == 0
    assert "head 5:" in done.stdout
    filled(database_url, ENTRIES, NEW)

    done = run("verify", "--old-key", str(old), url=database_url, key=NEW)
    assert (done.exit_code, "9 entries" in done.stdout) == (0, True)
    assert run("verify", url=database_url, key=NEW).exit_code == 1
    assert "old keys" in run("verify", url=database_url).stderr
    done = run("export", url=database_url)
    assert not any(key in done.stdout for key in (KEY, NEW))


def test_a_key_is_not_changed_over_a_chain_that_is_broken(database_url, heads, tmp_path):
    (tmp_path / "new").write_text(NEW)
    (tmp_path / "empty").write_text("\n")
    assert "empty" in run("change-key", str(tmp_path / "empty"), url=database_url).stderr
    as_owner(database_url, "UPDATE audit SET who = 'U9' WHERE number = 4")
    done = run("change-key", str(tmp_path / "new"), url=database_url)
    assert (done.exit_code, "entry 4" in done.stderr) == (1, True)
    assert "4" in run("export", url=database_url).stdout.splitlines()[-1]
    assert len(run("export", url=database_url).stdout.splitlines()) == 4


def test_an_empty_log_is_a_good_one_and_needs_no_change_of_key(database_url, tmp_path):
    filled(database_url, [])
    (tmp_path / "new").write_text(NEW)
    assert "0 entries, none changed · head 0:" in run("verify", url=database_url).stdout
    assert run("export", url=database_url).stdout == ""
    done = run("change-key", str(tmp_path / "new"), url=database_url)
    assert (done.exit_code, "nothing is in the audit log yet" in done.stderr) == (1, True)


def test_a_database_that_is_not_there_is_said_in_a_sentence(tmp_path):
    done = run("export", url=f"sqlite:///{tmp_path / 'none.sqlite'}")
    assert (done.exit_code, "first-responder migrate" in done.stderr) == (1, True)
    done = run("export", url="mysql://host/name")
    assert (done.exit_code, "DATABASE_URL" in done.stderr) == (1, True)
    done = run("export", url="postgresql://bot:hunter2@127.0.0.1:1/name")
    assert (done.exit_code, "DATABASE_URL" in done.stderr, "hunter2" in done.output) == (1, True, False)
