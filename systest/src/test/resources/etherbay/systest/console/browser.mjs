// SPDX-License-Identifier: Apache-2.0
// A browser on the console, and what each test wants of it. The Java side gives the addresses.

import assert from "node:assert/strict";
import {mkdirSync, readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {chromium} from "playwright-core";

const {CONSOLE_ADDRESS, CONSOLE_CONTROL, CONSOLE_SHOTS, CONSOLE_BROWSER} = process.env;
export const {CONSOLE_TOKEN, CONSOLE_VIEWER} = process.env;

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

mkdirSync(CONSOLE_SHOTS, {recursive: true});

/** What a test says of the made-up node, and what was asked of it. */
export async function node(what) {
    const response = await fetch(CONSOLE_CONTROL + what, {method: "POST"});
    assert.equal(response.status, 200, what);
    return response.text();
}

/** Waits for an order to have reached the node. */
export async function asked(line) {
    const deadlineMs = Date.now() + 5000;
    for (;;) {
        const all = await node("asked");
        if (all.split("\n").includes(line)) {
            return;
        }
        assert.ok(Date.now() < deadlineMs, `the node was not asked "${line}", but:\n${all}`);
        await new Promise((go) => setTimeout(go, 50));
    }
}

let browser = null;

export async function close() {
    await browser?.close();
}

/**
 * Runs a test on a page of its own; what the page complains of is a failure.
 *
 * @param options theme, width, height, token (empty for none), motion, complaints that are allowed
 */
export async function onPage(options, test) {
    browser ??= await chromium.launch({
        executablePath: CONSOLE_BROWSER, args: ["--no-sandbox", "--disable-gpu"]});
    const {theme = "light", width = 1280, height = 900, token = CONSOLE_TOKEN,
        motion = "no-preference", allowed = /$^/} = options;
    const context = await browser.newContext({
        viewport: {width, height}, colorScheme: theme, reducedMotion: motion,
        acceptDownloads: true, locale: "en-GB"});
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const complaints = [];
    const complain = (text) => allowed.test(text) || complaints.push(text);
    page.on("console", (it) => ["error", "warning"].includes(it.type()) && complain(it.text()));
    page.on("pageerror", (failure) => complain(String(failure.stack)));
    page.on("request", (request) => new URL(request.url()).hostname === "127.0.0.1"
        || request.url().startsWith("blob:") || complain(`asks elsewhere: ${request.url()}`));
    if (token) {
        await page.addInitScript((value) => sessionStorage.setItem("etherbay.token", value), token);
    }
    try {
        await test(page);
        assert.deepEqual(complaints, []);
    } catch (failure) {
        await page.screenshot({path: shotPath(`failed-${test.name || "test"}`)}).catch(() => {});
        throw failure;
    } finally {
        await context.close();
    }
}

export async function go(page, path) {
    const address = `${CONSOLE_ADDRESS}#/${path}`;
    await page.goto(address);
    await page.locator("main .panel").first().waitFor();
}

const shotPath = (name) => `${CONSOLE_SHOTS}/${name.replace(/[^\w-]+/g, "_")}.png`;

export const shot = (page, name) => page.screenshot({path: shotPath(name), fullPage: true});

/** No finding that keeps somebody from using the page. */
export async function accessible(page, what) {
    await page.evaluate(AXE);
    const found = await page.evaluate(() => axe.run(document, {resultTypes: ["violations"]}));
    const serious = found.violations
        .filter((it) => ["serious", "critical"].includes(it.impact))
        .map((it) => `${it.id}: ${it.help}: `
            + it.nodes.map((one) => `${one.html} (${one.failureSummary})`).join(" | "));
    assert.deepEqual(serious, [], `accessibility of ${what}`);
}

/** Nothing reaches out of the window sideways. */
export async function fits(page, what) {
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${what} is ${over} px wider than the window`);
}

/** How long until something is to be seen, in milliseconds from a moment on. */
export async function seenAfter(sinceMs, locator, timeout = 8000) {
    await locator.waitFor({timeout});
    return Date.now() - sinceMs;
}
