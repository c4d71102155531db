// Block Kit → DOM.

import { h, safeLink } from "./dom.js";
import { act } from "./live.js";
import { link, mrkdwn, plain } from "./mrkdwn.js";
import { richText } from "./rich_text.js";
import { toast } from "./toast.js";

export function blocks(message) {
  return message.blocks.map((block) => h("div", { class: `block ${block.type}` }, (DRAW[block.type] ?? unknown)(block, message)));
}

export function textObject(object) {
  return object.type === "mrkdwn" ? mrkdwn(object.text) : plain(object.text);
}

const DRAW = {
  section: (block, message) => [
    h("div", { class: "body" },
      block.text ? h("div", { class: "text" }, textObject(block.text)) : null,
      block.fields ? h("div", { class: "fields" }, block.fields.map((field) => h("div", {}, textObject(field)))) : null),
    block.accessory ? h("div", { class: "accessory" }, element(block.accessory, block, message)) : null,
  ],
  header: (block) => h("h3", {}, plain(block.text.text)),
  divider: () => h("hr"),
  context: (block) => block.elements.map((item) =>
    item.type === "image" ? picture(item, "small") : h("span", {}, textObject(item))),
  actions: (block, message) => block.elements.map((item) => element(item, block, message)),
  image: (block) => [block.title ? h("div", { class: "caption" }, plain(block.title.text)) : null, picture(block, "large")],
  rich_text: (block) => richText(block.elements),
  markdown: (block) => mrkdwn(fromMarkdown(block.text)),
  task_card: (block) => task(block),
  plan: (block) => [block.title ? h("b", { class: "title" }, block.title) : null, block.tasks.map((card) => h("div", { class: "task_card" }, task(card)))],
  input: (block) => h("div", { class: "text" }, plain(block.label.text)),
};

const STATES = { pending: ["○", "waiting"], in_progress: ["", "at work"], complete: ["✓", "done"], error: ["!", "failed"] };

function task(card) {
  const [sign, words] = STATES[card.status];
  const more = [card.details, card.output].filter(Boolean).map((text) => h("span", { class: "more" }, text));
  return [h("span", { class: `state ${card.status}`, role: "img", "aria-label": words, title: words }, sign), h("span", {}, card.title), more];
}

function unknown(block) {
  return h("em", {}, `(${block.type})`);
}

// Pictures come from this workspace only; another address is shown as a link.
export function picture(item, size) {
  const file = item.slack_file?.id;
  if (file) return h("img", { class: size, src: `/page/files/${encodeURIComponent(file)}`, alt: item.alt_text });
  const href = safeLink(item.image_url ?? "");
  return href ? h("span", { class: "elsewhere" }, link(href, item.alt_text || "picture")) : h("span", {}, item.alt_text ?? "");
}

function element(item, block, message) {
  if (item.type === "image") return picture(item, "thumb");
  if (item.type === "button") return button(item, block, message);
  if (item.options) return select(item, block, message);
  return h("em", {}, `(${item.type})`);
}

function button(item, block, message) {
  const press = async (event) => {
    if (item.confirm && !window.confirm(`${item.confirm.title.text}\n\n${item.confirm.text.text}`)) return;
    event.target.disabled = true;
    await click(message, block, item);
    event.target.disabled = false;
  };
  const shown = h("button", { type: "button", class: `press ${item.style ?? ""}`, onclick: press, dataset: { action: item.action_id } }, plain(item.text.text));
  const href = item.url ? safeLink(item.url) : null;
  return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, shown) : shown;
}

function select(item, block, message) {
  const chosen = item.initial_option?.value;
  const options = item.options.map((option) =>
    h("option", { value: option.value, selected: option.value === chosen }, option.text.text));
  const first = h("option", { value: "", disabled: true, selected: !chosen }, item.placeholder?.text ?? "Choose…");
  return h("select", { class: "press", onchange: (event) => click(message, block, item, event.target.value) }, first, options);
}

async function click(message, block, item, chosen) {
  const place = { channel: message.channel, ts: message.ts, block_id: block.block_id, action_id: item.action_id };
  const answer = await act("click", chosen === undefined ? place : { ...place, chosen });
  if (answer.error) toast(answer.error);
}

// Enough of Markdown for what bots write: headings, items, bold, links.
function fromMarkdown(text) {
  return text
    .replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/(?!^)>/gm, "&gt;")
    .replace(/^#{1,6} (.+)$/gm, "*$1*")
    .replace(/^(\s*)[-*+] /gm, "$1• ")
    .replace(/\*\*([^*\n]+)\*\*/g, "*$1*")
    .replace(/\[([^\]\n]+)\]\((https?:[^)\s]+)\)/g, "<$2|$1>");
}

