"""Secrets are masked, and only they: the line around one stays readable, with the kind of what was taken out.

Pure and idempotent. A masked secret reads `[redacted: aws key]`. How it is done stands in `masking`. Git hashes, UUIDs
and plain words such as «password reset ok» stay as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from itertools import repeat
from typing import Any, TypeVar

from bot.guard.masking import MARKED, Masker
from bot.guard.secret_words import CARD, EMAIL
from integrations.contract import LogLine

T = TypeVar("T")

TOGETHER = 50
"""Lines that are looked at in one pass: most passes then need no pattern at all."""
MOST_TOGETHER = 1_000
"""A private key has a few dozen lines, and its end may have been cut off."""
_KEY = "[redacted: private key]"
_KEY_LINES = re.compile(r"\[redacted: private key\](?:\n\[redacted: private key\])+")
_ALWAYS = Masker.of()


Count = Callable[[str, int], None]


def _uncounted(_kind: str, _times: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is masked: every secret, and e-mail addresses and card numbers where that is asked for.

    Those two at the doors alone: inside, an address is how a person is found.
    """

    emails: bool = False
    cards: bool = False
    count: Count = field(default=_uncounted, compare=False)
    """Is told the kind of what is masked, and how many of it at once. It may be called from any thread."""
    _masker: Masker = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        optional = (*((EMAIL,) if self.emails else ()), *((CARD,) if self.cards else ()))
        object.__setattr__(self, "_masker", Masker.of(*optional) if optional else _ALWAYS)

    def text(self, text: str) -> str:
        """The text with every secret that is recognised masked by its kind."""
        told = self._told(text)
        self._counted(text, told)
        return told

    def lines(self, lines: Sequence[str]) -> list[str]:
        """Each line as `text` would leave it, in the same order; of a private key over several, each is masked."""
        told: list[str] = []
        while len(told) < len(lines):
            told += self._pass(lines[len(told) : _end_of_pass(lines, len(told))])
        return told

    def finding(self, finding: T) -> T:
        """The same finding with every text in it masked, however deep it lies; values of telling keys whole."""
        return self._redacted(finding)  # type: ignore[no-any-return]

    def _told(self, text: str) -> str:
        return _KEY_LINES.sub(_KEY, self._masker.masked(text))

    def _counted(self, text: str, told: str) -> None:
        if told == text or self.count is _uncounted:
            return
        for kind, times in (_kinds(told) - _kinds(text)).items():
            self.count(kind, times)

    def _pass(self, lines: Sequence[str]) -> list[str]:
        told = "\n".join(lines)
        masked = self._masker.masked(told)
        if masked == told:
            return list(lines)
        self._counted(told, _KEY_LINES.sub(_KEY, masked))
        apart = iter(masked.split("\n"))
        whole = ("\n".join(next(apart) for _ in range(line.count("\n") + 1)) for line in lines)
        return [_KEY_LINES.sub(_KEY, line) for line in whole]

    def _redacted(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return (
                value
                if self._is_clean(value)
                else {self._redacted(key): self._of_key(key, item) for key, item in value.items()}
            )
        if isinstance(value, (tuple, list)):
            return self._sequence(value)
        if is_dataclass(value) and not isinstance(value, type):
            told = {f.name: getattr(value, f.name) for f in fields(value)}
            changed = {
                name: new for name, old in told.items() if (new := self._redacted(old)) is not old and new != old
            }
            return replace(value, **changed) if changed else value
        return value

    def _is_clean(self, pairs: Mapping[Any, Any]) -> bool:
        """One look over all keys and values, each by itself and both together: most labels hold no secret."""
        if not all(isinstance(text, str) for pair in pairs.items() for text in pair):
            return False
        told = "\n".join((*pairs, *pairs.values(), *(_beside(key, item) for key, item in pairs.items())))
        return self._masker.masked(told) == told

    def _of_key(self, key: Any, item: Any) -> Any:
        """A value beside its key: `password` tells what `hunter2` is."""
        if not isinstance(key, str) or not isinstance(item, str) or not item or "\n" in item:
            return self._redacted(item)
        head, told = f'{key}: "', self._told(_beside(key, item))
        marked = MARKED.fullmatch(told, len(head), len(told) - 1) if told.startswith(head) else None
        if not marked:
            return self.text(item)
        self._counted(item, marked.group())
        return marked.group()

    def _sequence(self, values: Any) -> Any:
        """Numbers are left alone at once: a series has thousands. Log lines go through together."""
        if not values or isinstance(values[0], (int, float)):
            return values
        if isinstance(values[0], LogLine):
            return self._log_lines(values)
        return type(values)(self._redacted(value) for value in values)

    def _log_lines(self, lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
        """Messages in one pass; of services, levels and instances there are few, so each is looked at once."""
        messages = self.lines([line.message for line in lines])
        labels = {(line.service, line.level, line.instance) for line in lines}
        masked = {label: told for label in labels if (told := tuple(map(self.text, label))) != label}
        return tuple(map(_log_line, lines, messages, repeat(masked)))


_PLAIN = Redaction()


def redact(text: str) -> str:
    """The text with every secret that is recognised masked by its kind."""
    return _PLAIN.text(text)


def redact_lines(lines: Sequence[str]) -> list[str]:
    """Each line as `redact` would leave it, in the same order; of a private key over several lines, each is masked."""
    return _PLAIN.lines(lines)


def redact_finding(finding: T) -> T:
    """The same finding with every text in it masked, however deep it lies; values of telling keys are masked whole."""
    return _PLAIN.finding(finding)


def _end_of_pass(lines: Sequence[str], at: int) -> int:
    """Where the pass that begins here ends: not within a private key, however many lines it has."""
    end = at + TOGETHER
    while end < len(lines) and end - at < MOST_TOGETHER and _in_a_key("\n".join(lines[at:end])):
        end += TOGETHER
    return end


def _in_a_key(text: str) -> bool:
    begun = text.rfind("-----BEGIN ")
    return begun >= 0 and "PRIVATE KEY" in text[begun : begun + 64] and "-----END " not in text[begun:]


def _kinds(text: str) -> Counter[str]:
    return Counter(found["kind"] for found in MARKED.finditer(text))


def _beside(key: str, item: str) -> str:
    return f'{key}: "' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _log_line(line: LogLine, message: str, masked: Mapping[tuple[str, str, str], tuple[str, ...]]) -> LogLine:
    label = (line.service, line.level, line.instance)
    if label in masked:
        service, level, instance = masked[label]
        return replace(line, message=message, service=service, level=level, instance=instance)
    return line if message == line.message else replace(line, message=message)
