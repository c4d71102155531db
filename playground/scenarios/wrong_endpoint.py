"""A deployment points payment-service at an endpoint where nobody listens."""

from __future__ import annotations

from playground.scenarios.build import REQUESTS, Team, changed
from playground.scenarios.model import Burst, Chatter, Deploy, Effect, Past, Policy, Profile, Rule, Scenario, Truth

_DEPLOYED = -900.0
_ONSET = -860.0

_TEAM = Team(
    owner="team-payments",
    org="playground-shop",
    namespace="payments",
    policy=Policy("PPAY001", "Payments", ("dana", "alice")),
    slack_group="payments-oncall",
)

_GATEWAY_BEFORE = """
gateway:
  name: primary
  host: payments.gateway.example
  port: 443
  tls: true
  timeout_ms: 2000
  retries: 2
"""
_GATEWAY_AFTER = """
gateway:
  name: primary
  host: payment-gateway.internal
  port: 8443
  tls: true
  timeout_ms: 2000
  retries: 2
"""

SCENARIO = Scenario(
    id="wrong-endpoint",
    title="A deployment with a wrong endpoint",
    sentence="payment-service v2.34.1 went out 15 minutes ago; since then a quarter of all payments fail.",
    alerting="payment-service",
    rule=Rule(
        alertname="HighErrorRate",
        severity="critical",
        expression=(
            '100 * sum(rate(http_requests_total{service="payment-service",code=~"5.."}[5m]))'
            ' / sum(rate(http_requests_total{service="payment-service"}[5m])) > 5'
        ),
        summary="23.4 % of the requests to payment-service fail, usually 0.3 %",
        description="More than 5 % of the requests to payment-service have failed for 10 minutes.",
        runbook_url="https://runbooks.playground.example/HighErrorRate",
    ),
    truth=Truth(service="payment-service", kind="wrong endpoint", deployment=True, onset=_ONSET),
    policies=(_TEAM.policy,),
    profiles=(
        Profile(_TEAM.service("checkout-web", 1, "payment-service"), traffic=610.0, errors=0.15, p50=0.06, p99=0.24),
        Profile(
            _TEAM.service("payment-service", 1, "fraud-check", "ledger", "card-vault"),
            traffic=425.0,
            errors=0.3,
            p50=0.045,
            p99=0.18,
            cpu=41.0,
            error_code="502",
            pool=38.0,
        ),
        Profile(_TEAM.service("fraud-check", 2), traffic=420.0, errors=0.1, p50=0.02, p99=0.09),
        Profile(_TEAM.service("ledger", 1, "ledger-store"), traffic=300.0, errors=0.05, p50=0.03, p99=0.14, pool=44.0),
        Profile(_TEAM.service("card-vault", 1), traffic=260.0, errors=0.05, p50=0.015, p99=0.07, pods=2),
        Profile(_TEAM.service("ledger-store", 1), traffic=None, cpu=28.0, memory=61.0, disk=47.0, pods=2),
    ),
    effects=(
        Effect("payment-service", "errors", _ONSET, 23.4, over=45),
        Effect("payment-service", "p99", _ONSET, 2.34, over=45),
        Effect("payment-service", "p50", _ONSET, 0.061, over=45),
        Effect("payment-service", "traffic", _ONSET, 410.0, over=120),
        Effect("checkout-web", "errors", _ONSET + 15, 9.6, over=60),
        Effect("checkout-web", "p99", _ONSET + 15, 1.35, over=60),
    ),
    deploys=(
        Deploy(
            service="fraud-check",
            at=-9 * 3600.0,
            version="v1.19.0",
            previous="v1.18.4",
            author="chen",
            title="Score gift cards with the new model",
            pull_request=412,
            files={"scoring/model.py": changed("MODEL = 'gc-11'\nFLOOR = 0.2", "MODEL = 'gc-12'\nFLOOR = 0.2")},
        ),
        Deploy(
            service="payment-service",
            at=_DEPLOYED,
            version="v2.34.1",
            previous="v2.34.0",
            author="alice",
            title="Update payment gateway integration",
            pull_request=1287,
            files={"config/gateway.yaml": changed(_GATEWAY_BEFORE, _GATEWAY_AFTER)},
        ),
    ),
    chatter=(
        Chatter("checkout-web", 3.0, (*REQUESTS, (0.3, "WARN", "slow page /checkout duration_ms=1{ms}"))),
        Chatter(
            "payment-service",
            5.0,
            (
                *REQUESTS,
                (3.0, "INFO", "payment {id} authorised in {ms} ms"),
                (0.5, "WARN", "payment {id} declined by issuer: insufficient funds"),
                (0.12, "ERROR", "payment {id} failed: issuer did not answer in 2000 ms"),
            ),
        ),
        Chatter("fraud-check", 2.5, (*REQUESTS, (2.0, "INFO", "scored order {id} in {ms} ms"))),
        Chatter("ledger", 2.5, (*REQUESTS, (0.2, "WARN", "retrying write of entry {id} after lock timeout"))),
        Chatter("card-vault", 1.5, REQUESTS),
        Chatter("ledger-store", 0.8, ((1.0, "INFO", "checkpoint complete: wrote {n} buffers in {ms} ms"),)),
    ),
    bursts=(
        Burst(
            "payment-service",
            "INFO",
            "starting payment-service v2.34.1, gateway=payment-gateway.internal:8443",
            -899,
            -862,
            3,
        ),
        Burst("payment-service", "ERROR", "connection refused: payment-gateway.internal:8443", _ONSET, 0, 1_204),
        Burst("payment-service", "ERROR", "connection refused: payment-gateway.internal:8443", 0, 1_800, 1_100),
        Burst("checkout-web", "WARN", "payment for order {id} failed: upstream answered 502", _ONSET + 15, 1_800, 320),
    ),
    past=(
        Past(
            id="INC-892",
            service="payment-service",
            title="Payments failed after a deployment",
            days=91,
            minutes=11,
            cause="v2.29.0 pointed the gateway client at a host that was not reachable from the cluster.",
            resolution="Rolled back to v2.28.3; the endpoint is now checked before a rollout.",
            summary="HighErrorRate on payment-service: connection refused by the gateway right after a deployment.",
        ),
        Past(
            id="INC-731",
            service="ledger",
            title="Slow ledger writes at month end",
            days=203,
            minutes=54,
            cause="The month-end report locked the entries table.",
            resolution="Moved the report to a replica.",
            summary="p99 of ledger over 2 s, lock timeouts in its log, payments delayed.",
        ),
    ),
)
