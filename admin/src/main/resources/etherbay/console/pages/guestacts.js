// SPDX-License-Identifier: Apache-2.0
// What can be done with a guest, each after a question that names what may be lost.

import {actOnGuest} from "../api.js";
import {ask} from "../dialogs.js";

const REASON = {name: "reason", label: "Why (for the audit log)", type: "text"};

/** The question about one verb; `options` makes what is sent of what was filled in. */
function about(it, verb, question, options = () => ({})) {
    ask({
        ...question,
        fields: [...(question.fields ?? []), REASON],
        run: (values) => actOnGuest(it.name, verb, options(values), values.reason),
    });
}

export const start = (it) => about(it, "start", {
    title: `Start ${it.name}?`,
    text: ["It runs, or runs on; what its disk refused is tried again."],
    verb: "Start it", done: `${it.name} runs.`,
});

export const pause = (it) => about(it, "pause", {
    title: `Pause ${it.name}?`,
    text: ["Its processors stand still until it is started again; its memory stays."],
    verb: "Pause it", done: `${it.name} stands still.`,
});

export const powerOff = (it) => about(it, "power-off", {
    title: `Switch ${it.name} off?`,
    text: ["The system inside is asked to, as its power button would; it may refuse."],
    verb: "Switch it off", done: `${it.name} was asked to switch itself off.`, danger: true,
});

const LOST = "What it has in memory and not on its disk is lost.";

export const reset = (it) => about(it, "reset", {
    title: `Reset ${it.name}?`,
    text: ["It starts anew, as its reset button would have it."], risk: LOST,
    verb: "Reset it", done: `${it.name} starts anew.`, danger: true,
});

export const stop = (it) => about(it, "stop", {
    title: `Pull the plug of ${it.name}?`,
    text: ["It ends at once."], risk: LOST,
    verb: "Pull the plug", done: `${it.name} is stopped.`, danger: true,
});

export const migrate = (it, peers) => about(it, "migrate", {
    title: `Move ${it.name}`,
    text: [peers.length > 0
        ? "It runs on while its memory is sent, and stands still for a moment at the end. "
            + "Whatever fails before leaves it here. The task tells how it gets on."
        : "This node knows no other one: name it in [nodes] of the settings."],
    fields: [{
        name: "node", label: "Where to", type: "choice", required: true,
        choices: [["", "choose"], ...peers.map((peer) => [peer.name, peer.name])],
    }],
    verb: "Move it", done: "The move has begun.",
}, ({node}) => ({node}));

export const recover = (it) => about(it, "recover", {
    title: `Recover ${it.name} here?`,
    text: [`For a guest whose node, ${it.place}, is gone: every leg of its disk is fenced, then it `
        + "is started here anew. Refused while that node answers."],
    risk: LOST,
    fields: [{
        name: "force", type: "check",
        label: "Also when a leg is out of reach that may know more: what it alone has is lost",
    }],
    verb: "Recover it", done: `${it.name} runs here.`, danger: true,
}, ({force}) => force ? {force: "true"} : {});
