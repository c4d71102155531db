"""`files.*`: the three steps of an upload."""

from __future__ import annotations

from playground.slack import messages
from playground.slack.calls import Call, Method
from playground.slack.errors import SlackError, invalid_arguments
from playground.slack.messages import Draft
from playground.slack.model import File, Json


def _upload_url(call: Call) -> Json:
    length = call.text("length")
    if not length.isdigit() or int(length) < 1:
        raise invalid_arguments("must be greater than 0 [json-pointer:/length]")
    ws = call.workspace
    file = File(ws.new_id("F"), call.text("filename"), int(length), call.who, ws.seconds(), call.maybe("alt_txt") or "")
    ws.files[file.id] = file
    return {"upload_url": f"{ws.url}/upload/v1/{file.id}", "file_id": file.id}


def _complete(call: Call) -> Json:
    asked = call.json("files", "invalid_arguments")
    if not isinstance(asked, list) or not asked:
        raise invalid_arguments("missing required field: files")
    files = [_uploaded(call, item) for item in asked]
    channel_ids = [id_ for id_ in (call.maybe("channel_id"), *call.names("channels")) if id_]
    for channel_id in channel_ids:
        _share(call, channel_id, files)
    return {"files": [file.wire(call.workspace.url) for file in files]}


def _uploaded(call: Call, item: Json) -> File:
    file = call.workspace.files.get(str(item.get("id")))
    if file is None or file.owner != call.who:
        raise SlackError("file_not_found")
    if file.content is None:
        raise SlackError("file_not_found", response_metadata={"messages": [f"[ERROR] {file.id} was not uploaded"]})
    file.title = str(item.get("title") or file.title)
    return file


def _share(call: Call, channel_id: str, files: list[File]) -> None:
    channel = call.workspace.channel(channel_id, seen_by=call.who)
    if call.who not in channel.members:
        raise SlackError("not_in_channel")
    draft = Draft(call.maybe("initial_comment") or "", thread_ts=call.maybe("thread_ts"), files=files)
    messages.post(call.workspace, channel, call.who, draft)
    for file in files:
        file.shared_in.append(channel.id)


def _info(call: Call) -> Json:
    file = call.workspace.files.get(call.text("file"))
    if file is None:
        raise SlackError("file_not_found")
    return {"file": file.wire(call.workspace.url)}


METHODS = {
    "files.getUploadURLExternal": Method(_upload_url, ("files:write",)),
    "files.completeUploadExternal": Method(_complete, ("files:write",)),
    "files.info": Method(_info, ("files:read",)),
}
