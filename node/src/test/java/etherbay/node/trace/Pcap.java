// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads a capture file of ours to its very end: a record that is cut is an error. */
final class Pcap {
    /** @param wallNs since 1970 */
    record Packet(long wallNs, int frameBytes, MemorySegment bytes) {}

    private Pcap() {}

    static List<Packet> read(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        in.position(PcapFormat.HEADER_BYTES);
        List<Packet> packets = new ArrayList<>();
        while (in.hasRemaining()) {
            long wallNs = in.getInt() * 1_000_000_000L + in.getInt();
            byte[] bytes = new byte[in.getInt()];
            int frameBytes = in.getInt();
            in.get(bytes);
            packets.add(new Packet(wallNs, frameBytes, MemorySegment.ofArray(bytes)));
        }
        return packets;
    }
}
