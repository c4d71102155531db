"""What a person can do first: commands that can be pasted as they stand, chosen by the kind of cause.

Names of objects that nobody told us are not made up: a command names a namespace or a pod only where one is known.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from bot.domain.analysis import FirstStep
from bot.evidence.ranking import Candidate, Kind
from integrations.contract import Change, Service

MOST_STEPS = 3


def first_steps(
    first: tuple[Candidate, Kind] | None,
    services: Mapping[str, Service],
    pods: Sequence[str],
    restarted: Sequence[str] = (),
) -> tuple[FirstStep, ...]:
    """At most three steps. `pods` are known instances of the suspect's service, the most suspect first; `restarted`
    those that were, the latest first.
    """
    if first is None:
        return ()
    candidate, kind = first
    service = services.get(candidate.service) or Service(candidate.service)
    return tuple(_of_kind((candidate, kind), service, pods, restarted)[:MOST_STEPS])


def _of_kind(
    first: tuple[Candidate, Kind], service: Service, pods: Sequence[str], restarted: Sequence[str]
) -> list[FirstStep]:
    candidate, kind = first
    if kind == "change" and candidate.suspicion:
        return [*_read_change(candidate.suspicion.change), *_rollouts(service)]
    if kind == "resource":
        brought = _read_change(candidate.suspicion.change) if candidate.came_with_change and candidate.suspicion else []
        return [*_resource(candidate, service, pods, restarted), *brought, *_events(service)]
    if kind == "network":
        return [_placement(service), *_events(service)]
    asked = (
        [FirstStep(f"Ask the owner of {service.name}: {service.owner}")]
        if service.owner and kind != "own fault"
        else []
    )
    return [*asked, *_logs(service, pods), *_events(service)]


def _read_change(change: Change) -> list[FirstStep]:
    name = change.version or "the change"
    if change.previous and change.version:
        files = " ".join(shlex.quote(file) for file in change.files[:3])
        command = f"git diff {shlex.quote(change.previous)} {shlex.quote(change.version)}"
        return [FirstStep(f"Read what {name} changed", f"{command} -- {files}" if files else command)]
    return [FirstStep(f"Read what {name} changed: {change.url}")] if change.url else []


def _rollouts(service: Service) -> list[FirstStep]:
    if not service.namespace:
        return []
    command = f"kubectl rollout history deployment {_in(service)}"
    return [FirstStep(f"See what can be rolled back in {service.namespace}", command)]


def _resource(candidate: Candidate, service: Service, pods: Sequence[str], restarted: Sequence[str]) -> list[FirstStep]:
    shifts = candidate.standing.shifts.get("resource", ())
    moved = {shift.signal for shift in shifts}
    namespace = service.namespace
    if "disk" in moved and namespace and pods:
        command = f"kubectl exec {shlex.quote(pods[0])} {_in(service)} -- df -h"
        return [FirstStep("See which volume is full", command)]
    if moved & {"restarts", "instances_up"}:
        return _restarts(service, pods, restarted)
    if "connections" in moved:
        return [*_logs(service, pods), _placement(service)]
    command = f"kubectl top pods {_in(service)} --containers" if namespace else "kubectl top pods --all-namespaces"
    return [FirstStep("See what each pod uses", command), *_logs(service, pods)]


def _restarts(service: Service, pods: Sequence[str], restarted: Sequence[str]) -> list[FirstStep]:
    """A pod that was not restarted has no log from before: where nobody knows which it was, the cluster says it."""
    if restarted:
        return [*_logs(service, restarted, "--previous"), _placement(service)]
    return [_placement(service), *_logs(service, pods)]


def _logs(service: Service, pods: Sequence[str], *more: str) -> list[FirstStep]:
    if not (service.namespace and pods):
        return []
    command = " ".join(["kubectl logs", shlex.quote(pods[0]), _in(service), "--tail=200", *more])
    return [FirstStep(f"Read the log of {pods[0]}", command)]


def _placement(service: Service) -> FirstStep:
    where = _in(service) if service.namespace else "--all-namespaces"
    return FirstStep(f"See where the pods of {service.name} run", f"kubectl get pods {where} -o wide")


def _events(service: Service) -> list[FirstStep]:
    where = _in(service) if service.namespace else "--all-namespaces"
    return [FirstStep("See what the cluster did", f"kubectl get events {where} --sort-by=.lastTimestamp")]


def _in(service: Service) -> str:
    return f"-n {shlex.quote(service.namespace or 'default')}"
