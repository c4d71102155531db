"""Opens Chroma: a folder of our own, or a server. Imported by the first look only, since it loads chromadb."""

from __future__ import annotations

import warnings
from contextlib import AbstractContextManager, nullcontext
from typing import cast
from urllib.parse import urlsplit

import chromadb
import httpx
from chromadb.api.client import Client
from chromadb.config import Settings as ChromaSettings

from integrations import trust
from integrations.chromadb import NAME, Settings
from integrations.chromadb.errors import by_status
from integrations.contract import Malformed, Refused, Unreachable

_FIX = "set CHROMA_PATH to a folder or CHROMA_URL to a server such as http://chroma:8000"


def connect(settings: Settings) -> Client:
    """A client that sends no telemetry and waits no longer than the settings say. Raises RoomError and Chroma's own."""
    if settings.url:
        return _server(settings, settings.url)
    if settings.path is None:
        raise Refused(NAME, "no place for the memory", _FIX)
    settings.path.mkdir(parents=True, exist_ok=True)
    made = chromadb.PersistentClient(settings.path, settings=ChromaSettings(anonymized_telemetry=False))
    return cast(Client, made)  # declared as the interface, which has no close()


def disconnect(client: Client) -> None:
    """Gives everything back. Chroma's own close leaves the connections to a server open."""
    for session in _sessions(client):
        session.close()
    client.close()


def _sessions(client: Client) -> list[httpx.Client]:
    """Chroma's client and the admin client inside it have a session each; a folder's client has none."""
    servers = (client._server, getattr(client._admin_client, "_server", None))
    found = [getattr(server, "_session", None) for server in servers]
    return [session for session in found if isinstance(session, httpx.Client)]


def _server(settings: Settings, url: str) -> Client:
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise Refused(NAME, "its address is none", _FIX)
    secure = address.scheme == "https"
    _knock(settings, url)
    with _verify(settings) as verify, warnings.catch_warnings():
        # Chroma hands a path of authorities to httpx, which takes it but would rather have a context.
        warnings.simplefilter("ignore", DeprecationWarning)
        client = chromadb.HttpClient(
            host=address.hostname,
            port=address.port or (443 if secure else 8000),
            ssl=secure,
            settings=ChromaSettings(anonymized_telemetry=False, chroma_server_ssl_verify=verify),
        )
    made = cast(Client, client)
    for session in _sessions(made):  # Chroma sets no time limit, and has no setting for one
        session.timeout = httpx.Timeout(settings.timeout_s)
    return made


def _verify(settings: Settings) -> AbstractContextManager[str | None]:
    """Read once, when the client is made; so the file may be gone after."""
    return nullcontext() if settings.ca_file is None else trust.bundle(NAME, settings.ca_file)


def _knock(settings: Settings, url: str) -> None:
    """Chroma's client asks three things as it is made, with no time limit: first see whether anybody answers."""
    fix = "check CHROMA_URL"
    try:
        answer = httpx.get(
            f"{url.rstrip('/')}/api/v2/heartbeat",
            timeout=settings.timeout_s,
            verify=trust.context(NAME, settings.ca_file),
        )
    except httpx.TimeoutException as error:
        raise Unreachable(NAME, "no answer in time", fix) from error
    except httpx.HTTPError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise Unreachable(NAME, "its TLS certificate is not trusted", "name your CA in EXTRA_CA_FILE") from error
        raise Unreachable(NAME, "no connection", fix) from error
    if answer.status_code != 200:
        raise by_status(answer.status_code, fix)
    if b"heartbeat" not in answer.content[:100]:  # the only word of {"nanosecond heartbeat": 1730000000000000000}
        raise Malformed(NAME, "the answer is not Chroma's", fix)
