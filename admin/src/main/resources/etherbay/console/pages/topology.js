// SPDX-License-Identifier: Apache-2.0
// The node drawn: who comes in by which segment to what, and what it uses itself.

import {tags} from "../dom.js";
import * as format from "../format.js";
import {placed, servingBand, usingBand} from "../layout.js";
import * as parts from "../parts.js";
import {exportState} from "./exports.js";
import {guestTone} from "./guests.js";
import {mirrorState} from "./mirrors.js";

const {a, div, g, p, path, rect, svg, text, title} = tags;

const MARGIN = 12;
const LETTERS_MAX = 25;

const WORDS = {
    tone: parts.toneOf,
    href: parts.hrefOf,
    size: format.sectors,
    mirror: mirrorState,
    guestTone,
    disk: (it) => `${format.sectors(it.sectors)}, ${it.backing}`,
    exportTone: (it) => parts.toneOf(exportState(it)),
};

export function Topology({state: {report}}) {
    const serving = servingBand(report, WORDS);
    const using = usingBand(report, WORDS);
    return div({class: "stack"},
        p({class: "quiet lead"}, "Point at a box for all of its text; most lead to their page."),
        report.rogues.length > 0 && rogues(report.rogues),
        band("Served by this node", serving, "Nothing is served."),
        band("Used by this node", using,
            "This node uses no disks of others and holds no mirrors."));
}

const rogues = (list) => div({class: "notice tone-risk", role: "group", "aria-label": "Rogues"},
    parts.glyph("risk"),
    div(list.map((it) => p(`${it.theirs} on ${it.interfaceName} answers for ${it.export}, `
        + `which is ours at ${it.ours}: ${format.count(it.frames)} frames.`))));

function band(name, {columns, lines}, none) {
    if (columns.every((column) => column.boxes.length === 0)) {
        return parts.panel(name, parts.empty(none));
    }
    const plan = placed(columns, lines, 0);
    const [width, height] = [plan.width + 2 * MARGIN, plan.bottom + 2 * MARGIN];
    return parts.panel(name, div({
        class: "topology-box", tabIndex: 0, role: "region", "aria-label": `${name}, drawn`,
    }, svg({
        class: "topology", viewBox: `${-MARGIN} ${-MARGIN} ${width} ${height}`, width, height,
        role: "group", "aria-label": name,
    },
    plan.lines.map((line) =>
        path({key: line.key, class: `join tone-${line.tone}`, d: line.d})),
    plan.columns.map((column) => columnOf(column)))));
}

const columnOf = ({title: head, href, boxes, more, x, y}) => g(
    text({class: "column-head", x, y: y + 12}, head),
    boxes.map((box) => boxOf(box)),
    more > 0 && linked(href, text({
        class: "column-more", x, y: boxes.at(-1).y + boxes.at(-1).height + 18,
    }, `and ${format.count(more)} more`)));

const linked = (href, ...content) => href ? a({href}, ...content) : g(...content);

const boxOf = ({id, title: name, below, tone, href, x, y, width, height}) =>
    g({key: id, class: `box tone-${tone}`},
        linked(href,
            title(`${id}: ${below}`),
            rect({class: "box-edge", x, y, width, height, rx: 5}),
            rect({class: "box-tone", x, y: y + 6, width: 3, height: height - 12, rx: 1.5}),
            text({class: "box-title", x: x + 13, y: y + 17}, cut(name)),
            text({class: "box-below", x: x + 13, y: y + 32}, cut(below, LETTERS_MAX + 4))));

const cut = (long, most = LETTERS_MAX) =>
    long.length <= most ? long : `${long.slice(0, most - 1)}…`;
