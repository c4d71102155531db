"""How long an incident took counts from where its opening began, in the proposal and in the word that it is closed."""

from datetime import timedelta

import pytest

from bot.closing import closing_message
from bot.closing.postmortem.record import Record
from bot.domain.closing import Closing
from bot.domain.plain import as_text
from tests.stories.incident_sample import ALERTED, incident

AGAIN = ALERTED + timedelta(days=3)
ENDED = timedelta(minutes=20)
REOPENED = incident(opening=2, reopened_at=AGAIN, status="resolved", resolved_at=AGAIN + ENDED)


def closing(opening, at):
    return Closing("INC-ABCDEFGHIJ", opening, at, "U1", "by a person")


def head(over, closed):
    return as_text(closing_message.closed(over, closed, None)).splitlines()[0]


def test_the_first_opening_is_counted_from_its_alert():
    over = incident(status="resolved", resolved_at=ALERTED + ENDED)
    assert head(over, closing(1, ALERTED + 2 * ENDED)) == "🔒 Closed 04:22 UTC by <@U1> · 20 min after the alert"
    asked = as_text(closing_message.proposal(over, "", AGAIN, ALERTED + 2 * ENDED))
    assert "resolved 20 min after the alert · quiet for 20 min" in asked


def test_a_later_one_is_counted_from_when_it_was_opened_again():
    assert head(REOPENED, closing(2, AGAIN + 2 * ENDED)).endswith(" · 20 min after it was opened again")
    asked = as_text(closing_message.proposal(REOPENED, "", AGAIN + timedelta(days=1), AGAIN + 2 * ENDED))
    assert "resolved 20 min after it was opened again · quiet for 20 min" in asked


@pytest.mark.parametrize(("opening", "end"), [(1, " · 20 min after the alert"), (2, "")])
def test_of_one_before_the_present_one_only_the_first_has_a_beginning_that_is_known(opening, end):
    """The message of an opening that is over is shown anew, such as once its postmortem was reviewed."""
    third = incident(opening=3, reopened_at=AGAIN)
    assert head(third, closing(opening, ALERTED + ENDED)) == f"🔒 Closed 04:02 UTC by <@U1>{end}"


@pytest.mark.parametrize(("opening", "at"), [(1, ALERTED + ENDED), (2, AGAIN + ENDED)])
def test_the_postmortem_of_the_same_closing_counts_from_the_same_moment(opening, at):
    record = Record(REOPENED, closing(opening, at), None)
    assert record.ended - record.opened == ENDED
    assert "· 20 min after" in head(REOPENED, closing(opening, at))
