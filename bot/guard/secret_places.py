"""Where secrets stand: after a name such as `password=`, in a header, a cookie, a URL, a command.

Each pattern has a group `secret`, or those of `VALUE`. Whether a secret stands there or only words is decided by
`worth_masking`; of what is masked as «key», a place alone is too weak a sign.
Every quantifier is possessive or bounded, so that no text takes more than linear time.
"""

from __future__ import annotations

import re

from bot.guard.secret_kinds import kind

_KEYS = (
    *("api", "access", "private", "account", "auth", "encryption", "signing"),
    *("master", "license", "subscription", "session", "service", "storage"),
)
_PASSWORD = (
    r"[pP](?:(?i:ass(?:wor[dt]|wd|phrase|code|(?<=[_-]pass)|(?<=dbpass)|(?<=userpass)|(?<=rootpass)|(?<![a-z]pass))|wd|w(?:(?<=bindpw)|(?<=rootpw)|(?<=_pw)))"  # noqa: S105
    r"|ass(?<=[a-z]Pass))"
)
_SECRET = r"[sS](?i:ecret(?:[_-]?(?:access[_-]?)?key)?(?:[_-]?base)?)"  # noqa: S105 - a pattern
_TOKEN = r"[tT](?i:oken)(?<!(?i:expected token))"  # noqa: S105 - a pattern
_CREDENTIAL = r"[cC](?i:redential)"
_KEY = "[kK](?i:ey)(?i:" + "|".join(f"(?<={word}key)|(?<={word}[_-]key)" for word in _KEYS) + ")"
"""Each begins with a class of one letter: `re` then leaps from one such letter to the next."""
_OTHER_KEYS = "(?<=api key)|" + "|".join(
    f"(?<={word}key)|(?<={word}[_-]key)"
    for word in (
        *("function", "functions", "app", "application", "routing", "integration", "hmac", "webhook", "ingest"),
        *("admin", "deploy", "shared", "preshared", "signature", "read", "write"),
    )
)
MADE = r"(?:base64:)?(?P<secret>[A-Za-z0-9+/_.%~-]{16,1024}+={0,2}+)"
"""Long, and of the characters of keys."""
ANY = f"(?:{_PASSWORD}|{_SECRET}|{_TOKEN}|{_CREDENTIAL}|{_KEY})"
_QUOTE = r"(?:\\{0,7}[\"']|&quot;|&#34;|%22|\\u0022)"
GIVEN = (
    rf"(?:[_-]?(?i:value|hash|salt|pepper|base64|b64|\d{{1,2}}))?{_QUOTE}?\]?[ \t]{{0,3}}"
    r"(?::=|=>|==?|::?(?:[ \t][|>][+-]?\r?\n)?|%3[aAdD]|\\u003[aAdD])[ \t]{0,12}"
    rf"(?:\[(?=[\"'])|\{{[ ]?{_QUOTE}(?i:value|plain|text|secret){_QUOTE}[ ]?:[ ]?)?"
)
"""What stands between a name and its value; in YAML the value may begin on the next line."""
_NEXT = r"(?:[ \t\r\n]|$|(?:quot|#34);|[\w.-]{1,64}+[\"']?[=:])"
"""What follows a separator that ends the value rather than being part of it."""
_BARE = rf"(?![{{\[][\"'{{])(?:[^\s\"'`,;&<>\\]|[,;&](?!{_NEXT})|[\"'](?=\w)|\\(?!u002[267]|[nrt\"'\\]))++"
_QUOTED = (
    r"(?:\\{1,7}[\"'](?P<escaped>(?:[^\"'\\\n]|\\{1,7}[^\"'\\\n])++)"
    r"|\"(?:\"\")?(?P<double>(?:[^\"\\\n]|\\[^\n])++)|'(?P<single>(?:[^'\\\n]|\\[^\n])++)|`(?P<tick>[^`\n]++))"
)
"""The closing quote is not asked for: a line that was cut has none."""
VALUE = rf"(?:{_QUOTED}|(?:&quot;|&#34;|\\u0022)?(?P<bare>{_BARE}))"

PLACES = (
    kind("url token", "@", r"://(?P<secret>[A-Za-z0-9_-]{20,255})(?::[^\s/@\"'<>]{0,64})?@"),
    kind(
        "url password",
        "://",
        r"://[^\s:/@\"'<>?#]{0,256}+:(?!\d{1,5}(?:[/?#]|$))"
        r"(?:(?P<secret>[^\s/?#\"'<>]{1,512})@|(?P<slashed>[^\s\"'<>@]{1,128})@(?=[\w.-]{1,255}+(?::\d|[/?\s,\"']|$)))",
    ),
    kind("password", "@tcp( @unix(", r":(?P<secret>[^\s\"'<>]{1,256}?)@(?:tcp|unix)\("),
    kind(
        "url password",
        "@",
        r":(?=[^\s:@/]{0,127}\d)(?=[^\s:@/]{0,127}[A-Za-z])(?P<secret>[^\s:@/\"'<>]{6,128})@(?=[\w.-]{1,255}+:\d{2,5}\b)",
    ),
    kind("signature", "sig=", r"[?&](?i:sig)=(?P<secret>[^\s&\"'<>]{8,2048})"),
    kind("signature", "signature", r"[sS](?i:ignature)=(?P<secret>[A-Za-z0-9%+/_-]{24,2048}+=*+)"),
    kind("session token", "x-amz-security-token", r"[xX](?i:-amz-security-token)[=:][ \t]?(?P<secret>[^\s&\"'<>]++)"),
    kind(
        "authorization",
        "authorization",
        r"[aA](?i:uthorization)(?:\\{0,7}[\"'])?\]?[ \t]{0,3}(?:=>|[:=])[ \t]{0,3}\[?(?:\\{0,7}[\"'])?"
        r"(?P<scheme>(?i:bearer|basic|token|api-?key|negotiate|splunk|key|sso-key|ssws|geniekey|oauth|pbw)[ \t]{1,3})?+"
        r"(?:(?i:token|key|credential)=(?:\\{0,7}[\"'])?+)?+(?P<secret>[^\s\"'\\,;&<>\]]++)",
    ),
    kind("digest", "digest", r"\b(?i:response)=\\{0,7}\"?(?P<secret>[0-9a-f]{32,128}+)"),
    kind("signature", "mac=", r"\bmac=\\{0,7}[\"'](?P<secret>[A-Za-z0-9+/]{20,}+={0,2}+)"),
    kind("bearer token", "bearer", r"[bB](?i:earer)(?:[ \t]{1,3}|%20|\+)(?P<secret>[A-Za-z0-9._~+/-]{8,}+={0,2}+)"),
    kind("basic auth", "basic", r"[bB](?i:asic)(?:[ \t]{1,3}|%20|\+)(?P<secret>[A-Za-z0-9+/_-]{8,}+={0,2}+)"),
    kind(
        "secret",
        "value",
        rf"(?:[nN](?i:ame)|[kK](?i:ey))[\"']?\s{{0,3}}[:=]\s{{0,3}}[\"']?[\w.-]{{0,64}}?{ANY}[\w.-]{{0,40}}+"
        rf"[\"']?\s{{0,3}},?\s{{0,12}}[\"']?(?i:value)[\"']?[ \t]{{0,3}}[:=][ \t]{{0,3}}{VALUE}",
    ),
    kind(
        "secret",
        "<",
        rf"<[\w:.-]{{0,40}}?{ANY}[\w-]{{0,16}}(?:[ \t][^<>\n]{{0,200}})?>(?P<secret>[^<\n]++)</",
    ),
    kind("password", "pass pwd bindpw rootpw _pw", _PASSWORD + GIVEN + VALUE),
    kind("secret", "secret", _SECRET + GIVEN + VALUE),
    kind("secret", "token", _TOKEN + GIVEN + VALUE),
    kind("secret", "credential", _CREDENTIAL + GIVEN + VALUE),
    kind("secret", "key", _KEY + GIVEN + VALUE),
    kind("cookie", "sess", rf"(?i:jsessionid|phpsessid|asp\.net_sessionid){GIVEN}(?P<secret>[\w.%:-]{{8,}}+)"),
    kind("cookie", "connect.sid", r"connect\.sid=(?P<secret>[\w.%:+/-]{8,}+)"),
    kind(
        "key",
        "token password secret",
        r"[tTpPsS](?i:oken(?<=token)|assword(?<=password)|ecret(?<=secret))(?i:[ ]is|[ ]was)?"
        rf"(?:[ ]{{0,2}}:[ ]{{0,3}}|[ ]{{1,3}})[\"'`]?{MADE}",
    ),
    kind("key", "auth credentials", rf"[aAcC](?i:uth(?<=auth)|redentials){GIVEN}[\"']?{MADE}"),
    kind("key", "key= code= auth=", rf"[?&](?i:key|code|auth)={MADE}"),
    kind("key", "key", rf"[kK](?i:ey)(?i:{_OTHER_KEYS}){GIVEN}(?:\\{{0,7}}[\"'])?{MADE}"),
)

COOKIES = re.compile(
    r"[cC](?i:ookie)(?:\\{0,7}[\"'])?[ \t]{0,3}(?:=>|[:=])[ \t]{0,3}\[?(?:\\{0,7}[\"'])?"
    r"(?P<pairs>[^\s=;,\"'\\]{1,128}+=[^\s;\"'\\]*+"
    r"(?:(?:;[ \t]{0,3}|\\{0,7}[\"'],[ \t]?\\{0,7}[\"'])[^\s=;\"'\\]{1,128}+(?:=[^\s;\"'\\]*+)?+)*+)"
)
"""`Cookie:` and `Set-Cookie:` with their pairs; each value is masked, names and attributes stay."""
PAIR = re.compile(r"(?P<name>[^\s=;,\"'\\]++)=(?P<secret>[^;\s\"'\\]++)")
ATTRIBUTES = frozenset(("path", "domain", "expires", "max-age", "samesite", "priority", "version"))
