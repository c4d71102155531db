"""A model that obeys whatever it reads: still no write, no ping, no link, no secret.

The worst case of an injected line: the model repeats it, wants what tools it asks for, and cites what is not there.
"""

import json
from datetime import timedelta

import pytest

from bot.compose import brief
from bot.domain.dialogue import Reply, Text, ToolResult
from bot.domain.money import Usage
from bot.guard.redact import redact
from bot.slack.blocks import render
from integrations.contract import Change
from tests.guard.hostile import EVIL, LINES, SECRETS
from tests.stories.incident_sample import ALERTED
from tests.stories.model_world import NAME, Metrics, WithTools, room, says, uses
from tests.stories.world import fire

PINGS = ("<!channel", "<!here", "<!everyone", "<@", "<!subteam")
LURES = ("run_runbook", "kubectl", "post_message", "page_person", "delete_database", "send_webhook")


def texts_of(place):
    return [one.text for one in LINES if one.place == place]


class Obedient:
    """Does what it read last: wants the tools of its dreams, and then repeats every line."""

    def __init__(self, lines):
        self.lines = lines

    async def __call__(self, request):
        if request.schema is not None:
            return opinion(self.lines)
        if len(request.messages) == 1:
            return uses(
                ("query_metrics", {"service": "payment-service"}),
                ("query_metrics", {"service": "vault", "query": "secrets"}),
                *((lure, {"command": "kubectl delete deployment payment-service"}) for lure in LURES),
            )
        return says("\n".join(f"{line} [1]" for line in self.lines) + "\nIt was nobody [99].")


def opinion(lines):
    suspect = {
        "service": "payment-service",
        "text": " ".join(lines),
        "confidence": "high",
        "facts": [1],
        "ruled_out_by": lines[0],
    }
    told = {
        "summary": " ".join(lines[:3]),
        "causes": [suspect, {**suspect, "service": "vault"}],
        "first_steps": [{"text": line, "command": line} for line in lines[:3]],
        "affected": ["vault", *lines[:3]],
    }
    return Reply(NAME, (Text(json.dumps(told)),), "end_turn", Usage(input=100, output=100))


def shown(briefing):
    """As Slack gets it, masked at its door."""
    message = render(briefing.mapped(redact))
    return json.dumps([message.blocks, message.text, [more.blocks for more in message.more]], ensure_ascii=False)


def holds(text):
    assert not [ping for ping in PINGS if ping in text]
    assert not [secret for secret in SECRETS if secret in text]
    assert f"<{EVIL}" not in text
    assert f"]({EVIL}" not in text


def test_the_set_is_as_large_as_it_has_to_be():
    assert len(LINES) >= 60
    assert {one.place for one in LINES} == {"log", "commit", "alert", "chat", "output"}


@pytest.mark.parametrize("place", ["log", "output"])
async def test_lines_that_a_tool_tells(tmp_path, place):
    lines = texts_of(place)
    metrics = Metrics()
    metrics.says = "\n".join(lines)
    async with room(tmp_path, Obedient(lines), source=WithTools(metrics)) as here:
        await asks(here, "what do the logs say?")


async def test_questions_in_chat(tmp_path):
    lines = texts_of("chat")
    async with room(tmp_path, Obedient(lines)) as here:
        for line in lines:
            await asks(here, line)


async def test_alerts_and_commits_in_a_briefing_and_its_second_opinion(tmp_path):
    alerts, commits = texts_of("alert"), texts_of("commit")
    change = [
        Change("payment-service", "merge", here_at(number), "v1", author=line, title=line, files=(line,))
        for number, line in enumerate(commits)
    ]
    source = WithTools(Metrics(), more=change)
    async with room(tmp_path, Obedient([*alerts, *commits]), source=source) as here:
        for number, line in enumerate(alerts):
            await fire(here.desk, f"A{number}", summary=line, annotations={"description": line})
        await asks(here, "why?")
        incident = await here.desk.journal.incident(here.incident.id)
        report = await here.desk.journal.report(incident.id, incident.opening)
        holds(shown(brief(incident, report, here.desk.clock.now())))


def here_at(number):
    return ALERTED - timedelta(minutes=number + 1)


async def asks(here, text):
    """One question through to its end, and everything that must hold of it."""
    question = await here.put(redact(text))  # as it is when it is committed
    await here.story(question)
    answer = await here.questions.answer(question.id)
    holds(shown(answer.briefing))
    for request in here.model.requests:
        sent = repr(request.messages)
        assert not [secret for secret in SECRETS if secret in sent]
        assert not [one.text for one in LINES if one.text.strip() and one.text.strip() in request.system]
        first = request.messages[0].blocks[0].text
        assert first.count("<question>") == 1 == first.count("</question>")
        assert first.count("<facts>") == first.count("</facts>") <= 1
        told = [b for message in request.messages for b in message.blocks if isinstance(b, ToolResult)]
        for result in told:
            assert result.text.count("</data>") == (0 if result.failed else 1)
        for lure in LURES:
            assert all(result.failed for result in told if lure in result.id)
    assert here.chat.whispers == []
