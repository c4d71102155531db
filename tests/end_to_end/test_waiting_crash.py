"""kill -9 while much waits for its turn before Slack: what waited is in the database, and is said, once."""

import pytest

from playground.slack.rates import REAL, Rate
from tests.end_to_end.replicas import open_replicas
from tests.end_to_end.watch import said_by_bot, until

SERVICES = [f"shop-{number}" for number in range(9)]
KILLED_AFTER = 4
"""Lines in the incidents channel, which gets one of each incident: the others wait."""


def notices(replicas):
    return said_by_bot(replicas.town.slack.workspace.named("incidents"))


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres"))])
async def test_killed_with_many_waiting_it_says_each_of_them_once(tmp_path, database, request):
    url = f"sqlite:///{tmp_path / 'test.sqlite'}" if database == "sqlite" else request.getfixturevalue("postgres_url")
    async with open_replicas(tmp_path, url, 1, SLACK_LIMITS="published") as replicas:
        (one,) = replicas.bots
        meter = replicas.town.slack.workspace.meter
        meter.rates.update(REAL | {"chat.postMessage": Rate(1, 1.0, per_channel=True)})
        for service in SERVICES:
            await replicas.alert(service, one)
        await until(lambda: len(notices(replicas)) >= KILLED_AFTER, what="the first lines")
        await one.kill()
        assert len(notices(replicas)) < len(SERVICES)

        await one.start()
        for service in SERVICES:
            await until(lambda each=service: replicas.told(each), what=f"the briefing of {service}")
        await until(lambda: len(notices(replicas)) >= len(SERVICES), what="a line for each")
        await one.stop()
        assert replicas.doubled() == []
        assert len(notices(replicas)) == len(SERVICES)
