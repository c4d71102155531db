// A modal that the app opened: inputs, selects and sections, with what is wrong beside each.

import { textObject } from "./blocks.js";
import { $, h } from "./dom.js";
import { act } from "./live.js";
import { plain } from "./mrkdwn.js";
import { store } from "./store.js";
import { toast } from "./toast.js";

export function showModal() {
  const dialog = $("modal");
  const view = store.view;
  if (!view) {
    if (dialog.open) dialog.close();
    return;
  }
  if (dialog.dataset.hash === view.hash && dialog.open) return;
  dialog.dataset.hash = view.hash;
  const form = h("form", { method: "dialog", onsubmit: (event) => submit(event, view) },
    h("header", {}, h("h2", {}, plain(view.title?.text ?? "")), h("button", { type: "button", class: "ghost", "aria-label": "Close", onclick: () => dismiss(view) }, "✕")),
    h("div", { class: "fields" }, view.blocks.map(field)),
    h("footer", {},
      h("button", { type: "button", class: "press", onclick: () => dismiss(view) }, view.close?.text ?? "Cancel"),
      view.submit ? h("button", { type: "submit", class: "press primary" }, plain(view.submit.text)) : null));
  dialog.replaceChildren(form);
  dialog.oncancel = () => dismiss(view);
  if (!dialog.open) dialog.showModal();
}

function field(block) {
  if (block.type === "divider") return h("hr");
  if (block.type === "header") return h("h3", {}, plain(block.text.text));
  if (block.type === "context") return h("p", { class: "hint" }, block.elements.filter((item) => item.text).map(textObject));
  if (block.type !== "input") return h("div", { class: "text" }, block.text ? textObject(block.text) : null);
  const optional = block.optional ? h("span", { class: "hint" }, " (optional)") : null;
  return h("label", { dataset: { block: block.block_id } }, h("b", {}, plain(block.label.text), optional), input(block),
    block.hint ? h("span", { class: "hint" }, plain(block.hint.text)) : null, h("span", { class: "wrong", hidden: true }));
}

function input(block) {
  const element = block.element;
  const shared = { dataset: { action: element.action_id, type: element.type }, required: !block.optional };
  if (element.options && element.type.includes("select")) {
    const options = element.options.map((option) => h("option", { value: option.value, selected: option.value === element.initial_option?.value }, option.text.text));
    return h("select", shared, h("option", { value: "" }, element.placeholder?.text ?? "Choose…"), options);
  }
  const text = { ...shared, placeholder: element.placeholder?.text, minlength: element.min_length, maxlength: element.max_length };
  const box = h(element.multiline ? "textarea" : "input", text);
  box.value = element.initial_value ?? "";
  return box;
}

async function submit(event, view) {
  event.preventDefault();
  const form = event.target;
  form.querySelectorAll(".wrong").forEach((wrong) => (wrong.hidden = true));
  const answer = await act("submit", { view: view.id, values: valuesOf(form, view) });
  if (answer.error) toast(answer.error);
  for (const [block, wrong] of Object.entries(answer.errors ?? {})) {
    const place = form.querySelector(`[data-block="${CSS.escape(block)}"] .wrong`);
    if (place) Object.assign(place, { textContent: wrong, hidden: false });
  }
}

function valuesOf(form, view) {
  const values = {};
  for (const block of view.blocks.filter((other) => other.type === "input")) {
    const box = form.querySelector(`[data-block="${CSS.escape(block.block_id)}"] [data-action]`);
    const { type, action_id: action } = block.element;
    const option = block.element.options?.find((other) => other.value === box.value) ?? null;
    values[block.block_id] = { [action]: block.element.options ? { type, selected_option: option } : { type, value: box.value || null } };
  }
  return values;
}

function dismiss(view) {
  $("modal").close();
  act("dismiss", { view: view.id });
}
