"""How the verbs answer whoever typed them: a line, or a few."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.briefing import Briefing, Section


def line(text: str) -> Briefing:
    return Briefing(plain=text, headline=text)


_TOGETHER = 5


def lines(headline: str, said: Sequence[str], footer: str | None = None) -> Briefing:
    """A few lines to a section: Slack cuts a section that is too long, and the newest lines stand last."""
    parts = tuple(Section(tuple(said[at : at + _TOGETHER])) for at in range(0, len(said), _TOGETHER))
    return Briefing(plain=headline, headline=f"*{headline}*", sections=parts, footer=footer)
