"""What turns texts into vectors: the hashing one, a tiny ONNX model made here, a server; and fetching a model."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import math
import socket
import struct
import subprocess
import sys
import tarfile
import traceback
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations import chromadb
from integrations.chromadb import Settings
from integrations.chromadb.embedders import embedder, fetch
from integrations.chromadb.embedders.hashing import DIMENSIONS, Hashing
from integrations.chromadb.words import words
from integrations.contract import Malformed, Refused, RoomError, Unreachable


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


# ── hashing ──────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_every_text_has_a_direction(text):
    (vector,) = Hashing().embed([text])

    assert len(vector) == DIMENSIONS
    assert math.isclose(cosine(vector, vector), 1.0, rel_tol=1e-9)


def test_what_is_spelt_otherwise_is_still_near_and_what_is_otherwise_is_far():
    asked, near, far = Hashing().embed(
        ["connection refused by payment gateway", "Gateway connections refused", "The volume is full of old logs"]
    )
    assert cosine(asked, near) > 0.5
    assert abs(cosine(asked, far)) < 0.15
    assert min(asked) < 0 < max(asked)  # signed: what falls onto the same place by chance cancels out


def test_another_process_gives_the_same_vector():
    program = "from integrations.chromadb.embedders.hashing import Hashing; print(Hashing().embed(['disk full'])[0])"
    runs = [
        subprocess.run([sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True)
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout
    assert json.loads(runs[0].stdout) == Hashing().embed(["disk full"])[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("HighErrorRate on db-7", ["high", "error", "rate", "db"]),
        ("HTTPErrors of order_service", ["http", "error", "order", "service"]),
        ("connections, status, 42 ms, a b", ["connection", "status"]),
        ("Störung der Bücher", ["störung", "der", "bücher"]),
        ("", []),
    ],
)
def test_words(text, found):
    assert words(text) == found


# ── a local model ────────────────────────────────────────────────────────────────────────────────

VOCABULARY = ["[PAD]", "[UNK]", "disk", "full", "refused"]
VECTORS = [[5.0, 5.0, 5.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]


@pytest.fixture
def model(tmp_path) -> Path:
    """A network that looks each word up in a table: its mean can be told by hand."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokens = Tokenizer(models.WordLevel({word: at for at, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokens.pre_tokenizer = pre_tokenizers.Whitespace()
    tokens.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "model.onnx").write_bytes(lookup_network())
    return tmp_path


def field(number: int, value: int | bytes | str) -> bytes:
    """One field of a protobuf message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    head = b""
    while value > 127:
        head, value = head + bytes([value & 127 | 128]), value >> 7
    return head + bytes([value])


def lookup_network() -> bytes:
    """ONNX: output = Gather(table, input_ids); field numbers are those of onnx.proto."""
    table = struct.pack(f"<{len(VECTORS) * 3}f", *(value for row in VECTORS for value in row))
    initializer = field(1, len(VECTORS)) + field(1, 3) + field(2, 1) + field(8, "table") + field(9, table)
    node = field(1, "table") + field(1, "input_ids") + field(2, "output") + field(4, "Gather")

    def value(name: str, kind: int, *sizes: str) -> bytes:
        shape = b"".join(field(1, field(2, size)) for size in sizes)
        return field(1, name) + field(2, field(1, field(1, kind) + field(2, shape)))

    graph = field(1, node) + field(2, "lookup") + field(5, initializer)
    graph += field(11, value("input_ids", 7, "n", "t")) + field(12, value("output", 1, "n", "t", "d"))
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))


def test_a_local_model_gives_the_mean_of_its_words_and_leaves_padding_out(model):
    local = embedder(Settings(embedder="onnx", embedder_path=model))

    one, two = local.embed(["disk full", "disk"])

    assert one == pytest.approx([math.sqrt(0.5), math.sqrt(0.5), 0.0], abs=1e-6)
    assert two == pytest.approx([1.0, 0.0, 0.0], abs=1e-6)
    assert local.name == f"onnx-{hashlib.sha256(lookup_network()).hexdigest()[:12]}"


async def test_a_memory_under_a_local_model(model, history, open_room, make_scope):
    settings = Settings(path=model / "chroma", embedder="onnx", embedder_path=model)
    await chromadb.remember(settings, history[:20])

    room = open_room(settings)

    look = await room.look(make_scope("cart", "HighErrorRate", "disk full"))
    assert look.findings[1].incident_id == "INC-HighErrorRate-cart"
    assert look.gaps == ()
    assert (await room.ready()).detail.startswith("20 past incidents in incidents-onnx-")


async def test_a_model_that_is_not_there_or_cannot_be_read_is_named(model, open_room, make_scope):
    (model / "tokenizer.json").write_text("{")
    with pytest.raises(Malformed, match="EMBEDDER_PATH"):
        await open_room(Settings(path=model / "c", embedder="onnx", embedder_path=model)).ready()

    (model / "model.onnx").unlink()
    with pytest.raises(Refused, match=r"model.onnx is not in.*embedder fetch"):
        await open_room(Settings(path=model / "c", embedder="onnx", embedder_path=model)).ready()


# ── fetching one ─────────────────────────────────────────────────────────────────────────────────


def archive(names: tuple[str, ...]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 7
            tar.addfile(info, io.BytesIO(b"content"))
    return packed.getvalue()


def served(httpserver, body: bytes, status: int = 200) -> fetch.Model:
    httpserver.expect_request("/model.tar.gz").respond_with_data(body, status)
    return fetch.Model("tiny", httpserver.url_for("/model.tar.gz"), hashlib.sha256(body).hexdigest())


def test_a_model_is_fetched_once_and_nothing_else_is_written(httpserver, tmp_path):
    given_ = served(httpserver, archive(("onnx/model.onnx", "onnx/vocab.txt", "../tokenizer.json", "../../evil")))
    folder = tmp_path / "a" / "model"

    assert fetch.fetch(folder, given_).startswith("tiny (0 MB) is in")
    assert sorted(path.name for path in folder.iterdir()) == ["model.onnx", "tokenizer.json"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "model", "model.onnx", "tokenizer.json"]

    assert "nothing was downloaded" in fetch.fetch(folder, given_)
    assert len(httpserver.log) == 1


def test_another_digest_a_short_archive_and_no_answer_leave_the_folder_empty(httpserver, tmp_path):
    good = served(httpserver, archive(("model.onnx", "tokenizer.json")))
    with pytest.raises(Malformed, match="SHA-256"):
        fetch.fetch(tmp_path, fetch.Model("tiny", good.url, "0" * 64))
    httpserver.clear()
    with pytest.raises(Unreachable, match="EMBEDDER_PATH"):
        fetch.fetch(tmp_path, served(httpserver, b"gone", 404))
    assert list(tmp_path.iterdir()) == []

    httpserver.clear()
    with pytest.raises(Malformed, match=r"lacks tokenizer\.json"):
        fetch.fetch(tmp_path, served(httpserver, archive(("model.onnx",))))
    httpserver.clear()
    with pytest.raises(Malformed, match="cannot be unpacked"):
        fetch.fetch(tmp_path, served(httpserver, b"no archive"))


# ── a server ─────────────────────────────────────────────────────────────────────────────────────

ANSWERS = [
    (401, {}, Refused, "EMBEDDER_TOKEN"),
    (404, {}, Refused, "EMBEDDER_URL"),
    (429, {}, Unreachable, "429"),
    (500, {}, Unreachable, "500"),
    (200, {"data": []}, Malformed, "another length"),
    (200, {"data": [{"index": 0, "embedding": []}]}, Malformed, "another length"),
    (200, {"data": [{"index": 0, "embedding": [0, 0]}]}, Malformed, "not a vector"),
    (200, {"data": [{"index": 0, "embedding": "x"}]}, Malformed, "another shape"),
    (200, {"data": [{"index": 0, "embedding": [10**400]}]}, Malformed, "another shape"),
    (200, ["x"], Malformed, "another shape"),
]


@pytest.mark.parametrize(("status", "body", "kind", "text"), ANSWERS)
def test_each_bad_answer_of_an_embedder_has_its_error(httpserver, status, body, kind, text):
    httpserver.expect_request("/embeddings").respond_with_json(body, status)
    url = httpserver.url_for("/embeddings")
    remote = embedder(Settings(embedder="http", embedder_url=url, embedder_token="sk-very-secret"))

    with pytest.raises(RoomError, match=text) as caught:
        remote.embed(["disk full"])

    assert type(caught.value) is kind
    assert "sk-very-secret" not in "".join(traceback.format_exception(caught.value))


def test_an_answer_of_an_embedder_that_no_parser_gets_through_has_another_shape(httpserver):
    httpserver.expect_request("/embeddings").respond_with_data(b"[" * 100_000, content_type="application/json")
    remote = embedder(Settings(embedder="http", embedder_url=httpserver.url_for("/embeddings")))
    with pytest.raises(Malformed, match="another shape"):
        remote.embed(["disk full"])


def test_what_an_embedder_is_asked(httpserver):
    body = {"input": ["disk full", "oom"], "model": "M"}
    answer = {"data": [{"index": 1, "embedding": [0, 2]}, {"index": 0, "embedding": [3, 4]}]}
    httpserver.expect_oneshot_request(
        "/embeddings", method="POST", json=body, headers={"Authorization": "Bearer key"}
    ).respond_with_json(answer)
    url = httpserver.url_for("/embeddings")

    remote = embedder(Settings(embedder="http", embedder_url=url, embedder_model="M", embedder_token="key"))

    assert remote.embed(["disk full", "oom"]) == [[0.6, 0.8], [0.0, 1.0]]


async def test_an_embedder_that_hangs_or_is_not_there_is_given_up():
    with pytest.raises(Unreachable, match="no connection"):
        embedder(Settings(embedder="http", embedder_url="http://127.0.0.1:1/")).embed(["x"])
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        hanging = embedder(Settings(embedder="http", embedder_url=url, timeout_s=0.2))
        with pytest.raises(Unreachable, match="in time"):
            await asyncio.to_thread(hanging.embed, ["x"])
    with pytest.raises(Refused, match="EMBEDDER_URL"):
        embedder(Settings(embedder="http"))
