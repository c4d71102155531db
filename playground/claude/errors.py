"""How Anthropic's API says no: a status, a word for the kind of error, and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse


class ApiError(Exception):
    """A request that is not answered. The message is the sentence that goes out."""

    def __init__(self, status: int, kind: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.headers = dict(headers or {})

    def response(self, request_id: str) -> JSONResponse:
        return JSONResponse(self.body(request_id), self.status, {**self.headers, "request-id": request_id})

    def body(self, request_id: str) -> dict[str, Any]:
        return {"type": "error", "error": {"type": self.kind, "message": self.message}, "request_id": request_id}


def invalid(message: str) -> ApiError:
    """400: the request is wrong, and sending it again will not help."""
    return ApiError(400, "invalid_request_error", message)


def not_found(message: str) -> ApiError:
    return ApiError(404, "not_found_error", message)


def unauthorized() -> ApiError:
    return ApiError(401, "authentication_error", "invalid x-api-key")
