"""Whom a command names: the one who is to lead from now on."""

from __future__ import annotations

from bot.command_words import NotDoneError
from bot.life.reach import Life


async def check_named(life: Life, user_id: str) -> None:
    """Raises NotDoneError where they could not type a word here, or Slack does not say whether they could."""
    person = await life.people.person(user_id, (), "")
    if person.unread:
        raise NotDoneError(f"Not done: Slack did not say who <@{user_id}> is. Try again in a minute.")
    if not person.full_member:
        raise NotDoneError(
            f"Not done: <@{user_id}> is no full member of this workspace, and could not type a word here."
        )
