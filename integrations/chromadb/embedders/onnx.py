"""Vectors from a local sentence model: tokens, one run of the network, the mean over its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from integrations.chromadb import NAME
from integrations.contract import Malformed, Refused

MOST_TOKENS = 256
BATCH = 32
_FETCH = "run `first-responder embedder fetch`, or put model.onnx and tokenizer.json into EMBEDDER_PATH"


class Onnx:
    """A folder with `model.onnx` and `tokenizer.json`, as sentence-transformers and Chroma publish them."""

    floor = 0.55  # not measured: sentence models differ; half of it must be more than mere kinship of subject

    def __init__(self, folder: Path) -> None:
        import onnxruntime  # type: ignore[import-untyped]
        from tokenizers import Tokenizer

        model, tokenizer = folder / "model.onnx", folder / "tokenizer.json"
        for path in (model, tokenizer):
            if not path.is_file():
                raise Refused(NAME, f"{path.name} is not in {folder.name}", _FETCH)
        try:
            self._tokens = Tokenizer.from_file(str(tokenizer))
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1  # one short text at a time: more threads only take turns
            self._network = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # both libraries raise bare Exceptions of their own
            raise Malformed(NAME, f"the model in {folder.name} cannot be read", _FETCH) from error
        self._tokens.enable_truncation(max_length=MOST_TOKENS)
        self._tokens.enable_padding()
        self._inputs = {one.name for one in self._network.get_inputs()}
        self.name = f"onnx-{sha256(model.read_bytes()).hexdigest()[:12]}"

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        found: list[list[float]] = []
        for at in range(0, len(texts), BATCH):
            found += self._run(texts[at : at + BATCH])
        return found

    def _run(self, texts: Sequence[str]) -> list[list[float]]:
        encoded = self._tokens.encode_batch(list(texts))
        mask = np.array([one.attention_mask for one in encoded], dtype=np.int64)
        given = {
            "input_ids": np.array([one.ids for one in encoded], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        output = np.asarray(self._network.run(None, {k: v for k, v in given.items() if k in self._inputs})[0])
        pooled = _mean(output, mask) if output.ndim == 3 else output
        length = np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        vectors: list[list[float]] = (pooled / length).tolist()
        return vectors


def _mean(output: NDArray[np.float32], mask: NDArray[np.int64]) -> NDArray[np.float32]:
    """The mean of a text's token vectors, padding left out: Reimers and Gurevych, «Sentence-BERT», 2019."""
    weights = mask[:, :, None].astype(np.float32)
    mean: NDArray[np.float32] = (output * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
    return mean
