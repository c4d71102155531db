"""Which kubectl commands only look, and hand out no secret.

`get configmap -o yaml`, and pods with their environment, are reads: secrets belong into Secrets, and every output is
masked. What speaks of secrets is none, not even `describe secret`: of a service account's it shows the token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from runbooks.flags import Flags, flags, read

_KUBECTL_ANY = flags("", "-n --namespace --context --request-timeout")
_SELECT = "-l --selector --field-selector"
_KUBECTL: Mapping[str, Flags] = {
    "get": flags(
        "-A --all-namespaces --no-headers --show-labels --show-kind --ignore-not-found",
        f"{_SELECT} -o --output -L --label-columns --sort-by --chunk-size",
    ),
    "describe": flags("-A --all-namespaces --show-events", f"{_SELECT} --chunk-size"),
    "top": flags(
        "-A --all-namespaces --containers --no-headers --sum --show-capacity --use-protocol-buffers",
        f"{_SELECT} --sort-by",
    ),
    "logs": flags(
        "-p --previous --all-containers --timestamps --prefix --ignore-errors --all-pods",
        "-l --selector -c --container --since --since-time --tail --limit-bytes --max-log-requests "
        "--pod-running-timeout",
    ),
    "events": flags("-A --all-namespaces --no-headers", "-o --output --for --types"),
    "explain": flags("--recursive", "--api-version"),
    "version": flags("--client", "-o --output"),
    "api-resources": flags("--no-headers --namespaced", "-o --output --api-group --verbs --sort-by"),
    "api-versions": flags(""),
    "rollout status": flags("-w --watch", "--timeout --revision -l --selector"),
    "rollout history": flags("", "--revision -o --output -l --selector"),
    "auth can-i": flags("-A --all-namespaces -q --quiet --list --no-headers", "--subresource"),
    "config current-context": flags(""),
    "config get-contexts": flags("--no-headers", "-o --output"),
}
_HIDDEN = re.compile(r"secret|token|credential|password", re.IGNORECASE)
_FORMS = re.compile(r"(wide|name|json|yaml|(jsonpath|jsonpath-as-json|custom-columns|go-template)=.*)", re.DOTALL)


def only_looks(args: list[str]) -> bool:
    """Whether a kubectl with these arguments only looks, and hands out no secret."""
    for words in (1, 2):
        split = _verb(args, words)
        if split and split[0] in _KUBECTL:
            found = read(split[1], {**_KUBECTL_ANY, **_KUBECTL[split[0]]})
            return found is not None and _open(split[0], *found)
    return False


def _verb(args: list[str], words: int) -> tuple[str, list[str]] | None:
    """The first words and everything else; only flags that stand before any verb may come before it."""
    before: list[str] = []
    rest = list(args)
    while rest and rest[0].startswith("-"):
        flag = rest.pop(0)
        before.append(flag)
        if flag in _KUBECTL_ANY and rest:
            before.append(rest.pop(0))
        elif flag.partition("=")[0] not in _KUBECTL_ANY and flag[:2] != "-n":
            return None
    if len(rest) < words or any(word.startswith("-") for word in rest[:words]):
        return None
    return " ".join(rest[:words]), before + rest[words:]


def _open(verb: str, positional: list[str], given: dict[str, str]) -> bool:
    """Whether nothing of it speaks of secrets, and the form of the output is one that reads no file."""
    kinds = positional[0].split(",") if positional else []
    kinds += [part.partition("/")[0] for arg in positional for part in arg.split(",") if "/" in part]
    if verb in ("get", "describe") and any(_HIDDEN.search(kind) for kind in kinds):
        return False
    forms = [given[name] for name in ("-o", "--output") if name in given]
    return all(_FORMS.fullmatch(form) for form in forms)
