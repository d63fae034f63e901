// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

/** How much a rule matters. */
public enum Level {
    /** An initiator in the field breaks, or loses data, without it. */
    MUST,
    /** The text of a standard, or what every other target does; nobody is known to break. */
    SHOULD,
    /** A property that is told and not judged. */
    INFO
}
