"""A command's text to arguments, what a shell alone would understand, and the form in which people see it."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from runbooks.commands import CommandError, launcher, shell_syntax, shown, split
from runbooks.prepared import Exec, Http, Promql, Say, Wait

SPLIT = [
    ("kubectl top pods -n {{namespace}}", ("kubectl", "top", "pods", "-n", "{{namespace}}")),
    ("kubectl get {{ pod }} -n x", ("kubectl", "get", "{{pod}}", "-n", "x")),
    ("a 'b c' \"d e\"", ("a", "b c", "d e")),
    ('psql -c "SELECT\n  1"', ("psql", "-c", "SELECT\n  1")),
    ("a \\\n  b", ("a", "b")),
    ("find /x \\( -name '*.gz' \\) ! -newer y", ("find", "/x", "(", "-name", "*.gz", ")", "!", "-newer", "y")),
    ("a b{{c}}d --e={{f}}", ("a", "b{{c}}d", "--e={{f}}")),
    ("a 'x | y > z && $(w) `v` *'", ("a", "x | y > z && $(w) `v` *")),
    ("  a b \n", ("a", "b")),
    ("a ''", ("a", "")),
    ("kubectl get x -o jsonpath={.status.phase}", ("kubectl", "get", "x", "-o", "jsonpath={.status.phase}")),
]


@pytest.mark.parametrize(("text", "argv"), SPLIT)
def test_a_command_is_split_as_posix_quoting_has_it(text, argv):
    assert split(text) == argv


SHELL = [
    ("a | b", ["|"]),
    ("a |& b", ["|&"]),
    ("a > b", [">"]),
    ("a >> b 2>&1", [">>", "2>&1"]),
    ("a 2> b", ["2>"]),
    ("a2>b", [">"]),
    ("a < b", ["<"]),
    ("a << EOF", ["<<"]),
    ("a <(b)", ["<(", ")"]),
    ("a && b || c", ["&&", "||"]),
    ("a; b", [";"]),
    ("a & b", ["&"]),
    ("a $(b)", ["$(", ")"]),
    ("a `b`", ["`"]),
    ("a ${HOME}", ["${HOME}"]),
    ("a $HOME $1", ["$HOME", "$1"]),
    ('a "$HOME" "$(b)"', ["$HOME", "$("]),
    ('a "\\$x"', ["\\$"]),
    ("a $'x'", ["$'"]),
    ("a *.gz b?", ["*", "?"]),
    ("a x[0]", ["["]),
    ("a {b,c} {1..3}", ["{b,c}", "{1..3}"]),
    ("(a)", ["(", ")"]),
    ("a ~/b ~", ["~"]),
    ("a #b", ["#b"]),
    ("X=1 a", ["X=1"]),
    ("! a", ["!"]),
    ("a\nb", ["\\n"]),
    ("a –n", ["\\u2013"]),
    ("a “b”", ["\\u201c", "\\u201d"]),
    ("a | b > c ; d", ["|", ">", ";"]),
]


@pytest.mark.parametrize(("text", "found"), SHELL)
def test_what_only_a_shell_would_understand_is_found_all_of_it_and_each_says_what_to_write(text, found):
    mistakes = shell_syntax(text)

    assert [mistake.found for mistake in mistakes] == found
    assert all(mistake.suggestion for mistake in mistakes)
    with pytest.raises(CommandError):
        split(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a 'b", "quote"),
        ('a "b', "quote"),
        ("a \\", "stands last"),
        ("", "empty"),
        ("''", "empty"),
        ("{{program}} x", "cannot be a variable"),
        ("a '\x00'", "control character"),
        ("a " + "b " * 300, "arguments"),
        ("a" * 9_000, "characters"),
    ],
)
def test_what_cannot_be_split_is_a_sentence(text, words):
    with pytest.raises(CommandError, match=words):
        split(text)


LAUNCHERS = [
    "sh -c x",
    "/bin/bash x",
    "python3.11 -c x",
    "env kubectl get pods",
    "xargs rm",
    "busybox sh",
    "timeout 5 rm",
    "sudo rm",
    "ssh host rm",
    "awk x",
    "/lib64/ld-linux-x86-64.so.2 /bin/sh",
    "find / -exec rm x ;",
    "find / -name x -okdir rm x ;",
    "kubectl exec p -- sh -c x",
    "kubectl -n x exec p -- /bin/bash",
    "kubectl --context c exec p -c d -- env sh",
    "kubectl exec p sh",
    "kubectl exec -it p -- python",
    "kubectl run x --image=y -- sh",
    "kubectl my-plugin x",
    "kubectl -n x my-plugin",
    "kubectl edit deployment/x",
    "aws ssm send-command --x",
    "aws --region x ssm start-session",
    "psql -o '|sh' -c x",
    "psql '-o|sh' -c x",
    "psql --output='|sh' -c x",
    "psql -c \"COPY t TO PROGRAM 'sh'\"",
]


@pytest.mark.parametrize("text", LAUNCHERS)
def test_what_can_run_another_command_says_so(text):
    assert launcher(shlex.split(text))


@pytest.mark.parametrize(
    "text",
    [
        "kubectl get pods",
        "kubectl exec p -- cat /proc/meminfo",
        "kubectl exec p -- jcmd 1 GC.heap_dump /tmp/heap.hprof",
        "kubectl -n x rollout restart deployment/y",
        "find / -name x -delete",
        "aws s3 cp a s3://b/c",
        "psql -c 'SELECT 1'",
        "df -h",
        "cmctl renew x",
    ],
)
def test_what_runs_only_itself_does_not(text):
    assert launcher(shlex.split(text)) == ""


def exec_of(*argv, env=None, then=None):
    return Exec(tuple(argv), "/bin/x", "0" * 64, 60.0, env or {}, then=then)


ARGUMENT = st.text(max_size=12) | st.text(alphabet="'\"\\$`! \n\tab={}é\u202e;|", max_size=12)
ARGV = st.lists(ARGUMENT, min_size=1, max_size=4)


@given(ARGV, ARGV)
@settings(max_examples=150, deadline=None)
def test_two_argument_lists_never_look_the_same(one, other):
    assume(one != other)
    assert shown(exec_of(*one)) != shown(exec_of(*other))


@given(ARGV)
@settings(max_examples=100, deadline=None)
def test_what_is_shown_is_one_line_of_plain_ascii(argv):
    text = shown(exec_of(*argv))

    assert all(" " <= char <= "~" for char in text)


SEEN = st.text(alphabet=st.characters(min_codepoint=1, max_codepoint=0x2FFF), max_size=10)


@given(st.lists(st.lists(SEEN, min_size=1, max_size=4), min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_bash_reads_back_exactly_what_is_shown(lists):
    lines = [shown(exec_of("printf", "%s\\0", *argv, "end")) for argv in lists]
    done = subprocess.run(
        ["bash", "--norc"], input="\n".join(lines).encode(), capture_output=True, check=True, env={"LANG": "C.UTF-8"}
    )

    assert done.stdout.decode().split("\0")[:-1] == [arg for argv in lists for arg in (*argv, "end")]


KINDS = [
    exec_of("wait:", "60", "s"),
    exec_of("wait", "60", "s"),
    exec_of("PUT", "http://x/"),
    exec_of("a=b"),
    exec_of("", env={"a": "b"}),
    exec_of("x", env={"a": "b"}),
    exec_of("a=b", "x"),
    exec_of("a", "b", then=exec_of("c")),
    exec_of("a", "b\nc"),
    exec_of("message:", "x"),
    exec_of("promql:", "up"),
    Wait(60.0),
    Wait(60.5),
    Say("x"),
    Say("x\\n"),
    Say("x\n"),
    Promql("up", 5.0),
    Http("PUT", "http://x/", {}, "", 5.0),
    Http("PUT", "http://x/", {"a": "b"}, "", 5.0),
    Http("PUT", "http://x/", {}, "a: b", 5.0),
    Http("PUT", "http://x/", {}, "\na: b", 5.0),
]


def test_deeds_of_different_kinds_never_look_the_same():
    texts = [shown(deed) for deed in KINDS]

    assert len(set(texts)) == len(texts)


def test_bidirectional_and_control_characters_are_seen():
    assert shown(exec_of("rm", "a\u202eb", "c\x1b[2K", "д")) == "rm $'a\\u202eb' $'c\\u001b[2K' $'\\u0434'"


def test_a_request_is_shown_whole_and_a_reference_to_a_secret_stays_one():
    deed = Http("POST", "https://flags.internal/x", {"Authorization": "Bearer {{env.TOKEN}}"}, '{"a": "b"}', 5.0)

    assert shown(deed) == 'POST https://flags.internal/x\nAuthorization: Bearer {{env.TOKEN}}\n\n{"a": "b"}'
