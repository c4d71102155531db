"""The Kubernetes manifests: valid by the models of Kubernetes' own client, and true to the bot that they run."""

import re

import pytest
import yaml
from kubernetes import client

from bot import __version__
from bot.measures import Measures
from bot.settings import Settings
from bot.web import health
from tests.deploy.dockerfile import instructions
from tests.deploy.kustomize import build, read
from tests.deploy.manifests import EXAMPLE, FINISHED, FOLDER, OFF, STOP_S, base, deployment, example_with, only

PORT = Settings.model_fields["http_port"].default
SETTINGS = {name.upper() for name in Settings.model_fields}
SECRETS = {name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}


def as_kubernetes_reads_it(manifest):
    """Through the models of Kubernetes' own client: a wrong type raises, and what they do not know gets lost."""
    model = getattr(client, f"V1{manifest['kind']}").from_dict(manifest)
    return client.ApiClient().sanitize_for_serialization(model)


# ── what they are ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("folder", FINISHED)
def test_kubernetes_knows_every_field_of_every_manifest(folder):
    for manifest in build(FOLDER / folder):
        assert as_kubernetes_reads_it(manifest) == manifest


@pytest.mark.parametrize("component", OFF)
def test_kubernetes_knows_every_field_with_each_component_too(component):
    for manifest in example_with(component):
        assert as_kubernetes_reads_it(manifest) == manifest


def test_kubernetes_knows_the_example_of_the_secret():
    secret = yaml.safe_load((FOLDER / "secret.example.yaml").read_text())
    assert as_kubernetes_reads_it(secret) == secret


@pytest.mark.parametrize("folder", FINISHED)
def test_everything_that_has_a_namespace_is_in_one_and_every_binding_says_whose(folder):
    for manifest in build(FOLDER / folder):
        assert manifest["kind"] == "Namespace" or manifest["metadata"]["namespace"]
        assert all(subject["namespace"] == "first-responder" for subject in manifest.get("subjects", ()))


def test_base_and_components_name_no_namespace():
    for path in [*(FOLDER / "base").glob("*.yaml"), *(FOLDER / "components").rglob("*.yaml")]:
        assert not re.search(r"^\s*namespace:", path.read_text(), re.MULTILINE), path


def test_every_file_belongs_to_a_kustomization():
    kustomizations = [path.parent for path in FOLDER.rglob("kustomization.yaml")]
    listed = {folder / name for folder in kustomizations for name in read(folder).get("resources", ())}
    files = {path for path in FOLDER.rglob("*.yaml") if path.name not in ("kustomization.yaml", "secret.example.yaml")}
    assert files == {path for path in listed if path.suffix}


def test_the_image_is_of_this_version():
    assert deployment(base())[2]["image"] == f"first-responder:{__version__}"
    assert deployment(build(EXAMPLE))[2]["image"].endswith(f"/first-responder:{__version__}")


# ── true to the bot ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("folder", ["base", "overlays/example"])
def test_what_is_set_is_a_setting_no_secret_and_loads(folder):
    told = only(build(FOLDER / folder), "ConfigMap")["data"]
    assert set(told) <= SETTINGS - SECRETS
    assert Settings(_env_file=None, **{name.lower(): value for name, value in told.items()})


def test_the_example_of_the_secret_has_every_secret_and_no_value():
    told = yaml.safe_load((FOLDER / "secret.example.yaml").read_text())["stringData"]
    assert set(told) == SECRETS | {"DATABASE_URL"}
    assert set(told.values()) == {""}


def test_the_pod_takes_settings_and_secrets_by_the_names_that_they_have():
    manifests = base()
    _, pod, container = deployment(manifests)
    secret = yaml.safe_load((FOLDER / "secret.example.yaml").read_text())
    assert container["envFrom"] == [
        {"configMapRef": {"name": only(manifests, "ConfigMap")["metadata"]["name"]}},
        {"secretRef": {"name": secret["metadata"]["name"]}},
    ]
    assert pod["enableServiceLinks"] is False
    assert pod["serviceAccountName"] == only(manifests, "ServiceAccount")["metadata"]["name"]


def test_ports_are_the_one_on_which_the_bot_listens():
    manifests = base()
    _, _, container = deployment(manifests)
    assert container["ports"] == [{"name": "http", "containerPort": PORT}]
    assert only(manifests, "Service")["spec"]["ports"] == [{"name": "http", "port": PORT, "targetPort": "http"}]
    (rule,) = only(manifests, "NetworkPolicy")["spec"]["ingress"]
    assert rule["ports"] == [{"port": "http", "protocol": "TCP"}]


def test_probes_ask_what_the_bot_answers():
    async def ready():
        pass

    served = {route.path for route in health.routes(ready, Measures())}
    _, _, container = deployment(base())
    asked = {name: container[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert {name: one["path"] for name, one in asked.items()} == {
        "startupProbe": "/healthz",
        "readinessProbe": "/readyz",
        "livenessProbe": "/healthz",
    }
    assert {one["path"] for one in asked.values()} <= served
    assert {one["port"] for one in asked.values()} == {"http"}


def test_the_pod_has_the_time_that_an_orderly_stop_takes():
    _, pod, _ = deployment(base())
    assert pod["terminationGracePeriodSeconds"] >= STOP_S + 5
    _, pod, container = deployment(example_with("replicas"))
    command, seconds = container["lifecycle"]["preStop"]["exec"]["command"]
    assert command == "sleep"
    assert pod["terminationGracePeriodSeconds"] >= int(seconds) + STOP_S + 5


def test_selectors_find_the_pod():
    manifests = example_with("replicas")
    spec, pod, _ = deployment(manifests)
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == labels
    assert only(manifests, "Service")["spec"]["selector"] == labels
    assert only(manifests, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    assert only(manifests, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert pod["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"] == labels


def test_what_is_mounted_is_what_the_image_writes_to():
    image = dict(instructions())
    manifests = base()
    _, pod, container = deployment(manifests)
    mounted = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    assert mounted == {image["WORKDIR"]: "data", "/tmp": "tmp"}
    assert {one["name"] for one in pod["volumes"]} == set(mounted.values())
    (claim,) = [one["persistentVolumeClaim"]["claimName"] for one in pod["volumes"] if one["name"] == "data"]
    assert only(manifests, "PersistentVolumeClaim", claim)
