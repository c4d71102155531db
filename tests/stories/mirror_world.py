"""The other place that an incident stands in, as far as it is told of: PagerDuty without a wire."""

from bot.domain.entry import BOT, Entry


class There:
    """`bot.life.mirror.Mirror` that notes what it was told, and can be away or refuse."""

    source, place, kinds = "pagerduty", "pagerduty", ("acknowledged", "note", "status", "closed")

    def __init__(self, page=None):
        self.page = page
        self.told = []
        self.by = []
        self.fails = []

    async def called(self, incident):
        return self.page

    async def tell(self, fingerprint, entry):
        if self.fails:
            raise self.fails.pop(0)
        self.told.append((fingerprint, entry.kind, entry.text))
        self.by.append(entry.who)


async def called(days, rule="data"):
    """The bot has the next level called."""
    at = days.town.clock.now()
    await days.life.write(Entry(days.town.incident_id, f"escalated:1:{rule}", at, "escalated", BOT, value="begun 1"))


async def reached(days, rule="data"):
    """It could have somebody called."""
    at, key = days.town.clock.now(), f"escalated:1:{rule}:2"
    await days.life.write(Entry(days.town.incident_id, key, at, "reassigned", BOT, "level 2 was called", "2"))
