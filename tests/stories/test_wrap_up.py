"""From the last alert resolved to a closed incident: asked once it stayed quiet, decided by a person, written down."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest
import stamina

from bot.closing.command import ClosingCommand
from bot.closing.put_away import put_away
from bot.command_words import NotDoneError
from bot.domain.money import Money
from bot.keep_current import catch_up
from bot.ports import JournalDown
from bot.questions.consult import Consult
from bot.questions.model_ports import ModelError, OverBudget
from bot.state.links import SqlLinks
from integrations.contract import Unreachable
from tests.rules.runs import RUN
from tests.stories.closing_world import over, told, world_with
from tests.stories.model_world import FullPurse, NoPace, Script, says
from tests.stories.world import INCIDENTS, OWN, FakeSlack, Life, fire, resolve, tell


@pytest.fixture(autouse=True)
def without_waiting():
    with stamina.set_testing(True, attempts=20):
        yield


@pytest.fixture
def slack():
    return FakeSlack()


async def test_what_stays_quiet_is_proposed_once_with_what_silence_means(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        await over(world)
        await world.look(minutes=14)
        assert "1:close?1" not in slack.in_(OWN)
        await world.look(minutes=1)
        await world.look(minutes=1)
        assert slack.in_(OWN) == ["1:briefing", "1:close?1"]
        said = slack.of("close?1").text
        assert "Close it?" in said
        assert "Nothing in the record says what helped." in said
        assert "no answer by 22 Nov 03:57 UTC closes it as recovered, not reviewed" in said


async def test_what_fires_again_meanwhile_is_not_proposed(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        await over(world)
        await world.look(minutes=5)
        await fire(world.at.desk, "HighLatency")
        await world.look(minutes=20)
        assert "1:close?1" not in slack.in_(OWN)


async def test_what_fires_again_under_a_proposal_takes_it_back(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await over(world)
        await world.look(minutes=15)
        again = await fire(world.at.desk, "HighLatency")
        await tell(world.at.desk, again)
        await world.look()
        assert slack.of("close?1").text == "Not closed: it fired again."
        with pytest.raises(NotDoneError, match="it fired again"):
            await world.tap("close.yes", incident_id)
        assert (await world.at.desk.journal.incident(incident_id)).status == "open"


async def test_a_person_closes_it_and_the_story_is_told(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await over(world)
        await world.look(minutes=15)
        assert "Closed. A draft of its postmortem" in await world.tap("close.yes", incident_id)
        await world.look()
        await catch_up(world.at.desk)
        assert "Closed 03:57 UTC by <@U1>" in slack.of("close?1").text
        assert "a draft is in this thread" in slack.of("close?1").text
        (text,) = world.postmortems()
        assert text.startswith("# Postmortem: HighErrorRate on payment-service")
        assert world.remembered == [(incident_id, 1)]
        assert "closed 03:57 UTC" in slack.topics[OWN]
        assert "closed 03:57 UTC" in slack.of("1:notice").text
        assert await world.at.closings.unwrapped() == []


async def test_of_two_that_close_it_at_once_one_did(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await over(world)
        await world.look(minutes=15)
        await world.tap("close.yes", incident_id)
        world.clock.pass_(seconds=20)
        assert "It was closed 03:57 UTC by <@U1>" in await world.tap("close.yes", incident_id, user="U2")
        await world.look()
        assert world.told == [(incident_id, 1)]


async def test_kept_open_it_is_asked_again_after_a_day(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await over(world)
        await world.look(minutes=15)
        assert "Kept open" in await world.tap("close.keep", incident_id)
        with pytest.raises(NotDoneError, match="answered already"):
            await world.tap("close.keep", incident_id, user="U2")
        await world.look(hours=23)
        assert "Kept open by <@U1>" in slack.of("close?1").text
        await world.look(hours=1)
        assert "Close it?" in slack.of("close?2").text


async def test_a_proposal_kept_open_and_closed_right_after_says_so_and_is_looked_at_no_more(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await over(world)
        await world.look(minutes=15)
        await world.tap("close.keep", incident_id)
        await world.say("resolve")
        await world.look()
        assert slack.of("close?1").text.startswith("Kept open by <@U1>. ")
        assert "Closed" in slack.of("1:closed").text
        assert await world.at.closings.unsettled() == []


async def test_a_proposal_that_people_removed_is_looked_at_no_more_once_it_is_closed(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await over(world)
        await world.look(minutes=15)
        slack.refuse("edit", "message_not_found", about="close?1")
        await world.tap("close.yes", incident_id)
        assert await world.at.closings.unsettled() == []
        for _ in range(2):
            await world.look()
        assert await world.at.closings.unsettled() == []
        asked = sum(call.startswith("edit") and "close?1" in call for call in slack.calls)
        await world.look()
        assert sum(call.startswith("edit") and "close?1" in call for call in slack.calls) == asked


async def test_nobody_answers_for_a_day_and_it_is_closed_as_not_reviewed(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await over(world)
        await world.look(minutes=15)
        await world.look(hours=23, minutes=59)
        assert (await world.at.desk.journal.incident(incident_id)).closed_at is None
        await world.look(minutes=1)
        await world.look()
        assert "as recovered, not reviewed: nobody answered" in slack.of("close?1").text
        assert "Is it really over? Nobody reviewed the recovery." in world.postmortems()[0]


async def test_where_the_team_wants_that_it_closes_by_itself(slack, tmp_path):
    async with world_with(tmp_path, slack, auto=True) as world:
        await over(world)
        await world.look(minutes=15)
        await world.look()
        assert slack.in_(OWN) == ["1:briefing", "1:closed"]
        assert "by itself, after its quiet time" in slack.of("1:closed").text


async def test_a_person_closes_although_alerts_fire(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        await told(world)
        said = await world.say("resolve rolled back to v2.34.0, password=hunter2hunter2")
        assert "although 1 alert still fires: HighErrorRate" in said
        await world.look()
        closed = slack.of("1:closed").text
        assert "after the alert" in closed
        assert slack.in_(OWN) == ["1:briefing", "1:closed"]
        assert "1 alert still firing: HighErrorRate" in closed
        assert "rolled back to v2.34.0" in closed
        assert "hunter2" not in closed + world.postmortems()[0]


@pytest.mark.parametrize("by", ["command", "button"])
async def test_a_false_alarm_is_closed_as_one_and_nothing_helped(slack, tmp_path, by):
    async with world_with(tmp_path, slack) as world:
        incident_id = await told(world)
        asked = world.say("resolve false alarm") if by == "command" else world.tap("close.false", incident_id)
        assert "Closed as a false alarm" in await asked
        await world.look()
        assert (await world.at.closings.closing(incident_id, 1)).false_alarm
        assert "as a false alarm" in slack.of("1:closed").text
        assert "false alarm" not in slack.of("1:closed").text.partition("\n")[2]
        (postmortem,) = world.postmortems()
        assert "It was a false alarm." in postmortem
        assert "resolved it as a false alarm" in postmortem
        assert "in the words of whoever closed it" not in postmortem.lower()


async def test_what_is_said_of_a_false_alarm_is_told_as_that_and_not_as_what_helped(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        await told(world)
        await world.say("resolve False alarm: the probe was wrong")
        await world.look()
        closed, (postmortem,) = slack.of("1:closed").text, world.postmortems()
        assert "In their words: the probe was wrong" in closed
        assert "helped" not in closed
        assert "In the words of whoever closed it: the probe was wrong." in postmortem
        assert "What ended it" not in postmortem


async def test_words_that_only_begin_like_a_false_alarm_close_a_real_one(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await told(world)
        assert "as a false alarm" not in await world.say("resolve false alarms hid it, rolled back")
        await world.look()
        assert not (await world.at.closings.closing(incident_id, 1)).false_alarm
        assert "What helped: false alarms hid it, rolled back" in slack.of("1:closed").text


async def test_opened_again_it_is_told_again_and_closed_again_with_one_new_version(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await over(world)
        await world.say("resolve")
        await world.look()
        world.clock.pass_(hours=3)
        said = await world.say(f"reopen {incident_id}\nit is back", channel="C0ELSEWHERE")
        assert "is open again, for the 2nd time" in said
        assert world.begun == [(incident_id, 2)]
        with pytest.raises(NotDoneError, match="It is open"):
            await world.say("reopen")
        world.clock.pass_(minutes=20)
        await world.say("resolve for good")
        await world.look()
        assert "· 20 min after it was opened again" in slack.of("2:closed").text
        assert world.told == [(incident_id, 1), (incident_id, 2)]
        assert ["version 1" in text for text in world.postmortems()] == [True, False]
        assert world.remembered == [(incident_id, 1), (incident_id, 2)]


async def test_only_by_its_id_it_is_opened_again_without_its_channel(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        anywhere = world.command.words().anywhere
        assert list(anywhere) == ["reopen"]
        behind = ("INC-ABC", "inc-abc\nit is back", "", "it is back", "because of INC-ABC")
        assert [anywhere["reopen"](rest) for rest in behind] == [True, True, False, False, False]


async def test_an_incident_that_nobody_knows_is_not_opened(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        with pytest.raises(NotDoneError, match="No incident is called"):
            await world.say("reopen INC-ABC")


async def test_on_demand_a_draft_before_the_end_and_the_newest_words_after_it(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        await told(world)
        await world.say("postmortem")
        assert "It was not closed when this was written." in world.postmortems()[0]
        await world.say("resolve")
        await world.look()
        world.clock.pass_(minutes=2)
        await world.say("postmortem")
        assert len(world.postmortems()) == 3
        assert sum("1:closed" in key for key in slack.in_(OWN)) == 1


STEPS = ("say that it is closed", "write", "post", "publish", "remember", "put the runbook", "wrapped up")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["undone", "after"])
async def test_a_crash_anywhere_leaves_one_message_one_file_one_memory(slack, tmp_path, step, when):
    async with world_with(tmp_path, slack) as world:
        incident_id = await over(world)
        await world.say("resolve")
        first = Life(ends=(when, step))
        world.lives[incident_id, 1] = first
        dying = asyncio.create_task(world.look())
        await first.over.wait()
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        world.lives[incident_id, 1] = Life(first.recorded, taken_up=True)
        await world.look(minutes=1)
        assert slack.in_(OWN) == ["1:briefing", "1:closed"]
        assert len(world.postmortems()) == 1
        assert set(world.remembered) == {(incident_id, 1)}
        assert await world.at.closings.unwrapped() == []


async def test_a_slack_that_is_away_holds_up_and_loses_nothing(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        await over(world)
        slack.refuse("post", "internal_error", passing=True, times=1, about="close?1")
        await world.look(minutes=15)
        assert "1:close?1" not in slack.in_(OWN)
        slack.lose_the_answer("close?1")
        await world.look(seconds=5)
        await world.look(seconds=5)
        assert slack.in_(OWN).count("1:close?1") == 1


async def test_a_channel_that_is_gone_ends_nothing(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await told(world)
        slack.refuse("post", "channel_not_found")
        await world.say("resolve")
        await world.look()
        assert await world.at.closings.unwrapped() == []
        assert (await world.at.postmortems.newest(incident_id)).text


async def test_a_story_that_failed_too_often_is_left_as_it_is(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        await over(world)
        await world.say("resolve")
        world.given_up = True
        await world.look()
        assert await world.at.closings.unwrapped() == []


class Shelf:
    """Where postmortems are published; down at first, if so made."""

    def __init__(self, down=0):
        self.down, self.kept = down, {}

    async def publish(self, publication):
        if self.down:
            self.down -= 1
            raise Unreachable("github", "no answer in 8 s")
        self.kept[publication.incident_id] = publication
        return "https://github.example/pull/1"

    async def close(self): ...


async def test_who_closes_it_is_told_what_is_still_at_work(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await over(world)
        await world.at.runs.open(replace(RUN, incident_id=incident_id))
        await world.at.runs.open(replace(RUN, id="R5", target="other", incident_id="INC-OTHER"))
        told = await world.say("resolve")
        assert told.endswith("Runbook `restart-service` is not at its end: `/incident-action stop R4MZ81` ends it.")


async def test_who_closes_a_lead_is_told_what_goes_on_in_its_channel(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        lead = await over(world)
        ids = [(await fire(world.at.desk, name, labels={"service": name})).incident_id for name in ("cart", "search")]
        world.at = replace(world.at, desk=replace(world.at.desk, links=SqlLinks(world.at.desk.entries._database)))
        world.command = ClosingCommand(world.at)
        for one in ids:
            assert await world.at.desk.links.merge(one, lead, "U1")
        await resolve(world.at.desk, "search", labels={"service": "search"})
        told = await world.say("resolve")
        assert told.endswith(
            f"\n⚠️ Told here too and still open: cart `{ids[0]}`."
            " It goes on; `/incident split` gives it a channel of its own."
        )


class Away:
    """What is read after the commit, of a database that is away by then."""

    async def unended(self):
        raise JournalDown("away")

    async def linked_to(self, _incident_id):
        raise JournalDown("away")


@pytest.mark.parametrize("gone", ["runs", "links"])
async def test_who_closes_it_is_told_so_where_what_is_still_at_work_cannot_be_read(slack, tmp_path, gone):
    async with world_with(tmp_path, slack) as world:
        incident_id = await over(world)
        await world.at.runs.open(replace(RUN, incident_id=incident_id))
        desk = replace(world.at.desk, links=Away()) if gone == "links" else world.at.desk
        world.at = replace(world.at, desk=desk, runs=Away() if gone == "runs" else world.at.runs)
        world.command = ClosingCommand(world.at)
        said = await world.say("resolve")
        assert said.startswith("Closed. A draft of its postmortem comes into the channel.\n⚠️ ")
        assert said.endswith("the database does not answer.")
        assert ("Runbook `restart-service` is not at its end" in said) == (gone == "links")


async def test_what_helped_is_kept_in_plain_words(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        incident_id = await over(world)
        await world.say(
            "resolve <@U0LENA0012|lena> raised it to 5 &gt; 3, see <https://x.example/a|here> &amp; <!here>"
        )
        closing = await world.at.closings.closing(incident_id, 1)
        assert closing.words == "@lena raised it to 5 > 3, see https://x.example/a & @here"


async def test_published_it_says_where(slack, tmp_path):
    shelf = Shelf()
    async with world_with(tmp_path, slack, shelf) as world:
        incident_id = await over(world)
        await world.say("resolve")
        await world.look()
        assert "Also: where postmortems are kept" in slack.of("1:closed").text
        assert shelf.kept[incident_id].folder == "2026"


async def test_the_title_of_what_is_published_orders_nothing_and_is_not_too_long(slack, tmp_path):
    shelf = Shelf()
    async with world_with(tmp_path, slack, shelf) as world:
        incident_id = await told(world, "Fixes #12, closes GH-7 and o/r#3 for @dana/team\n" + "x" * 400)
        await world.say("resolve")
        await world.look()
        title = shelf.kept[incident_id].title
        assert title.startswith(f"Postmortem {incident_id}: Fixes ＃12, closes GH‑7 and o/r＃3 for ＠dana/team x")
        assert len(title) <= 250
        assert "GH-7" not in shelf.kept[incident_id].text


async def test_not_published_it_says_why_and_can_be_tried_again(slack, tmp_path):
    async with world_with(tmp_path, slack, Shelf(down=1)) as world:
        await over(world)
        await world.say("resolve")
        await world.look()
        assert "Not published: github: no answer in 8 s." in slack.of("1:closed").text
        world.at.publisher.down = 1
        with pytest.raises(NotDoneError, match="in the thread; not published: github: no answer in 8 s"):
            await world.say("postmortem")
        assert "Not published: github: no answer in 8 s." in slack.of("1:closed").text
        await world.say("postmortem")
        assert "Also: where postmortems are kept" in slack.of("1:closed").text


async def test_channels_of_what_is_long_closed_are_put_away_once(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        await over(world)
        await world.say("resolve")
        await world.look()
        await put_away(world.at, timedelta(days=7))
        assert slack.archived == []
        world.clock.pass_(days=8)
        await put_away(world.at, None)
        assert slack.archived == []
        slack.refuse("archive", "ratelimited", passing=True, times=1)
        for _ in range(3):
            await put_away(world.at, timedelta(days=7))
        assert slack.archived == [OWN]


async def test_the_incidents_channel_gets_no_word_of_its_own(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        await over(world)
        await world.say("resolve")
        await world.look()
        assert slack.in_(INCIDENTS) == ["1:notice"]


SENTENCES = json.dumps(
    {"summary": [{"text": "It came and went.", "cites": [1, 2, 3]}], "resolution": [], "lessons": []}
)


@pytest.mark.parametrize(
    ("answer", "worded"),
    [
        (says(SENTENCES), True),
        (says(SENTENCES[:-20], stop="max_tokens"), False),
        (says("I would rather not.", stop="refusal"), False),
        (ModelError("no answer in 60 s", passing=True), False),
    ],
)
async def test_a_model_words_it_or_the_record_does(slack, tmp_path, answer, worded):
    async with world_with(tmp_path, slack) as world:
        await over(world)
        script = Script(answer)
        at = replace(world.at, desk=replace(world.at.desk, consult=Consult(script, FullPurse(), NoPace())))
        world.at, world.command = at, ClosingCommand(at)
        await world.say("resolve")
        await world.look()
        (text,) = world.postmortems()
        assert ("It came and went. [1]" in text) == worded
        assert ("Worded in part by claude-sonnet-5-5" in text) == worded
        assert "## Timeline (UTC)" in text
        (request,) = script.requests
        assert "timeline · " in request.messages[0].blocks[0].text


async def test_a_budget_that_is_spent_leaves_the_records_words(slack, tmp_path):
    async with world_with(tmp_path, slack) as world:
        await over(world)
        purse = FullPurse(OverBudget("day", Money.dollars(25), Money.dollars(25), None))
        at = replace(world.at, desk=replace(world.at.desk, consult=Consult(Script(says(SENTENCES)), purse, NoPace())))
        world.at, world.command = at, ClosingCommand(at)
        await world.say("resolve")
        await world.look()
        assert "Worded in part" not in world.postmortems()[0]
