"""The composition of the desk: what the settings name of Slack, sources, services and runbooks."""

from __future__ import annotations

import structlog

from bot.catalog import load as load_catalog
from bot.clock import SystemClock
from bot.desk import Desk
from bot.domain.names import channel_name
from bot.guard.redact import Redaction
from bot.house.open_replica import Replica
from bot.house.rooms import open_rooms
from bot.looking.apart import Apart
from bot.looking.toolbox import specs_of
from bot.measures import Measures
from bot.ports import Journal
from bot.questions.consult import Consult
from bot.settings import Settings
from bot.slack.chat import open_chat
from bot.sources import MatchingRunbooks, OtherAlerts, ServiceFacts
from bot.tools import own_specs
from runbooks.loader import load as load_runbooks

log = structlog.get_logger(__name__)

UNDERSTAND_S = 20.0
"""How long after the deadline of gathering a report may come: far more than it takes, even where cores are short."""


def open_desk(settings: Settings, record: Journal, consult: Consult, measures: Measures, replica: Replica) -> Desk:
    """Nothing is connected yet. Raises SettingsError, CatalogError, or Refused for a bad CA file."""
    catalog, library = load_catalog(settings.services_file), load_runbooks(settings.runbooks_dir)
    for problem in library.problems:
        log.warning("a runbook is left out", fault=str(problem))
    mask = Redaction(settings.redact_emails, settings.redact_cards, measures.redacted).text
    return Desk(
        journal=record,
        chat=open_chat(settings, mask, replica.sure, replica.governor, replica.last_word),
        clock=SystemClock(),
        looking=_looking(settings),
        catalog=catalog,
        library=library,
        measures=measures,
        incidents_channel=settings.slack_incidents_channel,
        channel_timeout_s=settings.channel_timeout_s,
        channel_name=lambda incident: channel_name(incident.service, incident.started_at),
        consult=consult,
        opinion_deadline_s=settings.opinion_deadline_s,
        alone=replica.alone,
    )


def _looking(settings: Settings) -> Apart:
    """The rooms are opened here only to know their names and their tools: whoever looks opens its own."""
    templates = load_catalog(settings.services_file).templates
    rooms = open_rooms(settings, templates)
    own = (ServiceFacts.name, MatchingRunbooks.name, OtherAlerts.name)
    sources = (*(room.name for room in rooms.open), *own)
    limit_s = settings.gather_deadline_s + UNDERSTAND_S
    tools = specs_of(rooms.open, own_specs(sources))
    return Apart(sources, tuple(rooms.off), limit_s, tools=tools)
