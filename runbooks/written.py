"""YAML that people wrote: every mapping knows its lines and its words, and aliases cannot blow it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

LARGEST = 50_000
"""Values in one document; more is a mistake, or an attack by aliases."""
_MERGE = "tag:yaml.org,2002:merge"


class Wrong(Exception):
    """Something in a file cannot be used: its line, and what it should be."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class Written(dict[Any, Any]):
    """A mapping as it stands in the file."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        """On which it begins."""
        self.lines: dict[Any, int] = {}
        """On which each key stands."""
        self.words: dict[Any, str] = {}
        """Single values letter by letter: `1.10` must not become 1.1, nor `on` a truth."""
        self.twice: dict[Any, int] = {}
        """Keys that stand there more than once, and the line of the last."""


class _Lines(yaml.SafeLoader):
    """Reads mappings as `Written`."""

    def written(self, node: yaml.MappingNode) -> Iterator[Written]:
        found = Written(node.start_mark.line + 1)
        yield found
        own = [key for key, _ in node.value if key.tag != _MERGE]
        found.update(self.construct_mapping(node))
        for key_node, value in node.value:
            key = self.construct_object(key_node)
            found.lines[key] = key_node.start_mark.line + 1
            if isinstance(value, yaml.ScalarNode):
                found.words[key] = value.value
        seen: set[Any] = set()
        for key_node in own:
            key = self.construct_object(key_node)
            if key in seen:
                found.twice[key] = key_node.start_mark.line + 1
            seen.add(key)


_Lines.add_constructor("tag:yaml.org,2002:map", _Lines.written)


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


def plain(value: Any) -> Any:
    """The same without lines and words: dicts, lists and single values."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value
