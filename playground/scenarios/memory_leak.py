"""A cache without a bound eats catalog-api's memory, an hour and a half after it went out."""

from __future__ import annotations

from playground.scenarios.build import REQUESTS, Team, changed
from playground.scenarios.model import (
    Burst,
    Chatter,
    Deploy,
    Effect,
    Past,
    Policy,
    Profile,
    Restart,
    Rule,
    Scenario,
    Truth,
)

_DEPLOYED = -5_700.0
_ONSET = -5_640.0

_TEAM = Team(
    owner="team-catalog",
    org="playground-media",
    namespace="catalog",
    policy=Policy("PCAT001", "Catalog", ("ben", "hana")),
    slack_group="catalog-oncall",
)

_CACHE_BEFORE = """
from functools import lru_cache

@lru_cache(maxsize=2_000)
def rendered(product_id, locale):
    return render(load(product_id), locale)
"""
_CACHE_AFTER = """
_RENDERED = {}

def rendered(product_id, locale, session):
    key = (product_id, locale, session.id)
    if key not in _RENDERED:
        _RENDERED[key] = render(load(product_id), locale)
    return _RENDERED[key]
"""

SCENARIO = Scenario(
    id="memory-leak",
    title="A memory leak",
    sentence="catalog-api has been filling its memory since a release an hour and a half ago; one pod was killed.",
    alerting="catalog-api",
    rule=Rule(
        alertname="MemoryNearLimit",
        severity="warning",
        expression=(
            'max(100 * container_memory_working_set_bytes{service="catalog-api"}'
            ' / container_memory_limit_bytes{service="catalog-api"}) > 92'
        ),
        summary="catalog-api uses more than 92 % of its memory limit",
        description="A pod of catalog-api has been above 92 % of its memory limit for 5 minutes.",
        runbook_url="https://runbooks.playground.example/MemoryNearLimit",
        pod=1,
    ),
    truth=Truth(service="catalog-api", kind="memory leak", deployment=True, onset=_ONSET),
    policies=(_TEAM.policy,),
    profiles=(
        Profile(_TEAM.service("gallery-web", 2, "catalog-api"), traffic=240.0, errors=0.1, p50=0.05, p99=0.22),
        Profile(
            _TEAM.service("catalog-api", 2, "search-index", "image-resizer", "price-feed"),
            traffic=180.0,
            errors=0.15,
            p50=0.04,
            p99=0.21,
            cpu=38.0,
            memory=46.0,
            memory_limit=1024 * 1024 * 1024,
            error_code="503",
        ),
        Profile(_TEAM.service("search-index", 2), traffic=150.0, p50=0.02, p99=0.12, memory=63.0, disk=55.0),
        Profile(_TEAM.service("image-resizer", 3), traffic=90.0, p50=0.11, p99=0.46, cpu=52.0, pods=2),
        Profile(_TEAM.service("price-feed", 2), traffic=60.0, p50=0.012, p99=0.06, pods=2),
    ),
    effects=(
        Effect("catalog-api", "memory", _ONSET, 98.5, over=5_500),
        Effect("catalog-api", "p99", -1_200, 0.92, over=1_150),
        Effect("catalog-api", "cpu", -1_500, 71.0, over=1_400),
        Effect("catalog-api", "errors", -235, 1.4, over=60),
        Effect("gallery-web", "p99", -1_100, 0.58, over=1_100),
    ),
    restarts=(Restart("catalog-api", pod=0, at=-240, down=45),),
    deploys=(
        Deploy(
            service="image-resizer",
            at=-20 * 3600.0,
            version="v0.44.0",
            previous="v0.43.2",
            author="ivo",
            title="Serve AVIF to browsers that ask for it",
            pull_request=231,
            files={"resizer/formats.py": changed("FORMATS = ['webp', 'jpeg']", "FORMATS = ['avif', 'webp', 'jpeg']")},
        ),
        Deploy(
            service="catalog-api",
            at=_DEPLOYED,
            version="v5.8.0",
            previous="v5.7.3",
            author="hana",
            title="Cache rendered products per session",
            pull_request=968,
            files={"catalog/render.py": changed(_CACHE_BEFORE, _CACHE_AFTER)},
        ),
        Deploy(
            service="search-index",
            at=-2_400.0,
            version="v3.2.1",
            previous="v3.2.0",
            author="ben",
            title="Correct a typing error in the help text",
            pull_request=577,
            files={"search/help.txt": changed("Serach by name or tag.", "Search by name or tag.")},
        ),
    ),
    chatter=(
        Chatter("gallery-web", 3.0, (*REQUESTS, (0.2, "WARN", "image {id} missing, placeholder shown"))),
        Chatter(
            "catalog-api",
            6.0,
            (*REQUESTS, (2.0, "INFO", "rendered product {user} in {ms} ms"), (0.2, "WARN", "price of {user} is stale")),
        ),
        Chatter("search-index", 3.0, (*REQUESTS, (0.5, "INFO", "merged {n} segments in {ms} ms"))),
        Chatter("image-resizer", 3.0, (*REQUESTS, (0.1, "ERROR", "cannot decode image {id}: truncated file"))),
        Chatter("price-feed", 2.0, (*REQUESTS, (1.0, "INFO", "took {n} new prices"))),
    ),
    bursts=(
        Burst("catalog-api", "WARN", "gc: full collection took 1{ms} ms, heap 9{n} MiB after", -2_700, 0, 240),
        Burst("catalog-api", "WARN", "gc: full collection took 2{ms} ms, heap 9{n} MiB after", 0, 1_800, 300),
        Burst(
            "catalog-api",
            "ERROR",
            "OutOfMemoryError: cannot allocate {kb} KiB while rendering product {user}",
            -260,
            -240,
            9,
        ),
        Burst("catalog-api", "INFO", "starting catalog-api v5.8.0 after exit code 137", -195, -190, 1),
    ),
    past=(
        Past(
            id="INC-655",
            service="catalog-api",
            title="catalog-api killed for memory",
            days=148,
            minutes=37,
            cause="Sessions were kept in a dictionary that nothing ever emptied (v5.1.0).",
            resolution="Rolled back to v5.0.9; a bound was put on the cache in v5.1.1.",
            summary="MemoryNearLimit on catalog-api, memory climbing steadily since a release, OOMKilled pods.",
        ),
        Past(
            id="INC-701",
            service="image-resizer",
            title="Pictures slow after a campaign",
            days=96,
            minutes=25,
            cause="Twice the usual traffic on two pods.",
            resolution="Scaled to four pods for the weekend.",
            summary="CPU of image-resizer at its limit, p99 over 2 s.",
        ),
    ),
)
