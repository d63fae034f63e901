// SPDX-License-Identifier: Apache-2.0
// Guests that this node knows: how they are, where, and what can be done with them.

import {h, tags} from "../dom.js";
import * as format from "../format.js";
import * as parts from "../parts.js";
import {Table} from "../table.js";
import * as acts from "./guestacts.js";

const {a, div, p, span} = tags;

/** Its colour: what is not here is another node's affair. */
export function guestTone(it) {
    if (it.trouble || it.state === "broken") {
        return "bad";
    }
    if (it.state === "running") {
        return "ok";
    }
    const moves = ["leaving", "arriving", "handed", "recovering", "starting"].includes(it.state);
    return moves ? "busy" : it.state === "paused" ? "warn" : "none";
}

const stateWord = (it) => parts.word(it.state, guestTone(it));
const placeOf = (it) => it.place || "this node";
const memory = (it) => format.bytes(it.memoryMib * 1024 * 1024);

export function Guests({state, name}) {
    const {report, nowMs} = state;
    if (name !== undefined) {
        return detail(state, name, report.guests.find((each) => each.name === name));
    }
    return parts.panelOf({label: "Guests"}, h(Table, {
        caption: "Guests", rows: report.guests, columns: COLUMNS, keyOf: (it) => it.name, nowMs,
        filter: (it) => `${it.name} ${it.state} ${placeOf(it)} ${it.mirror}`,
        none: "No guest is known. Make one: etherbay guest create NAME --legs LEG,LEG",
    }));
}

const COLUMNS = [
    {name: "Guest", width: "22%", sort: (it) => it.name, cell: (it) =>
        a({class: "mono cut", title: it.name, href: parts.hrefOf("guests", it.name)}, it.name)},
    {name: "State", width: "7.5rem", sort: (it) => it.state, cell: stateWord},
    {name: "Node", sort: placeOf, cell: (it) => placeOf(it)},
    {name: "CPUs", wide: true, width: "4.5rem", number: true, sort: (it) => it.cpuCount,
        cell: (it) => it.cpuCount},
    {name: "Memory", wide: true, width: "6.5rem", number: true, sort: (it) => it.memoryMib,
        cell: memory},
    {name: "Mirror", wide: true, width: "20%", sort: (it) => it.mirror,
        cell: (it) => parts.mono(it.mirror)},
];

function detail(state, name, it) {
    if (!it) {
        return parts.panelOf({label: name},
            parts.empty("This node knows no such guest (any more)."),
            p(a({href: "#/guests"}, "All guests")));
    }
    const may = state.info.role !== "viewer" && state.info.role !== "VIEWER";
    const mirror = state.report.mirrors.find((each) => each.name === it.mirror);
    return div({class: "stack"},
        bar(it, state.report.peers, may),
        parts.troubleBox(it.trouble),
        parts.panel("Machine", parts.facts(
            ["Node", placeOf(it)],
            ["Wanted", it.wanted],
            ["CPUs", it.cpuCount],
            ["Memory", memory(it)],
            ["Board", parts.mono(it.machine)],
            ["Network", it.nics.length > 0 ? parts.mono(it.nics.join(", ")) : "none"],
            ["Disk", mirror
                ? a({class: "mono", href: parts.hrefOf("mirrors", mirror.name)}, mirror.name)
                : parts.mono(it.mirror)],
            ["Epoch of the disk", parts.mono(it.epoch)],
            ["Console", it.console ? parts.mono(`etherbay guest console ${it.name}`)
                : "it has none while it does not run here"])));
}

/** What fits how it is: none that the node would refuse anyway. */
function bar(it, peers, may) {
    const off = {disabled: !may};
    const runs = it.state === "running";
    const stopped = it.state === "stopped" || it.state === "off";
    const here = !it.place;
    return div({class: "bar"},
        stateWord(it),
        span({class: "quiet"}, here ? "on this node" : `on ${it.place}`),
        span({class: "bar-space"}),
        here && !runs && parts.action("Start …", () => acts.start(it), off),
        here && runs && parts.action("Move …", () => acts.migrate(it, peers), off),
        here && runs && parts.action("Pause …", () => acts.pause(it), off),
        here && runs && parts.action("Switch off …", () => acts.powerOff(it), off),
        here && !stopped && parts.action("Reset …", () => acts.reset(it), {...off, danger: true}),
        here && !stopped
            && parts.action("Pull the plug …", () => acts.stop(it), {...off, danger: true}),
        !here && parts.action("Recover …", () => acts.recover(it), {...off, danger: true}));
}
