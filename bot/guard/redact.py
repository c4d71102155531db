"""Secrets are masked, and only they: the line around one stays readable, with the kind of what was taken out.

Pure and idempotent. A masked secret reads `[redacted: aws key]`. The patterns are our own, after the formats that
vendors document for their tokens; every quantifier is bounded or runs over one class of characters, so that no line
takes more than linear time. Git hashes, UUIDs and plain words such as «password reset ok» stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of secret. `hint` must be in the lowered text, or the pattern is not tried: that is what is fast."""

    name: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    """Its group `secret` is masked; without one, the whole match."""


def _kind(name: str, hints: str, pattern: str, flags: int = 0) -> _Kind:
    return _Kind(name, tuple(hints.split()), re.compile(pattern, flags))


_WORD = r"(?<![A-Za-z0-9_-])"
_END = r"(?![A-Za-z0-9_-])"
_VALUE = r"""(?P<secret>"(?:[^"\\\n]|\\.){1,4096}"|'(?:[^'\\\n]|\\.){1,4096}'|[^\s"',;&}\])<>]{3,4096})"""
_PASSWORDS = r"(?:passwords?|passwd|passphrase|pwd(?![\"']?\s{0,3}[:=]\s{0,3}[\"']?[/~.\\]))"
"""`PWD=/srv/app` is a folder."""
_TOKENS = (
    r"(?:secret(?:[_-]?(?:access)?[_-]?key)?|client[_-]?secret|signing[_-]?secret|(?:access|private|session|account)[_-]?key"
    r"|api[_-]?key|shared[_-]?access[_-]?key|token|credentials?)"
)
_GIVEN = r"[\"']?\s{0,3}(?::=|=>|[:=])\s{0,3}"
_GIVEN_TO_A_MACHINE = r"[\"']?\s{0,3}(?:(?::=|=>|=)\s{0,3}|:\s{0,3}(?=[\"']|[^\s]{0,200}[0-9_+/=.-]))"
"""«invalid token: unexpected end» is a sentence; `token: ab12` and `token=abc` are not."""

_KINDS = (
    _kind(
        "private key",
        "private",
        r"-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[A-Za-z0-9+/=\\\s:,.]|-(?!----)){0,16384}(?:-----END [A-Z0-9 ]{1,60}-----)?",
    ),
    _kind("jwt", "eyj", _WORD + r"eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{0,8192}"),
    _kind("slack token", "xox xapp- xwfp-", _WORD + r"(?:xox[a-z]-|xapp-|xwfp-)[A-Za-z0-9-]{8,512}"),
    _kind(
        "slack webhook",
        "hooks.slack.com",
        r"hooks\.slack\.com/(?P<secret>(?:services|workflows|triggers)/[\w/-]{8,256})",
    ),
    _kind(
        "github token",
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        _WORD + r"(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255})",
    ),
    _kind(
        "gitlab token",
        "glpat- glptt- gldt- glrt- glcbt- glft- glsoat- glagent-",
        _WORD + r"gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent)-[A-Za-z0-9_.-]{16,255}",
    ),
    _kind("anthropic key", "sk-ant-", _WORD + r"sk-ant-[A-Za-z0-9_-]{8,512}"),
    _kind("openai key", "sk-", _WORD + r"sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,512}"),
    _kind("stripe key", "k_live_ k_test_ whsec_", _WORD + r"(?:[srp]k_(?:live|test)_|whsec_)[A-Za-z0-9]{10,255}"),
    _kind("aws key", "akia asia abia acca", _WORD + r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}" + _END),
    _kind("google key", "aiza", _WORD + r"AIza[A-Za-z0-9_-]{35}"),
    _kind("google token", "ya29.", _WORD + r"ya29\.[A-Za-z0-9_-]{16,1024}"),
    _kind("npm token", "npm_", _WORD + r"npm_[A-Za-z0-9]{36}" + _END),
    _kind("pypi token", "pypi-", _WORD + r"pypi-[A-Za-z0-9_-]{32,512}"),
    _kind("sendgrid key", "sg.", _WORD + r"SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}"),
    _kind("twilio key", "sk", _WORD + r"SK[0-9a-f]{32}" + _END),
    _kind("docker token", "dckr_", _WORD + r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,255}"),
    _kind("digitalocean token", "dop_v1_ doo_v1_ dor_v1_", _WORD + r"do[opr]_v1_[a-f0-9]{32,128}"),
    _kind("hashicorp token", "hvs. hvb. hvr.", _WORD + r"hv[sbr]\.[A-Za-z0-9_-]{20,512}"),
    _kind("hugging face token", "hf_", _WORD + r"hf_[A-Za-z0-9]{30,64}" + _END),
    _kind("telegram token", ":aa", _WORD + r"\d{8,10}:AA[A-Za-z0-9_-]{32,34}" + _END),
    _kind(
        "url password", "://", r"[a-z][a-z0-9+.-]{1,30}://[^\s/:@\"'<>]{0,256}:(?P<secret>[^\s/@\"'<>]{1,1024})@", re.I
    ),
    _kind(
        "signed url",
        "sig= signature= x-amz-credential=",
        r"[?&](?:sig|signature|x-amz-signature|x-amz-credential)=(?P<secret>[^\s&\"'<>]{8,2048})",
        re.I,
    ),
    _kind(
        "authorization header",
        "authorization",
        r"authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:bearer|basic|token|apikey|digest)?\s{0,3}"
        r"(?P<secret>[A-Za-z0-9._~+/-]{8,4096}={0,3})",
        re.IGNORECASE,
    ),
    _kind(
        "authorization header",
        "bearer basic",
        r"\b(?:bearer|basic)\s{1,3}(?P<secret>(?=[A-Za-z._~+/-]{0,4096}[0-9=])[A-Za-z0-9._~+/-]{8,4096}={0,3})",
        re.IGNORECASE,
    ),
    _kind(
        "cookie",
        "cookie",
        r"\b(?:set-)?cookie[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<secret>[\w.-]{1,128}=[^\r\n\"']{1,4096})",
        re.I,
    ),
    _kind(
        "password in a command",
        "curl mysql pass user",
        r"(?:\s-u\s{1,3}[^\s:]{1,128}:|\s--(?:password|passwd|token|secret|api-key)[= ])(?P<secret>[^\s]{1,1024})",
        re.I,
    ),
    _kind("password", "pass pwd", _PASSWORDS + _GIVEN + _VALUE, re.IGNORECASE),
    _kind("secret", "secret key token credential", _TOKENS + _GIVEN_TO_A_MACHINE + _VALUE, re.IGNORECASE),
)
_HARMLESS = re.compile(
    r"""["']?(?:true|false|null|none|nil|undefined|yes|no|ok|empty|missing|invalid|expired|required|not|is|was|has|the|a|an
    |\*{3,}|<[^>]*>|\$\{[^}]*\}?|\{\{[^}]*\}?\}?|\[redacted.*|reset|changed|rotated|bucket|refresh|failed|error|unknown)["']?""",
    re.I | re.X,
)


def redact(text: str) -> str:
    """The text with every secret that is recognised masked by its kind."""
    lowered = text.lower()
    for kind in _KINDS:
        if any(hint in lowered for hint in kind.hints):
            text = kind.pattern.sub(lambda found, name=kind.name: _masked(found, name), text)  # type: ignore[misc]
    return text


def _masked(found: re.Match[str], kind: str) -> str:
    whole = found.group()
    if "secret" not in found.re.groupindex:
        return f"[redacted: {kind}]"
    secret = found.group("secret")
    if _HARMLESS.fullmatch(secret) or secret.startswith("[redacted"):
        return whole
    start, end = found.start("secret") - found.start(), found.end("secret") - found.start()
    quote = secret[0] if secret[0] in "\"'" and secret[-1] == secret[0] else ""
    return f"{whole[:start]}{quote}[redacted: {kind}]{quote}{whole[end:]}"


def redact_lines(lines: Sequence[str]) -> list[str]:
    """Each line as `redact` would leave it, in the same order.

    A hundred lines are looked at in one pass, so that most passes need no pattern at all; a key that is spread over
    lines makes it one pass over everything.
    """
    spread = any("PRIVATE KEY-----" in line for line in lines)
    step = len(lines) if spread else 100
    return [line for at in range(0, len(lines), max(step, 1)) for line in _pass(lines[at : at + step])]


def _pass(lines: Sequence[str]) -> list[str]:
    apart = redact("\n".join(lines)).split("\n")
    return apart if len(apart) == len(lines) else [redact(line) for line in lines]


def redact_finding(finding: F) -> F:
    """The same finding with every text in it redacted, however deep it lies."""
    return _redacted(finding)  # type: ignore[no-any-return]


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {_redacted(key): _redacted(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return _tuple(value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            f.name: new for f in fields(value) if (new := _redacted(getattr(value, f.name))) != getattr(value, f.name)
        }
        return replace(value, **changed) if changed else value
    return value


def _tuple(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Numbers are left alone at once: a series has thousands. Log lines go through in one pass."""
    if not values or isinstance(values[0], (int, float)):
        return values
    if hasattr(values[0], "message"):
        texts = redact_lines([line.message for line in values])
        return tuple(
            line if text == line.message else replace(line, message=text)
            for line, text in zip(values, texts, strict=True)
        )
    return tuple(_redacted(value) for value in values)
