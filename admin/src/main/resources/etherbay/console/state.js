// SPDX-License-Identifier: Apache-2.0
// What the page knows of the node, and what each message of the stream makes of it. Nothing here
// touches the network or the document.

import {Ring, total} from "./ring.js";

const NOTHING = {};

export const EVENTS_MAX = 1000;
const TASKS_MAX = 300;

/** Lists of the report by the kind that the stream names, and what of a thing is its name. */
const KINDS = {
    export: ["exports", (it) => it.name],
    interface: ["interfaces", (it) => it.name],
    rogue: ["rogues", (it) => `${it.export} ${it.interfaceName} ${it.theirs}`],
    disk: ["disks", (it) => it.name],
    mirror: ["mirrors", (it) => it.name],
    volume: ["volumes", (it) => it.name],
    peer: ["peers", (it) => it.name],
    guest: ["guests", (it) => it.name],
};

export function emptyState() {
    return {
        info: {}, report: null, health: null, events: [], tasks: [],
        live: new Map(), rings: new Map(), sum: total([]), sumRing: new Ring(),
        line: "connecting", lastMs: 0, retryAtMs: 0, failure: null, nowMs: Date.now(),
    };
}

/** All that is asked once after each connection. */
export function snapshot(state, {info, report, health, tasks, events}) {
    return {
        ...state, info, report, health,
        tasks: sortedTasks(tasks),
        events: mergedEvents(state.events, events),
    };
}

/** One message of the stream; an unknown one changes nothing. */
export function received(state, type, data) {
    switch (type) {
        case "changed": return changed(state, data);
        case "gone": return gone(state, data);
        case "live": return live(state, data);
        case "event": return {...state, events: mergedEvents(state.events, [data])};
        case "task": return {...state, tasks: withTask(state.tasks, data)};
        case "health": return {...state, health: data};
        default: return state;
    }
}

function withReport(state, change) {
    return state.report ? {...state, report: {...state.report, ...change(state.report)}} : state;
}

function changed(state, {kind, name, object}) {
    const [list, nameOf] = KINDS[kind] ?? [];
    if (!list) {
        return withReport(state, () => object ?? {});
    }
    return withReport(state, (report) => {
        const others = report[list];
        const at = others.findIndex((it) => nameOf(it) === name);
        return {
            [list]: at < 0
                ? [...others, object].sort((a, b) => byName(nameOf(a), nameOf(b)))
                : others.with(at, object),
        };
    });
}

function gone(state, {kind, name}) {
    const [list, nameOf] = KINDS[kind] ?? [];
    if (!list) {
        return state;
    }
    state.live.delete(name);
    state.rings.delete(name);
    return withReport(state, (report) => ({
        [list]: report[list].filter((it) => nameOf(it) !== name),
    }));
}

/**
 * Rates change each second and are kept beside the report, in place: charts read the rings. An
 * export that did nothing is not told of.
 */
function live(state, {atMs, exports}) {
    const now = new Map(exports.map((sample) => [sample.name, sample]));
    for (const name of now.keys()) {
        if (!state.rings.has(name)) {
            state.rings.set(name, new Ring());
        }
    }
    state.rings.forEach((ring, name) => ring.push(atMs, now.get(name) ?? NOTHING));
    const sum = total(exports);
    state.sumRing.push(atMs, sum);
    return {...state, live: now, sum};
}

/** Newest first, each id once. */
export function mergedEvents(known, more) {
    const byId = new Map(known.map((event) => [event.id, event]));
    more.forEach((event) => byId.set(event.id, event));
    return [...byId.values()].sort((a, b) => b.id - a.id).slice(0, EVENTS_MAX);
}

export const isActive = (task) => task.state === "running" || task.state === "waiting";

function sortedTasks(tasks) {
    return [...tasks]
        .sort((a, b) => isActive(b) - isActive(a)
            || b.startedMs - a.startedMs || byName(b.id, a.id))
        .slice(0, TASKS_MAX);
}

const withTask = (tasks, task) =>
    sortedTasks([task, ...tasks.filter((known) => known.id !== task.id)]);

const collator = new Intl.Collator("en", {numeric: true});

/** e0.2 before e0.10. */
export const byName = (a, b) => collator.compare(a, b);
