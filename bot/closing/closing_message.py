"""The end of an incident as messages: the proposal to close it, and that it is closed (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.domain.briefing import Briefing, Button, Section, line
from bot.domain.closing import Closing, Proposal, opened_again
from bot.domain.entry import BOT
from bot.domain.incident import Incident
from bot.domain.postmortem import Written
from bot.domain.text import bare, link, prose, safe
from bot.domain.words import clock, count, span
from integrations.contract import RoomError, Unreachable

CLOSE, KEEP, FALSELY = "close.yes", "close.keep", "close.false"


def proposal(incident: Incident, helped: str, until: datetime, now: datetime) -> Briefing:
    """Whether it may be closed: what it was, how long, what seems to have fixed it, and what silence means."""
    over = incident.resolved_at or now
    resolved, quiet = _took(incident, incident.opening, over), f"quiet for {span((now - over).total_seconds())}"
    fixed = f"What seems to have helped: {prose(helped, 400)}" if helped else "Nothing in the record says what helped."
    value = f"{incident.id} {incident.opening}"
    in_words = (
        "" if incident.lead else "`/incident resolve &lt;what helped&gt;` says it in words · "
    )  # that is the lead
    buttons = (
        Button("Close", CLOSE, value, "primary"),
        Button("Keep open", KEEP, value),
        Button("False alarm", FALSELY, value),
    )
    what = f"{safe(incident.service, 100)} · {safe(incident.title, 150)}"
    return Briefing(
        plain=f"{bare(incident.title)}: {quiet}. Close it?",
        headline=f"*Close it?* {what}\n" + " · ".join([*(f"resolved {after}" for after in resolved), quiet]),
        sections=(Section((fixed,), buttons=buttons),),
        footer=f"{in_words}no answer by {clock(until, now)} UTC closes it as recovered, not reviewed",
    )


def turned_down(incident: Incident, asked: Proposal, again: datetime | None, now: datetime) -> Briefing:
    """What stands where the proposal was: somebody wants it kept open, or it fired again."""
    if asked.kept_by:
        when = f"; I ask again {clock(again, now)} UTC" if again else ""
        return line(f"Kept open by <@{asked.kept_by}>{when}.{how_to_close(incident)}")
    return line("Not closed: it fired again.")


def how_to_close(incident: Incident) -> str:
    """Nothing for what is told with another: what is typed in that channel is of its lead."""
    return "" if incident.lead else " `/incident resolve` closes it."


def closed(incident: Incident, closing: Closing, written: Written | None, trouble: RoomError | None = None) -> Briefing:
    """That it is closed, by whom, and where its postmortem is. `trouble`: why that could not be published."""
    lines = (*_of_closing(closing), *_of_postmortem(written, trouble))
    over = min(incident.resolved_at or closing.at, closing.at)
    which, again = (f" {safe(incident.service, 100)}", f" {incident.id}") if incident.lead else ("", "")
    head = f"🔒 *Closed*{which} {clock(closing.at, closing.at)} UTC {_how(closing)}"
    return Briefing(
        plain=f"{bare(incident.title)}: closed",
        headline=" · ".join([head, *_took(incident, closing.opening, over)]),
        sections=(Section(lines),) if lines else (),
        footer=f"`/incident reopen{again}` opens it again",
    )


def _took(incident: Incident, opening: int, over: datetime) -> Iterator[str]:
    """How long after its beginning this opening was over; nothing where that is not known any more."""
    if again := opened_again(incident, opening, over):
        yield f"{span((over - again).total_seconds())} after it was opened again"
    elif opening == 1:
        yield f"{span((over - incident.started_at).total_seconds())} after the alert"


def _how(closing: Closing) -> str:
    if closing.how == "not reviewed":
        return f"as recovered, not reviewed: nobody {'could be asked' if closing.unasked else 'answered'}"
    if closing.by == BOT:
        return "by itself, after its quiet time"
    return f"by <@{closing.by}>" + (" as a false alarm" if closing.false_alarm else "")


def _of_closing(closing: Closing) -> Iterator[str]:
    if closing.words:
        told = "In their words" if closing.false_alarm else "What helped"
        yield f"{told}: {prose(closing.words, 600)}"
    if closing.firing:
        names = ", ".join(safe(name, 60) for name in closing.firing[:5])
        yield f"⚠️ {count(len(closing.firing), 'alert')} still firing: {names}"


def _of_postmortem(written: Written | None, trouble: RoomError | None) -> Iterator[str]:
    if written is None:
        return
    kept = link(written.url, "where postmortems are kept") if written.url else ""
    if written.review == "rejected":
        yield f"The draft of the postmortem was rejected by <@{written.reviewed_by}>."
        if trouble is not None:
            yield f"Not marked so {kept}: {_why(written, trouble)}"
        return
    by = f", worded in part by {safe(written.model, 60)}" if written.model else ""
    if written.reviewed:
        yield f"Postmortem: in this thread, reviewed by <@{written.reviewed_by}>{by}."
    else:
        yield f"Postmortem: a draft is in this thread{by}. ❓ marks what only people know."
    if kept:
        yield f"Also: {kept}"
    if trouble is not None:
        yield f"{'There as it was before' if kept else 'Not published'}: {_why(written, trouble)}"


def _why(written: Written, trouble: RoomError) -> str:
    """And what comes of it: what follows from a review is tried until it is done, or refused."""
    why = f"{prose(f'{trouble.source}: {trouble.reason}', 300)}."
    if written.review != "waiting" and isinstance(trouble, Unreachable):
        return f"{why} I try again."
    if written.review == "rejected":
        return f"{why} Put it right there by hand."
    return f"{why} `first-responder postmortem {written.incident_id} --post` tries again."


def draft(written: Written) -> Briefing:
    """Above a postmortem that somebody asked for before the incident was closed."""
    return line(f"📝 Postmortem of {safe(written.incident_id, 40)} as far as it is known by now: in this thread.")
