"""From alert to postmortem to the next alert of the same cause; and kill -9 anywhere in between, on both databases."""

import pytest
import sqlalchemy as sa

from bot.state.database import sync_url
from playground.slack.faults import Fault
from playground.terminal import as_text
from tests.chaos.person import DANA, Person
from tests.end_to_end.watch import briefed, channel_of, said_by_bot, until

SERVICE = "payment-service"
POSTGRES = pytest.param("postgresql", marks=pytest.mark.needs("postgres"))


def lost_answer(method):
    """Slack does it, but its answer is still on the way when the bot dies."""
    return Fault(method, when="after", delay=20.0)


def closings(town):
    return [m for m in said_by_bot(channel_of(town, SERVICE)) if as_text(m).startswith("🔒 Closed")]


def proposals(town):
    return [m for m in said_by_bot(channel_of(town, SERVICE)) if "Close it?" in as_text(m)]


def postmortems(town):
    messages = channel_of(town, SERVICE).messages.values()
    return [file for m in messages for file in m.files if "postmortem" in str(file)]


def count(town, table, where="1 = 1"):
    engine = sa.create_engine(sync_url(town.env["DATABASE_URL"]))
    try:
        with engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(sa.table(table)).where(sa.text(where)))
    finally:
        engine.dispose()


def wrapped(town):
    return count(town, "incidents", "wrapped = opening")


STAGES = {
    "closed, and nothing said": (None, lambda town: count(town, "closings")),
    "said, answer lost": (lost_answer("chat.postMessage"), closings),
    "file on its way": (Fault("files.getUploadURLExternal", delay=20.0), lambda town: count(town, "postmortems")),
    "file put, answer lost": (lost_answer("files.completeUploadExternal"), postmortems),
    "link said, answer lost": (lost_answer("chat.update"), lambda town: count(town, "postmortems")),
    "wrapped up": (None, wrapped),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("database", ["sqlite", POSTGRES])
async def test_killed_at_any_stage_there_is_one_postmortem_and_one_memory(open_town, database, stage, request):
    more = {"DATABASE_URL": request.getfixturevalue("postgres_url")} if database == "postgresql" else {}
    fault, reached = STAGES[stage]
    async with open_town(**more) as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        await until(lambda: channel_of(town, SERVICE).pins, what="the chores")
        if fault:
            town.slack.workspace.faults.add(fault)
        await Person(town, DANA, channel_of(town, SERVICE)).say("/incident resolve rolled back to v2.34.0")
        await until(lambda: reached(town), what=stage)
        await town.bot.kill()
        town.slack.workspace.faults.clear()

        await town.bot.start()
        await until(lambda: wrapped(town), what="the end of the story")
        await town.bot.stop()
        assert [len(found(town)) for found in (closings, postmortems)] == [1, 1]
        assert [count(town, table) for table in ("closings", "postmortems", "memories")] == [1, 1, 1]
        assert [count(town, "learnt", f"kind = '{kind}'") for kind in ("memory", "postmortem")] == [1, 1]


@pytest.mark.parametrize("database", ["sqlite", POSTGRES])
async def test_killed_while_it_is_proposed_it_is_proposed_once_and_a_tap_closes_it(open_town, database, request):
    more = {"DATABASE_URL": request.getfixturevalue("postgres_url")} if database == "postgresql" else {}
    async with open_town(QUIET_PERIOD_S="0", **more) as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        await until(lambda: channel_of(town, SERVICE).pins, what="the chores")
        dana = Person(town, DANA, channel_of(town, SERVICE))
        await town.director.resolve("wrong-endpoint")
        await until(lambda: count(town, "proposals"), what="the proposal")
        await town.bot.kill()

        await town.bot.start()
        (asked,) = await until(lambda: proposals(town), what="the proposal in Slack")
        await dana.press(asked, "Close")
        await until(lambda: wrapped(town), what="the end of the story")
        await town.bot.stop()
        assert [m.ts for m in closings(town)] == [asked.ts]
        assert len(postmortems(town)) == 1


async def test_the_next_alert_of_the_same_cause_finds_the_first_one_its_cause_and_its_fix(open_town):
    async with open_town(REOPEN_WINDOW_S="0") as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        first = channel_of(town, SERVICE)
        dana = Person(town, DANA, first)
        await dana.say("/incident cause the gateway's port was wrong in v2.34.1")
        await dana.say("/incident resolve rolled back to v2.34.0")
        await until(lambda: wrapped(town), what="the end of the story")
        assert len(postmortems(town)) == 1
        await town.director.resolve("wrong-endpoint")
        await town.director.start("wrong-endpoint")
        second = await until(lambda: _another(town, first), what="the second incident's briefing")
        assert "the gateway's port was wrong in v2.34.1" in second
        assert "rolled back to v2.34.0" in second


def _another(town, first, words="Seen before"):
    others = [c for c in town.slack.workspace.channels.values() if c.name.startswith("inc-") and c is not first]
    texts = [as_text(m) for c in others for m in said_by_bot(c)]
    return next((text for text in texts if words in text and "still looking" not in text), None)


async def test_the_command_writes_it_again_and_puts_it_to_where_it_stands(open_town, tmp_path):
    async with open_town() as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        (id_,) = ids(town)
        code, told = await town.bot.run("postmortem", id_)
        assert (code, "It was not closed when this was written." in told) == (0, True)
        code, told = await town.bot.run("postmortem", id_, "--post")
        assert (code, "is not closed" in told) == (1, True)
        dana = Person(town, DANA, channel_of(town, SERVICE))
        await dana.say("/incident resolve rolled back")
        await until(lambda: wrapped(town), what="the end of the story")
        await dana.say("/incident cause the gateway's port was wrong")
        out = tmp_path / "postmortem.md"
        assert (await town.bot.run("postmortem", id_.lower(), "--out", str(out)))[0] == 0
        assert "Confirmed by people: the gateway's port was wrong." in out.read_text()
        assert len(postmortems(town)) == 1
        code, told = await town.bot.run("postmortem", id_, "--post")
        channel = channel_of(town, SERVICE)
        assert (code, told) == (
            0,
            f"posted: the postmortem of {id_}, in the thread of its closing in #{channel.name}\n",
        )
        names = [file.name for m in channel.messages.values() for file in m.files if "postmortem" in file.name]
        assert len(names) == 2 and all(name.count(id_) == 1 for name in names), names
        assert [len(found(town)) for found in (closings, postmortems)] == [1, 2]
        code, told = await town.bot.run("postmortem", "INC-NOBODY")
        assert (code, "no incident is called INC-NOBODY" in told) == (1, True)


def ids(town):
    engine = sa.create_engine(sync_url(town.env["DATABASE_URL"]))
    try:
        with engine.connect() as connection:
            return connection.scalars(sa.text("SELECT id FROM incidents")).all()
    finally:
        engine.dispose()


@pytest.mark.parametrize("kind", ["pull_request", "issue"])
async def test_where_the_team_keeps_postmortems_each_has_one_place(open_town, kind):
    async with open_town(POSTMORTEM_GITHUB=kind, POSTMORTEM_NAMES="true", model="script") as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        dana = Person(town, DANA, channel_of(town, SERVICE))
        await dana.say("/incident resolve rolled back")
        await until(lambda: wrapped(town), what="the end of the story")
        where = {"pull_request": "pull", "issue": "issues"}[kind]
        assert count(town, "postmortems", f"url LIKE '%/acme/postmortems/{where}/1'") == 1
        (closed,) = closings(town)
        assert f"/acme/postmortems/{where}/1" in str(closed.blocks)
        (file,) = postmortems(town)
        text = file.content.decode()
        assert "It was closed" in text
        assert "by dana" in text
        assert "Worded in part by claude" in text
        _, told = await town.bot.run("doctor")
        assert "GitHub, may write to acme/postmortems" in told


async def test_a_channel_is_archived_and_the_incident_opens_again_in_another(open_town):
    async with open_town(ARCHIVE_AFTER_DAYS="0.00001") as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        first = channel_of(town, SERVICE)
        (id_,) = ids(town)
        await Person(town, DANA, first).say("/incident resolve rolled back")
        await until(lambda: wrapped(town), what="the end of the story")
        await town.bot.stop()
        first.archived = True  # as the bot does it once a day
        await town.bot.start()
        general = town.slack.workspace.named("general")
        await Person(town, DANA, general).say(f"/incident reopen {id_} it is back")
        second = await until(lambda: _another(town, first, "payment-service"), what="the second channel")
        assert second
