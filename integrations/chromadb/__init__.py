"""ChromaDB: the memory of past incidents, and those among them that look like this one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from integrations.chromadb.memory import MOST_TEXT, Memory, memories_from_jsonl

if TYPE_CHECKING:
    from integrations.chromadb.context import ChromaContext

__all__ = ["MOST_TEXT", "NAME", "Memory", "Settings", "fetch_model", "memories_from_jsonl", "open", "remember"]

NAME = "chromadb"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the memory is kept, and what turns its texts into vectors. One of `path` and `url` is needed."""

    path: Path | None = None
    """`CHROMA_PATH`: a folder, for one process at a time. Two processes on one folder miss each other's records."""
    url: str | None = field(default=None, repr=False)
    """`CHROMA_URL`: a Chroma server, for several replicas; it wins over `path`."""
    ca_file: Path | None = None
    """`EXTRA_CA_FILE`: trusted besides certifi's authorities, for a server and for an embedder over https."""
    embedder: Literal["hashing", "onnx", "http"] = "hashing"
    """`EMBEDDER`."""
    embedder_path: Path = Path("embedder")
    """`EMBEDDER_PATH`: the folder with model.onnx and tokenizer.json."""
    embedder_url: str | None = None
    """`EMBEDDER_URL`: answers POST {"input": [texts]} as OpenAI's /embeddings does."""
    embedder_model: str = ""
    """`EMBEDDER_MODEL`: sent as `model`, where the server holds several."""
    embedder_token: str = field(default="", repr=False)
    """`EMBEDDER_TOKEN`: sent as a bearer token."""
    top: int = 3
    """So many similar incidents are told at most."""
    timeout_s: float = 5.0
    """Seconds that one request to a server or an embedder may take."""
    limit_s: float = 7.5
    """Seconds for a whole look: a server may answer each of its questions in time and still take too long."""


def open(settings: Settings) -> ChromaContext:  # noqa: A001 — the door of every room has this name
    """The room, ready to be asked. Chroma itself is loaded by the first look or by `ready`, in a thread."""
    from integrations.chromadb.context import ChromaContext

    return ChromaContext(settings)


async def remember(settings: Settings, memories: Iterable[Memory]) -> int:
    """Puts incidents into the memory, or in the place of those with the same id; how many are there then.

    Raises RoomError.
    """
    from integrations.chromadb.client import Store

    store = Store(settings)
    try:
        return await store.remember(tuple(memories))
    finally:
        await store.close()


def fetch_model(folder: Path, ca_file: Path | None = None) -> str:
    """Fills the folder with a small ONNX model, unless it is there; says in words what it holds.

    The only code here that downloads a model: for the command line, never for an incident. `ca_file`: as in
    Settings. Raises RoomError.
    """
    from integrations.chromadb.embedders.fetch import fetch

    return fetch(folder, ca_file=ca_file)
