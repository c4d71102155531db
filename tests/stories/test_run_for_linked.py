"""Whatever tells how to begin a runbook for a linked incident names that one: as it is, it would be for its lead."""

from dataclasses import replace

import pytest

from bot.domain.analysis import FirstStep
from bot.domain.move import Prepare
from bot.domain.plain import as_text
from bot.domain.question import Question, Source
from bot.domain.run import StepRefused
from bot.domain.said import Filled
from bot.domain.talk import Talk
from bot.questions.answer_from_evidence import answer
from bot.questions.compose_answer import from_model
from bot.runs import prepare_step
from bot.runs.job import Job
from tests.stories.incident_sample import FOUND, NOW, REPORT, incident
from tests.stories.test_linked import NEEDS_A_NUMBER, WEB, more, town_of
from tests.stories.workshop_world import DANA

RUN = "/incident-action run restart-service"
STEPS = (FirstStep("If it fits (each change asks first)", RUN),)
LED, ALONE = incident(id="INC-2", lead="INC-1"), incident(id="INC-2")


@pytest.mark.parametrize(("one", "command"), [(LED, f"`{RUN} incident=INC-2`"), (ALONE, f"`{RUN}`")])
def test_an_answer_from_evidence_begins_it_for_the_one_that_was_asked_about(one, command):
    report = replace(REPORT, analysis=replace(FOUND, first_steps=STEPS))
    assert command in answer("what should I do first?", one, report, NOW).headline


@pytest.mark.parametrize(
    ("one", "said", "command"),
    [
        (LED, RUN, f"`{RUN} incident=INC-2`"),
        (ALONE, RUN, f"`{RUN}`"),
        (LED, f"{RUN} incident=web pods=2", f"`{RUN} incident=web pods=2`"),
    ],
)
def test_so_does_what_a_model_answers(one, said, command):
    talk = Talk((), (Source(1, "error rate"),), text=f"It helped before [1]: `{said}`.", over=True)
    told = from_model(talk, Question("Q1", one.id, "C1", "1.0", "U0LEE", "what now?", NOW), one, NOW)
    assert command in as_text(told)


@pytest.mark.parametrize("linked", [True, False])
async def test_so_does_a_step_that_needs_what_nobody_knows(tmp_path, linked):
    async with town_of(tmp_path, NEEDS_A_NUMBER) as town:
        id_ = (await more(town, WEB)).id if linked else town.incident_id
        form = await town.say(f"run scale incident={id_}")
        await town.action.filled(Filled(form.does, form.value, DANA, {"replicas": "3"}, town.channel_id))
        (run,) = await town.shop.runs.of_incident(id_)
        await town.die()
        job = await Job.take_up(town.shop, run.id)
        job.run = replace(run, given={name: value for name, value in run.given.items() if name != "replicas"})
        await prepare_step.prepare(job, Prepare("1"))
        (refused,) = (event for event in job.events if isinstance(event, StepRefused))
    begin = f"run scale replicas=… incident={id_}" if linked else "run scale replicas=…"
    assert refused.reason == f"`replicas` is not known; `/incident-action {begin}` gives it"
