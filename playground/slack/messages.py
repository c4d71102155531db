"""What people and the app do with messages. Raises SlackError with the word that Slack would use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.slack import limits
from playground.slack.changes import Deleted, Edited, Posted, Reacted, Touched, Whispered, WhisperGone
from playground.slack.emoji import known
from playground.slack.errors import SlackError
from playground.slack.model import Channel, File, Json, Message
from playground.slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be said. `blocks` and `metadata` have been checked."""

    text: str
    blocks: Sequence[Json] = ()
    attachments: Sequence[Json] = ()
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: Json | None = None
    files: Sequence[File] = field(default=())


def post(ws: Workspace, channel: Channel, who: str, draft: Draft) -> Message:
    """Says it in the channel or thread. A thread of a reply is the thread that the reply is in."""
    if channel.archived:
        raise SlackError("is_archived")
    thread = _thread(ws, channel, draft.thread_ts)
    message = _message(ws, channel, who, draft)
    message.thread_ts = thread
    channel.messages[message.ts] = message
    ws.announce(Posted(channel, message))
    if thread:
        ws.announce(Touched(channel, channel.messages[thread]))
    return message


def whisper(ws: Workspace, channel: Channel, who: str, to: str, draft: Draft) -> Message:
    """Says it to one person only."""
    if to not in channel.members:
        raise SlackError("user_not_in_channel")
    message = _message(ws, channel, who, draft)
    message.thread_ts = draft.thread_ts
    message.ephemeral_to = to
    ws.whispers.append(message)
    ws.announce(Whispered(channel, message))
    return message


def unwhisper(ws: Workspace, message: Message) -> None:
    ws.whispers.remove(message)
    ws.announce(WhisperGone(ws.channels[message.channel], message))


def edit(ws: Workspace, channel: Channel, who: str, message: Message, draft: Draft) -> None:
    """Makes the message say this instead; metadata stays unless the draft brings its own."""
    if message.user != who or message.subtype:
        raise SlackError("cant_update_message")
    if ws.stream_of(message):
        raise SlackError("streaming_state_conflict")
    if channel.archived:
        raise SlackError("is_inactive")
    previous = ws.message_wire(message)
    message.text, message.blocks, message.attachments = draft.text, list(draft.blocks), list(draft.attachments)
    if draft.metadata is not None:
        message.metadata = draft.metadata or None
    message.edited = {"user": who, "ts": ws.next_ts()}
    ws.announce(Edited(channel, message, previous))


def delete(ws: Workspace, channel: Channel, who: str, message: Message) -> None:
    """Removes it; the head of a thread stays as «This message was deleted» as long as it has replies."""
    if message.user != who or ws.stream_of(message):
        raise SlackError("cant_delete_message")
    channel.pins.pop(message.ts, None)
    if channel.replies(message.ts):
        message.subtype, message.text = "tombstone", "This message was deleted."
        message.blocks, message.files, message.reactions, message.metadata = [], [], {}, None
    else:
        del channel.messages[message.ts]
    ws.announce(Deleted(channel, message))
    if message.is_reply and message.thread_ts in channel.messages:
        ws.announce(Touched(channel, channel.messages[message.thread_ts]))


def react(ws: Workspace, channel: Channel, who: str, message: Message, name: str) -> None:
    if not known(name):
        raise SlackError("invalid_name")
    if channel.archived:
        raise SlackError("is_archived")
    if who in message.reactions.get(name, []):
        raise SlackError("already_reacted")
    if name not in message.reactions and len(message.reactions) >= limits.REACTIONS_A_MESSAGE:
        raise SlackError("too_many_emoji")
    message.reactions.setdefault(name, []).append(who)
    ws.announce(Reacted(channel, message, who, name, "added", ws.next_ts()))


def unreact(ws: Workspace, channel: Channel, who: str, message: Message, name: str) -> None:
    if who not in message.reactions.get(name, []):
        raise SlackError("no_reaction")
    message.reactions[name].remove(who)
    if not message.reactions[name]:
        del message.reactions[name]
    ws.announce(Reacted(channel, message, who, name, "removed", ws.next_ts()))


def pin(ws: Workspace, channel: Channel, who: str, message: Message) -> None:
    if message.ts in channel.pins:
        raise SlackError("already_pinned")
    if len(channel.pins) >= limits.PINS_A_CHANNEL:
        raise SlackError("too_many_pins")
    channel.pins[message.ts] = {"created": ws.seconds(), "created_by": who}
    message.pinned_by = who
    ws.announce(Touched(channel, message))


def unpin(ws: Workspace, channel: Channel, message: Message) -> None:
    if message.ts not in channel.pins:
        raise SlackError("no_pin")
    del channel.pins[message.ts]
    message.pinned_by = None
    ws.announce(Touched(channel, message))


def system(ws: Workspace, channel: Channel, who: str, subtype: str, text: str, **more: Any) -> None:
    """A line that Slack itself writes, such as «has joined the channel»."""
    message = Message(ws.next_ts(), channel.id, who, text, subtype=subtype, more=dict(more))
    channel.messages[message.ts] = message
    ws.announce(Posted(channel, message))


def _message(ws: Workspace, channel: Channel, who: str, draft: Draft) -> Message:
    author = ws.users[who]
    return Message(
        ws.next_ts(),
        channel.id,
        who,
        draft.text,
        blocks=list(draft.blocks),
        attachments=list(draft.attachments),
        bot_id=author.bot_id,
        app_id=author.app_id,
        metadata=draft.metadata or None,
        files=list(draft.files),
        broadcast=draft.broadcast,
    )


def _thread(ws: Workspace, channel: Channel, ts: str | None) -> str | None:
    if ts is None:
        return None
    head = channel.messages.get(ts)
    if head is None:
        raise SlackError("thread_not_found")
    return head.thread_ts or ts
