"""The pager that the settings name: the one place beside the composition of runs that pages by PagerDuty."""

from __future__ import annotations

from collections.abc import Sequence

from bot.catalog import Catalog
from bot.domain.incident import Incident
from bot.settings import Settings
from integrations import pagerduty
from integrations.contract import Paged, Refused

MOST_PAGES = 30
"""In one opening: more than there are calls in it."""


def open_pager(settings: Settings, catalog: Catalog) -> PagerDutyPager:
    """Ready to page; nothing is connected before."""
    return PagerDutyPager(settings, catalog)


class PagerDutyPager:
    """`bot.runs.action_ports.Pager` and `Escalator` over PagerDuty, for services with `oncall` in SERVICES_FILE."""

    source = pagerduty.NAME

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self._settings = settings
        self._catalog = catalog

    def off(self, service: str) -> str:
        """The first thing that is missing."""
        if self._settings.pagerduty_api_key is None:
            return "PAGERDUTY_API_KEY is not set"
        if not self._settings.pagerduty_from:
            return "PAGERDUTY_FROM is not set: the address of the PagerDuty user in whose name I page"
        if not self._catalog.service(service).oncall:
            return f"SERVICES_FILE names no escalation policy for {service}: set its `oncall`"
        return ""

    async def before(self, service: str, key: str) -> Paged | None:
        """Raises RoomError."""
        from integrations.pagerduty.page import found

        return await found(self._room(service)[0], key)

    async def page(self, service: str, title: str, body: str, key: str) -> Paged:
        """Raises RoomError."""
        from integrations.pagerduty.page import page

        room, policy = self._room(service)
        return await page(room, policy, title, body, key)

    def level(self, incident: Incident) -> int:
        return 1 if _theirs(incident) else 0

    async def escalate(self, incident: Incident, title: str, body: str, level: int) -> Paged:
        """On PagerDuty's own incident where the alert came from there; else on one of ours, made where none is open.

        Raises RoomError.
        """
        from integrations.pagerduty.level import call_level

        room, policy = self._room(incident.service)
        theirs = _theirs(incident)
        if theirs is None:
            from integrations.pagerduty.page import latest, page

            _, key = await latest(room, page_keys(incident))
            made = await page(room, policy, title, body, key)
            if level == 1:
                return made
            theirs = made.id
        return await call_level(room, theirs, level)

    async def answered(self, incident: Incident, page: str = "") -> bool | None:
        """Raises RoomError."""
        from integrations.pagerduty.level import standing
        from integrations.pagerduty.page import latest

        room, _ = self._room(incident.service)
        named = page or _theirs(incident)
        known = await standing(room, named) if named else (await latest(room, page_keys(incident)))[0]
        return known.acknowledged if known else None

    def _room(self, service: str) -> tuple[pagerduty.Settings, str]:
        """The room, and the escalation policy that answers for the service. Raises Refused."""
        key, policy = self._settings.pagerduty_api_key, self._catalog.service(service).oncall
        if key is None or not policy:
            raise Refused(pagerduty.NAME, self.off(service))
        url, ca_file = self._settings.pagerduty_api_url, self._settings.extra_ca_file
        sender = self._settings.pagerduty_from
        return pagerduty.Settings(key.get_secret_value(), url, ca_file, page_from=sender), policy


def _theirs(incident: Incident) -> str | None:
    """PagerDuty's own incident that an alert of this one came from; the newest that fires."""
    found = [alert for alert in incident.firing if alert.source == pagerduty.NAME]
    return found[-1].fingerprint if found else None


def page_keys(incident: Incident) -> Sequence[str]:
    """One page for each opening, whatever its reasons are: the next reason calls the next level of it.

    Another one only once that was resolved there, which calls nobody any more.
    """
    first = f"escalated:{incident.id}:{incident.opening}"
    return (first, *(f"{first}:{number}" for number in range(2, MOST_PAGES + 1)))
