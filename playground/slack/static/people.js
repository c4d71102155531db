// Who one is: everybody of the workspace to choose from, with what the bot would find out about them.

import { $, h } from "./dom.js";
import { avatar } from "./message.js";
import { store, user } from "./store.js";

const ORDER = ["member", "guest", "single_channel_guest", "outsider"];
const TITLES = { member: "Full members", guest: "Guests", single_channel_guest: "Guests", outsider: "Of another workspace" };

export function drawPeople(changed) {
  const me = user(store.me);
  for (const place of document.querySelectorAll(".acting")) {
    place.replaceChildren(avatar(me), h("span", { class: "who" }, h("b", {}, me.name), h("small", {}, me.about ?? "")));
    place.title = `You are ${me.name}: ${me.about}`;
    place.onclick = () => { if (!$("people").open) $("people").showModal(); };
  }
  const people = [...store.users.values()].filter((person) => !person.app && ORDER.includes(person.standing));
  const sorted = people.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  $("people-list").replaceChildren(...sorted.flatMap((person, i) => {
    const title = TITLES[person.standing];
    const first = !i || TITLES[sorted[i - 1].standing] !== title;
    return [first ? h("h3", {}, title) : null, entry(person, changed)].filter(Boolean);
  }));
}

const rank = (person) => ORDER.indexOf(person.standing) * 2 + (person.about.startsWith("in no ") ? 1 : 0);

function entry(person, changed) {
  const mine = person.id === store.me;
  const choose = () => { $("people").close(); if (!mine) changed(person.id); };
  return h("button", { type: "button", class: `person${mine ? " mine" : ""}`, dataset: { person: person.id }, "aria-pressed": String(mine), onclick: choose },
    avatar(person), h("span", { class: "who" }, h("b", {}, person.name), h("small", {}, person.about)), mine ? h("span", { class: "tick" }, "✓") : null);
}

$("people").addEventListener("click", (event) => { if (event.target === $("people")) $("people").close(); });
$("people-close").onclick = () => $("people").close();
