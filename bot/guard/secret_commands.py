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
        r"--(?i:pass(?:word|wd|phrase)?|(?:auth-|access-|api-)?token|(?:client-)?secret(?:-key)?|(?:api|access|auth)-key)"
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
)
