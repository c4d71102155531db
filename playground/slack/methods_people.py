"""`auth.test`, `users.*`, `usergroups.*`, `bots.info`: who is who."""

from __future__ import annotations

from playground.slack.calls import Call, Method, one_page
from playground.slack.errors import SlackError
from playground.slack.model import Json, User
from playground.slack.workspace import BOT, TEAM


def _auth(call: Call) -> Json:
    ws = call.workspace
    user = ws.user(call.who)
    shown: Json = {"url": f"{ws.url}/", "team": ws.settings.team_name, "user": user.handle}
    shown |= {"team_id": TEAM, "user_id": user.id, "is_enterprise_install": False}
    return shown | ({"bot_id": user.bot_id} if user.bot_id else {})


def _info(call: Call) -> Json:
    return {"user": _wire(call, call.workspace.user(call.text("user")))}


def _list(call: Call) -> Json:
    ours = [user for user in call.workspace.users.values() if not user.team]
    part, metadata = one_page(ours, call, default=1000, most=1000)
    return {"members": [_wire(call, u) for u in part], "cache_ts": 0, "response_metadata": metadata}


def _by_email(call: Call) -> Json:
    wanted = call.text("email").lower()
    for user in call.workspace.users.values():
        reachable = user.standing not in {"outsider", "deactivated"}
        if reachable and user.email and user.email.lower() == wanted:
            return {"user": _wire(call, user)}
    raise SlackError("users_not_found")


def _groups(call: Call) -> Json:
    with_users = call.flag("include_users")
    groups = []
    for group in call.workspace.usergroups.values():
        if group.disabled and not call.flag("include_disabled"):
            continue
        shown: Json = {"id": group.id, "team_id": TEAM, "is_usergroup": True, "name": group.name}
        shown |= {"handle": group.handle, "date_delete": int(group.disabled), "user_count": len(group.users)}
        groups.append(shown | ({"users": list(group.users)} if with_users else {}))
    return {"usergroups": groups}


def _group_users(call: Call) -> Json:
    group = call.workspace.usergroups.get(call.text("usergroup"))
    if group is None or (group.disabled and not call.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}


def _bot(call: Call) -> Json:
    ws = call.workspace
    if call.maybe("bot") not in {None, BOT}:
        raise SlackError("bot_not_found")
    user_id = next(user.id for user in ws.users.values() if user.bot_id)
    return {"bot": ws.bot_profile() | {"user_id": user_id, "updated": 0}}


def _wire(call: Call, user: User) -> Json:
    return user.wire(TEAM, with_email="users:read.email" in call.token.scopes)


METHODS = {
    "auth.test": Method(_auth),
    "users.info": Method(_info, ("users:read",)),
    "users.list": Method(_list, ("users:read",)),
    "users.lookupByEmail": Method(_by_email, ("users:read.email",)),
    "usergroups.list": Method(_groups, ("usergroups:read",)),
    "usergroups.users.list": Method(_group_users, ("usergroups:read",)),
    "bots.info": Method(_bot, ("users:read",)),
}
