"""Where secrets stand in commands: behind the options of well-known programs, in SQL, in configuration lines.

As `secret_places`: a group `secret` or those of `VALUE`, every quantifier possessive or bounded.
"""

from bot.guard.secret_kinds import kind
from bot.guard.secret_places import VALUE

COMMANDS = (
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
        r"--(?i:pass(?:word|wd|phrase)?|(?:auth-|access-|api-)?token|(?:client-)?secret(?:-key)?|(?:api|access"
        r"|auth)-key)"
        rf"[ \t]{{1,3}}(?!-){VALUE}",
    ),
    kind(
        "password in a command", "redis-cli", r"\bredis-cli\b[^\n|]{0,120}?[ \t]-a[ \t]{1,3}(?!-)(?P<secret>[^\s\"']++)"
    ),
    kind("password in a command", "sshpass", r"\bsshpass[ \t]{1,3}-p[ \t]{0,3}[\"']?(?P<secret>[^\s\"']++)"),
    kind(
        "password in a command",
        "login",
        r"\blogin(?:\b[^\n|]{0,120}?[ \t]-p|[ \t]\S{1,64}+[ \t]password)[ \t]{1,3}(?P<secret>[^\s\"'-][^\s\"']*+)",
    ),
    kind("password", "requirepass masterauth", r"\b(?:requirepass|masterauth)[ \t]{1,3}[\"']?(?P<secret>[^\s\"']++)"),
    kind("secret", "--from-literal", rf"--from-literal[= ][\w.-]{{1,128}}={VALUE}"),
    kind(
        "password in a command",
        "http ",
        r"\bhttps?[ ](?:[^\n|]{0,80}?[ ])?-a[ ][\"']?[\w.@-]{1,64}+:(?P<secret>[^\s\"']++)",
    ),
    kind(
        "password in a command",
        "mongo",
        r"\bmongo(?:sh|dump|restore|export|import)?\b[^\n|]{0,120}?[ ]-p[ ]{0,3}[\"']?(?P<secret>[^\s\"'-][^\s\"']*+)",
    ),
    kind(
        "password in a command",
        "ldap",
        r"\bldap[a-z]{3,9}\b[^\n|]{0,160}?[ ]-w[ ]{0,3}[\"']?(?P<secret>[^\s\"'-][^\s\"']*+)",
    ),
    kind(
        "password in a command",
        "sqlcmd bcp",
        r"\b(?:sqlcmd|bcp)\b[^\n|]{0,160}?[ ]-P[ ]{0,3}[\"']?(?P<secret>[^\s\"']++)",
    ),
    kind(
        "password in a command", "sqlplus", r"\bsqlplus\b[^\n|]{0,60}?[ ][\w.-]{1,64}/(?P<secret>[^\s/@\"']{1,128}+)@"
    ),
    kind(
        "password in a command",
        "pass ",
        r"[ ]-(?:store|key|src|dest)(?:store)?pass[ ]{1,3}[\"']?(?P<secret>[^\s\"'-][^\s\"']*+)",
    ),
    kind(
        "password in a command",
        "zip",
        r"\b(?:un)?zip\b[^\n|]{0,80}?[ ]-P[ ]{0,3}[\"']?(?P<secret>[^\s\"']++)",
    ),
    kind(
        "password in a command",
        "-u",
        r"\b(?:smb|rpc)[a-z]{3,8}\b[^\n|]{0,120}?[ ]-U[ ]{0,3}[\"']?[\w\\/.-]{1,64}%(?P<secret>[^\s\"']++)",
    ),
    kind(
        "secret",
        "configure",
        r"\bconfigure set [\w.]{0,60}?(?:secret_access_key|session_token)[ ]{1,3}(?P<secret>[^\s\"']++)",
    ),
    kind(
        "password in a command",
        "rabbitmqctl",
        r"\brabbitmqctl\b[^\n|]{0,60}?[ ](?:add_user|change_password"
        r"|authenticate_user)[ ][\w.@-]{1,64}[ ][\"']?(?P<secret>[^\s\"']++)",
    ),
    kind(
        "password in a command",
        "htpasswd",
        r"\bhtpasswd[ ]-\w{0,4}b\w{0,4}[ ](?:[^\s]{1,128}[ ])?[\w.@-]{1,64}[ ][\"']?(?P<secret>[^\s\"']++)",
    ),
    kind(
        "password in a command",
        "password-stdin sudo",
        r"\becho[ ](?:-n[ ])?[\"']?(?P<secret>[^\s\"'|]++)[\"']?[ ]?\|[^\n]{0,80}?(?:--password-stdin|\bsudo[ ]-S\b)",
    ),
    kind(
        "password in a command",
        "chpasswd",
        r"\becho[ ](?:-e[ ])?[\"']?[\w.-]{1,64}:(?P<secret>[^\s\"'|]++)[\"']?[ ]?\|[ ]?(?:sudo[ ])?chpasswd",
    ),
    kind("password in a command", "net", r"\bnet[ ]user[ ][\w.-]{1,64}[ ](?P<secret>[^\s/\"']++)"),
    kind(
        "password in a command",
        "-pw",
        r"\b(?:plink|pscp|psftp|putty)\b[^\n|]{0,80}?[ ]-pw[ ]{1,3}(?P<secret>[^\s\"']++)",
    ),
)
