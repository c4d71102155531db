"""What people do with the app: slash commands, buttons and modals; and how it answers them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from playground.slack import block_kit, messages, views
from playground.slack.deliver import Deliveries, NotAcknowledged
from playground.slack.errors import SlackError
from playground.slack.messages import Draft
from playground.slack.model import Channel, Json, Message, ResponseUrl
from playground.slack.typed import as_escaped
from playground.slack.workspace import APP, BOT_USER, SLACKBOT, TEAM, Workspace

RESPONSE_URL_LIFE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Click:
    """Which element of a message was used, and the value that was chosen where there is one."""

    block_id: str
    action_id: str
    chosen: str | None = None


class Interactions:
    """A person's doings, sent to the app and answered in the channel or modal."""

    def __init__(self, workspace: Workspace, deliveries: Deliveries) -> None:
        self._ws = workspace
        self._deliveries = deliveries

    async def command(self, user: str, channel: Channel, typed: str) -> None:
        """A slash command as typed, such as `/incident-action status`. Refusals are whispered to the person."""
        name, _, text = typed.partition(" ")
        command = next((known for known in self._ws.settings.commands if known.name == name), None)
        if command is None:
            self._slackbot(
                channel, user, f"`{name}` is not a valid command. In Slack, all we have is what the app has."
            )
            return
        text = as_escaped(self._ws, text) if command.escapes else text.strip()
        payload = self._person(user, channel) | {"command": name, "text": text, "token": "playground"}
        payload |= {"response_url": self._response_url(user, channel, None)}
        try:
            answer = await self._deliveries.ask("slash_commands", payload)
        except NotAcknowledged:
            self._slackbot(channel, user, f'`{name}` failed with the error "operation_timeout"')
            return
        if answer:
            self._answer(ResponseUrl(user, channel.id, None, self._ws.clock()), answer)

    async def click(self, user: str, message: Message, click: Click) -> None:
        """A button pressed or an option chosen in a message. Raises SlackError if there is no such element."""
        channel = self._ws.channels[message.channel]
        element = _element(message.blocks, click)
        action: Json = {"action_id": click.action_id, "block_id": click.block_id, "type": element["type"]}
        action |= {key: element[key] for key in ("text", "value", "style", "url") if key in element}
        action["action_ts"] = self._ws.next_ts()
        if click.chosen is not None:
            action["selected_option"] = _option(element, click.chosen)
        container: Json = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
        container |= {"is_ephemeral": message.ephemeral_to is not None, "is_app_unfurl": False}
        payload = self._interaction("block_actions", user) | {"container": container, "actions": [action]}
        payload |= {"channel": {"id": channel.id, "name": channel.name}}
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        if message.ephemeral_to is None:  # what one person sees is not sent along
            payload["message"] = self._ws.message_wire(message)
        payload |= {"state": {"values": {}}, "response_url": self._response_url(user, channel, message.ts)}
        try:
            await self._deliveries.ask("interactive", payload)
        except NotAcknowledged:
            self._slackbot(channel, user, "This app did not answer in time. Try again in a moment.")

    async def submit(self, user: str, view_id: str, values: Json) -> Mapping[str, str]:
        """Sends a modal in; gives back the errors to show, by block id. Raises SlackError, NotAcknowledged."""
        view = self._ws.views.get(view_id)
        if view is None or view["user"] != user:
            raise SlackError("not_found")
        values = views.as_kept(view, values)
        if wrong := views.unfilled(view, values):
            return wrong
        shown = {key: value for key, value in view.items() if key != "user"} | {"state": {"values": values}}
        payload = self._interaction("view_submission", user) | {"view": shown, "response_urls": []}
        answer = await self._deliveries.ask("interactive", payload)
        match answer.get("response_action"):
            case "errors":
                return views.faults(view, answer.get("errors"))
            case "update" | "push":
                views.show(self._ws, user, block_kit.checked_view(answer.get("view")), replaces=view)
            case "clear" | None:
                views.close(self._ws, view)
            case _:
                raise SlackError("trouble_connecting")
        return {}

    def respond(self, secret: str, answer: Json) -> None:
        """What the app posts to a response_url. Raises SlackError `expired_url`, `used_url`, …"""
        url = self._ws.response_urls.get(secret)
        if url is None or self._ws.clock() > url.expires:
            raise SlackError("expired_url")
        if url.left == 0:
            raise SlackError("used_url")
        url.left -= 1
        self._answer(url, answer)

    def _answer(self, url: ResponseUrl, answer: Json) -> None:
        channel = self._ws.channels[url.channel]
        old = self._original(channel, url)
        if answer.get("delete_original") and old:
            self._remove(channel, old)
            return
        blocks = block_kit.checked(answer["blocks"]) if answer.get("blocks") else []
        draft = Draft(str(answer.get("text", "")), blocks, thread_ts=answer.get("thread_ts"))
        if not draft.text and not blocks:
            raise SlackError("no_text")
        if answer.get("replace_original", False) and old and not old.ephemeral_to:
            messages.edit(self._ws, channel, BOT_USER, old, draft)
        elif answer.get("response_type") == "in_channel":
            messages.post(self._ws, channel, BOT_USER, draft)
        else:
            if answer.get("replace_original") and old:
                messages.unwhisper(self._ws, old)
            messages.whisper(self._ws, channel, BOT_USER, url.user, draft)

    def _original(self, channel: Channel, url: ResponseUrl) -> Message | None:
        if url.message_ts is None:
            return None
        whispered = (m for m in self._ws.whispers if m.ts == url.message_ts and m.channel == channel.id)
        return channel.messages.get(url.message_ts) or next(whispered, None)

    def _remove(self, channel: Channel, message: Message) -> None:
        if message.ephemeral_to:
            messages.unwhisper(self._ws, message)
        else:
            messages.delete(self._ws, channel, BOT_USER, message)

    def _response_url(self, user: str, channel: Channel, message_ts: str | None) -> str:
        secret = secrets.token_urlsafe(18)
        expires = self._ws.clock() + RESPONSE_URL_LIFE
        self._ws.response_urls[secret] = ResponseUrl(user, channel.id, message_ts, expires)
        return f"{self._ws.url}/respond/{secret}"

    def _person(self, user: str, channel: Channel) -> Json:
        who: Json = {"team_id": TEAM, "team_domain": "playground", "user_id": user}
        who |= {"user_name": self._ws.user(user).handle, "channel_id": channel.id, "channel_name": channel.name}
        return who | {
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "trigger_id": views.issue_trigger(self._ws, user),
        }

    def _interaction(self, kind: str, user: str) -> Json:
        person = self._ws.user(user)
        who = {"id": user, "username": person.handle, "name": person.handle, "team_id": person.team or TEAM}
        shown: Json = {"type": kind, "user": who, "api_app_id": APP, "token": "playground", "enterprise": None}
        shown |= {"team": {"id": TEAM, "domain": "playground"}, "is_enterprise_install": False}
        return shown | {"trigger_id": views.issue_trigger(self._ws, user)}

    def _slackbot(self, channel: Channel, user: str, text: str) -> None:
        messages.whisper(self._ws, channel, SLACKBOT, user, Draft(text))


def _element(blocks: list[Json], click: Click) -> Json:
    for block in blocks:
        if block.get("block_id") == click.block_id:
            candidates: list[Any] = [*block.get("elements", []), block.get("accessory")]
            for element in candidates:
                if isinstance(element, dict) and element.get("action_id") == click.action_id:
                    return element
    raise SlackError("message_not_found")


def _option(element: Json, value: str) -> Json:
    for option in element.get("options", []):
        if option.get("value") == value:
            found: Json = option
            return found
    raise SlackError("message_not_found")
