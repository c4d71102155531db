// The message box: Enter sends, «/» offers commands, «@» people.

import { h } from "./dom.js";
import { act } from "./live.js";
import { store } from "./store.js";
import { toast } from "./toast.js";

export function composer(placeholder, where) {
  const box = h("textarea", { rows: "1", placeholder, "aria-label": placeholder, enterkeyhint: "send" });
  const send = h("button", { type: "button", class: "send", disabled: true, "aria-label": "Send" }, "➤");
  const offers = h("div", { class: "offers", role: "listbox", hidden: true });
  let chosen = 0;

  const fit = () => {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 220)}px`;
    send.disabled = !box.value.trim();
  };
  const submit = async () => {
    const text = box.value;
    if (!text.trim()) return;
    box.value = "";
    fit();
    offers.hidden = true;
    const answer = await act("say", { ...where(), text });
    if (answer.error) {
      box.value = text;
      fit();
      toast(answer.error);
    }
  };
  const take = (offer) => {
    box.value = box.value.replace(/(^|\s)[/@][\w-]*$/, `$1${offer.insert} `);
    offers.hidden = true;
    box.focus();
    fit();
  };
  const offer = () => {
    const found = suggestions(box.value.slice(0, box.selectionStart));
    chosen = 0;
    offers.hidden = !found.length;
    offers.replaceChildren(...found.map((item, i) => h("button", { type: "button", class: i ? "" : "on", onclick: () => take(item) }, h("b", {}, item.insert), " ", h("span", {}, item.text))));
    offers.items = found;
  };

  box.addEventListener("input", () => { fit(); offer(); });
  box.addEventListener("keydown", (event) => {
    const open = !offers.hidden;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + offers.items.length) % offers.items.length;
      [...offers.children].forEach((child, i) => child.classList.toggle("on", i === chosen));
    } else if (open && (event.key === "Tab" || (event.key === "Enter" && !box.value.endsWith(offers.items[chosen].insert)))) {
      event.preventDefault();
      take(offers.items[chosen]);
    } else if (event.key === "Escape") {
      offers.hidden = true;
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
  });
  send.addEventListener("click", submit);
  return h("div", { class: "composer" }, offers, h("div", { class: "box" }, box, send));
}

function suggestions(before) {
  if (/^\/[\w-]*$/.test(before)) {
    return store.commands.filter((command) => command.name.startsWith(before))
      .map((command) => ({ insert: command.name, text: `${command.usage} · ${command.text}` }));
  }
  const at = /(?:^|\s)@([\w-]*)$/.exec(before);
  if (!at) return [];
  const people = [...store.users.values()].map((user) => ({ insert: `@${user.handle}`, text: user.name }));
  const groups = [...store.usergroups.values()].map((group) => ({ insert: `@${group.handle}`, text: "group" }));
  return [...people, ...groups].filter((item) => item.insert.startsWith(`@${at[1]}`)).slice(0, 6);
}

export function joinBar(name, join) {
  return h("div", { class: "join" }, h("span", {}, "You are looking at ", h("b", {}, `#${name}`)), h("button", { type: "button", class: "press primary", onclick: join }, "Join channel"));
}
