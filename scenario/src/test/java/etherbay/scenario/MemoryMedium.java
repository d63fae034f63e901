// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.volume.Medium;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** A medium in memory, of which only what was written takes room. */
final class MemoryMedium implements Medium {
    private static final int BLOCK_BYTES = 512;

    private final String name;
    private final long bytes;
    private final Map<Long, byte[]> blocks = new HashMap<>();

    MemoryMedium(String name, long bytes) {
        this.name = name;
        this.bytes = bytes;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void read(long atByte, byte[] into) {
        for (int done = 0; done < into.length; ) {
            int skip = (int) ((atByte + done) % BLOCK_BYTES);
            int count = Math.min(into.length - done, BLOCK_BYTES - skip);
            byte[] block = blocks.get((atByte + done) / BLOCK_BYTES);
            if (block == null) {
                Arrays.fill(into, done, done + count, (byte) 0);
            } else {
                System.arraycopy(block, skip, into, done, count);
            }
            done += count;
        }
    }

    @Override
    public void write(long atByte, byte[] from) {
        for (int done = 0; done < from.length; ) {
            int skip = (int) ((atByte + done) % BLOCK_BYTES);
            int count = Math.min(from.length - done, BLOCK_BYTES - skip);
            byte[] block = blocks.computeIfAbsent(
                    (atByte + done) / BLOCK_BYTES, _ -> new byte[BLOCK_BYTES]);
            System.arraycopy(from, done, block, skip, count);
            done += count;
        }
    }

    @Override
    public void sync() {}

    @Override
    public void close() {}
}
