"""Where secrets stand: after a name such as `password=`, in a header, a cookie, a URL, a command.

Each pattern has a group `secret`. Whether that group holds a secret or only words is decided by `worth_masking`.
Every quantifier is possessive or bounded, so that no text takes more than linear time.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from bot.guard.secret_kinds import kind

SIGNS = "\ufdd0-\ufdef"
"""Noncharacters of Unicode: two of them stand for what is masked already while the rest is looked at."""
_KEYS = (
    *("api", "access", "private", "account", "auth", "encryption", "signing"),
    *("master", "license", "subscription", "session", "service", "storage"),
)
_PASSWORD = r"[pP](?i:ass(?:word|wd|phrase|code|(?<=[_-]pass))|wd)"  # noqa: S105 - a pattern
_SECRET = r"[sS](?i:ecret(?:[_-]?(?:access[_-]?)?key)?(?:[_-]?base)?)"  # noqa: S105 - a pattern
_TOKEN = r"[tT](?i:oken)(?<!(?i:expected token))"  # noqa: S105 - a pattern
_CREDENTIAL = r"[cC](?i:redential)"
_KEY = "[kK](?i:ey)(?i:" + "|".join(f"(?<={word}key)|(?<={word}[_-]key)" for word in _KEYS) + ")"
"""Each begins with a class of one letter: `re` then leaps from one such letter to the next."""
_ANY = f"(?:{_PASSWORD}|{_SECRET}|{_TOKEN}|{_CREDENTIAL}|{_KEY})"
_GIVEN = r"(?:[_-]?(?i:value|hash|\d{1,2}))?(?:\\{0,7}[\"'])?\]?[ \t]{0,3}(?::=|=>|=|:|%3[aAdD])[ \t]{0,3}"
_NEXT = r"(?:[ \t\r\n]|$|[\w.-]{1,64}+[\"']?[=:])"
"""What follows a separator that ends the value rather than being part of it."""
_BARE = rf"(?![{{\[][\"'{{])(?:[^\s\"'`,;&<>\\]|[,;&](?!{_NEXT})|[\"'](?=\w)|\\(?![nrt\"'\\]))++"
_QUOTED = (
    r"(?:\\{1,7}[\"'](?P<escaped>(?:[^\"'\\\n]|\\{1,7}[^\"'\\\n])++)"
    r"|\"(?P<double>(?:[^\"\\\n]|\\[^\n])++)|'(?P<single>(?:[^'\\\n]|\\[^\n])++)|`(?P<tick>[^`\n]++))"
)
"""The closing quote is not asked for: a line that was cut has none."""
_VALUE = rf"(?:{_QUOTED}|(?P<bare>{_BARE}))"

PLACES = (
    kind(
        "url password",
        "://",
        r"://[^\s:/@\"'<>?#]{0,256}+:(?!\d{1,5}(?:[/?#]|$))"
        r"(?:(?P<secret>[^\s/?#\"'<>]{1,512})@|(?P<slashed>[^\s\"'<>@]{1,128})@(?=[\w.-]{1,255}+(?::\d|[/?\s,\"']|$)))",
    ),
    kind("password", "@tcp( @unix(", r":(?P<secret>[^\s\"'<>]{1,256}?)@(?:tcp|unix)\("),
    kind("url token", "@", r"://(?P<secret>[A-Za-z0-9_-]{20,255})@"),
    kind("signature", "sig=", r"[?&](?i:sig)=(?P<secret>[^\s&\"'<>]{8,2048})"),
    kind("signature", "signature", r"[sS](?i:ignature)=(?P<secret>[A-Za-z0-9%+/_-]{24,2048}+=*+)"),
    kind("session token", "x-amz-security-token", r"[xX](?i:-amz-security-token)[=:][ \t]?(?P<secret>[^\s&\"'<>]++)"),
    kind(
        "authorization",
        "authorization",
        r"[aA](?i:uthorization)(?:\\{0,7}[\"'])?\]?[ \t]{0,3}(?:=>|[:=])[ \t]{0,3}\[?(?:\\{0,7}[\"'])?"
        r"(?P<scheme>(?i:bearer|basic|token|apikey|negotiate|splunk|key|api-key|sso-key)[ \t]{1,3})?+"
        r"(?:(?i:token|key|credential)=(?:\\{0,7}[\"'])?+)?+(?P<secret>[^\s\"'\\,;<>\]]++)",
    ),
    kind("bearer token", "bearer", r"[bB](?i:earer)(?:[ \t]{1,3}|%20|\+)(?P<secret>[A-Za-z0-9._~+/-]{8,}+={0,2}+)"),
    kind("basic auth", "basic", r"[bB](?i:asic)(?:[ \t]{1,3}|%20|\+)(?P<secret>[A-Za-z0-9+/_-]{8,}+={0,2}+)"),
    kind(
        "password in a command",
        "curl wget",
        r"\b(?:curl|wget)\b[^\n|]{0,120}?[ \t]-{1,2}(?:u|user|proxy-user)[ \t=]{1,3}[\"']?[^\s:\"']{1,128}+:"
        r"(?P<secret>[^\s\"']++)",
    ),
    kind(
        "password in a command",
        "mysql mariadb",
        r"\bm(?:ysql|ariadb)[a-z-]{0,10}+\b[^\n|]{0,120}?[ \t]-p(?!ort|rotocol)(?P<secret>[^\s\"']++)",
    ),
    kind("password", "identified", r"[iI](?i:dentified[ ]{1,3}by)[ ]{1,3}'(?P<secret>[^'\n]++)'"),
    kind("password", "password '", r"[pP](?i:assword)[ ]{1,3}'(?P<secret>[^'\n]++)'"),
    kind(
        "password",
        "--",
        r"--(?i:pass(?:word|wd|phrase)?|(?:auth-|access-|api-)?token|(?:client-)?secret(?:-key)?|(?:api|access|auth)-key)"
        rf"[ \t]{{1,3}}(?!-){_VALUE}",
    ),
    kind(
        "secret",
        "value",
        rf"[nN](?i:ame)[\"']?\s{{0,3}}[:=]\s{{0,3}}[\"']?[\w.-]{{0,64}}?{_ANY}[\w.-]{{0,40}}+"
        rf"[\"']?\s{{0,3}},?\s{{0,12}}[\"']?(?i:value)[\"']?[ \t]{{0,3}}[:=][ \t]{{0,3}}{_VALUE}",
    ),
    kind(
        "secret",
        "<",
        rf"<[\w:.-]{{0,40}}?{_ANY}[\w-]{{0,16}}(?:[ \t][^<>\n]{{0,200}})?>(?P<secret>[^<\n]++)</",
    ),
    kind("password", "pass pwd", _PASSWORD + _GIVEN + _VALUE),
    kind("secret", "secret", _SECRET + _GIVEN + _VALUE),
    kind("secret", "token", _TOKEN + _GIVEN + _VALUE),
    kind("secret", "credential", _CREDENTIAL + _GIVEN + _VALUE),
    kind("secret", "key", _KEY + _GIVEN + _VALUE),
)

COOKIES = re.compile(
    r"[cC](?i:ookie)(?:\\{0,7}[\"'])?[ \t]{0,3}(?:=>|[:=])[ \t]{0,3}\[?(?:\\{0,7}[\"'])?"
    r"(?P<pairs>[^\s=;,\"'\\]{1,128}+=[^\s;\"'\\]*+(?:;[ \t]{0,3}[^\s=;\"'\\]{1,128}+(?:=[^\s;\"'\\]*+)?+)*+)"
)
"""`Cookie:` and `Set-Cookie:` with their pairs; each value is masked, names and attributes stay."""
PAIR = re.compile(r"(?P<name>[^\s=;]++)=(?P<secret>[^;\s]++)")
ATTRIBUTES = frozenset(("path", "domain", "expires", "max-age", "samesite", "priority", "version"))

_PLACEHOLDER = re.compile(
    rf"[{SIGNS}]+|[*.•x-]{{3,}}|<[^>]*>?|\$\{{[^}}]*\}}?|\$\([^)]*\)?|\{{+\w*|\$[A-Z_][A-Z0-9_]*|\{{\{{.*|%[({{]?\w*[)}}]?[sdv]?"
    r"|\[?\(?(?:redacted|filtered|masked|hidden|omitted|removed|protected)\)?\]?",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z_][A-Za-z_.]{0,80}(?:\([A-Za-z_.]{0,40}\)?|\[[A-Za-z_.]{0,40}\]?)")
"""`token = self.tokens[key]`, `token := next()`."""
_WORDS = frozenset(
    re.findall(
        r"\w+",
        """true false null none nil undefined yes no ok okay on off empty blank missing invalid incorrect wrong expired
        expiring expires required optional not is was were are has had have been be the a an and or to too of for from
        in on with without reset changed rotated refreshed refresh renewed bucket failed failure fail error unknown
        unset set must should cannot can could does did do mismatch match matched matches verified verify verification
        validated accepted rejected denied forbidden unauthorized unauthenticated authentication authenticated auth
        bearer basic token password secret header revoked created updated deleted unchanged needed provided given found
        passed valid unexpected malformed string text object boolean number integer array binary str int bool bytes
        default example disabled enabled skipped pending unused leaked retrieved retrieving loading loaded fetching
        fetched requested using""",
    )
)
"""What stands behind `password:` or `token=` when a sentence, a state or a type is meant."""


def worth_masking(found: re.Match[str], name: str, secret: str) -> bool:
    """Whether what stands in this place is a secret: not a placeholder, a state, a count, or a word of a sentence."""
    if _PLACEHOLDER.fullmatch(secret) or _is_words(secret):
        return False
    return _CHECKS.get(name, _is_given)(found, secret)


def _is_words(secret: str) -> bool:
    first, *more = secret.split(None, 1)[:2] or [""]
    return first.strip(".,:;!?()[]").lower() in _WORDS and (not more or first.isalpha())


def _is_credential(found: re.Match[str], secret: str) -> bool:
    return bool(found["scheme"]) or len(secret) >= 16 or any(c.isdigit() for c in secret)


def _is_no_user_id(_found: re.Match[str], secret: str) -> bool:
    return not (secret.isdigit() and len(secret) <= 5)


def _is_given(found: re.Match[str], secret: str) -> bool:
    """`PWD=/srv/app` is a folder, `tests_pass=12` a count; whatever else stands behind a password's name is one."""
    name = found.group()[:5].lower()
    return not (secret[0] in "/~" and name.startswith("pwd")) and not (
        secret.isdigit() and name.rstrip(":= ") == "pass"
    )


def _is_token(found: re.Match[str], secret: str) -> bool:
    """Tokens and keys: no small numbers, no code, and after a colon no plain word (`secret: mounted`)."""
    if secret.isdigit():
        return len(secret) > 6
    if _CODE.fullmatch(secret):
        return False
    quoted = found.groupdict().get("bare") is None
    plain = secret.isalpha() and secret.islower()
    return quoted or not plain or not found.group()[: -len(secret)].rstrip().endswith(":")


def _looks_random(_found: re.Match[str], secret: str) -> bool:
    letters = any(c.isalpha() for c in secret)
    mixed = not secret.islower() and not secret.isupper() and not secret.istitle()
    return letters and (any(c.isdigit() for c in secret) or (mixed and len(secret) >= 12) or len(secret) >= 24)


def _is_pair(found: re.Match[str], secret: str) -> bool:
    """Base64 of `user:password`; or, cut or encoded otherwise, at least too mixed for a word."""
    try:
        decoded = base64.b64decode(secret.rstrip("=") + "=" * (-len(secret.rstrip("=")) % 4), altchars=b"-_")
    except (binascii.Error, ValueError):
        decoded = b""
    return b":" in decoded or (len(secret) >= 12 and _looks_random(found, secret))


_CHECKS: dict[str, Callable[[re.Match[str], str], bool]] = {
    "authorization": _is_credential,
    "bearer token": _looks_random,
    "basic auth": _is_pair,
    "password in a command": _is_no_user_id,
    "secret": _is_token,
}
