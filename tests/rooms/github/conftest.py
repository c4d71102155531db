"""A small company on the GitHub stand-in, and a room that looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from integrations import github
from integrations.contract import Alert, Scope, Service, Window
from playground import github as stand_in
from playground.world import Rollout
from tests.rooms.quiet import Quiet

ALERTED = datetime(2026, 3, 3, 3, 42, tzinfo=UTC)
NOW = ALERTED + timedelta(seconds=20)
TOKEN = "ghp_a-made-up-token-0123456789"
REPO = "shop/payments"


@dataclass
class Company(Quiet):
    """A world with rollouts only."""

    moment = NOW
    told: list[Rollout]

    def rollouts(self) -> Sequence[Rollout]:
        return self.told


def rolled_out(number: int, before: timedelta, **other: object) -> Rollout:
    """The `number`th rollout of the payments service, so long before the alert."""
    fields: dict[str, object] = {
        "service": "payments",
        "repo": REPO,
        "time": ALERTED - before,
        "version": f"v2.{number}.0",
        "previous": f"v2.{number - 1}.0",
        "author": "alice",
        "title": f"Change number {number}",
        "sha": f"{number:040x}",
        "pull_request": 400 + number,
        "files": {f"src/part{number}.py": "@@ -1 +1 @@\n-old\n+new"},
    }
    return Rollout(**{**fields, **other})  # type: ignore[arg-type]


def scope_of(*services: Service, env: str = "prod") -> Scope:
    alert = Alert("test", "f", "HighErrorRate", "firing", ALERTED, labels={"service": services[0].name})
    window = Window(ALERTED - timedelta(hours=2), NOW)
    return Scope("INC-1", env, (alert,), {one.name: one for one in services}, window)


@pytest.fixture
def scope() -> Scope:
    return scope_of(Service("payments", repo=REPO))


@pytest.fixture
def make_scope():
    return scope_of


@pytest.fixture
def rollout():
    return rolled_out


@pytest.fixture
def company() -> Company:
    return Company([rolled_out(1, timedelta(days=9)), rolled_out(2, timedelta(minutes=15))])


@pytest.fixture
async def hub(company: Company):
    async with stand_in.running(company, token=TOKEN, repos={"shop/quiet"}) as hub:
        yield hub


@pytest.fixture
async def open_room():
    """Opens rooms, and closes them after the test."""
    rooms = []

    def opened(url: str, token: str = TOKEN, ca_file=None):
        rooms.append(github.open(github.Settings(token=token, api_url=url, ca_file=ca_file)))
        return rooms[-1]

    yield opened
    for room in rooms:
        await room.close()


@pytest.fixture
async def room(hub, open_room):
    return open_room(hub.url)
