"""The composition of an incident's end for the command line: its record, Slack and a model; no story is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bot.catalog import load as load_catalog
from bot.clock import SystemClock
from bot.closing.desk import ClosingDesk
from bot.desk import Desk
from bot.domain.names import channel_name
from bot.gather import Gathering, Limits
from bot.guard.redact import Redaction
from bot.house.open_answering import open_answering
from bot.house.open_closing import Deeds, close_closing, closing_desk
from bot.looking.here import Here
from bot.measures import Measures
from bot.ports import Journal
from bot.questions.consult import Consult
from bot.settings import Settings
from bot.slack.chat import open_chat
from bot.state.database import open_database
from bot.state.journal import journal
from runbooks.model import Library


@asynccontextmanager
async def closing_apart(settings: Settings) -> AsyncIterator[ClosingDesk]:
    """For the command line, beside a bot that is at work or not: no story is told. Raises SettingsError."""
    clock, measures = SystemClock(), Measures()
    async with AsyncExitStack() as left:
        database = open_database(settings.database_url)
        left.push_async_callback(database.dispose)
        answering = await left.enter_async_context(open_answering(settings, database, clock, measures))
        rules = (settings.service_labels, settings.env_labels, settings.reopen_window_s)
        desk = _desk(settings, journal(database, clock, rules), answering.consult, measures)
        left.push_async_callback(desk.chat.close)
        at = closing_desk(settings, desk, database, Deeds(_nothing_to_tell, _nothing_begun))
        left.push_async_callback(close_closing, at)
        yield at


def _desk(settings: Settings, record: Journal, consult: Consult, measures: Measures) -> Desk:
    """Nothing is looked at with it, and no runbook is run."""
    return Desk(
        journal=record,
        chat=open_chat(settings, Redaction(settings.redact_emails, settings.redact_cards).text),
        clock=SystemClock(),
        looking=Here(Gathering((), (), Limits()), Library()),
        catalog=load_catalog(settings.services_file),
        library=Library(),
        measures=measures,
        incidents_channel=settings.slack_incidents_channel,
        channel_timeout_s=settings.channel_timeout_s,
        channel_name=lambda incident: channel_name(incident.service, incident.started_at),
        consult=consult,
    )


async def _nothing_to_tell(_incident_id: str, _opening: int) -> bool:
    return True


async def _nothing_begun(_incident_id: str, _opening: int) -> None:
    return None
