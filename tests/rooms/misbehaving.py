"""A server that does everything but its duty, over a real socket, in a thread of its own."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Act = Callable[[socket.socket, threading.Event], None]
"""What is done with a connection once its request is there, until the event says that the test is over."""

PIECE = b"[" + b'"x",' * 16_000
HUGE = 100 * 1024 * 1024


def hangs(_: socket.socket, over: threading.Event) -> None:
    """Never answers."""
    over.wait()


def trickles_a_body(connection: socket.socket, over: threading.Event) -> None:
    """A good header, then a byte at a time, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    while not over.wait(0.05):
        connection.sendall(b" ")


def trickles_a_header(connection: socket.socket, over: threading.Event) -> None:
    """A header that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not over.wait(0.05):
        connection.sendall(b"z")


def resets(connection: socket.socket, _: threading.Event) -> None:
    """Hangs up in the middle of nothing."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def ends_too_early(connection: socket.socket, _: threading.Event) -> None:
    """Promises more than it sends."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"data"')


def is_huge(connection: socket.socket, over: threading.Event) -> None:
    """A hundred MiB of JSON that begins well, in chunks."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(HUGE // len(PIECE)):
        if over.is_set():
            return
        connection.sendall(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
    connection.sendall(b"0\r\n\r\n")


def is_no_http(connection: socket.socket, _: threading.Event) -> None:
    """Speaks another protocol."""
    connection.sendall(b"220 mail.example ESMTP ready\r\n")


def answers(status: int, body: bytes = b"{}", kind: str = "application/json", **headers: str) -> Act:
    """The same answer, whatever is asked. `X_Y="z"` is sent as `X-Y: z`."""

    def act(connection: socket.socket, _: threading.Event) -> None:
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {status} Whatever\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        connection.sendall(head.encode() + body)

    act.__name__ = f"answers_{status}_{kind.rpartition('/')[2]}_{len(body)}"
    return act


def redirects_in_circles(connection: socket.socket, _: threading.Event) -> None:
    """Always elsewhere, which is here."""
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")


def redirects_for_good(connection: socket.socket, _: threading.Event) -> None:
    """As a proxy in front does with plain http: what is asked for is elsewhere, where here nobody listens."""
    connection.sendall(
        b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://localhost:1/elsewhere\r\nContent-Length: 0\r\n\r\n"
    )


DEEP = b'{"error":' * 50_000
"""JSON that no parser gets to the bottom of."""
WEB_PAGE = b"<!doctype html><html><body><h1>Sign in</h1></body></html>"

MISDEEDS: tuple[Act, ...] = (
    hangs,
    trickles_a_body,
    trickles_a_header,
    resets,
    ends_too_early,
    is_huge,
    is_no_http,
    redirects_in_circles,
    redirects_for_good,
    answers(200, WEB_PAGE, "text/html"),
    answers(200, b'{"data": {"resu', "application/json"),
    answers(200, b"[1, 2, 3]"),
    answers(200, b'"a string"'),
    answers(200, b"null"),
    answers(200, b""),
    answers(200, b"\xff\xfe\x00", "application/octet-stream"),
    answers(401),
    answers(401, WEB_PAGE, "text/html"),
    answers(403),
    answers(404),
    answers(404, WEB_PAGE, "text/html"),
    answers(429, Retry_After="3600"),
    answers(500),
    answers(502, WEB_PAGE, "text/html"),
    answers(503, Retry_After="3600"),
    answers(503, b"no healthy upstream", "text/plain"),
    answers(503, "für eine Stunde".encode("latin-1"), "text/plain; charset=utf-8"),
    answers(200, DEEP),
    answers(400, DEEP),
    answers(503, DEEP),
)


@dataclass
class Misbehaving:
    """Where it listens, and the requests it has seen (header lines only, as they came)."""

    port: int
    tls: bool
    seen: list[bytes] = field(default_factory=list)
    spoken: list[socket.socket] = field(default_factory=list)
    """Every connection, hung up at the end: nobody then waits there for a request that does not come."""

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"


@contextmanager
def misbehaving(act: Act, tls: ssl.SSLContext | None = None) -> Iterator[Misbehaving]:
    """The server, until the block ends; then every connection is closed and every thread has ended."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as door:
        server = Misbehaving(door.getsockname()[1], tls is not None)
        threads: list[threading.Thread] = []

        def serve() -> None:
            while not over.is_set():
                with suppress(OSError):
                    connection, _ = door.accept()
                    threads.append(threading.Thread(target=_attend, args=(connection, act, tls, server, over)))
                    threads[-1].start()

        doorman = threading.Thread(target=serve)
        doorman.start()
        try:
            yield server
        finally:
            over.set()
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
            doorman.join(5)
            for connection in tuple(server.spoken):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(5)


def _attend(
    connection: socket.socket, act: Act, tls: ssl.SSLContext | None, server: Misbehaving, over: threading.Event
) -> None:
    """One connection: read each request to the end of its header, then misbehave."""
    with suppress(OSError), connection:
        connection.settimeout(5)
        spoken = tls.wrap_socket(connection, server_side=True) if tls else connection
        server.spoken.append(spoken)
        with spoken:
            while not over.is_set() and (request := _request(spoken, over)):
                server.seen.append(request)
                act(spoken, over)
                if not act.__name__.startswith(("answers", "redirects")):
                    return


def _request(connection: socket.socket, over: threading.Event) -> bytes:
    """The header of a request, its body read and dropped; empty when there is none any more."""
    connection.settimeout(0.1)
    read = b""
    while b"\r\n\r\n" not in read:
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            if over.is_set():
                return b""
            continue
        if not piece:
            return b""
        read += piece
    header, _, body = read.partition(b"\r\n\r\n")
    connection.settimeout(5)
    left = _length(header) - len(body)
    while left > 0 and (piece := connection.recv(min(left, 65536))):
        left -= len(piece)
    return header


def _length(header: bytes) -> int:
    for line in header.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0
