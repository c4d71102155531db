"""The wire: the official client, bounded, with every error turned into one of ours.

Importing this module imports the client library, which takes a second: only `client.py` does it, in a thread.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp
import elastic_transport
from elastic_transport import AiohttpHttpNode
from elasticsearch import ApiError, AsyncElasticsearch, UnsupportedProductError

from integrations.contract import Malformed, Refused, RoomError, Unreachable
from integrations.elasticsearch import NAME, Settings
from integrations.elasticsearch.client import TooLarge

MAX_ANSWER = 8 * 1024 * 1024
"""Bytes of one answer that are read into memory; a longer one is dropped unread."""

_LOOK = "look at ELASTICSEARCH_URL"


class _AnswerTooLarge(RuntimeError):
    """Not an error of the connection's kind: the library would count those against the node, and lose their cause."""


class _BoundedResponse(aiohttp.ClientResponse):
    async def read(self) -> bytes:
        body = bytearray()
        async for chunk in self.content.iter_any():
            body += chunk
            if len(body) > MAX_ANSWER:
                self.close()
                raise _AnswerTooLarge
        return bytes(body)


class _BoundedNode(AiohttpHttpNode):
    """The client's own node, with a limit on what one answer may put into memory."""

    def _create_aiohttp_session(self) -> None:
        super()._create_aiohttp_session()
        if (plain := self.session) is None:
            return
        self.session = aiohttp.ClientSession(
            connector=plain.connector,
            headers=plain.headers,
            skip_auto_headers=plain.skip_auto_headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            response_class=_BoundedResponse,
        )
        plain.detach()


class Wire:
    """The three questions that the room asks of a cluster."""

    def __init__(self, settings: Settings) -> None:
        """Raises Refused when the settings cannot make a client."""
        self._settings = settings
        self._secrets = _secrets(settings)
        try:
            self._es = _client(settings)
        except (ValueError, OSError) as error:  # the text of these may hold the URL, with its password
            fix = "look at ELASTICSEARCH_URL and EXTRA_CA_FILE"
            raise Refused(NAME, f"its settings are not usable ({type(error).__name__})", fix) from None

    async def search(self, body: Mapping[str, object]) -> Mapping[str, Any]:
        with self._told():
            answer = await self._es.search(index=self._settings.index, body=dict(body))
        return _object(answer.body)

    async def field_caps(self, fields: tuple[str, ...]) -> Mapping[str, Any]:
        with self._told():
            answer = await self._es.field_caps(index=self._settings.index, fields=list(fields))
        return _object(answer.body)

    async def version(self) -> str:
        """The version, or nothing where the key may read logs but not look at the cluster."""
        try:
            with self._told():
                return str((await self._es.info()).body["version"]["number"])
        except (Refused, Malformed, KeyError, TypeError):
            return ""

    async def close(self) -> None:
        await self._es.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        # `from None`: the library's texts quote answers and headers, which may hold what must not be shown.
        try:
            yield
        except UnsupportedProductError:
            raise Malformed(NAME, "what answered is not Elasticsearch", _LOOK) from None
        except ApiError as error:
            raise self._answered_no(error) from None
        except _AnswerTooLarge:
            reason = f"one answer was over {MAX_ANSWER // 1024 // 1024} MiB"
            raise TooLarge(NAME, reason, "leave huge documents out of ELASTICSEARCH_INDEX") from None
        except elastic_transport.TransportError as error:
            raise self._not_answered(error) from None
        except RecursionError:  # JSON of a thousand brackets
            raise _no_json() from None

    def _answered_no(self, error: ApiError) -> RoomError:
        index, reason = self._settings.index, self._reason(error)
        match error.meta.status:
            case 401:
                return Refused(NAME, "it does not accept the API key", "set ELASTICSEARCH_API_KEY to a valid key")
            case 403:
                fix = f"let the key in ELASTICSEARCH_API_KEY read {index} (index privilege `read`)"
                return Refused(NAME, "the API key may not read the logs", fix)
            case 404:
                return Refused(NAME, f"there is no index {index}", "set ELASTICSEARCH_INDEX to where the logs are")
            case 400:
                return Malformed(
                    NAME, f"it did not understand the question{reason}", "look at the ELASTICSEARCH_… fields"
                )
            case 408 | 429 | 500 | 502 | 503 | 504 as status:
                return Unreachable(
                    NAME, f"it answered {status}{reason}", "see the health of the cluster behind ELASTICSEARCH_URL"
                )
            case status:
                return Malformed(NAME, f"it answered {status}{reason}", _LOOK)

    def _not_answered(self, error: elastic_transport.TransportError) -> RoomError:
        match error:
            case elastic_transport.ConnectionTimeout():
                return Unreachable(NAME, f"no answer in {self._settings.timeout:g} s", _LOOK)
            case elastic_transport.TlsError():
                return Unreachable(NAME, "its certificate is not trusted", "name its authority in EXTRA_CA_FILE")
            case elastic_transport.ConnectionError():
                return Unreachable(NAME, "no connection", _LOOK)
            case _:
                return _no_json()

    def _reason(self, error: ApiError) -> str:
        """Elasticsearch's own words, cut and without our secrets; nothing where it gave none."""
        body = error.body
        told = body.get("error") if isinstance(body, Mapping) else None
        causes = told.get("root_cause") if isinstance(told, Mapping) else None
        first = causes[0] if isinstance(causes, list) and causes else told
        text = str(first.get("reason", "")) if isinstance(first, Mapping) else ""
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return f": {text[:200]}" if text else ""


def _no_json() -> Malformed:
    return Malformed(NAME, "it answered something that is not JSON", _LOOK)


def _object(body: object) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise Malformed(NAME, "it answered something other than a JSON object", _LOOK)
    return body


def _secrets(settings: Settings) -> tuple[str, ...]:
    try:
        password = urlsplit(settings.url).password or ""
    except ValueError:
        password = ""
    return tuple(filter(None, (settings.api_key, password, unquote(password))))


def _client(settings: Settings) -> AsyncElasticsearch:
    url = urlsplit(settings.url)
    port = url.port or {"http": 80, "https": 443}.get(url.scheme, 0)
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    options: dict[str, Any] = {}
    if settings.api_key:
        options["api_key"] = settings.api_key
    elif url.username:
        options["basic_auth"] = (unquote(url.username), unquote(url.password or ""))
    if url.scheme == "https":
        options["ssl_context"] = _trust(settings)
    return AsyncElasticsearch(
        f"{url.scheme}://{host}:{port}{url.path}",
        node_class=_BoundedNode,
        request_timeout=settings.timeout,
        max_retries=0,
        retry_on_timeout=False,
        **options,
    )


def _trust(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        context.load_verify_locations(cafile=settings.ca_file)
    return context
