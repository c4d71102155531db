"""`chat.*`: saying something, changing it, taking it back."""

from __future__ import annotations

from typing import Any

from playground.slack import block_kit, channels, limits, messages
from playground.slack.calls import Call, Method
from playground.slack.errors import SlackError
from playground.slack.messages import Draft
from playground.slack.model import Channel, Json, Message


def _post(call: Call) -> Json:
    channel = _target(call)
    draft = draft_of(call, limits.TEXT)
    message = messages.post(call.workspace, channel, call.who, draft)
    return {"channel": channel.id, "ts": message.ts, "message": _wire(call, message)}


def _whisper(call: Call) -> Json:
    channel = _target(call)
    user = call.text("user")
    message = messages.whisper(call.workspace, channel, call.who, user, draft_of(call, limits.TEXT))
    return {"message_ts": message.ts}


def _update(call: Call) -> Json:
    channel = call.channel()
    message = call.workspace.message(channel, call.text("ts"))
    draft = draft_of(call, limits.UPDATED_TEXT)
    messages.edit(call.workspace, channel, call.who, message, draft)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": _wire(call, message)}


def _delete(call: Call) -> Json:
    channel = call.channel()
    message = call.workspace.message(channel, call.text("ts"))
    messages.delete(call.workspace, channel, call.who, message)
    return {"channel": channel.id, "ts": message.ts}


def _permalink(call: Call) -> Json:
    channel = call.channel()
    message = call.workspace.message(channel, call.text("message_ts"))
    return {"channel": channel.id, "permalink": permalink(call, channel, message)}


def permalink(call: Call, channel: Channel, message: Message) -> str:
    """Where a message is found in a browser; one in a thread names that too."""
    link = f"{call.workspace.url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return link


def _target(call: Call) -> Channel:
    """Where to say it: a channel by id or name, or a person by id. Raises SlackError."""
    ws, ref = call.workspace, call.text("channel")
    if ref in ws.users:
        return channels.direct(ws, call.who, [ref])
    channel = ws.named(ref.removeprefix("#")) or ws.channel(ref, seen_by=call.who)
    if channel.archived:
        raise SlackError("is_archived")
    if call.who not in channel.members and not (channel.kind == "public" and "chat:write.public" in call.token.scopes):
        raise SlackError("not_in_channel")
    return channel


def draft_of(call: Call, longest: int) -> Draft:
    """What the call wants said. Raises SlackError: `no_text`, `msg_too_long`, `invalid_blocks`, …"""
    text = call.maybe("text") or ""
    raw = call.json("blocks", "invalid_blocks_format")
    blocks = block_kit.checked(raw) if raw else []
    attachments = call.json("attachments", "invalid_attachments") or []
    markdown = call.maybe("markdown_text")
    if markdown is not None:
        blocks = _markdown_blocks(markdown, taken=bool(text or blocks))
    if not text and not blocks and not attachments:
        raise SlackError("no_text")
    if len(text) > longest:
        raise SlackError("msg_too_long")
    if len(attachments) > 100:
        raise SlackError("too_many_attachments")
    thread, metadata = call.maybe("thread_ts"), metadata_of(call.json("metadata", "invalid_metadata_format"))
    return Draft(text, blocks, attachments, thread, call.flag("reply_broadcast"), metadata)


def _markdown_blocks(markdown: str, *, taken: bool) -> list[Json]:
    if taken:
        raise SlackError("markdown_text_conflict")
    if len(markdown) > limits.MARKDOWN:
        raise SlackError("msg_too_long")
    return [{"type": "markdown", "block_id": "b0", "text": markdown}]


def metadata_of(value: Any) -> Json | None:
    """A message's metadata. Raises SlackError `invalid_metadata_format`, `metadata_too_large`."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise SlackError("invalid_metadata_format")
    if value and not (isinstance(value.get("event_type"), str) and isinstance(value.get("event_payload"), dict)):
        raise SlackError("invalid_metadata_format")
    if len(str(value)) > limits.METADATA:
        raise SlackError("metadata_too_large")
    return value


def _wire(call: Call, message: Message) -> Json:
    return call.workspace.message_wire(message, with_metadata=True)


METHODS = {
    "chat.postMessage": Method(_post, ("chat:write",)),
    "chat.postEphemeral": Method(_whisper, ("chat:write",)),
    "chat.update": Method(_update, ("chat:write",)),
    "chat.delete": Method(_delete, ("chat:write",)),
    "chat.getPermalink": Method(_permalink),
}
