"""What went wrong between us and the model, in words for people: never the API's own, which may hold what we sent."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import anthropic
import httpx2

from bot.domain.money import Usage
from bot.questions.model_ports import ModelError

DEFAULT_REST_S = 5.0
"""Where a rate limit does not say when to come again."""
LONGEST_REST_S = 3_600.0
"""More than an hour nobody means: what stands between us and the model would keep every replica silent."""
_SHAPES = (ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, RuntimeError)
"""What the SDK raises over an answer that is none of the Messages API's."""
FAILURES = (anthropic.AnthropicError, httpx2.HTTPError, TimeoutError, *_SHAPES)
"""All that a call can raise."""
NOTHING_USED = Usage()


def plainly(error: Exception, used: Usage | None, limit_s: float) -> ModelError:
    """`used`: what the answer had told by then. An answer that is an error from its first line costs nothing."""
    match error:
        case TimeoutError() | anthropic.APITimeoutError() | httpx2.TimeoutException():
            return ModelError(f"no answer in {limit_s:g} s", passing=True, used=used)
        case anthropic.APIStatusError():
            return _status(error, used if error.status_code < 300 else NOTHING_USED)
        case anthropic.APIConnectionError():
            return _lost(error.__cause__)
        case httpx2.HTTPError() | httpx2.StreamError():
            return ModelError("the stream broke off", passing=True, used=used)
        case _:
            reason = "it answered in another shape than the Messages API: look at ANTHROPIC_BASE_URL"
            return ModelError(reason, passing=True, used=used)


def _status(error: anthropic.APIStatusError, used: Usage | None) -> ModelError:
    kind = error.type if error.type in _BY_STATUS.values() else _BY_STATUS.get(error.status_code)
    if kind == "rate_limit_error":
        rest_s = _rest_s(error.response.headers)
        return ModelError(f"rate limit, come again in {rest_s:.0f} s", passing=True, used=used, rest_s=rest_s)
    if kind == "invalid_request_error":
        return _invalid(str(error.api_message or "").lower(), used)  # a gateway's may be no text
    if kind in _WORDS:
        reason, passing = _WORDS[kind]
        return ModelError(reason, passing=passing, used=used)
    if 300 <= error.status_code < 500:
        return ModelError(f"it answered {error.status_code}: look at ANTHROPIC_BASE_URL", passing=False, used=used)
    return ModelError("an error inside the model's API", passing=True, used=used)


def _invalid(told: str, used: Usage | None) -> ModelError:
    """The API's own words tell two cases apart; they are not repeated."""
    if "credit balance" in told:
        reason, passing = _WORDS["billing_error"]
        return ModelError(reason, passing=passing, used=used)
    if "too long" in told or "context" in told:
        return ModelError(_TOO_LONG, passing=True, used=used)
    return ModelError("the model cannot work with our request", passing=True, used=used)


def _lost(cause: BaseException | None) -> ModelError:
    if isinstance(cause, httpx2.LocalProtocolError):
        return _bad_key()
    if not isinstance(cause, (httpx2.ConnectError, httpx2.UnsupportedProtocol)):
        # it was sent, so it may have been answered and counted
        return ModelError("the connection broke off before an answer", passing=True)
    if _untrusted(cause):
        reason = "its TLS certificate is not trusted: EXTRA_CA_FILE must hold the authority that signed it"
        return ModelError(reason, passing=False, used=NOTHING_USED)
    return ModelError("nobody answers at ANTHROPIC_BASE_URL", passing=True, used=NOTHING_USED)


def _bad_key() -> ModelError:
    """It holds what no header may hold, so that nothing could be sent."""
    return ModelError("the key has characters that no key has: look at ANTHROPIC_API_KEY", passing=False, used=Usage())


def _untrusted(error: BaseException) -> bool:
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    return any(isinstance(one, ssl.SSLCertVerificationError) for one in causes)


def _rest_s(headers: Mapping[str, str]) -> float:
    """`retry-after` in whole seconds, as the API sends it."""
    told = headers.get("retry-after", "")
    return min(float(told), LONGEST_REST_S) if told.isdecimal() else DEFAULT_REST_S


_TOO_LONG = "what there is to read is too long for the model"
_WORDS: dict[str | None, tuple[str, bool]] = {
    "authentication_error": ("the key is refused: look at ANTHROPIC_API_KEY", False),
    "billing_error": ("the account has no credit left: look at it in Anthropic's console", False),
    "permission_error": ("the key may not use this model: look at ANTHROPIC_API_KEY", True),
    "not_found_error": ("no such model: look at MODELS_LARGE and MODELS_SMALL", True),
    "request_too_large": (_TOO_LONG, True),
    "overloaded_error": ("overloaded", True),
    "timeout_error": ("no answer in time", True),
}
"""What to say of each of the API's kinds of error, and whether another model may do better."""
_BY_STATUS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""The kind where the answer does not tell it, as gateways may not."""
