"""The manifests of deploy/kubernetes, put together, and what is asked of them."""

from typing import Any

from bot.app import FINISH_S, HANG_UP_S
from bot.looking.child import GOODBYE_S
from bot.slack.ears import ANSWER_S
from runbooks.running.hands import _CLOSE_S as STEPS_S
from tests.deploy.kustomize import Manifest, build, containers, put_together, read
from tests.pages import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
EXAMPLE = FOLDER / "overlays" / "example"
FINISHED = ("overlays/example", "overlays/watched")
OFF = ("write-role", "exec-role", "replicas")
"""Components that nothing names by itself."""
STOP_S = HANG_UP_S + FINISH_S + ANSWER_S + STEPS_S + GOODBYE_S
"""As long as an orderly stop of the bot can take."""


def base() -> list[Manifest]:
    return build(FOLDER / "base")


def example_with(component: str) -> list[Manifest]:
    """The example with one component more."""
    return put_together({**read(EXAMPLE), "components": [f"../../components/{component}"]}, EXAMPLE)


def only(manifests: list[Manifest], kind: str, name: str = "first-responder") -> Manifest:
    (found,) = [one for one in manifests if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def deployment(manifests: list[Manifest]) -> tuple[Any, Any, Any]:
    """Its spec, its pod's, and the one container."""
    found = only(manifests, "Deployment")
    (container,) = containers(found)
    return found["spec"], found["spec"]["template"]["spec"], container
