// One message: avatar, name, text or blocks, files, reactions, thread line, and the bar of what one can do with it.

import { blocks } from "./blocks.js";
import { $, h } from "./dom.js";
import { act } from "./live.js";
import { emojiNode, mrkdwn } from "./mrkdwn.js";
import { isReply, store, user } from "./store.js";
import { toast } from "./toast.js";

const QUICK = ["white_check_mark", "eyes", "x"];
const PICKER = ["white_check_mark", "x", "eyes", "pushpin", "+1", "-1", "rotating_light", "warning", "fire", "tada", "pray", "bulb", "thinking_face", "heart"];
const SOON = 5 * 60; // seconds within which one author's messages stand together

export function rows(messages, { unreadFrom = "", inThread = false, open }) {
  const items = [];
  let previous = null;
  for (const message of messages) {
    const day = dayOf(message);
    if (!inThread && (!previous || dayOf(previous) !== day)) {
      items.push({ key: `day-${day}`, mark: dayName(day), make: () => h("div", { class: "day" }, h("span", {}, dayName(day))) });
      previous = null;
    }
    if (unreadFrom && message.ts > unreadFrom && message.user !== store.me && !items.some((item) => item.key === "new")) {
      items.push({ key: "new", mark: "new", make: () => h("div", { class: "new" }, h("span", {}, "New")) });
      previous = null;
    }
    const together = joins(previous, message);
    items.push({ key: message.ts, mark: JSON.stringify([message, together, store.me, inThread, names(message)]), make: () => row(message, { together, inThread, open }) });
    previous = message;
  }
  return items;
}

function joins(previous, message) {
  if (!previous || message.subtype || previous.subtype || previous.whisper !== message.whisper) return false;
  return previous.user === message.user && Number(message.ts) - Number(previous.ts) < SOON && !message.pinned_by;
}

function row(message, { together, inThread, open }) {
  const author = user(message.user);
  if (message.subtype) return systemRow(message, author);
  const kind = `message${together ? " together" : ""}${message.whisper ? " whisper" : ""}${message.pinned_by ? " pinned" : ""}`;
  const head = h("div", { class: "head" },
    h("span", { class: "name" }, author.name),
    author.app ? h("span", { class: "app" }, "APP") : null,
    h("a", { class: "time", href: `#${message.channel}/p${message.ts.replace(".", "")}`, title: exact(message) }, time(message)));
  return h("article", { class: kind, dataset: { ts: message.ts }, onclick: touch },
    h("div", { class: "gutter" }, together ? h("span", { class: "time" }, time(message)) : avatar(author)),
    h("div", { class: "content" },
      message.pinned_by ? h("div", { class: "note" }, "📌 Pinned by ", user(message.pinned_by).name) : null,
      message.whisper ? h("div", { class: "note" }, "👁 Only visible to you") : null,
      together ? null : head,
      body(message),
      (message.files ?? []).map(file),
      reactions(message),
      inThread || isReply(message) ? null : threadLine(message, open)),
    message.whisper ? null : bar(message, inThread, open));
}

function systemRow(message, author) {
  const said = message.text.replace(/^<@\w+>\s*/, "");
  const text = author.name === "You" ? said.replace(/^has /, "have ") : said;
  return h("article", { class: "message system", dataset: { ts: message.ts } },
    h("div", { class: "gutter" }, h("span", { class: "time", title: exact(message) }, time(message))),
    h("div", { class: "content" }, h("span", { class: "name" }, author.name), " ", mrkdwn(text)));
}

function body(message) {
  const drawn = message.blocks?.length ? blocks(message) : message.text ? [h("div", { class: "text" }, mrkdwn(message.text))] : [];
  for (const attachment of message.attachments ?? []) drawn.push(attached(attachment, message));
  if (message.edited && drawn.length) drawn.at(-1).append(h("span", { class: "edited", title: exact(message.edited) }, " (edited)"));
  return h("div", { class: "said" }, drawn);
}

function attached(attachment, message) {
  const inner = attachment.blocks ? blocks({ ...message, blocks: attachment.blocks }) : mrkdwn(attachment.text ?? attachment.fallback ?? "");
  return h("div", { class: "attachment" }, inner);
}

function file(shown) {
  const src = `/page/files/${encodeURIComponent(shown.id)}`;
  if (!shown.type.startsWith("image/")) return h("a", { class: "file", href: src, target: "_blank", rel: "noopener" }, `📄 ${shown.title || shown.name}`);
  const picture = h("img", { src, alt: shown.alt || shown.title || shown.name, onclick: () => enlarge(src, shown) });
  return h("figure", {}, h("figcaption", {}, shown.title || shown.name), picture);
}

function enlarge(src, shown) {
  const box = $("lightbox");
  box.replaceChildren(h("img", { src, alt: shown.alt || shown.title || shown.name }));
  box.onclick = () => box.close();
  box.showModal();
}

function reactions(message) {
  if (!message.reactions?.length) return null;
  const pills = message.reactions.map((reaction) => {
    const mine = reaction.users.includes(store.me);
    const who = reaction.users.map((id) => (id === store.me ? "You" : user(id).name)).join(", ");
    return h("button", { type: "button", class: `reaction${mine ? " mine" : ""}`, title: `${who} reacted with :${reaction.name}:`, "aria-pressed": String(mine), dataset: { name: reaction.name }, onclick: () => react(message, reaction.name) },
      emojiNode(reaction.name), h("span", { class: "count" }, String(reaction.count)));
  });
  return h("div", { class: "reactions" }, pills, message.whisper ? null : h("button", { type: "button", class: "reaction add", "aria-label": "Add a reaction", onclick: (event) => pick(event, message) }, "☺+"));
}

function threadLine(message, open) {
  if (!message.reply_count) return null;
  const faces = (message.reply_users ?? []).slice(0, 3).map((id) => avatar(user(id)));
  const count = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  return h("button", { type: "button", class: "thread-line", onclick: () => open(message.ts) },
    faces, h("b", {}, count), h("span", {}, `Last reply ${time({ ts: message.latest_reply })}`));
}

function bar(message, inThread, open) {
  const quick = QUICK.map((name) => h("button", { type: "button", title: `React with :${name}:`, dataset: { quick: name }, onclick: () => react(message, name) }, emojiNode(name)));
  return h("div", { class: "bar" }, quick,
    h("button", { type: "button", class: "pick", title: "More reactions", onclick: (event) => pick(event, message) }, "☺"),
    inThread ? null : h("button", { type: "button", class: "reply", title: "Reply in thread", onclick: () => open(message.ts) }, "Reply"),
    h("button", { type: "button", class: "pin", title: message.pinned_by ? "Unpin" : "Pin", onclick: () => tell(act("pin", place(message))) }, "📌"));
}

function pick(event, message) {
  event.stopPropagation();
  document.querySelector(".picker")?.remove();
  const choose = (name) => () => { box.remove(); react(message, name); };
  const box = h("div", { class: "picker", role: "menu" }, PICKER.map((name) => h("button", { type: "button", title: `:${name}:`, dataset: { name }, onclick: choose(name) }, emojiNode(name))));
  document.body.append(box);
  const spot = event.currentTarget.getBoundingClientRect();
  box.style.left = `${Math.max(8, Math.min(spot.left, innerWidth - box.offsetWidth - 8))}px`;
  box.style.top = `${spot.top > box.offsetHeight + 12 ? spot.top - box.offsetHeight - 6 : spot.bottom + 6}px`;
  setTimeout(() => document.addEventListener("click", () => box.remove(), { once: true }));
}

// On a phone there is no hover: a tap shows the bar.
function touch(event) {
  if (!matchMedia("(hover: none)").matches || event.target.closest("a, button, img, select")) return;
  const was = event.currentTarget.classList.contains("touched");
  document.querySelectorAll(".touched").forEach((other) => other.classList.remove("touched"));
  event.currentTarget.classList.toggle("touched", !was);
}

const place = (message) => ({ channel: message.channel, ts: message.ts });
const react = (message, name) => tell(act("react", { ...place(message), name }));
const tell = async (doing) => { const answer = await doing; if (answer.error) toast(answer.error); };
const names = (message) => [message.user, ...(message.reply_users ?? [])].map((id) => user(id).name);

export function avatar(person) {
  if (person.app) return h("span", { class: "avatar bot", "aria-hidden": "true" }, person.id === "USLACKBOT" ? "♥" : "✚");
  const letters = person.name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
  return h("span", { class: `avatar hue-${hue(person.id)}`, "aria-hidden": "true" }, letters);
}

const hue = (id) => [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 997, 7) % 8;
const moment = (message) => new Date(Number(message.ts) * 1000);
const time = (message) => moment(message).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const exact = (message) => moment(message).toLocaleString([], { dateStyle: "full", timeStyle: "long" });
const dayOf = (message) => moment(message).toDateString();

function dayName(day) {
  const today = new Date();
  if (day === today.toDateString()) return "Today";
  today.setDate(today.getDate() - 1);
  if (day === today.toDateString()) return "Yesterday";
  return new Date(day).toLocaleDateString([], { weekday: "long", month: "long", day: "numeric" });
}
