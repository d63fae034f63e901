// SPDX-License-Identifier: Apache-2.0
// Asks for the token that the node wants over TLS. It is kept in this tab only.

import {Component, tags} from "./dom.js";
import {token} from "./api.js";
import {glyph} from "./parts.js";

const {button, code, div, form, input, label, p, small, span} = tags;

export class TokenForm extends Component {
    state = {value: ""};

    render({store, failure}, {value}) {
        return form({
            class: "panel token-form",
            onSubmit: (event) => {
                event.preventDefault();
                store.useToken(value.trim());
            },
        },
        p("This node tells nothing without a token."),
        token.get() && failure && div({class: "notice tone-bad", role: "alert"}, glyph("bad"),
            div(p({class: "strong"}, failure.message), failure.why && p(failure.why))),
        label({class: "field"}, span("Token"),
            input({
                type: "password", name: "token", autocomplete: "off", required: true, value,
                onInput: (event) => this.setState({value: event.target.value}),
            }),
            small("It stays in this tab and goes when the tab is closed.")),
        button({type: "submit", class: "button primary"}, "Sign in"),
        p({class: "quiet"}, "On the node itself none is needed: ",
            code("ssh -L 8080:…/run/api.sock NODE"), " leads its socket here."));
    }
}
