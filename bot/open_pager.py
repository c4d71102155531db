"""The pager that the settings name: the one place beside the composition of runs that pages by PagerDuty."""

from __future__ import annotations

from bot.catalog import Catalog
from bot.settings import Settings
from integrations import pagerduty
from integrations.contract import Paged, Refused


def open_pager(settings: Settings, catalog: Catalog) -> PagerDutyPager:
    """Ready to page; nothing is connected before."""
    return PagerDutyPager(settings, catalog)


class PagerDutyPager:
    """`bot.action_ports.Pager` over PagerDuty, for services with `oncall` in SERVICES_FILE."""

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

    def _room(self, service: str) -> tuple[pagerduty.Settings, str]:
        """The room, and the escalation policy that answers for the service. Raises Refused."""
        key, policy = self._settings.pagerduty_api_key, self._catalog.service(service).oncall
        if key is None or not policy:
            raise Refused(pagerduty.NAME, self.off(service))
        url, ca_file = self._settings.pagerduty_api_url, self._settings.extra_ca_file
        sender = self._settings.pagerduty_from
        return pagerduty.Settings(key.get_secret_value(), url, ca_file, page_from=sender), policy
