// SPDX-License-Identifier: Apache-2.0
// Where the boxes of the topology stand and which lines join them: a pure function of the report.

import {byName} from "./state.js";

const BOX_WIDTH = 188;
const BOX_HEIGHT = 40;
const GAP_X = 76;
const GAP_Y = 10;
const HEAD = 26;
/** A column shows no more; what is in trouble comes first. */
export const SHOWN_MAX = 24;

/**
 * A band is columns from left to right, each {title, href, boxes}; a box is {id, title, below,
 * tone, href}. Lines join ids: {from, to, tone}.
 */
export function placed(columns, lines, top) {
    const at = new Map();
    const heights = [];
    const shown = columns.map((column, index) => {
        const ordered = column.boxes.length <= SHOWN_MAX ? column.boxes
            : [...column.boxes].sort((a, b) => isWrong(b) - isWrong(a));
        const boxes = ordered.slice(0, SHOWN_MAX).map((box, row) => {
            const place = {
                ...box, x: index * (BOX_WIDTH + GAP_X), y: top + HEAD + row * (BOX_HEIGHT + GAP_Y),
                width: BOX_WIDTH, height: BOX_HEIGHT,
            };
            at.set(box.id, place);
            return place;
        });
        const more = ordered.length > boxes.length;
        heights.push(HEAD + boxes.length * (BOX_HEIGHT + GAP_Y) - GAP_Y + (more ? 30 : 0));
        return {
            ...column, boxes, more: ordered.length - boxes.length,
            x: index * (BOX_WIDTH + GAP_X), y: top,
        };
    });
    const joined = lines.filter(({from, to}) => at.has(from) && at.has(to))
        .map(({from, to, tone}) => ({
            tone, key: `${from}>${to}`, d: curve(at.get(from), at.get(to))}));
    return {
        columns: shown, lines: joined, bottom: top + Math.max(0, ...heights),
        width: columns.length * (BOX_WIDTH + GAP_X) - GAP_X,
    };
}

const isWrong = (box) => ["bad", "risk", "warn"].includes(box.tone);

function curve(from, to) {
    const [x1, y1] = [from.x + from.width, from.y + from.height / 2];
    const [x2, y2] = [to.x, to.y + to.height / 2];
    const bend = (x2 - x1) / 2;
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/** What this node serves: initiators, interfaces, exports, the disks below. */
export function servingBand(report, words) {
    const seen = new Map();
    const lines = [];
    for (const it of report.exports) {
        for (const one of it.initiators) {
            const id = `initiator ${one.mac}`;
            const known = seen.get(id) ?? {id, title: one.mac, exports: new Set(), tone: "ok"};
            known.exports.add(it.name);
            known.tone = one.neverFlushes ? "warn" : known.tone;
            seen.set(id, known);
            lines.push({from: id, to: `interface ${one.interfaceName}`, tone: "ok"});
        }
        for (const place of it.interfaces) {
            lines.push({
                from: `interface ${place.name}`, to: `export ${it.name}`,
                tone: place.up ? "ok" : "bad"});
        }
    }
    const initiators = [...seen.values()].sort((a, b) => byName(a.title, b.title))
        .map((it) => ({...it, below: `uses ${[...it.exports].join(", ")}`}));
    return {
        lines: unique(lines),
        columns: [
            {title: "Initiators", boxes: initiators},
            {title: "Interfaces", boxes: report.interfaces.map(interfaceBox)},
            {title: "Exports (shelf.slot)", href: "#/exports", boxes: report.exports.map((it) => ({
                id: `export ${it.name}`, title: it.name, below: words.disk(it),
                tone: words.exportTone(it), href: words.href("exports", it.name)}))},
        ],
    };
}

/** What this node uses: hosts and interfaces, disks, mirrors, and where it offers them. */
export function usingBand(report, words) {
    const lines = [];
    const offers = [];
    const hosts = new Map();
    const disks = new Set(report.disks.map((it) => it.name));
    const others = new Map();
    const standings = new Map();
    const offer = (from, it) => {
        if (it.nbd) {
            const id = `nbd ${from}`;
            const tone = it.trouble ? "bad" : "ok";
            offers.push({id, title: it.nbd, below: `NBD of ${from}`, tone});
            lines.push({from, to: id, tone});
        }
    };
    for (const disk of report.disks) {
        const id = `disk ${disk.name}`;
        disk.paths.forEach((path) => lines.push({
            from: `way ${path.interfaceName}`, to: id, tone: path.state === "up" ? "ok" : "bad"}));
        offer(id, disk);
    }
    for (const mirror of report.mirrors) {
        for (const leg of mirror.legs) {
            const id = disks.has(leg.name) ? `disk ${leg.name}` : `leg ${leg.name}`;
            const tone = words.tone(leg.standing);
            const host = leg.host || report.name;
            standings.set(leg.name, {tone, below: `${leg.standing} in ${mirror.name}`});
            if (!disks.has(leg.name)) {
                others.set(id, {id, title: leg.name, below: `${leg.standing}, on ${host}`, tone});
                hosts.set(host, {
                    id: `host ${host}`, title: host, below: leg.host ? "serves legs" : "this node",
                    tone: "none"});
                lines.push({from: `host ${host}`, to: id, tone});
            }
            lines.push({from: id, to: `mirror ${mirror.name}`, tone});
        }
        offer(`mirror ${mirror.name}`, mirror);
    }
    report.volumes.forEach((it) => offer(`volume ${it.name}`, it));
    const guests = report.guests.filter((it) => !it.place);
    guests.forEach((it) => lines.push({
        from: `mirror ${it.mirror}`, to: `guest ${it.name}`, tone: words.guestTone(it)}));
    const ways = report.interfaces.filter((it) =>
        report.disks.some((disk) => disk.paths.some((path) => path.interfaceName === it.name)));
    return {
        lines: unique(lines),
        columns: [
            {title: "Ways and hosts", boxes: [
                ...ways.map((it) => ({...interfaceBox(it), id: `way ${it.name}`})),
                ...hosts.values()]},
            {title: "Disks and legs", href: "#/disks", boxes: [
                ...report.disks.map((it) => diskBox(it, standings.get(it.name), words)),
                ...others.values()]},
            {title: "Mirrors and volumes", href: "#/mirrors", boxes: [
                ...report.mirrors.map((it) => ({
                    id: `mirror ${it.name}`, title: it.name,
                    below: `${words.mirror(it)}, ${it.inSyncCount} of ${it.legCount} legs`,
                    tone: words.tone(words.mirror(it)), href: words.href("mirrors", it.name)})),
                ...report.volumes.map((it) => ({
                    id: `volume ${it.name}`, title: it.name, below: words.size(it.sectors),
                    tone: it.trouble ? "bad" : "ok", href: "#/volumes"}))]},
            {title: "Guests, and offers over NBD", href: "#/guests", boxes: [
                ...guests.map((it) => ({
                    id: `guest ${it.name}`, title: it.name, below: it.state,
                    tone: words.guestTone(it), href: words.href("guests", it.name)})),
                ...offers]},
        ],
    };
}

/** What it is as a leg says more than that it answers. */
function diskBox(it, standing, words) {
    const state = it.trouble ? "offline" : it.state;
    const said = state === "up" && standing ? standing
        : {below: `${state}, ${words.size(it.sectors)}`, tone: words.tone(state)};
    return {id: `disk ${it.name}`, title: it.name, href: "#/disks", ...said};
}

const interfaceBox = (it) => ({
    id: `interface ${it.name}`, title: it.name, tone: it.up ? "ok" : "bad",
    below: it.up ? `MTU ${it.mtu}, ${it.mac}` : "no link"});

const unique = (lines) => [...new Map(lines.map((it) => [`${it.from}>${it.to}`, it])).values()];
