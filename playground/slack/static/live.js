// Talks to the server: loads, does, and hears what changes.

import { store } from "./store.js";

let socket = null;
let pause = 500;

export async function get(path, query = {}) {
  const response = await fetch(`${path}?${new URLSearchParams({ as: store.me, ...query })}`);
  if (!response.ok) throw new Error(`${path} ${response.status}`);
  return response.json();
}

// Does something as the person chosen; gives back {error} when it is refused.
export async function act(doing, what = {}) {
  try {
    const response = await fetch(`/page/${doing}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ as: store.me, ...what }),
    });
    return await response.json();
  } catch {
    return { error: "the playground does not answer" };
  }
}

export async function loadState() {
  const state = await get("/page/state");
  const byId = (items) => new Map(items.map((item) => [item.id, item]));
  Object.assign(store, {
    me: state.me,
    team: state.team,
    elsewhere: state.elsewhere,
    users: byId(state.users),
    usergroups: byId(state.usergroups),
    commands: state.commands,
    channels: byId(state.channels),
    emoji: state.emoji,
    view: state.view,
    scenarios: state.scenarios,
  });
}

export async function loadMessages(channel) {
  const messages = await get("/page/messages", { channel });
  store.messages.set(channel, new Map(messages.map((message) => [message.ts, message])));
}

// Hears changes from now on; `changed(kind)` is called after each, `again()` after a lost connection came back.
export function listen(changed, again) {
  if (socket) {
    socket.onclose = null;
    socket.close();
  }
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/page/live?as=${encodeURIComponent(store.me)}`);
  socket.onopen = () => {
    pause = 500;
    if (!store.online) again();
    store.online = true;
    changed("online");
  };
  socket.onmessage = (event) => {
    const news = JSON.parse(event.data);
    take(news);
    changed(news.kind, news);
  };
  socket.onclose = () => {
    store.online = false;
    changed("online");
    setTimeout(() => listen(changed, again), (pause = Math.min(pause * 1.6, 5000)));
  };
}

function take(news) {
  if (news.channel?.id) store.channels.set(news.channel.id, news.channel);
  if (news.kind === "message") {
    store.messages.get(news.message.channel)?.set(news.message.ts, news.message);
    const known = store.messages.get(news.message.channel);
    if (known) store.messages.set(news.message.channel, inOrder(known));
  } else if (news.kind === "gone") store.messages.get(news.channel)?.delete(news.ts);
  else if (news.kind === "view") store.view = news.view;
  else if (news.kind === "scenarios") store.scenarios = news.scenarios;
}

function inOrder(messages) {
  return new Map([...messages].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
