"""What of a model's wording of a postmortem may stand."""

from dataclasses import replace

import pytest

from bot.closing.check_wording import check_wording
from bot.closing.compose_postmortem import compose, with_chapters
from bot.closing.postmortem.markdown import markdown
from bot.domain.wording import Sentence, Wording
from tests.rules.postmortems import CLOSED, CLOSING, entry, record

DRAFT = compose(record())
ALL = {chapter.key: tuple({n: 0 for said in chapter.said for n in said.cites}) for chapter in DRAFT.chapters}
GOOD = Sentence("payment-service failed from 03:27 to 04:12 UTC, most likely through v2.34.1.", ALL["summary"])


def better(*sentences, draft=DRAFT):
    return check_wording(draft, Wording(sentences, (), ())).get("summary")


def test_what_rests_on_the_record_stands_in_the_models_words():
    (said,) = better(GOOD)
    whole = markdown(with_chapters(DRAFT, {"summary": (said,)}, "claude-sonnet-5-5"), CLOSED)
    assert "most likely through v2.34.1. [1]" in whole
    assert "Worded in part by claude-sonnet-5-5, checked against the record." in whole
    assert "«step 2» of runbook restart-service helped" not in whole.partition("## Impact")[0]
    assert "## Timeline (UTC)\n\n- **03:27**" in whole


@pytest.mark.parametrize(
    "bad",
    [
        Sentence("It was over soon.", ()),
        Sentence("It was over soon.", (1, 99)),
        Sentence("", (1,)),
        Sentence("It failed for 47 min.", (1,)),
        Sentence("It failed until 04:13 UTC.", (1,)),
        Sentence("v2.34.2 was at fault.", (1,)),
        Sentence("It was caused by v2.34.1.", (1,)),
        Sentence("<@U0DANA123> rolled it back.", (1,)),
        Sentence("@dana rolled it back.", (1,)),
    ],
)
def test_what_does_not_is_dropped(bad):
    assert better(GOOD, bad) == better(GOOD)
    assert better(bad) is None


def test_a_chapter_that_leaves_something_out_does_not_stand():
    assert better(replace(GOOD, cites=ALL["summary"][:1])) is None


def test_a_cause_that_people_confirmed_may_be_told_as_one():
    draft = compose(record(entries=[entry("cause", "the port was wrong")]))
    cites = tuple({n: 0 for said in draft.chapters[0].said for n in said.cites})
    assert better(Sentence("It was caused by a wrong port.", cites), draft=draft)
    false = compose(record(closing=replace(CLOSING, false_alarm=True)))
    cites = tuple({n: 0 for said in false.chapters[0].said for n in said.cites})
    assert better(Sentence("It fired because of nothing.", cites), draft=false)


def test_what_nobody_knows_stays_asked():
    draft = compose(record(report=None, runs=[], closing=replace(CLOSING, words="")))
    asked = draft.chapters[0].asked
    cites = tuple({n: 0 for said in draft.chapters[0].said for n in said.cites})
    told = with_chapters(draft, check_wording(draft, Wording((Sentence("It recovered.", cites),), (), ())), "m")
    assert told.chapters[0].asked == asked != ()
