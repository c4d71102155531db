"""One suite for every room: whatever the other side does, it ends as a RoomError, in time, and keeps every secret."""

import asyncio
import dataclasses
import importlib
import re
import ssl
import threading
import time
import traceback
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from integrations import chromadb, elasticsearch, github, pagerduty, prometheus
from integrations.contract import Alert, Malformed, Refused, RoomError, Scope, Service, Unreachable, Window
from tests.rooms.misbehaving import (
    MISDEEDS,
    WEB_PAGE,
    answers,
    hangs,
    is_huge,
    misbehaving,
    resets,
    trickles_a_body,
    trickles_a_header,
)

TOKEN = "t0ken-nobody-may-see"
PASSWORD = "passw0rd-nobody-may-see"
LIMIT_S = 8.0
"""What gathering gives one source; as shipped, a room gives up before."""
WAITED_FOR = {hangs, trickles_a_body, trickles_a_header, is_huge}
"""Here a room's own limit ends the wait, on a slow machine before the server was heard of. Whatever else the other side
does ends before."""
WELL_S = 30
"""A room's limit where nothing is waited for: no machine is so slow that it would run out."""
CANCELLED_S = 10
"""A room's limit where it is cancelled: no machine stands still for so long, and a thread that its client hung up on
may end by it alone."""
ENDED_S = 30.0
"""After a close, a thread that was waiting has ended by then."""

NOW = datetime.now(UTC)


def with_password(url):
    return url.replace("://", f"://someone:{PASSWORD}@")


SETTINGS = {
    "prometheus": lambda url, ca: prometheus.Settings(with_password(url), TOKEN, ca, limit_s=2.0),
    "prometheus without a token": lambda url, ca: prometheus.Settings(with_password(url), None, ca, limit_s=2.0),
    "elasticsearch": lambda url, ca: elasticsearch.Settings(url, TOKEN, ca, timeout=2.0),
    "elasticsearch without a key": lambda url, ca: elasticsearch.Settings(with_password(url), "", ca, timeout=2.0),
    "github": lambda url, ca: github.Settings(TOKEN, url, ca, timeout_s=1, limit_s=3.0),
    "pagerduty": lambda url, ca: pagerduty.Settings(TOKEN, url, ca, timeout_s=1, limit_s=2.0),
    "chromadb": lambda url, ca: chromadb.Settings(
        url=with_password(url), ca_file=ca, embedder_token=TOKEN, timeout_s=1.0, limit_s=2.0
    ),
}
"""Each room's settings for a server at an address, with every secret that it can carry."""


ROOMS = {
    "prometheus": prometheus,
    "prometheus without a token": prometheus,
    "elasticsearch": elasticsearch,
    "elasticsearch without a key": elasticsearch,
    "github": github,
    "pagerduty": pagerduty,
    "chromadb": chromadb,
}
TLS_ONLY = {"pagerduty"}
"""Its library refuses plain http."""


def scope():
    cart = Service("cart", repo="acme/cart", oncall="PCART01")
    alert = Alert("alertmanager", "f1", "HighErrorRate", "firing", NOW - timedelta(minutes=3))
    return Scope("INC-1", "prod", (alert,), {"cart": cart}, Window(NOW - timedelta(hours=2), NOW))


@pytest.fixture(scope="module", autouse=True)
def libraries():
    """Loaded beforehand: the second or two that it takes is nothing that the other side has done."""
    for library in ("chromadb", "elasticsearch", "github", "pagerduty", "prometheus_api_client"):
        importlib.import_module(library)


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="session")
def tls(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(autouse=True)
def every_thread_ends():
    """Nothing a room has started outlives its close for long."""
    before = set(threading.enumerate())
    yield
    end = time.monotonic() + ENDED_S
    while left := {thread.name for thread in threading.enumerate() if thread not in before}:
        assert time.monotonic() < end, f"still running {ENDED_S:g} s after close: {sorted(left)}"
        time.sleep(0.02)


USES = {
    "query_metrics": {"query": 'up{service="cart"}', "signal": "", "service": "", "minutes": 0},
    "forecast": {"query": "", "signal": "disk", "service": "cart", "minutes": 60, "threshold": 100},
    "search_logs": {"service": "cart", "contains": "refused", "level": "error", "minutes": 60},
    "deployments": {"service": "cart", "hours": 24},
    "show_diff": {"service": "cart", "version": "", "pull_request": 7},
    "similar_incidents": {"text": "pool exhausted"},
    "on_call": {"service": "cart"},
}
"""Every tool of every room, with arguments that it takes."""
TOOLS = [
    (name, tool.spec.name)
    for name in ("prometheus", "elasticsearch", "github", "pagerduty", "chromadb")
    for tool in ROOMS[name].open(SETTINGS[name]("https://127.0.0.1:1", None)).tools
]


def patient(settings, limit_s=WELL_S):
    """The same settings, with limits that do not run out."""
    limits = {"limit_s", "timeout_s", "timeout"} & {one.name for one in dataclasses.fields(settings)}
    return dataclasses.replace(settings, **dict.fromkeys(limits, limit_s))


async def failure_of(name, url, ca_file, question="look", act=None) -> RoomError:
    """The RoomError that a room ends a question with; fails when there is another end, or none in time.

    `question` is look, ready, or the name of a tool; `act` what the server does, which may be waited for.
    """
    settings = SETTINGS[name](url, ca_file)
    room = ROOMS[name].open(settings if act in WAITED_FOR else patient(settings))
    tools = {tool.spec.name: tool for tool in room.tools}
    try:
        async with asyncio.timeout(20 if act in WAITED_FOR else 2 * WELL_S):
            if question in tools:
                await tools[question].use(USES[question], scope())
            else:
                await (room.look(scope()) if question == "look" else room.ready())
    except RoomError as error:
        return error
    finally:
        await room.close()
    raise AssertionError(f"{name}: {question} found nothing wrong")


def assert_plain(name, error):
    """No secret in anything that is shown or logged, the room by its name, and a setting to look at."""
    told = "".join(traceback.format_exception(error)) + repr(error) + error.reason + error.fix
    for secret in (TOKEN, PASSWORD):
        assert secret not in told
    assert error.source == ROOMS[name].NAME
    assert error.reason
    assert "\n" not in error.reason
    assert len(error.reason) < 240


def server(name, act, tls):
    return misbehaving(act, tls if name in TLS_ONLY else None)


TRUSTING = {"redirects_in_circles", "answers_200_json_4", "answers_200_json_0"}
"""PyGithub takes no answer at all (an empty one, null, a redirect to where it was) for an empty list."""


@pytest.mark.parametrize("name", ROOMS)
@pytest.mark.parametrize("act", MISDEEDS, ids=lambda act: act.__name__)
async def test_every_misdeed_is_a_room_error_in_time_without_a_secret(name, act, tls, ca_file, request):
    if name == "github" and act.__name__ in TRUSTING:
        request.applymarker(pytest.mark.xfail(reason="PyGithub takes no answer for an empty list", strict=True))
    with server(name, act, tls) as there:
        assert_plain(name, await failure_of(name, there.url, ca_file, act=act))
        assert there.seen or act in WAITED_FOR


@pytest.mark.parametrize(("name", "tool"), TOOLS)
@pytest.mark.parametrize("act", MISDEEDS, ids=lambda act: act.__name__)
async def test_a_tool_of_a_model_fails_as_plainly(name, tool, act, tls, ca_file, request):
    if tool == "deployments" and act.__name__ in TRUSTING:
        request.applymarker(pytest.mark.xfail(reason="PyGithub takes no answer for an empty list", strict=True))
    with server(name, act, tls) as there:
        assert_plain(name, await failure_of(name, there.url, ca_file, tool, act))
        assert there.seen or act in WAITED_FOR


@pytest.mark.parametrize(("name", "tool"), TOOLS)
async def test_a_tool_that_is_cancelled_leaves_nothing_running(name, tool, tls, ca_file):
    with server(name, hangs, tls) as there:
        room = ROOMS[name].open(patient(SETTINGS[name](there.url, ca_file), CANCELLED_S))
        wanted = next(one for one in room.tools if one.spec.name == tool)
        use = asyncio.ensure_future(wanted.use(USES[tool], scope()))
        for _ in range(500):
            if there.seen or use.done():
                break
            await asyncio.sleep(0.01)
        use.cancel()
        with pytest.raises(asyncio.CancelledError):
            await use
        await room.close()


@pytest.mark.parametrize(("name", "tool"), TOOLS)
def test_a_tool_is_told_of_as_strict_tools_ask(name, tool):
    room = ROOMS[name].open(SETTINGS[name]("https://127.0.0.1:1", None))
    told = next(one.spec for one in room.tools if one.spec.name == tool)
    assert re.fullmatch("[a-z_]{3,64}", told.name)
    assert 60 < len(told.description) < 800
    assert told.parameters["type"] == "object"
    assert told.parameters["additionalProperties"] is False
    assert told.parameters["required"] == list(told.parameters["properties"]) == list(USES[tool])
    for property_ in told.parameters["properties"].values():
        assert property_.keys() <= {"type", "description", "enum"}  # strict tools take no bounds
    assert TOKEN not in repr(told)


@pytest.mark.parametrize("name", ROOMS)
@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (hangs, Unreachable),
        (resets, Unreachable),
        (answers(401), Refused),
        (answers(403), Refused),
        (answers(500), Unreachable),
        (answers(503), Unreachable),
        (answers(200, WEB_PAGE, "text/html"), Malformed),
    ],
    ids=["hangs", "resets", "401", "403", "500", "503", "web page"],
)
async def test_doctor_learns_the_kind_of_fault_and_the_setting(name, act, kind, tls, ca_file):
    with server(name, act, tls) as there:
        error = await failure_of(name, there.url, ca_file, "ready", act)
    assert_plain(name, error)
    assert isinstance(error, kind), error
    assert re.search(r"[A-Z]{3,}_[A-Z_]{2,}", error.fix), f"names no setting: {error.fix!r}"


@pytest.mark.parametrize("name", ROOMS)
async def test_nobody_listens(name, unused_tcp_port, ca_file):
    scheme = "https" if name in TLS_ONLY else "http"
    error = await failure_of(name, f"{scheme}://127.0.0.1:{unused_tcp_port}", ca_file)
    assert_plain(name, error)
    assert isinstance(error, Unreachable)


@pytest.mark.parametrize("name", ROOMS)
async def test_the_company_s_authority_is_trusted_when_it_is_named(name, tls, ca_file):
    with misbehaving(answers(401), tls) as there:
        assert isinstance(await failure_of(name, there.url, ca_file), Refused)


@pytest.mark.parametrize("name", ROOMS)
async def test_an_unknown_authority_is_not_trusted(name, tls):
    with misbehaving(answers(401), tls) as there:
        error = await failure_of(name, there.url, None, "ready")
        assert there.seen == []
    assert_plain(name, error)
    assert "EXTRA_CA_FILE" in error.fix


@pytest.mark.parametrize("name", ROOMS)
@pytest.mark.parametrize(
    ("host", "until"), [("other.example", NOW + timedelta(days=1)), ("127.0.0.1", NOW - timedelta(days=1))]
)
async def test_a_certificate_of_another_host_or_one_that_has_expired_is_not_trusted(
    name, host, until, authority, ca_file
):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host, not_before=NOW - timedelta(days=2), not_after=until).configure_cert(context)
    with misbehaving(answers(401), context) as there:
        error = await failure_of(name, there.url, ca_file, "ready")
        assert there.seen == []
    assert_plain(name, error)
    assert isinstance(error, Unreachable)


@pytest.mark.parametrize("name", ROOMS)
async def test_an_authority_file_that_is_none_is_named(name, tls, tmp_path):
    broken = tmp_path / "ca.pem"
    broken.write_text("no certificate")
    with misbehaving(answers(401), tls) as there:
        error = await failure_of(name, there.url, broken, "ready")
    assert_plain(name, error)
    assert "EXTRA_CA_FILE" in error.fix


@pytest.mark.parametrize("name", ROOMS)
async def test_a_look_that_is_cancelled_leaves_nothing_running(name, tls, ca_file):
    with server(name, hangs, tls) as there:
        room = ROOMS[name].open(patient(SETTINGS[name](there.url, ca_file), CANCELLED_S))
        look = asyncio.ensure_future(room.look(scope()))
        for _ in range(500):
            if there.seen or look.done():
                break
            await asyncio.sleep(0.01)
        look.cancel()
        with pytest.raises(asyncio.CancelledError):
            await look
        await room.close()


@pytest.mark.parametrize("name", ROOMS)
async def test_a_room_that_was_never_asked_closes(name, ca_file):
    await ROOMS[name].open(SETTINGS[name]("https://127.0.0.1:1", ca_file)).close()


@pytest.mark.parametrize("kind", [prometheus, github, pagerduty, chromadb], ids=lambda room: room.NAME)
def test_as_shipped_a_room_gives_up_before_it_is_given_up(kind):
    limit_s = next(one.default for one in dataclasses.fields(kind.Settings) if one.name == "limit_s")
    assert 1 < limit_s < LIMIT_S


@pytest.mark.parametrize("name", ROOMS)
def test_settings_hide_their_secrets(name):
    shown = repr(SETTINGS[name]("https://127.0.0.1:1", None))
    assert TOKEN not in shown
    assert PASSWORD not in shown
