"""The short form of `make bench-storm`: a storm to the bot as a process, and every alert of it found again."""

import pytest

from bot.domain.storm import is_one_too_many
from tests.bench.storm import Row, measure, report
from tests.bench.storm_alerts import storm

SERVICES = 30


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres"))])
async def test_no_alert_of_a_storm_is_lost_or_doubled_and_each_is_found_from_its_incident(tmp_path, database, request):
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    row = Row(alerts=200, services=SERVICES, seconds=4, minutes=2)
    outcome = await measure(row, tmp_path, url, STORM_THRESHOLD="5", SOURCE_TIMEOUT_S="4")

    assert (outcome.lost, outcome.doubled, outcome.unfindable, outcome.unseen) == (0, 0, 0, 0), report([outcome])
    assert outcome.stored == outcome.distinct
    assert (outcome.incidents, outcome.state.storms) == (SERVICES, 1)
    assert outcome.told_s is not None, report([outcome])
    assert f"{outcome.sent} ({outcome.distinct})" in report([outcome])


@pytest.mark.parametrize("services", [1, 30, 300])
def test_what_is_sent_repeats_itself_resolves_and_fires_again(services):
    made = storm(1_000, services)
    told = [(a["fingerprint"], a["startsAt"], a["status"]) for body in made.bodies for a in body["alerts"]]

    assert len(told) == made.sent == 1_000
    assert len(made.first_of) == services
    assert len(set(told)) < len(told)
    assert {status for *_, status in told} == {"firing", "resolved"}
    assert len({fingerprint for fingerprint, _ in made.firing}) < len(made.firing)
    assert all(body["alerts"] for body in made.bodies)
    assert is_one_too_many(services, 10) is (services > 10)


def test_each_service_has_an_alert_of_its_own_also_where_there_are_nearly_as_many():
    assert len(storm(1_000, 999).first_of) == 999
