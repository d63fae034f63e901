// SPDX-License-Identifier: Apache-2.0
// Calls to the node. Over TLS a bearer token goes with each; it stays in this tab.

const ROOT = "../api/v1";
const TOKEN = "etherbay.token";

/** What the node said: code, message, cause and correction, as everywhere. */
export class ApiError extends Error {
    constructor(status, said) {
        super(said.message ?? "the node answered with status " + status);
        this.status = status;
        this.code = said.code ?? "HTTP_" + status;
        this.why = said.cause ?? "";
        this.correction = said.correction ?? "";
    }
}

export const token = {
    get: () => sessionStorage.getItem(TOKEN) ?? "",
    set: (value) => sessionStorage.setItem(TOKEN, value),
    clear: () => sessionStorage.removeItem(TOKEN),
};

/** A request; anything but success is an ApiError, no answer at all is one with status 0. */
export async function request(path, {headers = {}, ...options} = {}) {
    const known = token.get();
    const all = known ? {...headers, Authorization: "Bearer " + known} : headers;
    let response;
    try {
        response = await fetch(ROOT + path, {cache: "no-store", ...options, headers: all});
    } catch (failure) {
        if (failure.name === "AbortError") {
            throw failure;
        }
        throw new ApiError(0, {
            code: "UNREACHABLE",
            message: "the node cannot be reached",
            cause: failure.message,
            correction: "see whether it runs: etherbay status",
        });
    }
    if (!response.ok) {
        throw new ApiError(response.status, await errorOf(response));
    }
    return response;
}

async function errorOf(response) {
    const text = await response.text().catch(() => "");
    try {
        return JSON.parse(text);
    } catch {
        return {message: text.trim().slice(0, 200) || undefined};
    }
}

export const getJson = async (path, options) => (await request(path, options)).json();

/** Posts an object. */
export async function post(path, body, reason = "") {
    const response = await request(path, {
        method: "POST",
        headers: {"Content-Type": "application/json", ...reasonHeader(reason)},
        body: JSON.stringify(body),
    });
    return response.json();
}

/** Headers hold Latin letters only; others are sent as in an address. */
const reasonHeader = (reason) =>
    reason ? {"Etherbay-Reason": reason.replace(/[^\x20-\x7e]+/g, encodeURIComponent)} : {};

const part = encodeURIComponent;

/** The last seconds of an export's frames, as a file that the browser keeps. */
export async function downloadPcap(name, seconds) {
    const response = await request(`/exports/${part(name)}/pcap?seconds=${seconds}`);
    const address = URL.createObjectURL(await response.blob());
    const link = document.createElement("a");
    link.href = address;
    link.download = name + ".pcap";
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export const setTrace = (name, on) => post(`/exports/${part(name)}/trace`, {on});

export const actOnMirror = (name, verb, options, reason) =>
    post(`/mirrors/${part(name)}/${verb}`, options, reason);

export const actOnGuest = (name, verb, options, reason) =>
    post(`/guests/${part(name)}/${verb}`, options, reason);

export const cancelTask = (id) => post(`/tasks/${part(id)}/cancel`, {});

/** The applied layer as text, and the mark of its generation. */
export async function settings() {
    const response = await request("/settings");
    return {text: await response.text(), mark: response.headers.get("ETag") ?? ""};
}

/** What applying a text would do, line by line. */
export async function plan(text) {
    const response = await request("/settings/plan", {
        method: "POST", headers: {"Content-Type": "application/toml"}, body: text,
    });
    return (await response.json()).lines;
}

/** Applies a text, unless another change came after the one that `mark` names. */
export async function apply(text, mark, reason) {
    const response = await request("/settings", {
        method: "PUT",
        headers: {
            "Content-Type": "application/toml", "If-Match": mark || "*", ...reasonHeader(reason),
        },
        body: text,
    });
    return (await response.json()).lines;
}
