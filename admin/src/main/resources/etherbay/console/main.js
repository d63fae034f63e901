// SPDX-License-Identifier: Apache-2.0
// Starts the page.

import {h, render} from "./dom.js";
import {App} from "./app.js";
import {Store} from "./store.js";

const store = new Store();
render(h(App, {store}), document.getElementById("app"));
store.run();
