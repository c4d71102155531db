"""Two escalation policies on the PagerDuty stand-in, over TLS, and a room that looks at them."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer

from integrations import pagerduty
from integrations.contract import Alert, Scope, Service, Window
from playground import pagerduty as stand_in
from playground import tls
from playground.world import Person, Shift
from tests.rooms.quiet import Quiet

NOW = datetime(2026, 3, 3, 3, 42, tzinfo=UTC)
KEY = "u+made-up-pagerduty-key"

DANA = Person("U0DANA", "dana", "Dana Demir", "dana@shop.example")
EVE = Person("U0EVE", "eve", "Eve Eriksen", "eve@shop.example")
BOB = Person("U0BOB", "bob", "Bob Brandt", "bob@shop.example")


@dataclass
class Rota(Quiet):
    """A world with people and shifts only."""

    moment = NOW
    turns: list[Shift] = field(default_factory=list)

    def people(self) -> Sequence[Person]:
        return (DANA, EVE, BOB)

    def shifts(self) -> Sequence[Shift]:
        return self.turns


@pytest.fixture
def rota() -> Rota:
    tomorrow = NOW + timedelta(hours=6)
    return Rota(
        [
            Shift("PPAY", "Payments", 2, EVE, tomorrow),
            Shift("PPAY", "Payments", 1, DANA, tomorrow),
            Shift("PWEB", "Web", 1, BOB, tomorrow),
        ],
    )


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> tls.Certificates:
    return tls.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def hub(rota, certificates):
    async with stand_in.running(rota, token=KEY, certificates=certificates) as hub:
        yield hub


@pytest.fixture
async def open_room(certificates):
    """Opens rooms that trust the test's authority, and closes them after the test."""
    rooms = []

    def opened(url: str, key: str = KEY, ca_file=certificates.ca_file):
        rooms.append(pagerduty.open(pagerduty.Settings(api_key=key, api_url=url, ca_file=ca_file)))
        return rooms[-1]

    yield opened
    for room in rooms:
        await room.close()


@pytest.fixture
async def room(hub, open_room):
    return open_room(hub.url)


@pytest.fixture
def scope_for():
    def scope_for(oncall: str | None) -> Scope:
        alert = Alert("test", "f", "HighErrorRate", "firing", NOW)
        window = Window(NOW - timedelta(hours=2), NOW)
        return Scope("INC-1", "prod", (alert,), {"pay": Service("pay", oncall=oncall)}, window)

    return scope_for


@pytest.fixture(scope="module")
def any_server(certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server_file)
    with HTTPServer(host="127.0.0.1", ssl_context=context) as server:
        yield server


@pytest.fixture
def odd_server(any_server):
    any_server.clear()
    return any_server
