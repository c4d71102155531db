"""What ran already, and whether anything is still amiss, is said before it is suggested or asked for once more."""

from dataclasses import replace

import pytest

from bot.domain.analysis import FirstStep
from bot.domain.approval import APPROVE
from bot.domain.closing import Closing
from bot.domain.plain import as_text
from bot.domain.run import Ended
from bot.life.chronicle import Record
from bot.life.compose_handoff import handoff
from bot.state.closings import SqlClosings
from bot.state.database import open_database
from runbooks.prepared import Outcome
from tests.rules.postmortems import entry
from tests.rules.runs import AT, asked, did, run_of, step
from tests.stories.incident_sample import NOW, REPORT, incident
from tests.stories.test_remediate import CHECK
from tests.stories.workshop_world import ERIN, town_with
from tests.stories.world import resolve

STEPS = (FirstStep("Look", "kubectl get pods"), FirstStep("If it fits", "/incident-action run restart-service"))
ACTED = (*asked(step("1")), *did("1"))


@pytest.fixture
async def town(tmp_path):
    async with town_with(tmp_path) as one:
        yield one


async def ran(town):
    await town.say("run restart")
    await town.react(await town.waits(), APPROVE, ERIN)
    await town.ended()
    return await town.run()


async def request(town):
    town.clock.forward(60)  # the newest run is that of the last moment
    await town.say("run restart")
    return town.chat.of(await town.waits()).text


async def test_the_first_request_warns_of_nothing(town):
    assert "⚠️" not in await request(town)


async def test_a_request_for_what_has_helped_says_that_it_ran_and_that_nothing_fires(town):
    before = await ran(town)
    await resolve(town.shop.desk)
    said = await request(town)
    assert f"⚠️ This step already ran at 03:42 UTC in this incident (`{before.id}`), and its check was good." in said
    assert "None of its alerts fires any more, since 0" in said
    assert said.index("⚠️") < said.index("Likely cause")


async def test_a_request_in_a_closed_incident_says_that_it_is_closed(town, tmp_path):
    await resolve(town.shop.desk)
    database = open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}")
    await SqlClosings(database).close(Closing(town.incident_id, 1, town.clock.now(), ERIN, "by a person"))
    await database.dispose()
    assert "⚠️ The incident is closed since 03:42 UTC." in await request(town)


async def test_a_request_for_what_did_not_help_says_that_too(town):
    town.hands.answer(CHECK, Outcome("failed", 1, seconds=1.0))
    await town.say("run restart")
    await town.react(await town.waits(), APPROVE, ERIN)
    await town.waits()
    await town.say("stop")
    await town.ended()
    assert ", and its check was not good." in await request(town)


async def test_what_was_known_then_stays_with_a_request_that_is_decided(town):
    await ran(town)
    await request(town)
    gate = await town.waits()
    await town.react(gate, APPROVE, ERIN)
    await town.ended()
    assert "Told then: This step already ran" in town.chat.of(gate).text


def suggested(*events, **changes):
    report = replace(REPORT, analysis=replace(REPORT.analysis, first_steps=STEPS))
    record = Record(incident(), report, runs=((run_of(**changes), events),))
    return as_text(handoff(record, entry("handoff"), NOW)).partition("Suggested")[2]


def test_a_handoff_suggests_a_runbook_until_it_has_come_to_its_end():
    since = incident().last_opened_at
    assert "run restart-service" in suggested(asked_at=since)
    assert "run restart-service" in suggested(*ACTED, Ended(AT, "failed"), asked_at=since)
    over = suggested(*ACTED, Ended(AT, "done"), asked_at=since)
    assert "run restart-service" not in over
    assert "kubectl get pods" in over
