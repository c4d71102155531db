"""No secret survives, wherever it stands; nothing else is touched; no text takes long.

Made-up secrets are put together when the test runs, so that no scanner mistakes this file for a leak.
"""

import string
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.guard.redact import redact, redact_finding, redact_lines
from integrations.contract import Alert, Change, LogLine, Logs, OpenAlert, Series

HEX32 = "0123456789abcdef" * 2
MIXED = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5hJ7k"
PLAIN = "Hunter2" + "Xy9"
"""A password as people choose them."""
PEM = "\n".join(
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        *[(MIXED * 2)[:64]] * 4,
        MIXED[:20] + "==",
        "-----END RSA PRIVATE KEY-----",
    ]
)

BY_FORMAT = {
    "aws key": "AKIA" + "IOSFODNN7EXAMPLE",
    "aws key, temporary": "ASIA" + "Y34FZKBOKMUTVV7A",
    "slack token": "xoxb-" + "123456789012-" + MIXED[:24],
    "slack token, rotating": "xoxe.xoxp-" + "1-" + MIXED,
    "slack token, app": "xapp-" + "1-A0123-456-" + HEX32,
    "slack webhook": "https://hooks.slack.com/" + "services/T00000000/B00000000/" + MIXED[:24],
    "github token": "ghp_" + MIXED[:36],
    "github token, fine-grained": "github_pat_" + MIXED[:22] + "_" + MIXED,
    "gitlab token": "glpat-" + MIXED[:20],
    "anthropic key": "sk-ant-" + "api03-" + MIXED,
    "openai key": "sk-" + MIXED + MIXED[:8],
    "openai key, of a project": "sk-proj-" + MIXED + "_" + MIXED,
    "stripe key": "sk_live_" + MIXED[:24],
    "stripe webhook secret": "whsec_" + MIXED[:32],
    "google key": "AIza" + MIXED[:35],
    "google token": "ya29." + MIXED,
    "google client secret": "GOCSPX-" + MIXED[:28],
    "azure secret": "abc8Q~" + MIXED[:34],
    "npm token": "npm_" + MIXED[:36],
    "pypi token": "pypi-" + "AgEIcHlwaS5vcmc" + MIXED,
    "sendgrid key": "SG." + MIXED[:22] + "." + MIXED + "abc",
    "twilio key": "SK" + HEX32,
    "mailgun key": "key-" + HEX32,
    "docker token": "dckr_pat_" + MIXED[:27],
    "digitalocean token": "dop_v1_" + HEX32 * 2,
    "vault token": "hvs." + MIXED,
    "terraform token": MIXED[:14] + ".atlasv1." + MIXED * 2,
    "grafana token": "glsa_" + MIXED[:32] + "_0a1b2c3d",
    "new relic key": "NRAK-" + MIXED[:27].upper(),
    "databricks token": "dapi" + HEX32,
    "shopify token": "shpat_" + HEX32,
    "hugging face token": "hf_" + MIXED[:34],
    "telegram token": "1234567890:AA" + MIXED[:33],
    "jwt": "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJ" + "zdWIiOiIxMjM0In0." + MIXED,
}

BY_PLACE = {
    "url": "postgres://app:{}@db.internal:5432/orders",
    "url without a user": "redis://:{}@cache:6379/0",
    "url in a sentence": "could not connect to 'amqp://bot:{}@mq/%2f': refused",
    "assignment": "password={}",
    "environment": "DB_PASSWORD={} ./run",
    "colon": "password: {}",
    "yaml": "  db_password: {}  # prod",
    "double quotes": 'passwd = "{}"',
    "single quotes": "secret => '{}'",
    "cut before the closing quote": 'password="{} and cut he',
    "json": '{{"user": "bob", "password": "{}", "age": 5}}',
    "json in json": r'{{"msg": "{{\"api_key\":\"{}\"}}"}}',
    "json twice escaped": r'"{{\\\"token\\\": \\\"{}\\\"}}"',
    "python repr": "{{'client_secret': '{}'}}",
    "query": "GET /login?user=bob&token={}&next=/home HTTP/1.1",
    "encoded query": "redirect=%2Flogin%3Fpassword%3D{}",
    "connection string": "Server=db;User Id=sa;Password={};Encrypt=True",
    "storage account": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};EndpointSuffix=x",
    "aws secret": "aws_secret_access_key = {}",
    "api key header": "X-Api-Key: {}",
    "bearer": "Authorization: Bearer {}",
    "bearer in json": '{{"headers": {{"Authorization": "Bearer {}"}}}}',
    "bearer in a go map": "map[Authorization:[Bearer {}] Accept:[*/*]]",
    "bearer alone": "sent bearer {} to upstream",
    "token header": "Authorization: Token token={}",
    "curl": "curl -s -u admin:{} https://host/",
    "curl header": "curl -H 'authorization: token {}' https://host/",
    "token header, quoted": 'Authorization: Token token="{}"',
    "environment, short": "export DB_PASS={}",
    "go's data source": "app:{}@tcp(db:3306)/orders?parseTime=true",
    "option": "migrate --password {} --host db",
    "option with equals": "migrate --api-key={} --host db",
    "mysql": "mysql -uroot -p{} orders",
    "sql": "ALTER USER app IDENTIFIED BY '{}'",
    "sql of postgres": "ALTER ROLE app WITH PASSWORD '{}'",
    "cookie": "Cookie: theme=dark; sid={}; lang=en",
    "set-cookie": "Set-Cookie: session={}; Path=/; HttpOnly; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
    "cookie in json": '{{"cookie": "sid={}; theme=dark"}}',
    "xml": "<db><password>{}</password></db>",
    "kubernetes env": '{{"name": "DB_PASSWORD", "value": "{}"}}',
    "brackets": "Config(host=db, password={})",
    "signed url": "https://s.blob.core.windows.net/c/f?sv=2024&sig={}%3D&se=x",
    "uppercase": "SECRET_KEY: {}",
    "after another secret": f"token={BY_FORMAT['github token']} password={{}}",
}

UNTOUCHED = [
    "token bucket empty, refilling",
    "password reset ok for user 4711",
    "password: incorrect",
    "tests_pass=12 tests_fail=0 bypass=true pass: 3",
    'validation failed: {"password": "must be at least 12 characters"}',
    "SyntaxError: unexpected token: 'export'",
    "Unexpected token < in JSON at position 0",
    "invalid token: unexpected end of input",
    "max_tokens: 4096, tokens=17",
    "commit 9f1c2d3e4b5a69788796a5b4c3d2e1f001122334 by alice",
    "request 123e4567-e89b-12d3-a456-426614174000 took 12 ms",
    "trace=4bf92f3577b34da6a3ce929d0e0e4736 span=00f067aa0ba902b7",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "PWD=/srv/app OLDPWD=/root",
    "http://prometheus:9090/graph?g0.expr=up@end()",
    "https://grafana.example.com:3000/d/abc?orgId=1&from=now-1h&user=a@b.c",
    "mail to ops@example.com: see http://host:8080/x",
    "basic authentication failed for user bob",
    "Bearer token missing",
    "authorization: missing",
    "WWW-Authenticate: Basic realm=x",
    "password=${DB_PASSWORD} token={{ token }} secret=$SECRET",
    "password=****** token=<hidden> api_key=null",
    "cookie banner shown; cookies accepted",
    "task-runner-0123456789-abcdefghij finished",
    "disk-usage sk-learn risk-assessment-service-2026",
    "kubectl get secret payment-config -n payments",
    'kube_secret_info{secretName="a"} 1',
    "primary key violation: key (id)=(4711) already exists",
    "cache key=user:4711 hit",
    "secret: not found",
    "credentials: expired, refresh them",
    "the public key is fine: -----BEGIN PUBLIC KEY-----",
    "PrivateKey class loaded from com.example.PrivateKeyLoader",
    "curl -u 1000:1000 is no password",
    "mysql -h db --port 3306",
    "SIGTERM received, signature verified",
    "",
]


@pytest.mark.parametrize("name", BY_FORMAT)
def test_a_secret_is_known_by_its_format(name):
    secret = BY_FORMAT[name]
    told = redact(f"at 03:42 {secret} was rejected")
    assert MIXED[:14] not in told
    assert HEX32 not in told
    assert secret not in told
    assert told.startswith("at 03:42 ")
    assert told.endswith(" was rejected")
    assert "[redacted: " in told


@pytest.mark.parametrize("name", BY_PLACE)
def test_a_secret_is_known_by_its_place(name):
    secret = (PLAIN + MIXED)[:32]
    told = redact(BY_PLACE[name].format(secret))
    assert secret[:10] not in told
    assert "[redacted: " in told


@pytest.mark.parametrize("line", UNTOUCHED)
def test_words_ids_and_hashes_stay(line):
    assert redact(line) == line


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"postgres://app:{PLAIN}@db:5432/x?a=b", "postgres://app:[redacted: url password]@db:5432/x?a=b"),
        (f"postgres://app:p@{PLAIN}@db/x", "postgres://app:[redacted: url password]@db/x"),
        (f"postgres://app:p/{PLAIN}@db/x", "postgres://app:[redacted: url password]@db/x"),
        (f"login password={PLAIN}, user=bob", "login password=[redacted: password], user=bob"),
        (f"login password=a,{PLAIN} user=bob", "login password=[redacted: password] user=bob"),
        (f'{{"password":"{PLAIN}","user":"bob"}}', '{"password":"[redacted: password]","user":"bob"}'),
        (f"f(token={PLAIN}).", "f(token=[redacted: secret])."),
        (f"Cookie: sid={PLAIN}; lang=en ok", "Cookie: sid=[redacted: cookie]; lang=[redacted: cookie] ok"),
        (f"Set-Cookie: sid={PLAIN}; Path=/; Secure", "Set-Cookie: sid=[redacted: cookie]; Path=/; Secure"),
        (f"Authorization: Bearer {PLAIN}{MIXED}", "Authorization: Bearer [redacted: authorization]"),
        (f"token={BY_FORMAT['github token']}", "token=[redacted: github token]"),
        (f"msg\\n{BY_FORMAT['aws key']}", "msg\\n[redacted: aws key]"),
        (f"password=[redacted: x]{PLAIN}", "password=[redacted: password]"),
        (f"before\n{PEM}\nafter", "before\n[redacted: private key]\nafter"),
        (f"cut: {PEM[:150]}", "cut: [redacted: private key]"),
        ("key: " + PEM.replace("\n", "\\n") + '", "x": 1', 'key: [redacted: private key]", "x": 1'),
    ],
)
def test_only_the_secret_is_masked(line, told):
    assert redact(line) == told


def test_lines_are_masked_as_each_would_be_alone():
    lines = [*UNTOUCHED, *(place.format(PLAIN) for place in BY_PLACE.values()), "two\nlines token=" + MIXED, PEM]
    assert redact_lines(lines) == [redact(line) for line in lines]
    assert redact_lines([]) == []


def test_a_key_over_several_lines_is_masked_in_each():
    body = PEM.split("\n")
    told = redact_lines(["before", *body, "after"])
    assert told == ["before", *["[redacted: private key]"] * len(body), "after"]


_AROUND = st.text(alphabet=string.ascii_lowercase + " .,:;()[]{}\"'<>|\n\t", max_size=30)
_KNOWN = st.sampled_from([secret for name, secret in BY_FORMAT.items() if name != "slack webhook"])
_CHOSEN = st.text(alphabet=string.ascii_letters + string.digits + "!#%*+-_^~", min_size=8, max_size=40).map(
    lambda some: "Zq7" + some + "x9"
)


@given(before=_AROUND, secret=_KNOWN, after=_AROUND, gap=st.sampled_from([" ", '"', "'", "=", "\n", "(", "\\n", "%20"]))
@settings(max_examples=3000, deadline=None)
def test_a_secret_of_a_known_format_survives_nowhere(before, secret, after, gap):
    assert secret not in redact(f"{before}{gap}{secret} {after}")


@given(place=st.sampled_from(sorted(BY_PLACE)), secret=_CHOSEN, before=_AROUND, after=_AROUND)
@settings(max_examples=3000, deadline=None)
def test_a_secret_in_a_known_place_survives_in_no_line(place, secret, before, after):
    if place in ("bearer alone", "signed url"):
        secret = "".join(c for c in secret if c.isalnum())
    assert secret not in redact(f"{before} \n{BY_PLACE[place].format(secret)}\n{after}")


_SOUP = st.lists(
    st.sampled_from([*BY_FORMAT.values(), *(place.format(PLAIN) for place in BY_PLACE.values()), *UNTOUCHED])
    | st.sampled_from(
        ["password=", "token: ", '"', "'", "\\", "\n", " ", ",", "[redacted: x]", "cookie: a=", "://", "@"]
    )
    | st.text(max_size=8),
    max_size=12,
).map("".join)


@given(text=_SOUP)
@settings(max_examples=300, deadline=None)
def test_masking_twice_masks_no_more(text):
    once = redact(text)
    assert redact(once) == once


NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_a_finding_is_masked_however_deep_its_texts_lie():
    url = f"https://host/x?token={MIXED}"
    lines = tuple(LogLine(NOW, "api", message) for message in ["fine", f"password={PLAIN}", *PEM.split("\n")])
    change = Change("api", "merge", NOW, "v1", title=f"set password={PLAIN}", files=(f"a?token={MIXED}",), url=url)
    alert = Alert(
        "s", "f", "n", "firing", NOW, labels={"service": "api", "db_password": PLAIN}, annotations={"note": url}
    )
    findings = (Logs(lines, 4, url=url), change, alert, OpenAlert("api", url, "", NOW, "I"))
    told = [redact_finding(finding) for finding in findings]

    assert PLAIN not in repr(told)
    assert MIXED not in repr(told)
    assert [type(one) for one in told] == [type(one) for one in findings]
    assert told[0].lines[0] is lines[0]
    assert told[2].labels == {"service": "api", "db_password": "[redacted: password]"}


def test_a_finding_without_a_secret_stays_as_it_is():
    series = Series("api", "error_rate", (1.0, 2.0), (0.1, 0.2))
    alert = Alert("s", "f", "n", "firing", NOW, labels={"service": "api", "token_type": "x"})
    assert redact_finding(series) is series
    assert redact_finding(alert) == alert
    assert redact_finding(replace(alert, summary="password reset ok")).summary == "password reset ok"


@pytest.mark.parametrize("before", [0, 1, 44, 49, 50, 99])
def test_a_key_over_several_lines_is_masked_wherever_a_pass_over_the_lines_ends(before):
    body = PEM.split("\n")
    lines = ["fine"] * before + body + ["after"] * 60
    assert redact_lines(lines) == ["fine"] * before + ["[redacted: private key]"] * len(body) + ["after"] * 60
