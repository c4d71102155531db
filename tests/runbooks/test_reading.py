"""The reading table: what only looks, and the many things that only look as if they did."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbooks import psql, sql
from runbooks.prepared import Exec, Http, Promql, Say, Wait
from runbooks.reading import is_read, is_read_command

READS = [
    "kubectl get pods",
    "kubectl -n x get pods -o wide",
    "kubectl top pods -n {{namespace}}",
    "kubectl logs deployment/x -n y --since=10m --tail=200",
    "kubectl rollout status deployment/x --timeout=60s",
    "kubectl get pods -nprod -A",
    "kubectl get configmap c -o yaml",
    "kubectl describe node x",
    "psql -c 'SELECT count(*) FROM pg_stat_activity'",
    "psql -c \"SELECT pid, now() - a.query_start AS duration FROM pg_stat_activity a WHERE state != 'idle' LIMIT 10\"",
    "psql -Atc 'select 1;'",
    "psql --csv -X -v ON_ERROR_STOP=1 -c 'SHOW max_connections'",
    "psql -c 'EXPLAIN select * from t where a in (1,2)'",
    "psql -c 'explain (costs off, format json) select 1'",
    "find /var/log -name -delete -mtime -7",
    "df -h /",
    "df -hT",
    "du -xh --max-depth=3 /var/log",
    "aws s3 ls s3://x --recursive",
    "aws --region eu-1 ec2 describe-instances --instance-ids i-1 i-2",
    "aws sts get-caller-identity",
    "/usr/bin/find / -name x",
    "kubectl get pods -o jsonpath={.items}",
    "kubectl auth can-i get pods",
]
NO_READS = [
    """psql -c 'SELECT * FROM U&"pg!005fshadow" UESCAPE $$!$$'""",
    """psql -c "SELECT * FROM U&\\"pg!005fshadow\\" UESCAPE '!'" """,
    "kubectl get pods -- x",
    "kubectl get pods -o name -o jsonpath-file=/x",
    "aws ec2 describe-instances --no-verify-ssl",
    "aws ec2 describe-instances --debug",
    "aws ec2 describe-instances --endpoint-url=evil.example",
    "aws ec2 describe-instances --endp evil.example",
    "kubectl exec p -- cat /x",
    "kubectl get secret",
    "kubectl get secrets/x -o yaml",
    "kubectl get pods,secrets",
    "kubectl get po secrets/x",
    "kubectl describe secret x",
    "kubectl delete pod x",
    "kubectl --as=admin get pods",
    "kubectl --as get delete pod x",
    "kubectl --kubeconfig get delete pod",
    "kubectl --token x get pods",
    "kubectl get --raw /api/v1/secrets",
    "kubectl get pods -o jsonpath-file=/etc/passwd",
    "kubectl get pods -o name --output=jsonpath-file=/x",
    "kubectl get -f x.yaml",
    "kubectl rollout restart deployment/x",
    "kubectl",
    "kubectl get pods -w",
    "kubectl --server=x get pods",
    "kubectl foo",
    "kubectl -n get delete pods",
    "kubectl config view --raw",
    "kubectl cluster-info dump",
    "kubectl get pods --foo",
    "psql -c 'SELECT pg_terminate_backend(1)'",
    "psql -c 'select pg_sleep(1)'",
    "psql -c 'select 1; delete from t'",
    "psql -c 'delete from t'",
    "psql -c 'select * into x from t'",
    "psql -c 'select * from t for update'",
    "psql -c 'explain analyze select 1'",
    "psql -c 'explain (analyze) select 1'",
    "psql -c 'explain delete from t'",
    "psql -c 'select \"pg_sleep\"(1)'",
    "psql -c 'select evil.count(1)'",
    "psql -c 'select /* x */ 1'",
    "psql -c 'select 1 -- x'",
    "psql -c 'with x as (delete from t returning 1) select 1'",
    "psql -c 'select 1' -c 'delete from t'",
    "psql -f x",
    "psql",
    "psql -c 'SHOW all'",
    "psql -c 'SHOW primary_conninfo'",
    "psql 'options=-cdefault_transaction_read_only=off' -c 'select 1'",
    "psql -d 'options=x' -c 'select 1'",
    "psql -c '\\! rm'",
    "psql -c 'select * from pg_shadow'",
    "psql -c 'select * from \"pg_authid\"'",
    "psql -c 'select $$a$$'",
    "psql -c 'select set_config (1)'",
    "psql -c 'table x'",
    "psql -c 'copy t to program 1'",
    "psql --comm='delete'",
    "psql -c 'select lo_import(1)'",
    "psql -c ''",
    "psql -l",
    "find / -delete",
    "find / -exec rm",
    "find / -fprint x",
    "find / -name",
    "find -D exec",
    "aws s3 rm s3://x",
    "aws secretsmanager get-secret-value --secret-id x",
    "aws sts get-session-token",
    "aws ssm get-parameter --name x",
    "aws s3api get-object --bucket b --key k out",
    "aws ec2 terminate-instances --instance-ids i",
    "aws --endpoint-url http://x ec2 describe-instances",
    "aws ec2 describe-instances --endpoint http://x",
    "aws ec2 describe-instances --filters file:///etc/passwd",
    "aws s3 ls --endpoint-url=http://x",
    "rm -rf /",
    "./kubectl get pods",
    "/tmp/kubectl get pods",
    "du --files0-from=/etc/shadow",
    "df --foo",
]


@pytest.mark.parametrize("text", READS)
def test_what_only_looks_is_a_read(text):
    assert is_read_command(shlex.split(text))


@pytest.mark.parametrize("text", NO_READS)
def test_what_does_more_or_hands_out_secrets_is_none(text):
    assert not is_read_command(shlex.split(text))


VERBS = ("delete", "apply", "exec", "edit", "patch", "scale", "drain", "create", "replace", "annotate", "label", "cp")
FLAGS = st.sampled_from(
    ["-n", "--namespace", "--context", "get", "describe", "logs", "-o", "--as", "--kubeconfig", "--token", "--", "-A",
     "--namespace=get", "-nget", "x", "--output=name", "--watch", "-", "=", "pods"]
)  # fmt: skip


@given(st.lists(FLAGS, max_size=4), st.sampled_from(VERBS))
@settings(max_examples=300, deadline=None)
def test_nothing_before_the_verb_makes_a_change_a_read(before, verb):
    """What kubectl takes for its verb is the first word that is no flag and no flag's value."""
    takes = {"-n", "--namespace", "--context", "--as", "--kubeconfig", "--token", "-o"}
    place = 0
    while place < len(before) and before[place].startswith("-"):
        place += 2 if before[place] in takes else 1
    if place == len(before):
        assert not is_read_command(("kubectl", *before, verb, "pods", "x"))


CHANGES = (
    "DELETE FROM t",
    "SELECT pg_terminate_backend(1)",
    "UPDATE t SET a = 1",
    "SELECT pg_sleep(9)",
    "DROP TABLE t",
)


@given(
    st.sampled_from(["SELECT 1", "SHOW x", "EXPLAIN SELECT 1", "SELECT 'a'"]),
    st.text(alphabet="; \n\t-/*'\"$\\(),.:", max_size=8),
    st.sampled_from(CHANGES),
)
@settings(max_examples=500, deadline=None)
def test_nothing_between_them_hides_a_change_behind_a_look(look, between, change):
    text = look + between + change
    if sql.only_looks(text):
        # only where the change stands inside a string or a quoted name, and so is none
        inside = text[: text.index(change)]
        assert inside.count("'") % 2 == 1 or inside.count('"') % 2 == 1


def exec_of(text, env=None):
    return Exec(tuple(shlex.split(text)), "/bin/x", "0" * 64, 60.0, env or {})


def test_psql_is_a_read_only_where_it_is_held_to_read_only_transactions():
    assert is_read(exec_of("psql -c 'SELECT 1'", psql.READ_ONLY))
    assert not is_read(exec_of("psql -c 'SELECT 1'"))
    assert not is_read(exec_of("psql -c 'DELETE FROM t'", psql.READ_ONLY))


def test_deeds_without_a_program():
    get = Http("GET", "http://x/", {}, "", 5.0)

    assert all(map(is_read, [get, replace(get, method="HEAD"), Promql("up", 5.0), Wait(1.0), Say("x")]))
    assert not any(map(is_read, [replace(get, method="POST"), replace(get, method="DELETE"), replace(get, body="x")]))


def test_a_second_command_counts_too():
    look = exec_of("kubectl get pods")

    assert is_read(replace(look, then=exec_of("df -h")))
    assert not is_read(replace(look, then=exec_of("kubectl delete pod x")))


PSQL = [
    ("psql -Atc 'SELECT 1' db", ("SELECT 1",), ("db",), False),
    ("psql -c 'SELECT 1' --command='SELECT 2'", ("SELECT 1", "SELECT 2"), (), True),
    ("psql -h host -p5432 -U me -d db --csv -c X", ("X",), (), True),
    ("psql -cX -- -db", ("X",), ("-db",), True),
    ("psql -c X --pset=format=csv", ("X",), (), False),
]


@pytest.mark.parametrize(("text", "told", "positional", "as_csv"), PSQL)
def test_psql_is_understood_as_it_reads_its_own_arguments(text, told, positional, as_csv):
    found = psql.understood(shlex.split(text))

    assert (tuple(sql for _, sql in found.sql), found.positional, found.as_csv) == (told, positional, as_csv)


@pytest.mark.parametrize(
    "text",
    ["psql", "psql db", "psql -f x", "psql -o x -c y", "psql -c", "psql -c '\\! sh'", "psql -c ' \\copy t'",
     "psql --comm=x", "psql -Q -c x", "psql -L x -c y"],
)  # fmt: skip
def test_a_psql_that_cannot_be_shown_whole_is_refused(text):
    with pytest.raises(psql.PsqlError):
        psql.understood(shlex.split(text))
