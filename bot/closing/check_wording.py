"""A model's wording of a postmortem held against the record: nobody sees it before (pure).

The rules:

- A sentence that cites nothing, or what does not exist, is dropped.
- So is one with a figure that the record does not have: times, counts, versions are the record's own.
- So is one that speaks of a cause as certain while nobody has confirmed one, and one that names a person's id.
- A chapter counts only where it still cites everything that the record's own words cite; else these stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.domain.postmortem import Chapter, Postmortem, Said
from bot.domain.text import clean, cut
from bot.domain.wording import Sentence, Wording

MOST_SENTENCES = 12
"""Of a chapter."""
LONGEST = 400
"""Characters of a sentence."""
_FIGURE = re.compile(r"\d[\d.,:]*\d|\d")
_CAUSE = re.compile(r"\b(caused?|because|due to|root cause|led to|triggered|resulted)\b", re.IGNORECASE)
_HEDGED = re.compile(
    r"\b(suspect\w*|likely|possibl[ey]|probabl[ey]|suggests?|may|might|could|seems?|appears?|confidence|points? to)\b",
    re.IGNORECASE,
)
_PERSON = re.compile(r"<@|@\w|\b[UW](?=[A-Z]*\d)[A-Z0-9]{6,}\b")
_CONFIRMED = ("Confirmed by people", "It was closed as a false alarm")


def check_wording(draft: Postmortem, wording: Wording) -> Mapping[str, tuple[Said, ...]]:
    """The chapters that may stand in the model's words, with what of these may."""
    told = {"summary": wording.summary, "resolution": wording.resolution, "lessons": wording.lessons}
    better: dict[str, tuple[Said, ...]] = {}
    for chapter in draft.chapters:
        kept = _kept(draft, told.get(chapter.key, ()))
        if kept and _cited(chapter.said) <= _cited(kept):
            better[chapter.key] = kept
    return better


def _kept(draft: Postmortem, sentences: Sequence[Sentence]) -> tuple[Said, ...]:
    known = {source.id for source in draft.sources}
    figures, sure = _figures_of(draft), _confirmed(draft.chapters)
    said = (Said(cut(clean(one.text), LONGEST), tuple(dict.fromkeys(one.cites))) for one in sentences)
    return tuple(one for one in said if _holds(one, known, figures, sure=sure))[:MOST_SENTENCES]


def _holds(said: Said, known: set[int], figures: set[str], *, sure: bool) -> bool:
    if not said.text or not said.cites or not set(said.cites) <= known or _PERSON.search(said.text):
        return False
    certain = _CAUSE.search(said.text) and not _HEDGED.search(said.text)
    return _figures(said.text) <= figures and (sure or not certain)


def _confirmed(chapters: Sequence[Chapter]) -> bool:
    """Whether people have said what the cause was."""
    causes = (chapter.said for chapter in chapters if chapter.key == "cause")
    return any(said.text.startswith(_CONFIRMED) for told in causes for said in told)


def _figures_of(draft: Postmortem) -> set[str]:
    said = (part for chapter in draft.chapters for one in chapter.said for part in (one.text, one.lead))
    texts = (draft.title, draft.incident_id, *said, *(source.label for source in draft.sources))
    return set().union(*map(_figures, texts))


def _figures(text: str) -> set[str]:
    return {found.rstrip(".,:") for found in _FIGURE.findall(text)}


def _cited(said: Sequence[Said]) -> set[int]:
    return {number for one in said for number in one.cites}
