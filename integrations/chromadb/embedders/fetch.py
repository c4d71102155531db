"""Fills a folder with the sentence model that Chroma publishes. For the command line only."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from integrations import trust
from integrations.chromadb import NAME
from integrations.contract import Malformed, Refused, Unreachable

WANTED = ("tokenizer.json", "model.onnx")
MOST_BYTES = 500_000_000
TIMEOUT = 30.0
_FIX = "check the connection, or copy model.onnx and tokenizer.json of a sentence model into EMBEDDER_PATH yourself"


@dataclass(frozen=True, slots=True)
class Model:
    """A tar.gz that holds the two files, and the digest it must have."""

    name: str
    url: str
    sha256: str


MINILM = Model(
    "all-MiniLM-L6-v2",
    "https://chroma-onnx-models.s3.amazonaws.com/all-MiniLM-L6-v2/onnx.tar.gz",
    "913d7300ceae3b2dbc2c50d1de4baacab4be7b9380491c27fab7418616a16ec3",  # as chromadb 1.5 pins it
)


def fetch(folder: Path, model: Model = MINILM, ca_file: Path | None = None) -> str:
    """Downloads, checks the digest, and puts both files in place; says what is there then.

    A folder that holds both is left alone. Raises Unreachable, Malformed (another digest) or Refused (the folder
    cannot be written).
    """
    if all((folder / name).is_file() for name in WANTED):
        return f"{folder} holds a model already; nothing was downloaded"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as scratch:
            archive = Path(scratch) / "model.tar.gz"
            _download(model, archive, ca_file)
            _unpack(archive, folder)
    except OSError as error:
        raise Refused(NAME, f"cannot write to {folder}", "EMBEDDER_PATH must be a folder of ours") from error
    size = sum((folder / name).stat().st_size for name in WANTED)
    return f"{model.name} ({size / 1e6:,.0f} MB) is in {folder}; set EMBEDDER=onnx"


def _download(model: Model, archive: Path, ca_file: Path | None) -> None:
    import httpx

    digest, size = sha256(), 0
    trusted = trust.context(NAME, ca_file)
    try:
        with archive.open("wb") as file, httpx.stream("GET", model.url, timeout=TIMEOUT, verify=trusted) as answer:
            answer.raise_for_status()
            for part in answer.iter_bytes():
                size += len(part)
                if size > MOST_BYTES:
                    raise Malformed(NAME, "the model is far larger than it should be", _FIX)
                digest.update(part)
                file.write(part)
    except httpx.HTTPError as error:
        raise Unreachable(NAME, "the model could not be downloaded", _FIX) from error
    if digest.hexdigest() != model.sha256:
        raise Malformed(NAME, "the download is not the model that was expected (another SHA-256)", _FIX)


def _unpack(archive: Path, folder: Path) -> None:
    """Only the two wanted files, by their last name: no path of the archive is ever written to."""
    missing = set(WANTED)
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                name = Path(member.name).name
                if name in missing and member.isfile() and (content := tar.extractfile(member)):
                    _put(content, folder / name)
                    missing.discard(name)
    except tarfile.TarError as error:
        raise Malformed(NAME, "the model's archive cannot be unpacked", _FIX) from error
    if missing:
        raise Malformed(NAME, f"the model's archive lacks {', '.join(sorted(missing))}", _FIX)


def _put(content: IO[bytes], path: Path) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        while block := content.read(1 << 20):
            file.write(block)
    part.replace(path)
