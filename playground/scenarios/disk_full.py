"""Compaction stops, event-store's volume fills, and writes fail."""

from __future__ import annotations

from playground.scenarios.build import REQUESTS, Team, changed
from playground.scenarios.model import Burst, Chatter, Deploy, Effect, Past, Policy, Profile, Rule, Scenario, Truth

_ONSET = -4_500.0
_FULL = -420.0

_TEAM = Team(
    owner="team-data",
    org="playground-data",
    namespace="events",
    policy=Policy("PDAT001", "Data platform", ("gus", "june")),
    slack_group="data-oncall",
)

SCENARIO = Scenario(
    id="disk-full",
    title="A full disk",
    sentence="event-store stopped compacting more than an hour ago; its volume is full and writes fail.",
    alerting="event-store",
    rule=Rule(
        alertname="DiskAlmostFull",
        severity="critical",
        expression='volume_used_percent{service="event-store"} > 97',
        summary="The volume of event-store is 100 % full",
        description="The data volume of event-store has been more than 97 % full for 5 minutes.",
        runbook_url="https://runbooks.playground.example/DiskAlmostFull",
    ),
    truth=Truth(service="event-store", kind="disk full", deployment=False, onset=_ONSET),
    policies=(_TEAM.policy,),
    profiles=(
        Profile(_TEAM.service("event-collector", 2, "event-router"), traffic=520.0, errors=0.1, p50=0.015, p99=0.08),
        Profile(_TEAM.service("event-router", 2, "event-store", "schema-registry"), traffic=500.0, p50=0.02, p99=0.11),
        Profile(
            _TEAM.service("event-store", 1),
            traffic=480.0,
            errors=0.1,
            p50=0.012,
            p99=0.07,
            cpu=44.0,
            memory=67.0,
            disk=71.0,
            error_code="507",
        ),
        Profile(_TEAM.service("schema-registry", 2), traffic=40.0, p50=0.008, p99=0.04, pods=2),
        Profile(_TEAM.service("report-builder", 3, "event-store"), traffic=6.0, errors=0.4, p50=0.4, p99=2.2, pods=2),
    ),
    effects=(
        Effect("event-store", "disk", _ONSET, 100.0, over=_FULL - _ONSET),
        Effect("event-store", "errors", _FULL, 61.0, over=60),
        Effect("event-store", "p99", _FULL - 120, 0.48, over=180),
        Effect("event-router", "errors", _FULL + 15, 52.0, over=60),
        Effect("event-collector", "errors", _FULL + 30, 44.0, over=60),
    ),
    deploys=(
        Deploy(
            service="schema-registry",
            at=-9 * 3600.0,
            version="v1.7.0",
            previous="v1.6.8",
            author="june",
            title="Accept schemas with defaults",
            pull_request=129,
            files={"registry/rules.yaml": changed("defaults: refuse\nnull: accept", "defaults: accept\nnull: accept")},
        ),
        Deploy(
            service="event-collector",
            at=-16 * 3600.0,
            version="v6.0.3",
            previous="v6.0.2",
            author="fatima",
            title="Update the time zone data",
            pull_request=455,
            files={"requirements.txt": changed("tzdata==2026.1", "tzdata==2026.2")},
        ),
    ),
    chatter=(
        Chatter("event-collector", 12.0, (*REQUESTS, (4.0, "INFO", "took {n} events from {ip}"))),
        Chatter("event-router", 12.0, (*REQUESTS, (3.0, "INFO", "routed {n} events to shard {n}"))),
        Chatter(
            "event-store",
            16.0,
            (
                *REQUESTS,
                (4.0, "INFO", "segment {id} flushed, {kb} KiB in {ms} ms"),
                (0.2, "WARN", "slow flush of segment {id}: 1{ms} ms"),
            ),
        ),
        Chatter("schema-registry", 2.0, REQUESTS),
        Chatter(
            "report-builder", 2.0, ((1.0, "INFO", "report {id} built in {ms} s"), (0.1, "WARN", "report {id} is empty"))
        ),
    ),
    bursts=(
        Burst("event-store", "WARN", "compaction skipped: lock held by worker {n}", _ONSET - 60, 1_800, 420),
        Burst("event-store", "WARN", "volume /data is over 90 % full", -1_600, _FULL, 40),
        Burst("event-store", "ERROR", "write of segment {id} failed: no space left on device", _FULL, 0, 4_200),
        Burst("event-store", "ERROR", "write of segment {id} failed: no space left on device", 0, 1_800, 2_600),
        Burst("event-router", "ERROR", "shard {n} refused {n} events: 507 insufficient storage", _FULL + 15, 0, 2_700),
        Burst("event-router", "ERROR", "shard {n} refused {n} events: 507 insufficient storage", 0, 1_800, 1_500),
        Burst(
            "event-collector", "WARN", "buffering, router answered 507 ({n} batches waiting)", _FULL + 30, 1_800, 600
        ),
    ),
    past=(
        Past(
            id="INC-344",
            service="event-store",
            title="event-store ran out of disk",
            days=119,
            minutes=48,
            cause="A compaction worker died holding its lock, so that old segments were never removed.",
            resolution="Deleted the stale lock, ran compaction by hand and enlarged the volume.",
            summary="DiskAlmostFull on event-store, compaction skipped, no space left on device.",
        ),
        Past(
            id="INC-402",
            service="event-router",
            title="Events routed to the wrong shard",
            days=75,
            minutes=130,
            cause="A changed hash seed after an upgrade.",
            resolution="Restored the seed and replayed four hours of events.",
            summary="Half of the consumers saw events of other customers' shards.",
        ),
    ),
)
