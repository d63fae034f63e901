// SPDX-License-Identifier: Apache-2.0
// What can be done with a mirror, each after a question that names what may be lost.

import {actOnMirror} from "../api.js";
import {ask} from "../dialogs.js";
import * as format from "../format.js";

const REASON = {name: "reason", label: "Why (for the audit log)", type: "text"};

const legField = (label, it, wanted) => ({
    name: "like", label, type: "choice", required: true,
    choices: [["", "choose"], ...it.legs.filter(wanted).map((leg) => [leg.name, leg.name])],
});

/** The question about one verb; `options` makes what is sent of what was filled in. */
function about(it, verb, question, options = () => ({})) {
    ask({
        ...question,
        fields: [...(question.fields ?? []), REASON],
        run: (values) => actOnMirror(it.name, verb, options(values), values.reason),
    });
}

export function fail(it, leg) {
    const others = it.legs.filter((each) => each.standing === "in sync" && each !== leg);
    const left = others.map((each) => each.name);
    about(it, "fail", {
        title: `Fail ${leg.name} of ${it.name}?`,
        text: [`${leg.name} gets nothing any more until it is added again. `
            + (left.length > 0 ? `What is written from now on is only on ${left.join(", ")}.`
                : "")],
        risk: riskOfFail(leg, left),
        verb: `Fail ${leg.name}`, done: `${leg.name} is failed.`,
    }, () => ({leg: leg.name}));
}

function riskOfFail(leg, left) {
    if (leg.standing === "recovering") {
        return `${leg.name} is being filled; what was copied so far may have to be copied anew.`;
    }
    if (left.length === 0) {
        return `${leg.name} holds the only good copy. The node refuses this unless another leg `
            + "can take over; what only this leg has would be lost.";
    }
    return left.length === 1
        ? `Then one good copy is left, on ${left[0]}. If that disk dies before ${leg.name} is `
            + "whole again, what was written meanwhile is lost. What only "
            + `${leg.name} has acknowledged and not flushed is lost too.`
        : `${left.length} good copies are left.`;
}

export const remove = (it, leg) => about(it, "remove", {
    title: `Remove ${leg.name} from ${it.name}?`,
    text: [`The mirror forgets ${leg.name}: it does not come back by itself. `
        + "What is on it stays there, and gets old."],
    risk: leg.standing === "spare"
        ? `Then ${it.name} has one spare less: the next leg that fails is not replaced.`
        : "To take it back later, all of it may have to be copied.",
    verb: `Remove ${leg.name}`, done: `${leg.name} is removed.`,
}, () => ({leg: leg.name}));

export const add = (it, leg) => about(it, "add", {
    title: leg ? `Add ${leg.name} to ${it.name} again?` : `Add a leg to ${it.name}`,
    text: [leg ? "It gets what it lacks, which is copied from a good leg beside other work."
        : "One of this mirror gets what it lacks. Any other disk is written over and filled, "
            + "or kept as a spare when all slots are taken."],
    risk: leg ? `What is on ${leg.name} and not on the good legs is written over.`
        : "A disk that is not of this mirror loses all that is on it.",
    fields: [
        ...(leg ? [] : [{
            name: "leg", label: "Leg", type: "text", required: true,
            hint: "e0.0, a file, a block device, VG/LV or nbd://HOST/NAME",
        }]),
        {
            name: "yes", type: "check",
            label: "Write over what is on it, if it is not of this mirror",
        },
    ],
    verb: "Add it", done: "It is taken in.", danger: false,
}, (values) => ({leg: leg?.name ?? values.leg.trim(), ...(values.yes ? {yes: "true"} : {})}));

export const check = (it) => about(it, "check", {
    title: `Check ${it.name}?`,
    text: [`All ${format.sectors(it.sectors)} of each leg in sync are read and compared, beside `
        + "other work. Nothing is changed; sectors that differ are named in the task."],
    verb: "Begin the check", done: "The check has begun.",
});

export const repair = (it) => about(it, "repair", {
    title: `Repair ${it.name}`,
    text: ["All legs in sync are compared and made the same again, as the leg is that you name."
        + (it.legs.length > 2 ? " Without one, as most of them are." : "")],
    risk: "Where legs differ, what the others have is written over. Find out first which one is "
        + "right: check, then read each alone.",
    fields: [{
        ...legField("The leg that is right", it, (leg) => leg.standing === "in sync"),
        required: it.legs.length < 3,
    }],
    verb: "Begin the repair", done: "The repair has begun.",
}, (values) => values.like ? {like: values.like} : {});

export const cancel = (it, pass) => about(it, "cancel", {
    title: `Cancel the ${pass} of ${it.name}?`,
    text: [pass === "repair" ? "What was mended so far stays mended; the rest may differ still."
        : "What was compared so far is forgotten; nothing was changed."],
    verb: `Cancel the ${pass}`, done: `The ${pass} is cancelled.`, danger: true,
});

export const grow = (it) => about(it, "grow", {
    title: `Grow ${it.name}`,
    text: ["The mirror uses what its legs have by now, or has room for one leg more, or gets a "
        + "write-intent bitmap."],
    fields: [{
        name: "how", label: "What is to grow", type: "choice", required: true, value: "size",
        choices: [["size", "the size: all that the legs have"],
            ["legs", `the legs: ${it.legCount + 1} instead of ${it.legCount}`],
            ...(it.bitmap ? [] : [["bitmap", "a bitmap"]])],
    }],
    verb: "Grow it", done: "It has grown.",
}, ({how}) => how === "legs" ? {legs: String(it.legCount + 1)}
    : how === "bitmap" ? {bitmap: "true"} : {});
