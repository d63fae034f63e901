// SPDX-License-Identifier: Apache-2.0
// The frame around the pages: header, navigation, what tells of stale data, keys.

import {Component, classes, createRef, h, tags} from "./dom.js";
import {token} from "./api.js";
import {Dialogs, ask} from "./dialogs.js";
import * as format from "./format.js";
import {helpContent, keysOn, listenToKeys} from "./keys.js";
import {glyph, word} from "./parts.js";
import {PAGES, pageAt} from "./pages.js";
import {TokenForm} from "./token.js";

const {a, button, div, header, h1, li, main, nav, p, span, ul} = tags;

const THEMES = ["auto", "light", "dark"];

export class App extends Component {
    state = {route: pageAt(location.hash), theme: document.documentElement.dataset.theme, tick: 0};
    #main = createRef();

    componentDidMount() {
        this.props.store.listen(() => this.setState({tick: this.state.tick + 1}));
        addEventListener("hashchange", () => this.#go());
        listenToKeys({
            go: (page) => { location.hash = `#/${page.id}`; },
            help: () => this.#help(),
        });
        this.#title();
    }

    #go() {
        this.setState({route: pageAt(location.hash)}, () => {
            this.#title();
            scrollTo(0, 0);
            this.#main.current?.querySelector("h1")?.focus({preventScroll: true});
            document.querySelector(".nav [aria-current]")
                ?.scrollIntoView({block: "nearest", inline: "nearest"});
        });
    }

    #title() {
        const {page, name} = this.state.route;
        document.title = [name, page.title, "Etherbay"].filter(Boolean).join(" – ");
    }

    #theme() {
        const theme = THEMES[(THEMES.indexOf(this.state.theme) + 1) % THEMES.length];
        localStorage.setItem("etherbay.theme", theme);
        document.documentElement.dataset.theme = theme;
        this.setState({theme});
    }

    #help() {
        ask({title: "Keys", content: helpContent(keysOn)});
    }

    render({store}, {route, theme}) {
        const {state} = store;
        const refused = state.line === "refused";
        const stale = ["silent", "broken"].includes(state.line) && state.report;
        return div({class: classes("frame", stale && "is-stale")},
            a({class: "skip", href: "#main", onClick: (event) => {
                event.preventDefault();
                this.#main.current.focus();
            }}, "Skip to the content"),
            this.#header(state, theme, stale),
            this.#nav(state, route),
            main({id: "main", ref: this.#main, tabIndex: -1},
                heading(route),
                refused ? h(TokenForm, {store, failure: state.failure})
                : state.report ? h(route.page.view, {store, state, name: route.name, theme,
                    key: `${route.page.id} ${route.name ?? ""}`})
                : waiting(state, store)),
            stale && staleBanner(state, store),
            h(Dialogs));
    }

    #header({report, health, line, nowMs, lastMs}, theme, stale) {
        return header({class: "header"},
            a({class: "brand", href: "#/overview", "aria-label": "Etherbay, overview"},
                span({class: "brand-mark", "aria-hidden": "true"}),
                span("Etherbay")),
            span({class: "node"}, report?.name ?? ""),
            span({class: "header-health", role: "status", "aria-live": "polite"},
                health && a({href: "#/overview"},
                    span({class: "unseen"}, "Health: "),
                    stale ? word(`was ${health.word}`, "none") : word(health.word))),
            span({class: "header-space"}),
            lineMark(line, nowMs, lastMs),
            button({
                type: "button", class: "quiet-button theme-button", onClick: () => this.#theme(),
                title: "Change the theme",
            }, span({class: "narrow-hidden"}, "Theme: "), theme),
            token.get() && button({
                type: "button", class: "quiet-button",
                onClick: () => this.props.store.forgetToken(),
            }, "Sign out"),
            button({
                type: "button", class: "quiet-button", onClick: () => this.#help(),
                "aria-label": "Keys and help", title: "Keys (?)",
            }, "?"));
    }

    #nav({report, tasks, health}, {page}) {
        return nav({class: "nav", "aria-label": "Pages"}, ul(PAGES.map((it) => {
            const number = report && it.count?.({report, tasks, health});
            return li(a({
                href: `#/${it.id}`, "aria-current": it === page ? "page" : undefined,
            }, it.title, number > 0 && span({class: "nav-count"}, format.count(number))));
        })));
    }
}

const heading = ({page, name}) => name === undefined
    ? h1({tabIndex: -1}, page.title)
    : h1({tabIndex: -1}, a({class: "crumb", href: `#/${page.id}`}, page.title),
        span({class: "crumb-mark", "aria-hidden": "true"}, "/"), name);

const LINES = {
    live: ["ok", "live"], connecting: ["none", "connecting"], silent: ["warn", "silent"],
    broken: ["bad", "no connection"], refused: ["none", "signed out"],
};

function lineMark(line, nowMs, lastMs) {
    const [tone, text] = LINES[line];
    const title = lastMs ? `Last heard of the node ${format.ago(lastMs, nowMs)}` : "";
    return span({class: `line-mark word tone-${tone}`, title}, glyph(tone),
        span({class: "narrow-hidden"}, text));
}

function staleBanner({line, lastMs, retryAtMs, nowMs}, store) {
    const seconds = Math.max(0, Math.ceil((retryAtMs - nowMs) / 1000));
    return div({class: "stale", role: "alert"}, glyph("warn"),
        div(p({class: "strong"},
            `These values are old: of ${format.clock(lastMs)}.`),
            // Only the first line is told aloud; this one changes each second.
            p({"aria-hidden": "true"}, line === "silent"
                ? `The node has said nothing for ${format.ago(lastMs, nowMs).replace(" ago", "")}.`
                : `No connection. Next try ${seconds > 0 ? `in ${seconds}\u00a0s` : "now"}.`)),
        line === "broken" && button({
            type: "button", class: "button", onClick: () => store.retryNow(),
        }, "Try now"));
}

function waiting({line, failure}, store) {
    if (line !== "broken") {
        return p({class: "empty"}, "Asking the node …");
    }
    return div({class: "notice tone-bad", role: "alert"}, glyph("bad"),
        div(p({class: "strong"}, failure?.message ?? "The connection ended."),
            failure?.why && p(failure.why),
            button({type: "button", class: "button", onClick: () => store.retryNow()}, "Try now")));
}

