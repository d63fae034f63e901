// SPDX-License-Identifier: Apache-2.0
// Every page in both themes, wide and narrow: nothing wrong, nothing cut off, nothing that jumps.

import assert from "node:assert/strict";
import {after, test} from "node:test";
import {accessible, close, fits, go, node, onPage, shot} from "./browser.mjs";

const PAGES = ["overview", "topology", "exports", "exports/e0.3", "exports/e0.5", "mirrors",
    "mirrors/web", "mirrors/archive", "disks", "volumes", "guests",
    "guests/web-1", "guests/mail", "guests/db", "tasks", "events", "settings"];

after(close);

for (const theme of ["light", "dark"]) {
    for (const width of [1280, 400]) {
        const options = {theme, width};
        test(`every page, ${theme}, ${width} px wide`, () => onPage(options, async (page) => {
            for (const path of PAGES) {
                await go(page, path);
                await page.waitForTimeout(300);
                await fits(page, path);
                if (theme === "light" || width > 400) { // colours do not depend on the width
                    await accessible(page, `${path}, ${theme}, ${width}`);
                }
                await shot(page, `${path}-${theme}-${width}`);
            }
        }));
    }
}

test("what does not exist is said", () => onPage({}, async (page) => {
    for (const path of ["exports/e9.9", "mirrors/none", "guests/none"]) {
        await go(page, path);
        await page.getByText("(any more)").waitFor();
    }
    await go(page, "nonsense/x");
    await page.getByRole("heading", {level: 1, name: "Overview"}).waitFor();
}));

test("nothing jumps while numbers run", () => onPage({}, async (page) => {
    for (const path of ["overview", "exports", "exports/e0.3", "mirrors/web"]) {
        await go(page, path);
        await page.waitForTimeout(1500);
        const shift = await page.evaluate(() => new Promise((done) => {
            let sum = 0;
            const seen = new PerformanceObserver((list) => list.getEntries().forEach((it) => {
                sum += it.value;
            }));
            seen.observe({type: "layout-shift"});
            setTimeout(() => done(sum), 3000);
        }));
        assert.ok(shift < 0.002, `${path} moved by ${shift}`);
    }
}));

test("the theme is chosen by hand, and stays", () => onPage({theme: "light"}, async (page) => {
    await go(page, "overview");
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    const button = page.getByTitle("Change the theme");
    await button.click();
    assert.equal(await background(), light);
    await button.click();
    assert.notEqual(await background(), light);
    await page.reload();
    await page.locator("main .panel").first().waitFor();
    assert.notEqual(await background(), light);
}));

test("who wants no motion gets none", () => onPage({motion: "reduce"}, async (page) => {
    await node("return");
    await go(page, "mirrors/web");
    const fill = page.locator(".pass .meter-fill");
    await fill.waitFor();
    const css = await fill.evaluate((it) => getComputedStyle(it).transitionProperty);
    assert.equal(css, "none");
    await node("whole");
}));
