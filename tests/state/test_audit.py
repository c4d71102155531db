"""The audit log: only ever appended to, chained, masked, and nothing done to it goes unseen."""

import asyncio
import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.domain.approval import Approved
from bot.ports import JournalDown
from bot.runs.action_ports import Entry
from bot.state.audit import ChainedAudit
from bot.state.audit_facts import LARGEST, LIMITS, as_kept
from bot.state.audit_reading import NoAuditLogError, reading
from bot.state.chain import Fault, Head, Recorded, mark_of, seal, sealed, verify
from bot.state.database import migrate, open_database, prepare_sqlite, sync_url
from tests.pages import ROOT, section, text_of

NOW = datetime(2026, 11, 21, 3, 42, 7, 123456, tzinfo=UTC)
KEY = "5f" * 32
OTHER = "60" * 32
SHA = hashlib.sha256(b"output").hexdigest()


def chain(count, key=KEY, start=Head()):  # noqa: B008 - frozen
    """Entries as the bot would have written them."""
    entries, previous = [], start.mac
    for number in range(start.number + 1, start.number + count + 1):
        at = (NOW + timedelta(seconds=number)).isoformat(timespec="microseconds")
        entry = Recorded(number, at, "deed.ended", f"U{number}", "INC-1", "R1", f'{{"exit":{number}}}')
        entries.append(sealed(entry, previous, key))
        previous = entries[-1].mac
    return entries


def told_of(entries):
    return Head(entries[-1].number, entries[-1].mac)


# ── the chain ────────────────────────────────────────────────────────────────────────────────────


def test_the_seal_is_what_the_page_says():
    """By hand, as somebody would who checks it with a program of their own."""
    import hmac

    first, second = chain(2)
    text = f'[2,"{second.at}","deed.ended","U2","INC-1","R1","{{\\"exit\\":2}}","{first.mac}"]'
    assert second.mac == hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def test_a_chain_that_nobody_touched_ends_at_its_head():
    entries = chain(9)
    assert verify(entries, KEY) == told_of(entries)
    assert verify([], KEY) == Head()
    for entry in entries:
        assert verify(entries, KEY, Head(entry.number, entry.mac)) == told_of(entries)


FIELDS = ("number", "at", "what", "who", "incident_id", "run_id", "facts", "mac")
ENTRIES = chain(12)
PLACES = st.integers(0, len(ENTRIES) - 1)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_single_change_is_found_where_it_is(data):
    place, field = data.draw(PLACES), data.draw(st.sampled_from(FIELDS))
    was = getattr(ENTRIES[place], field)
    new = data.draw((st.integers(-3, 99) if field == "number" else st.text()).filter(lambda one: one != was))
    entries = [*ENTRIES]
    entries[place] = replace(entries[place], **{field: new})

    fault = verify(entries, KEY)
    assert isinstance(fault, Fault)
    assert fault.number <= place + 1


@given(PLACES, st.integers(1, 12))
@settings(max_examples=80, deadline=None)
def test_any_removal_is_found_and_a_cut_tail_by_the_head(place, count):
    entries = ENTRIES[:place] + ENTRIES[place + count :]
    fault = verify(entries, KEY, told_of(ENTRIES))
    assert isinstance(fault, Fault)
    assert fault.number == place + 1
    if place + count < len(ENTRIES):
        assert verify(entries, KEY) == Fault(place + 1, f"removed: after {place} comes {place + count + 1}")
    else:
        assert verify(entries, KEY) == (told_of(entries) if entries else Head()), "only the head tells of a cut tail"
        assert fault.why.startswith("cut: ")


@given(PLACES, PLACES, st.booleans())
@settings(max_examples=80, deadline=None)
def test_any_two_that_change_places_are_found(one, other, renumbered):
    if one == other:
        return
    entries = [*ENTRIES]
    entries[one], entries[other] = entries[other], entries[one]
    if renumbered:
        entries = [replace(entry, number=n) for n, entry in enumerate(entries, 1)]
    fault = verify(entries, KEY)
    assert isinstance(fault, Fault)
    assert fault.number <= min(one, other) + 1 or not renumbered


@given(PLACES, st.sampled_from(ENTRIES), st.booleans(), st.booleans())
@settings(max_examples=80, deadline=None)
def test_anything_put_in_is_found(place, copied, renumbered, forged):
    put = replace(copied, what="gate.decided")
    previous = ENTRIES[place - 1].mac if place else ""
    put = sealed(replace(put, number=place + 1), previous, OTHER) if forged else put
    entries = [*ENTRIES[:place], put, *ENTRIES[place:]]
    if renumbered:
        entries = [replace(entry, number=n) for n, entry in enumerate(entries, 1)]
    fault = verify(entries, KEY)
    assert isinstance(fault, Fault)


@given(st.integers(1, 12))
@settings(max_examples=12, deadline=None)
def test_a_tail_written_anew_with_another_key_is_found_where_it_begins(place):
    kept = ENTRIES[: place - 1]
    anew = chain(12 - len(kept), OTHER, told_of(kept) if kept else Head())
    assert verify([*kept, *anew], KEY).number == place


def test_a_tail_written_anew_with_the_key_itself_is_found_by_a_head():
    anew = sealed(replace(ENTRIES[-1], who="somebody else"), ENTRIES[-2].mac, KEY)
    entries = [*ENTRIES[:-1], anew]
    assert verify(entries, KEY) == told_of(entries)
    assert "written anew" in verify(entries, KEY, told_of(ENTRIES)).why


def test_the_reason_says_what_was_done():
    changed = [*ENTRIES[:4], replace(ENTRIES[4], who="U0"), *ENTRIES[5:]]
    assert verify(changed, KEY) == Fault(5, "changed: its seal does not fit what it says")
    first = [replace(ENTRIES[0], who="U0"), *ENTRIES[1:]]
    assert verify(first, KEY) == Fault(1, "changed: its seal does not fit what it says")
    assert verify(ENTRIES, OTHER) == Fault(1, "written with another key than this AUDIT_KEY, or changed")
    swapped = [*ENTRIES[:2], ENTRIES[3], ENTRIES[2], *ENTRIES[4:]]
    assert verify(swapped, KEY) == Fault(3, "removed: after 2 comes 4")
    twice = [*ENTRIES[:3], ENTRIES[2], *ENTRIES[3:]]
    assert verify(twice, KEY) == Fault(3, "put in or moved: 3 stands behind 3")
    put_in = [*ENTRIES[:3], sealed(replace(ENTRIES[3], who="U0"), "", OTHER), *ENTRIES[4:]]
    assert verify(put_in, KEY) == Fault(4, "changed, moved or put in by somebody without the key")


def change_of_key(entries, old, new):
    at = NOW.isoformat(timespec="microseconds")
    told = Recorded(len(entries) + 1, at, "key.changed", "bot", "", "", json.dumps({"key": mark_of(new)}))
    return [*entries, sealed(told, entries[-1].mac, old)]


def test_a_changed_key_is_followed_with_both_keys_in_their_order():
    third = "61" * 32
    entries = change_of_key(chain(3), KEY, OTHER)
    assert verify(entries, OTHER, older=[KEY]) == told_of(entries)
    entries += chain(2, OTHER, told_of(entries))
    entries = change_of_key(entries, OTHER, third)
    entries += chain(2, third, told_of(entries))

    assert verify(entries, third, older=[KEY, OTHER]) == told_of(entries)
    assert verify(entries, third).number == 1
    assert verify(entries, KEY).number == 5
    assert "old keys" in verify(entries, KEY).why
    assert verify(entries, third, older=[OTHER, KEY]).number == 1
    assert verify(entries, third, older=[KEY]).number == 5
    assert verify(entries, OTHER, older=[KEY]).number == 8


@pytest.mark.parametrize("text", ["", "x", "3", "3:", ":ab", "0:ab", "-1:ab", "²:ab"])
def test_what_is_no_head_is_refused(text):
    with pytest.raises(ValueError, match="NUMBER:MAC"):
        Head.parse(text)


def test_a_head_reads_back_as_it_is_written():
    assert Head.parse(f" 12:{SHA.upper()}\n") == Head(12, SHA)
    assert Head.parse(str(Head(12, SHA))) == Head(12, SHA)
    assert Head.parse("0:") == Head()


# ── what is kept of the facts ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("facts", "kept"),
    [
        ({"password": "hunter2-hunter2"}, {"password": "[redacted: password]"}),
        ({"a": {"b": [{"c": "password=hunter2-hunter2"}]}}, {"a": {"b": [{"c": "password=[redacted: password]"}]}}),
        (
            {"values": {"password": {"text": "hunter2-hunter2", "source": "asked"}}},
            {"values": {"password": {"text": "[redacted: password]", "source": "[redacted: password]"}}},
        ),
        ({"mixed": [1, "password=hunter2-hunter2"]}, {"mixed": [1, "password=[redacted: password]"]}),
        ({"argv": ["psql", "--password", "hunter2-x"]}, {"argv": ["psql --password [redacted: password]"]}),
        ({"argv": ["kubectl", "get", "pods"]}, {"argv": ["kubectl", "get", "pods"]}),
        ({"digest": SHA, "head": f"12:{SHA}", "key": SHA}, {"digest": SHA, "head": f"12:{SHA}", "key": SHA}),
        (
            {"by": ("U1", "U2"), "exit": 0, "ok": True, "none": None},
            {"by": ["U1", "U2"], "exit": 0, "ok": True, "none": None},
        ),
        ({"value": float("nan"), "most": float("inf")}, {"value": "nan", "most": "inf"}),
        (
            {"at": NOW, "verdict": Approved(("U1",))},
            {"at": NOW.isoformat(), "verdict": {"by": ["U1"], "kind": "approved"}},
        ),
        ({1: {"b", "a"}}, {"1": ["a", "b"]}),
        ({"half": "\ud800", "nul": "\x00"}, {"half": "\ud800", "nul": "\x00"}),
    ],
)
def test_facts_are_plain_and_masked_however_deep(facts, kept):
    assert json.loads(as_kept(facts)) == kept


def test_facts_are_canonical():
    assert as_kept({"b": 1, "a": "é"}) == '{"a":"\\u00e9","b":1}' == as_kept({"a": "é", "b": 1})


def test_what_is_too_large_is_cut_and_says_so():
    long, many = "x" * 1_000_000, list(range(5_000))
    kept = as_kept({"output": long, "rows": many, "exit": 1})
    assert len(kept) < LARGEST
    told = json.loads(kept)
    assert told["exit"] == 1
    assert told["output"].startswith("xxx")
    assert hashlib.sha256(long.encode()).hexdigest() in told["output"]
    assert "1,000,000 characters" in told["output"]
    assert "5,000 in all" in told["rows"][-1]

    assert json.loads(as_kept({"rows": [{"n": f"{n}"} for n in range(3_000)]}))["rows"][0] == {"n": "0"}
    deep = {}
    for _ in range(3_000):
        deep = {"deep": deep}
    assert "too deep" in as_kept(deep)
    round_ = {}
    round_["itself"] = round_
    assert "too deep" in as_kept(round_)
    broad = {f"{n}": {f"{m}": "x" * 500 for m in range(300)} for n in range(300)}
    assert len(as_kept(broad)) < LARGEST
    broader = {f"{n}": {f"{m}": {f"{k}": ["x" * 100] * 10 for k in range(10)} for m in range(10)} for n in range(10)}
    assert "SHA-256" in as_kept(broader)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters()), _JSON, max_size=5))
@settings(max_examples=150, deadline=None)
def test_whatever_the_facts_are_they_are_kept_as_ascii(facts):
    assert as_kept(facts).isascii()
    json.loads(as_kept(facts))


# ── the log in the database ──────────────────────────────────────────────────────────────────────


def entry(n=1, **facts):
    return Entry("deed.ended", f"U{n}", "INC-1", "R1", {"exit": n, **facts})


async def stored(database_url):
    def read():
        with reading(database_url) as entries:
            return list(entries)

    return await asyncio.to_thread(read)


async def test_entries_are_appended_chained_and_masked(database, database_url):
    audit = ChainedAudit(database, KEY)
    assert audit.head == Head()
    cet = timezone(timedelta(hours=1))
    await audit.record(Entry("gate.opened", "U1", "INC-1", "R1", {"shown": "psql --password hunter2-x"}), NOW)
    await audit.record(Entry("stop.on", "U2"), NOW.astimezone(cet))

    first, second = await stored(database_url)
    assert first == Recorded(
        1, NOW.isoformat(), "gate.opened", "U1", "INC-1", "R1", '{"shown":"psql --password [redacted: password]"}',
        seal(first, "", KEY),
    )  # fmt: skip
    assert second == sealed(Recorded(2, NOW.isoformat(), "stop.on", "U2", "", "", "{}"), first.mac, KEY)
    assert verify([first, second], KEY) == audit.head == Head(2, second.mac)


async def test_a_time_without_a_zone_is_refused(database):
    with pytest.raises(ValueError, match="zone"):
        await ChainedAudit(database, KEY).record(entry(), NOW.replace(tzinfo=None))


async def test_the_log_tells_the_head_with_each_entry(database):
    audit = ChainedAudit(database, KEY)
    with capture_logs() as lines:
        await audit.record(entry(), NOW)
        await audit.record(entry(), NOW)
    assert [line["event"] for line in lines] == ["audit", "audit"]
    assert lines[-1]["head"] == str(audit.head)
    assert lines[0]["head"].startswith("1:")
    assert (lines[0]["what"], lines[0]["who"], lines[0]["run"]) == ("deed.ended", "U1", "R1")


async def test_of_many_at_once_in_two_processes_all_stand_in_one_chain(database, database_url):
    other = open_database(database_url)
    audits = [ChainedAudit(database, KEY), ChainedAudit(other, KEY)]
    await asyncio.gather(*(audits[n % 2].record(entry(n), NOW) for n in range(60)))

    entries = await stored(database_url)
    assert verify(entries, KEY) == max((a.head for a in audits), key=lambda head: head.number)
    assert sorted(json.loads(one.facts)["exit"] for one in entries) == list(range(60))
    assert all(one.number + 1 == two.number for one, two in pairwise(entries))
    await other.dispose()


HOSTILE = "\x00\ud800\x1b[2J\u202e" + "x" * 5_000


async def test_no_text_is_refused_by_the_database(database, database_url):
    audit = ChainedAudit(database, KEY)
    await audit.record(Entry(HOSTILE, HOSTILE, HOSTILE, HOSTILE, {HOSTILE: HOSTILE}), NOW)
    (kept,) = await stored(database_url)
    assert verify([kept], KEY) == audit.head
    for text in (kept.what, kept.who, kept.incident_id, kept.run_id):
        assert text.isascii()
        assert text.isprintable()
        assert len(text) < 500


async def test_a_tail_that_is_cut_while_the_bot_runs_is_told_to_the_log(database, database_url):
    audit = ChainedAudit(database, KEY)
    for n in range(3):
        await audit.record(entry(n), NOW)
    told = str(audit.head)
    await as_owner(database_url, "DELETE FROM audit WHERE number > 1")
    with capture_logs() as lines:
        await audit.record(entry(), NOW)

    alarm = next(line for line in lines if line["log_level"] == "error")
    assert alarm["told"] == told
    assert alarm["found"].startswith("1:")
    entries = await stored(database_url)
    assert verify(entries, KEY) == audit.head
    assert verify(entries, KEY, Head.parse(told)).number == 3


async def test_a_changed_key_goes_on_in_the_same_chain(database, database_url):
    audit = ChainedAudit(database, KEY)
    await audit.record(entry(), NOW)
    assert (await audit.change_key(OTHER, NOW)).number == 2
    await audit.record(entry(), NOW)
    entries = await stored(database_url)
    assert verify(entries, OTHER, older=[KEY]) == audit.head
    assert OTHER not in "".join(one.facts for one in entries)


async def test_a_process_that_still_has_the_old_key_appends_nothing_more(database, database_url):
    audit, late = ChainedAudit(database, KEY), ChainedAudit(database, KEY)
    await late.record(entry(), NOW)
    await audit.change_key(OTHER, NOW)
    for process in (late, ChainedAudit(database, KEY)):
        with pytest.raises(JournalDown, match="AUDIT_KEY"):
            await process.record(entry(), NOW)
    await ChainedAudit(database, OTHER).record(entry(), NOW)
    assert len(await stored(database_url)) == 3


async def test_a_log_that_was_written_with_another_key_goes_on_and_says_so(database, database_url):
    await ChainedAudit(database, KEY).record(entry(), NOW)
    lost = ChainedAudit(database, OTHER)
    with capture_logs() as lines:
        await lost.record(entry(), NOW)
        await lost.record(entry(), NOW)
    alarms = [line["event"] for line in lines if line["log_level"] == "error"]
    assert alarms == ["the last entry of the audit log was not written with this AUDIT_KEY"], "once"
    assert len(await stored(database_url)) == 3


async def as_owner(database_url, *statements):
    """Past the triggers, as only the owner of the database can."""

    def act():
        engine = sa.create_engine(sync_url(database_url))
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_not_changed")
                connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_not_removed")
            else:
                connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER ALL")
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()

    await asyncio.to_thread(act)


ANYBODY = [
    "UPDATE audit SET who = 'U9'",
    "UPDATE audit SET who = who WHERE number = 1",
    "DELETE FROM audit",
    "DELETE FROM audit WHERE number = 2",
]
SQLITE_ONLY = [
    "INSERT OR REPLACE INTO audit SELECT number, at, what, 'U9', incident_id, run_id, facts, mac FROM audit",
    "REPLACE INTO audit SELECT number, at, what, 'U9', incident_id, run_id, facts, mac FROM audit",
    "UPDATE OR REPLACE audit SET number = 1 WHERE number = 2",
    "INSERT INTO audit SELECT * FROM audit WHERE true ON CONFLICT (number) DO UPDATE SET who = 'U9'",
]
POSTGRESQL_ONLY = [
    "TRUNCATE audit",
    "TRUNCATE audit CASCADE",
    "INSERT INTO audit SELECT * FROM audit ON CONFLICT (number) DO UPDATE SET who = 'U9'",
]


async def test_the_database_itself_refuses_every_change(database, database_url):
    audit = ChainedAudit(database, KEY)
    for n in range(3):
        await audit.record(entry(n), NOW)
    before = await stored(database_url)

    engine = sa.create_engine(sync_url(database_url))
    for statement in ANYBODY + (SQLITE_ONLY if engine.dialect.name == "sqlite" else POSTGRESQL_ONLY):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(statement)
    engine.dispose()
    assert await stored(database_url) == before


async def test_whatever_somebody_puts_into_the_columns_is_read_and_found(database, database_url):
    audit = ChainedAudit(database, KEY)
    for n in range(3):
        await audit.record(entry(n), NOW)
    await as_owner(database_url, "UPDATE audit SET at = 'soon', facts = 'no JSON' WHERE number = 2")
    assert verify(await stored(database_url), KEY) == Fault(2, "changed: its seal does not fit what it says")


@pytest.mark.parametrize("put", ["x'00ff'", "CAST(x'ff00fe' AS TEXT)", "1", "''"])
async def test_what_is_no_text_at_all_is_found_too(tmp_path, put):
    url = f"sqlite:///{tmp_path / 'blob.sqlite'}"
    migrate(url)
    database = open_database(url)
    await ChainedAudit(database, KEY).record(entry(), NOW)
    for column in ("facts", "at", "mac"):
        await as_owner(url, f"UPDATE audit SET {column} = {put}")  # noqa: S608 - ours
        assert verify(await stored(url), KEY).number == 1
    await database.dispose()


async def test_what_cannot_be_recorded_is_said(tmp_path):
    nowhere = open_database(f"sqlite:///{tmp_path / 'no' / 'such.sqlite'}")
    audit = ChainedAudit(nowhere, KEY)
    with pytest.raises(JournalDown, match="DATABASE_URL"):
        await audit.record(entry(), NOW)
    assert audit.head == Head()
    await nowhere.dispose()


def test_a_database_without_the_log_says_what_to_do(tmp_path):
    for url in (f"sqlite:///{tmp_path / 'none.sqlite'}", f"sqlite:///{tmp_path / 'empty.sqlite'}"):
        (tmp_path / "empty.sqlite").touch()
        with pytest.raises(NoAuditLogError, match="migrate"), reading(url):
            pass
    assert not (tmp_path / "none.sqlite").exists()


# ── the migration ────────────────────────────────────────────────────────────────────────────────


def test_a_database_of_the_version_before_keeps_what_is_in_it(database_url):
    from alembic import command

    from bot.state.database import _alembic

    engine = sa.create_engine(sync_url(database_url))
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    config = _alembic()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            sa.text(
                "INSERT INTO incidents (id, service, env, severity, title, status, started_at, opened_at, opening,"
                " briefed, revision, shown) VALUES ('INC-1', 'cart', '', 1, 'Slow', 'open', :at, :at, 1, 1, 3, 3)"
            ),
            {"at": NOW.isoformat()},
        )
        connection.exec_driver_sql("INSERT INTO reports (incident_id, opening, report) VALUES ('INC-1', 1, '{}')")

    assert migrate(database_url) == migrate(database_url) >= "0002"
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT id, revision FROM incidents").all() == [("INC-1", 3)]
        assert connection.exec_driver_sql("SELECT report FROM reports").all() == [("{}",)]
        assert connection.exec_driver_sql("SELECT count(*) FROM audit").scalar() == 0
    engine.dispose()


def test_the_migrations_make_the_tables_that_the_program_uses(database_url):
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from bot.state import life_tables, memory_tables, wrap_up_tables
    from bot.state.tables import metadata

    elsewhere = (life_tables.entries, memory_tables.memories, wrap_up_tables.closings)
    assert {one.metadata for one in elsewhere} == {metadata}
    migrate(database_url)
    engine = sa.create_engine(sync_url(database_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


# ── the page ─────────────────────────────────────────────────────────────────────────────────────


def test_the_page_has_every_word_that_the_bot_records():
    told = set(
        re.findall(
            r"`([a-z_.]+)`",
            "".join(re.findall(r"^\| (`.+?) \|", section("docs/audit.md", "What is recorded"), re.MULTILINE)),
        )
    )
    words = re.compile(r'"((?:run|step|gate|vote|deed|check|choice|stop|grant|values|key|person)\.[a-z_]+)"')
    said = {word for path in (ROOT / "bot").glob("**/*.py") for word in words.findall(path.read_text())}
    assert sorted(said - told) == []


def test_the_page_gives_the_limits_that_are_kept():
    text = text_of("docs/audit.md")
    assert f"{LIMITS[0][0]:,} characters" in text
    assert f"{LARGEST // 1024} KiB" in text
