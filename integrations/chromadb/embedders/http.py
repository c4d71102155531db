"""Vectors from a server that answers as OpenAI's /embeddings does; many local servers do too."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import urlsplit

import httpx

from integrations import trust
from integrations.chromadb import NAME, Settings
from integrations.contract import Malformed, Refused, Unreachable

BATCH = 64
_URL = "check EMBEDDER_URL, which must answer POST {input: [texts]} with {data: [{embedding: [numbers]}]}"


class Http:
    floor = 0.55  # not measured: sentence models differ; half of it must be more than mere kinship of subject

    def __init__(self, settings: Settings, url: str) -> None:
        self._url, self._model, self._token = url, settings.embedder_model, settings.embedder_token
        self._timeout = settings.timeout_s
        self._ca_file = settings.ca_file
        known = f"{url}\0{settings.embedder_model}".encode()
        spoken = re.sub(r"[^a-z0-9]+", "-", (settings.embedder_model or urlsplit(url).hostname or "").lower())
        self.name = f"http-{spoken[:40].strip('-')}-{sha256(known).hexdigest()[:8]}"

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        found: list[list[float]] = []
        with httpx.Client(timeout=self._timeout, verify=trust.context(NAME, self._ca_file)) as client:
            for at in range(0, len(texts), BATCH):
                found += self._ask(client, texts[at : at + BATCH])
        return found

    def _ask(self, client: httpx.Client, texts: Sequence[str]) -> list[list[float]]:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        body = {"input": list(texts), **({"model": self._model} if self._model else {})}
        try:
            answer = client.post(self._url, json=body, headers=headers)
        except httpx.TimeoutException as error:
            raise Unreachable(NAME, "the embedder did not answer in time", _URL) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(NAME, "no connection to the embedder", _URL) from error
        if answer.status_code in (401, 403):
            raise Refused(NAME, f"the embedder refuses us ({answer.status_code})", "check EMBEDDER_TOKEN")
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Unreachable(NAME, f"the embedder answered {answer.status_code}", _URL)
        if answer.status_code != 200:
            raise Refused(NAME, f"the embedder answered {answer.status_code}", _URL)
        return _vectors(answer, len(texts))


def _vectors(answer: httpx.Response, wanted: int) -> list[list[float]]:
    try:
        rows = sorted(answer.json()["data"], key=lambda row: row["index"])
        vectors = [[float(value) for value in row["embedding"]] for row in rows]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise Malformed(NAME, "the embedder's answer has another shape", _URL) from error
    if len(vectors) != wanted or not all(vectors):
        raise Malformed(NAME, "the embedder's answer has another length", _URL)
    return [_unit(vector) for vector in vectors]


def _unit(vector: Sequence[float]) -> list[float]:
    length = math.sqrt(sum(value * value for value in vector))
    if not math.isfinite(length) or length == 0.0:
        raise Malformed(NAME, "the embedder's answer is not a vector", _URL)
    return [value / length for value in vector]
