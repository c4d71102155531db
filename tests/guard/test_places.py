"""Two tables, word for word: what is masked, with everything around it left as it was; and what stays."""

import gzip
import json
from pathlib import Path

import pytest

from bot.guard.redact import redact, redact_lines
from tests.guard.made import KEYS, PLACES, pem

AROUND = {
    "alone": "{}",
    "in a sentence": "key {} leaked.",
    "at the end of a sentence": "they used {}.",
    "in JSON": '{{"a":"{}","b":1}}',
    "in escaped JSON": '{{\\"a\\":\\"{}\\"}}',
    "after a literal line break": "one\\n{}\\ntwo",
    "in a list": "[{}, x]",
    "as a value": "x={}, y=2",
    "in a URL": "https://h:8443/a?x={}&y=2",
    "in a path": "/a/{}/b",
    "coloured": "\x1b[31m{}\x1b[0m",
    "in a log line": "2026-11-21T03:42:00.123Z ERROR [api-7d9f8b6c5-x2x1z] sent {} to 10.0.0.7:443",
}


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_known_wherever_it_stands(name, around):
    kind, secret = KEYS[name]
    assert redact(AROUND[around].format(secret)) == AROUND[around].format(f"[redacted: {kind}]")


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_place_gives_its_secret_away_and_keeps_its_own_words(place):
    assert redact(place.text()) == place.masked()


@pytest.mark.parametrize("kind", ["RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", ""])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\\n", "\\r\\n", "\\\\n", " "])
def test_a_private_key_is_masked_however_its_lines_are_broken(kind, newline):
    key = pem(kind, newline=newline)
    assert redact(f"key={key} end") == "key=[redacted: private key] end"
    assert redact(f'{{"key": "{key}"}}') == '{"key": "[redacted: private key]"}'


STAYS = """
9f1c2d3e4b5a69788796a5b4c3d2e1f001122334
commit 9f1c2d3 by alice
123e4567-e89b-12d3-a456-426614174000
sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7
X-Request-Id: 0af7651916cd43dd8448eb211c80319c
cursor=eyJpZCI6NDJ9
id=dGhpcyBpcyBhbiBpZA==
MDEyOk9yZ2FuaXphdGlvbjE=
image: repo/app:2.34.1@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
payment-service-7d9f8b6c5-x2x1z
2026-11-21T03:42:00.123Z
2001:db8::1 http://[2001:db8::1]:8080/x
http://prometheus:9090/graph?g0.expr=up
postgres://db:5432/orders
redis://cache:6379/0
http://user@host:8080/x
git@github.com:acme/app.git
alice@example.com
see http://a:80/ and mail b@c.example
token bucket empty
password reset ok
max_tokens=4096
usage: prompt_tokens=812 completion_tokens=99 total_tokens: 911
tokens=1200000
primary_key=id
cache key: user:42
cache_key=orders:2026
key=abc
Duplicate entry '42' for key 'PRIMARY'
foreign key constraint "fk_orders" fails
routing_key=orders.created
PWD=/srv/app OLDPWD=/root
secret_name=payment-config
secretKeyRef: name
MountVolume.SetUp failed for volume "creds" : secret "payment-tls" not found
failed to get secret default/payment-tls
secrets is forbidden: User "x" cannot list resource "secrets"
kubectl get secret payment-config -n payments
/var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory
PASSWORD_FILE=/run/secrets/db_password
GET /api/v1/secrets/payment 403
POST /oauth/token 200
Authorization failed for user bob
authorization: missing
basic authentication failed
WWW-Authenticate: Bearer realm="x"
Bearer token missing
uses bearer authorization-header
the Basic subscription plan
auth=ok
auth: failed
authority=example.com author=alice
session_id=8f14e45f
passed=12 failed=0
pass: 12 fail: 0
bypass=true compass=north passenger: bob
password: <nil>
password must be 12 characters
password=
"password": null
password=${DB_PASSWORD}
password=$DB_PASSWORD
token={{ .Values.token }}
password=******
token=[FILTERED]
password=%s
password={}
api_key: ''
token expired
token: expired
token_type: Bearer
token_refresh_errors_total: 3
rate(auth_token_refresh_total[5m]) > 5
invalid token: unexpected end of input
Unexpected token < in JSON at position 0
"token": {"type": "string"}
FATAL: password authentication failed for user "app"
ERROR 1045 (28000): Access denied for user 'app'@'10.0.0.7' (using password: YES)
NOAUTH Authentication required.
x509: certificate signed by unknown authority
tls: private key does not match public key
signing key not found: kid=abc
-----BEGIN CERTIFICATE-----
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB
at com.example.PasswordService.check(PasswordService.java:42)
  File "/app/auth/token.py", line 42, in refresh_token
    token = self.tokens[key]
token := NextToken()
exit code: 137
?key=name&sort=asc
tokenizer=cl100k tokenFile=/var/run/x
storage key quota
routing_key=orders.created app_key=checkout
secret: not found
the token bucket-7f9c8d is empty
token payment-service-7d9f8b6c5-x2x1z
password 8 characters at least
requirepass is not set
redis-cli -h cache -a
docker run -p 8080:80 app
10:42:07 worker@host:8080 ready
docker.io/library/redis:7@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
pass: 3
"pass": 12
pass: true
password: |
?code=404
cookies accepted
cookie: missing
curl -u 1000:1000 is no password
docker run -u 1000:1000 -p 8080:80 app
mysql -h db --port 3306
ssh -p 2222 host
kubectl rollout undo deployment/payment-service -n payments
connection refused: payment-gateway.internal:8443
pool exhausted: 50/50 in use, 120 waiting
SK-1234 shipped, sk-learn 1.2, task-0123456789abcdef0123456789
[redacted: password]
""".strip("\n").split("\n")


@pytest.mark.parametrize("line", STAYS)
def test_ids_words_and_states_stay(line):
    assert redact(line) == line


def test_no_log_line_of_the_recordings_is_touched():
    files = sorted(Path(__file__).parents[1].glob("recordings/*/logs.jsonl.gz"))
    lines = [json.loads(line)["message"] for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert len(lines) > 10_000
    assert redact_lines(lines) == lines
