"""The image: from the lock, not root, nothing in it that builds, and a health check that needs no curl."""

import json
import os
import re
import subprocess
import sys
import tomllib

import pytest

from bot import __version__
from bot.settings import Settings
from tests.deploy.dockerfile import instructions, stages
from tests.pages import ROOT, text_of

PORT = Settings.model_fields["http_port"].default
READY = ROOT / "deploy" / "ready.py"


def all_of(name, stage):
    return [rest for one, rest in stage if one == name]


def copied():
    """What comes from the project's folder, as (source, into which stage)."""
    own = [(rest.split(), number) for number, stage in enumerate(stages()) for rest in all_of("COPY", stage)]
    return [(word, number) for words, number in own if not words[0].startswith("--from") for word in words[:-1]]


def test_everything_that_is_copied_is_there_and_goes_to_the_builder_and_nothing_else_does():
    ignored = [line for line in text_of(".dockerignore").splitlines() if line and not line.startswith("#")]
    assert ignored[0] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == {source for source, _ in copied()}
    assert all((ROOT / source).exists() for source, _ in copied())
    assert {"**/.env", "**/__pycache__"} <= set(ignored)


def test_what_is_built_is_the_bot_and_all_that_it_imports_but_not_the_playground():
    packages = tomllib.loads(text_of("pyproject.toml"))["tool"]["setuptools"]["packages"]["find"]["include"]
    built = {source for source, number in copied() if number == 0 and (ROOT / source / "__init__.py").exists()}
    assert {f"{name}*" for name in built} == set(packages) - {"playground*"}


def test_libraries_come_from_the_lock_with_their_hashes():
    installs = [rest for rest in all_of("RUN", stages()[0]) if "pip install" in rest]
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert installs[0].endswith("-r requirements.lock")
    assert "--no-deps ." in installs[1]


def test_what_comes_out_holds_nothing_that_builds_or_installs():
    build, image = stages()
    assert re.search(r"pip uninstall --yes setuptools pip$", all_of("RUN", build)[-1])
    (run,) = all_of("RUN", image)
    assert run.startswith("pip uninstall --yes --root-user-action ignore wheel setuptools pip && ")
    assert not re.search(r"apt|apk|gcc|pip install|curl|wget", run)


def test_stages_stand_on_an_ordinary_image_of_a_python_that_we_support():
    (version,) = re.findall(r"^ARG PYTHON=(\S+)$", text_of("deploy/Dockerfile"), re.MULTILINE)
    assert [rest.removesuffix(" AS build") for rest in (stage[0][1] for stage in stages())] == [
        "python:${PYTHON}-slim-bookworm"
    ] * 2
    assert f">={version}," in tomllib.loads(text_of("pyproject.toml"))["project"]["requires-python"]


def test_it_runs_as_a_fixed_user_who_is_not_root_from_before_it_starts():
    image = instructions()
    (user,) = all_of("USER", image)
    uid, gid = map(int, user.split(":"))
    assert uid >= 10000
    assert gid >= 10000
    assert f"useradd --uid {uid} --gid {gid}" in all_of("RUN", image)[0]
    after = [name for name, _ in image[[name for name, _ in image].index("USER") :]]
    assert not {"RUN", "COPY", "ADD"} & set(after)


def test_it_writes_to_one_volume_of_its_own():
    image = dict(instructions())
    assert image["WORKDIR"] == image["VOLUME"] == "/data"
    assert f"--owner 10001 --group 10001 --mode 0700 {image['VOLUME']}" in image["RUN"]
    relative = ("chroma_path", "embedder_path")
    assert not any(Settings.model_fields[name].default.is_absolute() for name in relative)
    assert Settings.model_fields["database_url"].default.startswith("sqlite:///first")
    assert f"HOME={image['VOLUME']}" in image["ENV"]
    assert "PYTHONSAFEPATH=1" in image["ENV"]


def test_it_starts_and_ends_as_the_bot_does():
    image = dict(instructions())
    assert json.loads(image["ENTRYPOINT"]) == ["first-responder"]
    assert json.loads(image["CMD"]) == ["serve"]
    assert image["STOPSIGNAL"] == "SIGTERM"
    assert image["EXPOSE"] == str(PORT)


def test_the_page_and_the_file_build_this_version():
    line = f"docker build -f deploy/Dockerfile -t first-responder:{__version__} ."
    assert line in text_of("deploy/Dockerfile")
    assert line in text_of("docs/deploy.md")


# ── is it well ───────────────────────────────────────────────────────────────────────────────────


def asked(port, **environment):
    environment = {"PATH": os.environ["PATH"], "HTTP_PORT": port, **environment}
    return subprocess.run([sys.executable, "-I", READY], env=environment, capture_output=True, text=True, timeout=30)


def test_the_health_check_starts_what_was_copied():
    image = dict(instructions())
    *_, command = image["HEALTHCHECK"].partition("CMD ")
    program, alone, script = json.loads(command)
    assert (program, alone) == ("python", "-I")
    assert f"deploy/ready.py {script}" in all_of("COPY", instructions())
    assert f'"HTTP_PORT") or {PORT}' in READY.read_text()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (404, 1)])
def test_it_is_well_only_where_alerts_can_be_stored(httpserver, status, code):
    httpserver.expect_request("/readyz").respond_with_json({"ready": status == 200}, status)
    told = asked(str(httpserver.port), http_proxy="http://127.0.0.1:9")
    assert (told.returncode, told.stderr) == (code, "")
    assert '"ready"' in told.stdout


def test_it_is_not_well_where_nobody_answers(unused_tcp_port):
    told = asked(str(unused_tcp_port))
    assert (told.returncode, told.stdout, told.stderr) == (1, "no answer (ConnectionRefusedError)\n", "")
