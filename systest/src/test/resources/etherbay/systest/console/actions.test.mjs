// SPDX-License-Identifier: Apache-2.0
// Each thing that a person can do here, and that the node was asked for it.

import assert from "node:assert/strict";
import {readFile} from "node:fs/promises";
import {after, beforeEach, test} from "node:test";
import {CONSOLE_TOKEN, CONSOLE_VIEWER, accessible, asked, close, go, node, onPage, shot}
    from "./browser.mjs";

after(close);
beforeEach(() => node("whole"));

const button = (page, name) => page.getByRole("button", {name, exact: true});

/** Opens the question of a button, fills it in, and answers yes. */
async function answer(page, opener, verb, {risk, fill = async () => {}, shown} = {}) {
    await page.locator("main").getByRole("button", {name: opener}).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    if (risk) {
        assert.match(await dialog.innerText(), risk);
    }
    await fill(dialog);
    if (shown) {
        await accessible(page, shown);
        await shot(page, `dialog-${shown}`);
    }
    await dialog.getByRole("button", {name: verb, exact: true}).click();
    return dialog;
}

const gone = (dialog) => dialog.waitFor({state: "detached"});

test("a leg is failed, added again, removed", () => onPage({}, async (page) => {
    await go(page, "mirrors/web");
    await gone(await answer(page, /^Fail e2\.0/, "Fail e2.0", {
        risk: /one good copy is left, on e1\.0.*lost/s, shown: "fail",
        fill: (dialog) => dialog.getByLabel("Why (for the audit log)").fill("it clicks: größer"),
    }));
    await asked("mirror web fail {leg=e2.0}");
    await page.getByRole("status").getByText("e2.0 of web is failed").waitFor();
    assert.match(await node("audit"), /it clicks/);
    await gone(await answer(page, /^Add e2\.0/, "Add it", {risk: /written over/, shown: "add"}));
    await asked("mirror web add {leg=e2.0}");
    await page.getByRole("progressbar", {name: "recover"}).waitFor();
    await shot(page, "mirror-recovers");
    await gone(await answer(page, /^Fail e2\.0/, "Fail e2.0", {risk: /copied anew/}));
    await gone(await answer(page, /^Remove e2\.0/, "Remove e2.0", {risk: /may have to be copied/}));
    await asked("mirror web remove {leg=e2.0}");
}));

test("the last good leg is not failed without a word", () => onPage({}, async (page) => {
    await node("fail");
    await go(page, "mirrors/web");
    await page.getByText("the disk answered with an error").waitFor();
    await page.getByRole("button", {name: /^Fail e1\.0/}).click();
    assert.match(await page.getByRole("dialog").innerText(), /the only good copy/);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({state: "detached"});
}));

test("a mirror is checked, that is cancelled, it is repaired", () => onPage({}, async (page) => {
    await go(page, "mirrors/web");
    await gone(await answer(page, "Check …", "Begin the check", {risk: /Nothing is changed/}));
    await asked("mirror web check {}");
    await gone(await answer(page, "Cancel the check …", "Cancel the check"));
    await asked("mirror web cancel {}");
    await gone(await answer(page, "Repair …", "Begin the repair", {
        risk: /what the others have is written over/, shown: "repair",
        fill: (dialog) => dialog.getByLabel("The leg that is right").selectOption("e1.0"),
    }));
    await asked("mirror web repair {like=e1.0}");
}));

test("a new leg is written over when that is said", () => onPage({}, async (page) => {
    await go(page, "mirrors/web");
    await gone(await answer(page, "Add a leg …", "Add it", {
        risk: /loses all that is on it/,
        fill: async (dialog) => {
            await dialog.getByLabel(/^Leg/).fill("e7.7");
            await dialog.getByLabel(/^Write over/).check();
        },
    }));
    await asked("mirror web add {leg=e7.7, yes=true}");
}));

test("what the node refuses stays in the dialog, with cause and correction",
    () => onPage({allowed: /409/}, async (page) => {
        await go(page, "mirrors/web");
        const dialog = await answer(page, "Grow …", "Grow it");
        await dialog.getByText("its legs have no more than it uses").waitFor();
        await dialog.getByText("give the legs more room").waitFor();
        await shot(page, "dialog-refused");
        await asked("mirror web grow {}");
    }));

test("a guest is paused, started, moved", () => onPage({}, async (page) => {
    await go(page, "topology");
    await page.locator("g.box", {hasText: "web-1"}).locator("a").click();
    await page.getByRole("heading", {level: 1}).filter({hasText: "web-1"}).waitFor();
    await gone(await answer(page, "Pause …", "Pause it", {risk: /memory stays/}));
    await asked("guest web-1 pause {}");
    await page.locator("main .bar").getByText("paused").waitFor();
    await gone(await answer(page, "Start …", "Start it"));
    await asked("guest web-1 start {}");
    await gone(await answer(page, "Move …", "Move it", {
        risk: /stands still for a moment/, shown: "move",
        fill: (dialog) => dialog.getByLabel("Where to").selectOption("bay2"),
    }));
    await asked("move {name=web-1, node=bay2}");
    await page.locator("main").getByRole("button", {name: "Pull the plug …"}).click();
    assert.match(await page.getByRole("dialog").innerText(), /is lost/);
    await page.keyboard.press("Escape");
}));

test("a guest of a lost node is recovered", () => onPage({}, async (page) => {
    await go(page, "guests/db");
    await gone(await answer(page, "Recover …", "Recover it", {
        risk: /bay2, is gone.*fenced.*lost/s, shown: "recover",
        fill: (dialog) => dialog.getByLabel(/^Also when a leg/).check(),
    }));
    await asked("guest db recover {force=true}");
}));

test("a task is cancelled where it is shown", () => onPage({}, async (page) => {
    await go(page, "mirrors/web");
    await gone(await answer(page, "Check …", "Begin the check"));
    await page.keyboard.press("g");
    await page.keyboard.press("k");
    await page.getByText("mirror-check").first().waitFor();
    await accessible(page, "tasks");
    await shot(page, "tasks-running");
    const before = (await node("asked")).split("\n").filter((it) => it.includes("cancel")).length;
    await gone(await answer(page, "Cancel …", "Cancel the task"));
    await page.getByText("None is under way.").waitFor();
    const since = (await node("asked")).split("\n").filter((it) => it.includes("cancel")).length;
    assert.equal(since, before + 1);
}));

test("an export is traced, and its frames are saved", () => onPage({}, async (page) => {
    await go(page, "exports/e0.0");
    await button(page, "Trace is off").click();
    await asked("trace e0.0 true");
    await button(page, "Trace is on").click();
    await asked("trace e0.0 false");
    const saved = page.waitForEvent("download");
    await button(page, "Last 5 s as pcap").click();
    const file = await saved;
    assert.equal(file.suggestedFilename(), "e0.0.pcap");
    const bytes = await readFile(await file.path());
    assert.equal(bytes.readUInt32LE(0), 0xa1b2c3d4);
}));

test("settings are planned, compared, applied with a reason", () => onPage({}, async (page) => {
    await go(page, "settings");
    const text = page.getByLabel("Settings as TOML");
    await page.waitForFunction(() => document.querySelector("textarea").value !== "");
    assert.ok(await button(page, "Apply …").isDisabled());
    const known = await text.inputValue();
    await text.fill(`[[export]]\nshelf = 0\nslot = 9\npath = "vg0/new"\n\n${known}`);
    await button(page, "Plan").click();
    await page.getByText("add export e0.9").waitFor();
    const difference = page.getByLabel("Difference of the texts").last();
    assert.match(await difference.innerText(), /\+ slot = 9/);
    await accessible(page, "settings, planned");
    await shot(page, "settings-planned");
    await gone(await answer(page, "Apply …", "Apply", {
        fill: (dialog) => dialog.getByLabel("Why (for the audit log)").fill("room for the new one"),
    }));
    await asked("apply");
    assert.match(await node("audit"), /room for the new one/);
    await page.getByText("generation 13").first().waitFor();
}));

test("what is wrong in the settings is named, and what another changed is not lost",
    () => onPage({allowed: /400|409/}, async (page) => {
        await go(page, "settings");
        const text = page.getByLabel("Settings as TOML");
        await page.waitForFunction(() => document.querySelector("textarea").value !== "");
        const known = await text.inputValue();
        await text.fill(`[[export]]\nshelff = 1\n${known}`);
        await button(page, "Plan").click();
        await page.getByText("write shelf, or leave it out").waitFor();
        await shot(page, "settings-wrong");
        await text.fill(`${known}\n[[export]]\nshelf = 3\n`);
        await button(page, "Plan").click();
        await page.getByText("add export").waitFor();
        await node("change");
        const dialog = await answer(page, "Apply …", "Apply", {
            fill: (it) => it.getByLabel("Why (for the audit log)").fill("too late")});
        await dialog.getByText("another change came between").waitFor();
        await page.keyboard.press("Escape");
        await page.getByText("The settings have changed since they were loaded.").waitFor();
    }));

test("without a token nothing is shown; with one all; signed out nothing",
    () => onPage({token: "", allowed: /401/}, async (page) => {
        await go(page, "overview");
        await page.getByLabel("Token").fill("eb_wrong");
        await button(page, "Sign in").click();
        await page.getByRole("alert").waitFor();
        await accessible(page, "token");
        await shot(page, "token");
        await page.getByLabel("Token").fill(CONSOLE_TOKEN);
        await button(page, "Sign in").click();
        await page.getByText("Busiest exports").waitFor();
        await button(page, "Sign out").click();
        await page.getByLabel("Token").waitFor();
        assert.equal(await page.getByText("Busiest exports").count(), 0);
    }));

test("who may only look is told so", () => onPage(
    {token: CONSOLE_VIEWER, allowed: /403/}, async (page) => {
        await go(page, "mirrors/web");
        const check = page.locator("main").getByRole("button", {name: "Check …"});
        if (await check.isEnabled()) {
            const dialog = await answer(page, "Check …", "Begin the check");
            await dialog.getByRole("alert").waitFor();
            await shot(page, "dialog-denied");
        }
        assert.ok(!(await node("asked")).split("\n").at(-1).includes("check"));
        await go(page, "exports/e0.0");
        assert.ok(await button(page, "Last 5 s as pcap").isDisabled());
    }));

test("events are filtered, and held", () => onPage({}, async (page) => {
    await go(page, "events");
    await node("fail");
    await node("look"); // the same text may stand there from before
    await page.getByText("e2.0 is faulty").first().waitFor();
    await page.getByLabel("error", {exact: true}).uncheck();
    assert.equal(await page.locator("main .event.tone-bad").count(), 0);
    await page.getByLabel("error", {exact: true}).check();
    await page.getByLabel("Filter events").fill("ONE_GOOD_COPY");
    await page.getByText("one good copy is left").first().waitFor();
    assert.equal(await page.getByText("e2.0 is faulty").count(), 0);
    await page.getByLabel("Filter events").fill("");
    await button(page, "Hold").click();
    await node("whole");
    await page.getByText(/[1-9]\d*\snewer/).waitFor();
    await button(page, "Go on").click();
    await page.getByText("e2.0 is in sync").first().waitFor();
    await shot(page, "events");
}));
