// SPDX-License-Identifier: Apache-2.0
// One mirror: its legs, the pass that is under way, what can be done with it.

import {tags} from "../dom.js";
import * as format from "../format.js";
import * as parts from "../parts.js";
import * as acts from "./mirroracts.js";
import {mirrorState} from "./mirrors.js";

const {a, caption, col, colgroup, div, p, span, table, tbody, td, th, thead, tr} = tags;

export function MirrorDetail({state, name, it}) {
    if (!it) {
        return parts.panelOf({label: name},
            parts.empty("This node holds no such mirror (any more)."),
            p(a({href: "#/mirrors"}, "All mirrors")));
    }
    const may = state.info.role !== "viewer" && state.info.role !== "VIEWER";
    return div({class: "stack"},
        bar(it, may),
        parts.troubleBox(it.trouble),
        passPanel(it),
        parts.panel("Legs", legTable(it, state.nowMs, may)),
        parts.panel("Array", parts.facts(
            ["State", it.state],
            ["Size", format.sectors(it.sectors)],
            ["Legs in sync", `${it.inSyncCount} of ${it.legCount}`],
            ["Marked in the bitmap", it.bitmap ? format.bytes(it.dirtyBytes)
                : "there is no bitmap: after a crash all is copied"],
            ["Owner", it.owner],
            ["Epoch", parts.mono(it.epoch)],
            ["Offered over NBD", it.nbd ? parts.mono(it.nbd) : "not offered"],
            ["Told by", it.origin === "file" ? "the settings file" : "the applied settings"])));
}

function bar(it, may) {
    const pass = it.progress?.what;
    const judging = pass === "check" || pass === "repair";
    const off = {disabled: !may};
    return div({class: "bar"},
        parts.word(mirrorState(it)),
        span({class: "quiet"}, `${it.inSyncCount} of ${it.legCount} legs in sync`),
        span({class: "bar-space"}),
        judging
            ? parts.action(`Cancel the ${pass} …`, () => acts.cancel(it, pass), off)
            : parts.action("Check …", () => acts.check(it), off),
        !judging && parts.action("Repair …", () => acts.repair(it), off),
        parts.action("Add a leg …", () => acts.add(it), off),
        parts.action("Grow …", () => acts.grow(it), off));
}

/** Always there, so that its coming and going moves nothing. */
function passPanel({progress, dirtyBytes}) {
    const share = progress ? format.share(progress.doneBytes, progress.totalBytes) : 0;
    return parts.panelOf({class: "pass", label: "Pass under way"},
        div({class: "task-line"},
            span({class: "strong"}, progress ? progress.what : "no pass under way"),
            span({class: "number"}, progress ? format.percent(share)
                : dirtyBytes > 0 ? `${format.bytes(dirtyBytes)} marked` : "nothing to copy")),
        progress ? parts.meter(progress.what, progress.doneBytes, progress.totalBytes)
            : div({class: "meter is-idle"}),
        div({class: "task-line quiet"},
            span(progress ? `${format.bytes(progress.doneBytes)} of `
                + `${format.bytes(progress.totalBytes)} · ${format.rate(progress.bytesPerSecond)}`
                : "\u00a0"),
            span({class: "number"}, progress ? parts.timeLeft(progress.etaSeconds) : "\u00a0")));
}

function legTable(it, nowMs, may) {
    return table({class: "table legs"},
        caption({class: "unseen"}, "Legs"),
        colgroup(col({style: {width: "26%"}}), col({style: {width: "8.5rem"}}),
            col({class: "wide"}), col({class: "wide", style: {width: "7rem"}}),
            col({class: "wide", style: {width: "9rem"}}), col({style: {width: "9.5rem"}})),
        thead(tr(th({scope: "col"}, "Leg"), th({scope: "col"}, "Standing"),
            th({scope: "col", class: "wide"}, "Why"), th({scope: "col", class: "wide"}, "Since"),
            th({scope: "col", class: "wide"}, "Served by"), th({scope: "col"}, "Do"))),
        tbody(it.legs.map((leg) => tr({key: leg.name},
            th({scope: "row"}, parts.mono(leg.name),
                leg.slot >= 0 && span({class: "quiet slot"}, ` slot ${leg.slot}`)),
            td(parts.word(leg.standing)),
            td({class: "wide"}, leg.why || span({class: "quiet"}, format.NONE)),
            td({class: "wide"}, parts.ago(leg.sinceMs, nowMs)),
            td({class: "wide"}, leg.host || "this machine"),
            td(div({class: "tags"}, legActions(it, leg, may)))))));
}

function legActions(it, leg, may) {
    const off = {disabled: !may};
    const named = (label) => [label, span({class: "unseen"}, ` ${leg.name}`), " …"];
    switch (leg.standing) {
        case "in sync":
        case "trouble":
        case "recovering":
            return parts.action(named("Fail"), () => acts.fail(it, leg), {...off, danger: true});
        case "faulty":
            return [
                parts.action(named("Add"), () => acts.add(it, leg), off),
                parts.action(named("Remove"), () => acts.remove(it, leg), off)];
        case "spare":
            return parts.action(named("Remove"), () => acts.remove(it, leg), off);
        default:
            return span({class: "quiet"}, "comes back by itself");
    }
}
