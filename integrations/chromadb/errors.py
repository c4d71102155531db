"""From Chroma's many exceptions to the three ways in which a room fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from integrations.chromadb import NAME, Settings
from integrations.contract import Malformed, Refused, Unreachable

_MIXED = "empty the collection or point EMBEDDER_URL back: its model answers vectors of another length than before"


@contextmanager
def told_plainly(settings: Settings) -> Iterator[None]:
    """Turns whatever Chroma raises inside into a RoomError that names the setting."""
    import httpx
    from chromadb import errors

    where = "check CHROMA_URL" if settings.url else "CHROMA_PATH must be a folder that this program alone may write"
    try:
        yield
    except (errors.ChromaAuthError, errors.AuthorizationError) as error:
        raise Refused(NAME, "Chroma does not let us in", where) from error
    except (errors.InvalidArgumentError, errors.InvalidDimensionException) as error:
        raise Refused(NAME, "Chroma does not take our vectors", _MIXED) from error
    except errors.ChromaError as error:
        raise Unreachable(NAME, f"Chroma answered with an error ({type(error).__name__})", where) from error
    except httpx.TimeoutException as error:
        raise Unreachable(NAME, "no answer in time", where) from error
    except httpx.HTTPStatusError as error:
        raise by_status(error.response.status_code, where) from error
    except (httpx.HTTPError, OSError) as error:
        raise Unreachable(NAME, "the memory cannot be opened", where) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if "could not connect" in str(error).lower():  # as Chroma says it, in a ValueError
            raise Unreachable(NAME, "no connection", where) from error
        raise Malformed(NAME, "the answer is not Chroma's", where) from error
    except RuntimeError as error:  # a client that was closed meanwhile
        raise Unreachable(NAME, "the memory cannot be read", where) from error


def by_status(status: int, where: str) -> Refused | Unreachable:
    """The error behind a status that is not good."""
    if status >= 500 or status == 429:
        return Unreachable(NAME, f"Chroma answered {status}", where)
    return Refused(NAME, f"Chroma answered {status}", where)
