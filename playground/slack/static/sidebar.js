// The channel list, with unread marks.

import { $, h, reconcile } from "./dom.js";
import { store, user } from "./store.js";

const incident = (channel) => channel.name?.startsWith("inc-") ?? false;

export function drawSidebar() {
  $("team").textContent = store.team;
  const all = [...store.channels.values()];
  const listed = all.filter((channel) => !channel.is_archived && !["im", "mpim"].includes(channel.kind));
  const groups = [
    ["Channels", listed.filter((channel) => !incident(channel)).sort((a, b) => a.name.localeCompare(b.name))],
    ["Incidents", listed.filter(incident).sort((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1))],
    ["Direct messages", all.filter((channel) => channel.kind === "im" && channel.latest !== "0")],
    ["Archived", all.filter((channel) => channel.is_archived)],
  ];
  const items = groups.filter(([, channels]) => channels.length).flatMap(([title, channels]) => [
    { key: `group-${title}`, mark: title, make: () => h("h3", {}, title) },
    ...channels.map((channel) => ({ key: channel.id, mark: JSON.stringify([channel, channel.id === store.current]), make: () => entry(channel) })),
  ]);
  reconcile($("channels"), items);
  const waiting = all.reduce((sum, channel) => sum + (channel.unread ? 1 : 0), 0);
  document.title = `${waiting ? `(${waiting}) ` : ""}First Responder playground`;
}

export const channelName = (channel) => (channel.kind === "im" ? user(channel.user).name : channel.name);

function entry(channel) {
  const open = channel.id === store.current;
  const kind = `entry${incident(channel) ? " incident" : ""}${open ? " open" : ""}${channel.unread ? " unread" : ""}${channel.is_member || channel.kind === "im" ? "" : " outside"}`;
  return h("a", { class: kind, href: `#${channel.id}`, "aria-current": open ? "page" : null },
    h("span", { class: "hash" }, channel.kind === "im" ? "●" : "#"), h("span", { class: "label", title: channelName(channel) }, channelName(channel)),
    channel.mentions ? h("span", { class: "badge" }, String(channel.mentions)) : channel.unread ? h("span", { class: "dot", "aria-label": "unread" }) : null);
}
