"""What the bot answers out of the last look: the part that was asked for, or that it does not know."""

import pytest

from bot.domain.plain import as_text
from bot.questions.answer_from_evidence import answer
from tests.stories.incident_sample import NOW, REPORT, incident

INCIDENT = incident()


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("why is this happening?", "Likely cause"),
        ("did anything change in the gateway?", "Changed recently"),
        ("who is on call", "On call"),
        ("what can I do first?", "First steps"),
        ("Was it like this BEFORE", "Seen before"),
        ("how bad is it", "Measured"),
        ("give me the timeline", "Timeline"),
        ("which runbook fits?", "Runbooks"),
    ],
)
def test_the_part_that_was_asked_for_comes_first(question, words):
    text = as_text(answer(question, INCIDENT, REPORT, NOW))
    assert text.startswith(words), text
    assert "no model was used" in text


def test_what_is_not_understood_is_not_made_up():
    text = as_text(answer("tell me a joke", INCIDENT, REPORT, NOW))
    assert text.startswith("I don't know.")
    assert "changes" in text


def test_before_the_first_look_is_over_it_says_so():
    assert "still looking" in as_text(answer("why?", INCIDENT, None, NOW))
