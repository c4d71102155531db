"""Which log lines grew: lines become templates, and each template's count is held against the hour before.

The rule. Counts since the onset are compared with the same template's hour before, scaled to the same span, and
with its busiest such span, because bursts are normal for some lines. What counts is growth in spreads: that of a
Poisson count, and what traffic alone does to a count; of an error more than of a warning, of a warning more than of
an info. A template that is merely new proves little; one that does not appear says nothing. Templates by Drain (He et
al., ICWS 2017), over lines whose numbers, ids, addresses and paths are masked first: so few distinct lines are left
that it is quick.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.domain.analysis import LogPattern
from bot.evidence.line import Weight, masked, read, stated, weight_of
from integrations.contract import LogLine, Logs

BEFORE = 3600.0
"""Seconds before the onset that tell what is usual."""
LEAST_BEFORE = 120.0
"""With fewer seconds of lines than this before the onset nobody knows what is usual."""
QUIET_MINUTES = 15
"""What is older than so many minutes before the alert is taken to be quiet: alerts are rarely later than that."""
MOST_PATTERNS = 10
"""How many a briefing can carry."""
WEIGHTS: dict[Weight, float] = {"error": 1.0, "warning": 0.5, "info": 0.2}
HALF_SURE = 8.0
"""Spreads at which growth is half convincing."""
BY_CHANCE = 3.0
"""Spreads up to which growth is no vote, as with figures: among hundreds of templates some are always up by two."""
UNEVEN = 0.2
"""How uneven a count is beyond chance, as a share of it: what is said a thousand times a minute goes up and down with
the traffic by far more than a Poisson count would.
"""


@dataclass(frozen=True, slots=True)
class Growth:
    """One template of one service that has grown, and how convincingly (0 to 1)."""

    pattern: LogPattern
    weight: Weight
    share: float


@dataclass(frozen=True, slots=True)
class _Frame:
    """What counts are held against: seconds since the onset, seconds known before it, and what a line stands for."""

    onset: float
    span: float
    before: float
    scale: float
    url: str | None

    @property
    def known(self) -> bool:
        """Whether enough is known of before, so that there is anything to grow over."""
        return self.before >= LEAST_BEFORE


@dataclass(slots=True)
class _Tally:
    service: str
    level: str
    masked: str
    sample: str = ""
    first: float = float("inf")
    """Moment of the first of those that are counted."""
    after: int = 0
    spans: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Count in each span of the same length before, the nearest first."""


def onset_in(logs: Logs, alerted: float) -> float | None:
    """When error lines began to grow, from the lines alone: the first of the minutes up to the alert that are off.

    Minutes are counted from the alert. One is off when it holds more than twice the errors, and three more, than the
    busiest minute of the quiet time before. None when no minute is.
    """
    minutes: dict[int, int] = defaultdict(int)
    for line in logs.lines:
        if weight_of(line.level, line.message) == "error":
            minutes[int((line.time.timestamp() - alerted) // 60)] += 1
    usual = max((count for at, count in minutes.items() if at < -QUIET_MINUTES), default=0)
    off = [at for at, count in minutes.items() if at >= -QUIET_MINUTES and count > 2 * usual + 3]
    return alerted + min(off) * 60.0 if off else None


def growths(logs: Logs, onset: float, until: float) -> tuple[Growth, ...]:
    """Templates that grew since `onset` (unix seconds), the strongest first; empty where nothing did.

    Counts are scaled up where the lines are a sample.
    """
    if not logs.lines:
        return ()
    until = max(until, logs.lines[-1].time.timestamp())
    since = logs.since or logs.lines[0].time
    frame = _Frame(
        onset=onset,
        span=max(60.0, until - onset),
        before=min(BEFORE, onset - since.timestamp()),
        scale=max(1.0, logs.total / len(logs.lines)),
        url=logs.url,
    )
    if not frame.known:
        return ()
    tallies = _templates(_tallied(logs.lines, onset, frame.span))
    grown = [_growth(tally, template, frame) for tally, template in tallies if tally.after]
    grown = [growth for growth in grown if growth.share > 0]
    return together([grown])


def together(several: Iterable[Iterable[Growth]]) -> tuple[Growth, ...]:
    """What grew in all of them, the strongest first, whatever order they come in."""
    return tuple(sorted((one for grown in several for one in grown), key=_rank))


def since(onset: float, grown: Iterable[Growth]) -> tuple[Growth, ...]:
    """With what was said before too told from the onset on: lines are counted from a little earlier."""
    began = datetime.fromtimestamp(onset, UTC)
    return tuple(
        growth
        if growth.pattern.new or growth.pattern.first_seen >= began
        else replace(growth, pattern=replace(growth.pattern, first_seen=began))
        for growth in grown
    )


def _rank(growth: Growth) -> tuple[float, int, str, str, str]:
    pattern = growth.pattern
    return -growth.share, -pattern.count, pattern.template, pattern.service, pattern.level


def strongest(grown: Sequence[Growth]) -> tuple[LogPattern, ...]:
    """At most ten patterns for the briefing: errors and warnings before infos, then by growth."""
    told = sorted(grown, key=lambda growth: (growth.weight == "info", -growth.share))
    return tuple(growth.pattern for growth in told[:MOST_PATTERNS])


def _tallied(lines: Iterable[LogLine], onset: float, span: float) -> list[_Tally]:
    """Lines counted by service, level and masked text; equal messages are masked once."""
    known: dict[str, tuple[str, str]] = {}
    tallies: dict[tuple[str, str, str], _Tally] = {}
    for line in lines:
        moment = line.time.timestamp()
        if moment < onset - BEFORE:
            continue
        told = known.get(line.message)
        if told is None:
            level, words = read(line.message)
            told = known[line.message] = (level or ("" if line.level else stated(words)), masked(words))
        key = (line.service, line.level or told[0], told[1])
        tally = tallies.get(key)
        if tally is None:
            tally = tallies[key] = _Tally(*key)
        _count(tally, line, moment, onset, span)
    return list(tallies.values())


def _count(tally: _Tally, line: LogLine, moment: float, onset: float, span: float) -> None:
    if moment >= onset:
        tally.first = min(tally.first, moment)
        if not tally.after:
            tally.sample = read(line.message)[1]
        tally.after += 1
    else:
        tally.spans[int((onset - moment) // span)] += 1


def _templates(tallies: Sequence[_Tally]) -> list[tuple[_Tally, str]]:
    """Tallies of one template taken together, with the template. Order of appearance decides nothing but ties."""
    from drain3.drain import Drain  # type: ignore[import-untyped]

    drains: dict[tuple[str, str], Drain] = {}
    members: dict[tuple[str, str, int], list[_Tally]] = defaultdict(list)
    for tally in sorted(tallies, key=lambda one: (one.service, one.level, one.masked)):
        place = (tally.service, tally.level)
        drain = drains.setdefault(place, Drain(sim_th=0.6, max_clusters=2000, parametrize_numeric_tokens=False))
        cluster, _ = drain.add_log_message(tally.masked)
        members[*place, cluster.cluster_id].append(tally)
    together = []
    for (service, level, number), several in members.items():
        cluster = drains[service, level].id_to_cluster.get(number)
        template = cluster.get_template() if cluster else several[0].masked
        together.append((_merged(several), template))
    return together


def _merged(several: Sequence[_Tally]) -> _Tally:
    whole = several[0]
    for other in several[1:]:
        whole.first = min(whole.first, other.first)
        whole.sample = whole.sample or other.sample
        whole.after += other.after
        for at, count in other.spans.items():
            whole.spans[at] += count
    return whole


def _growth(tally: _Tally, template: str, frame: _Frame) -> Growth:
    usual = sum(tally.spans.values()) * frame.span / frame.before
    expected = max(usual, _busiest(tally, frame))
    weight = weight_of(tally.level, tally.sample)
    spread = (expected + 1 + (UNEVEN * expected) ** 2) ** 0.5
    spreads = (tally.after - expected) / spread * frame.scale**0.5
    pattern = LogPattern(
        service=tally.service,
        template=template,
        count=round(tally.after * frame.scale),
        before=usual * frame.scale,
        first_seen=datetime.fromtimestamp(tally.first, UTC),
        level=tally.level or (weight if weight != "info" else ""),
        sample=tally.sample,
        url=frame.url,
        watched_s=frame.before + tally.first - frame.onset,
        sampled=frame.scale > 1,
    )
    share = WEIGHTS[weight] * spreads / (spreads + HALF_SURE) if spreads > BY_CHANCE else 0.0
    return Growth(pattern, weight, share)


def _busiest(tally: _Tally, frame: _Frame) -> int:
    """The most lines of any whole span of the same length before."""
    whole = int(frame.before // frame.span)
    return max((count for at, count in tally.spans.items() if at < whole), default=0)
