// SPDX-License-Identifier: Apache-2.0
// All of it without a mouse.

import assert from "node:assert/strict";
import {after, test} from "node:test";
import {accessible, close, go, onPage, shot} from "./browser.mjs";

after(close);

const active = (page) => page.evaluate(() =>
    (document.activeElement.innerText || document.activeElement.getAttribute("aria-label")
        || document.activeElement.tagName).trim());

test("g and a letter goes to each page", () => onPage({}, async (page) => {
    await go(page, "overview");
    const letters = {t: "Topology", e: "Exports", m: "Mirrors", d: "Disks", v: "Volumes",
        k: "Tasks", n: "Events", s: "Settings", o: "Overview"};
    for (const [letter, title] of Object.entries(letters)) {
        await page.keyboard.press("g");
        await page.keyboard.press(letter);
        await page.getByRole("heading", {level: 1, name: title}).waitFor();
        assert.equal(await active(page), title, "the heading is where one reads on");
        assert.equal(await page.title(), `${title} – Etherbay`);
    }
}));

test("the keys are told, and can be switched off", () => onPage({}, async (page) => {
    await go(page, "overview");
    await page.keyboard.press("?");
    const dialog = page.getByRole("dialog", {name: "Keys"});
    await dialog.waitFor();
    await accessible(page, "keys");
    await shot(page, "keys");
    await dialog.getByLabel("Keys of one letter are on").uncheck();
    await page.keyboard.press("Escape");
    await dialog.waitFor({state: "detached"});
    await page.keyboard.press("g");
    await page.keyboard.press("m");
    await page.waitForTimeout(300);
    await page.getByRole("heading", {level: 1, name: "Overview"}).waitFor();
}));

test("tab begins with a way past the navigation", () => onPage({}, async (page) => {
    await go(page, "mirrors");
    await page.keyboard.press("Tab");
    assert.equal(await active(page), "Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
}));

test("everything that does something is reached by tab, and shows it", () => onPage(
    {}, async (page) => {
        for (const path of ["overview", "topology", "mirrors/web", "exports", "settings"]) {
            await go(page, path);
            await page.waitForTimeout(600);
            const wanted = await page.evaluate(() => [...document.querySelectorAll(
                "a[href], button:not(:disabled), input, select, textarea, summary")]
                .filter((it) => it.checkVisibility()).length);
            const reached = new Set();
            for (let i = 0; i < wanted + 15; i++) {
                await page.keyboard.press("Tab");
                const seen = await page.evaluate(() => {
                    const it = document.activeElement;
                    window.numbers ??= new Map();
                    if (!window.numbers.has(it)) {
                        window.numbers.set(it, window.numbers.size);
                    }
                    const css = getComputedStyle(it);
                    const edge = it.querySelector(".box-edge");
                    return {
                        number: it.matches("a, button, input, select, textarea, summary")
                            ? window.numbers.get(it) : -1,
                        shown: css.outlineStyle !== "none" || edge !== null
                            && getComputedStyle(edge).strokeWidth === "2.5px",
                        what: it.outerHTML.slice(0, 120),
                    };
                });
                if (seen.number >= 0) {
                    reached.add(seen.number);
                    assert.ok(seen.shown, `${path}: no focus is seen on ${seen.what}`);
                }
            }
            assert.ok(reached.size >= wanted, `${path}: ${reached.size} of ${wanted} are reached`);
        }
    }));

test("a table is filtered and sorted by keys", () => onPage({}, async (page) => {
    await go(page, "exports");
    await page.keyboard.press("/");
    await page.keyboard.type("vg0");
    await page.getByText("3 of 8").waitFor();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.press("Delete");
    await page.getByRole("button", {name: "Export"}).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    assert.equal(await page.locator("main tbody th").first().innerText(), "e0.7");
    assert.equal(await page.locator("main th[aria-sort]").getAttribute("aria-sort"), "descending");
}));

test("a dialog holds the focus and gives it back", () => onPage({}, async (page) => {
    await go(page, "mirrors/web");
    await page.getByRole("button", {name: "Check …"}).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    for (let i = 0; i < 8; i++) {
        await page.keyboard.press("Tab");
        const inside = await page.evaluate(() => document.activeElement === document.body
            || document.activeElement.closest("dialog") !== null);
        assert.ok(inside);
    }
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({state: "detached"});
    assert.equal(await active(page), "Check …");
}));
