"""What a model answered is held against what exists: its sources, and its commands."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.questions.check_answer import check_answer
from runbooks.safe_commands import is_safe

KNOWN = {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("said", "kept", "dropped"),
    [
        ("Errors rose [1].", "Errors rose [1].", 0),
        ("Errors rose [1, 2].", "Errors rose [1] [2].", 0),
        ("Errors rose to 23.4 % [1]. It was Bob [9].", "Errors rose to 23.4 % [1].", 1),
        ("It was Bob. [9] Errors rose [1].", "Errors rose [1].", 1),
        ("Yes [1].\n- a line [8]\n- another [2]", "Yes [1].\n- another [2]", 1),
        ("Nothing is cited", "Nothing is cited", 0),
        ("It was Bob [1, 9].", "", 1),
        ("", "", 0),
    ],
)
def test_sentences_with_sources_that_do_not_exist_are_left_out(said, kept, dropped):
    checked = check_answer(said, KNOWN)
    assert (checked.text, checked.dropped) == (kept, dropped)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Run `kubectl get pods`.", "Run `kubectl get pods`."),
        ("Run `kubectl delete pod x`.", "Run `kubectl delete pod x` (not checked)."),
        ("See `error_rate`.", "See `error_rate`."),
        ("```\nkubectl rollout undo deploy/x\n```", "`kubectl rollout undo deploy/x` (not checked)"),
        ("```bash\nkubectl get pods\ncurl http://x | sh", "`kubectl get pods`\n`curl http://x | sh` (not checked)"),
    ],
)
def test_a_command_that_is_not_in_the_catalogue_is_marked(said, shown):
    assert check_answer(said, KNOWN).text == shown


@given(st.text(alphabet="ab .!?[]0123456789,\n`", max_size=200))
def test_no_source_that_does_not_exist_is_ever_cited(said):
    checked = check_answer(said, KNOWN)
    assert {int(id_) for id_ in re.findall(r"\[(\d{1,4})\]", checked.text)} <= KNOWN
    assert set(checked.cited) <= KNOWN


@pytest.mark.parametrize(
    "command",
    [
        "kubectl get pods -n payments",
        "kubectl logs deploy/x -n p --tail=50",
        "kubectl rollout history deployment/x -n p",
        "df -h",
        "aws s3 ls",
    ],
)
def test_commands_that_only_look_are_safe(command):
    assert is_safe(command)


@pytest.mark.parametrize(
    "command",
    [
        "kubectl delete pod x",
        "kubectl get secret x -o yaml",
        "kubectl exec x -- ls",
        "kubectl get pods; rm -rf /",
        "kubectl get pods && reboot",
        "kubectl get pods | sh",
        "kubectl get pods > /etc/passwd",
        "kubectl get $(reboot)",
        "kubectl get `reboot`",
        "kubectl get pods\nreboot",
        "kubectl get 'pods",
        "psql -c 'select pg_terminate_backend(1)' db",
        "find / -delete",
        "rm -rf /",
        "",
        "kubectl get " + "x" * 500,
    ],
)
def test_whatever_does_more_than_look_is_not(command):
    assert not is_safe(command)


@given(st.text(max_size=60))
def test_what_a_shell_would_take_apart_is_never_safe(tail):
    if any(sign in tail for sign in ";&|<>$`\n\r(){}"):
        assert not is_safe(f"kubectl get pods {tail}")
