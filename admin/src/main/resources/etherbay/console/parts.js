// SPDX-License-Identifier: Apache-2.0
// Small things that every page is made of.

import {classes, tags} from "./dom.js";
import * as format from "./format.js";

const {a, button, code, dd, dl, div, dt, h2, p, path, section, span, svg, time} = tags;

const TONES = {
    ok: ["healthy", "in sync", "up", "done", "info", "served"],
    busy: ["resyncing", "recovering", "running", "resync", "recover", "check", "repair"],
    warn: ["warning", "degraded", "trouble", "waiting", "sought", "stranger", "refuses"],
    risk: ["at-risk"],
    bad: ["offline", "fenced", "faulty", "missing", "failed", "silent", "error", "down"],
};

/** Which colour and shape a word has; an unknown word has none. */
export const toneOf = (word) =>
    Object.keys(TONES).find((tone) => TONES[tone].includes(word)) ?? "none";

/** Each tone has its own shape, so that no meaning is in colour alone. */
const GLYPHS = {
    ok: "M6 1.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9z",
    busy: "M6 1a5 5 0 1 1-5 5h2a3 3 0 1 0 3-3z",
    warn: "M6 .8 11.6 11H.4zM6 3.9 3.2 9.3h5.6z",
    risk: "M6 .8 11.6 11H.4zM5.3 4v3.5h1.4V4zm0 4.3v1.4h1.4V8.3z",
    bad: "M3.5 1h5L11 3.5v5L8.5 11h-5L1 8.5v-5z"
        + "m.3 2L3 3.8 5.2 6 3 8.2l.8.8L6 6.8 8.2 9l.8-.8L6.8 6 9 3.8 8.2 3 6 5.2z",
    none: "M6 1.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zm0 1.5a3 3 0 1 1 0 6 3 3 0 0 1 0-6z",
};

export const glyph = (tone) =>
    svg({class: "glyph", viewBox: "0 0 12 12", "aria-hidden": "true"},
        path({d: GLYPHS[tone], "fill-rule": "evenodd"}));

/** A state in its colour, with its shape. */
export function word(text, tone = toneOf(text)) {
    return span({class: `word tone-${tone}`}, glyph(tone), text);
}

export function ago(atMs, nowMs) {
    return atMs
        ? time({dateTime: new Date(atMs).toISOString(), title: format.stamp(atMs)},
            format.ago(atMs, nowMs))
        : format.NONE;
}

export const panel = (title, ...content) => panelOf({title}, ...content);

export function panelOf({title, extra, label = title, ...rest}, ...content) {
    return section({...rest, class: classes("panel", rest.class), "aria-label": label},
        title && div({class: "panel-head"}, h2(title), extra), ...content);
}

export const empty = (text) => p({class: "empty"}, text);

/** Names and values: pairs, of which false ones are left out. */
export const facts = (...pairs) =>
    dl({class: "facts"}, pairs.filter(Boolean).map(([name, ...value]) =>
        div(dt(name), dd(...value))));

/** How far something is; unknown while there is no total. */
export function meter(label, done, total, tone = "busy") {
    const part = format.share(done, total);
    return div({
        class: `meter tone-${tone}`, role: "progressbar", "aria-label": label,
        "aria-valuemin": 0, "aria-valuemax": 100,
        "aria-valuenow": total > 0 ? Math.floor(part * 100) : undefined,
    }, div({class: "meter-fill", style: {transform: `scaleX(${part})`}}));
}

export const timeLeft = (seconds) =>
    seconds >= 0 ? `${format.duration(seconds)} left` : "time left unknown";

export const hrefOf = (kind, name) => `#/${kind}/${encodeURIComponent(name)}`;

/** The page of a thing that is named as `mirror vm1`. */
export function objectLink(object) {
    const [kind, ...rest] = object.split(" ");
    const name = rest.join(" ");
    switch (kind) {
        case "export": return a({href: hrefOf("exports", name)}, object);
        case "mirror": return a({href: hrefOf("mirrors", name)}, object);
        case "disk": return a({href: "#/disks"}, object);
        case "guest": return a({href: hrefOf("guests", name)}, object);
        case "volume": return a({href: "#/volumes"}, object);
        case "peer": return a({href: "#/"}, object);
        case "interface": return a({href: "#/topology"}, object);
        default: return object;
    }
}

/** What to do, with its command set apart, to be copied. */
export function correction(text) {
    const [, said, command] = /^(.*?)(etherbay .*|ip link .*)?$/s.exec(text);
    return span({class: "correction"}, said, command && code(command));
}

export const troubleBox = (trouble) =>
    trouble && div({class: "notice tone-bad", role: "group", "aria-label": "what is wrong"},
        glyph("bad"),
        div(p({class: "strong"}, trouble.message),
            trouble.cause && p(trouble.cause),
            trouble.correction && p(correction(trouble.correction))));

export function action(label, onClick, {danger, disabled, title, primary, pressed} = {}) {
    return button({
        type: "button", class: classes("button", danger && "danger", primary && "primary"),
        onClick, disabled, title, "aria-pressed": pressed,
    }, label);
}

export const tag = (text, title) => span({class: "tag", title}, text);

export const mono = (text) => span({class: "mono"}, text);
