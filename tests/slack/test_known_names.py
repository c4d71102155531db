"""Names for a postmortem are asked for like everything else of Slack: in turn."""

from contextlib import asynccontextmanager

from bot.house.open_closing import Deeds, close_closing, closing_desk
from bot.settings import Settings
from bot.slack.governor import Governor
from bot.state.database import open_database
from playground.slack.serve import running
from playground.world import Person
from tests.stories.world import FakeSlack, Source, desk_with

DANA = Person("U00DANA", "dana", "Dana Dale", "dana@example.com")


class Noting(Governor):
    """One that knows who has waited for a turn."""

    def __init__(self):
        super().__init__()
        self.turns = []

    @asynccontextmanager
    async def turn(self, call, since, longest_s):
        self.turns.append(call.method)
        async with super().turn(call, since, longest_s):
            yield


async def nothing(*_):
    return False


async def test_names_are_asked_for_in_turn_with_all_other_calls(tmp_path):
    governor = Noting()
    async with running(people=(DANA,)) as slack, desk_with(tmp_path, FakeSlack(), Source()) as desk:
        database = open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}")
        settings = Settings(
            _env_file=None,
            slack_bot_token=slack.workspace.settings.bot_token,
            slack_api_url=slack.api_url,
            postmortem_names=True,
        )
        at = closing_desk(settings, desk, database, Deeds(nothing, nothing), governor)
        assert await at.names([DANA.slack_id]) == {DANA.slack_id: "dana"}
        await close_closing(at)
        await database.dispose()
    assert governor.turns == ["users.info"]
