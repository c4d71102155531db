"""The bot's own sources: what is open elsewhere is told where it can matter."""

from dataclasses import replace

import pytest

from bot.sources import OtherAlerts
from tests.stories.incident_sample import SCOPE
from tests.stories.world import desk_with, fire, resolve

SERVICE = SCOPE.service.name
OWN = {"service": SERVICE, "env": "production"}


@pytest.fixture
async def desk(tmp_path):
    async with desk_with(tmp_path, None) as desk:
        yield desk


async def told(desk, **scope):
    look = await OtherAlerts(desk.journal).look(replace(SCOPE, **scope))
    return sorted((alert.name, alert.service) for alert in look.findings)


@pytest.mark.parametrize(
    ("theirs", "ours", "is_told"),
    [
        ("production", "production", True),
        ("staging", "production", False),
        ("", "production", True),
        ("staging", "", True),
    ],
)
async def test_alerts_known_to_be_of_another_environment_stay_out(desk, theirs, ours, is_told):
    await fire(desk, "Slow", labels={"service": SERVICE} | ({"env": theirs} if theirs else {}))
    assert await told(desk, env=ours) == ([("Slow", SERVICE)] if is_told else [])


async def test_its_own_alerts_and_those_of_strangers_are_not_other_alerts(desk):
    own = await fire(desk, "Own", labels=OWN)
    await fire(desk, "Far", labels={"service": "elsewhere", "env": "production"})
    assert await told(desk, incident_id=own.incident_id) == []


async def test_what_was_resolved_there_is_not_open(desk):
    await fire(desk, "Slow", labels=OWN)
    await fire(desk, "Failing", labels=OWN)
    await resolve(desk, "Slow", labels=OWN)
    assert await told(desk) == [("Failing", SERVICE)]
    await resolve(desk, "Failing", labels=OWN)
    assert await told(desk) == []


async def test_it_counts_what_is_open(desk):
    await fire(desk, "Slow", labels=OWN)
    await fire(desk, "Failing", labels=OWN)
    await fire(desk, "Far", labels={"service": "elsewhere", "env": "production"})
    assert await desk.journal.count_open() == 2
    await resolve(desk, "Far", labels={"service": "elsewhere", "env": "production"})
    assert await desk.journal.count_open() == 1
