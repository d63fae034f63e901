// SPDX-License-Identifier: Apache-2.0
// Server-sent events from a fetch body: EventSource cannot send an Authorization header.

/** Cuts text that arrives in pieces into events; a piece may end anywhere. */
export class EventParser {
    #rest = "";
    #type = "";
    #data = [];

    /** The events that a piece ends, as {type, data}, data still as text. */
    push(piece) {
        const found = [];
        const lines = (this.#rest + piece).split("\n");
        this.#rest = lines.pop();
        for (const raw of lines) {
            const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
            if (line === "") {
                this.#end(found);
            } else {
                this.#field(line);
            }
        }
        return found;
    }

    #field(line) {
        const colon = line.indexOf(":");
        const name = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (name === "event") {
            this.#type = value;
        } else if (name === "data") {
            this.#data.push(value);
        }
    }

    #end(found) {
        if (this.#data.length > 0) {
            found.push({type: this.#type || "message", data: this.#data.join("\n")});
        }
        this.#type = "";
        this.#data = [];
    }
}

/**
 * Reads a response until it ends.
 *
 * @param onEvent called with type and the parsed JSON; an event that is no JSON is left out
 * @param onBytes called for whatever arrives, a comment too: the line lives
 */
export async function readEvents(response, onEvent, onBytes) {
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
        const {done, value} = await reader.read();
        if (done) {
            return;
        }
        onBytes();
        for (const {type, data} of parser.push(value)) {
            const parsed = parsedOrNothing(data);
            if (parsed !== undefined) {
                onEvent(type, parsed);
            }
        }
    }
}

function parsedOrNothing(text) {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}
