// SPDX-License-Identifier: Apache-2.0
/** The guests of a daemon: their disks, their records, and how nodes ask each other about them. */
@org.jspecify.annotations.NullMarked
package etherbay.node.guests;
