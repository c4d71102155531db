// rich_text blocks → DOM.

import { h } from "./dom.js";
import { channelMention, emojiNode, link, userMention } from "./mrkdwn.js";
import { store } from "./store.js";

export function richText(elements) {
  return elements.map((element) => CONTAINER[element.type]?.(element) ?? h("span"));
}

const CONTAINER = {
  rich_text_section: (element) => h("div", {}, leaves(element)),
  rich_text_preformatted: (element) => h("pre", {}, leaves(element)),
  rich_text_quote: (element) => h("blockquote", {}, leaves(element)),
  rich_text_list: (element) => h(element.style === "ordered" ? "ol" : "ul", { class: `indent-${Math.min(3, element.indent ?? 0)}` },
    element.elements.map((item) => h("li", {}, leaves(item)))),
};

const leaves = (element) => (element.elements ?? []).map(leaf);

function leaf(item) {
  switch (item.type) {
    case "text": return styled(item.text, item.style ?? {});
    case "link": return link(item.url, item.text);
    case "emoji": return emojiNode(item.name);
    case "user": return userMention(item.user_id);
    case "channel": return channelMention(item.channel_id);
    case "usergroup": return h("span", { class: "mention" }, `@${store.usergroups.get(item.usergroup_id)?.handle ?? "group"}`);
    case "broadcast": return h("span", { class: "mention broadcast" }, `@${item.range}`);
    default: return "";
  }
}

function styled(text, style) {
  let node = document.createTextNode(text);
  for (const [name, tag] of [["code", "code"], ["bold", "b"], ["italic", "i"], ["strike", "s"]]) {
    if (style[name]) node = h(tag, {}, node);
  }
  return node;
}
