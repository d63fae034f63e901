// SPDX-License-Identifier: Apache-2.0
// How the node is at a glance: health with every reason, what it does now, what happened last.

import {h, tags} from "../dom.js";
import {Chart} from "../charts.js";
import * as format from "../format.js";
import * as parts from "../parts.js";
import {byName, isActive} from "../state.js";
import {eventRow} from "./events.js";
import {taskBrief} from "./tasks.js";

const {a, dd, div, dl, dt, li, ol, p, span, ul} = tags;

const BUSIEST = 5;
const EVENTS = 8;

const SENTENCES = {
    "healthy": "Everything that is wanted is here and in order.",
    "resyncing": "Copies are being made whole again. Nothing to do.",
    "warning": "It works; something should be looked at.",
    "degraded": "It works with less than it should have.",
    "at-risk": "What fails next takes data away.",
    "offline": "Something that is wanted cannot be used.",
    "fenced": "Another node has taken something over.",
    "unknown": "Not all of it could be asked.",
};

export function Overview({state, theme}) {
    const {report, health, tasks, events, nowMs} = state;
    return div({class: "stack"},
        healthPanel(health),
        readings(state),
        div({class: "charts"},
            chart("Requests a second", state, theme, format.count,
                [["read", "readIops"], ["write", "writeIops"]]),
            chart("Throughput", state, theme, format.rate,
                [["read", "readBytesPerSecond"], ["write", "writeBytesPerSecond"]])),
        div({class: "columns"},
            busiest(state),
            parts.panelOf({title: "Running tasks", extra: a({href: "#/tasks"}, "all tasks")},
                taskList(tasks.filter(isActive)))),
        div({class: "columns"},
            parts.panelOf({title: "Last events", extra: a({href: "#/events"}, "all events")},
                events.length > 0
                    ? ol({class: "events"},
                        events.slice(0, EVENTS).map((it) => eventRow(it, nowMs)))
                    : parts.empty("Nothing has happened yet.")),
            nodePanel(report, nowMs)),
        report.peers.length > 0 && peersPanel(report.peers, nowMs));
}

const peersPanel = (peers, nowMs) =>
    parts.panel("Other nodes", ul({class: "task-list"}, peers.map((it) => li({key: it.name},
        div({class: "task-line"},
            span({class: "strong"}, it.name),
            span(parts.word(it.state), it.health && " ", it.health && parts.word(it.health))),
        p({class: "quiet"}, parts.mono(it.address), it.version && `, version ${it.version}`,
            ", so ", parts.ago(it.sinceMs, nowMs)),
        it.trouble && p(`${it.trouble.message}: ${it.trouble.cause}`)))));

function healthPanel(health) {
    const tone = parts.toneOf(health.word);
    return parts.panelOf({class: `health tone-${tone}`, label: "Health"},
        div({class: "health-head"},
            span({class: "health-glyph"}, parts.glyph(tone)),
            div(p({class: "health-word"}, health.word),
                p({class: "quiet"}, SENTENCES[health.word] ?? ""))),
        health.reasons.length > 0 && ul({class: "reasons"}, health.reasons.map((reason) =>
            li({key: reason.code + reason.object},
                div({class: "reason-word"}, parts.word(reason.word)),
                div(p(span({class: "strong"}, parts.objectLink(reason.object)), ": ", reason.text),
                    p({class: "quiet"}, parts.correction(reason.correction)))))));
}

function readings({report, sum, tasks}) {
    const troubled = (list) => list.filter((it) => it.trouble).length;
    const whole = report.mirrors.filter((it) => !it.trouble && it.inSyncCount >= it.legCount);
    return dl({class: "readings"},
        reading("Requests", `${format.count(sum.readIops + sum.writeIops)}/s`,
            `${format.count(sum.queued)} queued`),
        reading("Reading", format.rate(sum.readBytesPerSecond),
            `p99 ${format.micros(sum.readP99Us)}`),
        reading("Writing", format.rate(sum.writeBytesPerSecond),
            `p99 ${format.micros(sum.writeP99Us)}`),
        reading("Exports", format.count(report.exports.length),
            wrong(troubled(report.exports), "in trouble"), "#/exports"),
        reading("Mirrors", format.count(report.mirrors.length),
            wrong(report.mirrors.length - whole.length, "not whole"), "#/mirrors"),
        reading("Disks, volumes", `${report.disks.length}, ${report.volumes.length}`,
            wrong(troubled([...report.disks, ...report.volumes])
                + report.disks.filter((it) => !it.trouble && it.state !== "up").length,
            "in trouble"), "#/disks"),
        reading("Tasks", format.count(tasks.filter(isActive).length), "running", "#/tasks"));
}

const wrong = (number, what) =>
    number > 0 ? span({class: "tone-bad word"}, `${number} ${what}`) : "all well";

const reading = (name, value, below, href) =>
    div({class: "reading"},
        dt(href ? a({href}, name) : name),
        dd({class: "reading-value"}, value),
        dd({class: "reading-below"}, below));

const chart = (title, {sumRing, nowMs}, theme, shown, fields) =>
    div({class: "panel"}, h(Chart, {
        title, ring: sumRing, nowMs, theme, format: shown,
        binary: shown === format.rate,
        series: fields.map(([name, field]) => ({name, field})),
    }));

function busiest({live, report}) {
    const weight = (it) => it.readBytesPerSecond + it.writeBytesPerSecond;
    const rows = [...live.values()].filter((it) => it.readIops + it.writeIops > 0)
        .sort((a, b) => weight(b) - weight(a) || byName(a.name, b.name)).slice(0, BUSIEST);
    const most = rows.length > 0 ? weight(rows[0]) : 1;
    return parts.panelOf({title: "Busiest exports", extra: a({href: "#/exports"}, "all exports")},
        rows.length > 0
            ? ol({class: "busiest"}, rows.map((it) => li({key: it.name},
                a({class: "mono", href: parts.hrefOf("exports", it.name)}, it.name),
                span({class: "busy-bar", "aria-hidden": "true"},
                    span({style: {transform: `scaleX(${weight(it) / most})`}})),
                span({class: "number"}, `${format.count(it.readIops + it.writeIops)}/s`),
                span({class: "number"}, format.rate(weight(it))))))
            : parts.empty(report.exports.length > 0 ? "All are quiet." : "Nothing is served."));
}

const taskList = (tasks) => tasks.length > 0
    ? ul({class: "task-list"}, tasks.map((task) => li({key: task.id}, taskBrief(task))))
    : parts.empty("None is running.");

const nodePanel = (report, nowMs) =>
    parts.panel("This node", parts.facts(
        ["Name", report.name],
        ["Version", report.version],
        ["Runs for", format.duration((nowMs - report.startedMs) / 1000)],
        ["Started", format.stamp(report.startedMs)],
        ["Process", parts.mono(report.pid)],
        ["State folder", parts.mono(report.stateFolder)],
        ["Settings", a({href: "#/settings"}, `generation ${report.generation}`)],
        ...Object.entries(report.counters).sort(([x], [y]) => byName(x, y)).slice(0, 8)
            .map(([name, value]) => [name, format.count(value)])));
