"""The bot's own tools: the catalog, the runbooks, the record and the logs, as a model gets to read them."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.catalog import Catalog
from bot.domain.run import Ended
from bot.looking.toolbox import specs_of
from bot.state.database import migrate, open_database
from bot.state.journal import journal
from bot.state.runs import SqlRuns
from bot.tools import own_specs, own_tools
from integrations.contract import TOOL_ANSWER_BYTES, Gap, LogLine, Logs, Look, Refused, Service, Unreachable
from runbooks.loader import load
from runbooks.model import Library, Runbook, Step
from tests.rules.runs import run_of
from tests.stories.incident_sample import ALERTED, BEGAN, NOW, REPORT, SCOPE, SERVICE
from tests.stories.incident_sample import alert as made_alert
from tests.stories.world import SetClock

OWN = SERVICE.name
CATALOG = Catalog(
    {
        OWN: replace(SERVICE, oncall="PPAY"),
        "checkout": Service("checkout", depends_on=(OWN,)),
        "ledger": Service("ledger"),
    }
)
LABELS = {"service": OWN, "env": "production"}


def line(before, message="connection refused: gateway:8443", service=OWN, level="ERROR"):
    return LogLine(NOW - timedelta(seconds=before), service, message, level)


class LogsOf:
    """A source of logs with these lines."""

    name = "elasticsearch"
    tools = ()

    def __init__(self, *lines, gaps=()):
        ordered = tuple(sorted(lines, key=lambda one: one.time))
        self._look = Look(
            (Logs(ordered, len(ordered), "https://kibana.example/x", ALERTED - timedelta(hours=1)),), gaps
        )

    async def look(self, scope):
        return self._look


@dataclass
class World:
    journal: object
    runs: object
    library: object = Library()
    logs: object = None

    async def use(self, tool, scope=SCOPE, **arguments):
        sources = (self.logs,) if self.logs else ()
        known = {one.spec.name: one for one in own_tools(CATALOG, self.library, self.journal, self.runs, sources)}
        return await known[tool].use(arguments, scope)

    async def incident(self):
        """An incident in the record, with its report; the scope that asks about it."""
        (taken,) = await self.journal.take([made_alert(labels=LABELS)])
        await self.journal.keep_report(taken.incident_id, taken.opening, REPORT)
        return replace(SCOPE, incident_id=taken.incident_id)


@pytest.fixture
async def world(tmp_path):
    url = f"sqlite:///{tmp_path / 'tools.sqlite'}"
    migrate(url)
    database = open_database(url)
    yield World(journal(database, SetClock(), (("service",), ("env",), 3600)), SqlRuns(database))
    await database.dispose()


@pytest.fixture
async def away(tmp_path):
    """A world whose database is not there."""
    database = open_database(f"sqlite:///{tmp_path / 'nowhere' / 'tools.sqlite'}")
    yield World(journal(database, SetClock(), (("service",), ("env",), 3600)), SqlRuns(database))
    await database.dispose()


def test_who_has_no_tools_knows_them_all_the_same(world):
    """The bot's own process tells a model of what the process that looks will offer."""
    for logs, names in ((None, ()), (LogsOf(), ("elasticsearch",))):
        sources = (logs,) if logs else ()
        tools = own_tools(CATALOG, world.library, world.journal, world.runs, sources)
        assert specs_of(sources, own_specs(names)) == specs_of(sources, [tool.spec for tool in tools])


async def test_facts_of_a_service(world):
    answer = await world.use("service_facts", service=OWN)
    assert answer.text.splitlines() == [
        OWN,
        "owner: payments",
        "tier: 1",
        "repository: acme/payment-service",
        "calls: ledger",
        "called by: checkout",
        "dashboards: Payments overview",
    ]
    assert (answer.url, answer.services, answer.hard) == ("https://grafana.example/d/pay", (OWN,), True)


async def test_a_service_that_nobody_wrote_down(world):
    scope = replace(SCOPE, services={"stray": Service("stray")})
    assert "services.yaml does not name it" in (await world.use("service_facts", scope, service="stray")).text


async def test_facts_of_another_incident_s_service_are_refused(world):
    with pytest.raises(Refused, match=f"'checkout' is no service of this incident; ask about {OWN}, ledger"):
        await world.use("service_facts", service="checkout")


# ── runbooks ─────────────────────────────────────────────────────────────────────────────────────


async def test_every_runbook_that_comes_along_can_be_read_whole(world):
    world.library = load(None)
    for book in world.library.runbooks:
        answer = await world.use("read_runbook", id=book.id)
        assert answer.cut == ""
        assert answer.hard is False
        for step in book.steps:
            for one in (step, *step.then):
                assert not one.command or " ".join(one.command.split("\n"))[:80] in answer.text, one


async def test_a_runbook_in_words(world):
    world.library = load(None)
    lines = (await world.use("read_runbook", id="rollback-deployment")).text.splitlines()
    assert lines[0] == "rollback-deployment · Roll back a deployment · risk high"
    assert lines[1].startswith("fits when: alert *ErrorRate*|")
    assert "3. roll back to the revision before [exec, asks a person]" in lines
    assert "   kubectl rollout undo deployment/{{service}} -n {{namespace}}" in lines
    assert any(one.startswith("   then checks: kubectl rollout status") for one in lines)
    assert any(one.startswith("   undone by: kubectl rollout undo") for one in lines)


async def test_a_long_runbook_is_cut_and_says_so(world):
    steps = tuple(Step("exec", f"step {n}", "kubectl get pods " + "x" * 300) for n in range(60))
    world.library = Library((Runbook("long", "Long", steps),))
    answer = await world.use("read_runbook", id="long")
    assert len(answer.text.encode()) <= TOOL_ANSWER_BYTES
    assert answer.text.endswith(f"(cut: {answer.cut})")


async def test_headers_and_bodies_of_requests_are_left_out(world):
    details = {"url": "https://x.example/y", "method": "POST", "headers": {"X-Key": "k"}, "body": "b0dy"}
    world.library = Library((Runbook("call", "Call", (Step("http", "call", details=details),)),))
    answer = await world.use("read_runbook", id="call")
    assert "url: https://x.example/y, method: POST" in answer.text
    assert "b0dy" not in answer.text
    assert "X-Key" not in answer.text


async def test_the_list_and_what_is_not_in_it(world):
    library = load(None)
    world.library = Library((*library.runbooks, Runbook("theirs", "Theirs", (), service="checkout")))
    answer = await world.use("read_runbook", id="")
    assert answer.text.startswith(f"{len(library.runbooks)} runbooks\n")
    assert "theirs" not in answer.text
    for unknown in ("theirs", "rm -rf", "../../etc/passwd"):
        with pytest.raises(Refused, match=r'no runbook .* here; there are .*, and id "" lists all'):
            await world.use("read_runbook", id=unknown)


# ── the record ───────────────────────────────────────────────────────────────────────────────────


async def test_open_alerts_here_and_elsewhere(world):
    scope = await world.incident()
    await world.journal.take([made_alert("SlowQueries", labels={"service": "ledger", "env": "production"})])
    await world.journal.take([made_alert("Far", labels={"service": "elsewhere", "env": "production"})])
    answer = await world.use("open_alerts", scope)
    head, own, other = answer.text.splitlines()
    assert head == "1 of this incident, 1 of others on its services"
    assert own == "here: HighErrorRate (critical) since 11-21 03:42"
    assert other.endswith(": SlowQueries on ledger (critical) since 11-21 03:42")
    assert answer.services == (OWN, "ledger")


async def test_a_storm_of_alerts_is_cut(world):
    names = [made_alert(f"Alert{n}-{'x' * 200}", labels=LABELS, fingerprint=str(n)) for n in range(200)]
    answer = await world.use("open_alerts", replace(SCOPE, alerts=tuple(names)))
    assert len(answer.text.encode()) <= TOOL_ANSWER_BYTES
    assert answer.cut.endswith(" of 200 alerts")


async def test_the_timeline_in_order(world):
    scope = await world.incident()
    await world.runs.open(run_of(id="R7", incident_id=scope.incident_id, asked_at=NOW))
    await world.runs.append("R7", 0, Ended(NOW + timedelta(seconds=9), "denied", "said no"))
    answer = await world.use("timeline", scope)
    head, *lines = answer.text.splitlines()
    assert head == f"{scope.incident_id}, {OWN}, open"
    assert lines == sorted(lines)
    told = [one.split(" ", 2)[2] for one in lines]
    assert told[0] == f"deployment of {OWN} v2.34.1 by alice: Update payment gateway integration"
    assert "it began: the first lasting departure from normal" in told
    assert f"a new log pattern of {OWN}, 1,204 times: connection refused: payment-gateway.internal:<*>" in told
    assert "alert HighErrorRate fired (critical)" in told
    assert told[-1] == "run R7 ended, denied: said no"
    assert answer.hard is False


async def test_a_timeline_before_the_first_look(world):
    (taken,) = await world.journal.take([made_alert(labels=LABELS)])
    answer = await world.use("timeline", replace(SCOPE, incident_id=taken.incident_id))
    assert [one.split(" ", 2)[2] for one in answer.text.splitlines()[1:]] == [
        "alert HighErrorRate fired (critical)",
        "the incident was opened",
    ]


@pytest.mark.parametrize("tool", ["open_alerts", "timeline", "log_patterns"])
async def test_a_record_that_does_not_answer_is_said(away, tool):
    away.logs = LogsOf()
    with pytest.raises(Unreachable, match="the bot's own record does not answer"):
        await away.use(tool, **({"service": ""} if tool == "log_patterns" else {}))


@pytest.mark.parametrize("tool", ["open_alerts", "timeline"])
async def test_no_argument_reaches_another_incident(world, tool):
    with pytest.raises(Refused, match=f"there is no argument 'incident_id'; {tool} takes no arguments"):
        await world.use(tool, incident_id="INC-OTHER")


# ── patterns of logs ─────────────────────────────────────────────────────────────────────────────


async def test_what_grew_since_it_began_with_counts_and_a_sample(world):
    scope = await world.incident()
    since = (NOW - BEGAN).total_seconds()
    world.logs = LogsOf(
        *(line(since * n / 300, f"connection refused: no answer to order {n}") for n in range(300)),
        *(line(10 * n, "served a page", level="INFO") for n in range(400)),
    )
    answer = await world.use("log_patterns", scope, service="")
    head, first, *_ = answer.text.splitlines()
    assert head.startswith(f"{OWN}, ledger: ")
    assert head.endswith(" 1 pattern grew, out of 700 lines")
    assert first.startswith(f"300 × (none seen in the 46 min before) ERROR {OWN} since 03:27:")
    assert "connection refused: no answer to order <*> | such as: connection refused: no answer to order " in first
    assert (answer.url, answer.hard, answer.services) == ("https://kibana.example/x", False, (OWN, "ledger"))


async def test_only_the_service_that_was_asked_for(world):
    scope = await world.incident()
    world.logs = LogsOf(*(line(n, f"refused {n}", "ledger") for n in range(100)))
    assert "0 patterns grew" in (await world.use("log_patterns", scope, service=OWN)).text
    assert "100 × " in (await world.use("log_patterns", scope, service="ledger")).text


async def test_what_was_not_seen_of_the_logs_is_said(world):
    world.logs = LogsOf(line(5), gaps=(Gap("elasticsearch", "sampled 10 of 99 lines", partial=True),))
    assert "(sampled 10 of 99 lines)" in (await world.use("log_patterns", await world.incident(), service="")).text


async def test_many_patterns_are_cut(world):
    scope = await world.incident()
    words = [f"{a}{b} went wrong at {'z' * 250}" for a in "abcdefgh" for b in "stuvwxyz"]
    world.logs = LogsOf(*(line(n % 60, word) for word in words for n in range(30)))
    answer = await world.use("log_patterns", scope, service=OWN)
    assert len(answer.text.encode()) <= TOOL_ANSWER_BYTES
    assert answer.cut.endswith(" patterns")
