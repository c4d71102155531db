"""How the verbs answer whoever typed them: a line, or a few."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.briefing import Briefing, Section


def line(text: str) -> Briefing:
    return Briefing(plain=text, headline=text)


def lines(headline: str, said: Sequence[str], footer: str | None = None) -> Briefing:
    return Briefing(plain=headline, headline=f"*{headline}*", sections=(Section(tuple(said)),), footer=footer)
