// SPDX-License-Identifier: Apache-2.0
// Keeps the state fresh: connects to the stream, asks for what it does not tell, notices silence,
// tries again. Who listens is told at most once a frame.

import {ApiError, getJson, request, token} from "./api.js";
import {readEvents} from "./sse.js";
import {emptyState, received, snapshot} from "./state.js";

/** Two beats of the node, which come every 5 s. */
export const STALE_MS = 10_000;
const ABANDON_MS = 16_000;
const EVENTS_ASKED = 500;
const RETRY_MS = [500, 1000, 2000, 4000, 8000, 10_000];

export class Store {
    #listeners = new Set();
    #told = false;
    #tries = 0;
    #ended = null;
    #wake = () => {};
    /** Messages that came before the snapshot they belong on. */
    #early = null;
    state = emptyState();

    listen(listener) {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }

    set(change) {
        this.state = {...this.state, ...change};
        this.#tell();
    }

    #tell() {
        if (!this.#told) {
            this.#told = true;
            requestAnimationFrame(() => {
                this.#told = false;
                this.#listeners.forEach((listener) => listener());
            });
        }
    }

    /** Runs as long as the page does. */
    async run() {
        setInterval(() => this.#look(), 1000);
        addEventListener("online", () => this.retryNow());
        document.addEventListener("visibilitychange", () => {
            if (!document.hidden) {
                this.retryNow();
            }
        });
        for (;;) {
            try {
                await this.#connect();
                this.#lost(null);
            } catch (failure) {
                this.#lost(failure);
            }
            await this.#pause();
        }
    }

    retryNow() {
        this.#wake();
    }

    useToken(value) {
        token.set(value);
        this.#tries = 0;
        this.set({line: "connecting", failure: null});
        this.retryNow();
    }

    forgetToken() {
        token.clear();
        this.#ended?.abort();
    }

    #look() {
        const nowMs = Date.now();
        const silentMs = nowMs - this.state.lastMs;
        if (this.state.line === "live" && silentMs > STALE_MS) {
            this.set({nowMs, line: "silent"});
        } else {
            this.set({nowMs});
        }
        if (this.#ended && this.state.lastMs > 0 && silentMs > ABANDON_MS) {
            this.#ended.abort();
        }
    }

    async #connect() {
        const ended = new AbortController();
        this.#ended = ended;
        this.#early = [];
        const response = await request("/stream", {
            headers: {Accept: "text/event-stream"}, signal: ended.signal,
        });
        this.set({lastMs: Date.now()});
        await readEvents(
            response,
            (type, data) => type === "hello"
                ? this.#greeted(data, ended) : this.#receive(type, data),
            () => this.#heard());
    }

    #heard() {
        this.state.lastMs = Date.now();
        if (this.state.line === "silent") {
            this.set({line: "live"});
        }
    }

    #receive(type, data) {
        if (this.#early) {
            this.#early.push([type, data]);
            return;
        }
        this.state = received(this.state, type, data);
        this.#tell();
    }

    /** Whatever happens after the greeting comes by the stream, so nothing is missed. */
    async #greeted({lastEventId}, ended) {
        try {
            await this.#snapshot(lastEventId, ended.signal);
        } catch (failure) {
            ended.abort(failure);
        }
    }

    async #snapshot(lastEventId, signal) {
        const since = Math.max(this.state.events[0]?.id ?? 0, lastEventId - EVENTS_ASKED, 0);
        const [info, report, health, tasks, events] = await Promise.all(
            ["", "/report", "/health", "/tasks", `/events?since=${since}`]
                .map((path) => getJson(path, {signal})));
        this.state = snapshot(this.state, {
            info, report, health, tasks, events,
        });
        const early = this.#early;
        this.#early = null;
        early.forEach(([type, data]) => this.#receive(type, data));
        this.#tries = 0;
        this.set({line: "live", failure: null, lastMs: Date.now()});
    }

    #lost(failure) {
        this.#ended = null;
        const refused = failure instanceof ApiError && failure.status === 401;
        const waitMs = RETRY_MS[Math.min(this.#tries++, RETRY_MS.length - 1)];
        this.set({
            line: refused ? "refused" : "broken",
            failure,
            retryAtMs: Date.now() + waitMs * (0.8 + Math.random() * 0.4),
        });
    }

    /** Until it is time, or somebody asks; with a token refused only somebody's asking counts. */
    async #pause() {
        const {line, retryAtMs} = this.state;
        await new Promise((go) => {
            this.#wake = go;
            if (line !== "refused") {
                setTimeout(go, retryAtMs - Date.now());
            }
        });
        this.#wake = () => {};
    }

    /** Fresh counters of one thing, which the stream does not tell while only traffic flows. */
    async refresh(kind, name) {
        const object = await getJson(`/${kind}s/${encodeURIComponent(name)}`).catch(() => null);
        if (object) {
            this.#receive("changed", {kind, name, object});
        }
    }
}
