// SPDX-License-Identifier: Apache-2.0
// What happened, newest first, as it happens.

import {Component, tags} from "../dom.js";
import {plural} from "../format.js";
import * as parts from "../parts.js";
import {EVENTS_MAX} from "../state.js";

const {div, fieldset, input, label, legend, li, ol, p, span} = tags;

const SEVERITIES = ["info", "warning", "error"];
const SHOWN_MAX = 300;

export const eventRow = ({id, atMs, severity, code, object, text}, nowMs) =>
    li({key: id, class: `event tone-${parts.toneOf(severity)}`},
        span({class: "event-mark"},
            parts.glyph(severity === "info" ? "none" : parts.toneOf(severity)),
            span({class: "unseen"}, severity)),
        span({class: "event-text"}, span({class: "strong"}, parts.objectLink(object)), " ", text),
        span({class: "event-code"}, code),
        span({class: "event-time"}, parts.ago(atMs, nowMs)));

export class Events extends Component {
    state = {shown: new Set(SEVERITIES), needle: "", held: null};

    render({state: {events, nowMs}}, {shown, needle, held}) {
        const source = held ?? events;
        const wanted = needle.toLowerCase();
        const found = source.filter((it) => shown.has(it.severity)
            && `${it.object} ${it.text} ${it.code}`.toLowerCase().includes(wanted));
        const missed = held ? events.filter((it) => it.id > (held[0]?.id ?? 0)).length : 0;
        return div({class: "stack"},
            div({class: "table-tools"},
                label(span({class: "unseen"}, "Filter events"),
                    input({
                        type: "search", class: "filter", placeholder: "Filter", value: needle,
                        onInput: (event) => this.setState({needle: event.target.value}),
                    })),
                this.#severities(shown),
                parts.action(held ? "Go on" : "Hold",
                    () => this.setState({held: held ? null : events}), {pressed: held !== null}),
                span({class: "quiet", role: "status"}, held
                    ? plural(missed, "newer one", "newer ones") : plural(found.length, "event"))),
            parts.panelOf({label: "Events"},
                ol({class: "events events-long"},
                    found.slice(0, SHOWN_MAX).map((it) => eventRow(it, nowMs))),
                found.length === 0 && parts.empty("Nothing that matches has happened."),
                found.length > SHOWN_MAX && p({class: "empty"}, `The latest ${SHOWN_MAX} of `
                    + `${found.length}; this page keeps ${EVENTS_MAX}. All: etherbay events`)));
    }

    #severities(shown) {
        return fieldset({class: "choices"}, legend({class: "unseen"}, "Severity"),
            SEVERITIES.map((severity) => label({class: "check"},
                input({
                    type: "checkbox", checked: shown.has(severity),
                    onChange: () => this.setState({shown: toggled(shown, severity)}),
                }), span(severity))));
    }
}

function toggled(set, one) {
    const changed = new Set(set);
    return changed.delete(one) ? changed : changed.add(one);
}
