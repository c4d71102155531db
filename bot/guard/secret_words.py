"""Where secrets stand apart from their names: in words, other languages, SQL, forms, arguments, files.

As `secret_places`: a group `secret` or those of `VALUE`, every quantifier possessive or bounded.
"""

from __future__ import annotations

import re

from bot.guard.secret_kinds import Kind, kind
from bot.guard.secret_places import ANY, GIVEN, MADE, VALUE

_CHOSEN = r"[\"'`]?(?P<secret>[^\s\"'`,;<>]{6,64}+)"

WORDS = (
    kind(
        "password in words",
        "password passwd passwort",
        r"[pP](?i:ass(?:wor[dt]|wd))(?i:[ ](?:is|was|ist|war|(?:re)?set to|changed to))?[ ]{1,3}(?![\w.-]{1,64}[=:])"
        + _CHOSEN,
    ),
    kind(
        "password",
        "mot contrase senha wachtwoord hasło пароль 密码 密碼 パスワード 비밀번호",
        r"(?i:mot de passe|contrase(?:ñ|n)a|senha|wachtwoord|hasło|пароль|密码|密碼|パスワード|비밀번호)"
        rf"[\"']?[ \t]{{0,3}}[:=：][ \t]{{0,3}}{VALUE}",
    ),
    kind(
        "code",
        "pin cvv cvc otp",
        rf"(?i:pin[_-]?code|card[_-]?pin|cvv2?|cvc2?"
        rf"|(?<![a-z])otp(?:[_-]?code)?){GIVEN}[\"']?(?P<secret>\d{{3,8}})(?!\d)",
    ),
    kind("key", "psk", rf"\b[pP](?i:sk){GIVEN}[\"']?{MADE}"),
    kind("secret", "_pat", rf"[pP](?i:at(?<=_pat)){GIVEN}[\"']?(?P<secret>[A-Za-z0-9_-]{{20,}}+)"),
    kind("secret", "snmp", r"\bsnmp[\w-]{0,16}[ ]community[ ](?P<secret>\S{4,64}+)"),
    kind("key", "unseal", rf"[uU](?i:nseal key)(?: \d{{1,2}})?{GIVEN}[\"']?{MADE}"),
    kind(
        "password",
        "--",
        r"--(?:[\w-]{0,40}?-)?(?i:pass(?:word|wd|phrase)?|token|secret|(?:api|access)-?key)[\"'],?\s{0,12}[\"']"
        r"(?!-)(?P<secret>[^\"'\n]++)",
    ),
    kind(
        "password",
        "define",
        rf"[dD](?i:efine)\([ ]?[\"']\w{{0,40}}?{ANY}\w{{0,16}}[\"'],[ ]?[\"'](?P<secret>[^\"'\n]++)",
    ),
    kind("password", "form-data", rf"name=\"[\w-]{{0,30}}?{ANY}[\w-]{{0,10}}\"\r?\n\r?\n(?P<secret>[^\s]++)"),
    kind(
        "password",
        "value=",
        r"type=[\"']?(?i:password)[\"']?[^<>\n]{0,120}?(?i:value)=[\"']?(?P<secret>[^\"'<>\s]++)",
    ),
    kind(
        "password",
        "insert",
        rf"[iI](?i:nsert[ ]into)[ ][^()\n]{{1,100}}\([^()\n]{{0,300}}?{ANY}[^()\n]{{0,300}}\)[ ]?(?i:values)[ ]?\("
        r"(?P<secret>[^()\n]++)",
    ),
    kind("password", "pdo", r"PDO->__construct\('[^'\n]{0,200}', ?'[^'\n]{0,100}', ?'(?P<secret>[^'\n]++)"),
    kind(
        "password in words",
        "auth",
        r"\bAUTH[\"']?[ ](?:[\"']?\w{1,64}[\"']?[ ])?[\"']?(?P<secret>[^\s\"']{6,128}+)",
    ),
    kind("url password", "jdbc:oracle", r"jdbc:oracle:\w{2,6}:[\w.-]{1,64}/(?P<secret>[^\s/@\"']{1,128}+)@"),
    kind("url password", "&p=", r"[?&]u=[^\s&\"']{0,64}&p=(?P<secret>[^\s&\"'<>]++)"),
    kind("password", ".pgpass", r":(?:\d{2,5}|\*):[\w*-]{1,64}:[\w.*-]{1,64}:(?P<secret>[^\s:]++)"),
)

EMAIL = kind(
    "email address",
    "@",
    r"(?<![\w.+%-])(?<!://)(?!git@)(?P<secret>[\w.+%-]{1,64}+@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}+)(?![\w-])",
)
CARD = Kind(
    "card number",
    ("",),
    re.compile(
        r"(?<![\w.-])(?P<secret>(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6(?:011|5\d\d|4[4-9]\d)"
        r"|35\d\d)(?P<by>[ -]?)\d{4}(?P=by)\d{4}(?P=by)\d{4}"
        r"|3[47]\d\d[ -]?\d{6}[ -]?\d{5}|3(?:0[0-5]|[68]\d)\d[ -]?\d{6}[ -]?\d{4})(?![\w-])"
    ),
)
"""Optional: `REDACT_EMAILS`, `REDACT_CARDS`."""
