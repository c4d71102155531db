"""`first-responder learn` from the command line: a folder, a file, PagerDuty and GitHub over sockets."""

from __future__ import annotations

import asyncio
import json
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner
from werkzeug import Response

from bot.__main__ import app
from bot.memory.learning import elsewhere
from integrations.pagerduty.past import Past
from playground import pagerduty as stand_in
from playground import tls
from tests.memory.test_learn import POSTMORTEM
from tests.rooms.quiet import Quiet


@pytest.fixture
def env(database_url, tmp_path):
    return {"DATABASE_URL": database_url, "CHROMA_PATH": str(tmp_path / "chroma"), "MEMORY_DAYS": "0", "COLUMNS": "160"}


def learn(*arguments, env):
    done = CliRunner().invoke(app, ["learn", *map(str, arguments)], env=env)
    return done.exit_code, done.output.splitlines()


def test_a_folder_says_what_it_took_and_what_it_would(env, tmp_path):
    books = tmp_path / "postmortems"
    books.mkdir()
    (books / "INC-892.md").write_text(POSTMORTEM)
    (books / "README.md").write_text("# How we write postmortems\n")
    skipped = "skipped README.md: no service: add a line `Service: name`, or name one of services.yaml in the title"
    assert learn(books, "--dry-run", env=env) == (
        0, [skipped, "1 would be learnt, 0 changed, 0 known already, 1 skipped"],
    )  # fmt: skip
    assert learn(books, env=env) == (0, [skipped, "1 learnt, 0 changed, 0 known already, 1 skipped"])
    assert learn(books, env=env) == (0, [skipped, "0 learnt, 0 changed, 1 known already, 1 skipped"])


def test_a_file_of_json_lines_and_the_vectors_made_anew(env, tmp_path):
    file = tmp_path / "history.jsonl"
    one = {"id": "INC-1", "service": "cart", "title": "Cart failed", "opened_at": "2026-01-02T03:04:05Z"}
    file.write_text(json.dumps(one) + "\n")
    assert learn(file, env=env) == (0, ["1 learnt, 0 changed, 0 known already, 0 skipped"])
    assert learn("--rebuild", env=env) == (0, ["1 copied from the database"])
    assert learn("--rebuild", env=env) == (0, ["1 copied from the database"])


def test_a_bad_line_is_named_and_nothing_is_learnt(env, tmp_path):
    file = tmp_path / "history.jsonl"
    file.write_text("{\n")
    code, lines = learn(file, env=env)
    assert code == 1 and "history.jsonl, line 1" in lines[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "say from where"),
        (["--pagerduty", "--rebuild"], "say from where"),
        (["--pagerduty"], "PAGERDUTY_API_KEY"),
        (["--github", "acme/pm"], "GITHUB_TOKEN"),
    ],
)
def test_what_is_missing_is_said(env, arguments, words):
    code, lines = learn(*arguments, env=env)
    assert code == 1 and words in lines[0]


@pytest.fixture(scope="module")
def pager(tmp_path_factory):
    made = tls.make(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.server_file)
    with HTTPServer(host="127.0.0.1", ssl_context=context) as server:
        yield server, made.ca_file


def test_pagerduty_is_asked_page_after_page(env, pager):
    server, ca_file = pager
    wire = {
        "id": "Q1", "incident_number": 42, "title": "Checkout down", "service": {"summary": "checkout"},
        "created_at": "2026-01-02T03:04:00Z", "resolved_at": "2026-01-02T03:15:00Z", "html_url": "https://pd/Q1",
    }  # fmt: skip
    pages = [{"incidents": [wire], "more": True}, {"incidents": [wire | {"id": "Q2", "incident_number": 43}]}]

    def answered(request):
        assert request.args.getlist("statuses[]") == ["resolved"]
        return Response(json.dumps(pages[int(request.args["offset"]) // 100]), content_type="application/json")

    server.expect_request("/incidents").respond_with_handler(answered)
    server.expect_request("/incidents/Q1/notes").respond_with_json(
        {"notes": [{"created_at": "2026-01-02T03:14:00Z", "content": "rebooted"}, {"created_at": "", "content": "hm"}]}
    )
    server.expect_request("/incidents/Q2/notes").respond_with_json({"notes": []})
    with_pager = env | {
        "PAGERDUTY_API_KEY": "u+made-up",
        "PAGERDUTY_API_URL": server.url_for("").rstrip("/"),
        "EXTRA_CA_FILE": str(ca_file),
    }
    assert learn("--pagerduty", env=with_pager) == (0, ["2 learnt, 0 changed, 0 known already, 0 skipped"])
    assert learn("--pagerduty", env=with_pager) == (0, ["0 learnt, 0 changed, 2 known already, 0 skipped"])


def test_github_is_asked_for_a_label(env, httpserver):
    issue = {
        "number": 7,
        "title": "Payments failed",
        "body": POSTMORTEM,
        "labels": [{"name": "postmortem"}],
        "state": "closed",
        "created_at": "2026-01-05T00:00:00Z",
        "html_url": "https://gh/acme/pm/issues/7",
    }
    asked = {"labels": "sre", "state": "all", "sort": "created", "direction": "asc"}
    pull = issue | {"number": 8, "html_url": "https://gh/acme/pm/pull/8"}
    httpserver.expect_request("/repos/acme/pm/issues", query_string=asked).respond_with_json([issue, pull])
    with_hub = env | {"GITHUB_TOKEN": "ghp_made-up", "GITHUB_API_URL": httpserver.url_for("").rstrip("/")}
    assert learn("--github", "acme/pm", "--label", "sre", env=with_hub) == (
        0, ["1 learnt, 0 changed, 0 known already, 0 skipped"],
    )  # fmt: skip


def test_a_refused_key_is_said_without_it(env, httpserver):
    httpserver.expect_request("/repos/acme/pm/issues").respond_with_json({"message": "Bad credentials"}, status=401)
    with_hub = env | {"GITHUB_TOKEN": "ghp_made-up", "GITHUB_API_URL": httpserver.url_for("").rstrip("/")}
    code, lines = learn("--github", "acme/pm", env=with_hub)
    assert code == 1 and "GITHUB_TOKEN" in lines[0] and "ghp_made-up" not in " ".join(lines)


class Year(Quiet):
    """A PagerDuty of today."""

    moment = datetime.now(UTC)


async def test_by_default_a_year_of_pagerdutys_is_learnt(env, tmp_path):
    certificates = tls.make(tmp_path)
    async with stand_in.running(Year(), token="u+made-up", certificates=certificates) as hub:
        for days in (300, 200, 10):
            at = (Year.moment - timedelta(days=days)).isoformat()
            one = {"id": f"Q{days}", "incident_number": days, "title": "Down", "service": {"summary": "checkout"}}
            hub.incidents.append(one | {"status": "resolved", "created_at": at, "resolved_at": at, "notes": []})
        there = {"PAGERDUTY_API_KEY": "u+made-up", "PAGERDUTY_API_URL": hub.url}
        with_pager = env | there | {"EXTRA_CA_FILE": str(certificates.ca_file)}
        assert await asyncio.to_thread(learn, "--pagerduty", env=with_pager) == (
            0, ["3 learnt, 0 changed, 0 known already, 0 skipped"],
        )  # fmt: skip


def test_what_pagerduty_has_besides_is_said():
    left_out = elsewhere.left_out(Past((), datetime(2026, 3, 1, tzinfo=UTC)))
    assert [f"{one.name}: {one.why}" for one in left_out] == [
        "what PagerDuty has from before 2026-03-01: the newest 5,000 incidents are read, and no more"
    ]
    assert list(elsewhere.left_out(Past(()))) == []
