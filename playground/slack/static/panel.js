// The side panel: scenarios that can be started and resolved.

import { $, h, reconcile } from "./dom.js";
import { act } from "./live.js";
import { store } from "./store.js";
import { toast } from "./toast.js";

const STATES = { ready: "", starting: "Starting…", firing: "Firing", resolving: "Resolving…", resolved: "Resolved" };

export function drawPanel() {
  const scenarios = store.scenarios ?? [];
  reconcile($("scenarios"), scenarios.map((scenario) => ({ key: scenario.id, mark: JSON.stringify(scenario), make: () => card(scenario) })));
}

function card(scenario) {
  const firing = scenario.state === "firing";
  const busy = scenario.state === "starting" || scenario.state === "resolving";
  const press = async (event, doing) => {
    event.target.disabled = true;
    const answer = await act(doing, { id: scenario.id });
    if (answer.error) toast(answer.error);
    event.target.disabled = false;
  };
  return h("section", { class: `scenario ${scenario.state}`, dataset: { id: scenario.id } },
    h("h3", {}, scenario.title, h("span", { class: `state ${scenario.state}` }, STATES[scenario.state] ?? scenario.state)),
    h("p", {}, scenario.text),
    h("div", { class: "doing" },
      h("button", { type: "button", class: "press primary start", disabled: firing || busy, onclick: (event) => press(event, "start") }, scenario.state === "resolved" ? "Start again" : "Start"),
      h("button", { type: "button", class: "press resolve", disabled: !firing, onclick: (event) => press(event, "resolve") }, "Resolve")));
}
