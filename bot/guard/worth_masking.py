"""Whether what stands where secrets stand is one: not a placeholder, a state, a count, or a word of a sentence."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from bot.guard.secret_kinds import SIGNS

_PLACEHOLDER = re.compile(
    rf"[{SIGNS}]+|[*.•x-]{{3,}}|[|>][+-]?|<[^>]*>?|\$\{{[^}}]*\}}?|\$\([^)]*\)?|\{{+\w*|\$[A-Z_][A-Z0-9_]*"
    r"|\{\{.*|%[({]?\w*[)}]?[sdv]?"
    r"|\[?\(?(?:redacted|filtered|masked|hidden|omitted|removed|protected|sensitive|known)\)?\]?"
    r"|hmac-sha\d{1,3}:[0-9a-f]+|!(?:vault|secret|env_var|include|ref|sub)",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z_][A-Za-z_.]{0,80}(?:\([A-Za-z_.]{0,40}\)?|\[[A-Za-z_.]{0,40}\]?)")
"""`token = self.tokens[key]`, `token := next()`."""
_CALL = re.compile(r"[A-Za-z_]\w{0,40}(?:\.[A-Za-z_]\w{0,40}){1,6}\(.*", re.DOTALL)
"""`password = getpass.getpass(...)`."""
_ATTRIBUTE = re.compile(
    r"(?:self|this|settings|config|conf|cfg|env|os|process|args|opts|options|params|app|ctx|req|request)"
    r"\.[A-Za-z_.]{1,80}(?:\[[^\]\n]{0,60}\]?)?"
)
"""`secret_key=settings.SECRET_KEY`."""
_NAME = re.compile(r"[a-z]+(?:[-/.][a-z]+)+")
"""`secret="payment-config"`: the name of one."""
_COUNT = re.compile(r"[\d.,:/%]+[a-z]{0,2}")
_HEX = re.compile(r"[0-9a-f]{32,}")
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
    """Whether `secret`, in the match of a pattern for this kind of secret, is one."""
    if any(shape.fullmatch(secret) for shape in (_PLACEHOLDER, _CALL, _ATTRIBUTE)) or _is_words(secret):
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
    """Behind a password's name stands one; but `PWD=/srv/app` is a folder, and `pass: 12/15` counts tests."""
    name = found.group()[:5].lower()
    if name.startswith("pwd"):
        return secret[0] not in "/~"
    if name.startswith("pass") and not name[4:].isalpha():
        return not _COUNT.fullmatch(secret) and _is_token(found, secret)
    return True


def _is_token(found: re.Match[str], secret: str) -> bool:
    """Tokens and keys: no small numbers, no code, and after a colon no plain word (`secret: mounted`)."""
    if secret.isdigit():
        return len(secret) > 6
    if _CODE.fullmatch(secret) or _names_a_secret(found, secret):
        return False
    quoted = found.groupdict().get("bare") is None
    plain = secret.isalpha() and secret.islower()
    return quoted or not plain or not found.group()[: -len(secret)].rstrip().endswith(":")


def _names_a_secret(found: re.Match[str], secret: str) -> bool:
    """`secret="payment-config"` and an ARN say which secret is meant."""
    if found.group()[:6].lower() != "secret" or found.group()[6:7].isalnum():
        return False
    before = found.string[max(0, found.start() - 120) : found.start()]
    apart = not before[-1:].isalnum() and before[-1:] not in ("_", "-")
    named = _NAME.fullmatch(secret) and (apart or before.lower().endswith(("existing", "pull")))
    return bool(named) or (before.endswith(":") and "secretsmanager:" in before)


def _is_user_token(found: re.Match[str], secret: str) -> bool:
    """A token in place of a user; but a long name with a password behind it is only a name."""
    return found.group().endswith(f"{secret}@") or _looks_made(found, secret)


def _looks_made(_found: re.Match[str], secret: str) -> bool:
    """Made by a machine, not written by a person: mixed as no word, no UUID and no pod's name is."""
    return _HEX.fullmatch(secret) is not None or (
        any(c.isdigit() for c in secret) and any(c.islower() for c in secret) and any(c.isupper() for c in secret)
    )


def _looks_random(_found: re.Match[str], secret: str) -> bool:
    letters = any(c.isalpha() for c in secret)
    mixed = not secret.islower() and not secret.isupper() and not secret.istitle()
    return letters and (any(c.isdigit() for c in secret) or (mixed and len(secret) >= 12) or len(secret) >= 24)


def _looks_chosen(_found: re.Match[str], secret: str) -> bool:
    """A password as people choose them, where words of a sentence could stand as well."""
    letters = any(c.islower() for c in secret) and any(c.isupper() for c in secret)
    signs = any(c in "!#$%&*+?^~" for c in secret[1:])
    return len(secret) >= 6 and any(c.isdigit() for c in secret) and secret[0].isalnum() and (letters or signs)


def _is_card(_found: re.Match[str], secret: str) -> bool:
    """Luhn's sum, and no digit fifteen times."""
    digits = [int(c) for c in secret if c.isdigit()]
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_any(_found: re.Match[str], _secret: str) -> bool:
    return True


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
    "url token": _is_user_token,
    "key": _looks_made,
    "password in words": _looks_chosen,
    "card number": _is_card,
    "email address": _is_any,
}
