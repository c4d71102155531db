"""What turns texts into vectors: hashing (nothing to download), a local ONNX model, or a server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, assert_never

from integrations.chromadb import NAME, Settings
from integrations.contract import Refused


class Embedder(Protocol):
    name: str
    """Of the embedder with its model and dimensions, in letters, digits and dashes: it goes into the collection's
    name, because vectors of different embedders cannot be compared."""
    floor: float
    """The cosine from which two texts are about the same thing, as far as this embedder can tell."""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length 1 for each text. Blocks. Raises RoomError."""
        ...


def embedder(settings: Settings) -> Embedder:
    """The embedder of the settings. Reads files, never the network. Raises RoomError whose fix names the setting."""
    match settings.embedder:
        case "hashing":
            from integrations.chromadb.embedders.hashing import Hashing

            return Hashing()
        case "onnx":
            from integrations.chromadb.embedders.onnx import Onnx

            return Onnx(settings.embedder_path)
        case "http":
            from integrations.chromadb.embedders.http import Http

            if not settings.embedder_url:
                raise Refused(NAME, "no address of an embedder", "EMBEDDER=http needs EMBEDDER_URL")
            return Http(settings, settings.embedder_url)
        case _:
            assert_never(settings.embedder)
