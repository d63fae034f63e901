// SPDX-License-Identifier: Apache-2.0
// Questions before something is done, and short messages afterwards.

import {Component, classes, createRef, h, tags} from "./dom.js";
import {action, correction, glyph} from "./parts.js";

const {button, dialog, div, form, h2, input, label, p, select, small, span} = tags;

const MESSAGE_MS = 8000;

let host = null;

/**
 * Asks. A question is {title, text: list of paragraphs, risk: what may be lost, fields, verb, run};
 * a field {name, label, type: "text" | "check" | "choice", choices, required, hint}. `run` gets the
 * values; what it returns is shown, and what it throws stays in the dialog.
 */
export const ask = (question) => host?.ask(question);

/** Shows a sentence for a while; a failure until it is closed. */
export const say = (text, tone = "ok") => host?.say(text, tone);

export function sayFailure(failure) {
    say([failure.message, failure.why].filter(Boolean).join(": "), "bad");
}

/** Does something without a question; says how it ended. */
export async function attempt(work, done) {
    try {
        const answer = await work();
        say(textOf(answer) || done);
    } catch (failure) {
        sayFailure(failure);
    }
}

const textOf = (answer) =>
    typeof answer === "string" ? answer : answer?.text ?? answer?.message ?? "";

export class Dialogs extends Component {
    state = {question: null, messages: [], busy: false, failure: null, values: {}};
    #box = createRef();
    #nextId = 1;

    componentDidMount() {
        host = this;
    }

    componentDidUpdate() {
        const box = this.#box.current;
        if (this.state.question && box && !box.open) {
            box.showModal();
        }
    }

    ask(question) {
        const values = Object.fromEntries((question.fields ?? []).map(
            (field) => [field.name, field.value ?? (field.type === "check" ? false : "")]));
        this.setState({question, values, busy: false, failure: null});
    }

    say(text, tone) {
        const message = {id: this.#nextId++, text, tone};
        this.setState(({messages}) => ({messages: [...messages.slice(-3), message]}));
        if (tone !== "bad") {
            setTimeout(() => this.#drop(message.id), MESSAGE_MS);
        }
    }

    #drop(id) {
        this.setState(({messages}) => ({messages: messages.filter((it) => it.id !== id)}));
    }

    async #run(event) {
        event.preventDefault();
        const {question, values, busy} = this.state;
        if (busy) {
            return;
        }
        this.setState({busy: true, failure: null});
        try {
            const answer = await question.run(values);
            this.#box.current?.close();
            say(textOf(answer) || question.done || "Done.");
        } catch (failure) {
            this.setState({busy: false, failure});
        }
    }

    render(_, {question, messages}) {
        return div(
            question && this.#dialog(question),
            div({class: "messages", role: "status", "aria-live": "polite"},
                messages.map(({id, text, tone}) =>
                    div({key: id, class: `message tone-${tone}`}, glyph(tone), span(text),
                        button({
                            type: "button", class: "close", "aria-label": "Close this message",
                            onClick: () => this.#drop(id),
                        }, "×")))));
    }

    #dialog({title, text = [], risk, fields = [], verb, content, danger = Boolean(risk)}) {
        const {busy, failure} = this.state;
        return dialog({
            ref: this.#box, class: classes("dialog", content && "dialog-wide"),
            "aria-labelledby": "dialog-title",
            onClose: () => this.setState({question: null}),
        }, form({onSubmit: (event) => this.#run(event)},
            h2({id: "dialog-title"}, title),
            text.map((it) => p(it)),
            risk && div({class: "notice tone-risk"}, glyph("risk"), p(risk)),
            fields.map((field) => this.#field(field)),
            content,
            failure && failureBox(failure),
            div({class: "dialog-actions"},
                action(verb ? "Cancel" : "Close", () => this.#box.current.close()),
                verb && button({
                    type: "submit", class: classes("button", danger ? "danger-solid" : "primary"),
                    disabled: busy,
                }, busy ? "Working …" : verb))));
    }

    #field(field) {
        const value = this.state.values[field.name];
        const take = (taken) =>
            this.setState(({values}) => ({values: {...values, [field.name]: taken}}));
        const common = {required: field.required, name: field.name};
        if (field.type === "check") {
            return label({class: "check"},
                input({...common, type: "checkbox", checked: value,
                    onChange: (event) => take(event.target.checked)}),
                span(field.label));
        }
        return label({class: "field"}, span(field.label),
            field.type === "choice"
                ? select({...common, value, onChange: (event) => take(event.target.value)},
                    field.choices.map(([key, shown]) => h("option", {value: key}, shown)))
                : input({...common, type: "text", value, autocomplete: "off", spellcheck: false,
                    onInput: (event) => take(event.target.value)}),
            field.hint && small(field.hint));
    }
}

export const failureBox = (failure) =>
    div({class: "notice tone-bad", role: "alert"}, glyph("bad"),
        div(p({class: "strong"}, failure.message),
            failure.why && p(failure.why),
            failure.correction && p(correction(failure.correction))));
