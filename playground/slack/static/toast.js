// A line at the foot of the page that goes away by itself: what was refused, in words.

import { $ } from "./dom.js";

const WORDS = {
  not_in_channel: "Join the channel first.",
  is_archived: "This channel is archived.",
  too_many_emoji: "This message has as many reactions as it can hold.",
  user_is_restricted: "Guests and people of other workspaces have to be invited.",
  user_not_found: "Nobody here has that name.",
  already_in_channel: "They are in this channel already.",
  trouble_connecting: "We had some trouble connecting. Try again?",
  operation_timeout: "The app did not answer in time.",
};
let timer = null;

export function toast(error) {
  $("toast").textContent = WORDS[error] ?? `That did not work: ${error}`;
  $("toast").hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => ($("toast").hidden = true), 5000);
}
