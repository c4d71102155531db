"""What happened in a run of incidents, counted in Slack, in the database, and at the programs that steps ran."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import sqlalchemy as sa

from bot.domain.run import Chosen, DeedBegun, GateOpened, MayHaveRun
from bot.state.database import open_database
from bot.state.runs import SqlRuns
from bot.state.tables import alerts, incidents, questions
from bot.state.tables import runs as run_table
from playground.terminal import as_text
from tests.chaos.rounds import is_whole
from tests.chaos.runs import after_a_loss, count_gates
from tests.chaos.strike import key_of
from tests.end_to_end.watch import briefing, channel_of, incident_channels, said_by_bot

OF_SERVICE = re.compile(r"inc-(.+?)-\d{4}-\d{4}(-\d+)?$")
"""A channel's name, and the service in it."""


@dataclass
class Tally:
    """What happened over all incidents. Everything that is a list is empty where all held."""

    sent: int = 0
    """Alerts that were answered 202, each once however often it was sent."""
    stored: int = 0
    briefed: int = 0
    """Alerts whose incident has a channel with a briefing."""
    incidents: int = 0
    whole: int = 0
    """Incidents with a question, a runbook and an end."""
    asked: int = 0
    """Questions that people typed, those too that nobody heard."""
    heard: int = 0
    """Questions that are on record."""
    answered: int = 0
    begun: int = 0
    """Steps whose program began."""
    approvals: int = 0
    expired: int = 0
    may_have_run: int = 0
    unstored: list[str] = field(default_factory=list)
    unbriefed: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    """Incidents with more than one channel."""
    doubled: list[str] = field(default_factory=list)
    """Messages that stand more than once, by their key."""
    twice: list[str] = field(default_factory=list)
    """Steps that began once more although nobody had chosen to run them again."""
    unasked: list[str] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """Questions on record with no answer, or with two."""
    lost: list[str] = field(default_factory=list)
    """Approvals that were read in time, and let nothing run."""
    pictures: list[str] = field(default_factory=list)
    """Charts that stand twice: the one thing that may (ARCHITECTURE.md)."""
    audit: str = ""
    stages: dict[str, int] = field(default_factory=dict)
    answers_to_senders: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def faults(self) -> list[str]:
        """Empty: everything held."""
        found = [*self.unstored, *self.unbriefed, *self.channels, *self.doubled, *self.twice, *self.unasked]
        return [*found, *self.unrecorded, *self.answers, *self.lost, *([self.audit] if self.audit else [])]

    def lines(self) -> list[str]:
        """For people."""
        kills = sum(self.stages.values())
        figures = {
            "kills, or cuts": kills,
            **{f"  {stage}": times for stage, times in sorted(self.stages.items(), key=lambda one: -one[1])},
            "alerts sent / stored / briefed": f"{self.sent} / {self.stored} / {self.briefed}",
            "senders heard besides 202": ", ".join(f"{n} × {w}" for w, n in self.answers_to_senders.items()) or "-",
            "incidents / whole ones": f"{self.incidents} / {self.whole}",
            "questions typed / heard": f"{self.asked} / {self.heard}",
            "questions answered": self.answered,
            "steps whose program began": self.begun,
            "approvals / expired gates": f"{self.approvals} / {self.expired}",
            "shown as «may have run»": self.may_have_run,
            "channels doubled": len(self.channels),
            "messages doubled": len(self.doubled),
            "steps run twice": len(self.twice),
            "steps run unasked": len(self.unasked),
            "begun without a record": len(self.unrecorded),
            "answers doubled or missing": len(self.answers),
            "approvals lost": len(self.lost),
            "charts that stand twice": len(self.pictures),
            "audit": self.audit or "whole",
            "seconds, each": f"{self.seconds:.0f}, {self.seconds / max(1, kills):.1f}",
        }
        return [f"{name:<34} {figure}" for name, figure in figures.items()]


async def count(crowd) -> Tally:
    """Everything that a crowd was about, once it has come to its end."""
    tally = Tally(answers_to_senders=dict(crowd.sender.answers), whole=len(crowd.rounds))
    async with open_database(crowd.town.env["DATABASE_URL"]) as database:
        await _count_alerts(tally, crowd, database)
        await _count_questions(tally, crowd, database)
        for one in crowd.rounds:
            await _count_runs(tally, one, crowd, SqlRuns(database), database)
    _count_messages(tally, crowd.town)
    code, printed = await crowd.town.bot.run("audit", "verify")
    tally.audit = printed if code else ""
    return tally


async def _count_alerts(tally, crowd, database) -> None:
    joined = sa.select(alerts.c.fingerprint, incidents.c.service).join(incidents)
    rows = await database.read(lambda connection: connection.execute(joined).all())
    stored = Counter(row.fingerprint for row in rows)
    services = {row.fingerprint: row.service for row in rows}
    sent = {fingerprint for fingerprint, _ in crowd.sender.sent}
    tally.sent, tally.stored, tally.incidents = len(sent), stored.total(), len(set(services.values()))
    tally.unstored = [f"{one} was answered 202 and is not stored" for one in sent - stored.keys()]
    tally.unstored += [f"{one} is stored {times} times" for one, times in stored.items() if times > 1]
    for one in sent & stored.keys():
        if briefing(channel_of(crowd.town, services[one])):
            tally.briefed += 1
        else:
            tally.unbriefed.append(f"{services[one]} has no briefing")


async def _count_questions(tally, crowd, database) -> None:
    found = await database.read(lambda c: c.execute(sa.select(questions.c.id, questions.c.answered_at)).all())
    tally.heard, tally.answered = len(found), sum(row.answered_at is not None for row in found)
    tally.asked = sum(len(one.questions) for one in crowd.rounds)
    for row in found:
        channel_id, _, ts = row.id.partition(":")
        channel = crowd.town.slack.workspace.channels[channel_id]
        replies = [reply for reply in channel.replies(ts) if reply.bot_id]
        whole = sum(is_whole(reply) for reply in replies)
        if row.answered_at is None or whole != 1 or len(replies) != 1:
            tally.answers.append(f"question {row.id}: {len(replies)} replies, {whole} of them whole")


async def _count_runs(tally, one, crowd, record, database) -> None:
    """Holds what the steps' own notes say of one incident against what its people did, and against the record."""
    began = Counter(call.argv[1] for call in crowd.note.calls if call.argv[0] == one.service)
    tally.begun += began.total()
    events = []
    target = sa.select(run_table.c.id).where(run_table.c.target == f"{one.service}/prod")
    for run_id in await database.read(lambda connection: list(connection.scalars(target))):
        of_run = await record.events(run_id)
        gates = [event.gate for event in of_run if isinstance(event, GateOpened)]
        count_gates(tally, of_run, gates, {gate.id: await record.votes(gate.id) for gate in gates})
        events += of_run
    tally.may_have_run += sum(isinstance(event, MayHaveRun) for event in events)
    again = Counter(e.path for e in events if isinstance(e, Chosen) and e.choice == "again" and after_a_loss(events, e))
    on_record = Counter(event.path for event in events if isinstance(event, DeedBegun))
    for step, times in began.items():
        told = f"{one.service} step {step}: began {times} times"
        tally.unasked += [f"{told}, asked for {one.yes[step]}"] if times > one.yes[step] else []
        tally.twice += [f"{told}, again chosen {again[step]}"] if times > 1 + again[step] else []
        tally.unrecorded += [f"{told}, on record {on_record[step]}"] if times > on_record[step] else []


def _count_messages(tally, town) -> None:
    """By their keys: no two of the bot's messages in one channel carry the same."""
    services = Counter(OF_SERVICE.match(channel.name)[1] for channel in incident_channels(town))
    tally.channels = [f"{name} has {times} channels" for name, times in services.items() if times > 1]
    for channel in [*incident_channels(town), town.slack.workspace.named("incidents")]:
        keys = Counter(key_of(m) for m in channel.messages.values() if m.bot_id and key_of(m))
        tally.doubled += [f"{channel.name}: {key} stands {times} times" for key, times in keys.items() if times > 1]
        files = Counter(file.name for m in channel.messages.values() for file in m.files)
        tally.pictures += [f"{channel.name}: {name}" for name, times in files.items() if times > 1]
        if len([m for m in said_by_bot(channel) if "resolved" in as_text(m) and not key_of(m)]) > 0:
            tally.doubled.append(f"{channel.name}: a message without a key")
