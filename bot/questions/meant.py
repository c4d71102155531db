"""What somebody who wrote in Slack wants of the bot, if anything (pure). It does not talk into people's talk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.domain.said import Heard
from bot.questions.wants_a_person import wants_a_person

AnswerMode = Literal["mentions", "questions", "all"]
"""The setting `ANSWER_MODE`: what is answered in an incident's channel besides mentions and the bot's own threads."""
QUIET = timedelta(minutes=2)
"""A second person who wrote in the channel within this time makes it a talk of people."""
PACE = timedelta(minutes=10)
MOST = 30
"""Questions of one person within `PACE`."""
AT_ONCE = 3
"""Questions of one person that are being answered."""


@dataclass(frozen=True, slots=True)
class Question:
    """To be answered."""

    text: str
    """Empty: the bot was mentioned, and nothing was said."""


@dataclass(frozen=True, slots=True)
class StopAsked:
    """What is being answered in this thread is to end."""


@dataclass(frozen=True, slots=True)
class PersonWanted:
    """Somebody wants a human, not a bot."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A mention where no incident is: the bot tells of open incidents."""

    text: str


@dataclass(frozen=True, slots=True)
class NotForUs:
    """People's own talk."""


Meant = Question | StopAsked | PersonWanted | Elsewhere | NotForUs


def meant(heard: Heard, mode: AnswerMode, *, incident: bool, own_thread: bool, others: frozenset[str]) -> Meant:
    """What is wanted of the bot.

    `incident`: it was said in an incident's channel. `own_thread`: in a thread of the bot, such as its briefing's or
    one in which it answers. `others`: who wrote in the channel within the last `QUIET`, besides the one who is heard.
    """
    text = heard.text.strip()
    if not incident:
        return Elsewhere(text) if heard.mention else NotForUs()
    spoken_to = heard.mention or own_thread
    quiet = mode != "mentions" and heard.thread is None and not others - {heard.user_id} and not _to_another(text)
    if _stop(text):
        return StopAsked() if spoken_to else NotForUs()
    if (spoken_to or not _to_another(text)) and wants_a_person(text):
        return PersonWanted()  # whoever calls for a person is heard, however many talk
    if spoken_to or mode == "all" or (quiet and is_question(text)):
        return Question(text)
    return NotForUs()


def minds_talk(heard: Heard, mode: AnswerMode) -> bool:
    """Whether it matters to `meant` who else has spoken lately; where it does not, nobody needs to ask Slack."""
    if heard.mention or heard.thread is not None or mode == "mentions":
        return False
    return wants_a_person(heard.text) or (mode == "questions" and is_question(heard.text))


def may_ask(times: Sequence[datetime], open_now: int, now: datetime) -> str | None:
    """Why one person may not ask one more question yet, as a sentence for them; None where they may.

    `times`: when they asked before, in any order. `open_now`: how many of theirs are being answered.
    """
    if open_now >= AT_ONCE:
        return (
            f"I am still at {open_now} of your questions. Ask again once one is answered, "
            "or write `stop` in the thread of one that you no longer need."
        )
    lately = sorted(time for time in times if now - time < PACE)
    if len(lately) < MOST:
        return None
    again = lately[-MOST] + PACE
    return (
        f"You have asked {len(lately)} questions in {PACE.seconds // 60} minutes, and others need me too. "
        f"Ask again from {again:%H:%M:%S} UTC. The briefing tells how it stands; «get me a human» works all the same."
    )


# ── a question, by its mark ──

_MARKS = "?？؟⸮՞፧⁇⁈⁉‽﹖︖꘏꛷⳺⳻\u037e"
"""Question marks of all scripts that have one of their own; Greek's looks like a semicolon and is another letter."""
_BEHIND = re.compile(
    r"(?:\s"
    r"|:[\w+'-]+:(?::skin-tone-\d:)?"  # an emoji as Slack writes it
    r"|<[^@!][^<>]*>"  # a link or a channel, but not a name: that one is asked
    r"|[\"'“”„‟‘’‚«»‹›「」『』)\]}*_~.!…！。]"
    r"|[\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff\u200d\ufe0f\U000e0020-\U000e007f])\Z"
)
_TO_ANOTHER = re.compile(r"\A\s*(?:(?:hey|hi|hello|hallo|ok|yes|no)[\s,]+)?<[@!]|<[@!][^<>]*>[\s?!.]*\Z", re.IGNORECASE)


def is_question(text: str) -> bool:
    """Whether it ends with a question mark of any script; emoji, quotes, brackets and links may follow it."""
    left = text
    while found := _last(left):
        left = left[: -len(found)]
    return left.endswith(tuple(_MARKS)) and any(letter.isalnum() for letter in left)


def _last(text: str) -> str:
    """What stands behind a question mark without belonging to the question; empty where nothing does."""
    found = _BEHIND.search(text, max(0, len(text) - 300))
    return found[0] if found else ""


def _to_another(text: str) -> bool:
    """Whether it begins or ends with the name of somebody else: they are asked then, not the bot."""
    return _TO_ANOTHER.search(text) is not None


# ── stop, in a few words ──

_STOPS = frozenset(
    {
        *("stop", "stop it", "stop that", "stop this", "stop now", "stop answering", "cancel", "cancel that", "abort"),
        *("halt", "enough", "thats enough", "never mind", "nevermind", "forget it", "quit", "be quiet", "shut up"),
        *("stopp", "stoppe", "halt an", "aufhören", "hör auf", "hoer auf", "abbrechen", "abbruch", "brich ab"),
        *("genug", "das reicht", "es reicht", "vergiss es", "lass es", "sei still", "ruhe"),
        *("arrête", "arrete", "arrêtez", "basta", "para", "alto", "detente", "stoppen", "стоп", "хватит", "停止", "停"),
        *("止めて", "やめて", "ストップ", "그만", "멈춰", "dur", "pare", "fermati"),
    }
)
_POLITE = re.compile(r"\b(?:please|pls|bitte|ok|okay|now|jetzt|thanks|thank you|danke|s'?il te pla[iî]t|por favor)\b")
_STOP_EMOJI = re.compile(r":(?:octagonal_sign|stop_sign|stop|hand|raised_hand|no_entry):|🛑|⛔|✋")


def _stop(text: str) -> bool:
    """Whether it is nothing but a word for stop, kindly or not."""
    if len(text) > 60:
        return False
    words = " ".join(re.sub(r"[^\w\s]", "", _POLITE.sub(" ", _STOP_EMOJI.sub(" stop ", text.casefold()))).split())
    return words in _STOPS or (bool(words) and set(words.split()) == {"stop"})
