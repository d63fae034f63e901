// SPDX-License-Identifier: Apache-2.0
// One export: charts, who uses it, who may, its trace.

import {Component, h, tags} from "../dom.js";
import {downloadPcap, setTrace} from "../api.js";
import {Chart} from "../charts.js";
import {attempt} from "../dialogs.js";
import * as format from "../format.js";
import * as parts from "../parts.js";
import {Table} from "../table.js";
import {exportState} from "./exports.js";

const {a, div, li, p, span, ul} = tags;

/** As often as the node's beat: the stream tells no counters. */
const REFRESH_MS = 5000;
const PCAP_SECONDS = 5;

const CHARTS = [
    ["Requests a second", format.count, [["read", "readIops"], ["write", "writeIops"]]],
    ["Throughput", format.rate,
        [["read", "readBytesPerSecond"], ["write", "writeBytesPerSecond"]]],
    ["Latency", format.micros, [["read p50", "readP50Us"], ["read p99", "readP99Us"],
        ["write p50", "writeP50Us"], ["write p99", "writeP99Us"]]],
    ["Queue", format.count, [["requests", "queued"]]],
];

export class ExportDetail extends Component {
    #refreshedMs = 0;

    /** While it is looked at, and with what the stream brings: no timer of its own. */
    componentDidUpdate() {
        const {store, state, name, it} = this.props;
        if (it && state.line === "live" && state.nowMs - this.#refreshedMs >= REFRESH_MS) {
            this.#refreshedMs = state.nowMs;
            store.refresh("export", name);
        }
    }

    render({state, theme, name, it}) {
        if (!it) {
            return parts.panelOf({label: name},
                parts.empty("This node serves no such export (any more)."),
                p(a({href: "#/exports"}, "All exports")));
        }
        const ring = state.rings.get(name);
        return div({class: "stack"},
            this.#bar(it),
            parts.troubleBox(it.trouble),
            it.warnings.length > 0 && div({class: "notice tone-warn"}, parts.glyph("warn"),
                ul({class: "plain"}, it.warnings.map((warning) => li(warning)))),
            div({class: "charts"}, CHARTS.map(([title, shown, fields]) =>
                div({class: "panel"}, h(Chart, {
                    title, ring, theme, nowMs: state.nowMs, format: shown,
                    binary: shown === format.rate,
                    series: fields.map(([label, field]) => ({name: label, field})),
                })))),
            parts.panelOf({title: "Seen initiators"}, h(Table, {
                caption: "Seen initiators", rows: it.initiators, columns: initiators(state.nowMs),
                keyOf: (one) => one.mac + one.interfaceName, filter: (one) => one.mac,
                nowMs: state.nowMs, none: "Nobody has used it since the start.",
            })),
            div({class: "columns"}, this.#disk(it), this.#access(it)));
    }

    #bar(it) {
        const {state} = this.props;
        const may = state.info.role !== "viewer" && state.info.role !== "VIEWER";
        const mayRead = !state.info.role || /admin/i.test(state.info.role);
        return div({class: "bar"},
            parts.word(exportState(it)),
            it.readOnly && parts.tag("read only"),
            it.traceIo && parts.tag("traced"),
            span({class: "bar-space"}),
            parts.action(it.traceIo ? "Trace is on" : "Trace is off",
                () => attempt(() => setTrace(it.name, !it.traceIo),
                    `The trace of ${it.name} is ${it.traceIo ? "off" : "on"}.`),
                {pressed: it.traceIo, disabled: !may, title: "Record frames of this export"}),
            parts.action(`Last ${PCAP_SECONDS} s as pcap`,
                () => attempt(() => downloadPcap(it.name, PCAP_SECONDS),
                    `The frames of ${it.name} are in your downloads.`),
                {disabled: !mayRead, title: mayRead
                    ? "Of what is in the ring now, for Wireshark"
                    : "Frames hold what is on the disk: for an admin"}));
    }

    #disk(it) {
        return parts.panel("Disk", parts.facts(
            ["Backing", parts.mono(it.backing)],
            ["Size", `${format.sectors(it.sectors)} `
                + `(${it.sectors.toLocaleString("en-US")} sectors)`],
            ["Write cache", it.writeCache ? "on: durable after a FLUSH" : "off: durable at once"],
            ["Told by", it.origin === "file" ? "the settings file" : "the applied settings"],
            ["Served on", it.interfaces.length === 0 ? "nothing" : ul({class: "plain"},
                it.interfaces.map((place) => li(parts.word(place.up ? "up" : "down"), " ",
                    place.name, span({class: "quiet"},
                        ` · ${format.count(place.payloadBytes)} bytes of payload a frame`))))],
            ["Read", `${format.bytes(it.traffic.readBytes)} in ${format.count(it.traffic.reads)}`],
            ["Written",
                `${format.bytes(it.traffic.writtenBytes)} in ${format.count(it.traffic.writes)}`],
            ["Flushes", format.count(it.traffic.flushes)],
            ["Errors of the disk", it.traffic.errors > 0
                ? parts.word(format.count(it.traffic.errors), "bad")
                : "none"],
            ["Asked again", `${format.count(it.retransmits)} frames`]));
    }

    #access({access}) {
        const list = (macs) => macs.length === 0 ? "nobody"
            : ul({class: "plain mono"}, macs.map((mac) => li(mac)));
        return parts.panel("Who gets in", parts.facts(
            ["Accepted", access.accept === null ? "not limited by a list" : list(access.accept)],
            ["Denied", list(access.deny)],
            ["All others", access.policy]),
        p({class: "quiet"}, "Addresses can be forged: a list keeps order, not enemies out."));
    }
}

const initiators = (nowMs) => [
    {name: "Address", width: "11rem", keep: true, sort: (it) => it.mac,
        cell: (it) => parts.mono(it.mac)},
    {name: "By", wide: true, width: "6rem", cell: (it) => it.interfaceName},
    {name: "Last seen", width: "6.5rem", sort: (it) => it.lastMs,
        cell: (it) => parts.ago(it.lastMs, nowMs)},
    {name: "Read", wide: true, number: true, width: "7rem", sort: (it) => it.traffic.readBytes,
        cell: (it) => format.bytes(it.traffic.readBytes)},
    {name: "Written", wide: true, number: true, width: "7rem",
        sort: (it) => it.traffic.writtenBytes,
        cell: (it) => format.bytes(it.traffic.writtenBytes)},
    {name: "p99 r / w", wide: true, number: true, width: "9rem",
        cell: (it) => `${format.micros(it.traffic.readLatency.p99Us)} / `
            + format.micros(it.traffic.writeLatency.p99Us)},
    {name: "Asked again", wide: true, number: true, width: "7.5rem", sort: (it) => it.retransmits,
        cell: (it) => format.count(it.retransmits)},
    {name: "Flushes", number: true, cell: (it) => it.neverFlushes
        ? parts.word("never", "warn") : format.count(it.traffic.flushes)},
];
