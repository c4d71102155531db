"""Who answers people: `/incident` with the words of every part, and behind it `/incident-action`, gates, questions."""

from __future__ import annotations

from collections.abc import Iterable

from bot.command_words import Words
from bot.incident_command import IncidentCommand
from bot.life.leads import Leads
from bot.runs.incident_action import IncidentAction
from bot.runs.workshop import Workshop


def open_commands(shop: Workshop, action: IncidentAction, parts: Iterable[Words] = ()) -> IncidentCommand:
    """`parts` are those that need more than the workshop. Help tells them first: they are wanted in every incident."""
    return IncidentCommand(shop, action, (*parts, Leads(shop).words))
