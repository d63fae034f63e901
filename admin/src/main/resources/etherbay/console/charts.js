// SPDX-License-Identifier: Apache-2.0
// Lines over the last five minutes, drawn by uPlot, which index.html loads as a plain script.

import {Component, createRef, tags} from "./dom.js";
import {NONE, clock} from "./format.js";

const {div, figcaption, figure, i, span} = tags;

const HEIGHT_PX = 168;
const SPAN_S = 300;
const FONT = "11px system-ui, sans-serif";

/** The colours of the theme as it is now: a canvas knows no variables. */
function colours() {
    const style = getComputedStyle(document.documentElement);
    const probe = document.createElement("i");
    document.body.append(probe);
    const resolved = (name) => {
        probe.style.color = style.getPropertyValue(name);
        return getComputedStyle(probe).color;
    };
    const all = Object.fromEntries(
        ["--ink-3", "--line", "--chart-1", "--chart-2", "--chart-3", "--chart-4"]
            .map((name) => [name, resolved(name)]));
    probe.remove();
    return all;
}

/** Steps between marks that are round in the unit: 1, 2, 5, or powers of two for bytes. */
function increments(binary) {
    const steps = [];
    for (let step = 1; step < 1e13; step *= binary ? 2 : 10) {
        steps.push(...(binary ? [step] : [step, 2 * step, 5 * step]));
    }
    return steps;
}

/**
 * Props: title; ring; series as {name, field}, at most four; format(value); binary for bytes;
 * theme, whose change draws anew.
 */
export class Chart extends Component {
    #box = createRef();
    #plot = null;
    #watch = null;
    state = {at: null};

    componentDidMount() {
        this.#watch = new ResizeObserver(() => this.#fit());
        this.#watch.observe(this.#box.current);
        this.#draw();
    }

    componentDidUpdate(before) {
        if (before.theme !== this.props.theme || before.ring !== this.props.ring) {
            this.#plot?.destroy();
            this.#draw();
        } else {
            this.#plot?.setData(this.#data(), false);
            this.#plot?.setScale("x", this.#span());
        }
    }

    componentWillUnmount() {
        this.#watch.disconnect();
        this.#plot?.destroy();
    }

    #data() {
        const {ring, series} = this.props;
        return ring ? ring.columns(series.map((it) => it.field)) : [[], ...series.map(() => [])];
    }

    #span() {
        const now = this.props.nowMs / 1000;
        return {min: now - SPAN_S, max: now};
    }

    #fit() {
        const width = this.#box.current?.clientWidth ?? 0;
        if (width > 0 && this.#plot) {
            this.#plot.setSize({width, height: HEIGHT_PX});
        }
    }

    #draw() {
        if (typeof uPlot === "undefined") {
            return;
        }
        const {series, format, binary} = this.props;
        const colour = colours();
        const axis = {
            stroke: colour["--ink-3"], font: FONT, ticks: {show: false},
            grid: {stroke: colour["--line"], width: 1},
        };
        this.#plot = new uPlot({
            width: this.#box.current.clientWidth || 300,
            height: HEIGHT_PX,
            legend: {show: false},
            cursor: {drag: {x: false, y: false}, points: {size: 6}},
            scales: {
                x: {time: true}, y: {range: (_, low, high) => [0, high > 0 ? high * 1.15 : 1]}},
            axes: [
                {...axis, space: 70, size: 26,
                    values: (_, at) => at.map((s) => clock(s * 1000).slice(0, 5))},
                {...axis, size: 76, space: 36, incrs: increments(binary),
                    values: (_, at) => at.map((v) => v ? format(v) : "0")},
            ],
            series: [{}, ...series.map((_, index) => ({
                stroke: colour[`--chart-${index + 1}`], width: 1.5, points: {show: false},
            }))],
            hooks: {setCursor: [(plot) => this.setState({at: plot.cursor.idx ?? null})]},
        }, this.#data(), this.#box.current);
        this.#plot.setScale("x", this.#span());
    }

    render({title, series, format}, {at}) {
        const data = this.#data();
        const last = data[0].length - 1;
        const index = at !== null && at <= last ? at : last;
        const shown = series.map((it, s) => ({
            name: it.name, value: index >= 0 ? format(data[s + 1][index]) : NONE}));
        return figure({class: "chart"},
            figcaption(
                div({class: "chart-head"}, span({class: "chart-title"}, title),
                    span(at !== null && index >= 0 ? `at ${clock(data[0][index] * 1000)}` : "now")),
                shown.map((it, s) => span({class: "chart-key"},
                    i({class: `swatch chart-${s + 1}`, "aria-hidden": "true"}),
                    it.name, " ", span({class: "chart-value"}, it.value)))),
            div({
                class: "chart-box", ref: this.#box, role: "img",
                "aria-label": `${title}, last five minutes; now `
                    + shown.map((it) => `${it.name} ${it.value}`).join(", "),
            }));
    }
}
