"""Kustomizations as `kubectl kustomize` would build them, as far as ours go; what goes further is refused."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]
KNOWN = {"apiVersion", "kind", "resources", "components", "namespace", "images", "patches"}
API = {"Kustomization": "kustomize.config.k8s.io/v1beta1", "Component": "kustomize.config.k8s.io/v1alpha1"}
WITHOUT_NAMESPACE = {"Namespace"}


def read(folder: Path) -> Manifest:
    """The folder's kustomization. Raises ValueError for what is not understood here."""
    found: Manifest = yaml.safe_load((folder / "kustomization.yaml").read_text())
    if set(found) - KNOWN or API.get(found.get("kind", "")) != found.get("apiVersion"):
        raise ValueError(f"{folder}: {sorted(set(found) - KNOWN) or found.get('apiVersion')} is not understood here")
    return found


def build(folder: Path, more: tuple[Manifest, ...] = ()) -> list[Manifest]:
    """What would be applied, in the order of the files. `more` is what a component finds there already."""
    return put_together(read(folder), folder, more)


def put_together(own: Manifest, folder: Path, more: tuple[Manifest, ...] = ()) -> list[Manifest]:
    """The same for a kustomization that stands in no file, as if it stood in that folder."""
    found = [*more, *(one for name in own.get("resources", ()) for one in _resource(folder / name))]
    for name in own.get("components", ()):
        found = build(folder / name, tuple(found))
    for patch in own.get("patches", ()):
        _patch(found, patch)
    for manifest in found:
        _rename(manifest, own.get("images", ()))
    return [_settled(one, own["namespace"], found) for one in found] if "namespace" in own else found


def _resource(path: Path) -> Iterator[Manifest]:
    if path.is_dir():
        yield from build(path)
    else:
        yield from (one for one in yaml.safe_load_all(path.read_text()) if one)


def _patch(found: list[Manifest], patch: Manifest) -> None:
    """JSON patches alone. Raises ValueError where one meets nothing."""
    target = patch["target"]
    meant = [one for one in found if one["kind"] == target["kind"]]
    meant = [one for one in meant if target.get("name", one["metadata"]["name"]) == one["metadata"]["name"]]
    if not meant:
        raise ValueError(f"no {target} to patch")
    for manifest in meant:
        for step in yaml.safe_load(patch["patch"]):
            _step(manifest, step)


def _step(manifest: Any, step: Manifest) -> None:
    *way, last = step["path"].removeprefix("/").split("/")
    place = manifest
    for name in way:
        place = place[int(name) if isinstance(place, list) else name]
    at = int(last) if isinstance(place, list) else last
    if step["op"] == "test" and place[at] != step["value"]:
        raise ValueError(f"{step['path']} is not {step['value']}")
    if step["op"] == "replace" and not isinstance(place, list) and at not in place:
        raise ValueError(f"{step['path']} is not there to be replaced")
    if step["op"] in ("add", "replace"):
        place[at] = copy.deepcopy(step["value"])


def _rename(manifest: Manifest, images: list[Manifest]) -> None:
    for container in containers(manifest):
        name, _, tag = container["image"].partition(":")
        for image in images:
            if image["name"] == name:
                container["image"] = f"{image.get('newName', name)}:{image.get('newTag', tag)}"


def containers(manifest: Manifest) -> list[Manifest]:
    """Those of a Deployment; none of anything else."""
    return list(manifest["spec"]["template"]["spec"]["containers"]) if manifest["kind"] == "Deployment" else []


def _settled(manifest: Manifest, namespace: str, found: list[Manifest]) -> Manifest:
    """In its namespace; who is bound to a role stands there too, where that account is built along."""
    if manifest["kind"] in WITHOUT_NAMESPACE:
        return manifest
    accounts = {one["metadata"]["name"] for one in found if one["kind"] == "ServiceAccount"}
    settled = copy.deepcopy(manifest)
    settled["metadata"]["namespace"] = namespace
    for subject in settled.get("subjects", ()):
        if subject["name"] in accounts:
            subject.setdefault("namespace", namespace)
    return settled
