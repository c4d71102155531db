"""Secrets as their vendors shape them, put together at run time: no scanner finds one in these files."""

from __future__ import annotations

import base64
import json
import random
import string
from dataclasses import dataclass

_DICE = random.Random(20261121)
LETTERS = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
HEX = "0123456789abcdef"


def chars(count: int, alphabet: str = LETTERS) -> str:
    """As many characters, with a digit and a letter among the first: nothing that reads as a word."""
    start = "".join(_DICE.choice(alphabet) for _ in range(count - 2))
    return _DICE.choice([c for c in alphabet if c.isalpha()]) + _DICE.choice("123456789") + start


def base64url(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def pair(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def pem(kind: str = "RSA ", lines: int = 6, newline: str = "\n", footer: str = "") -> str:
    body = newline.join(chars(64, LETTERS + "+/") for _ in range(lines))
    dashes = "-" * 5
    return (
        f"{dashes}BEGIN {kind}PRIVATE KEY{dashes}{newline}{body}{newline}{dashes}END {kind}PRIVATE KEY{dashes}{footer}"
    )


JWT = ".".join((base64url({"alg": "HS256", "typ": "JWT"}), base64url({"sub": "1234567890"}), chars(43)))

KEYS: dict[str, tuple[str, str]] = {
    "aws access key": ("aws key", "AK" + "IA" + chars(16, UPPER)),
    "aws session key id": ("aws key", "AS" + "IA" + chars(16, UPPER)),
    "google api key": ("google key", "AI" + "za" + chars(35)),
    "google client secret": ("google key", "GOC" + "SPX-" + chars(28)),
    "google access token": ("google token", "ya" + "29." + chars(60)),
    "azure app secret": ("azure secret", chars(3) + "8" + "Q~" + chars(34)),
    "github token": ("github token", "gh" + "p_" + chars(36)),
    "github app token": ("github token", "gh" + "s_" + chars(36)),
    "github fine-grained token": ("github token", "github" + "_pat_" + chars(22) + "_" + chars(59)),
    "gitlab token": ("gitlab token", "gl" + "pat-" + chars(20)),
    "gitlab runner token": ("gitlab token", "gl" + "rt-" + chars(20)),
    "slack bot token": ("slack token", "xo" + "xb-" + chars(12, "0123456789a") + "-" + chars(24)),
    "slack app token": ("slack token", "xa" + "pp-1-" + chars(11, UPPER) + "-" + chars(64, HEX)),
    "anthropic key": ("anthropic key", "sk-" + "ant-api03-" + chars(93)),
    "openai key": ("openai key", "sk-" + chars(48)),
    "openai project key": ("openai key", "sk-" + "proj-" + chars(60)),
    "stripe key": ("stripe key", "sk" + "_live_" + chars(24)),
    "stripe restricted key": ("stripe key", "rk" + "_test_" + chars(24)),
    "stripe webhook secret": ("stripe key", "wh" + "sec_" + chars(32)),
    "sendgrid key": ("sendgrid key", "S" + "G." + chars(22) + "." + chars(43)),
    "twilio key": ("twilio key", "S" + "K" + chars(32, HEX)),
    "mailgun key": ("mailgun key", "ke" + "y-" + chars(32, HEX)),
    "mailchimp key": ("mailchimp key", chars(32, HEX) + "-u" + "s14"),
    "npm token": ("npm token", "np" + "m_" + chars(36)),
    "pypi token": ("pypi token", "py" + "pi-" + chars(160)),
    "docker token": ("docker token", "dc" + "kr_pat_" + chars(27)),
    "digitalocean token": ("digitalocean token", "do" + "p_v1_" + chars(64, HEX)),
    "vault token": ("hashicorp token", "hv" + "s." + chars(90)),
    "terraform token": ("hashicorp token", chars(14) + ".atlas" + "v1." + chars(67)),
    "grafana token": ("grafana token", "gl" + "sa_" + chars(32) + "_" + chars(8, HEX)),
    "new relic key": ("new relic key", "NR" + "AK-" + chars(27, UPPER)),
    "databricks token": ("databricks token", "da" + "pi" + chars(32, HEX)),
    "shopify token": ("shopify token", "sh" + "pat_" + chars(32, HEX)),
    "square token": ("square token", "sq" + "0atp-" + chars(22)),
    "sentry token": ("sentry token", "sn" + "trys_" + chars(64)),
    "linear key": ("linear key", "li" + "n_api_" + chars(40)),
    "age key": ("age key", "AGE-SECRET" + "-KEY-1" + chars(58, UPPER)),
    "hugging face token": ("hugging face token", "h" + "f_" + chars(34)),
    "telegram token": ("telegram token", "1234567890" + ":A" + "A" + chars(33)),
    "atlassian token": ("atlassian token", "AT" + "ATT3xFfGF0" + chars(170)),
    "pulumi token": ("pulumi token", "pu" + "l-" + chars(40, HEX)),
    "figma token": ("figma token", "fi" + "gd_" + chars(40)),
    "postman key": ("postman key", "PM" + "AK-" + chars(24, HEX) + "-" + chars(34, HEX)),
    "tailscale key": ("tailscale key", "ts" + "key-auth-" + chars(16) + "-" + chars(32)),
    "groq key": ("groq key", "gs" + "k_" + chars(52)),
    "xai key": ("xai key", "xa" + "i-" + chars(80)),
    "perplexity key": ("perplexity key", "pp" + "lx-" + chars(48)),
    "jwt": ("jwt", JWT),
}
"""Name → (the kind it is masked as, a secret of that kind that is known by itself, wherever it stands)."""


@dataclass(frozen=True)
class Place:
    """A text around a secret that only this place gives away."""

    name: str
    kind: str
    before: str
    after: str = ""
    secret: str = ""
    """Empty: any password will do."""

    def text(self, secret: str = "") -> str:
        return f"{self.before}{secret or self.secret or PASSWORD}{self.after}"

    def masked(self) -> str:
        return f"{self.before}[redacted: {self.kind}]{self.after}"


PASSWORD = "h7" + chars(10)
HEXED = chars(40, HEX)
OPAQUE = chars(20)

PLACES = (
    # addresses
    Place("postgres address", "url password", "postgresql+psycopg://app:", "@db.internal:5432/orders?sslmode=require"),
    Place("mysql address", "url password", "mysql://root:", "@10.0.0.7:3306/shop"),
    Place("redis without a user", "url password", "redis://:", "@cache:6379/0"),
    Place("amqp address", "url password", "dial amqp://svc:", "@mq.internal:5672/%2f failed"),
    Place("mongodb srv", "url password", "mongodb+srv://svc:", "@cluster0.abc.mongodb.net/?retryWrites=true"),
    Place("proxy in the environment", "url password", "HTTPS_PROXY=http://proxy:", "@proxy.corp:3128"),
    Place("git remote with a token", "url token", "https://", "@git.example.com/a/b.git", secret=OPAQUE),
    Place("password with an at sign", "url password", "postgres://app:", "@db/orders", secret="a@b" + PASSWORD),
    Place("password with a slash", "url password", "postgres://app:", "@db:5432/orders", secret="a/b" + PASSWORD),
    Place("jdbc query", "password", "jdbc:postgresql://db/x?user=app&password=", "&ssl=true"),
    Place("go mysql dsn", "password", "dsn=app:", "@tcp(10.0.0.7:3306)/shop"),
    Place(
        "azure sas",
        "signature",
        "https://x.blob.core.windows.net/c?sv=2022-11-02&se=2027&sig=",
        "&sp=r",
        chars(43) + "%3D",
    ),
    Place(
        "aws presigned",
        "signature",
        "https://b.s3.amazonaws.com/k?X-Amz-Expires=300&X-Amz-Signature=",
        "",
        chars(64, HEX),
    ),
    Place(
        "slack webhook",
        "slack webhook",
        "https://hooks.slack.com/",
        "",
        f"services/T{chars(8)}/B{chars(8)}/{chars(24)}",
    ),
    Place(
        "discord webhook", "discord webhook", "https://discord.com/api/webhooks/", "", f"123456789012345678/{chars(68)}"
    ),
    Place("token in a query", "secret", "GET /v1/items?access_token=", "&page=2 200", OPAQUE),
    # headers
    Place("bearer header", "authorization", "Authorization: Bearer ", " sent", OPAQUE),
    Place("bearer in JSON", "authorization", '{"authorization": "Bearer ', '", "host": "a"}', OPAQUE),
    Place("bearer in escaped JSON", "authorization", '{"log":"{\\"Authorization\\":\\"Bearer ', '\\"}"}', OPAQUE),
    Place("bearer alone", "bearer token", "curl -H 'X-Auth: Bearer ", "'", OPAQUE),
    Place("basic header", "authorization", "authorization: Basic ", "", pair("app", PASSWORD)),
    Place("basic alone", "basic auth", "sent Basic ", " to upstream", pair("app", PASSWORD)),
    Place("elasticsearch key", "authorization", "Authorization: ApiKey ", "", pair(OPAQUE, HEXED)),
    Place("pagerduty header", "authorization", "Authorization: Token token=", "", OPAQUE),
    Place("pagerduty header, quoted", "authorization", 'authorization: Token token="', '"', OPAQUE),
    Place("python dict of headers", "authorization", "{'Authorization': 'token ", "', 'Accept': '*/*'}", HEXED),
    Place("go header map", "authorization", "map[Authorization:[Bearer ", "] Accept:[*/*]]", OPAQUE),
    Place("api key header", "secret", "X-Api-Key: ", "", OPAQUE),
    Place("api key header in JSON", "secret", '"x-api-key":"', '"', OPAQUE),
    Place("vault header", "secret", "X-Vault-Token: ", "", OPAQUE),
    Place("cookie", "cookie", "Cookie: session=", "", OPAQUE),
    Place("set-cookie", "cookie", "Set-Cookie: sid=", "; Path=/; HttpOnly; Secure", OPAQUE),
    Place("cookie in JSON", "cookie", '{"cookie":"sid=', '","x":1}', OPAQUE),
    # names and values
    Place("logfmt", "password", "level=info user=app password=", " db=orders"),
    Place("logfmt quoted", "password", 'user=app password="', '" db=orders', "two words " + PASSWORD),
    Place("env", "password", "PGPASSWORD=", " psql -h db"),
    Place("env export", "password", "export DB_PASS=", ""),
    Place("env of a token", "secret", "env: VAULT_TOKEN=", "", OPAQUE),
    Place("yaml", "password", "  password: ", ""),
    Place("yaml quoted", "password", "  dbPassword: '", "'"),
    Place("json", "password", '{"user":"app","password":"', '","db":"orders"}'),
    Place("json spaced", "password", '{ "password" : "', '" }'),
    Place("json with an escaped quote", "password", '{"password":"', '"}', 'a\\"b' + PASSWORD),
    Place("escaped json", "password", '{"msg":"{\\"password\\": \\"', '\\", \\"x\\": 1}"}'),
    Place("twice escaped json", "password", '"{\\\\\\"password\\\\\\":\\\\\\"', '\\\\\\"}"'),
    Place("python repr", "password", "Settings(user='app', password='", "', host='db')"),
    Place("ruby hash", "password", '{"password"=>"', '"}'),
    Place("go struct", "password", "{User:app Password:", " Host:db}"),
    Place("query string", "password", "POST /login?user=a&password=", "&x=1"),
    Place("url encoded", "password", "body=user%3Da%26password%3D", "", PASSWORD),
    Place("prefixed name", "password", "spring.datasource.password=", ""),
    Place("passphrase", "password", "passphrase: ", ""),
    Place("a word as password", "password", "password=", " user=app", "correcthorse"),
    Place(
        "azure storage", "secret", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=", ";E=x", chars(86) + "=="
    ),
    Place("service bus", "secret", "Endpoint=sb://x/;SharedAccessKeyName=r;SharedAccessKey=", "", chars(43) + "="),
    Place("ado connection", "password", "Server=db;User Id=app;Password=", ";Encrypt=true"),
    Place("ado short", "password", "Server=db;Uid=app;Pwd=", ";Encrypt=true"),
    Place("aws secret", "secret", "aws_secret_access_key = ", "", chars(40, LETTERS + "+/")),
    Place("aws secret in JSON", "secret", '{"SecretAccessKey": "', '"}', chars(40)),
    Place("aws session token", "secret", "AWS_SESSION_TOKEN=", "", chars(200)),
    Place("client secret", "secret", "client_id=a&client_secret=", "&grant_type=x", OPAQUE),
    Place("api key", "secret", "apikey=", "", OPAQUE),
    Place("signing secret", "secret", "SLACK_SIGNING_SECRET=", "", HEXED),
    Place("private token", "secret", "PRIVATE-TOKEN: ", "", OPAQUE),
    Place("csrf", "secret", "csrf_token=", "", OPAQUE),
    Place("encryption key", "secret", "ENCRYPTION_KEY=", "", OPAQUE),
    Place("django", "secret", "SECRET_KEY = '", "'", chars(50)),
    Place("kubernetes env", "secret", "- name: DB_PASSWORD\n  value: ", ""),
    Place("container env in JSON", "secret", '{"name":"API_TOKEN","value":"', '"}', OPAQUE),
    Place("xml", "secret", "<password>", "</password>"),
    # commands
    Place("curl user", "password in a command", "curl -s -u admin:", " https://es:9200/_cat"),
    Place("curl long user", "password in a command", "curl --user admin:", " https://es:9200"),
    Place("mysql short", "password in a command", "mysql -uroot -p", " shop"),
    Place("password flag", "password", "psql --password ", " -h db"),
    Place("password flag equals", "password", "deploy --db-password=", ""),
    Place("token flag", "password", "vault login --token ", "", OPAQUE),
    Place("sql", "password", "CREATE USER app IDENTIFIED BY '", "'"),
    Place("sql alter", "password", "ALTER ROLE app WITH PASSWORD '", "';"),
    # harder ones
    Place("bare pass", "password", "user=app pass=", " db=orders"),
    Place("pass in JSON", "password", '{"user":"app","pass":"', '"}'),
    Place("pass in camel case", "password", "dbPass: ", ""),
    Place("pass as a flag", "password", "deploy --pass=", " now"),
    Place("passwort", "password", "passwort=", ""),
    Place("bind password", "password", "ldap bindpw=", " basedn=x"),
    Place("compared", "password", "if password == ", " then"),
    Place("three quotes", "password", 'password = """', '"""'),
    Place("a value within", "password", '{"password": {"value": "', '"}}'),
    Place("a list", "password", 'password: ["', '"]'),
    Place("html", "password", "{&quot;password&quot;:&quot;", "&quot;}"),
    Place("escaped by unicode", "password", "user=a\\u0026password\\u003d", "\\u0026x=1"),
    Place("yaml on the next line", "password", "password: |\n  ", "\nuser: app"),
    Place("redis-cli", "password in a command", "redis-cli -h cache -a ", " ping"),
    Place("sshpass", "password in a command", "sshpass -p ", " ssh host"),
    Place("docker login", "password in a command", "docker login -u app -p ", " registry"),
    Place("redis config", "password", "requirepass ", ""),
    Place("kubectl literal", "secret", "kubectl create secret generic a --from-literal=k=", " -n x"),
    Place("xml attribute", "secret", '<add key="DbPassword" value="', '"/>'),
    Place("host without a scheme", "url password", "cannot reach app:", "@db.internal:5432"),
    Place("token as a user", "url token", "https://", ":[redacted: url password]@github.com/a/b", OPAQUE),
    Place("token as a user alone", "url token", "https://", ":@api.example.com/v1", OPAQUE),
    Place(
        "teams webhook",
        "teams webhook",
        "https://x.webhook.office.com/webhookb2/",
        "",
        f"{OPAQUE}@{OPAQUE}/IncomingWebhook/{HEXED}/{OPAQUE}",
    ),
    Place("digest", "digest", 'Authorization: Digest username="a", response="', '"', chars(32, HEX)),
    Place(
        "second cookie of a list", "cookie", '"set-cookie":["a=[redacted: cookie]; Path=/","sid=', '; Secure"]', OPAQUE
    ),
    Place("session cookie alone", "cookie", "GET /x JSESSIONID=", " 200", OPAQUE),
    Place("api key in words", "key", "Invalid API key: ", "", OPAQUE),
    Place("credentials", "key", "credentials=", "", OPAQUE),
    Place("token in words", "key", "the token ", " is not known", OPAQUE),
    Place("auth", "key", "//registry.example/:_auth=", "", OPAQUE),
    Place("key of a query", "key", "GET /maps?key=", "&q=x", chars(32)),
    Place("functions key", "key", "x-functions-key: ", "", chars(54)),
    Place("app key", "key", "DD-APPLICATION-KEY: ", "", HEXED),
    Place("pagerduty routing key", "key", '{"routing_key":"', '"}', chars(32, HEX)),
    Place("shared access signature", "signature", "SharedAccessSignature=sr=x&sig=", "&se=1", chars(43) + "%3D"),
    Place("long user", "url password", "postgres://application_service_user:", "@db/orders"),
    Place("aws session token in a URL", "session token", "?X-Amz-Security-Token=", "&X-Amz-Expires=300", OPAQUE),
    Place("credential", "secret", '"credential": "', '"', OPAQUE),
    Place("express session", "cookie", "connect.sid=", "", "s%3A" + OPAQUE),
    Place("jwt behind a dash", "jwt", "session-", "", JWT),
)
