"""The tables. Times are UTC, stored as ISO text, so that they sort as they read."""

from __future__ import annotations

import sqlalchemy as sa

from bot.state.moment import Moment

metadata = sa.MetaData()


incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("env", sa.Text, nullable=False),
    sa.Column("severity", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("reopened_at", Moment),
    sa.Column("resolved_at", Moment),
    sa.Column("opening", sa.Integer, nullable=False),
    sa.Column("briefed", sa.Integer, nullable=False, default=0),  # the last opening whose story has ended
    sa.Column("revision", sa.Integer, nullable=False, default=1),  # goes up with each change that people should see
    sa.Column("shown", sa.Integer, nullable=False, default=0),  # the revision that stands in Slack
    sa.Column("channel_id", sa.String(32)),
    sa.Column("channel_name", sa.String(80)),
    sa.Column("message_channel", sa.String(32)),
    sa.Column("message_ts", sa.String(32)),
    sa.Column("first_said_at", Moment),  # when the present opening stood in Slack first, wherever that was
    sa.Column("previous", sa.String(32)),
    sa.Column("lead", sa.String(32)),  # the incident that this one is told with, by id; none of those that lead
    sa.Column("linked_because", sa.Text),  # why, in words for people
    sa.Column("linked_by", sa.Text),  # who decided so: a user id, or `rules`; also kept where it was split off
    sa.Column("storm", sa.String(32)),  # the storm that its present opening came in, by id
    sa.Column("wrapped", sa.Integer, nullable=False, default=0),  # the last opening that was wrapped up to its end
    sa.Column("closed_opening", sa.Integer, nullable=False, default=0),  # the last opening that was closed
    sa.Column("closed_at", Moment),  # when that was
    sa.Column("archived_at", Moment),  # when its channel was put away
    sa.Column("looked", sa.Integer, nullable=False, default=0, server_default="0"),  # last opening whose look began
)
_UNWRAPPED = sa.and_(incidents.c.status == "resolved", incidents.c.wrapped < incidents.c.opening)
sa.Index("unwrapped_incidents", incidents.c.resolved_at, sqlite_where=_UNWRAPPED, postgresql_where=_UNWRAPPED)
UNBRIEFED = incidents.c.briefed < incidents.c.opening
"""Not told to its end."""
sa.Index("unbriefed_incidents", incidents.c.opened_at, sqlite_where=UNBRIEFED, postgresql_where=UNBRIEFED)
STALE = sa.and_(
    incidents.c.shown < incidents.c.revision,
    incidents.c.briefed == incidents.c.opening,
    sa.or_(incidents.c.message_ts.is_not(None), incidents.c.lead.is_not(None)),  # to the lead's new channel
)
"""Told, and changed since it was shown. The database knows its index by these very words, here and in the migration."""
sa.Index("stale_incidents", incidents.c.id, sqlite_where=STALE, postgresql_where=STALE)
sa.Index("incidents_by_lead", incidents.c.lead)
sa.Index("incidents_by_time", incidents.c.opened_at)
sa.Index("incidents_by_storm", incidents.c.storm)
sa.Index(
    "one_open_incident",
    incidents.c.service,
    incidents.c.env,
    unique=True,
    sqlite_where=incidents.c.status == "open",
    postgresql_where=incidents.c.status == "open",
)
sa.Index("incidents_by_service", incidents.c.service, incidents.c.env, incidents.c.opened_at)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("source", sa.String(32), primary_key=True),
    sa.Column("fingerprint", sa.String(255), primary_key=True),
    sa.Column("starts_at", Moment, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),  # order in which the incident's alerts joined
    sa.Column("incident_id", sa.String(32), sa.ForeignKey("incidents.id"), index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("ends_at", Moment),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("fired_at", Moment),  # again, the last time; empty: once, when it was received
    sa.Column("reopened_at", Moment),  # when its sender said that it was opened again, the last time
    sa.Column("payload", sa.JSON, nullable=False),  # name, severity, summary, labels, annotations, url
)
sa.Index("alerts_by_time", alerts.c.received_at)

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("incident_id", sa.String(32), sa.ForeignKey("incidents.id"), primary_key=True),
    sa.Column("opening", sa.Integer, primary_key=True),
    sa.Column("report", sa.Text, nullable=False),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("incident_id", sa.Text, nullable=False),
    sa.Column("runbook_id", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),  # set with the event Ended, in one transaction; frees the target
    sa.Column("message_channel", sa.Text),
    sa.Column("message_ts", sa.Text),
    sa.Column("body", sa.Text, nullable=False),  # the run as JSON, as it was asked for
)
sa.Index(
    "one_unended_run",
    runs.c.target,
    unique=True,
    sqlite_where=runs.c.ended_at.is_(None),
    postgresql_where=runs.c.ended_at.is_(None),
)
sa.Index("runs_by_incident", runs.c.incident_id, runs.c.asked_at)
sa.Index("runs_by_runbook", runs.c.runbook_id, runs.c.asked_at)

run_events = sa.Table(
    "run_events",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # from 0, without gaps
    sa.Column("kind", sa.Text, nullable=False),  # name of its class in bot.domain.run
    sa.Column("body", sa.Text, nullable=False),
)

gates = sa.Table(
    "gates",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("message_channel", sa.Text),
    sa.Column("message_ts", sa.Text),
    sa.Column("body", sa.Text, nullable=False),
)
sa.Index("gates_by_message", gates.c.message_channel, gates.c.message_ts)

votes = sa.Table(
    "votes",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),  # order in which they were read
    sa.Column("gate_id", sa.Text, nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
)

kill_switch = sa.Table(
    "kill_switch",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # always 1; no row: it is off
    sa.Column("body", sa.Text, nullable=False),
)

audit = sa.Table(  # triggers refuse to change or remove a row: migration v0002
    "audit",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    sa.Column("at", Moment, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("incident_id", sa.Text, nullable=False, index=True),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),  # JSON; the very text that the mac is made over
    sa.Column("mac", sa.String(64), nullable=False),
)

spend = sa.Table(  # each call to a model, from the moment money is set aside for it
    "spend",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("at", Moment, nullable=False),  # when it was set aside: decides whose day and month it counts for
    sa.Column("story", sa.Text, nullable=False),
    sa.Column("incident_id", sa.Text, nullable=False),  # empty, as the next two, where there is none
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("answer_id", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("micros", sa.BigInteger, nullable=False),  # what counts: the reservation, then the true cost
    sa.Column("settled", sa.Boolean, nullable=False),
    sa.Column("input", sa.Integer, nullable=False, default=0),
    sa.Column("output", sa.Integer, nullable=False, default=0),
    sa.Column("cache_read", sa.Integer, nullable=False, default=0),
    sa.Column("cache_write", sa.Integer, nullable=False, default=0),
)
sa.Index("spend_by_time", spend.c.at, spend.c.settled, spend.c.micros)  # these hold all that is summed
sa.Index("spend_by_incident", spend.c.incident_id, spend.c.micros)
sa.Index("spend_by_person", spend.c.person, spend.c.at, spend.c.micros)
sa.Index("spend_by_answer", spend.c.answer_id, spend.c.micros)

budget_lines = sa.Table(  # which lines about a budget were said, so that each is said once
    "budget_lines",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("taken_at", Moment, nullable=False),  # when somebody last undertook to say it
    sa.Column("said", sa.Boolean, nullable=False),
)

questions = sa.Table(
    "questions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # channel and ts of the message that asks
    sa.Column("incident_id", sa.Text, nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("thread", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("words", sa.String(64), nullable=False),  # digest of the question's words: the same for the same question
    sa.Column("evidence", sa.String(64)),  # digest of what the answer rests on
    sa.Column("stopped", sa.Integer, nullable=False, default=0),
    sa.Column("reply_channel", sa.Text),
    sa.Column("reply_ts", sa.Text),
    sa.Column("answered_at", Moment),
    sa.Column("body", sa.Text, nullable=False),  # the question as JSON
    sa.Column("answer", sa.Text),  # the answer as JSON
)
sa.Index("questions_by_thread", questions.c.channel_id, questions.c.thread, questions.c.asked_at)
sa.Index("questions_by_words", questions.c.incident_id, questions.c.words)
sa.Index("questions_by_person", questions.c.user_id, questions.c.asked_at)
sa.Index(
    "unanswered_questions",
    questions.c.asked_at,
    sqlite_where=questions.c.answered_at.is_(None),
    postgresql_where=questions.c.answered_at.is_(None),
)

answer_votes = sa.Table(
    "answer_votes",
    metadata,
    sa.Column("question_id", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("vote", sa.String(8), nullable=False),
    sa.Column("at", Moment, nullable=False),
)

leases = sa.Table(  # which processes tell stories, and until when that is certain
    "leases",
    metadata,
    sa.Column("executor_id", sa.Text, primary_key=True),
    sa.Column("story_version", sa.String(16), nullable=False),
    sa.Column("beats", sa.Integer, nullable=False),  # goes up with each renewal; 0 once it was given back
    sa.Column("expires_at", Moment, nullable=False),  # by the database's clock
    sa.Column("taken_by", sa.Text),  # the executor that takes up its stories; never renewed after that
)

claims = sa.Table(  # what one replica does at a time, or once in a while
    "claims",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("executor_id", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

storms = sa.Table(  # more incidents at once than Slack gives channels for
    "storms",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("began_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("channel_id", sa.String(32)),
    sa.Column("channel_name", sa.String(80)),
    sa.Column("message_channel", sa.String(32)),
    sa.Column("message_ts", sa.String(32)),
)

allowances = sa.Table(  # what Slack and models allow in a while, for all replicas together
    "allowances",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("free_at", sa.Float, nullable=False),  # Unix seconds, by the database's clock
)

rests = sa.Table(  # sources that did not answer several times in a row, for all replicas together
    "rests",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("until", Moment),
)

begun = sa.Table(  # how often a story was taken up: one that ends its process each time is left
    "begun",
    metadata,
    sa.Column("story", sa.Text, primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
)
