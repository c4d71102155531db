"""Records of incidents that are over, for the tests of what is written about them."""

from dataclasses import replace
from datetime import timedelta

from bot.closing.compose_postmortem import compose
from bot.closing.postmortem.markdown import markdown
from bot.closing.postmortem.record import Record
from bot.domain.closing import Closing
from bot.domain.entry import Entry
from bot.domain.run import Checked, DeedBegun, DeedEnded, Ended
from runbooks.prepared import Outcome
from tests.rules.runs import RUN, approved, opened, step
from tests.stories.incident_sample import NOW, REPORT, incident

OVER = NOW + timedelta(minutes=30)
CLOSED = NOW + timedelta(minutes=40)
INCIDENT = incident(
    status="resolved",
    resolved_at=OVER,
    alerts=tuple(replace(alert, status="resolved", ends_at=OVER) for alert in incident().alerts),
)
CLOSING = Closing(INCIDENT.id, 1, CLOSED, "U0DANA123", "by a person", "rolled back to v2.34.0")
PREPARED = step("2", undo="")


def entry(kind, text="", who="U0DANA123", number=1, minutes=2, **more):
    return Entry(
        INCIDENT.id, f"{kind}:{number}", NOW + timedelta(minutes=minutes), kind, who, text, number=number, **more
    )


def run(*events, **changes):
    asked = {"asked_by": "U0LEE4567", "asked_at": NOW + timedelta(minutes=3)} | changes
    return replace(RUN, **asked), events


def deed(result="done", code=0, path="2"):
    at = NOW + timedelta(minutes=5)
    return (
        PREPARED,
        opened(PREPARED),
        approved(),
        DeedBegun(at, path, 0),
        DeedEnded(at, path, 0, Outcome(result, code), ""),
    )


def good_run():
    at = NOW + timedelta(minutes=7)
    return run(*deed(), Checked(at, "2", ok=True, said="errors 0.4 %"), Ended(at, "done"))


def record(**changes):
    made = {"incident": INCIDENT, "closing": CLOSING, "report": REPORT, "runs": [good_run()], "slo": 99.9}
    return Record(**(made | changes))


def text(**changes):
    return markdown(compose(record(**changes)), CLOSED)


def chapter(whole, title):
    """The lines below this heading."""
    return whole.partition(f"## {title}\n")[2].partition("\n## ")[0]


def facts(whole):
    """Every line that states something: no heading, question, source or small print."""
    body = whole.partition("\n## Sources\n")[0]
    return [line for line in body.splitlines() if line and not line.startswith(("#", "> ❓ ", "_"))]
