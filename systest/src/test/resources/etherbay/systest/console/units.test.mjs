// SPDX-License-Identifier: Apache-2.0
// The modules that touch neither network nor document, one by one.

import assert from "node:assert/strict";
import {test} from "node:test";
import {around, difference} from "./modules/diff.js";
import * as format from "./modules/format.js";
import {SHOWN_MAX, placed, servingBand, usingBand} from "./modules/layout.js";
import {CAPACITY, Ring, total} from "./modules/ring.js";
import {EventParser} from "./modules/sse.js";
import {EVENTS_MAX, byName, emptyState, mergedEvents, received, snapshot}
    from "./modules/state.js";

const plain = (text) => text.replaceAll("\u00a0", " ");

test("sizes have three digits and a unit of 1024", () => {
    const cases = [[0, "0 B"], [1023, "1,023 B"], [1024, "1.00 KiB"], [1536, "1.50 KiB"],
        [10 * 1024 ** 2, "10.0 MiB"], [1023.6 * 1024, "1.00 MiB"], [123 * 1024 ** 3, "123 GiB"],
        [2 ** 60, "1.00 EiB"], [NaN, "–"]];
    cases.forEach(([value, text]) => assert.equal(plain(format.bytes(value)), text));
    assert.equal(plain(format.sectors(2048)), "1.00 MiB");
    assert.equal(plain(format.rate(2048)), "2.00 KiB/s");
});

test("latencies go from microseconds to seconds", () => {
    const cases = [[0, "–"], [85, "85 µs"], [999.4, "999 µs"], [1000, "1.00 ms"],
        [12_500, "12.5 ms"], [2_100_000, "2.10 s"], [undefined, "–"]];
    cases.forEach(([value, text]) => assert.equal(plain(format.micros(value)), text));
});

test("counts are grouped, then shortened", () => {
    const cases = [[0, "0"], [9120, "9,120"], [12_400, "12.4 k"], [1_200_000, "1.20 M"]];
    cases.forEach(([value, text]) => assert.equal(plain(format.count(value)), text));
});

test("lengths of time have their two largest units", () => {
    const cases = [[0, "0 s"], [59, "59 s"], [125, "2 min 5 s"], [3600, "1 h"],
        [12_000, "3 h 20 min"], [90_061, "1 d 1 h"], [-1, "–"]];
    cases.forEach(([value, text]) => assert.equal(plain(format.duration(value)), text));
});

test("times are told as how long ago, and never in the future", () => {
    const cases = [[0, "now"], [-5000, "now"], [12_000, "12 s ago"], [180_000, "3 min ago"],
        [7_200_000, "2 h ago"], [3 * 86_400_000, "3 d ago"]];
    cases.forEach(([ms, text]) => assert.equal(plain(format.ago(1e12, 1e12 + ms)), text));
    assert.equal(format.ago(0, 1e12), "–");
    assert.match(format.stamp(1e12), /^2001-09-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d$/);
});

test("less than all is never shown as all", () => {
    assert.equal(plain(format.percent(0.99999)), "99.9 %");
    assert.equal(plain(format.percent(1)), "100 %");
    assert.equal(format.share(5, 0), 0);
    assert.equal(format.share(9, 3), 1);
});

test("events of a stream survive any cut", () => {
    const text = ": hello\n\nevent: live\ndata: {\"a\":\ndata: 1}\n\n"
        + "data: x\r\n\r\nevent: none\n\n";
    for (let cut = 0; cut <= text.length; cut++) {
        const parser = new EventParser();
        const found = [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))];
        assert.deepEqual(found, [
            {type: "live", data: "{\"a\":\n1}"}, {type: "message", data: "x"}], `cut at ${cut}`);
    }
});

const REPORT = {
    name: "bay1", generation: 1, exports: [{name: "e0.2"}, {name: "e0.10"}], interfaces: [],
    rogues: [], disks: [], mirrors: [], guests: [], volumes: [], peers: [],
};

const begun = () => snapshot(emptyState(),
    {info: {}, report: REPORT, health: {word: "healthy", reasons: []}, tasks: [], events: []});

test("what changes takes its place in the order of names", () => {
    let state = received(begun(), "changed",
        {kind: "export", name: "e0.3", object: {name: "e0.3", queued: 1}});
    assert.deepEqual(state.report.exports.map((it) => it.name), ["e0.2", "e0.3", "e0.10"]);
    state = received(state, "changed",
        {kind: "export", name: "e0.3", object: {name: "e0.3", queued: 2}});
    assert.equal(state.report.exports[1].queued, 2);
    assert.equal(state.report.exports.length, 3);
    state = received(state, "gone", {kind: "export", name: "e0.2"});
    assert.deepEqual(state.report.exports.map((it) => it.name), ["e0.3", "e0.10"]);
    state = received(state, "changed", {kind: "node", name: "bay1", object: {generation: 5}});
    assert.equal(state.report.generation, 5);
    state = received(state, "changed",
        {kind: "peer", name: "bay2", object: {name: "bay2", address: "a", state: "up"}});
    assert.deepEqual(state.report.peers.map((it) => it.state), ["up"]);
    assert.equal(state.report.name, REPORT.name);
    const rogue = {export: "e0.3", interfaceName: "eth1", theirs: "52:54:00:00:00:01"};
    const name = "e0.3 eth1 52:54:00:00:00:01";
    state = received(state, "changed", {kind: "rogue", name, object: rogue});
    state = received(state, "changed", {kind: "rogue", name, object: {...rogue, frames: 9}});
    assert.deepEqual(state.report.rogues.map((it) => it.frames), [9]);
    assert.equal(received(state, "gone", {kind: "rogue", name}).report.rogues.length, 0);
});

test("a message of a newer node changes nothing", () => {
    const state = begun();
    assert.equal(received(state, "weather", {}), state);
    assert.equal(received(state, "gone", {kind: "planet", name: "x"}), state);
});

test("an export that is no longer told of did nothing", () => {
    const sample = {name: "e0.2", readIops: 5, writeIops: 1, readBytesPerSecond: 10,
        writeBytesPerSecond: 2, readP50Us: 1, readP99Us: 2, writeP50Us: 3, writeP99Us: 4,
        queued: 0};
    let state = received(begun(), "live", {atMs: 1000, exports: [sample]});
    assert.equal(state.sum.readIops, 5);
    state = received(state, "live", {atMs: 2000, exports: []});
    assert.equal(state.sum.readIops, 0);
    assert.deepEqual(state.rings.get("e0.2").columns(["readIops"]), [[1, 2], [5, 0]]);
});

test("events come once each, newest first, and not without bound", () => {
    const events = Array.from({length: EVENTS_MAX + 50}, (_, id) => ({id}));
    const merged = mergedEvents(mergedEvents([], events), events.slice(5, 10));
    assert.equal(merged.length, EVENTS_MAX);
    assert.equal(merged[0].id, EVENTS_MAX + 49);
});

test("tasks under way stand first", () => {
    let state = received(begun(), "task", {id: "t1", state: "running", startedMs: 1});
    state = received(state, "task", {id: "t2", state: "done", startedMs: 2});
    assert.deepEqual(state.tasks.map((it) => it.id), ["t1", "t2"]);
    state = received(state, "task", {id: "t1", state: "done", startedMs: 1});
    assert.deepEqual(state.tasks.map((it) => it.id), ["t2", "t1"]);
});

test("a ring keeps the latest", () => {
    const ring = new Ring();
    for (let i = 0; i < CAPACITY + 3; i++) {
        ring.push(1000 * i, {queued: i});
    }
    const [times, queued] = ring.columns(["queued"]);
    assert.equal(times.length, CAPACITY);
    assert.equal(times[0], 3);
    assert.equal(queued.at(-1), CAPACITY + 2);
    assert.equal(total([{readIops: 2, readP99Us: 7}, {readIops: 3, readP99Us: 5}]).readP99Us, 7);
});

test("names with numbers are in the order of the numbers", () => {
    assert.deepEqual(["e0.10", "e0.2", "e1.0"].sort(byName), ["e0.2", "e0.10", "e1.0"]);
});

test("a difference keeps the lines that are the same", () => {
    const marks = (before, after) =>
        difference(before, after).map(({mark, text}) => mark + text).join("|");
    assert.equal(marks("a\nb\nc", "a\nx\nc"), " a|-b|+x| c");
    assert.equal(marks("a\nb", "a\nb"), " a| b");
    assert.equal(marks("", "a"), "-|+a");
    assert.equal(marks("a\nb\nc\nd", "b\nd\ne"), "-a| b|-c| d|+e");
    const long = Array.from({length: 30}, (_, i) => `${i}`);
    const shown = around(difference(long.join("\n"), long.with(15, "x").join("\n")));
    assert.deepEqual(shown.map((it) => it.mark), [" ", " ", "-", "+", " ", " "]);
});

const WORDS = {tone: () => "ok", href: (kind, name) => `#/${kind}/${name}`, size: String,
    mirror: () => "healthy", disk: () => "", exportTone: (it) => it.trouble ? "bad" : "ok",
    guestTone: () => "ok"};

test("of a thousand exports those in trouble are drawn", () => {
    const exports = Array.from({length: 1000}, (_, slot) => ({
        name: `e0.${slot}`, interfaces: [{name: "eth1", up: true}], initiators: [],
        trouble: slot === 999 ? {} : null}));
    const interfaces = [{name: "eth1", mtu: 1500, mac: "", up: true}];
    const {columns, lines} = servingBand({...REPORT, exports, interfaces}, WORDS);
    const plan = placed(columns, lines, 0);
    assert.equal(plan.columns[2].boxes.length, SHOWN_MAX);
    assert.equal(plan.columns[2].boxes[0].title, "e0.999");
    assert.equal(plan.columns[2].more, 1000 - SHOWN_MAX);
    assert.equal(plan.lines.length, SHOWN_MAX, "no line ends in nothing");
});

test("a mirror is joined to its legs, its disks to their ways", () => {
    const disks = [{name: "e1.0", state: "up", sectors: 1, nbd: null, trouble: null,
        paths: [{interfaceName: "eth1", state: "silent"}]}];
    const mirrors = [{name: "web", nbd: "unix:x", inSyncCount: 1, legCount: 2, trouble: null,
        legs: [{name: "e1.0", standing: "in sync", host: "bay2"},
            {name: "vg/x", standing: "spare", host: ""}]}];
    const interfaces = [{name: "eth1", mtu: 1500, mac: "", up: true}];
    const guests = [{name: "vm", state: "running", place: "", mirror: "web"},
        {name: "far", state: "elsewhere", place: "bay2", mirror: "web"}];
    const band = usingBand({...REPORT, disks, mirrors, interfaces, guests}, WORDS);
    assert.deepEqual(band.lines.map((it) => `${it.from}>${it.to}`), [
        "way eth1>disk e1.0", "disk e1.0>mirror web", "host bay1>leg vg/x", "leg vg/x>mirror web",
        "mirror web>nbd mirror web", "mirror web>guest vm"]);
    assert.deepEqual(band.columns[3].boxes.map((it) => it.title), ["vm", "unix:x"]);
    assert.equal(band.lines[0].tone, "bad");
    assert.equal(band.columns[1].boxes[0].below, "in sync in web");
});
