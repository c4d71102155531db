"""How much the pod and its account may, and how many bots there are."""

import re

import pytest

from runbooks.loader import SHIPPED
from tests.deploy.dockerfile import instructions
from tests.deploy.kustomize import build, read
from tests.deploy.manifests import EXAMPLE, FINISHED, FOLDER, OFF, base, deployment, example_with, only
from tests.pages import section, text_of

READS = {"get", "list", "watch"}


def granted(manifests):
    """(API group, resource) → the verbs, over every role."""
    rights = {}
    for rule in (rule for one in manifests if one["kind"] == "Role" for rule in one["rules"]):
        for right in ((group, resource) for group in rule["apiGroups"] for resource in rule["resources"]):
            rights.setdefault(right, set()).update(rule["verbs"])
    return rights


@pytest.mark.parametrize("component", ["read-role", *OFF])
def test_the_pod_keeps_to_the_restricted_standard_with_a_root_that_is_read_only(component):
    manifests = build(EXAMPLE) if component == "read-role" else example_with(component)
    _, pod, container = deployment(manifests)
    who = ":".join(str(pod["securityContext"][one]) for one in ("runAsUser", "runAsGroup"))
    assert who == dict(instructions())["USER"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {kind for one in pod["volumes"] for kind in one} <= {"name", "emptyDir", "persistentVolumeClaim"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    namespace = only(manifests, "Namespace")["metadata"]["labels"]
    assert namespace == {"pod-security.kubernetes.io/enforce": "restricted"}


@pytest.mark.parametrize("folder", ["base", *FINISHED])
def test_unless_more_is_asked_for_the_account_only_reads_and_no_secrets(folder):
    rights = granted(build(FOLDER / folder))
    assert rights
    assert set().union(*rights.values()) == READS
    assert not {resource for _, resource in rights} & {"*", "secrets", "configmaps", "pods/exec", "pods/proxy"}


@pytest.mark.parametrize("folder", ["base", *FINISHED])
def test_what_may_change_things_and_what_is_not_supported_is_off(folder):
    named = {name.rsplit("/", 1)[-1] for name in read(FOLDER / folder).get("components", ())}
    assert not named & set(OFF)
    assert {path.name for path in (FOLDER / "components").iterdir()} == {"read-role", *OFF}


def kubectl_of_the_library():
    """What comes after `kubectl` in the runbooks that come with the bot."""
    commands = re.findall(r"command: \"?(?:\|\s+)?kubectl (.+)", "\n".join(map(str, library_lines())))
    assert len(commands) > 20
    return commands


def library_lines():
    return [line for path in sorted(SHIPPED.glob("*.yaml")) for line in path.read_text().splitlines()]


RESOURCES = {
    "pod": ("", "pods"),
    "pods": ("", "pods"),
    "deployment": ("apps", "deployments"),
    "horizontalpodautoscalers": ("autoscaling", "horizontalpodautoscalers"),
    "certificate": ("cert-manager.io", "certificates"),
    "certificates": ("cert-manager.io", "certificates"),
    "certificaterequests": ("cert-manager.io", "certificaterequests"),
}
NEEDS = {
    "logs": {("", "pods"), ("", "pods/log"), ("apps", "deployments")},
    "top": {("", "pods"), ("metrics.k8s.io", "pods")},
    "describe": {("", "events")},
    "rollout": {("apps", "deployments"), ("apps", "replicasets")},
    "get": set(),
}
"""What a command of kubectl asks the API for, besides what it names."""


def test_the_reads_of_the_library_may_be_made_but_for_those_that_the_page_names():
    rights = granted(base())
    over_all = [one for one in kubectl_of_the_library() if "node" in one or "--all-namespaces" in one]
    assert over_all
    assert "drain-node" in section("docs/deploy.md", "Kubernetes")
    for command in (one for one in kubectl_of_the_library() if one not in over_all):
        verb, what, *_ = command.split()
        if verb == "rollout" and what not in ("history", "status"):
            continue
        named = {RESOURCES[what.partition("/")[0]]} if verb in ("get", "describe") else set()
        for needed in NEEDS.get(verb, set()) | named:
            assert rights.get(needed) == READS, command


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        ("write-role", {("apps", "deployments"): {"patch"}, ("apps", "deployments/scale"): {"get", "patch", "update"}}),
        ("exec-role", {("", "pods/exec"): {"create", "get"}}),
    ],
)
def test_a_component_adds_just_the_rights_that_it_says(component, expected):
    assert granted(build(FOLDER / "components" / component)) == expected


# ── how many ─────────────────────────────────────────────────────────────────────────────────────


def test_there_is_one_bot_and_never_two_for_a_moment():
    spec, _, _ = deployment(build(EXAMPLE))
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_replicas_are_two_one_of_which_always_serves_and_neither_shares_a_folder():
    manifests = example_with("replicas")
    spec, pod, _ = deployment(manifests)
    assert spec["replicas"] == 2
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    assert only(manifests, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    assert not any("persistentVolumeClaim" in volume for volume in pod["volumes"])


def test_what_replicas_need_stands_where_people_would_turn_them_on():
    pages = (
        text_of("deploy/kubernetes/components/replicas/kustomization.yaml"),
        section("docs/deploy.md", "More than one replica"),
    )
    for page in pages:
        assert "PostgreSQL" in page
        assert "CHROMA_URL" in page
