"""`chat.startStream`, `appendStream`, `stopStream`: a reply that grows while it is written."""

from __future__ import annotations

from playground.slack import block_kit, limits, messages
from playground.slack.calls import Call, Method
from playground.slack.changes import Touched
from playground.slack.errors import SlackError, invalid_arguments
from playground.slack.messages import Draft
from playground.slack.methods_chat import metadata_of
from playground.slack.model import Channel, Json, Message, Stream


def _start(call: Call) -> Json:
    channel = call.channel()
    if call.who not in channel.members:
        raise SlackError("not_in_channel")
    if channel.kind == "public" and not (call.maybe("recipient_user_id") and call.maybe("recipient_team_id")):
        raise SlackError("missing_recipient_user_id")
    draft = Draft("", thread_ts=call.text("thread_ts"))
    message = messages.post(call.workspace, channel, call.who, draft)
    call.workspace.streams[channel.id, message.ts] = Stream()
    return _grow(call, channel, message)


def _append(call: Call) -> Json:
    return _grow(call, *_streaming(call))


def _stop(call: Call) -> Json:
    channel, message = _streaming(call)
    blocks = block_kit.checked(call.json("blocks", "invalid_blocks_format") or [])
    metadata = metadata_of(call.json("metadata", "invalid_metadata_format"))
    answer = _grow(call, channel, message)
    del call.workspace.streams[channel.id, message.ts]
    message.blocks = [*message.blocks, *blocks]
    message.metadata = metadata or message.metadata
    call.workspace.announce(Touched(channel, message))
    return answer | {"message": call.workspace.message_wire(message)}


def _streaming(call: Call) -> tuple[Channel, Message]:
    channel = call.channel()
    message = call.workspace.message(channel, call.text("ts"))
    if message.user != call.who:
        raise SlackError("message_not_owned_by_app")
    if (channel.id, message.ts) not in call.workspace.streams:
        raise SlackError("message_not_in_streaming_state")
    return channel, message


def _grow(call: Call, channel: Channel, message: Message) -> Json:
    """Adds what the call brings and shows it."""
    stream = call.workspace.streams[channel.id, message.ts]
    stream.text += call.maybe("markdown_text") or ""
    for chunk in call.json("chunks", "invalid_chunks") or []:
        _take(stream, chunk)
    if len(stream.text) > limits.MARKDOWN:
        raise SlackError("msg_too_long")
    tasks = "".join(f"- {title}: {status}\n" for title, status in stream.tasks.values())
    message.text = tasks + stream.text
    message.blocks = [{"type": "markdown", "block_id": "b0", "text": message.text}] if message.text else []
    call.workspace.announce(Touched(channel, message))
    return {"channel": channel.id, "ts": message.ts}


def _take(stream: Stream, chunk: Json) -> None:
    match chunk:
        case {"type": "markdown_text", "text": str(text)}:
            stream.text += text
        case {"type": "task_update", "id": str(id_), "title": str(title), "status": str(status)}:
            stream.tasks[id_] = (title, status)
        case {"type": "plan_update", "title": str(title)}:
            stream.tasks[""] = (title, "plan")
        case _:
            raise invalid_arguments("failed to match exactly one allowed schema [json-pointer:/chunks]")


METHODS = {
    "chat.startStream": Method(_start, ("chat:write",)),
    "chat.appendStream": Method(_append, ("chat:write",)),
    "chat.stopStream": Method(_stop, ("chat:write",)),
}
