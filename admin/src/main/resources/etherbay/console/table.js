// SPDX-License-Identifier: Apache-2.0
// A table that sorts and filters. Columns have fixed widths, so nothing jumps while numbers run.

import {Component, classes, tags} from "./dom.js";
import {action, empty} from "./parts.js";
import {plural} from "./format.js";
import {byName} from "./state.js";

const {button, caption, col, colgroup, div, input, label, p, span, table, tbody, td, th, thead, tr}
    = tags;

const SHOWN_MAX = 200;
/** How long an order by running numbers stays, so that one can read and click. */
const ORDER_MS = 5000;

const compare = (a, b) => typeof a === "number" ? a - b : byName(String(a), String(b));

/**
 * Props: caption; rows; keyOf(row); columns as {name, cell(row), sort(row)?, width?, wide?,
 * number?}, where `wide` ones are left out on a narrow screen and `keep` ones keep their width;
 * filter(row) gives the text that is searched; none is what stands there without rows.
 */
export class Table extends Component {
    state = {sort: null, down: false, needle: "", all: false};
    #order = {key: "", index: new Map()};

    render({caption: title, columns, rows, keyOf, filter, none, nowMs}, {sort, down, needle, all}) {
        const found = filter && needle
            ? rows.filter((row) => filter(row).toLowerCase().includes(needle.toLowerCase()))
            : rows;
        const shown = this.#sorted(found, columns, keyOf, sort, down, nowMs);
        const cut = all ? shown : shown.slice(0, SHOWN_MAX);
        return div({class: "table-box"},
            filter && rows.length > 1 && this.#search(found.length, rows.length, title),
            table({class: "table"},
                caption({class: "unseen"}, title),
                colgroup(columns.map((it) => col({
                    class: classes(it.wide && "wide", it.keep && "keep"),
                    style: it.width ? {width: it.width} : undefined}))),
                thead(tr(columns.map((it) => this.#head(it, sort, down)))),
                tbody(cut.map((row) => tr({key: keyOf(row)}, columns.map((it, at) =>
                    (at === 0 ? th : td)({
                        class: classes(it.number && "number", it.wide && "wide"),
                        scope: at === 0 ? "row" : undefined,
                    }, it.cell(row))))))),
            found.length === 0 && empty(rows.length > 0 ? "Nothing matches." : none),
            cut.length < shown.length && p({class: "more"},
                action(`Show all ${plural(shown.length, "row")}`,
                    () => this.setState({all: true}))));
    }

    #search(found, of, title) {
        return div({class: "table-tools"},
            label(span({class: "unseen"}, `Filter ${title}`),
                input({
                    type: "search", class: "filter", placeholder: "Filter",
                    value: this.state.needle,
                    onInput: (event) => this.setState({needle: event.target.value}),
                })),
            span({class: "quiet", role: "status"},
                found < of ? `${found} of ${plural(of, "row")}` : plural(of, "row")));
    }

    #head(column, sort, down) {
        const sorted = sort === column.name;
        const names = classes(column.number && "number", column.wide && "wide");
        if (!column.sort) {
            return th({scope: "col", class: names}, column.name);
        }
        return th({
            scope: "col", class: names,
            "aria-sort": sorted ? (down ? "descending" : "ascending") : undefined,
        }, button({
            type: "button", class: "sort",
            onClick: () => this.setState({
                sort: column.name, down: sorted ? !down : Boolean(column.number)}),
        }, column.name, span({class: "sort-mark", "aria-hidden": "true"},
            sorted ? (down ? "▾" : "▴") : "")));
    }

    #sorted(rows, columns, keyOf, sort, down, nowMs) {
        const column = columns.find((it) => it.name === sort);
        if (!column) {
            return rows;
        }
        const key = [sort, down, rows.length, Math.floor((nowMs ?? 0) / ORDER_MS)].join();
        if (this.#order.key !== key) {
            const ordered = [...rows].sort((a, b) => compare(column.sort(a), column.sort(b)));
            if (down) {
                ordered.reverse();
            }
            const index = new Map(ordered.map((it, i) => [keyOf(it), i]));
            this.#order = {key, index};
        }
        const {index} = this.#order;
        return [...rows].sort((a, b) => (index.get(keyOf(a)) ?? 0) - (index.get(keyOf(b)) ?? 0));
    }
}
