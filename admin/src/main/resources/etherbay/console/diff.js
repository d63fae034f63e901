// SPDX-License-Identifier: Apache-2.0
// What differs between two texts, line by line: the longest common lines stay.

/** Above it texts are compared as a whole in between, so that a paste never hangs the page. */
const CELLS_MAX = 4_000_000;

/** Lines as {mark: " " | "-" | "+", text}, in order. */
export function difference(before, after) {
    const [a, b] = [before.split("\n"), after.split("\n")];
    let head = 0;
    while (head < a.length && head < b.length && a[head] === b[head]) {
        head++;
    }
    let tail = 0;
    while (tail < a.length - head && tail < b.length - head
        && a[a.length - 1 - tail] === b[b.length - 1 - tail]) {
        tail++;
    }
    const lines = (mark, list) => list.map((text) => ({mark, text}));
    return [
        ...lines(" ", a.slice(0, head)),
        ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
        ...lines(" ", a.slice(a.length - tail)),
    ];
}

function middle(a, b) {
    if (a.length * b.length > CELLS_MAX) {
        return [...a.map((text) => ({mark: "-", text})), ...b.map((text) => ({mark: "+", text}))];
    }
    const width = b.length + 1;
    const common = new Uint32Array((a.length + 1) * width);
    for (let i = a.length - 1; i >= 0; i--) {
        for (let j = b.length - 1; j >= 0; j--) {
            common[i * width + j] = a[i] === b[j] ? common[(i + 1) * width + j + 1] + 1
                : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
        }
    }
    const found = [];
    let [i, j] = [0, 0];
    while (i < a.length || j < b.length) {
        if (i < a.length && j < b.length && a[i] === b[j]) {
            found.push({mark: " ", text: a[i]});
            i++;
            j++;
        } else if (j >= b.length
            || i < a.length && common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            found.push({mark: "-", text: a[i++]});
        } else {
            found.push({mark: "+", text: b[j++]});
        }
    }
    return found;
}

/** Changed lines with a few around them; a gap is {mark: "…"}. */
export function around(lines, context = 2) {
    const near = lines.map((_, at) =>
        lines.slice(Math.max(0, at - context), at + context + 1).some((it) => it.mark !== " "));
    const found = [];
    lines.forEach((line, at) => {
        if (near[at]) {
            found.push(line);
        } else if (at > 0 && near[at - 1]) {
            found.push({mark: "…", text: ""});
        }
    });
    return found.at(-1)?.mark === "…" ? found.slice(0, -1) : found;
}
