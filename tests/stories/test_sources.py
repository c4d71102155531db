"""The bot's own sources: what is open elsewhere is told where it can matter."""

from dataclasses import replace

import pytest

from bot.sources import OtherAlerts
from tests.stories.incident_sample import SCOPE, incident


class Open:
    """A journal with these open incidents."""

    def __init__(self, *incidents):
        self.incidents = incidents

    async def open_incidents(self):
        return self.incidents


@pytest.mark.parametrize(
    ("theirs", "ours", "told"),
    [
        ("production", "production", True),
        ("staging", "production", False),
        ("", "production", True),
        ("staging", "", True),
    ],
)
async def test_alerts_known_to_be_of_another_environment_stay_out(theirs, ours, told):
    other = incident(id="INC-OTHER", env=theirs)
    look = await OtherAlerts(Open(other)).look(replace(SCOPE, env=ours))
    assert {alert.incident_id for alert in look.findings} == ({"INC-OTHER"} if told else set())


async def test_its_own_alerts_and_those_of_strangers_are_not_other_alerts():
    own, stranger = incident(id=SCOPE.incident_id), incident(id="INC-FAR", service="elsewhere")
    assert (await OtherAlerts(Open(own, stranger)).look(SCOPE)).findings == ()
