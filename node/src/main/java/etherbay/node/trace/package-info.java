// SPDX-License-Identifier: Apache-2.0
/** What {@code trace-io} shows: each frame of an export, in the log and in a capture file. */
@org.jspecify.annotations.NullMarked
package etherbay.node.trace;
