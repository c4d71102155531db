"""`services.yaml`: owners, repos, dependencies and queries of every service, read once and checked whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from integrations.contract import Service
from runbooks.written import LARGEST, size

LARGEST_SCOPE = 50
"""Services of one incident that every source is asked about; the nearest down the call graph come first."""
_KEYS = tuple(f.name for f in fields(Service))
_LOADER = yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader
_TEXTS = ("owner", "repo", "namespace", "oncall", "slack_group")


class CatalogError(ValueError):
    """The services file cannot be used. Each line of the message names file, line, fault and a suggestion."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """What is known of the services. A service that is not named here is known by its name alone."""

    services: Mapping[str, Service] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    """Signal → PromQL template for every service, over the built-in ones."""

    def service(self, name: str) -> Service:
        return self.services.get(name) or Service(name)

    def known(self, name: str) -> bool:
        return name in self.services

    def scope_of(self, name: str) -> dict[str, Service]:
        """The service first, then every service down its call graph, nearest first; at most 50, cycles and all."""
        found = {name: self.service(name)}
        level = [name]
        while level and len(found) < LARGEST_SCOPE:
            callees = dict.fromkeys(callee for caller in level for callee in self.service(caller).depends_on)
            level = [callee for callee in callees if callee not in found][: LARGEST_SCOPE - len(found)]
            found |= {callee: self.service(callee) for callee in level}
        return found

    def calls(self) -> Mapping[str, tuple[str, ...]]:
        """Service → the services that it depends on."""
        return {name: service.depends_on for name, service in self.services.items()}

    def callers_of(self, name: str) -> tuple[str, ...]:
        """Who calls this service, by name."""
        return tuple(sorted(service.name for service in self.services.values() if name in service.depends_on))


def load(path: Path | None) -> Catalog:
    """Reads and checks the file; without one the catalog is empty. Raises CatalogError with every fault at once."""
    if path is None:
        return Catalog()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path}: cannot be read ({type(error).__name__}); see SERVICES_FILE") from None
    try:
        root = yaml.compose(text, Loader=_LOADER)
        if root is not None and size(root, {}) > LARGEST:
            raise CatalogError(f"{path}: too large once its aliases (`*name`) are put in")
        content = _LOADER(text).get_single_data()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise CatalogError(f"{where}: not YAML: {getattr(error, 'problem', error)}") from None
    reader = _Reader(str(path), _lines(root))
    reader.twice(root)
    catalog = reader.catalog(content)
    if reader.faults:
        raise CatalogError("\n".join(reader.faults))
    return catalog


def _lines(node: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], int]:
    """Path in the document → its line, from 1."""
    found: dict[tuple[Any, ...], int] = {}
    if node is None:
        return found
    found[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            found |= _lines(value, (*path, key.value))
            found[(*path, key.value)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            found |= _lines(value, (*path, index))
    return found


class _Reader:
    """Reads one document and collects its faults instead of stopping at the first."""

    def __init__(self, file: str, lines: Mapping[tuple[Any, ...], int]) -> None:
        self._file = file
        self._lines = lines
        self.faults: list[str] = []

    def catalog(self, content: Any) -> Catalog:
        if content is None:
            return Catalog()
        if not isinstance(content, dict):
            self._fault((), "must be a mapping with the key `services`")
            return Catalog()
        self._unknown(content, ("services", "defaults"), ())
        services: dict[str, Service] = {}
        for path, entry in self._entries(content.get("services") or []):
            service = self._service(entry, path)
            if service is not None and service.name in services:
                self._fault(path, f"service {service.name!r} stands here a second time")
            elif service is not None:
                services[service.name] = service
        return Catalog(services, self._defaults(content.get("defaults") or {}))

    def twice(self, node: Any) -> None:
        """A key that stands twice in one mapping: YAML keeps the last and says nothing."""
        if isinstance(node, yaml.MappingNode):
            names = [key.value for key, _ in node.value]
            for index, (key, value) in enumerate(node.value):
                if key.value != "<<" and key.value in names[:index]:
                    line = key.start_mark.line + 1
                    self.faults.append(f"{self._file}:{line}: `{key.value}` stands here a second time")
                self.twice(value)
        elif isinstance(node, yaml.SequenceNode):
            for part in node.value:
                self.twice(part)

    def _entries(self, found: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        """Both forms: a list of objects with a name, or name → object."""
        if isinstance(found, dict):
            for name, entry in found.items():
                whole = (
                    {"name": name, **entry} if isinstance(entry, dict) else {"name": name} if entry is None else entry
                )
                yield ("services", name), whole
        elif isinstance(found, list):
            yield from ((("services", index), entry) for index, entry in enumerate(found))
        else:
            self._fault(("services",), "must be a list of services")

    def _defaults(self, found: Any) -> Mapping[str, str]:
        if not isinstance(found, dict):
            self._fault(("defaults",), "must be a mapping")
            return {}
        self._unknown(found, ("metrics",), ("defaults",))
        return self._texts(found.get("metrics"), ("defaults", "metrics"))

    def _service(self, entry: Any, path: tuple[Any, ...]) -> Service | None:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"].strip():
            self._fault(path, "a service needs a `name`")
            return None
        self._unknown(entry, _KEYS, path)
        return Service(
            name=entry["name"].strip(),
            tier=self._whole(entry, path),
            slo=self._percent(entry, path),
            customer_facing=self._yes(entry, "customer_facing", path),
            dashboards=self._texts(entry.get("dashboards"), (*path, "dashboards")),
            metrics=self._texts(entry.get("metrics"), (*path, "metrics")),
            depends_on=self._names(entry.get("depends_on"), (*path, "depends_on")),
            **{key: self._text(entry, key, path) for key in _TEXTS},
        )

    def _text(self, entry: Mapping[str, Any], key: str, path: tuple[Any, ...]) -> str | None:
        value = entry.get(key)
        if value is None or isinstance(value, str):
            if key == "repo" and value and value.count("/") != 1:
                self._fault((*path, key), f"`repo` is owner/name, not {value!r}")
            return value
        self._fault((*path, key), f"`{key}` must be text, not {type(value).__name__}")
        return None

    def _whole(self, entry: Mapping[str, Any], path: tuple[Any, ...]) -> int | None:
        value = entry.get("tier")
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self._fault((*path, "tier"), "`tier` must be a whole number, such as 1")
        return None

    def _yes(self, entry: Mapping[str, Any], key: str, path: tuple[Any, ...]) -> bool:
        value = entry.get(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        self._fault((*path, key), f"`{key}` must be true or false")
        return False

    def _percent(self, entry: Mapping[str, Any], path: tuple[Any, ...]) -> float | None:
        value = entry.get("slo")
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 100:
            return float(value)
        self._fault((*path, "slo"), "`slo` must be a percentage between 0 and 100, such as 99.9")
        return None

    def _texts(self, found: Any, path: tuple[Any, ...]) -> Mapping[str, str]:
        if found is None:
            return {}
        if isinstance(found, dict) and all(isinstance(v, str) for v in found.values()):
            return {str(key): value for key, value in found.items()}
        self._fault(path, f"`{path[-1]}` must map names to text")
        return {}

    def _names(self, found: Any, path: tuple[Any, ...]) -> tuple[str, ...]:
        if found is None:
            return ()
        if isinstance(found, list) and all(isinstance(name, str) for name in found):
            return tuple(dict.fromkeys(found))
        self._fault(path, "`depends_on` must be a list of service names, such as [billing, ledger]")
        return ()

    def _unknown(self, entry: Mapping[Any, Any], known: tuple[str, ...], path: tuple[Any, ...]) -> None:
        for key in entry:
            if key not in known:
                near = get_close_matches(str(key), known, 1)
                hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}"
                self._fault((*path, key), f"unknown key `{key}`; {hint}")

    def _fault(self, path: tuple[Any, ...], words: str) -> None:
        while path and path not in self._lines:
            path = path[:-1]
        self.faults.append(f"{self._file}:{self._lines.get(path, 1)}: {words}")
