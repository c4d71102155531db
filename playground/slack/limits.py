"""Slack's rules for names and lengths. Source: the method pages of Slack's API reference."""

from __future__ import annotations

from playground.slack.errors import SlackError

NAME = 80
TOPIC = 250
TEXT = 40_000
"""The real one cuts what is longer and warns; the stand-in refuses, so that no text is lost unseen."""
UPDATED_TEXT = 4_000
"""`chat.update` takes far less than `chat.postMessage`."""
MARKDOWN = 12_000
TASK_TITLE = 256
STREAM_S = 300.0
"""A stream lives so long (not documented; seen by many, slackapi/python-slack-sdk issue 1859)."""
METADATA = 16_000
REACTIONS_A_MESSAGE = 23
REACTED_SHOWN = 10
"""Of those who reacted, `reactions.get` names only some unless asked for all; Slack does not say how many."""
PINS_A_CHANNEL = 100


def channel_name(name: str) -> str:
    """The name, if Slack takes it. Raises SlackError `invalid_name_…`."""
    if not name:
        raise SlackError("invalid_name_required")
    if len(name) > NAME:
        raise SlackError("invalid_name_maxlength")
    if any(not _allowed(char) for char in name):
        raise SlackError("invalid_name_specials")
    if not any(char.isalnum() for char in name):
        raise SlackError("invalid_name_punctuation")
    return name


def _allowed(char: str) -> bool:
    return char in "-_" or (char.isalnum() and char == char.lower())


def topic(text: str) -> str:
    """A topic or purpose that is short enough. Raises SlackError `too_long`."""
    if len(text) > TOPIC:
        raise SlackError("too_long")
    return text
