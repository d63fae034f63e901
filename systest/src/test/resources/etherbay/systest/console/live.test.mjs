// SPDX-License-Identifier: Apache-2.0
// What happens to the node is seen at once, without a reload; and so is that nothing is heard.

import assert from "node:assert/strict";
import {after, beforeEach, test} from "node:test";
import {accessible, close, go, node, onPage, seenAfter, shot} from "./browser.mjs";

const SEEN_MS_MAX = 2000;

after(close);
beforeEach(() => node("whole"));

const since = async (what) => {
    const nowMs = Date.now();
    await node(what);
    return nowMs;
};

test("a failing leg and its resync appear within two seconds", () => onPage({}, async (page) => {
    for (const path of ["overview", "mirrors", "mirrors/web", "topology"]) {
        await node("whole");
        await go(page, path);
        await page.waitForTimeout(1000);
        await page.evaluate(() => { window.sameDocument = true; });
        const failed = path === "topology" ? "at-risk, 1 of 2 legs"
            : path === "mirrors/web" ? "the disk answered with an error of its medium" : "at-risk";
        const place = page.locator(path === "topology" ? "main svg text" : "main *")
            .filter({hasText: failed, visible: true}).first();
        const failedMs = await seenAfter(await since("fail"), place);
        assert.ok(failedMs < SEEN_MS_MAX, `${path}: the failure is seen after ${failedMs} ms`);
        await shot(page, `leg-failed-${path}`);
        const resync = path === "topology"
            ? page.locator("main svg text").filter({hasText: "recovering in web"})
            : page.getByRole("progressbar", {name: /recover/});
        const filledMs = await seenAfter(await since("return"), resync.first());
        assert.ok(filledMs < SEEN_MS_MAX, `${path}: the resync is seen after ${filledMs} ms`);
        await shot(page, `leg-recovers-${path}`);
        assert.ok(await page.evaluate(() => window.sameDocument), "without a reload");
    }
}));

test("health is told to who cannot see", () => onPage({}, async (page) => {
    await go(page, "exports");
    const status = page.locator(".header-health[aria-live=polite]");
    await status.getByText("offline").waitFor();
    await node("healthy");
    await status.getByText("healthy").waitFor();
    await node("fail");
    await status.getByText("at-risk").waitFor();
}));

test("a bar moves, with the time that is left", () => onPage({}, async (page) => {
    await go(page, "mirrors/web");
    await node("return");
    const bar = page.getByRole("progressbar", {name: "recover"});
    await bar.waitFor();
    const first = Number(await bar.getAttribute("aria-valuenow"));
    await page.getByText(/\d+.s left/).waitFor();
    await page.waitForFunction((value) => Number(
        document.querySelector("main [role=progressbar]")?.ariaValueNow) > value + 5, first);
}));

test("charts move by themselves", () => onPage({}, async (page) => {
    await go(page, "exports/e0.3");
    await page.waitForTimeout(2500);
    const chart = page.getByRole("img", {name: /^Requests a second/});
    const first = await chart.getAttribute("aria-label");
    assert.match(first, /now read [\d,.]+/);
    await page.waitForFunction((label) => document.querySelector("main [role=img]").ariaLabel
        !== label, first);
    assert.ok(await page.locator(".chart canvas").count() >= 4);
}));

test("a node that says nothing for ten seconds is called stale", () => onPage({}, async (page) => {
    await go(page, "overview");
    const startMs = await since("mute");
    try {
        const staleMs = await seenAfter(
            startMs, page.getByText("These values are old").first(), 20_000);
        assert.ok(staleMs > 4000 && staleMs < 16_500, `${staleMs} ms`);
        await page.locator(".header-health").getByText(/^was /).waitFor();
        await accessible(page, "stale");
        await shot(page, "stale");
    } finally {
        await node("speak");
    }
    await page.getByText("These values are old").waitFor({state: "detached", timeout: 15_000});
}));

test("a broken connection is said at once, and mended by itself",
    () => onPage({allowed: /Failed to load|ERR_/}, async (page) => {
        await go(page, "overview");
        await page.evaluate(() => { window.sameDocument = true; });
        const startMs = await since("down");
        const brokenMs = await seenAfter(startMs, page.getByText("No connection.").first());
        assert.ok(brokenMs < 3000, `${brokenMs} ms`);
        await shot(page, "broken");
        await page.waitForTimeout(2000);
        await node("up");
        await page.getByText("No connection.").waitFor({state: "detached", timeout: 15_000});
        assert.ok(await page.evaluate(() => window.sameDocument), "without a reload");
    }));
