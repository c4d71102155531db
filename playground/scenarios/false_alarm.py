"""A tight threshold meets an ordinary wiggle of profile-api; nothing is wrong."""

from __future__ import annotations

from playground.scenarios.build import REQUESTS, Team, changed
from playground.scenarios.model import Chatter, Deploy, Effect, Past, Policy, Profile, Rule, Scenario, Truth

_TEAM = Team(
    owner="team-accounts",
    org="playground-accounts",
    namespace="accounts",
    policy=Policy("PACC001", "Accounts", ("june", "gus")),
    slack_group="accounts-oncall",
)


def _wiggle(begins: float, until: float, target: float) -> Effect:
    return Effect("profile-api", "p99", begins, target, over=75, until=until)


SCENARIO = Scenario(
    id="false-alarm",
    title="A false alarm",
    sentence="A tight threshold on profile-api fires on an ordinary wiggle; nothing else has moved.",
    alerting="profile-api",
    rule=Rule(
        alertname="LatencyAboveTarget",
        severity="warning",
        expression=(
            "histogram_quantile(0.99, sum by (le) "
            '(rate(http_request_duration_seconds_bucket{service="profile-api"}[5m]))) > 0.2'
        ),
        summary="p99 of profile-api is over 200 ms, usually 185 ms",
        description="The slowest hundredth of the requests to profile-api has taken more than 200 ms for 1 minute.",
        runbook_url="https://runbooks.playground.example/LatencyAboveTarget",
    ),
    truth=Truth(service=None, kind="false alarm", deployment=False, onset=None),
    policies=(_TEAM.policy,),
    profiles=(
        Profile(_TEAM.service("account-web", 2, "profile-api", "session-keeper"), traffic=160.0, p50=0.06, p99=0.29),
        Profile(
            _TEAM.service("profile-api", 2, "avatar-store", "preference-db"),
            traffic=130.0,
            p50=0.04,
            p99=0.185,
            pool=33.0,
        ),
        Profile(_TEAM.service("session-keeper", 1), traffic=340.0, p50=0.006, p99=0.03),
        Profile(_TEAM.service("avatar-store", 3), traffic=70.0, p50=0.02, p99=0.13, disk=62.0, pods=2),
        Profile(_TEAM.service("preference-db", 2), traffic=None, cpu=22.0, memory=64.0, disk=41.0, pods=2),
    ),
    # The same wiggle comes and goes all day; the last one happens to cross the threshold by a hair.
    effects=(
        _wiggle(-86_700, -86_400, 0.210),
        _wiggle(-7_200, -6_900, 0.211),
        _wiggle(-5_300, -5_060, 0.207),
        _wiggle(-3_700, -3_400, 0.212),
        _wiggle(-2_000, -1_760, 0.208),
        _wiggle(-330, 120, 0.209),
        _wiggle(1_100, 1_400, 0.209),
    ),
    deploys=(
        Deploy(
            service="profile-api",
            at=-20 * 3600.0,
            version="v3.15.0",
            previous="v3.14.2",
            author="june",
            title="Show the member's time zone",
            pull_request=640,
            files={"profile/view.py": changed("SHOWN = ['name', 'mail']", "SHOWN = ['name', 'mail', 'zone']")},
        ),
        Deploy(
            service="session-keeper",
            at=-9 * 3600.0,
            version="v2.2.8",
            previous="v2.2.7",
            author="kofi",
            title="Update dependencies",
            pull_request=271,
            files={"requirements.txt": changed("redis==6.4.0", "redis==6.4.1")},
        ),
    ),
    chatter=(
        Chatter("account-web", 4.0, (*REQUESTS, (0.2, "WARN", "form rejected: name is empty"))),
        Chatter(
            "profile-api",
            5.0,
            (
                *REQUESTS,
                (1.0, "INFO", "profile {user} read in {ms} ms"),
                (0.08, "ERROR", "profile {user} not found in cache, read from db"),
            ),
        ),
        Chatter(
            "session-keeper",
            4.0,
            (*REQUESTS, (1.5, "INFO", "session {id} renewed"), (0.2, "WARN", "session {id} expired")),
        ),
        Chatter("avatar-store", 2.0, REQUESTS),
        Chatter("preference-db", 0.8, ((1.0, "INFO", "checkpoint complete: wrote {n} buffers in {ms} ms"),)),
    ),
    past=(
        Past(
            id="INC-466",
            service="profile-api",
            title="LatencyAboveTarget, nothing found",
            days=38,
            minutes=14,
            cause="False alarm: the threshold lies inside the ordinary range of p99.",
            resolution="Closed without action; raising the threshold to 300 ms was proposed.",
            summary="p99 of profile-api touched 206 ms for two minutes; no errors, no change, dependencies steady.",
        ),
        Past(
            id="INC-389",
            service="session-keeper",
            title="Members logged out",
            days=110,
            minutes=41,
            cause="The session key was rotated without a grace period.",
            resolution="Both keys accepted for an hour after each rotation.",
            summary="Sign-ins tripled, sessions invalid after a key rotation.",
        ),
    ),
)
