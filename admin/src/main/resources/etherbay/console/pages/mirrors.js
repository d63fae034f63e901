// SPDX-License-Identifier: Apache-2.0
// Mirrors that this node holds: how whole each is.

import {h, tags} from "../dom.js";
import * as format from "../format.js";
import * as parts from "../parts.js";
import {Table} from "../table.js";
import {MirrorDetail} from "./mirror.js";

const {a, div, span} = tags;

/** One word for a mirror, as health has it. */
export function mirrorState(it) {
    if (it.state.startsWith("fenced")) {
        return "fenced";
    }
    if (it.trouble || it.inSyncCount === 0) {
        return "offline";
    }
    if (it.inSyncCount < it.legCount) {
        return it.inSyncCount === 1 ? "at-risk" : "degraded";
    }
    return it.progress ? it.progress.what : "healthy";
}

export function Mirrors({state, name}) {
    const {report, nowMs} = state;
    if (name !== undefined) {
        return MirrorDetail({state, name, it: report.mirrors.find((each) => each.name === name)});
    }
    return parts.panelOf({label: "Mirrors"}, h(Table, {
        caption: "Mirrors", rows: report.mirrors, columns: COLUMNS, keyOf: (it) => it.name, nowMs,
        filter: (it) => `${it.name} ${mirrorState(it)} ${it.legs.map((leg) => leg.name).join(" ")}`,
        none: "This node holds no mirrors. Make one: etherbay mirror create NAME LEG LEG",
    }));
}

const COLUMNS = [
    {name: "Mirror", width: "22%", sort: (it) => it.name, cell: (it) =>
        a({class: "mono cut", title: it.name, href: parts.hrefOf("mirrors", it.name)}, it.name)},
    {name: "State", width: "7.5rem", sort: mirrorState, cell: (it) => parts.word(mirrorState(it))},
    {name: "Legs", cell: (it) => div({class: "leg-marks"}, it.legs.map((leg) =>
        span({class: `word tone-${parts.toneOf(leg.standing)}`, title: leg.standing},
            parts.glyph(parts.toneOf(leg.standing)), parts.mono(leg.name),
            span({class: "unseen"}, ` ${leg.standing}`))))},
    {name: "Size", wide: true, width: "6.5rem", number: true, sort: (it) => it.sectors,
        cell: (it) => format.sectors(it.sectors)},
    {name: "To copy", wide: true, width: "6.5rem", number: true, sort: (it) => it.dirtyBytes,
        cell: (it) => it.dirtyBytes > 0 ? format.bytes(it.dirtyBytes) : format.NONE},
    {name: "Pass", wide: true, width: "12rem", cell: (it) => it.progress
        ? passBrief(it.progress) : span({class: "quiet"}, "none")},
];

const passBrief = ({what, doneBytes, totalBytes}) =>
    div(div({class: "task-line"}, span(what),
        span({class: "number quiet"}, format.percent(format.share(doneBytes, totalBytes)))),
    parts.meter(what, doneBytes, totalBytes));
