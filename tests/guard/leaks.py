"""A table of secrets in the dressings in which they leak: bare, named, JSON, YAML, URL, header, command, stack trace.

Written before anything was tuned to it, from the vendors' documentation and from how programs log. Each secret is put
together when the tests run, so that no scanner mistakes this file for a leak.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from tests.guard.made import HEX, JWT, KEYS, LETTERS, UPPER, chars, pair, pem

WORD = "Winter" + "2026!x"
"""A password as people choose them."""
MADE = chars(24)
HEX32, HEX40, HEX64 = chars(32, HEX), chars(40, HEX), chars(64, HEX)
GUID = str(uuid.UUID(int=0x7D3A_51C2_9E48_4B6F_A1D0_33C4_8E9B_7F25))
B64 = chars(86) + "=="


@dataclass(frozen=True, slots=True)
class Leak:
    """A line and the secret in it."""

    name: str
    before: str
    secret: str
    after: str = ""

    @property
    def line(self) -> str:
        return f"{self.before}{self.secret}{self.after}"


def _leaks(table: dict[str, tuple[str, ...]]) -> tuple[Leak, ...]:
    return tuple(Leak(name, *parts) for name, parts in table.items())


BARE = _leaks(
    {
        "dynatrace token": ("sent ", "dt" + "0c01." + chars(24, UPPER) + "." + chars(64, UPPER), " to tenant"),
        "doppler token": ("using ", "dp" + ".pt." + chars(43)),
        "planetscale password": ("got ", "pscale" + "_pw_" + chars(43), " rejected"),
        "planetscale token": ("got ", "pscale" + "_tkn_" + chars(43), " rejected"),
        "netlify token": ("deploy with ", "nf" + "p_" + chars(36)),
        "fly token": ("auth ", "FlyV1 fm" + "2_" + chars(120)),
        "supabase key": ("auth ", "sb" + "p_" + HEX40),
        "notion token": ("calling notion with ", "nt" + "n_" + chars(46)),
        "airtable token": ("calling with ", "pa" + "t" + chars(14) + "." + HEX64, " failed"),
        "hubspot token": ("hubspot said 401 for ", "pa" + "t-na1-" + GUID),
        "mapbox secret": ("tiles with ", "sk" + ".eyJ" + chars(80) + "." + chars(22)),
        "facebook token": ("graph api: ", "EA" + "ACEdEose0cBA" + chars(160)),
        "launchdarkly key": ("sdk ", "sd" + "k-" + GUID, " not found"),
        "rubygems key": ("push with ", "rubygems" + "_" + chars(48, HEX)),
        "nuget key": ("push with ", "oy" + "2" + chars(43, "abcdefghijklmnop234567")),
        "artifactory key": ("auth ", "AK" + "Cp" + chars(69), " 403"),
        "sonarqube token": ("scanner ", "sq" + "u_" + HEX40),
        "circleci token": ("ci ", "CCI" + "PAT_" + chars(22) + "_" + HEX40),
        "buildkite token": ("agent ", "bk" + "ua_" + HEX40),
        "bitbucket password": ("clone ", "AT" + "BB" + chars(32)),
        "google refresh token": ("refresh ", "1/" + "/0" + chars(60)),
        "aws marketplace key": ("mws ", "amzn" + ".mws." + GUID),
        "aws bedrock key": ("bedrock ", "AB" + "SK" + chars(110)),
        "alibaba key": ("oss ", "LT" + "AI" + chars(20)),
        "tencent key": ("cos ", "AK" + "ID" + chars(32)),
        "yandex key": ("iam ", "AQ" + "VN" + chars(35)),
        "braintree token": ("pay ", "access_token" + "$production$" + chars(16, HEX) + "$" + HEX32),
        "plaid token": ("bank ", "access" + "-production-" + GUID),
        "openrouter key": ("llm ", "sk-" + "or-v1-" + HEX64),
        "replicate key": ("llm ", "r" + "8_" + chars(37)),
        "langsmith key": ("trace ", "ls" + "v2_pt_" + HEX32 + "_" + chars(10, HEX)),
        "pinecone key": ("vectors ", "pc" + "sk_" + chars(60)),
        "cerebras key": ("llm ", "cs" + "k-" + chars(48)),
        "honeycomb key": ("spans ", "hc" + "aik_" + chars(58)),
        "discord bot token": ("bot ", "MT" + chars(22) + "." + chars(6) + "." + chars(38), " is invalid"),
        "typeform token": ("form ", "tf" + "p_" + chars(44) + "_" + chars(14)),
        "contentful token": ("cms ", "CF" + "PAT-" + chars(43)),
        "prefect key": ("flow ", "pn" + "u_" + chars(36)),
        "readme key": ("docs ", "rd" + "me_" + chars(70, HEX)),
        "shippo key": ("label ", "shippo" + "_live_" + HEX40),
        "easypost key": ("label ", "EZ" + "AK" + chars(54)),
        "duffel key": ("fly ", "duffel" + "_live_" + chars(43)),
        "clojars token": ("deploy ", "CLOJARS" + "_" + chars(60, HEX)),
        "infracost key": ("cost ", "ic" + "o-" + chars(32)),
        "bcrypt hash": ("row: 42, bob, ", "$2" + "b$12$" + chars(53), ", active"),
        "shadow line": ("root:", "$6" + "$" + chars(16) + "$" + chars(86), ":19000:0:99999:7:::"),
        "apr1 hash": ("bob:", "$ap" + "r1$" + chars(8) + "$" + chars(22)),
        "argon2 hash": ("hash=", "$argon" + "2id$v=19$m=65536,t=3,p=4$" + chars(22) + "$" + chars(43)),
        "google service account": ('"private_key": "', pem("", newline="\\n"), '\\n", "client_email": "a@b"'),
        "openssh key on one line": ("id_ed25519: ", pem("OPENSSH ", 3, " "), " loaded"),
        "pgp key": ("exported ", pem("PGP ").replace("PRIVATE KEY-", "PRIVATE KEY BLOCK-"), " ok"),
        "elastic service token": ("es: ", "AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3Rva2Vu" + chars(30), " denied"),
        "sentry dsn": ("dsn=https://", HEX32, "@o123.ingest.sentry.io/4505"),
        "zapier hook": ("POST https://hooks.zapier.com/hooks/catch/", f"1234567/{chars(7)}", " 200"),
        "opsgenie heartbeat": ("GET https://api.opsgenie.com/v2/heartbeats/x/ping?apiKey=", GUID, " 202"),
        "healthcheck of a vault": ("unseal key 1: ", chars(43) + "="),
    }
)

NAMED = _leaks(
    {
        "datadog": ("DD_API_KEY=", HEX32),
        "datadog app": ("DD_APP_KEY=", HEX40, " agent up"),
        "heroku": ("HEROKU_API_KEY=", GUID),
        "cloudflare": ("CLOUDFLARE_API_TOKEN=", chars(40)),
        "cloudflare global": ("X-Auth-Key: ", chars(37, HEX)),
        "consul": ("CONSUL_HTTP_TOKEN=", GUID),
        "nomad": ("NOMAD_TOKEN=", GUID),
        "scaleway": ("SCW_SECRET_KEY=", GUID),
        "wandb": ("WANDB_API_KEY=", HEX40),
        "snyk": ("SNYK_TOKEN=", GUID),
        "okta": ("OKTA_CLIENT_TOKEN=", "00" + chars(40)),
        "algolia": ("ALGOLIA_ADMIN_KEY=", HEX32),
        "wireguard": ("PrivateKey = ", chars(43) + "="),
        "rails": ("secret_key_base: ", chars(128, HEX)),
        "rails master": ("RAILS_MASTER_KEY=", HEX32),
        "laravel": ("APP_KEY=base64:", chars(43) + "="),
        "flask": ("app.config['SECRET_KEY'] = '", MADE, "'"),
        "jwt secret": ("JWT_SECRET=", WORD, " starting"),
        "salt": ("PASSWORD_SALT=", MADE),
        "pepper": ("PASSWORD_PEPPER=", MADE),
        "hmac": ("hmac_key=", HEX64),
        "webhook secret": ("webhook_secret: ", MADE),
        "azure storage": ("AZURE_STORAGE_KEY=", B64),
        "azure cosmos": ("AccountEndpoint=https://x.documents.azure.com:443/;AccountKey=", B64, ";"),
        "azure client": ("AZURE_CLIENT_SECRET=", chars(34)),
        "azure devops": ("AZURE_DEVOPS_EXT_PAT=", chars(52, "abcdefghij234567")),
        "aws secret": ("AWS_SECRET_ACCESS_KEY=", chars(40, LETTERS + "+/")),
        "aws secret spaced": ("aws_secret_access_key : ", chars(40)),
        "ini with spaces": ("password   =   ", WORD),
        "ini quoted": ('password = "', WORD, '" ; change me'),
        "toml": ('db.password = "', WORD, '"'),
        "properties": ("spring.datasource.password=", WORD),
        "hibernate": ("hibernate.connection.password ", WORD),
        "kafka jaas": (
            'org.apache.kafka.common.security.plain.PlainLoginModule required username="a" password="',
            WORD,
            '";',
        ),
        "keystore": ("ssl.keystore.password=", WORD),
        "truststore": ("javax.net.ssl.trustStorePassword=", WORD, " -jar app.jar"),
        "php define": ("define('DB_PASSWORD', '", WORD, "');"),
        "php array": ("'password' => '", WORD, "',"),
        "ruby symbol": (':password=>"', WORD, '", :host=>"db"'),
        "ruby new hash": ('password: "', WORD, '", host: "db"'),
        "elixir": ('[hostname: "db", password: "', WORD, '"]'),
        "rust debug": ('Config { host: "db", password: "', WORD, '", port: 5432 }'),
        "rust some": ('password: Some("', WORD, '")'),
        "scala option": ("password = Some(", WORD, ")"),
        "go struct": ("{Host:db Port:5432 Password:", WORD, " TLS:false}"),
        "go quoted struct": ('main.Config{Host:"db", Password:"', WORD, '"}'),
        "java to string": ("DbConfig(host=db, password=", WORD, ", port=5432)"),
        "kotlin": ("DataSource(url=jdbc:x, pass=", WORD, ")"),
        "csharp": ("Server=db;Database=a;User ID=sa;Password=", WORD, ";Trusted_Connection=False"),
        "odbc": ("DRIVER={PostgreSQL};SERVER=db;UID=a;PWD=", WORD, ";"),
        "libpq": ("host=db user=app password=", WORD, " dbname=orders sslmode=require"),
        "pgpass": ("/root/.pgpass: db.internal:5432:orders:app:", WORD),
        "netrc": ("machine api.example.com login bob password ", WORD),
        "npmrc": ("//registry.npmjs.org/:_authToken=", GUID),
        "docker config": ('{"auths":{"registry.example":{"auth":"', pair("bob", WORD), '"}}}'),
        "symfony": ("DATABASE_PASSWORD='", WORD, "'"),
        "powershell": ('$env:DB_PASSWORD = "', WORD, '"'),
        "windows set": ("set DB_PASSWORD=", WORD),
        "words": ("the password is ", WORD, " for now"),
        "words of a token": ("using token: ", MADE, " to call the gateway"),
        "login failed": ("login failed for bob with password ", WORD),
        "german": ("Passwort: ", WORD),
        "french": ("mot de passe : ", WORD),
        "spanish": ("contraseña: ", WORD),
        "totp": ("totp_secret=", chars(32, "ABCDEFGHIJKLMNOP234567")),
        "otpauth": ("otpauth://totp/acme:bob?secret=", chars(32, "ABCDEFGHIJKLMNOP234567"), "&issuer=acme"),
        "pin": ("card pin_code=", "48" + "1516"),
        "refresh token": ("refresh_token=", MADE),
        "camel case": ("clientSecret=", MADE),
        "kebab case": ("client-secret: ", MADE),
        "upper camel": ("ApiSecret: ", MADE),
        "consumer": ("consumer_secret=", MADE),
        "bot token": ("bot_token: ", MADE),
        "personal access token": ("personal_access_token=", MADE),
        "pat": ("GH_PAT=", MADE),
        "deploy key": ("deploy_key=", MADE),
        "shared key": ("shared_key=", MADE),
        "preshared key": ("psk=", MADE, " peer=10.0.0.1"),
        "reset in words": ("admin password reset to ", WORD),
        "db pass": ("dbpass: ", WORD),
        "key in base64": ("ENCRYPTION_KEY_BASE64=", B64),
        "community": ("snmp-server community ", WORD, " RO"),
    }
)

STRUCTURED = _leaks(
    {
        "json": ('{"user":"app","password":"', WORD, '","db":"orders"}'),
        "json pretty": ('  "apiKey": "', MADE, '",'),
        "json in a string": ('msg="{\\"token\\":\\"', MADE, '\\",\\"a\\":1}"'),
        "json of a header list": ('{"headers":[{"name":"Authorization","value":"Bearer ', MADE, '"}]}'),
        "json of env": ('"env":[{"name":"STRIPE_SECRET","value":"', MADE, '"}]'),
        "json number of a secret": ('{"otp_secret":"', MADE, '"}'),
        "json nested": ('{"db":{"credentials":{"username":"a","password":"', WORD, '"}}}'),
        "json of docker inspect": ('"Env": ["PATH=/bin","DB_PASSWORD=', WORD, '"],'),
        "json array of arguments": ('"args": ["--db-password", "', WORD, '", "--port"]'),
        "python args": ("['migrate', '--password', '", WORD, "']"),
        "yaml": ("  password: ", WORD),
        "yaml quoted": ('    api_token: "', MADE, '"'),
        "yaml block": ("  client_secret: >-\n    ", MADE, "\n  x: 1"),
        "yaml of kubernetes": ("data:\n  password: ", pair("x", WORD), "\nkind: Secret"),
        "yaml flow": ("db: {user: app, password: ", WORD, ", port: 5432}"),
        "compose": ("      - POSTGRES_PASSWORD=", WORD),
        "helm values": ("auth.password: ", WORD),
        "xml": ("<password>", WORD, "</password>"),
        "xml namespaced": ("<wsse:Password Type='x#PasswordText'>", WORD, "</wsse:Password>"),
        "xml attribute": ('<user name="bob" password="', WORD, '"/>'),
        "maven": ("<server><id>x</id><password>", WORD, "</password></server>"),
        "app.config": ('<add key="ApiSecret" value="', MADE, '" />'),
        "csv": ("user,password\nbob,password=", WORD),
        "toml inline": ('db = { user = "a", password = "', WORD, '" }'),
        "hcl": ('  password = "', WORD, '"'),
        "hcl map": ('variables = { DB_PASSWORD = "', WORD, '" }'),
        "form": ("grant_type=password&username=bob&password=", WORD, "&scope=all"),
        "multipart": ('Content-Disposition: form-data; name="password"\r\n\r\n', WORD, "\r\n--x"),
        "graphql": ('mutation { login(user: "bob", password: "', WORD, '") { id } }'),
        "sql insert": ("INSERT INTO users (name, password) VALUES ('bob', '", WORD, "')"),
        "sql set": ("UPDATE users SET password = '", WORD, "' WHERE id = 4"),
        "sql where": ("SELECT id FROM users WHERE name='bob' AND password='", WORD, "'"),
        "sql create": ("CREATE USER bob WITH ENCRYPTED PASSWORD '", WORD, "'"),
        "redis auth": ('1700000000.1 [0 10.0.0.1:5000] "AUTH" "', WORD, '"'),
        "redis auth of a user": ("AUTH default ", WORD),
        "ldif": ("userPassword:: ", pair("x", WORD)),
        "logfmt": ("level=debug msg=login user=bob pass=", WORD, " took=3ms"),
        "html form": ('<input type="password" name="pw" value="', WORD, '">'),
    }
)

ADDRESSES = _leaks(
    {
        "postgres": ("postgres://app:", WORD, "@db:5432/orders"),
        "mongodb": ("mongodb+srv://app:", WORD, "@c0.example.net/?w=1"),
        "amqp": ("amqps://app:", WORD, "@mq/vhost"),
        "smtp": ("smtp://mailer%40x.example:", WORD, "@smtp.example:587"),
        "sqlalchemy": ("mysql+pymysql://root:", WORD, "@127.0.0.1/shop?charset=utf8"),
        "oracle thin": ("jdbc:oracle:thin:app/", WORD, "@db:1521/orcl"),
        "jdbc sqlserver": ("jdbc:sqlserver://db:1433;user=sa;password=", WORD, ";encrypt=true"),
        "snowflake": ("snowflake://app:", WORD, "@acct/db?warehouse=w"),
        "clickhouse": ("http://ch:8123/?user=default&password=", WORD, "&query=SELECT"),
        "influx": ("http://influx:8086/write?db=m&u=app&p=", WORD),
        "redis tls": ("rediss://default:", WORD, "@cache:6380"),
        "ldap": ("ldap://cn=admin,dc=x:", WORD, "@ldap:389"),
        "git": ("fatal: unable to access 'https://oauth2:", MADE, "@gitlab.example/a.git/'"),
        "pip index": ("Looking in indexes: https://bob:", WORD, "@pypi.example/simple"),
        "proxy": ("https_proxy=http://bob:", WORD, "@10.0.0.1:3128"),
        "token in a query": ("GET /api?token=", MADE, " HTTP/1.1"),
        "key in a query": ("https://maps.example/api/js?key=", chars(39), "&v=3"),
        "signed cloudfront": ("https://d1.cloudfront.net/x?Expires=1&Signature=", chars(342), "&Key-Pair-Id=K1"),
        "signed gcs": ("https://storage.googleapis.com/b/o?X-Goog-Signature=", chars(512, HEX)),
        "azure sas": ("https://x.blob.core.windows.net/c?sv=2022&sig=", chars(43) + "%3D", "&se=2027"),
        "magic link": ("https://app.example/login?magic_token=", MADE),
        "reset link": ("https://app.example/reset?reset_token=", MADE, "&u=4"),
        "oauth callback": ("GET /callback?state=x&access_token=", MADE, " 302"),
        "fragment": ("https://app.example/#id_token=", JWT, "&state=1"),
        "websocket": ("wss://stream.example/v1?auth_token=", MADE, " closed"),
        "slack hook": ("https://hooks.slack.com/", f"services/T{chars(8)}/B{chars(8)}/{chars(24)}", " 404"),
        "basic in a url of curl": ("curl https://bob:", WORD, "@es:9200/_cat/indices"),
    }
)

HEADERS = _leaks(
    {
        "bearer": ("> Authorization: Bearer ", MADE),
        "basic": ("Authorization: Basic ", pair("bob", WORD)),
        "proxy": ("Proxy-Authorization: Basic ", pair("bob", WORD)),
        "okta": ("Authorization: SSWS ", "00" + chars(40)),
        "splunk": ("Authorization: Splunk ", GUID),
        "genie": ("Authorization: GenieKey ", GUID),
        "aws signature": (
            "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/x, SignedHeaders=host, Signature=",
            HEX64,
        ),
        "hawk": ('Authorization: Hawk id="x", ts="1", mac="', chars(43) + "=", '"'),
        "api key": ("x-api-key: ", MADE),
        "apikey": ("apikey: ", MADE),
        "subscription": ("Ocp-Apim-Subscription-Key: ", HEX32),
        "google": ("x-goog-api-key: ", MADE),
        "shopify": ("X-Shopify-Access-Token: ", MADE),
        "gitlab": ("X-Gitlab-Token: ", WORD),
        "vault": ("X-Vault-Token: ", MADE),
        "consul": ("X-Consul-Token: ", GUID),
        "auth token": ("X-Auth-Token: ", HEX32),
        "csrf": ("X-CSRF-Token: ", MADE),
        "cookie": ("Cookie: sessionid=", MADE),
        "host cookie": ("Set-Cookie: __Host-sid=", MADE, "; Path=/; Secure"),
        "curl trace": ("=> Send header: authorization: Bearer ", MADE),
        "python headers": ("{'User-Agent': 'x', 'X-Api-Key': '", MADE, "'}"),
        "node raw headers": ("[ 'Host', 'a', 'Authorization', 'Bearer ", MADE, "' ]"),
        "go header": ("map[Accept:[*/*] X-Api-Key:[", MADE, "]]"),
        "grpc metadata": ("metadata: authorization=Bearer ", MADE, " :path=/a.B/C"),
        "envoy": ("':path', '/x' 'authorization', 'Basic ", pair("bob", WORD), "'"),
        "websocket protocol": ("Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.", JWT),
        "signature": ("X-Hub-Signature-Key: ", MADE),
        "lower bearer": ("authorization=bearer ", MADE, " ok"),
    }
)

COMMANDS = _leaks(
    {
        "curl": ("curl -u bob:", WORD, " https://es:9200"),
        "curl header": ("curl -H 'X-Api-Key: ", MADE, "' https://x"),
        "curl data": ('curl -d \'{"password":"', WORD, "\"}' https://x/login"),
        "httpie": ("http -a bob:", WORD, " :8080/x"),
        "wget": ("wget --user=bob --password=", WORD, " https://x"),
        "mysql": ("mysql -h db -u root -p", WORD, " orders"),
        "mysqldump": ("mysqldump --password=", WORD, " --all-databases"),
        "psql": ("PGPASSWORD='", WORD, "' psql -h db"),
        "mongo": ("mongosh --host db -u app -p ", WORD, " admin"),
        "ldapsearch": ("ldapsearch -x -D cn=admin -w ", WORD, " -b dc=x"),
        "sqlplus": ("sqlplus app/", WORD, "@orcl"),
        "sqlcmd": ("sqlcmd -S db -U sa -P ", WORD, " -Q 'select 1'"),
        "openssl": ("openssl rsa -in k.pem -passin pass:", WORD),
        "keytool": ("keytool -list -keystore a.jks -storepass ", WORD),
        "gpg": ("gpg --batch --passphrase ", WORD, " -d x.gpg"),
        "zip": ("unzip -P ", WORD, " backup.zip"),
        "smbclient": ("smbclient //srv/x -U bob%", WORD),
        "aws configure": ("aws configure set aws_secret_access_key ", chars(40)),
        "az": ("az login --service-principal -u app -p ", chars(34), " --tenant x"),
        "docker login": ("docker login -u bob -p ", WORD, " registry.example"),
        "docker run": ("docker run -e DB_PASSWORD=", WORD, " app"),
        "helm": ("helm install a b --set db.password=", WORD),
        "terraform": ("terraform apply -var db_password=", WORD),
        "kubectl": ("kubectl create secret docker-registry r --docker-password=", WORD),
        "kubectl literal": ("kubectl create secret generic a --from-literal=x=", WORD),
        "kubectl token": ("kubectl --token=", JWT, " get pods"),
        "vault": ("vault kv put secret/x password=", WORD),
        "vault login": ("vault login ", "hv" + "s." + chars(24)),
        "rabbitmq": ("rabbitmqctl add_user bob ", WORD),
        "htpasswd": ("htpasswd -b /etc/x bob ", WORD),
        "sshpass": ("sshpass -p '", WORD, "' ssh bob@host"),
        "git clone": ("git clone https://", KEYS["github token"][1], "@github.com/a/b"),
        "echo to a login": ("echo ", WORD, " | docker login -u bob --password-stdin"),
        "chpasswd": ("echo 'bob:", WORD, "' | chpasswd"),
        "net user": ("net user bob ", WORD, " /add"),
        "sudo": ("echo ", WORD, " | sudo -S ls"),
        "plink": ("plink -ssh -pw ", WORD, " host"),
        "java option": ("java -Ddb.password=", WORD, " -jar app.jar"),
    }
)

TRACES = _leaks(
    {
        "java": (
            "java.sql.SQLException: Access denied\n\tat a.B.c(B.java:4)\nurl=jdbc:mysql://db/x?user=a&password=",
            WORD,
            "\n\tat d.E",
        ),
        "spring": (
            "Caused by: o.s.BeanCreationException: Could not resolve 'spring.redis.password=",
            WORD,
            "' in a.yml",
        ),
        "python requests": (
            "requests.exceptions.HTTPError: 401 Client Error for url: https://x/api?api_key=",
            MADE,
            "&q=1",
        ),
        "python locals": ('  File "a.py", line 3, in f\n    password = \'', WORD, "'\nValueError: x"),
        "python key error": ("  connect(host='db', passwd='", WORD, "')\nOperationalError: (2003)"),
        "sqlalchemy": ("sqlalchemy.exc.OperationalError: could not translate host postgresql://a:", WORD, "@db/x"),
        "boto": (
            "botocore.exceptions.ClientError: An error occurred for ",
            KEYS["aws access key"][1],
            " when calling X",
        ),
        "django": ("  DATABASES = {'default': {'USER': 'a', 'PASSWORD': '", WORD, "'}}"),
        "go panic": ('panic: dial failed\ngoroutine 1 [running]:\nmain.dial({0x1, "postgres://a:', WORD, '@db/x"})'),
        "go error": ('Get "https://api.example/v1?access_token=', MADE, '": context deadline exceeded'),
        "node": (
            "Error: connect ECONNREFUSED\n    at x.js:3\n  config: { auth: { username: 'a', password: '",
            WORD,
            "' } }",
        ),
        "axios": ("AxiosError: 403\n  headers: { Authorization: 'Bearer ", MADE, "', Accept: '*/*' }"),
        "ruby": ('Mysql2::Error: connect(host: "db", password: "', WORD, "\") app.rb:3:in `x'"),
        "rust": ("thread 'main' panicked at 'cannot connect: redis://:", WORD, "@cache/', src/main.rs:3"),
        "dotnet": ("System.Exception: Login failed. ConnectionString=Server=a;Password=", WORD, ";\n   at A.B()"),
        "php": (
            "PDOException: SQLSTATE[HY000] in a.php:3\n#0 a.php(3): PDO->__construct('mysql:host=db', 'root', '",
            WORD,
            "')",
        ),
        "jwt in a trace": ("io.jsonwebtoken.ExpiredJwtException: JWT ", JWT, " expired at 2026"),
        "elixir": ('** (DBConnection.ConnectionError) [username: "a", password: "', WORD, '"]'),
    }
)

DRESSED = tuple(
    Leak(f"{vendor}, {dressing}", before, KEYS[vendor][1], after)
    for dressing, before, after in (
        ("in JSON", '{"ts":1,"key":"', '"}'),
        ("in a URL", "GET https://x.example/a?k=", "&b=1 200"),
        ("in a stack trace", "Error: rejected ", "\n    at a.b (c.js:1:2)"),
    )
    for vendor in (
        "slack bot token",
        "github token",
        "openai project key",
        "anthropic key",
        "google api key",
        "npm token",
    )
)

PARTS = {
    "bare": BARE,
    "named": NAMED,
    "structured": STRUCTURED,
    "address": ADDRESSES,
    "header": HEADERS,
    "command": COMMANDS,
    "stack trace": TRACES,
    "dressed": DRESSED,
}
LEAKS = tuple(leak for part in PARTS.values() for leak in part)
