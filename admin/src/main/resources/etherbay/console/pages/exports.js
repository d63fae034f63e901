// SPDX-License-Identifier: Apache-2.0
// What this node serves: all of it as a table.

import {h, tags} from "../dom.js";
import * as format from "../format.js";
import * as parts from "../parts.js";
import {Table} from "../table.js";
import {ExportDetail} from "./export.js";

const {a, div, span} = tags;

/** One word for an export: the worst that is so. */
export function exportState(it) {
    if (it.trouble || it.syncFailed) {
        return "offline";
    }
    const reached = it.interfaces.length === 0 || it.interfaces.some((place) => place.up);
    return reached ? (it.warnings.length > 0 ? "warning" : "served") : "offline";
}

export function Exports({store, state, name, theme}) {
    const {report, live, nowMs} = state;
    if (name !== undefined) {
        return h(ExportDetail, {
            store, state, theme, name, it: report.exports.find((each) => each.name === name)});
    }
    return parts.panelOf({label: "Exports"}, h(Table, {
        caption: "Exports", rows: report.exports, columns: columns(live), nowMs,
        keyOf: (it) => it.name,
        filter: (it) => `${it.name} ${exportState(it)} ${it.backing} `
            + it.interfaces.map((place) => place.name).join(" "),
        none: "Nothing is served. Name a disk: an [[export]] in the settings.",
    }));
}

function columns(live) {
    const of = (field) => (it) => live.get(it.name)?.[field] ?? 0;
    const requests = (it) => of("readIops")(it) + of("writeIops")(it);
    const moved = (it) => of("readBytesPerSecond")(it) + of("writeBytesPerSecond")(it);
    const slowest = (it) => Math.max(of("readP99Us")(it), of("writeP99Us")(it));
    const number = (name, width, value, shown, wide) => ({
        name, width, number: true, wide, sort: value, cell: (it) => shown(value(it))});
    return [
        {name: "Export", width: "6.5rem", sort: (it) => it.name, cell: (it) =>
            a({class: "mono", href: parts.hrefOf("exports", it.name)}, it.name)},
        {name: "State", width: "7rem", sort: exportState,
            cell: (it) => parts.word(exportState(it))},
        {name: "Disk", wide: true, sort: (it) => it.backing, cell: (it) =>
            span({class: "mono cut", title: it.backing}, it.backing)},
        number("Size", "6.5rem", (it) => it.sectors, format.sectors, true),
        {name: "Interfaces", wide: true, width: "9.5rem", cell: (it) =>
            div({class: "tags"}, it.interfaces.map((place) =>
                parts.tag(place.name, place.up ? "up" : "down")))},
        number("IOPS", "5rem", requests, format.count),
        number("Moved", "7rem", moved, format.rate),
        number("p99", "5.5rem", slowest, format.micros, true),
        number("Queue", "4.5rem", of("queued"), format.count, true),
    ];
}
