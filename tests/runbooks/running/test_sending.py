"""A request goes only where it may, to the address that was checked, and what comes back holds no secret."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from contextlib import asynccontextmanager

import pytest
import trustme

from runbooks.prepared import Http
from runbooks.running import HandsSettings, open_hands, sending

SECRET = 's3cr3t "token"/=='


class Server:
    """Answers every request alike, and keeps what it was sent."""

    def __init__(self, act) -> None:
        self._act = act
        self.requests: list[str] = []

    async def serve(self, reader, writer) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                (int(line[15:]) for line in head.lower().splitlines() if line.startswith("content-length:")), 0
            )
            self.requests.append(head + (await reader.readexactly(length)).decode())
            await self._act(writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the other side has heard enough
        finally:
            writer.close()


@asynccontextmanager
async def serving(act, tls=None):
    """A server on loopback; `act` writes its answer."""
    server = Server(act)
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


def answering(status: str, body: str = "", *headers: str):
    async def act(writer):
        lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", *headers, "", body)
        writer.write("\r\n".join(lines).encode())

    return act


def request(url: str, method: str = "GET", body: str = "", timeout_s: float = 20.0, **headers: str) -> Http:
    return Http(method, url, {name.replace("_", "-"): value for name, value in headers.items()}, body, timeout_s)


async def send(deed: Http, *hosts: str, stop=None, **settings):
    hands = open_hands(HandsSettings(hosts=hosts, **settings))
    return await hands.perform(deed, stop or asyncio.Event())


async def test_a_request_is_sent_as_it_stands_and_its_answer_comes_back():
    async with serving(answering("200 OK", '{"on": false}')) as server:
        host = f"localhost:{server.port}"
        outcome = await send(
            request(f"http://{host}/flags/x?a=b", "PATCH", '{"on": false}', Content_Type="application/json"), host
        )
    assert (outcome.result, outcome.exit, outcome.output, outcome.note) == ("done", 200, '{"on": false}', "")
    head, _, body = server.requests[0].partition("\r\n\r\n")
    assert head.startswith("PATCH /flags/x?a=b HTTP/1.1\r\n")
    assert f"Host: {host}\r\n" in head
    assert "Content-Type: application/json" in head
    assert body == '{"on": false}'


async def test_the_next_address_is_tried_where_one_does_not_answer_and_dns_is_asked_once():
    """An answer that changes between the check and the call changes nothing."""
    asked = []

    async def ask_dns(host, port):
        asked.append(host)
        return ("127.0.0.2", "127.0.0.1")

    async with serving(answering("204 No Content")) as server:
        host = f"flags.internal:{server.port}"
        settings = HandsSettings(hosts=(host,))
        outcome = await sending.send(request(f"http://{host}"), settings, ssl.create_default_context, ask_dns)
    assert outcome.exit == 204
    assert asked == ["flags.internal"]
    assert f"Host: {host}\r\n" in server.requests[0]


@pytest.mark.parametrize("listed", [(), ("localhost",), ("127.0.0.1:1",), ("example.com",), ("27.0.0.1:{port}",)])
async def test_a_host_that_is_not_listed_hears_nothing(listed):
    async with serving(answering("200 OK")) as server:
        hosts = [entry.format(port=server.port) for entry in listed]
        outcome = await send(request(f"http://127.0.0.1:{server.port}/"), *hosts)
    assert outcome.result == "refused"
    assert outcome.note == f"127.0.0.1:{server.port} is not in RUNBOOK_ALLOWED_HOSTS; add it there"
    assert server.requests == []


async def test_no_redirect_is_followed():
    async with serving(answering("200 OK")) as target:
        away = answering("302 Found", "", f"Location: http://127.0.0.1:{target.port}/")
        async with serving(away) as server:
            host = f"127.0.0.1:{server.port}"
            outcome = await send(request(f"http://{host}/"), host, f"127.0.0.1:{target.port}")
    assert (outcome.result, outcome.exit) == ("failed", 302)
    assert "no redirect is followed" in outcome.note
    assert target.requests == []


async def test_an_error_of_the_server_is_a_failure_with_what_it_said():
    async with serving(answering("503 Service Unavailable", "busy\x1b[31m")) as server:
        outcome = await send(request(f"http://127.0.0.1:{server.port}"), f"127.0.0.1:{server.port}")
    assert (outcome.result, outcome.exit, outcome.output, outcome.note) == ("failed", 503, "busy", "answered 503")


async def silence(_writer) -> None:
    await asyncio.sleep(30)


async def trickle(writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("act", [silence, trickle])
async def test_a_slow_server_ends_at_the_limit(act):
    async with serving(act) as server:
        host = f"127.0.0.1:{server.port}"
        for limit in (0.5, 5.0, 20.0):  # where the machine stalls, nothing is sent within the first
            outcome = await send(request(f"http://{host}", timeout_s=limit), host)
            assert outcome.result == "timeout"
            if not outcome.note.endswith("nothing was sent"):
                break
    assert outcome.note == f"no answer from {host} in {limit:g} s; it may have been carried out"


async def test_a_stop_ends_a_request_that_waits():
    stop = asyncio.Event()

    async def act(writer):
        stop.set()
        await silence(writer)

    async with serving(act) as server:
        host = f"127.0.0.1:{server.port}"
        outcome = await send(request(f"http://{host}"), host, stop=stop)
    assert outcome.result == "stopped"


async def test_a_large_answer_is_cut_and_the_rest_is_not_waited_for():
    async def act(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with serving(act) as server:
        host = f"127.0.0.1:{server.port}"
        outcome = await send(request(f"http://{host}"), host)
    assert (outcome.result, outcome.cut, outcome.output) == ("done", True, "x" * (1 << 20))


async def test_an_answer_that_breaks_off_may_have_been_carried_out():
    async with serving(answering("200 OK", "", "Content-Length: 100")) as server:
        host = f"127.0.0.1:{server.port}"
        broken = await send(request(f"http://{host}"), host)
    assert broken.result == "failed"
    assert broken.note == f"the connection to {host} broke off; it may have been carried out"
    gone = await send(request(f"http://{host}"), host)
    assert gone.result == "failed"
    assert gone.note.startswith(f"cannot reach {host}: ")
    assert gone.note.endswith("; nothing was sent")


async def test_a_compressed_answer_that_nobody_asked_for_is_not_unpacked():
    async with serving(answering("200 OK", "bomb", "Content-Encoding: gzip")) as server:
        host = f"127.0.0.1:{server.port}"
        outcome = await send(request(f"http://{host}"), host)
    assert (outcome.result, outcome.output) == ("done", "")
    assert "compressed" in outcome.note
    assert "accept-encoding: identity" in server.requests[0].lower()


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def certified(authority, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


async def test_a_certificate_is_checked_against_the_name_and_not_the_address(authority, ca_file):
    async with serving(answering("200 OK", "hi"), certified(authority, "localhost")) as server:
        by_name, by_address = f"localhost:{server.port}", f"127.0.0.1:{server.port}"
        good = await send(request(f"https://{by_name}"), by_name, ca_file=ca_file)
        wrong = await send(request(f"https://{by_address}"), by_address, ca_file=ca_file)
        unknown = await send(request(f"https://{by_name}"), by_name)
    assert (good.result, good.output) == ("done", "hi")
    for outcome in (wrong, unknown):
        assert outcome.result == "failed"
        assert "is not trusted" in outcome.note
        assert "EXTRA_CA_FILE" in outcome.note
        assert outcome.note.endswith("nothing was sent")
    assert len(server.requests) == 1


async def test_https_toward_a_server_that_does_not_speak_it_says_so():
    async def refuse(_reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        outcome = await send(request(f"https://{host}"), host)
    assert outcome.result == "failed"
    assert outcome.note == f"no secure connection with {host}: does it speak https on this port?; nothing was sent"


async def test_a_ca_file_that_cannot_be_read_is_a_refusal(tmp_path):
    outcome = await send(request("https://127.0.0.1/"), "127.0.0.1", ca_file=tmp_path / "none.pem")
    assert outcome.result == "refused"
    assert "EXTRA_CA_FILE must name a readable PEM file" in outcome.note


async def test_a_secret_is_put_in_at_the_last_moment_and_never_comes_back():
    echoes = [SECRET, SECRET.replace('"', '\\"'), base64.b64encode(SECRET.encode()).decode()]
    echoes.append("s3cr3t%20%22token%22%2F%3D%3D")
    async with serving(answering("401 Unauthorized", " | ".join(echoes))) as server:
        host = f"127.0.0.1:{server.port}"
        deed = request(f"http://{host}", "POST", "t={{ env.TOKEN }}", Authorization="Bearer {{env.TOKEN}}")
        outcome = await send(deed, host, env=("TOKEN",), environ={"TOKEN": SECRET + "\n"})
    assert f"Authorization: Bearer {SECRET}\r\n" in server.requests[0]
    assert server.requests[0].endswith(f"\r\n\r\nt={SECRET}")
    assert outcome.output == " | ".join(["{{env.TOKEN}}"] * 4)
    assert "s3cr3t" not in repr(outcome)
    assert SECRET not in repr(deed)


async def test_a_secret_that_the_limit_cuts_in_two_does_not_show_its_first_half():
    for shift in range(0, len(SECRET), 5):
        body = "." * ((1 << 20) - shift) + SECRET + "tail"
        async with serving(answering("200 OK", body)) as server:
            host = f"127.0.0.1:{server.port}"
            deed = request(f"http://{host}", X="{{env.TOKEN}}")
            outcome = await send(deed, host, env=("TOKEN",), environ={"TOKEN": SECRET})
        assert outcome.cut
        assert "s3" not in outcome.output


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "TOKEN is not set; set it in the bot's environment"),
        ({"TOKEN": "a\r\nX-Evil: 1"}, "TOKEN holds a line break or another control character"),
    ],
)
async def test_a_secret_that_cannot_be_sent_is_refused(environ, says):
    outcome = await send(request("http://h", X="{{env.TOKEN}}"), "h", env=("TOKEN",), environ=environ)
    assert outcome.result == "refused"
    assert says in outcome.note
    assert "Evil" not in outcome.note


async def test_only_named_variables_can_be_referred_to():
    outcome = await send(request("http://h", X="{{env.AUDIT_KEY}}"), "h", environ={"AUDIT_KEY": "k" * 32})
    assert outcome.result == "refused"
    assert outcome.note == "`{{env.AUDIT_KEY}}` is not in RUNBOOK_ENV; add AUDIT_KEY there, or take it out"


async def test_the_value_of_a_reference_is_no_reference_itself():
    async with serving(answering("200 OK")) as server:
        host = f"127.0.0.1:{server.port}"
        environ = {"ONE": "{{env.TWO}}", "TWO": "second"}
        await send(request(f"http://{host}", X="{{env.ONE}}"), host, env=("ONE", "TWO"), environ=environ)
    assert "X: {{env.TWO}}\r\n" in server.requests[0]


@pytest.mark.parametrize(
    "host",
    [
        *("169.254.169.254", "2852039166", "0xa9fea9fe", "169.254.43518", "[::ffff:169.254.169.254]", "[fe80::1]"),
        *("[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fd00:ec2::254]", "100.100.100.200", "0.0.0.0", "224.0.0.1"),  # noqa: S104
    ],
)
async def test_addresses_that_hand_out_credentials_are_never_called_even_when_listed(host):
    outcome = await send(request(f"http://{host}/latest/meta-data/"), host)
    assert outcome.result == "refused", outcome
    assert "leads to an address that no step may call" in outcome.note


@pytest.mark.parametrize(
    ("deed", "says"),
    [
        (request("http://h", "CONNECT"), "`method` is one of GET"),
        (request("http://h", "GET / HTTP/1.1\r\nX: y"), "`method` is one of GET"),
        (request("ftp://h/"), "must begin with http:// or https://"),
        (request("/flags"), "must begin with http:// or https://"),
        (request("http://h:port/"), "the URL cannot be read"),
        (request("http://user:{{env.TOKEN}}@h/"), "no secret belongs into a URL"),
        (request("http://h/?token={{env.TOKEN}}"), "no secret belongs into a URL"),
        (request("http://h/", Host="elsewhere"), "may not set the header 'Host'"),
        (request("http://h/", Transfer_Encoding="chunked"), "may not set the header"),
        (Http("GET", "http://h/", {"X: y\r\nZ": "1"}, "", 1.0), "may not set the header"),
        (request("http://h/", X="a\r\nY: b"), "the header X holds a control character"),
    ],
)
async def test_what_is_no_plain_request_is_refused(deed, says):
    outcome = await send(deed, "h", env=("TOKEN",), environ={"TOKEN": SECRET})
    assert outcome.result == "refused"
    assert says in outcome.note


async def test_a_host_that_nobody_knows_is_said():
    async def look_up(_host, _port):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    settings = HandsSettings(hosts=("nobody.invalid",))
    outcome = await sending.send(request("http://nobody.invalid/"), settings, ssl.create_default_context, look_up)
    assert outcome.result == "failed"
    assert outcome.note.startswith("cannot reach nobody.invalid: ")
