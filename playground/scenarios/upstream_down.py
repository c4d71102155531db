"""rates-store fails two calls down from booking-api; nobody near it deployed anything."""

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

_ONSET = -540.0

_BOOKING = Team(
    owner="team-booking",
    org="playground-travel",
    namespace="booking",
    policy=Policy("PBOO001", "Booking", ("lena", "ivo")),
    slack_group="booking-oncall",
)
_FARES = Team(
    owner="team-fares",
    org="playground-travel",
    namespace="fares",
    policy=Policy("PFAR001", "Fares", ("fatima", "chen")),
    slack_group="fares-oncall",
)

SCENARIO = Scenario(
    id="upstream-down",
    title="An upstream service that fails",
    sentence="booking-api fails because rates-store, two calls further down, went away; no deployment of our own.",
    alerting="booking-api",
    rule=Rule(
        alertname="HighErrorRate",
        severity="critical",
        expression=(
            '100 * sum(rate(http_requests_total{service="booking-api",code=~"5.."}[5m]))'
            ' / sum(rate(http_requests_total{service="booking-api"}[5m])) > 5'
        ),
        summary="31 % of the requests to booking-api fail, usually 0.2 %",
        description="More than 5 % of the requests to booking-api have failed for 5 minutes.",
        runbook_url="https://runbooks.playground.example/HighErrorRate",
    ),
    truth=Truth(service="rates-store", kind="upstream down", deployment=False, onset=_ONSET),
    policies=(_BOOKING.policy, _FARES.policy),
    profiles=(
        Profile(_BOOKING.service("travel-web", 1, "booking-api"), traffic=290.0, p50=0.08, p99=0.34),
        Profile(
            _BOOKING.service("booking-api", 1, "seat-inventory", "fare-engine", "loyalty-points"),
            traffic=210.0,
            errors=0.2,
            p50=0.07,
            p99=0.31,
            error_code="502",
        ),
        Profile(_BOOKING.service("seat-inventory", 1), traffic=190.0, p50=0.025, p99=0.12, pool=36.0),
        Profile(_BOOKING.service("loyalty-points", 3), traffic=80.0, p50=0.02, p99=0.1, pods=2),
        Profile(
            _FARES.service("fare-engine", 1, "rates-store", "tax-tables"),
            traffic=200.0,
            p50=0.045,
            p99=0.2,
            cpu=47.0,
            error_code="503",
        ),
        Profile(_FARES.service("tax-tables", 3), traffic=120.0, p50=0.006, p99=0.03, pods=2),
        Profile(
            _FARES.service("rates-store", 1), traffic=330.0, errors=0.05, p50=0.008, p99=0.04, memory=58.0, disk=49.0
        ),
    ),
    effects=(
        Effect("rates-store", "errors", _ONSET, 67.0, over=15),
        Effect("rates-store", "p99", _ONSET, 4.4, over=20),
        Effect("rates-store", "cpu", _ONSET + 30, 88.0, over=60),
        Effect("fare-engine", "errors", _ONSET + 30, 46.0, over=30),
        Effect("fare-engine", "p99", _ONSET + 30, 3.2, over=45),
        Effect("booking-api", "errors", _ONSET + 60, 31.0, over=45),
        Effect("booking-api", "p99", _ONSET + 60, 2.9, over=60),
        Effect("travel-web", "errors", _ONSET + 90, 17.0, over=60),
        Effect("travel-web", "p99", _ONSET + 90, 2.4, over=60),
    ),
    restarts=(
        Restart("rates-store", pod=0, at=_ONSET, down=3_600),
        Restart("rates-store", pod=1, at=_ONSET + 20, down=3_600),
    ),
    deploys=(
        Deploy(
            service="booking-api",
            at=-20 * 3600.0,
            version="v8.2.0",
            previous="v8.1.7",
            author="lena",
            title="Let travellers choose their meal",
            pull_request=1502,
            files={"booking/extras.py": changed("EXTRAS = ('bag', 'seat')", "EXTRAS = ('bag', 'seat', 'meal')")},
        ),
        Deploy(
            service="loyalty-points",
            at=-9 * 3600.0,
            version="v1.3.3",
            previous="v1.3.2",
            author="ivo",
            title="Round points to whole numbers",
            pull_request=88,
            files={"loyalty/points.py": changed("points = total * rate", "points = round(total * rate)")},
        ),
    ),
    chatter=(
        Chatter("travel-web", 3.0, (*REQUESTS, (0.2, "WARN", "slow page /search duration_ms=1{ms}"))),
        Chatter("booking-api", 4.0, (*REQUESTS, (2.0, "INFO", "offer {id} priced in {ms} ms"))),
        Chatter("seat-inventory", 2.5, REQUESTS),
        Chatter("loyalty-points", 1.5, (*REQUESTS, (0.2, "WARN", "member {user} has no card"))),
        Chatter(
            "fare-engine",
            4.0,
            (*REQUESTS, (2.0, "INFO", "fare {id} computed from {n} rates"), (0.1, "ERROR", "no rate for route {id}")),
        ),
        Chatter("tax-tables", 1.0, REQUESTS),
        Chatter("rates-store", 3.0, (*REQUESTS, (1.0, "INFO", "replicated {n} rows in {ms} ms"))),
    ),
    bursts=(
        Burst("rates-store", "ERROR", "replica lost: no heartbeat from peer {ip} for 10 s", _ONSET, _ONSET + 45, 14),
        Burst("rates-store", "ERROR", "read refused: quorum lost, 1 of 3 members", _ONSET + 5, 0, 640),
        Burst("rates-store", "ERROR", "read refused: quorum lost, 1 of 3 members", 0, 1_800, 700),
        Burst("fare-engine", "ERROR", "cannot price offer {id}: rates-store answered 500", _ONSET + 30, 0, 380),
        Burst("fare-engine", "ERROR", "cannot price offer {id}: rates-store answered 500", 0, 1_800, 500),
        Burst("booking-api", "ERROR", "offer {id} failed: fare-engine answered 503", _ONSET + 60, 1_800, 420),
    ),
    past=(
        Past(
            id="INC-277",
            service="booking-api",
            title="Bookings failed while rates-store had no quorum",
            days=52,
            minutes=33,
            cause="Two members of rates-store were on one machine that was taken down for maintenance.",
            resolution="Brought the members back; their placement is now spread over machines.",
            summary="HighErrorRate on booking-api; fare-engine and rates-store failed first; quorum lost.",
        ),
        Past(
            id="INC-301",
            service="seat-inventory",
            title="Seats sold twice",
            days=27,
            minutes=76,
            cause="A reservation was confirmed after it had expired.",
            resolution="Confirmation checks the expiry again.",
            summary="No alert; reported by support, forty bookings corrected by hand.",
        ),
    ),
)
