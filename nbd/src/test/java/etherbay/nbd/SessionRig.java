// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.Counters;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** Sessions of one server without sockets: bytes in, bytes out. */
final class SessionRig implements AutoCloseable {
    final ChunkPool pool;
    final Counters counters = new Counters();
    final NbdCounters nbd = new NbdCounters(counters);
    private final List<ServedExport> exports;

    SessionRig(ChunkPool pool, NbdExport... exports) {
        this.pool = pool;
        this.exports = java.util.Arrays.stream(exports).map(ServedExport::new).toList();
    }

    static SessionRig over(TestDisk disk) {
        return new SessionRig(new ChunkPool(64, 32), new NbdExport("", "a disk", disk, false));
    }

    Peer connect(TlsMode tls) {
        return new Peer(new NbdSession(exports, tls, pool, nbd));
    }

    /** A client that has negotiated. */
    Peer transmitting(boolean structured) {
        Peer peer = connect(TlsMode.OFF);
        peer.flags(3);
        if (structured) {
            peer.option(NbdWire.OPT_STRUCTURED_REPLY, "");
        }
        peer.option(NbdWire.OPT_GO, "00000000 0000");
        peer.output();
        return peer;
    }

    @Override
    public void close() {
        pool.close();
    }

    /** One client. */
    static final class Peer {
        final NbdSession session;
        private ByteBuffer left = ByteBuffer.allocate(0);

        Peer(NbdSession session) {
            this.session = session;
        }

        void send(byte[] bytes) {
            ByteBuffer in = ByteBuffer.allocate(left.remaining() + bytes.length);
            in.put(left).put(bytes).flip();
            session.receive(in);
            left = in;
        }

        /** Tries again what could not be taken. */
        void again() {
            send(new byte[0]);
        }

        int leftBytes() {
            return left.remaining();
        }

        /** What the option that could not be taken says of the length of its data. */
        long leftOptionBytes() {
            int at = left.position() + NbdWire.OPTION_HEADER_BYTES - Integer.BYTES;
            return left.getInt(at) & 0xffffffffL;
        }

        void hex(String hex) {
            send(HexFormat.of().parseHex(hex.replace(" ", "")));
        }

        void flags(int flags) {
            send(ByteBuffer.allocate(4).putInt(flags).array());
        }

        void option(int option, String hexData) {
            byte[] data = HexFormat.of().parseHex(hexData.replace(" ", ""));
            send(ByteBuffer.allocate(NbdWire.OPTION_HEADER_BYTES + data.length)
                    .putLong(NbdWire.IHAVEOPT)
                    .putInt(option)
                    .putInt(data.length)
                    .put(data)
                    .array());
        }

        void request(int flags, int type, long cookie, long offset, int bytes) {
            send(ByteBuffer.allocate(NbdWire.REQUEST_BYTES)
                    .putInt(NbdWire.REQUEST_MAGIC)
                    .putShort((short) flags)
                    .putShort((short) type)
                    .putLong(cookie)
                    .putLong(offset)
                    .putInt(bytes)
                    .array());
        }

        /** All that there is to send, sent. */
        byte[] output() {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            ByteBuffer[] gathered = new ByteBuffer[8];
            OutQueue out = session.output();
            while (!out.isEmpty()) {
                int count = out.gather(gathered);
                for (int index = 0; index < count; index++) {
                    byte[] bytes = new byte[gathered[index].remaining()];
                    gathered[index].get(bytes);
                    all.writeBytes(bytes);
                }
                out.releaseTaken();
            }
            return all.toByteArray();
        }

        String outputHex() {
            return HexFormat.of().formatHex(output());
        }

        String outputText() {
            return new String(output(), StandardCharsets.ISO_8859_1);
        }
    }
}
