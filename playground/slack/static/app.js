// Puts the page together: which channel and thread are open, and what is drawn again when something changes.

import { composer, joinBar } from "./composer.js";
import { $, h, reconcile } from "./dom.js";
import { act, listen, loadMessages, loadState } from "./live.js";
import { rows } from "./message.js";
import { showModal } from "./modal.js";
import { inline } from "./mrkdwn.js";
import { drawPanel } from "./panel.js";
import { drawPeople } from "./people.js";
import { channelName, drawSidebar } from "./sidebar.js";
import { channel, isReply, messagesOf, store, user } from "./store.js";
import { toast } from "./toast.js";

const app = $("app");

async function begin() {
  store.me = sessionStorage.getItem("me") ?? "";
  await loadState();
  drawPeople(become);
  document.body.classList.toggle("directed", store.scenarios !== null);
  showPanel(store.scenarios !== null && innerWidth > 1100 && sessionStorage.getItem("panel") !== "closed");
  await route();
  listen(heard, again);
  drawAll();
}

async function become(id) {
  store.me = id;
  sessionStorage.setItem("me", id);
  store.messages.clear();
  await loadState();
  drawPeople(become);
  await route();
  listen(heard, again);
}

async function again() {
  await loadState();
  store.messages.clear();
  await open(store.current, store.thread);
}

// The address says what is open: #C123 or #C123/p1612345678000100 or #C123/t1612345678.000100 (a thread).
async function route() {
  const [id, place] = location.hash.slice(1).split("/");
  const named = new URLSearchParams(location.search).get("channel");
  const all = [...store.channels.values()];
  const wanted = store.channels.get(id) ?? all.find((c) => c.name === named) ?? all.find((c) => c.name === "incidents") ?? all[0];
  $("nowhere").hidden = Boolean(wanted);
  if (!wanted) return nowhere();
  await open(wanted.id, place?.startsWith("t") ? place.slice(1) : "");
  if (location.hash && app.dataset.view === "list") view("channel");
  if (place?.startsWith("p")) spot(`${place.slice(1, -6)}.${place.slice(-6)}`);
}

// Guests and people from elsewhere see only what they were invited to.
function nowhere() {
  Object.assign(store, { current: "", thread: "" });
  $("nowhere").textContent = `You are in no channel here. Somebody has to type /invite @${user(store.me).handle} in one.`;
  for (const id of ["messages", "composer", "reply-composer", "topic"]) $(id).replaceChildren();
  $("channel-name").textContent = "";
  for (const id of ["pins", "shared", "members", "thread"]) $(id).hidden = true;
  composerFor = "";
  drawSidebar();
  showModal();
}

function spot(ts) {
  const message = messagesOf(store.current).get(ts);
  if (message && isReply(message)) openThread(message.thread_ts);
  const row = document.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
  row?.scrollIntoView({ block: "center" });
  row?.classList.add("spotted");
}

async function open(id, thread = "") {
  const fresh = id !== store.current;
  store.current = id;
  store.thread = thread;
  if (!store.messages.has(id)) await loadMessages(id);
  const shown = channel();
  if (fresh) store.unreadFrom = shown.unread && shown.last_read !== "0" ? shown.last_read : "";
  drawComposer();
  drawAll();
  if (fresh) $("messages").scrollTop = $("messages").scrollHeight;
  view(thread ? "thread" : app.dataset.view === "list" && !location.hash ? "list" : "channel");
  markRead();
}

function markRead() {
  const shown = channel();
  if (!shown || document.hidden || !shown.unread) return;
  const last = [...messagesOf(shown.id).keys()].at(-1);
  if (!last) return;
  act("read", { channel: shown.id, ts: last });
  Object.assign(shown, { unread: 0, mentions: 0 });
  drawSidebar();
}

function openThread(ts) {
  store.thread = ts;
  history.replaceState(null, "", `#${store.current}/t${ts}`);
  drawThread();
  $("replies").scrollTop = $("replies").scrollHeight;
  view("thread");
  $("reply-composer").querySelector("textarea")?.focus({ preventScroll: true });
}

function closeThread() {
  store.thread = "";
  history.replaceState(null, "", `#${store.current}`);
  drawThread();
  view("channel");
}

const view = (name) => { app.dataset.view = name; };

function showPanel(open) {
  app.classList.toggle("with-panel", open);
  sessionStorage.setItem("panel", open ? "open" : "closed");
}

function drawAll() {
  drawSidebar();
  drawHeader();
  drawMessages();
  drawThread();
  drawPanel();
  showModal();
}

function drawHeader() {
  const shown = channel();
  if (!shown) return;
  $("channel-name").textContent = (shown.kind === "im" ? "" : "#") + channelName(shown);
  $("topic").replaceChildren(inline(shown.topic?.value ?? ""));
  $("topic").title = shown.topic?.value ?? "";
  $("members").hidden = false;
  $("members").textContent = `${shown.members.length}`;
  $("shared").hidden = !shown.is_ext_shared;
  $("shared").replaceChildren(h("span", { class: "wide" }, "shared with "), store.elsewhere);
  const pinned = [...messagesOf(shown.id).values()].filter((message) => message.pinned_by);
  $("pins").hidden = !pinned.length;
  $("pins").textContent = `📌 ${pinned.length}`;
  $("pins").onclick = () => pinned.length && spot(pinned.at(-1).ts);
  $("offline").hidden = store.online;
}

function drawMessages() {
  const list = $("messages");
  const shown = [...messagesOf(store.current).values()].filter((message) => !isReply(message) || message.broadcast);
  keepingPlace(list, () => reconcile(list, rows(shown, { unreadFrom: store.unreadFrom, open: openThread })));
}

function drawThread() {
  const head = messagesOf(store.current).get(store.thread);
  $("thread").hidden = !head;
  app.classList.toggle("with-thread", Boolean(head));
  if (!head) return;
  const replies = [...messagesOf(store.current).values()].filter((message) => message.thread_ts === head.ts && isReply(message));
  $("thread-of").textContent = `#${channel().name}`;
  const [first] = rows([head], { inThread: true, open: openThread });
  const rest = rows(replies, { inThread: true, open: openThread });
  const count = { key: "count", mark: String(replies.length), make: () => h("div", { class: "day" }, h("span", {}, replies.length === 1 ? "1 reply" : `${replies.length} replies`)) };
  keepingPlace($("replies"), () => reconcile($("replies"), [first, ...(replies.length ? [count] : []), ...rest]));
}

// Whoever reads the newest stays with the newest; whoever scrolled up is left alone.
function keepingPlace(list, draw) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  draw();
  if (!atEnd) return;
  list.scrollTop = list.scrollHeight;
  list.querySelectorAll("img").forEach((image) => { if (!image.complete) image.onload = () => (list.scrollTop = list.scrollHeight); });
}

let composerFor = "";

function drawComposer() {
  const shown = channel();
  const inside = shown.members.includes(store.me);
  const key = JSON.stringify([shown.id, inside, shown.is_archived, store.me]);
  if (key === composerFor) return;
  composerFor = key;
  if (shown.is_archived) {
    $("composer").replaceChildren(h("div", { class: "join" }, "This channel is archived."));
    $("reply-composer").replaceChildren();
  } else if (!inside) {
    const join = async () => { const answer = await act("join", { channel: shown.id }); if (answer.error) toast(answer.error); };
    $("composer").replaceChildren(joinBar(shown.name, join));
    $("reply-composer").replaceChildren();
  } else {
    $("composer").replaceChildren(composer(`Message #${channelName(shown)}`, () => ({ channel: shown.id })));
    $("reply-composer").replaceChildren(composer("Reply…", () => ({ channel: store.current, thread_ts: store.thread })));
  }
}

function heard(kind, news) {
  if (!store.current && news?.channel) return route();
  if (kind === "scenarios") return drawPanel();
  if (kind === "view") return showModal();
  if (kind === "online") return drawHeader();
  if (news.channel === store.current || news.message?.channel === store.current || news.channel?.id === store.current) {
    drawHeader();
    drawMessages();
    drawThread();
    drawComposer();
    markRead();
  }
  drawSidebar();
}

window.addEventListener("hashchange", async () => { view("channel"); await route(); });
document.addEventListener("visibilitychange", () => store.current && markRead());
$("thread-close").onclick = closeThread;
$("panel-toggle").onclick = () => (innerWidth > 760 ? showPanel(!app.classList.contains("with-panel")) : view("panel"));
$("panel-open").onclick = () => (innerWidth > 760 ? showPanel(true) : view("panel"));
$("panel-close").onclick = () => { showPanel(false); if (app.dataset.view === "panel") view("list"); };
document.querySelectorAll(".back").forEach((button) => (button.onclick = () => (button.dataset.to === "channel" ? closeThread() : view(button.dataset.to))));

begin();
