"""From PyGithub's and requests' exceptions to the three ways in which a room fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from integrations.contract import Malformed, Refused, RoomError, Unreachable
from integrations.github import NAME

if TYPE_CHECKING:
    from github import GithubException

_TOKEN = "GITHUB_TOKEN needs read access to contents, deployments and pull requests"  # noqa: S105 — advice, no token
_URL = "check GITHUB_API_URL; GitHub Enterprise Server answers under https://HOST/api/v3"


@contextmanager
def told_plainly(repo: str) -> Iterator[None]:
    """Turns whatever goes wrong inside into a RoomError. No message carries the token or an answer's body."""
    import requests
    from github import BadAttributeException, GithubException, IncompletableObject

    try:
        yield
    except (BadAttributeException, IncompletableObject) as error:
        raise Malformed(NAME, "the answer is not GitHub's", _URL) from error
    except GithubException as error:
        raise _by_status(error, repo) from error
    except requests.exceptions.SSLError as error:
        raise Unreachable(NAME, "its TLS certificate is not trusted", "name your CA in EXTRA_CA_FILE") from error
    except requests.exceptions.Timeout as error:
        raise Unreachable(NAME, "no answer in time", _URL) from error
    except requests.exceptions.RequestException as error:
        raise Unreachable(NAME, "no connection", _URL) from error
    except (TypeError, ValueError, KeyError, AttributeError, AssertionError, RecursionError) as error:
        # PyGithub reads answers trustingly: a page instead of JSON surfaces as any of these, and JSON of a
        # thousand brackets as the last.
        raise Malformed(NAME, "the answer is not GitHub's", _URL) from error
    except RuntimeError as error:  # how PyGithub refuses to follow to another host, or from http to https
        raise Malformed(NAME, "it redirects to another address", _URL) from error


def silent(seconds: float) -> Unreachable:
    """Nobody answered whole within so many seconds."""
    return Unreachable(NAME, f"no answer in {seconds:g} s", _URL)


def _by_status(error: GithubException, repo: str) -> RoomError:
    status, headers = error.status, error.headers or {}
    if _limited(status, headers, str(error.message or "")):
        return Unreachable(NAME, f"rate limit reached{_until(headers)}", "give GITHUB_TOKEN a token of its own")
    if status == 401:
        return Refused(NAME, "the token is refused (401)", "GITHUB_TOKEN is wrong, expired or revoked")
    if status == 403:
        return Refused(NAME, f"no right to read {repo} (403)", _TOKEN)
    if status == 404:
        return Refused(
            NAME, f"no {repo} there, or no right to see it (404)", f"check `repo` in SERVICES_FILE; {_TOKEN}"
        )
    if status >= 500:
        return Unreachable(NAME, f"it answered {status}", f"see githubstatus.com; else {_URL}")
    return Refused(NAME, f"it answered {status}", _URL)


def _limited(status: int, headers: Mapping[str, str], message: str) -> bool:
    """Primary limits come as 403 or 429 with nothing remaining, secondary ones with Retry-After or in words only."""
    spent = _header(headers, "x-ratelimit-remaining") == "0" or _header(headers, "retry-after") != ""
    return status == 429 or (status == 403 and (spent or "rate limit" in message.lower()))


def _until(headers: Mapping[str, str]) -> str:
    wait, reset = _header(headers, "retry-after"), _header(headers, "x-ratelimit-reset")
    if wait.isdigit():
        return f" for {wait} s"
    if reset.isdigit() and len(reset) < 12:
        return f" until {datetime.fromtimestamp(int(reset), UTC):%H:%M} UTC"
    return ""


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
