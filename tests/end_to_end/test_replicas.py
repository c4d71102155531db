"""Several bots on one PostgreSQL: everything once, and what one leaves another takes up."""

import asyncio

import psycopg
import pytest

from bot.state.database import head
from bot.state.lease import LOST
from playground.slack import messages
from playground.slack.faults import Fault
from playground.slack.messages import Draft
from tests.chaos.noting import Program
from tests.chaos.person import ALICE, DANA, YES, Person, asked, over
from tests.chaos.place import library
from tests.end_to_end.replicas import freeze, open_replicas, other_version, wake
from tests.end_to_end.watch import until

pytestmark = pytest.mark.needs("postgres")

STEP = "steps:\n  - {name: touch it, action: exec, command: 'note {{service}}', approval: required}\n"
LATER = f"""
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head()}"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("later", sa.Text))
"""


UNFINISHED = """
select workflow_uuid, executor_id, application_version from dbos.workflow_status
where status in ('PENDING', 'ENQUEUED')
"""


def unfinished(url):
    """Of the stories that have not ended: id → who tells it, and the version that it was begun under."""
    with psycopg.connect(url) as looking:
        return {story: (executor, version) for story, executor, version in looking.execute(UNFINISHED)}


def noted(url, beginning):
    """How much of what begins so the replicas have told each other."""
    with psycopg.connect(url) as looking:
        return looking.execute("select count(*) from claims where name like %s", (f"{beginning}%",)).fetchone()[0]


def teller(replicas, url, kind):
    """Of the two, the one that tells the one story of this kind, and the other."""
    (executor,) = [who for story, (who, _) in unfinished(url).items() if story.startswith(f"{kind}:")]
    return sorted(replicas.bots, key=lambda one: f":{one.pid}:" not in executor)


async def everything_is_told(replicas, *services):
    for service in services:
        await until(lambda one=service: replicas.told(one), what=f"the briefing of {service}")


async def a_run(replicas, service):
    """Asked for by Dana in the incident's channel; its person and the gate that waits."""
    dana, alice = (Person(replicas.town, user, replicas.channel(service)) for user in (DANA, ALICE))
    await alice.join()
    await dana.say("/incident-action run one")
    return alice, await asked(replicas.channel(service))


def with_a_runbook(folder):
    note = Program(folder, "note")
    books = library(folder / "books", {"one": STEP})
    # Whether a step helped is watched for a quarter of an hour: a story that no test here waits for.
    return note, {"RUNBOOKS_DIR": str(books), "RUNBOOK_ALLOWED_PROGRAMS": str(note.path), "WATCH_S": "0"}


async def test_each_incident_step_and_answer_once_whoever_hears_of_it(tmp_path, postgres_url):
    note, more = with_a_runbook(tmp_path)
    services = [f"shop-{number}" for number in range(4)]
    async with open_replicas(tmp_path, postgres_url, 3, **more) as replicas:
        await until(lambda: replicas.town.slack.socket_mode.connections == 3, what="a socket of each")
        for service in services[:2]:
            await replicas.alert(service)
        for service in services[2:]:  # as two Alertmanagers send it
            await replicas.alert(service, *replicas.bots)
        await everything_is_told(replicas, *services)

        alice, gate = await a_run(replicas, services[0])
        await alice.react(gate, YES)
        assert (await over(replicas.channel(services[0]), 0))[0] == "done"
        assert [call.argv for call in note.calls] == [(services[0],)]

        channel = replicas.channel(services[1])
        said = messages.post(replicas.town.slack.workspace, channel, ALICE, Draft("<@U0PLAYGBOT> why?"))
        answers = await until(lambda: [m for m in channel.messages.values() if m.thread_ts == said.ts and m.bot_id])
        assert len(answers) == 1
        wanted = messages.post(replicas.town.slack.workspace, channel, ALICE, Draft("<@U0PLAYGBOT> get me a human"))
        await until(lambda: [m for m in channel.messages.values() if m.thread_ts == wanted.ts and m.bot_id])
        assert noted(postgres_url, f"heard {channel.id}:{wanted.ts}") == 1
        assert noted(postgres_url, f"last word topic {channel.id}") == 1
        assert noted(postgres_url, f"last word {channel.id}:") > 1

        for service in services:
            await replicas.alert(service, *replicas.bots, status="resolved")
        for service in services:
            await until(lambda one=service: replicas.is_over(one), what=f"the end of {service}")
        await asyncio.gather(*(one.stop() for one in replicas.bots))
        assert replicas.doubled() == []
        assert unfinished(postgres_url) == {}


async def test_what_a_killed_one_left_the_other_tells(tmp_path, postgres_url):
    async with open_replicas(tmp_path, postgres_url) as replicas:
        first, other = replicas.bots
        replicas.town.slack.workspace.faults.add(Fault("chat.postMessage", drop=True, times=None))
        await replicas.alert("checkout", first)
        await replicas.alert("search", other)
        await until(lambda: replicas.channel("checkout") and replicas.channel("search"), what="their channels")
        await first.kill()
        replicas.town.slack.workspace.faults.clear()
        await everything_is_told(replicas, "checkout", "search")
        await other.stop()
        assert replicas.doubled() == []
        assert unfinished(postgres_url) == {}


async def test_one_that_stood_still_longer_than_its_lease_does_no_harm_when_it_is_woken(tmp_path, postgres_url):
    note, more = with_a_runbook(tmp_path)
    # Half of what Slack has to say goes down the socket of the one that stands still, for so long.
    async with open_replicas(tmp_path, postgres_url, patience_s=10.0, **more) as replicas:
        await replicas.alert("checkout")
        await everything_is_told(replicas, "checkout")
        alice, gate = await a_run(replicas, "checkout")
        frozen, other = teller(replicas, postgres_url, "remediate")
        replicas.town.slack.workspace.faults.add(Fault("chat.postMessage", delay=2.0, times=None))
        await replicas.alert("search", frozen)
        await until(lambda: replicas.channel("search"), what="the channel of search")
        freeze(frozen)
        replicas.town.slack.workspace.faults.clear()
        await everything_is_told(replicas, "search")
        await alice.react(gate, YES)
        assert (await over(replicas.channel("checkout"), 0))[0] == "done"

        wake(frozen)
        await until(lambda: frozen.pid is None, what="the end of the one that was woken")
        assert await frozen.stop() == LOST
        await other.stop()
        assert [call.argv for call in note.calls] == [("checkout",)]
        assert replicas.doubled() == []


async def test_a_rolling_update_finishes_what_is_in_flight(tmp_path, postgres_url):
    note, more = with_a_runbook(tmp_path)
    async with open_replicas(tmp_path, postgres_url, 0, **more) as replicas:
        old = replicas.add(other_version(tmp_path, "1"))
        await old.start()
        await replicas.alert("checkout", old)
        await everything_is_told(replicas, "checkout")
        alice, gate = await a_run(replicas, "checkout")
        replicas.town.slack.workspace.faults.add(Fault("chat.postMessage", drop=True, times=None))
        await replicas.alert("search", old)
        await until(lambda: replicas.channel("search"), what="the channel of search")

        new = replicas.add(other_version(tmp_path, "9", LATER))
        await new.start()
        assert {version for _, version in unfinished(postgres_url).values()} == {"1"}  # a live one keeps its own
        await old.kill()
        replicas.town.slack.workspace.faults.clear()
        await everything_is_told(replicas, "search")
        await alice.react(gate, YES)
        assert (await over(replicas.channel("checkout"), 0))[0] == "done"
        await replicas.alert("basket", new)
        await everything_is_told(replicas, "basket")
        await new.stop()
        assert [call.argv for call in note.calls] == [("checkout",)]
        assert replicas.doubled() == []
        assert unfinished(postgres_url) == {}
