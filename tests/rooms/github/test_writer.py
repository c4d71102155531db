"""What the bot writes to GitHub: once, over what is there, and with the real one's refusals told plainly."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from integrations.contract import Refused, Unreachable
from integrations.github.writer import Document, GithubWriter, WriterSettings
from playground import github
from tests.rooms.quiet import Quiet

REPO, TOKEN, READ = "acme/postmortems", "ghp_write000000000000", "ghp_read0000000000000"


class World(Quiet):
    moment = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


FIRST = Document("INC-ABC", "Postmortem INC-ABC", "# What happened\n❓", "2026")


@asynccontextmanager
async def writing(kind="pull_request", token=TOKEN, repo=REPO):
    async with github.running(World(), token=READ, repos=("acme/shop",), writes={REPO: TOKEN}) as there:
        writer = GithubWriter(WriterSettings(token, repo, kind, api_url=there.url))
        try:
            yield writer, there.written[REPO]
        finally:
            await writer.close()


async def test_a_file_on_a_branch_of_its_own_and_one_pull_request():
    async with writing() as (writer, there):
        url = await writer.write(FIRST)
        assert await writer.write(FIRST) == url
        assert there.files == {("postmortem/INC-ABC", "postmortems/2026/INC-ABC.md"): FIRST.text}
        assert [pull["html_url"] for pull in there.pulls] == [url]
        assert there.commits == 1


async def test_a_new_version_goes_into_the_same_pull_request():
    async with writing() as (writer, there):
        url = await writer.write(FIRST)
        assert await writer.write(Document("INC-ABC", "Postmortem INC-ABC, again", "# Better", "2026")) == url
        assert list(there.files.values()) == ["# Better"]
        assert [pull["title"] for pull in there.pulls] == ["Postmortem INC-ABC, again"]


async def test_once_it_was_merged_a_new_version_asks_anew():
    async with writing() as (writer, there):
        await writer.write(FIRST)
        there.pulls[0]["state"] = "closed"
        await writer.write(Document("INC-ABC", "Postmortem INC-ABC", "# Better", "2026"))
        assert [pull["state"] for pull in there.pulls] == ["closed", "open"]


async def test_once_it_was_merged_the_same_text_stands_where_it_did():
    async with writing() as (writer, there):
        url = await writer.write(FIRST)
        there.merge("postmortem/INC-ABC")
        assert await writer.write(FIRST) == url
        assert len(there.pulls) == 1
        await writer.write(Document("INC-ABC", "Postmortem INC-ABC", "# Better", "2026"))
        assert [pull["state"] for pull in there.pulls] == ["closed", "open"]


@pytest.mark.parametrize("before", ["branch", "file"])
async def test_what_a_crash_left_half_done_is_gone_on_with(before):
    async with writing() as (writer, there):
        there.make_ref({"ref": "refs/heads/postmortem/INC-ABC", "sha": there.branches["main"]}, "")
        if before == "file":
            path = "postmortems/2026/INC-ABC.md"
            there.put(path, {"branch": "postmortem/INC-ABC", "content": "b2xk"}, "")
        await writer.write(FIRST)
        assert list(there.files.values()) == [FIRST.text]
        assert len(there.pulls) == 1


async def test_an_issue_is_found_by_its_marker():
    async with writing("issue") as (writer, there):
        url = await writer.write(FIRST)
        there.make_issue({"title": "another", "body": "by a person", "labels": ["postmortem"]}, "")
        better = Document("INC-ABC", "Postmortem INC-ABC", "# Better", "2026")
        assert await writer.write(better) == url
        assert [issue["body"] for issue in there.issues] == [f"{better.marker}\n# Better", "by a person"]


async def test_of_a_text_that_no_issue_holds_the_beginning_is_written():
    long = Document("INC-ABC", "Postmortem INC-ABC", "# What happened\n" + "- a line of it\n" * 5_000)
    async with writing("issue") as (writer, there):
        url = await writer.write(long)
        assert await writer.write(long) == url
        (body,) = [issue["body"] for issue in there.issues]
        assert len(body) <= 65_536
        assert body.endswith(
            "- a line of it\n\n_Cut here: an issue holds no more. All of it is in the incident's channel._\n"
        )


async def test_two_at_once_write_one():
    async with writing("issue") as (writer, there):
        await asyncio.gather(writer.write(FIRST), writer.write(FIRST))
        assert len(there.issues) == 1


@pytest.mark.parametrize(
    ("token", "repo", "reason"),
    [
        (READ, REPO, "no right to write to acme/postmortems (403)"),
        ("ghp_wrong", REPO, "the token is refused (401)"),
        (TOKEN, "acme/nothing", "no acme/nothing there, or no right to see it (404)"),
        (TOKEN, "acme/shop", "no acme/shop there, or no right to see it (404)"),
    ],
)
async def test_a_refusal_says_which_setting_to_look_at(token, repo, reason):
    async with writing(token=token, repo=repo) as (writer, there):
        with pytest.raises(Refused) as refused:
            await writer.write(FIRST)
        assert refused.value.reason == reason
        assert "GITHUB_WRITE_TOKEN" in refused.value.fix
        assert token not in str(refused.value)
        assert not there.files


async def test_where_issues_are_off_it_says_so():
    async with writing("issue") as (writer, there):
        there.issues_on = False
        with pytest.raises(Refused, match="410"):
            await writer.write(FIRST)


async def test_nobody_there():
    writer = GithubWriter(WriterSettings(TOKEN, REPO, api_url="http://127.0.0.1:9"))
    with pytest.raises(Unreachable):
        await writer.write(FIRST)
    await writer.close()


async def test_ready_says_where_it_may_write():
    async with writing() as (writer, _):
        assert (await writer.ready()).detail == "GitHub, may write to acme/postmortems"


def test_the_token_shows_itself_nowhere():
    assert TOKEN not in repr(WriterSettings(TOKEN, REPO))
