"""Which aws commands only look, and hand out no secret: of listed services, and not those that print one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from runbooks.flags import flags, read

_AWS_ANY = flags("--no-paginate --no-cli-pager", "--region --output --query --page-size --max-items --profile --color")
_S3_LS = flags("--recursive --human-readable --summarize", "--page-size --request-payer")
_AWS: Mapping[str, frozenset[str]] = {
    name: frozenset(but.split())
    for name, but in {
        "acm": "",
        "application-autoscaling": "",
        "autoscaling": "describe-launch-configurations",
        "cloudformation": "",
        "cloudtrail": "",
        "cloudwatch": "",
        "dynamodb": "",
        "ec2": "get-password-data describe-instance-attribute get-launch-template-data "
        "describe-launch-template-versions describe-vpn-connections describe-spot-instance-requests "
        "describe-spot-fleet-requests get-vpn-connection-device-sample-configuration",
        "ecr": "get-login get-login-password get-authorization-token get-download-url-for-layer",
        "ecs": "describe-task-definition",
        "efs": "",
        "eks": "get-token",
        "elasticache": "",
        "elb": "",
        "elbv2": "",
        "health": "",
        "kafka": "",
        "lambda": "list-functions get-function get-function-configuration get-layer-version get-layer-version-by-arn",
        "logs": "get-log-object",
        "opensearch": "",
        "rds": "",
        "resourcegroupstaggingapi": "",
        "route53": "",
        "s3api": "get-object get-object-torrent",
        "service-quotas": "",
        "sns": "",
        "sqs": "",
        "sts": "get-session-token get-federation-token get-web-identity-token get-access-key-info "
        "get-delegated-access-token",
    }.items()
}
"""Services whose describe-, get- and list- are reads, each with those that are not: they hand out secrets or a login,
or write to a file."""
_AWS_VERB = re.compile(r"(describe|get|list)-[a-z0-9-]+")
_AWS_NEVER = ("--endpoint-url", "--cli-input-json", "--cli-input-yaml", "--generate-cli-skeleton", "--debug",
              "--no-verify-ssl", "--no-sign-request", "--ca-bundle", "--with-decryption", "--outfile",
              "--cli-auto-prompt")  # fmt: skip
"""Also shortened, as the program would take them."""
_AWS_LOADED = re.compile(r"(file|fileb|https?)://", re.IGNORECASE)


def only_looks(args: list[str]) -> bool:
    """Whether an aws with these arguments only looks, and hands out no secret."""
    while args and args[0].startswith("-"):
        if args[0].partition("=")[0] not in _AWS_ANY:
            return False
        args = args[2:] if _AWS_ANY[args[0].partition("=")[0]] and "=" not in args[0] else args[1:]
    if args[:2] == ["s3", "ls"]:
        return read(args[2:], {**_AWS_ANY, **_S3_LS}) is not None
    if len(args) < 2 or args[0] not in _AWS or not _AWS_VERB.fullmatch(args[1]) or args[1] in _AWS[args[0]]:
        return False
    rest = args[2:]
    if rest and not rest[0].startswith("--"):
        return False  # a place to write to
    flags = [arg.partition("=")[0] for arg in rest if arg.startswith("-")]
    unknown = any(not re.fullmatch(r"--[a-z0-9-]{2,}", flag) for flag in flags)
    never = any(option.startswith(flag) for flag in flags for option in _AWS_NEVER)
    return not unknown and not never and not any(_AWS_LOADED.search(arg) for arg in rest)
