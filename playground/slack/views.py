"""Modals: `views.open`, `views.update`, `views.push`."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from playground.slack.block_kit import checked_view
from playground.slack.calls import Call, Method
from playground.slack.changes import ViewShown
from playground.slack.errors import SlackError
from playground.slack.model import Json, Trigger
from playground.slack.workspace import APP, BOT, TEAM, Workspace

_KEYS = ("title", "submit", "close", "private_metadata", "callback_id", "external_id", "notify_on_close")


def issue_trigger(ws: Workspace, user: str) -> str:
    """A trigger id: it opens one modal for this person within three seconds, or as long as the settings say."""
    trigger = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
    ws.triggers[trigger] = Trigger(user, ws.clock() + timedelta(seconds=ws.settings.trigger_life))
    return trigger


def show(ws: Workspace, user: str, view: Json, replaces: Json | None = None) -> Json:
    """Puts a checked view before the person, in the place of another if there was one."""
    shown: Json = {"id": replaces["id"] if replaces else ws.new_id("V"), "team_id": TEAM, "app_id": APP, "bot_id": BOT}
    shown |= {"type": view["type"], "blocks": view["blocks"], "state": {"values": {}}, "hash": secrets.token_hex(8)}
    shown |= {key: view.get(key, "" if key.endswith(("_id", "metadata")) else None) for key in _KEYS}
    shown |= {"root_view_id": shown["id"], "previous_view_id": None}
    ws.views[shown["id"]] = shown | {"user": user}
    ws.announce(ViewShown(user, shown))
    return shown


def close(ws: Workspace, view: Json) -> None:
    ws.views.pop(view["id"], None)
    ws.announce(ViewShown(view["user"], None))


def unfilled(view: Json, values: Json) -> dict[str, str]:
    """What Slack itself says of a form before the app is asked: by block id, empty where all is there."""
    missing: dict[str, str] = {}
    for block in view["blocks"]:
        if block["type"] == "input" and not block.get("optional"):
            said = values.get(block["block_id"], {}).get(block["element"]["action_id"], {})
            if not any(said.get(key) for key in ("value", "selected_option")):
                missing[block["block_id"]] = "Please complete this required field."
    return missing


def as_kept(view: Json, values: Json) -> Json:
    """What was filled in, as it reaches the app: a box of one line has lost its line breaks."""
    elements = [(block["block_id"], block["element"]) for block in view["blocks"] if block["type"] == "input"]
    kept = {block_id: dict(said) for block_id, said in values.items()}
    for block_id, element in elements:
        said = kept.get(block_id, {}).get(element["action_id"], {})
        if element["type"] == "plain_text_input" and not element.get("multiline") and said.get("value"):
            value = said["value"].translate({ord("\r"): None, ord("\n"): None})
            kept[block_id][element["action_id"]] = said | {"value": value}
    return kept


def faults(view: Json, errors: Any) -> dict[str, str]:
    """What the app finds wrong, by block id. Raises SlackError where it stands at no input of the form."""
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not inputs.issuperset(errors):
        raise SlackError("trouble_connecting")
    return {block: str(error) for block, error in errors.items()}


def _open(call: Call) -> Json:
    view = checked_view(call.json("view", "invalid_arguments"))
    user = _spend(call.workspace, call.text("trigger_id"))
    return {"view": show(call.workspace, user, view)}


def _update(call: Call) -> Json:
    view = checked_view(call.json("view", "invalid_arguments"))
    old = _find(call)
    if (expected := call.maybe("hash")) and expected != old["hash"]:
        raise SlackError("hash_conflict")
    return {"view": show(call.workspace, old["user"], view, replaces=old)}


def _spend(ws: Workspace, trigger_id: str) -> str:
    trigger = ws.triggers.get(trigger_id)
    if trigger is None:
        raise SlackError("invalid_trigger_id")
    if trigger.used:
        raise SlackError("exchanged_trigger_id")
    if ws.clock() > trigger.expires:
        raise SlackError("expired_trigger_id")
    trigger.used = True
    return trigger.user


def _find(call: Call) -> Json:
    view_id, external_id = call.maybe("view_id"), call.maybe("external_id")
    for view in call.workspace.views.values():
        if view["id"] == view_id or (external_id and view["external_id"] == external_id):
            return view
    raise SlackError("not_found")


METHODS = {"views.open": Method(_open), "views.push": Method(_open), "views.update": Method(_update)}
