"""Transactions that are never closed use up order-service's database connections; nobody deployed anything."""

from __future__ import annotations

from playground.scenarios.build import REQUESTS, Team, changed
from playground.scenarios.model import Burst, Chatter, Deploy, Effect, Past, Policy, Profile, Rule, Scenario, Truth

_ONSET = -600.0

_TEAM = Team(
    owner="team-orders",
    org="playground-orders",
    namespace="orders",
    policy=Policy("PORD001", "Orders", ("emre", "kofi")),
    slack_group="orders-oncall",
)

SCENARIO = Scenario(
    id="pool-exhausted",
    title="A connection pool that is used up",
    sentence="order-service waits for database connections that a stuck export job does not give back.",
    alerting="order-service",
    rule=Rule(
        alertname="HighLatency",
        severity="critical",
        expression=(
            "histogram_quantile(0.99, sum by (le) "
            '(rate(http_request_duration_seconds_bucket{service="order-service"}[5m]))) > 2'
        ),
        summary="p99 of order-service is over 2 s, usually 0.26 s",
        description="The slowest hundredth of the requests to order-service has taken more than 2 s for 3 minutes.",
        runbook_url="https://runbooks.playground.example/HighLatency",
    ),
    truth=Truth(service="order-service", kind="connection pool exhausted", deployment=False, onset=_ONSET),
    policies=(_TEAM.policy,),
    profiles=(
        Profile(_TEAM.service("storefront-bff", 1, "order-service", "cart-service"), traffic=380.0, p50=0.07, p99=0.3),
        Profile(
            _TEAM.service("order-service", 1, "inventory-service", "shipping-quotes", "orders-db"),
            traffic=140.0,
            errors=0.2,
            p50=0.05,
            p99=0.26,
            cpu=36.0,
            pool=42.0,
            pool_max=60,
            error_code="503",
        ),
        Profile(_TEAM.service("cart-service", 2), traffic=310.0, p50=0.018, p99=0.09),
        Profile(_TEAM.service("inventory-service", 2), traffic=135.0, p50=0.022, p99=0.11, pool=31.0),
        Profile(_TEAM.service("shipping-quotes", 3), traffic=70.0, p50=0.09, p99=0.52, errors=0.6, pods=2),
        Profile(_TEAM.service("orders-db", 1), traffic=None, cpu=39.0, memory=71.0, disk=58.0, pods=2),
    ),
    effects=(
        Effect("order-service", "pool", _ONSET, 100.0, over=210),
        Effect("order-service", "p99", -420, 4.6, over=90),
        Effect("order-service", "p50", -420, 0.4, over=90),
        Effect("order-service", "errors", -390, 14.2, over=60),
        Effect("order-service", "cpu", -400, 24.0, over=120),
        Effect("storefront-bff", "p99", -405, 3.1, over=90),
        Effect("storefront-bff", "errors", -375, 5.1, over=60),
    ),
    deploys=(
        Deploy(
            service="order-service",
            at=-20 * 3600.0,
            version="v4.11.2",
            previous="v4.11.1",
            author="emre",
            title="Show the delivery date in the confirmation",
            pull_request=803,
            files={"orders/mail.py": changed("FIELDS = ['id', 'total']", "FIELDS = ['id', 'total', 'delivery']")},
        ),
        Deploy(
            service="cart-service",
            at=-5 * 3600.0,
            version="v2.6.0",
            previous="v2.5.9",
            author="lena",
            title="Keep carts for sixty days",
            pull_request=344,
            files={"cart/settings.yaml": changed("keep_days: 30\nmax_items: 99", "keep_days: 60\nmax_items: 99")},
        ),
    ),
    chatter=(
        Chatter("storefront-bff", 3.0, (*REQUESTS, (0.2, "WARN", "fallback prices shown to session {id}"))),
        Chatter(
            "order-service",
            5.0,
            (
                *REQUESTS,
                (2.0, "INFO", "order {id} placed in {ms} ms"),
                (0.3, "WARN", "slow query: select orders by customer took 1{ms} ms"),
                (0.05, "ERROR", "order {id} rejected: address cannot be verified"),
            ),
        ),
        Chatter("cart-service", 2.5, REQUESTS),
        Chatter("inventory-service", 2.0, (*REQUESTS, (1.0, "INFO", "reserved {n} items for order {id}"))),
        Chatter("shipping-quotes", 2.0, (*REQUESTS, (0.5, "WARN", "carrier {n} did not quote in time"))),
        Chatter("orders-db", 1.0, ((1.0, "INFO", "checkpoint complete: wrote {n} buffers in {ms} ms"),)),
    ),
    bursts=(
        Burst("order-service", "INFO", "export job {id} opened a transaction on orders", _ONSET - 20, -390, 35),
        Burst("order-service", "WARN", "connection pool at 90 % (54 of 60), waiting {ms} ms", -470, -390, 22),
        Burst(
            "order-service",
            "ERROR",
            "connection pool exhausted: no connection to orders-db after 30000 ms (60 of 60 in use)",
            -390,
            0,
            860,
        ),
        Burst(
            "order-service",
            "ERROR",
            "connection pool exhausted: no connection to orders-db after 30000 ms (60 of 60 in use)",
            0,
            1_800,
            1_300,
        ),
        Burst("storefront-bff", "WARN", "order-service answered 503 for session {id}", -375, 1_800, 420),
        Burst("orders-db", "WARN", "session {user} idle in transaction for {ms} s", -360, 1_800, 60),
    ),
    past=(
        Past(
            id="INC-518",
            service="order-service",
            title="Orders timed out, connection pool exhausted",
            days=64,
            minutes=22,
            cause="A report left its transactions open and held every connection to orders-db.",
            resolution="Ended the idle sessions and restarted order-service; the report got a statement timeout.",
            summary="HighLatency on order-service, pool of orders-db fully used, no deployment.",
        ),
        Past(
            id="INC-590",
            service="shipping-quotes",
            title="No shipping quotes",
            days=31,
            minutes=95,
            cause="A carrier's interface was down.",
            resolution="Waited; quotes of the other carriers were shown.",
            summary="Errors of shipping-quotes at 40 %, time-outs of one carrier.",
        ),
    ),
)
