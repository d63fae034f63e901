// SPDX-License-Identifier: Apache-2.0
// Logical volumes that this node offers.

import {h, tags} from "../dom.js";
import * as format from "../format.js";
import * as parts from "../parts.js";
import {Table} from "../table.js";

const {div, span} = tags;

const stateOf = (volume) => volume.trouble ? "offline" : "up";

const COLUMNS = [
    {name: "Volume", sort: (it) => it.name, cell: (it) => parts.mono(it.name)},
    {name: "State", width: "7.5rem", sort: stateOf, cell: (it) => parts.word(stateOf(it))},
    {name: "Size", width: "6.5rem", number: true, sort: (it) => it.sectors,
        cell: (it) => format.sectors(it.sectors)},
    {name: "Offered over NBD", wide: true, width: "45%",
        cell: (it) => it.nbd ? parts.mono(it.nbd) : span({class: "quiet"}, "not offered")},
    {name: "From", wide: true, width: "7rem", sort: (it) => it.origin, cell: (it) => it.origin},
];

export function Volumes({state: {report, nowMs}}) {
    return div({class: "stack"},
        parts.panelOf({label: "Volumes"}, h(Table, {
            caption: "Volumes", rows: report.volumes, columns: COLUMNS, keyOf: (it) => it.name,
            nowMs, filter: (it) => `${it.name} ${it.nbd ?? ""}`,
            none: "This node offers no volumes. Name one: a [[volume]] in the settings.",
        })),
        report.volumes.filter((it) => it.trouble).map((it) =>
            parts.panelOf({key: it.name, title: `volume ${it.name}`},
                parts.troubleBox(it.trouble))));
}
