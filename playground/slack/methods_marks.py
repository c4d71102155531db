"""`reactions.*` and `pins.*`: marks on messages."""

from __future__ import annotations

from playground.slack import limits, messages
from playground.slack.calls import Call, Method
from playground.slack.errors import SlackError
from playground.slack.methods_chat import permalink
from playground.slack.model import Channel, Json, Message


def _react(call: Call) -> Json:
    channel, message = _item(call, "message_not_found")
    messages.react(call.workspace, channel, call.who, message, _name(call))
    return {}


def _unreact(call: Call) -> Json:
    channel, message = _item(call, "message_not_found")
    messages.unreact(call.workspace, channel, call.who, message, _name(call))
    return {}


def _reactions(call: Call) -> Json:
    channel, message = _item(call, "message_not_found")
    shown = call.workspace.message_wire(message)
    shown |= {"permalink": permalink(call, channel, message)}
    if not call.flag("full"):
        for reaction in shown.get("reactions", ()):
            reaction["users"] = reaction["users"][: limits.REACTED_SHOWN]
    return {"type": "message", "channel": channel.id, "message": shown}


def _pin(call: Call) -> Json:
    channel, message = _item(call, "message_not_found")
    messages.pin(call.workspace, channel, call.who, message)
    return {}


def _unpin(call: Call) -> Json:
    channel, message = _item(call, "no_pin")
    messages.unpin(call.workspace, channel, message)
    return {}


def _pins(call: Call) -> Json:
    channel, ws = call.channel(), call.workspace
    items = [
        {"type": "message", "channel": channel.id, **pin, "message": ws.message_wire(channel.messages[ts])}
        for ts, pin in reversed(channel.pins.items())
    ]
    return {"items": items}


def _item(call: Call, missing: str) -> tuple[Channel, Message]:
    channel = call.channel()
    if call.who not in channel.members:
        raise SlackError("not_in_channel")
    if call.maybe("timestamp") is None:
        raise SlackError("no_item_specified")
    message = channel.messages.get(call.text("timestamp"))
    if message is None:
        raise SlackError(missing)
    return channel, message


def _name(call: Call) -> str:
    return call.text("name").strip(":")


METHODS = {
    "reactions.add": Method(_react, ("reactions:write",)),
    "reactions.remove": Method(_unreact, ("reactions:write",)),
    "reactions.get": Method(_reactions, ("reactions:read",)),
    "pins.add": Method(_pin, ("pins:write",)),
    "pins.remove": Method(_unpin, ("pins:write",)),
    "pins.list": Method(_pins, ("pins:read",)),
}
