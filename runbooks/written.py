"""YAML that people wrote: every mapping knows its line, and aliases cannot blow it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

LINE = "__line__"
LARGEST = 50_000
"""Values in one document; more is a mistake, or an attack by aliases."""


class Wrong(Exception):
    """Something in a file cannot be used: its line, and what it should be."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class _Lines(yaml.SafeLoader):
    """Reads mappings with the line on which they begin."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        return super().construct_mapping(node, deep=deep) | {LINE: node.start_mark.line + 1}


def documents(text: str) -> Iterator[Any]:
    """Every document of the text. Raises YAMLError, and Wrong for one that its aliases blow up."""
    loader = _Lines(text)
    try:
        while loader.check_node():
            node: Any = loader.get_node()
            if size(node, {}) > LARGEST:
                raise Wrong(node.start_mark.line + 1, "too large once its aliases (`*name`) are put in")
            yield loader.construct_document(node)
    finally:
        loader.dispose()


def size(node: Any, known: dict[int, int]) -> int:
    """How many values a document has, each alias counted as what it stands for; one that holds itself is endless."""
    if id(node) not in known:
        known[id(node)] = LARGEST + 1  # until it is known: whoever meets it on the way down is inside of it
        parts = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
        inner = () if isinstance(node, yaml.ScalarNode) else parts
        known[id(node)] = 1 + sum(size(part, known) for part in inner)
    return known[id(node)]
