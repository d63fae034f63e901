// SPDX-License-Identifier: Apache-2.0
// The applied settings: read, changed, planned, and applied with a reason.

import {Component, tags} from "../dom.js";
import * as api from "../api.js";
import {ask, failureBox, sayFailure} from "../dialogs.js";
import {around, difference} from "../diff.js";
import {plural} from "../format.js";
import * as parts from "../parts.js";

const {code, div, label, li, ol, p, pre, span, textarea} = tags;

export class Settings extends Component {
    state = {loaded: null, text: "", plan: null, failure: null, busy: false};

    componentDidMount() {
        this.#load();
    }

    async #load() {
        try {
            const loaded = await api.settings();
            this.setState({
                loaded, text: loaded.text, plan: null, failure: null,
                generation: Number(loaded.mark.replaceAll("\"", ""))});
        } catch (failure) {
            this.setState({failure});
        }
    }

    async #plan() {
        this.setState({busy: true, failure: null, plan: null});
        const {text} = this.state;
        try {
            const steps = await api.plan(text);
            this.setState({busy: false, plan: {steps, text}});
        } catch (failure) {
            this.setState({busy: false, failure});
        }
    }

    #apply() {
        const {plan, loaded} = this.state;
        ask({
            title: "Apply these settings?",
            text: ["The node becomes so at once, and after a restart."],
            content: steps(plan.steps),
            risk: plan.steps.some((step) => /remov|stop|no longer|delete/i.test(step))
                ? "Something is taken away: who uses it gets errors." : undefined,
            fields: [{
                name: "reason", label: "Why (for the audit log)", type: "text", required: true}],
            verb: "Apply", done: "The settings are applied.",
            run: async ({reason}) => {
                await api.apply(plan.text, loaded.mark, reason);
                await this.#load();
            },
        });
    }

    #reload() {
        const {loaded, text} = this.state;
        if (loaded && text !== loaded.text) {
            ask({
                title: "Leave your changes?",
                text: ["What the node has now takes the place of the text here."],
                risk: "What you changed in the text is lost.", verb: "Load what the node has",
                done: "Loaded.", run: () => this.#load(),
            });
        } else {
            this.#load().catch(sayFailure);
        }
    }

    render({state: {report, info}}, {loaded, text, plan, failure, busy, generation}) {
        const changed = loaded !== null && text !== loaded.text;
        const planned = plan !== null && plan.text === text;
        const may = !info.role || /admin/i.test(info.role);
        return div({class: "stack"},
            p({class: "quiet lead"}, "What was applied here or by ", code("etherbay apply"),
                ". What stands in the node's own settings file cannot be changed from here."),
            report.generation > generation // what the stream told may be older
                && div({class: "notice tone-warn"}, parts.glyph("warn"),
                    div(p({class: "strong"}, "The settings have changed since they were loaded."),
                        parts.action("Load what the node has", () => this.#reload()))),
            parts.panelOf({
                title: `Applied settings, generation ${generation ?? "–"}`,
                extra: span({class: "quiet", role: "status"},
                    changed ? "changed" : "as the node is"),
            },
            label({class: "editor"}, span({class: "unseen"}, "Settings as TOML"),
                textarea({
                    value: text, spellcheck: false, rows: 20, readOnly: !may,
                    disabled: loaded === null,
                    onInput: (event) => this.setState({text: event.target.value}),
                })),
            div({class: "bar"},
                parts.action("Load anew", () => this.#reload()),
                span({class: "bar-space"}),
                parts.action(busy ? "Planning …" : "Plan", () => this.#plan(),
                    {disabled: busy || loaded === null}),
                parts.action("Apply …", () => this.#apply(), {
                    primary: true, disabled: !planned || plan.steps.length === 0 || !may,
                    title: planned ? undefined : "Plan first",
                }))),
            failure && failureBox(failure),
            div({class: "columns"},
                parts.panel("Plan", planned ? steps(plan.steps)
                    : parts.empty("Plan shows what applying would do, before it is done.")),
                parts.panel("Difference of the texts", changed
                    ? textDifference(loaded.text, text)
                    : parts.empty("The text is as the node has it."))));
    }
}

const steps = (list) => list.length > 0
    ? ol({class: "steps", "aria-label": plural(list.length, "step")}, list.map((it) => li(it)))
    : parts.empty("Nothing to do: the node is so already.");

const MARKS = {"+": "added", "-": "removed", "…": "gap"};

const textDifference = (before, after) =>
    pre({class: "diff", tabIndex: 0, "aria-label": "Difference of the texts"},
        around(difference(before, after)).map(({mark, text}) =>
            span({class: MARKS[mark] ?? "same"}, `${mark} ${text}\n`)));
