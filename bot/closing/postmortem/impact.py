"""Impact: how long, how bad, how many requests, and what share of the error budget it took (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

from bot.closing.postmortem.record import Record
from bot.domain.analysis import SignalState
from bot.domain.postmortem import Asked, Chapter, Said
from bot.domain.words import clock, figure, quantity, span
from integrations.contract import Series
from integrations.signals import signal

SLO_DAYS = 30
"""The window over which an error budget is counted, as `slo` in services.yaml means it."""
FORMULA = "(failed − usual) ÷ ((1 − SLO) × usual traffic × 30 days)"
"""Google, The Site Reliability Workbook, chapter 2: the budget is the share of the window's events that may be bad."""
MOST_STEP_S = 300.0
"""Between two figures further apart than this nothing is assumed."""


def impact(record: Record) -> Chapter:
    """Only what was measured: what no figure tells is asked."""
    lines = [*_times(record), *_signals(record), *_requests(record), *_unseen(record)]
    return Chapter("impact", (*lines, Asked("Who felt it, customers or other teams, and how did they tell us?")))


def _times(record: Record) -> Iterator[Said | Asked]:
    began, ended = record.began, record.ended
    lasted = span(record.lasted.total_seconds())
    cites = (record.own(), *((record.look(),) if record.early else ()))
    yield Said(f"It lasted {lasted}, from {clock(began, ended)} to {clock(ended, ended)} UTC.", cites)
    if record.early.total_seconds() >= 60:
        early, opened = span(record.early.total_seconds()), clock(record.opened, ended)
        which = f"{record.by_hand}, at" if record.by_hand else "the first alert, which fired"
        yield Said(f"It began {early} before {which} {opened} UTC.", cites)
    if seen := record.standing.acknowledged:
        after = span((seen.at - record.opened).total_seconds())
        which = record.by_hand or "the first alert"
        yield Said(f"It was acknowledged {after} after {which}.", (record.entry(seen),))
    for name in record.still_firing:
        yield Said(f"Alert {name} still fired when it was closed.", (record.own(), record.alert(name)))


def _signals(record: Record) -> Iterator[Said]:
    """Each signal that moved the way that hurts: its worst beside its normal."""
    for state in record.report.analysis.signals if record.report else ():
        if state.bad:
            known = signal(state.signal)
            worst, at = _worst(record, state)
            when = f", at {clock(at, record.ended)} UTC" if at else ""
            beside = "" if state.normal is None else f"; its normal is {quantity(state.normal, known.unit)}"
            text = f"{known.label} of {state.service}: {quantity(worst, known.unit)} at the worst{when}{beside}."
            yield Said(text, (_cite(record, state.signal, state.url),))


def _worst(record: Record, state: SignalState) -> tuple[float, datetime | None]:
    """Its furthest from normal since it began, and when; the last figure where there is no series of it."""
    series = _series(record, state.signal)
    since = record.began.timestamp()
    seen = [(v, t) for t, v in zip(series.times, series.values, strict=True) if t >= since] if series else []
    if not seen:
        return state.value, None
    value, at = min(seen) if signal(state.signal).worse == "down" else max(seen)
    return value, datetime.fromtimestamp(at, UTC)


def _requests(record: Record) -> Iterator[Said | Asked]:
    """How many failed, and what share of the error budget that is; asked where the figures are not there."""
    errors, traffic = _series(record, "error_rate"), _series(record, "requests")
    if errors is None or traffic is None:
        yield Asked("How many requests failed? No figures of errors and traffic together were seen.")
        return
    failed, seconds = failed_requests(errors, traffic, record.began.timestamp())
    cites = (_cite(record, "error_rate", errors.url), _cite(record, "requests", traffic.url))
    if seconds <= 0:
        yield Asked("How many requests failed? No figure was taken after it began.")
        return
    over, amount = span(seconds), figure(_rough(failed))
    yield Said(
        f"About {amount} request{'s' * (amount != '1')} failed in the {over} that were seen: share of errors × requests"
        " a second, added up over time.",
        cites,
    )
    yield from _budget(record, failed, seconds, cites)


def _rough(number: float) -> float:
    """To three digits: more of a sum of averages is not known."""
    return float(f"{number:.3g}")


def _budget(record: Record, failed: float, seconds: float, cites: tuple[int, ...]) -> Iterator[Said | Asked]:
    if record.slo is None:
        yield Asked("What share of the error budget is that? `slo` of the service is not set in SERVICES_FILE.")
        return
    usual = {state.signal: state.normal for state in record.report.analysis.signals} if record.report else {}
    rate, share = usual.get("requests"), usual.get("error_rate")
    if not rate:
        yield Asked("What share of the error budget is that? The usual traffic is not known.")
        return
    extra = max(0.0, failed - (share or 0.0) / 100 * rate * seconds)
    spent = error_budget_share(extra, record.slo, rate)
    service = record.sources.cite(f"services.yaml: slo of {record.incident.service}")
    yield Said(
        f"That is {quantity(spent * 100, '%')} of the error budget of {figure(record.slo)} % over {SLO_DAYS} days:"
        f" {FORMULA}.",
        (*cites, service),
    )


def failed_requests(errors: Series, traffic: Series, since: float) -> tuple[float, float]:
    """How many requests failed from `since` (Unix seconds) to the last figure, and over how many seconds.

    Each figure of `errors` (%) holds until the next one, at most `MOST_STEP_S`, beside the newest of `traffic` (/s).
    """
    rates = list(zip(traffic.times, traffic.values, strict=True))
    points = [(t, v) for t, v in zip(errors.times, errors.values, strict=True) if t >= since]
    failed, seconds, at = 0.0, 0.0, 0
    for (begins, share), (ends, _) in pairwise(points):
        while at + 1 < len(rates) and rates[at + 1][0] <= begins:
            at += 1
        if rates and rates[at][0] <= begins and ends - begins <= MOST_STEP_S:
            failed += share / 100 * rates[at][1] * (ends - begins)
            seconds += ends - begins
    return failed, seconds


def error_budget_share(failed: float, slo: float, rate: float) -> float:
    """Share of the budget, 1 for all of it: `failed` over what `slo` (%) allows of `rate` (/s) in `SLO_DAYS` days."""
    return failed / ((1 - slo / 100) * rate * SLO_DAYS * 86_400)


def _unseen(record: Record) -> Iterator[Said | Asked]:
    """What lies behind the last look was measured by nobody."""
    if record.looked is None:
        yield Asked("What did the figures say? Nobody could look.")
    elif (rest := (record.ended - record.looked).total_seconds()) >= 60:
        looked, ended = clock(record.looked, record.ended), clock(record.ended, record.ended)
        yield Said(f"These figures end with the last look, {looked} UTC.", (record.look(),))
        yield Asked(f"What did they say between {looked} and {ended} UTC, the last {span(rest)}?")


def _series(record: Record, name: str) -> Series | None:
    """The signal of the incident's own service as a whole."""
    own = record.incident.service
    found = record.report.context.of(Series) if record.report else ()
    mine = (s for s in found if s.service == own and s.signal == name and not s.instance and not s.edge)
    return next((series for series in mine if series.times), None)


def _cite(record: Record, name: str, url: str | None) -> int:
    return record.sources.cite(f"prometheus: {signal(name).label} of {record.incident.service}", url)
