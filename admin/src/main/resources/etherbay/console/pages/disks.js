// SPDX-License-Identifier: Apache-2.0
// AoE disks that this node uses, and the ways to each.

import {h, tags} from "../dom.js";
import * as format from "../format.js";
import * as parts from "../parts.js";
import {Table} from "../table.js";

const {div, li, span, ul} = tags;

const stateOf = (disk) => disk.trouble ? "offline" : disk.state;

const COLUMNS = [
    {name: "Disk", width: "7.5rem", sort: (it) => it.name, cell: (it) => parts.mono(it.name)},
    {name: "State", width: "7.5rem", sort: stateOf, cell: (it) => parts.word(stateOf(it))},
    {name: "Size", width: "6.5rem", number: true, sort: (it) => it.sectors,
        cell: (it) => format.sectors(it.sectors)},
    {name: "Paths", wide: true, cell: paths},
    {name: "Offered over NBD", wide: true, width: "30%",
        cell: (it) => it.nbd ? parts.mono(it.nbd) : span({class: "quiet"}, "not offered")},
];

function paths(disk) {
    return disk.paths.length === 0 ? span({class: "quiet"}, "none")
        : ul({class: "plain"}, disk.paths.map((path) =>
            li(parts.word(path.state), " ", path.interfaceName, " ", parts.mono(path.mac),
                span({class: "quiet"}, ` · ${format.micros(path.rttUs)} round trip`
                    + ` · window ${path.window}`
                    + ` · ${format.count(path.retransmits)} sent again`))));
}

export function Disks({state: {report, nowMs}}) {
    return div({class: "stack"},
        parts.panelOf({label: "Disks"}, h(Table, {
            caption: "Disks", rows: report.disks, columns: COLUMNS, keyOf: (it) => it.name, nowMs,
            filter: (it) => `${it.name} ${stateOf(it)} ${it.nbd ?? ""}`,
            none: "This node uses no disks of others. Name one: a [[disk]] in the settings.",
        })),
        report.disks.filter((it) => it.trouble).map((it) =>
            parts.panelOf({key: it.name, title: `disk ${it.name}`}, parts.troubleBox(it.trouble))));
}
