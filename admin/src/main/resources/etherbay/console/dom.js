// SPDX-License-Identifier: Apache-2.0
// Elements as functions: `div({class: "x"}, "text", span("more"))`. Only this file knows Preact.

import {Component, Fragment, createRef, h, render} from "./lib/preact.module.js";

export {Component, Fragment, createRef, h, render};

/** Whether a first argument is attributes: a plain object, which a vnode is not. */
const isAttributes = (it) => it !== null && typeof it === "object" && it.constructor === Object;

const element = (name) => (first, ...rest) =>
    first === undefined || isAttributes(first)
        ? h(name, first ?? null, ...rest)
        : h(name, null, first, ...rest);

export const tags = new Proxy({}, {
    get(known, name) {
        known[name] ??= element(name);
        return known[name];
    },
});

/** Class names that hold: `classes("row", isBad && "bad")`. */
export const classes = (...names) => names.filter(Boolean).join(" ");
