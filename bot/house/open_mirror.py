"""PagerDuty as the other place that an incident stands in: what the settings switch on is done there too."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.domain.entry import Entry, Kind
from bot.domain.incident import Incident
from bot.house.open_pager import page_keys
from bot.life.chronicle import REJECTED
from bot.life.entry_ports import Place
from bot.settings import Settings, SettingsError
from integrations import pagerduty

_NOTES: Mapping[Kind, str] = MappingProxyType(
    {"note": "noted", "status": "status", "pinned": "wrote", "cause": "cause", "handoff": "handed over"}
)
"""What is told there as a note, and in which word."""


def open_mirror(settings: Settings) -> PagerDutyMirror | None:
    """None where nothing is switched on. Raises SettingsError where it could not be done. Nothing is connected here."""
    kinds: list[Kind] = []
    if settings.pagerduty_acknowledge:
        kinds.append("acknowledged")
    if settings.pagerduty_notes:
        kinds += _NOTES
    if settings.pagerduty_resolve:
        kinds += ("resolved", "closed")
    if not kinds:
        return None
    if settings.pagerduty_api_key is None or not settings.pagerduty_from:
        switched = "PAGERDUTY_ACKNOWLEDGE, PAGERDUTY_NOTES and PAGERDUTY_RESOLVE"
        raise SettingsError(f"{switched} need PAGERDUTY_API_KEY and PAGERDUTY_FROM: in whose name it is done")
    key, url = settings.pagerduty_api_key.get_secret_value(), settings.pagerduty_api_url
    room = pagerduty.Settings(key, url, settings.extra_ca_file, page_from=settings.pagerduty_from)
    return PagerDutyMirror(room, tuple(kinds))


class PagerDutyMirror:
    """`bot.life.mirror.Mirror`."""

    source = pagerduty.NAME
    place: Place = "pagerduty"

    def __init__(self, room: pagerduty.Settings, kinds: tuple[Kind, ...]) -> None:
        self._room = room
        self.kinds = kinds

    async def called(self, incident: Incident) -> str | None:
        """Raises RoomError."""
        from integrations.pagerduty.page import latest

        page, _ = await latest(self._room, page_keys(incident))
        return page.id or None if page else None

    async def tell(self, fingerprint: str, entry: Entry) -> None:
        """Raises RoomError."""
        from integrations.pagerduty import reflect
        from integrations.pagerduty.acts import mark

        match entry.kind:
            case "acknowledged":
                await reflect.move(self._room, fingerprint, "acknowledged")
            case "resolved" | "closed":
                await reflect.move(self._room, fingerprint, "resolved")
            case kind:
                words = " ".join(part for part in (_NOTES[kind], entry.value if kind == "status" else "") if part)
                told = REJECTED if kind == "cause" and not entry.text else f"{words}: {entry.text}"
                text = f"{entry.who} in Slack, {told}"
                await reflect.note(self._room, fingerprint, mark(entry.incident_id, entry.number), text)
