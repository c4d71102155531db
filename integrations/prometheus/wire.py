"""The requests session of one look: bounded in time and size, never retried, and cut off at once on request."""

from __future__ import annotations

import io
import socket
import ssl
import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ReadTimeoutError

from integrations.contract import Malformed, Unreachable
from integrations.prometheus import NAME
from integrations.prometheus.answers import judge, silent

MOST_BYTES = 8 * 1024 * 1024
"""One answer holds about 150 figures of each service; ten thousand series still fit."""
CONNECT_S = 3.0
_PIECE = 64 * 1024


class Wire:
    """A session whose answers have been read and judged before anyone sees them.

    The hook raises RoomError out of the call that asked: for a status that is not 200, for a web page, for an
    answer that is too long or too slow. `requests` bounds only the pause between two bytes, so a server that
    trickles is stopped here, by the clock for a body and by `cut` for a header.
    """

    def __init__(self, auth: requests.auth.AuthBase | None, trusted: ssl.SSLContext | None, limit_s: float) -> None:
        self._limit_s = limit_s
        self._until = time.monotonic() + limit_s
        self._sockets: list[socket.socket] = []
        self._closed = False
        self.session = requests.Session()
        self.session.auth = auth  # set, it also keeps a .netrc from putting another in its place
        self.session.stream = True
        self.session.max_redirects = 3
        self.session.hooks["response"] = [self._read]
        self.adapter = _adapter(self, trusted)
        self.session.mount("http://", self.adapter)
        self.session.mount("https://", self.adapter)

    @property
    def timeout(self) -> tuple[float, float]:
        """Seconds for a connection and for each pause of an answer that begins now."""
        left = max(self._until - time.monotonic(), 0.05)
        return min(CONNECT_S, left), left

    def opened(self, connection: socket.socket) -> None:
        self._sockets.append(connection)
        if self._closed:
            _shut(connection)

    def cut(self) -> None:
        """Ends every call that still waits: its thread is free at once."""
        self._closed = True
        for connection in tuple(self._sockets):
            _shut(connection)
        self.session.close()

    def _read(self, response: requests.Response, **_: object) -> requests.Response:
        try:
            body = self._body(response.raw)
        except ReadTimeoutError as error:
            raise silent(self._limit_s) from error
        except HTTPError as error:
            raise Unreachable(NAME, "the connection broke off", "look at what stands before PROMETHEUS_URL") from error
        finally:
            response.raw.close()
        response.raw = io.BytesIO(body)
        if not response.is_redirect:
            judge(response.status_code, response.headers.get("content-type", ""), body)
        return response

    def _body(self, raw: Any) -> bytes:
        pieces = bytearray()
        while piece := raw.read1(_PIECE, decode_content=True):
            pieces += piece
            if len(pieces) > MOST_BYTES:
                raise Malformed(
                    NAME, f"an answer over {MOST_BYTES >> 20} MiB", "aggregate by service in metrics of services.yaml"
                )
            if time.monotonic() > self._until:
                raise silent(self._limit_s)
        return bytes(pieces)


def _shut(connection: socket.socket) -> None:
    try:
        # Not the method of SSLSocket: it would pull the TLS state from under the thread that is reading.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        return  # closed already


def _adapter(wire: Wire, trusted: ssl.SSLContext | None) -> HTTPAdapter:
    """requests' adapter with our TLS context, whose connections tell the wire of their sockets."""

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            wire.opened(self.sock)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            wire.opened(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            if trusted:
                kwargs["ssl_context"] = trusted
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

        def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
            """Nothing: the context verifies, and reading certifi's file for every connection takes its time."""
            if not trusted:
                super().cert_verify(conn, url, verify, cert)

    return Adapter(pool_maxsize=32, max_retries=Retry(0, read=False, redirect=False, raise_on_status=False))
