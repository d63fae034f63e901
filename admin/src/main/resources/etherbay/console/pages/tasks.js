// SPDX-License-Identifier: Apache-2.0
// Long operations: how far they are, what they said, and how to end one.

import {tags} from "../dom.js";
import {cancelTask} from "../api.js";
import {ask} from "../dialogs.js";
import * as format from "../format.js";
import * as parts from "../parts.js";
import {isActive} from "../state.js";

const {details, div, p, pre, span, summary} = tags;

export function Tasks({state: {tasks, nowMs}}) {
    const [active, ended] = [tasks.filter(isActive), tasks.filter((it) => !isActive(it))];
    return div({class: "stack"},
        parts.panel("Under way", active.length > 0
            ? active.map((task) => taskBox(task, nowMs))
            : parts.empty("None is under way.")),
        parts.panel("Ended", ended.length > 0
            ? ended.map((task) => taskBox(task, nowMs))
            : parts.empty("None has ended yet.")));
}

/** One line and a bar. */
export const taskBrief = (task) =>
    div({class: "task"},
        div({class: "task-line"},
            span(span({class: "strong"}, task.kind), " ", parts.objectLink(task.object)),
            span({class: "number quiet"}, amount(task))),
        parts.meter(`${task.kind} ${task.object}`, task.done, task.total,
            task.state === "waiting" ? "warn" : "busy"),
        div({class: "task-line quiet"},
            span(task.state === "waiting" ? "waits" : percentOf(task)),
            span({class: "number"}, parts.timeLeft(task.etaSeconds))));

const percentOf = ({done, total}) =>
    total > 0 ? format.percent(format.share(done, total)) : "begun";

function amount({done, total, unit}) {
    const shown = unit === "bytes" ? format.bytes : unit === "sectors" ? format.sectors
        : (value) => `${format.count(value)} ${unit}`;
    return total > 0 ? `${shown(done)} of ${shown(total)}` : shown(done);
}

function taskBox(task, nowMs) {
    return div({key: task.id, class: "task-box"},
        div({class: "task-head"},
            span({class: "mono quiet"}, task.id),
            parts.word(task.state),
            span({class: "quiet task-when"}, isActive(task)
                ? ["began ", parts.ago(task.startedMs, nowMs)]
                : ["ended ", parts.ago(task.endedMs, nowMs), ", took ",
                    format.duration((task.endedMs - task.startedMs) / 1000)],
            task.actor && ` · by ${task.actor}`),
            task.cancellable && isActive(task)
                && parts.action("Cancel …", () => askToCancel(task))),
        isActive(task) ? taskBrief(task)
            : p(span({class: "strong"}, task.kind), " ", parts.objectLink(task.object),
                span({class: "quiet"}, ` · ${amount(task)}`)),
        parts.troubleBox(task.trouble),
        task.log.length > 0 && details(
            summary(`Log, ${format.plural(task.log.length, "line")}`),
            pre({tabIndex: 0, class: "log", "aria-label": `Log of ${task.id}`},
                task.log.join("\n"))));
}

const askToCancel = (task) => ask({
    title: `Cancel ${task.kind} of ${task.object}?`,
    text: ["What it has done so far stays done. "
        + "It can be begun again; where it cannot go on from there, it begins at the beginning."],
    verb: "Cancel the task", done: `${task.id} is being cancelled.`, danger: true,
    run: () => cancelTask(task.id),
});
