"""Prometheus' HTTP API through prometheus-api-client, for one look: blocking, bounded, parsed at the door."""

from __future__ import annotations

import math
import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime

import requests
from prometheus_api_client import PrometheusConnect
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.exceptions import NameResolutionError, NewConnectionError

from integrations.contract import Malformed, Refused, RoomError, Unreachable, Window
from integrations.prometheus import NAME, Settings
from integrations.prometheus.address import bare, user_and_password
from integrations.prometheus.answers import URL_FIX, NoSuchPath, Row, silent
from integrations.prometheus.wire import Wire

_UNREADABLE = (ValueError, KeyError, TypeError, OverflowError, RecursionError)
"""What reading raises where the answer is other JSON than Prometheus', or JSON of a thousand brackets."""


class Client:
    """Any number of threads may ask at once; all of them together have `limit_s` seconds from its making."""

    def __init__(self, settings: Settings, trusted: ssl.SSLContext | None) -> None:
        self._limit_s = settings.limit_s
        self._url = bare(settings.url)
        self._wire = Wire(_auth(settings), trusted, settings.limit_s)
        self._api = PrometheusConnect(url=self._url, session=self._wire.session)
        # It has just mounted an adapter of its own, with its own retries, over this address.
        self._wire.session.mount(self._url, self._wire.adapter)

    def range(self, query: str, window: Window, step_s: int) -> tuple[Row, ...]:
        """The figures of a query, one every `step_s` seconds. Raises RoomError; BadQuery when others may do."""
        try:
            found = self._api.custom_query_range(
                query, window.since, window.until, str(step_s), timeout=self._wire.timeout
            )
            return tuple(_row(one) for one in found)
        except requests.RequestException as error:
            raise _plainly(error, self._limit_s) from error
        except _UNREADABLE as error:
            raise _not_figures() from error

    def now(self, query: str, at: datetime | None = None) -> tuple[Row, ...]:
        """The figures of a query now, or as they were `at` a moment; a number without labels is one row.

        Raises RoomError; BadQuery when others may do.
        """
        moment = {"time": f"{at.timestamp():.3f}"} if at else None
        try:
            found = self._api.custom_query(query, params=moment, timeout=self._wire.timeout)
            return tuple(_row({"metric": one["metric"], "values": [one["value"]]}) for one in _vector(found))
        except requests.RequestException as error:
            raise _plainly(error, self._limit_s) from error
        except _UNREADABLE as error:
            raise _not_figures() from error

    def version(self) -> str:
        """What answers, such as «Prometheus 2.42.0»; others that speak its API are not all able to say."""
        try:
            answer = self._wire.session.get(f"{self._url}/api/v1/status/buildinfo", timeout=self._wire.timeout)
            return f"Prometheus {answer.json()['data']['version']}"
        except NoSuchPath:
            self._one()
            return "Prometheus' API (it does not tell its version)"
        except requests.RequestException as error:
            raise _plainly(error, self._limit_s) from error
        except _UNREADABLE as error:
            raise _not_figures() from error

    def cut(self) -> None:
        """Ends every call that still waits, and gives back the connections."""
        self._wire.cut()

    def _one(self) -> None:
        try:
            self._api.custom_query("vector(1)", timeout=self._wire.timeout)
        except requests.RequestException as error:
            raise _plainly(error, self._limit_s) from error
        except _UNREADABLE as error:
            raise _not_figures() from error


class _Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


def _auth(settings: Settings) -> AuthBase | None:
    if settings.token:
        return _Bearer(settings.token)
    known = user_and_password(settings.url)
    return HTTPBasicAuth(*known) if known else None


def _row(one: object) -> Row:
    """Drops NaN and infinities: a ratio over no traffic is no figure."""
    if not isinstance(one, Mapping):
        raise TypeError("a series is an object")
    points = [(float(at), float(value)) for at, value in _list(one["values"])]
    kept = [(at, value) for at, value in points if math.isfinite(value)]
    labels = {str(name): str(value) for name, value in dict(one["metric"]).items()}
    return Row(labels, tuple(at for at, _ in kept), tuple(value for _, value in kept))


def _vector(found: list[object]) -> list[Mapping[str, object]]:
    """A scalar answer is its time and its figure, with no labels around it."""
    if len(found) == 2 and not isinstance(found[0], Mapping):
        return [{"metric": {}, "value": found}]
    return [one for one in found if isinstance(one, Mapping)]


def _list(values: object) -> Sequence[Sequence[str]]:
    if not isinstance(values, list):
        raise TypeError("values is a list")
    return values


def _not_figures() -> Malformed:
    return Malformed(NAME, "answered with something that is not Prometheus' JSON", URL_FIX)


def _plainly(error: requests.RequestException, limit_s: float) -> RoomError:
    """What went wrong on the way, without the words of the library: those may hold the address."""
    match error:
        case requests.exceptions.SSLError():
            return Unreachable(
                NAME, "its TLS certificate is not trusted", "EXTRA_CA_FILE must hold the authority that signed it"
            )
        case requests.Timeout():
            return silent(limit_s)
        case requests.TooManyRedirects():
            return Malformed(NAME, "sends us round in circles", URL_FIX)
        case requests.exceptions.JSONDecodeError():
            return _not_figures()
        case requests.ConnectionError():
            return Unreachable(NAME, _lost(error), URL_FIX)
        case _:
            return Refused(NAME, "PROMETHEUS_URL cannot be used", URL_FIX)


def _lost(error: requests.ConnectionError) -> str:
    match getattr(error.args[0] if error.args else None, "reason", None):
        case NameResolutionError():
            return "its host name is not known"
        case NewConnectionError():
            return "nobody listens there"
        case _:
            return "the connection broke off"
