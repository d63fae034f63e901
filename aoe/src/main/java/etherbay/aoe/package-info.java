// SPDX-License-Identifier: Apache-2.0
/**
 * The wire: Ethernet, ATA over Ethernet, the ATA subset it carries, and our vendor commands.
 *
 * <p>One final class per header. Every accessor takes {@code (MemorySegment frame, long at)} where
 * {@code at} is the offset of the <em>Ethernet header</em> in the segment, also for the headers
 * that lie behind it: a frame has one address. Accessors do not check lengths; call {@code
 * malformed} once for a frame of unknown origin, then read fields. Nothing here has state or an
 * owner thread.
 */
@org.jspecify.annotations.NullMarked
package etherbay.aoe;
