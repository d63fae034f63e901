// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

/** How a person wants a guest to be. */
public enum Wanted {
    STOPPED,
    RUNNING,
    PAUSED
}
