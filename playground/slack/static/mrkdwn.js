// Slack's mrkdwn → DOM nodes. `<…>` forms, *bold*, _italic_, ~strike~, `code`, ```pre```, > quote, lists, :emoji:.

import { h, safeLink } from "./dom.js";
import { store } from "./store.js";

const INLINE = new RegExp(
  [
    "`([^`\\n]+)`",
    "<([^<>\\n]+)>",
    ":([a-z0-9_+'-]+)(?:::skin-tone-[2-6])?:",
    "(?<![\\w*])\\*(?![\\s*])([^\\n*]*?[^\\s*])\\*(?![\\w*])",
    "(?<![\\w_])_(?![\\s_])([^\\n]*?[^\\s_])_(?![\\w_])",
    "(?<![\\w~])~(?![\\s~])([^\\n~]*?[^\\s~])~(?![\\w~])",
  ].join("|"),
  "g",
);
const LIST = /^(\s*)([•◦▪‣–-]|\d{1,3}[.)])\s+(.*)$/;
const QUOTE = /^(?:&gt;|>) ?/;

export const unescape = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

export function mrkdwn(text) {
  const root = document.createDocumentFragment();
  text.split(/```([\s\S]*?)```/).forEach((part, i) => {
    if (i % 2) root.append(h("pre", {}, entities(part.replace(/^\n/, "").replace(/\n$/, ""))));
    else root.append(paragraphs(i ? part.replace(/^\n/, "") : part));
  });
  return root;
}

function paragraphs(text) {
  const out = document.createDocumentFragment();
  if (!text) return out;
  const lines = text.replace(/\n$/, "").split("\n");
  let broken = true; // nothing stands before this line in its paragraph
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    if (QUOTE.test(line)) {
      const quoted = [];
      while (i < lines.length && QUOTE.test(lines[i])) quoted.push(lines[i++].replace(QUOTE, ""));
      i--;
      out.append(h("blockquote", {}, paragraphs(quoted.join("\n"))));
      broken = true;
      continue;
    }
    const item = LIST.exec(line);
    if (item) {
      const depth = Math.min(3, Math.floor(item[1].length / 2));
      out.append(h("div", { class: `item depth-${depth}` }, h("span", { class: "mark" }, item[2]), h("span", {}, inline(item[3]))));
      broken = true;
      continue;
    }
    if (line.trim() === "") {
      out.append(h("div", { class: "gap" }));
      broken = true;
      continue;
    }
    if (!broken) out.append(h("br"));
    out.append(inline(line));
    broken = false;
  }
  return out;
}

export function inline(text) {
  const out = document.createDocumentFragment();
  let last = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, code, entity, emoji, bold, italic, strike] = found;
    const node =
      code !== undefined ? h("code", {}, entities(code))
      : entity !== undefined ? anchor(entity)
      : emoji !== undefined ? emojiNode(emoji, whole)
      : bold !== undefined ? h("b", {}, inline(bold))
      : italic !== undefined ? h("i", {}, inline(italic))
      : h("s", {}, inline(strike));
    out.append(unescape(text.slice(last, found.index)), node);
    last = found.index + whole.length;
  }
  out.append(unescape(text.slice(last)));
  return out;
}

// Inside code only the <…> forms mean something.
function entities(text) {
  const out = document.createDocumentFragment();
  text.split(/<([^<>\n]+)>/).forEach((part, i) => out.append(i % 2 ? anchor(part) : unescape(part)));
  return out;
}

export function emojiNode(name, fallback = `:${name}:`) {
  const glyph = store.emoji[name];
  return glyph ? h("span", { class: "emoji", title: `:${name}:`, role: "img", "aria-label": name }, glyph) : fallback;
}

// Plain text with :shortcodes:, as plain_text objects have it.
export function plain(text) {
  const out = document.createDocumentFragment();
  text.split(/:([a-z0-9_+'-]+):/).forEach((part, i) => out.append(i % 2 ? emojiNode(part) : part));
  return out;
}

function anchor(entity) {
  const [target, label] = splitOnce(entity, "|");
  if (target.startsWith("@")) return userMention(target.slice(1), label);
  if (target.startsWith("#")) return channelMention(target.slice(1), label);
  if (target.startsWith("!")) return special(target.slice(1), label);
  return link(unescape(target), label === undefined ? undefined : unescape(label));
}

export function link(url, label) {
  const href = safeLink(url);
  if (!href) return h("span", {}, label ?? url);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, plain(label ?? url));
}

export function userMention(id, label) {
  const user = store.users.get(id);
  const mine = id === store.me ? " me" : "";
  return h("span", { class: `mention${mine}` }, `@${user ? user.handle : (label ?? id)}`);
}

export function channelMention(id, label) {
  const channel = store.channels.get(id);
  if (!channel) return h("span", { class: "mention" }, `#${label ?? id}`);
  return h("a", { class: "mention", href: `#${id}` }, `#${channel.name}`);
}

function special(name, label) {
  const [word, rest] = splitOnce(name, "^");
  if (word === "date") return date(rest ?? "", label ?? "");
  if (word === "subteam") {
    const group = store.usergroups.get(rest ?? "");
    return h("span", { class: "mention" }, `@${group ? group.handle : (label ?? "group").replace(/^@/, "")}`);
  }
  return h("span", { class: "mention broadcast" }, `@${label ?? word}`);
}

// <!date^1392734382^{date_short} {time}|fallback>
function date(rest, fallback) {
  const [seconds, format, target] = rest.split("^");
  const moment = new Date(Number(seconds) * 1000);
  if (!format || Number.isNaN(moment.getTime())) return h("span", {}, fallback);
  const shown = (options) => moment.toLocaleString([], options);
  const forms = {
    date_num: () => moment.toISOString().slice(0, 10),
    date: () => shown({ month: "long", day: "numeric", year: "numeric" }),
    date_short: () => shown({ month: "short", day: "numeric", year: "numeric" }),
    date_long: () => shown({ weekday: "long", month: "long", day: "numeric", year: "numeric" }),
    time: () => shown({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
    time_secs: () => shown({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }),
    ago: () => ago(moment),
  };
  const text = format.replace(/\{(\w+)\}/g, (whole, name) => {
    const form = forms[name.replace(/_pretty$/, "")];
    return form ? form() : whole;
  });
  return target ? link(unescape(target), text) : h("time", { title: moment.toString() }, text);
}

function ago(moment) {
  const minutes = Math.round((Date.now() - moment) / 60000);
  return minutes < 60 ? `${minutes} minutes ago` : `${Math.round(minutes / 60)} hours ago`;
}

function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
