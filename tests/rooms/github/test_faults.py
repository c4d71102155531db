"""How the GitHub room fails: the right kind of error, the setting named, and never a secret."""

from __future__ import annotations

import re
import socket
import traceback
import urllib.request
from datetime import UTC, datetime

import pytest
from werkzeug import Request, Response

from integrations.contract import Malformed, Refused, Unreachable
from playground import github as stand_in
from playground import tls
from playground.serving import serving

TOKEN = "ghp_a-made-up-token-0123456789"
ANYTHING = re.compile(".*")


async def test_a_wrong_token_is_refused_and_the_setting_named(hub, open_room, scope):
    room = open_room(hub.url, token="ghp_wrong-and-secret")

    for asked in (room.look(scope), room.ready()):
        with pytest.raises(Refused, match=r"401.*GITHUB_TOKEN") as caught:
            await asked
        assert "ghp_wrong-and-secret" not in "".join(traceback.format_exception(caught.value))


RESET = datetime(2026, 3, 3, 4, 3, tzinfo=UTC)
ANSWERS = [
    (401, {"message": "Bad credentials"}, {}, Refused, "401"),
    (403, {"message": "Resource not accessible by personal access token"}, {}, Refused, r"no right.*GITHUB_TOKEN"),
    (404, {"message": "Not Found"}, {}, Refused, "no shop/payments there"),
    (451, {"message": "Repository access blocked"}, {}, Refused, "451"),
    (
        403,
        {"message": "API rate limit exceeded for user"},
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(RESET.timestamp()))},
        Unreachable,
        "rate limit reached until 04:03 UTC",
    ),
    (403, {"message": "You have exceeded a secondary rate limit"}, {"Retry-After": "60"}, Unreachable, "for 60 s"),
    (429, {"message": "Too many"}, {}, Unreachable, "rate limit reached"),
    (500, {"message": "Server Error"}, {}, Unreachable, "500"),
    (502, "<html>Bad gateway</html>", {}, Unreachable, "502"),
    (200, "<html>Log in to the company portal</html>", {}, Malformed, "not GitHub's"),
    (200, "[{", {}, Malformed, "not GitHub's"),
    (200, ["a", "b"], {}, Malformed, "not GitHub's"),
    (200, [{"id": 1, "created_at": "yesterday"}], {}, Malformed, "not GitHub's"),
]


@pytest.mark.parametrize(("status", "body", "headers", "kind", "words"), ANSWERS)
async def test_each_bad_answer_has_its_error(httpserver, open_room, scope, status, body, headers, kind, words):
    expected = httpserver.expect_request(ANYTHING)
    if isinstance(body, str):
        expected.respond_with_data(body, status, headers, content_type="text/html")
    else:
        expected.respond_with_json(body, status, headers)
    room = open_room(httpserver.url_for("").rstrip("/"))

    with pytest.raises(kind, match=words) as caught:
        await room.look(scope)

    assert type(caught.value) is kind
    assert caught.value.source == "github"
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


async def test_nobody_there(open_room, scope):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    room = open_room(f"http://127.0.0.1:{port}")

    with pytest.raises(Unreachable, match=r"no connection.*GITHUB_API_URL"):
        await room.look(scope)


async def test_an_address_that_is_none_is_told_as_one(open_room, scope):
    with pytest.raises(Malformed, match="GITHUB_API_URL"):
        await open_room("api.github.com").look(scope)


@pytest.mark.parametrize("there", ["https://127.0.0.1:1", "http://localhost:1"], ids=["by another way", "elsewhere"])
async def test_an_address_that_has_moved_is_told_as_one(httpserver, open_room, scope, there):
    httpserver.expect_request(ANYTHING).respond_with_data("", 301, {"Location": f"{there}/api/v3/rate_limit"})
    room = open_room(httpserver.url_for("").rstrip("/").replace("localhost", "127.0.0.1"))

    for asked in (room.look(scope), room.ready()):
        with pytest.raises(Malformed, match=r"redirects to another address.*GITHUB_API_URL"):
            await asked


async def test_one_list_that_may_not_be_read_is_a_partial_gap(httpserver, open_room, scope, hub):
    """A fine-grained token without the right to deployments still shows merges."""

    def through(request: Request) -> Response:
        if "/deployments" in request.path:
            return Response('{"message": "Resource not accessible"}', 403, content_type="application/json")
        url = hub.url + request.full_path
        asked = urllib.request.Request(url, headers={"Authorization": request.headers["Authorization"]})
        with urllib.request.urlopen(asked) as answer:
            return Response(answer.read(), content_type="application/json")

    httpserver.expect_request(ANYTHING).respond_with_handler(through)

    look = await open_room(httpserver.url_for("").rstrip("/")).look(scope)

    assert [change.what for change in look.findings] == ["release", "merge"]
    assert look.findings[1].files == ("src/part2.py",)
    assert [(gap.reason, gap.partial) for gap in look.gaps] == [("no right to read shop/payments (403)", True)]


async def test_a_company_ca_is_trusted_when_it_is_named(company, open_room, scope, tmp_path):
    certificates = tls.make(tmp_path)
    app = stand_in.GitHub(company, TOKEN, frozenset()).app()
    async with serving(app, certificates) as url:
        room, distrustful = open_room(url, ca_file=certificates.ca_file), open_room(url)
        look = await room.look(scope)
        with pytest.raises(Unreachable, match=r"not trusted.*EXTRA_CA_FILE"):
            await distrustful.look(scope)
        for each in (room, distrustful):  # before the server goes, which would wait for them
            await each.close()
    assert len(look.findings) == 1


async def test_a_ca_file_that_cannot_be_read_is_named(open_room, scope, tmp_path):
    for ca_file in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        (tmp_path / "empty.pem").write_text("not a certificate")
        with pytest.raises(Refused, match=r"EXTRA_CA_FILE"):
            await open_room("https://127.0.0.1:1", ca_file=ca_file).look(scope)
