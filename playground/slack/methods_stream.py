"""`chat.startStream`, `appendStream`, `stopStream`: a reply that grows while it is written.

As on Slack's method pages. What those leave out is as others measured it: a stream takes only what it began with, text
or chunks; while it is open its message can be neither edited nor deleted; Slack closes it after five minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from playground.slack import block_kit, limits, messages
from playground.slack.calls import Call, Method
from playground.slack.changes import Touched
from playground.slack.errors import SlackError, invalid_arguments
from playground.slack.messages import Draft
from playground.slack.methods_chat import metadata_of
from playground.slack.model import Channel, Json, Message, Stream

_STATES = ("pending", "in_progress", "complete", "error")
_NO_CHUNK = "failed to match exactly one allowed schema [json-pointer:/chunks]"


def _start(call: Call) -> Json:
    channel = call.channel()
    if call.who not in channel.members:
        raise SlackError("not_in_channel")
    if channel.kind != "im":
        for needed in ("recipient_user_id", "recipient_team_id"):
            if not call.maybe(needed):
                raise SlackError(f"missing_{needed}")
    display = call.maybe("task_display_mode") or "timeline"
    if display not in ("timeline", "plan"):
        raise invalid_arguments("must be one of: timeline, plan [json-pointer:/task_display_mode]")
    stream = Stream(call.workspace.clock().timestamp() + limits.STREAM_S, "plan" if display == "plan" else "timeline")
    _take(call, stream)
    message = messages.post(call.workspace, channel, call.who, Draft("", thread_ts=call.text("thread_ts")))
    message.streaming = "in_progress"
    call.workspace.streams[channel.id, message.ts] = stream
    return _show(call, channel, message, stream)


def _append(call: Call) -> Json:
    channel, message, stream = _streaming(call)
    if not _take(call, stream):
        raise invalid_arguments("must provide one of: markdown_text, chunks")
    return _show(call, channel, message, stream)


def _stop(call: Call) -> Json:
    channel, message, stream = _streaming(call)
    blocks = block_kit.checked(call.json("blocks", "invalid_blocks_format") or [])
    metadata = metadata_of(call.json("metadata", "invalid_metadata_format"))
    _take(call, stream)
    call.workspace.close_stream(message)
    answer = _show(call, channel, message, stream)
    message.blocks = [*message.blocks, *blocks]
    message.metadata = metadata or message.metadata
    call.workspace.announce(Touched(channel, message))
    return answer | {"message": call.workspace.message_wire(message)}


def _streaming(call: Call) -> tuple[Channel, Message, Stream]:
    ws, channel = call.workspace, call.channel()
    message = ws.message(channel, call.text("ts"))
    if message.user != call.who:
        raise SlackError("message_not_owned_by_app")
    stream = ws.stream_of(message)
    if stream is None:
        raise SlackError("message_not_in_streaming_state")
    return channel, message, stream


def _take(call: Call, stream: Stream) -> bool:
    """Adds what the call brings; whether it brought anything."""
    text, chunks = call.maybe("markdown_text"), call.json("chunks", "invalid_chunks")
    if text is not None and chunks:
        raise invalid_arguments("markdown_text and chunks cannot be used together")
    mode: Literal["", "text", "chunks"] = "text" if text is not None else "chunks" if chunks else ""
    if mode and stream.mode not in ("", mode):
        raise SlackError("streaming_mode_mismatch")
    stream.mode = mode or stream.mode
    for chunk in chunks if isinstance(chunks, list) else []:
        _take_chunk(stream, chunk)
    if text is not None:
        _add_words(stream, text)
    if sum(len(part["text"]) for part in stream.parts if part["type"] == "markdown") > limits.MARKDOWN:
        raise SlackError("msg_too_long")
    return bool(mode)


def _take_chunk(stream: Stream, chunk: Any) -> None:
    match chunk:
        case {"type": "markdown_text", "text": str(text)}:
            _add_words(stream, text)
        case {"type": "task_update", "id": str(id_), "title": str(title), "status": str(status)}:
            if len(title) > limits.TASK_TITLE or status not in _STATES:
                raise invalid_arguments(_NO_CHUNK)
            _add_task(
                stream, id_, {key: chunk[key] for key in ("title", "status", "details", "output") if key in chunk}
            )
        case {"type": "plan_update", "title": str(title)} if len(title) <= limits.TASK_TITLE:
            stream.plan = title
        case {"type": "blocks", "blocks": list(blocks)}:
            stream.parts += block_kit.checked(blocks)
        case _:
            raise invalid_arguments(_NO_CHUNK)


def _add_words(stream: Stream, text: str) -> None:
    if stream.parts and stream.parts[-1]["type"] == "markdown":
        stream.parts[-1]["text"] += text
    else:
        stream.parts.append({"type": "markdown", "text": text})


def _add_task(stream: Stream, id_: str, told: Mapping[str, Any]) -> None:
    """A card of this id changes where it stands; its details and output grow."""
    if id_ not in stream.tasks:
        stream.tasks[id_] = {"type": "task_card", "task_id": id_}
        if stream.display == "timeline":
            stream.parts.append(stream.tasks[id_])
    card = stream.tasks[id_]
    grown = {key: card.get(key, "") + told[key] for key in ("details", "output") if key in told}
    card.update(told, **grown)


def _show(call: Call, channel: Channel, message: Message, stream: Stream) -> Json:
    cards = [{key: value for key, value in card.items() if key != "type"} for card in stream.tasks.values()]
    plan = [{"type": "plan", "title": stream.plan, "tasks": cards}] if cards and stream.display == "plan" else []
    message.blocks = [{"block_id": f"b{number}", **part} for number, part in enumerate([*plan, *stream.parts])]
    words = "".join(part["text"] for part in stream.parts if part["type"] == "markdown")
    message.text = " ".join(filter(None, (words, *(card["title"] for card in stream.tasks.values()))))
    call.workspace.announce(Touched(channel, message))
    return {"channel": channel.id, "ts": message.ts}


METHODS = {
    "chat.startStream": Method(_start, ("chat:write",)),
    "chat.appendStream": Method(_append, ("chat:write",)),
    "chat.stopStream": Method(_stop, ("chat:write",)),
}
