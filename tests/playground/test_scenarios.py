"""The scenarios hold what they promise, and the director lets the world unfold with the clock."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import promql_parser
import pytest
import yaml
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from integrations.alertmanager.alerts import parse
from integrations.prometheus.templates import DEFAULTS, Labels, render
from playground.alerting import NotDelivered, Target, fingerprint
from playground.director import Director, Settings
from playground.pinned import Pinned
from playground.prometheus.evaluate import Evaluation
from playground.prometheus.storage import Storage
from playground.scenarios import ALL, scenario
from playground.scenarios.course import DAY
from playground.scenarios.model import Scenario
from playground.world import World

NOON = datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)
each_scenario = pytest.mark.parametrize("each", ALL, ids=lambda each: each.id)


@dataclass
class Clock:
    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment

    def go(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Bot:
    """Takes webhooks and keeps them; `answers` are the status codes of the next ones, then 202."""

    server: HTTPServer
    answers: list[int] = field(default_factory=list)
    taken: list[dict] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.expect_request("/webhooks/alertmanager", method="POST").respond_with_handler(self._take)

    def _take(self, request: Request) -> Response:
        self.tokens.append(request.headers.get("Authorization", ""))
        status = self.answers.pop(0) if self.answers else 202
        if status == 202:
            self.taken.append(json.loads(request.data))
        return Response(status=status)

    def settings(self) -> Settings:
        return Settings(Target(self.server.url_for("/webhooks/alertmanager"), "let-me-in", "http://figures.example"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bot(httpserver: HTTPServer) -> Bot:
    return Bot(httpserver)


@pytest.fixture
def director(bot: Bot, clock: Clock) -> Director:
    return Director(bot.settings(), clock)


@dataclass(frozen=True)
class Held:
    """A scenario's world at one moment."""

    pinned: Pinned
    seconds: float

    def samples(self):
        return self.pinned.samples(self.pinned.at(self.seconds))


def figure(world: World | Held, signal: str, service: str, at: datetime) -> float | None:
    """One signal of one service by the bot's own template."""
    query = render(DEFAULTS[signal], Labels(), [service], "production", ("service",))
    steps = np.array([round(at.timestamp() * 1_000)])
    rows = Evaluation(Storage(world), steps).vector(promql_parser.parse(query))
    return next((float(row.values[0]) for row in rows if row.there[0]), None)


def before_and_at(each: Scenario, signal: str, service: str) -> tuple[float, float]:
    """A signal of a service an hour and a half before the alert, and at the alert."""
    pinned = Pinned(each, NOON)
    then = figure(Held(pinned, 0), signal, service, pinned.at(-5_800))
    now = figure(Held(pinned, 0), signal, service, NOON)
    assert then is not None and now is not None
    return then, now


# ── the stories ──────────────────────────────────────────────────────────────────────────────────


def test_no_two_scenarios_share_a_service_a_policy_or_a_past_incident():
    for names in (
        [profile.name for each in ALL for profile in each.profiles],
        [policy.id for each in ALL for policy in each.policies],
        [past.id for each in ALL for past in each.past],
        [each.id for each in ALL],
    ):
        assert [name for name, count in Counter(names).items() if count > 1] == []


@each_scenario
def test_a_scenario_is_whole(each: Scenario):
    services = {profile.name: profile.service for profile in each.profiles}
    assert 4 <= len(services) <= 7
    assert each.alerting in services
    assert all(callee in services for service in services.values() for callee in service.depends_on)
    assert all(s.owner and s.tier and s.repo and s.namespace and s.dashboards and s.oncall for s in services.values())
    assert {s.oncall for s in services.values()} == {policy.id for policy in each.policies}
    assert len(each.past) == 2
    assert each.truth.service is None or each.truth.service in services
    innocent = [d for d in each.deploys if not (each.truth.deployment and d.service == each.truth.service)]
    assert innocent, "a scenario without an innocent deployment is too easy"


@each_scenario
def test_the_same_moment_gives_the_same_world(each: Scenario):
    one, other = Pinned(each, NOON), Pinned(each, NOON)
    assert one.logs(NOON) == other.logs(NOON)
    assert one.rollouts(NOON) == other.rollouts(NOON)
    for a, b in zip(one.samples(NOON), other.samples(NOON), strict=True):
        assert a.labels == b.labels
        assert list(a.points) == list(b.points)


@each_scenario
def test_the_history_reaches_two_hours_back_and_over_the_same_hour_of_yesterday(each: Scenario):
    pinned = Pinned(each, NOON)
    service = each.profiles[0].name
    for offset in (-7_500, -DAY - 1_800, -DAY, -DAY + 1_800, 0):
        assert figure(Held(pinned, 0), "requests", service, pinned.at(offset)) is not None, offset
    late = pinned.at(1_800)
    assert figure(Held(pinned, 1_800), "requests", service, late) is not None


@each_scenario
def test_logs_are_bounded_and_mixed(each: Scenario):
    pinned = Pinned(each, NOON)
    until_alert, all_of_them = pinned.logs(NOON), pinned.logs(pinned.at(1_800))
    assert [line.time for line in all_of_them] == sorted(line.time for line in all_of_them)
    assert {"INFO", "WARN", "ERROR"} <= {line.level for line in until_alert}
    assert "" not in {line.instance for line in all_of_them}
    if each.id == "disk-full":
        assert sum(line.time >= pinned.at(-7_200) for line in until_alert) > 12_000
    else:
        assert len(all_of_them) <= 6_000


@each_scenario
def test_every_counter_only_falls_where_a_container_restarted(each: Scenario):
    restarted = {restart.service for restart in each.restarts}
    for sample in Pinned(each, NOON).samples(NOON):
        name = sample.labels["__name__"]
        if name.endswith(("_total", "_bucket", "_count", "_sum")):
            values = np.array([value for _, value in sample.points])
            assert (np.diff(values) >= 0).all() or sample.labels["service"] in restarted, sample.labels


def test_the_wrong_endpoint_shows_the_figures_of_its_story():
    each = scenario("wrong-endpoint")
    normal, errors = before_and_at(each, "error_rate", "payment-service")
    assert (round(normal, 1), round(errors, 1)) == (pytest.approx(0.3, abs=0.2), 23.4)
    assert before_and_at(each, "latency_p99", "payment-service")[1] == pytest.approx(2.34, abs=0.005)
    assert before_and_at(each, "latency_p99", "payment-service")[0] == pytest.approx(0.18, abs=0.03)
    assert before_and_at(each, "requests", "payment-service")[1] == pytest.approx(410, abs=2)
    assert before_and_at(each, "instances_up", "payment-service") == (3, 3)
    for service in ("fraud-check", "ledger", "card-vault"):
        before, now = before_and_at(each, "latency_p99", service)
        assert now < 1.6 * before
    pinned = Pinned(each, NOON)
    refused = [
        line for line in pinned.logs(NOON) if "connection refused: payment-gateway.internal:8443" in line.message
    ]
    assert len(refused) == pytest.approx(1_200, abs=20)
    assert refused[0].time >= pinned.at(-860)
    culprit = pinned.rollouts(NOON)[-1]
    assert (culprit.version, culprit.author, culprit.title) == (
        "v2.34.1",
        "alice",
        "Update payment gateway integration",
    )
    assert culprit.time == NOON - timedelta(minutes=15)
    assert "+  port: 8443" in culprit.files["config/gateway.yaml"]
    assert {line.instance for line in refused} == set(culprit.instances_new)


def test_memory_leaks_until_a_pod_is_killed():
    each = scenario("memory-leak")
    before, now = before_and_at(each, "memory", "catalog-api")
    assert before < 50 < 92 < now
    assert before_and_at(each, "restarts", "catalog-api") == (0, pytest.approx(1, abs=0.3))
    assert any("OutOfMemoryError" in line.message for line in Pinned(each, NOON).logs(NOON))


def test_the_pool_is_used_up_before_requests_wait():
    each = scenario("pool-exhausted")
    assert before_and_at(each, "connections", "order-service")[1] == 100
    assert any("connection pool exhausted" in line.message for line in Pinned(each, NOON).logs(NOON))
    pinned = Pinned(each, NOON)
    half_way = pinned.at(-440)
    assert figure(Held(pinned, 0), "connections", "order-service", half_way) > 75
    assert figure(Held(pinned, 0), "error_rate", "order-service", half_way) < 1


def test_the_disk_is_full_and_writes_fail():
    each = scenario("disk-full")
    assert before_and_at(each, "disk", "event-store") == (pytest.approx(71, abs=1), 100)
    assert before_and_at(each, "error_rate", "event-store")[1] > 50


def test_what_fails_upstream_fails_first_and_deepest():
    each = scenario("upstream-down")
    chain = ("rates-store", "fare-engine", "booking-api")
    errors = [before_and_at(each, "error_rate", service)[1] for service in chain]
    assert errors == sorted(errors, reverse=True) and errors[-1] > 20
    pinned = Pinned(each, NOON)

    def began(service: str) -> float:
        return next(o for o in range(-900, 0, 5) if figure(Held(pinned, 0), "error_rate", service, pinned.at(o)) > 5)

    onsets = [began(service) for service in chain]
    assert onsets == sorted(onsets) and len(set(onsets)) == 3
    assert all(rollout.time < NOON - timedelta(hours=6) for rollout in pinned.rollouts(NOON))


def test_nothing_stands_out_behind_a_false_alarm():
    each = scenario("false-alarm")
    pinned = Pinned(each, NOON)
    held = Held(pinned, 0)
    assert figure(held, "latency_p99", "profile-api", NOON) > 0.2
    ordinary = [figure(held, "latency_p99", "profile-api", pinned.at(o)) for o in range(-7_200, -600, 60)]
    assert sum(value > figure(held, "latency_p99", "profile-api", NOON) for value in ordinary) >= 2
    assert each.bursts == () and each.restarts == ()


# ── the director ─────────────────────────────────────────────────────────────────────────────────


def state(director: Director, name: str) -> str:
    return next(shown.state for shown in director.scenarios() if shown.id == name)


def test_an_idle_world_is_empty_but_for_its_people(director: Director):
    assert (director.samples(), director.logs(), director.rollouts()) == ((), (), ())
    assert {shown.state for shown in director.scenarios()} == {"ready"}
    assert len(director.scenarios()) == 6
    assert {shift.level for shift in director.shifts()} == {1, 2}
    assert {shift.person for shift in director.shifts()} <= set(director.people())
    assert all(shift.until > director.now() for shift in director.shifts())


def test_who_is_on_call_is_told_with_their_services_the_alerting_one_before_the_others(director: Director):
    everybody = {shift.person.slack_id for shift in director.shifts()}
    assert director.on_call().keys() == everybody
    assert director.on_call()["U0GUS00007"][0] == "event-store"
    assert director.on_call()["U0JUNE0010"][0] == "profile-api", "whom they answer for first"
    assert {name for told in director.on_call().values() for name in told} == set(director.namespaces())


async def test_starting_sends_a_real_alertmanager_webhook(director: Director, bot: Bot):
    await director.start("wrong-endpoint")
    [sent] = bot.taken
    assert bot.tokens == ["Bearer let-me-in"]
    assert (sent["version"], sent["status"], sent["truncatedAlerts"]) == ("4", "firing", 0)
    assert sent["groupKey"] == '{}:{alertname="HighErrorRate", service="payment-service"}'
    [alert] = sent["alerts"]
    assert alert["startsAt"] == "2026-11-20T12:00:00.250Z"
    assert alert["endsAt"] == "0001-01-01T00:00:00Z"
    assert alert["generatorURL"].startswith("http://figures.example/graph?g0.expr=100+%2A+sum")
    assert alert["fingerprint"] == fingerprint(alert["labels"])
    assert state(director, "wrong-endpoint") == "firing"


@each_scenario
async def test_the_bot_reads_every_alert(each: Scenario, director: Director, bot: Bot):
    await director.start(each.id)
    delivery = parse(bot.taken[0])
    assert delivery.rejected == ()
    [alert] = delivery.alerts
    assert (alert.name, alert.labels["service"], alert.starts_at) == (each.rule.alertname, each.alerting, NOON)


def test_fingerprints_are_alertmanagers_own():
    labels = {"alertname": "HighErrorRatio", "cluster": "demo", "env": "demo", "instance": "127.0.0.1:19100"}
    labels |= {"job": "demo", "pod": "payments-1", "service": "payments", "severity": "critical", "team": "sre"}
    assert fingerprint(labels) == "250eac6fe8646ff0"  # of a payload that Alertmanager 0.25 sent


async def test_nothing_after_now_is_seen_and_the_world_goes_on(director: Director, clock: Clock):
    await director.start("upstream-down")

    def newest() -> tuple[float, datetime]:
        return max(sample.points[-1][0] for sample in director.samples()), director.logs()[-1].time

    scraped, logged = newest()
    assert scraped <= clock.now().timestamp() and logged <= clock.now()
    clock.go(60)
    assert newest()[0] == scraped + 60
    assert logged < newest()[1] <= clock.now()


async def test_the_same_scrape_is_the_same_object(director: Director, clock: Clock):
    await director.start("upstream-down")
    seen = director.samples()
    clock.go(4)
    assert director.samples() is seen
    clock.go(15)
    assert director.samples() is not seen


async def test_a_mended_fault_lets_the_figures_recover_and_the_log_fall_silent(
    director: Director, bot: Bot, clock: Clock
):
    await director.start("wrong-endpoint")
    clock.go(120)
    await director.resolve("wrong-endpoint")
    resolved = bot.taken[-1]["alerts"][0]
    assert (resolved["status"], resolved["endsAt"]) == ("resolved", "2026-11-20T12:02:00.250Z")
    assert resolved["startsAt"] == bot.taken[0]["alerts"][0]["startsAt"]
    assert state(director, "wrong-endpoint") == "resolved"
    clock.go(600)
    assert figure(director, "error_rate", "payment-service", clock.now()) < 1
    assert not any(
        "refused" in line.message for line in director.logs() if line.time > clock.now() - timedelta(minutes=5)
    )


async def test_what_was_seen_before_the_mend_stays_as_it_was(director: Director, clock: Clock):
    await director.start("disk-full")
    clock.go(60)
    before = [(dict(s.labels), list(s.points)) for s in director.samples()]
    logged = list(director.logs())
    await director.resolve("disk-full")
    assert [(dict(s.labels), list(s.points)) for s in director.samples()] == before
    assert list(director.logs()) == logged


async def test_starting_again_pins_anew(director: Director, bot: Bot, clock: Clock):
    await director.start("false-alarm")
    await director.resolve("false-alarm")
    clock.go(7_200)
    await director.start("false-alarm")
    assert state(director, "false-alarm") == "firing"
    assert bot.taken[-1]["alerts"][0]["startsAt"] == "2026-11-20T14:00:00.250Z"
    assert bot.taken[-1]["alerts"][0]["fingerprint"] == bot.taken[0]["alerts"][0]["fingerprint"]
    assert director.samples()[0].points[-1][0] == clock.now().timestamp()


async def test_several_run_at_once(director: Director):
    await director.start("wrong-endpoint")
    alone = len(director.samples())
    await director.start("pool-exhausted")
    assert len(director.samples()) > alone
    services = {line.service for line in director.logs()}
    assert {"payment-service", "order-service"} <= services
    assert [line.time for line in director.logs()] == sorted(line.time for line in director.logs())


async def test_a_server_error_is_tried_again_and_a_refusal_is_not(director: Director, bot: Bot):
    bot.answers = [503]
    await director.start("false-alarm")
    assert len(bot.taken) == 1 and len(bot.tokens) == 2
    bot.answers = [401]
    with pytest.raises(NotDelivered, match="401") as refusal:
        await director.start("memory-leak")
    assert len(bot.tokens) == 3
    assert "let-me-in" not in str(refusal.value)


async def test_an_unknown_scenario_is_a_key_error(director: Director):
    with pytest.raises(KeyError):
        await director.start("no-such")
    with pytest.raises(KeyError):
        await director.resolve("wrong-endpoint")


def test_services_yaml_names_every_service_once(director: Director):
    services = yaml.safe_load(director.services_yaml())["services"]
    assert len(services) == len({entry["name"] for entry in services}) == sum(len(each.profiles) for each in ALL)
    [pay] = [entry for entry in services if entry["name"] == "payment-service"]
    assert pay["depends_on"] == ["fraud-check", "ledger", "card-vault"]
    assert (pay["tier"], pay["repo"], pay["oncall"]) == (1, "playground-shop/payment-service", "PPAY001")


def test_the_history_is_the_past_of_every_scenario(director: Director):
    history = director.history()
    assert [past.opened_at for past in history] == sorted(past.opened_at for past in history)
    assert all(past.opened_at < NOON for past in history)
    [known] = [past for past in history if past.id == "INC-892"]
    assert (known.service, known.minutes) == ("payment-service", 11)
    assert known.opened_at == NOON - timedelta(days=91)
