"""One incident with everything in it, to see how it is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.analysis import Analysis, Cause, Fact, FirstStep, LogPattern, RuledOut, SignalState
from bot.domain.context import Context, Report
from bot.domain.incident import Channel, Incident, Posted, Severity
from integrations.contract import (
    Alert,
    Change,
    Facts,
    Gap,
    History,
    OnCall,
    OpenAlert,
    RunbookMatch,
    Scope,
    Series,
    Service,
    Similar,
    Window,
)

ALERTED = datetime(2026, 11, 21, 3, 42, tzinfo=UTC)
BEGAN = datetime(2026, 11, 21, 3, 27, 40, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 3, 42, 8, tzinfo=UTC)
DEPLOYED = datetime(2026, 11, 21, 3, 27, tzinfo=UTC)


def alert(name: str = "HighErrorRate", **changes: object) -> Alert:
    made = Alert(
        source="alertmanager",
        fingerprint=name,
        name=name,
        status="firing",
        starts_at=ALERTED,
        severity="critical",
        labels={"service": "payment-service"},
        url="http://prometheus.example/graph?g0.expr=up",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def incident(**changes: object) -> Incident:
    made = Incident(
        id="INC-ABCDEFGHIJ",
        service="payment-service",
        env="production",
        severity=Severity.SEV1,
        title="HighErrorRate",
        status="open",
        started_at=ALERTED,
        opened_at=ALERTED + timedelta(seconds=1),
        alerts=(alert(), alert("HighLatency"), alert("SLOBurn")),
        channel=Channel("C0INC", "inc-payment-service-1121-0342"),
        message=Posted("C0INC", "1.2"),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def series(signal: str, calm: float, bad: float) -> Series:
    start = ALERTED - timedelta(minutes=90)
    moments = [start + timedelta(seconds=15 * step) for step in range(361)]
    return Series(
        service="payment-service",
        signal=signal,
        times=tuple(moment.timestamp() for moment in moments),
        values=tuple(
            (bad if moment >= BEGAN else calm) * (1 + 0.05 * ((step * 7919) % 13 - 6) / 6)
            for step, moment in enumerate(moments)
        ),
    )


SERVICE = Service(
    "payment-service",
    owner="payments",
    tier=1,
    repo="acme/payment-service",
    dashboards={"Payments overview": "https://grafana.example/d/pay"},
    depends_on=("ledger",),
)
SCOPE = Scope(
    incident_id="INC-ABCDEFGHIJ",
    env="production",
    alerts=(alert(),),
    services={"payment-service": SERVICE, "ledger": Service("ledger", repo="acme/ledger")},
    window=Window(ALERTED - timedelta(hours=2), NOW),
)
FINDINGS = (
    series("error_rate", 0.3, 23.4),
    series("latency_p99", 0.18, 2.34),
    Change(
        "payment-service",
        "deployment",
        DEPLOYED,
        "v2.34.1",
        previous="v2.34.0",
        author="alice",
        title="Update payment gateway integration",
        files=("config/gateway.yaml",),
        url="https://github.example/acme/payment-service/deployments/7",
    ),
    Similar(
        "INC-892",
        ALERTED - timedelta(days=92),
        "payment-service",
        "Payments fail after a deploy",
        "the gateway's address was wrong in a new version",
        "rolled back to the version before",
        11,
        0.8,
        "same alert, same log pattern",
    ),
    RunbookMatch("payment-rollback", "Roll payment-service back", "matches this cause", 0.9),
    RunbookMatch("gateway-check", "Check the gateway", "", 0.5),
    OnCall(1, "Dana Dale", "dana@example.com", datetime(2026, 11, 21, 9, 0, tzinfo=UTC), "https://pd.example/s"),
    OpenAlert("ledger", "SlowQueries", "warning", ALERTED - timedelta(minutes=3), "INC-B", "C0LEDGER"),
    Facts(SERVICE, known=True),
)
CONTEXT = Context(
    SCOPE,
    findings=FINDINGS,
    gaps=(Gap("elasticsearch", "sampled 10,000 of 184,300 lines", partial=True),),
    took=dict.fromkeys(("prometheus", "elasticsearch", "github", "chromadb", "pagerduty"), 0.4),
    seconds=6.13,
)
FOUND = Analysis(
    causes=(
        Cause(
            "payment-service",
            "change",
            "v2.34.1, deployed 03:27 by alice, 40 s before errors began. It changed `config/gateway.yaml`; since then"
            " 1,204 × `connection refused: payment-gateway.internal:8443`, none seen in the hour before.",
            "high",
            (1, 2, 3),
            score=0.9,
            version="v2.34.1",
        ),
        Cause("ledger", "dependency", "ledger was slow from 03:39.", "low", (4,), score=0.2),
    ),
    onset=BEGAN,
    facts=(
        Fact(
            1,
            "github",
            "payment-service",
            "v2.34.1 deployed 03:27",
            url="https://github.example/acme/payment-service/deployments/7",
        ),
        Fact(
            2, "elasticsearch", "payment-service", "1,204 × connection refused", url="https://kibana.example/a?b=1&c=2"
        ),
        Fact(3, "prometheus", "payment-service", "errors 23.4 %", url="http://prometheus.example/graph"),
        Fact(4, "prometheus", "ledger", "ledger p99 240 ms"),
    ),
    signals=(
        SignalState(
            "payment-service", "error_rate", 23.4, 0.3, moved="up", bad=True, url="http://prometheus.example/e"
        ),
        SignalState("payment-service", "latency_p99", 2.34, 0.18, moved="up", bad=True),
        SignalState("payment-service", "requests", 410, 425, moved="steady"),
        SignalState("payment-service", "instances_up", 3, 3),
        SignalState("payment-service", "instances_wanted", 3, 3),
    ),
    patterns=(
        LogPattern(
            "payment-service",
            "connection refused: payment-gateway.internal:<*>",
            1204,
            0,
            BEGAN,
            "ERROR",
            watched_s=3_600,
        ),
    ),
    ruled_out=(RuledOut("ledger is steady", (4,)), RuledOut("CPU and memory are at their normal.", ())),
    first_steps=(
        FirstStep(
            "Compare the endpoint", "kubectl get configmap payment-config -n payments -o yaml | grep -A2 'gateway: <'"
        ),
        FirstStep("If it is wrong: `/incident-action run payment-rollback` (asks for ✅ before it acts)"),
    ),
    looked_at=("8 signals of 2 services", "12,031 log lines"),
)
REPORT = Report(CONTEXT, FOUND)
NO_CAUSE = Report(
    replace(CONTEXT, findings=(Facts(SERVICE, known=True), History(14))),
    replace(FOUND, causes=(), onset=None, ruled_out=(), suspects=("ledger",), next_look="p99 of ledger by endpoint"),
)
