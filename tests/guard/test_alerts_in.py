"""Alerts are masked before they are stored: from the webhook to every byte of the database."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from bot.domain.names import channel_name
from bot.intake import Intake
from bot.measures import Measures
from bot.state.database import migrate, open_database
from bot.state.journal import journal
from bot.web.webhooks import Sender, routes
from integrations.alertmanager.alerts import parse
from integrations.contract import Alert
from tests.guard.made import JWT, KEYS, PASSWORD, PLACES, pem

NOW = datetime(2026, 11, 21, 3, 42, tzinfo=UTC)
TOKEN = "a-token"
GITHUB = KEYS["github token"][1]
URL = f"https://user:{PASSWORD}@prometheus.internal:9090/graph?access_token={GITHUB}"


class SetClock:
    def now(self):
        return NOW


@pytest.fixture
async def bot(tmp_path):
    """(client, journal, folder of the database): the real webhook, intake and journal on SQLite."""
    database_url = f"sqlite:///{tmp_path / 'test.sqlite'}"
    migrate(database_url)
    engine = open_database(database_url)
    record = journal(engine, SetClock(), (("service", "job", "alertname"), ("env",), 3600))

    async def begin(incident_id, opening):
        return None

    measures = Measures()
    intake = Intake(record, begin, asyncio.Event(), measures)
    sender = Sender("alertmanager", "ALERTMANAGER_WEBHOOK_TOKEN", SecretStr(TOKEN), parse)
    transport = httpx.ASGITransport(Starlette(routes=routes((sender,), intake.take, measures)))
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        yield client, record, tmp_path
    await engine.dispose()


def payload(status="firing", **alert):
    found = {
        "status": status,
        "labels": {"alertname": "HighErrorRate", "service": "checkout", "env": "production", "severity": "critical"},
        "annotations": {},
        "startsAt": "2026-11-21T03:40:00Z",
        "endsAt": "2026-11-21T03:50:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": "a1b2c3d4e5f60718",
    }
    for key, value in alert.items():
        found[key] = found[key] | value if isinstance(value, dict) else value
    return {"version": "4", "status": status, "groupKey": "{}", "alerts": [found]}


async def send(client, body):
    answer = await client.post("/webhooks/alertmanager", json=body, headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 202
    return answer


def stored(folder):
    return b"".join(file.read_bytes() for file in folder.iterdir())


@pytest.mark.parametrize("words", [1, 10_000])
async def test_an_alert_is_masked_however_long_it_is(bot, words):
    client, record, folder = bot
    await send(client, payload(annotations={"description": f"{GITHUB} {'word ' * words}"}))

    (incident,) = await record.open_incidents()
    assert incident.alerts[0].annotations["description"].startswith("[redacted: github token] word")
    assert GITHUB.encode() not in stored(folder)


async def test_no_byte_of_the_database_holds_a_secret_of_an_alert(bot):
    client, record, folder = bot
    key = pem()
    body = payload(
        labels={"db_password": PASSWORD, "instance": f"redis://:{PASSWORD}@cache:6379", "note": JWT},
        annotations={
            "summary": f"login failed with password={PASSWORD}",
            "description": f"curl -H 'Authorization: Bearer {JWT}' answered 401\n{key}",
            GITHUB: "as a key",
        },
        generatorURL=URL,
    )
    (incident_id,) = (await send(client, body)).json()["incidents"]

    held = stored(folder)
    for secret in (PASSWORD, GITHUB, JWT.rpartition(".")[2], key.split("\n")[1]):
        assert secret.encode() not in held

    (alert,) = (await record.incident(incident_id)).alerts
    assert alert.labels["db_password"] == "[redacted: password]"
    assert alert.labels["service"] == "checkout"
    assert alert.summary == "login failed with password=[redacted: password]"
    assert alert.url == (
        "https://user:[redacted: url password]@prometheus.internal:9090/graph?access_token=[redacted: github token]"
    )


async def test_service_title_and_channel_carry_no_secret(bot):
    client, record, folder = bot
    body = payload(labels={"service": GITHUB, "alertname": f"down {URL}"})
    (incident_id,) = (await send(client, body)).json()["incidents"]

    incident = await record.incident(incident_id)
    assert incident.service == "[redacted: github token]"
    assert GITHUB not in incident.title
    assert PASSWORD not in incident.title
    assert channel_name(incident.service, incident.started_at) == "inc-redacted-github-token-1121-0340"
    assert GITHUB.encode() not in stored(folder)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
async def test_a_secret_in_any_place_of_a_summary_is_not_taken(place):
    taken = await take_one(alert(summary=place.text()))
    assert (place.secret or PASSWORD) not in repr(taken)


@pytest.mark.parametrize("name", KEYS)
async def test_a_known_secret_in_a_label_is_not_taken(name):
    secret = KEYS[name][1]
    taken = await take_one(alert(name=secret, labels={"pod": f"a-{secret}" if " " in secret else secret, secret: "x"}))
    assert secret not in repr(taken)


async def test_the_identity_of_an_alert_stays_as_it_came():
    """Whatever it looks like: another identity would make a second incident of each repetition."""
    one = alert(
        source=f"s-{GITHUB}",
        fingerprint=GITHUB,
        ends_at=NOW,
        reopened_at=NOW,
        dated=False,
        summary=f"token={GITHUB}",
    )
    assert await take_one(one) == replace(one, summary="token=[redacted: github token]")


async def test_an_alert_without_a_secret_is_taken_as_it_came():
    one = alert(summary="Errors of checkout are 23.4 %", labels={"service": "checkout", "git_sha": "9f1c2d3e" * 5})
    assert await take_one(one) == one


async def test_a_repetition_with_another_secret_is_still_the_same_alert(bot):
    client, record, _ = bot
    await send(client, payload(labels={"db_password": PASSWORD}))
    await send(client, payload(labels={"db_password": "another" + PASSWORD}))
    (incident,) = await record.open_incidents()
    assert len(incident.alerts) == 1

    await send(client, payload("resolved", labels={"db_password": PASSWORD}))
    assert (await record.incident(incident.id)).status == "resolved"


async def test_what_is_stored_is_json_of_the_masked_alert_only(bot):
    """Masking may not break what a label holds: quotes, line breaks, any Unicode, 10 kB."""
    client, record, _ = bot
    odd = {"a": "\u0000\"'\\\n\u2028💥" + "ä" * 10_000, "b": json.dumps({"password": PASSWORD}), "": "empty name"}
    (incident_id,) = (await send(client, payload(labels=odd))).json()["incidents"]
    (kept,) = (await record.incident(incident_id)).alerts
    assert PASSWORD not in repr(kept)
    assert kept.labels["b"] == '{"password": "[redacted: password]"}'
    assert kept.labels["a"].endswith("ä")


def alert(**more):
    given = {"source": "alertmanager", "fingerprint": "f1", "name": "HighErrorRate", "status": "firing"}
    return Alert(**given | {"starts_at": NOW - timedelta(minutes=2)} | more)


async def take_one(one):
    """What the intake hands to the journal."""
    kept = []

    class Book:
        async def take(self, alerts):
            kept.extend(alerts)
            return ()

    assert await Intake(Book(), None, asyncio.Event(), Measures()).take([one]) == ()
    (found,) = kept
    return found
