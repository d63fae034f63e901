// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

/**
 * What a person decides about the interfaces that a pattern names.
 *
 * @param pattern a name, a glob or {@code unix:PATH}, as it was written
 * @param mtuMax most bytes behind the Ethernet header that we use; 0 for what the interface has
 * @param bufferBytes size of the ring for arriving frames, a multiple of {@link #BUFFER_BYTES}
 */
public record InterfaceSettings(String pattern, int mtuMax, int bufferBytes) {
    /** What {@code buffers} counts. */
    public static final int BUFFER_BYTES = 64 * 1024;

    /** 16 MiB: 32 initiators with 64 requests of 8 KiB each under way. */
    public static final int BUFFER_COUNT_DEFAULT = 256;

    /** 256 MiB of locked memory: more hides that the disks are too slow. */
    public static final int BUFFER_COUNT_MAX = 4096;

    /** An interface of which nobody said anything. */
    public static InterfaceSettings of(String pattern) {
        return new InterfaceSettings(pattern, 0, BUFFER_COUNT_DEFAULT * BUFFER_BYTES);
    }
}
