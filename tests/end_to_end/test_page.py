"""The playground's page in a real browser: what is said is seen, and what is clicked and typed is done."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack import channels
from playground.slack.director import Scenario
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings
from playground.slack.workspace import BOT_USER
from playground.world import Person
from tests.end_to_end.reader import Reader

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = pytest.mark.needs("chromium")

DANA = Person("U000000DANA", "dana", "Dana Okafor", "dana@example.com")
_TAG = "img src=x onerror=\"document.title='pwned'\""
EVIL = f"<{_TAG}> &lt;{_TAG}&gt; <javascript:alert(1)|click>"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082"
)
BLOCKS: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "SEV1 :rotating_light:"}},
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*Now* _normal_ ~old~ `code` <https://example.com|a link>\n• one\n> quoted"},
        "fields": [{"type": "mrkdwn", "text": "*Errors*\n23.4 %"}, {"type": "mrkdwn", "text": "*p99*\n2,340 ms"}],
    },
    {"type": "section", "text": {"type": "mrkdwn", "text": f"```pods\n{EVIL}```\n{EVIL}"}},
    {"type": "divider"},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "small print &amp; more"}]},
    {
        "type": "actions",
        "block_id": "gate",
        "elements": [{"type": "button", "action_id": "run", "text": {"type": "plain_text", "text": "Run"}}],
    },
]
MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "why",
    "title": {"type": "plain_text", "text": "Run step 2"},
    "submit": {"type": "plain_text", "text": "Run it"},
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Why"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


class OneScenario:
    state: Any = "ready"

    def scenarios(self) -> list[Scenario]:
        return [Scenario("leak", "A memory leak", "It grows.", self.state)]

    def on_call(self) -> dict[str, list[str]]:
        return {}

    async def start(self, scenario_id: str) -> None:
        self.state = "firing"

    async def resolve(self, scenario_id: str) -> None:
        self.state = "resolved"


ENDS = """return [...document.querySelectorAll("#channels .label")].map((label) => {
  const end = document.createRange(), text = label.firstChild;
  end.setStart(text, text.length - 4);
  end.setEnd(text, text.length);
  const [seen, room] = [end.getBoundingClientRect(), label.getBoundingClientRect()];
  return [label.textContent, room.left - 1 <= seen.left && seen.right <= room.right + 1];
})"""
"""Of each channel in the list: its name, and whether the last letters of it are within what is shown."""


@pytest.fixture
def reader(browser: "Chrome") -> Reader:
    return Reader(browser)


async def connect(slack: Slack) -> AsyncSocketModeHandler:
    """A bot that answers a command, and opens a modal for a button."""
    settings = slack.workspace.settings
    bot = AsyncApp(client=AsyncWebClient(settings.bot_token, base_url=slack.api_url))

    @bot.command("/incident-action")
    async def command(ack, body) -> None:
        await ack(f"doing `{body['text']}`")

    @bot.action("run")
    async def run(ack, body, client) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @bot.view("why")
    async def why(ack, view, client) -> None:
        said = view["state"]["values"]["reason"]["text"]["value"]
        if len(said) < 5:
            await ack(response_action="errors", errors={"reason": "Say a little more."})
        else:
            await ack()
            await client.chat_postMessage(channel="#incidents", text=f"runs, because {said}")

    for event in ("message", "reaction_added", "reaction_removed", "member_joined_channel"):
        bot.event(event)(_nothing)
    web = AsyncWebClient(settings.app_token, base_url=slack.api_url)
    handler = AsyncSocketModeHandler(bot, settings.app_token, web_client=web)
    await handler.connect_async()
    return handler


async def _nothing() -> None:
    """An event that this bot does not mind."""


def reads_the_briefing(reader: Reader, url: str) -> None:
    reader.go(url)
    reader.sees("#banner", "Real: the bot, its database and its clients")
    message = ".message .said "
    reader.sees(".message .head", "First Responder")
    reader.sees(".message .app", "APP")
    reader.sees(message + "h3", "SEV1 🚨")
    for tag, text in (("b", "Now"), ("i", "normal"), ("s", "old"), ("code", "code"), ("blockquote", "quoted")):
        reader.sees(message + tag, text)
    reader.sees(message + 'a[href="https://example.com"]', "a link")
    reader.sees(message + ".item", "one")
    reader.sees(message + ".fields", "23.4 %")
    reader.sees(".block.context", "small print & more")
    reader.sees(message + "pre", "<img src=x onerror=")
    reader.misses(message + "img")
    reader.misses("a[href^=javascript]")
    assert "pwned" not in reader.title()
    reader.sees("#topic", "SEV1 · payment-service")
    reader.sees(".message.pinned .note", "Pinned by First Responder")
    reader.sees(".edited", "(edited)")


def reacts_and_replies(reader: Reader, ts: str) -> None:
    row = f'.message[data-ts="{ts}"] '
    reader.clicks(row + '.bar [data-quick="white_check_mark"]')
    reader.sees(row + ".reaction.mine .count", "1")
    reader.clicks(row + ".bar .pick")
    reader.clicks('.picker [data-name="eyes"]')
    reader.sees(row + '.reaction[data-name="eyes"]', "1")
    reader.clicks(row + '.reaction[data-name="eyes"]')
    reader.misses(row + '.reaction[data-name="eyes"]')
    reader.clicks(row + ".bar .reply")
    reader.types("#thread textarea", "It is the <port>, @dana\n")
    reader.sees("#replies .message .said", "It is the <port>, @dana")
    reader.sees("#replies figure img")
    reader.sees("#messages .thread-line", "2 replies")
    reader.clicks("#thread-close")


def commands_and_presses(reader: Reader) -> None:
    reader.types("#composer textarea", "/incident-action status\n")
    reader.sees(".message.whisper .note", "Only visible to you")
    reader.sees(".message.whisper .said", "doing status")
    reader.clicks('[data-action="run"]')
    reader.types("#modal input", "no")
    reader.clicks("#modal [type=submit]")
    reader.sees("#modal .wrong", "Say a little more.")
    reader.types("#modal input", " errors")
    reader.clicks("#modal [type=submit]")
    reader.misses("#modal[open]")
    reader.sees(".message .said", "runs, because no errors")


def starts_and_reloads(reader: Reader, url: str) -> None:
    reader.clicks(".scenario .start")
    reader.sees(".scenario.firing .state", "Firing")
    reader.clicks(".scenario .resolve")
    reader.sees(".scenario.resolved .state", "Resolved")
    reader.go(url)
    reader.sees(".message.whisper .said", "doing status")
    reader.sees(".reaction.mine .count", "1")
    assert reader.complaints() == []


async def test_an_incident_is_read_and_handled_at_the_page(reader: Reader):
    async with running(SlackSettings(), [DANA], OneScenario()) as slack:
        handler = await connect(slack)
        bot = handler.app.client
        incidents = slack.workspace.named("incidents")
        assert incidents
        await bot.conversations_setTopic(channel=incidents.id, topic="SEV1 · payment-service")
        posted = await bot.chat_postMessage(channel=incidents.id, text="SEV1", blocks=BLOCKS[:1])
        await bot.chat_update(channel=incidents.id, ts=posted["ts"], text="SEV1", blocks=BLOCKS)
        await bot.pins_add(channel=incidents.id, timestamp=posted["ts"])
        place = {"channel": incidents.id, "thread_ts": posted["ts"]}
        await bot.files_upload_v2(filename="chart.png", content=PNG, title="Errors", **place)
        try:
            await asyncio.to_thread(reads_the_briefing, reader, slack.url)
            await asyncio.to_thread(reacts_and_replies, reader, posted["ts"])
            await asyncio.to_thread(commands_and_presses, reader)
            await asyncio.to_thread(starts_and_reloads, reader, slack.url)
        finally:
            await handler.close_async()
    replies = [message.text for message in incidents.replies(posted["ts"])]
    assert replies[-1] == f"It is the &lt;port&gt;, <@{DANA.slack_id}>"


async def test_incidents_of_one_service_are_told_apart_by_the_end_of_their_names(reader: Reader):
    names = [f"inc-payment-service-1129-13{minute}" for minute in (33, 47, 52)]
    async with running(SlackSettings(), [DANA]) as slack:
        for name in names:
            channels.create(slack.workspace, BOT_USER, name)

        def reads() -> dict[str, bool]:
            reader.go(slack.url)
            reader.sees("#channels .label", names[-1])
            return dict(reader.reckons(ENDS))

        shown = await asyncio.to_thread(reads)
    assert {name: shown[name] for name in names} == dict.fromkeys(names, True)
    assert shown["general"]
