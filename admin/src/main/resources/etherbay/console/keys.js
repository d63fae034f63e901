// SPDX-License-Identifier: Apache-2.0
// Keys: `g` and a letter goes to a page, `/` to the filter, `?` tells. They can be switched off.

import {tags} from "./dom.js";
import {PAGES} from "./pages.js";

const {div, input, kbd, label, p, span, table, tbody, td, th, tr} = tags;

const SWITCH = "etherbay.keys";
const WAIT_MS = 1500;

export const keysOn = {
    get: () => localStorage.getItem(SWITCH) !== "off",
    set: (on) => localStorage.setItem(SWITCH, on ? "on" : "off"),
};

const isTyping = (target) =>
    target.closest?.("input, textarea, select, dialog[open]") !== null;

export function listenToKeys({go, help}) {
    let afterG = 0;
    addEventListener("keydown", (event) => {
        const {key, target} = event;
        if (event.ctrlKey || event.metaKey || event.altKey || isTyping(target) || !keysOn.get()
            || document.querySelector("dialog[open]")) {
            return;
        }
        const page = Date.now() - afterG < WAIT_MS && PAGES.find((it) => it.key === key);
        afterG = key === "g" ? Date.now() : 0;
        if (page) {
            event.preventDefault();
            afterG = 0;
            go(page);
        } else if (key === "?") {
            event.preventDefault();
            help();
        } else if (key === "/") {
            const filter = document.querySelector("main input[type=search]");
            if (filter) {
                event.preventDefault();
                filter.focus();
            }
        }
    });
}

export function helpContent(switched) {
    const rows = [
        ...PAGES.map((page) => [[kbd("g"), " ", kbd(page.key)], page.title]),
        [kbd("/"), "to the filter of the page"],
        [kbd("?"), "these keys"],
        [[kbd("Tab"), " ", kbd("Enter")], "everything else"],
        [kbd("Esc"), "closes a dialog"],
    ];
    return div({class: "keys"},
        table(tbody(rows.map(([keys, text]) => tr(th({scope: "row"}, keys), td(text))))),
        label({class: "check"},
            input({
                type: "checkbox", defaultChecked: switched.get(),
                onChange: (event) => switched.set(event.target.checked),
            }), span("Keys of one letter are on")),
        p({class: "quiet"}, "Times are of this browser's zone; point at one to see it whole. "
            + "Sizes are powers of 1024, latencies go from a frame's arrival to its answer."));
}
