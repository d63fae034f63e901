// SPDX-License-Identifier: Apache-2.0
// The pages: their addresses, titles, keys, and what number stands beside each.

import {isActive} from "./state.js";
import {Disks} from "./pages/disks.js";
import {Events} from "./pages/events.js";
import {Exports} from "./pages/exports.js";
import {Guests} from "./pages/guests.js";
import {Mirrors} from "./pages/mirrors.js";
import {Overview} from "./pages/overview.js";
import {Settings} from "./pages/settings.js";
import {Tasks} from "./pages/tasks.js";
import {Topology} from "./pages/topology.js";
import {Volumes} from "./pages/volumes.js";

const sized = (list) => ({report}) => report[list].length;

export const PAGES = [
    {id: "overview", title: "Overview", key: "o", view: Overview},
    {id: "topology", title: "Topology", key: "t", view: Topology},
    {id: "exports", title: "Exports", key: "e", view: Exports, count: sized("exports")},
    {id: "mirrors", title: "Mirrors", key: "m", view: Mirrors, count: sized("mirrors")},
    {id: "disks", title: "Disks", key: "d", view: Disks, count: sized("disks")},
    {id: "volumes", title: "Volumes", key: "v", view: Volumes, count: sized("volumes")},
    {id: "guests", title: "Guests", key: "g", view: Guests, count: sized("guests")},
    {id: "tasks", title: "Tasks", key: "k", view: Tasks,
        count: ({tasks}) => tasks.filter(isActive).length},
    {id: "events", title: "Events", key: "n", view: Events},
    {id: "settings", title: "Settings", key: "s", view: Settings},
];

/** The page of an address like #/exports/e0.1, and the thing it is about, if it names one. */
export function pageAt(hash) {
    const [id, name] = hash.replace(/^#\/?/, "").split("/");
    const page = PAGES.find((it) => it.id === id) ?? PAGES[0];
    return {page, name: page.id === id && name ? decoded(name) : undefined};
}

function decoded(part) {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}
