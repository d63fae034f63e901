// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import etherbay.aoe.AtaHeader;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.initiator.AoeClient;
import etherbay.initiator.Reply;
import etherbay.initiator.tools.FoundPath;
import etherbay.initiator.tools.IdentityBlock;
import etherbay.initiator.tools.LocalPort;
import etherbay.linux.Linux;
import etherbay.node.BackingName;
import etherbay.node.ClientPort;
import etherbay.volume.Medium;

import java.util.Optional;

/**
 * An AoE disk that control code only looks at: by requests like those of the tools, which are in
 * nobody's way, so that it can be read while another process of this machine uses it. By the first
 * of its interfaces that reaches it. Of the thread that opened it.
 */
final class AoeReader implements Medium {
    private static final int SECTOR_BYTES = AtaHeader.SECTOR_BYTES;

    /** What every Ethernet carries: metadata is small. */
    private static final int SECTOR_COUNT_MAX = 2;

    /** As the tools wait: four attempts, four seconds in all. */
    private static final AoeClient.Patience PATIENCE = new AoeClient.Patience(250_000_000L, 4);

    private final BackingName.AtAoe name;
    private final ClientPort wire;
    private final FoundPath path;
    private final long bytes;

    private AoeReader(BackingName.AtAoe name, ClientPort wire, String interfaceName) {
        this.name = name;
        this.wire = wire;
        long seed = Linux.clock().nanoTime() ^ Linux.clock().wallMillis() << 20;
        AoeClient client = new AoeClient(wire.loop(), wire.port(), PATIENCE, seed);
        path = new LocalPort(interfaceName, client, 0).require(name.address());
        bytes = IdentityBlock.require(path).data().sectors() * SECTOR_BYTES;
    }

    /**
     * Looks for it.
     *
     * @throws EtherbayException when none of its interfaces reaches it
     */
    static Medium open(BackingName.AtAoe name) {
        Optional<EtherbayException> failure = Optional.empty();
        for (String interfaceName : name.interfaces()) {
            try {
                return open(name, interfaceName);
            } catch (EtherbayException unreached) {
                failure = failure.or(() -> Optional.of(unreached));
            }
        }
        throw failure.orElseThrow();
    }

    private static Medium open(BackingName.AtAoe name, String interfaceName) {
        ClientPort wire = ClientPort.open(interfaceName);
        boolean reached = false;
        try {
            Medium reader = new AoeReader(name, wire, interfaceName);
            reached = true;
            return reader;
        } finally {
            if (!reached) {
                wire.close();
            }
        }
    }

    @Override
    public String name() {
        return name.toString();
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void read(long atByte, byte[] into) {
        for (int done = 0; done < into.length; ) {
            long lba = (atByte + done) / SECTOR_BYTES;
            int skip = (int) ((atByte + done) % SECTOR_BYTES);
            int count = Math.min(into.length - done, SECTOR_COUNT_MAX * SECTOR_BYTES - skip);
            int sectors = (skip + count + SECTOR_BYTES - 1) / SECTOR_BYTES;
            System.arraycopy(sectors(lba, sectors), skip, into, done, count);
            done += count;
        }
    }

    private byte[] sectors(long lba, int count) {
        Optional<Reply> reply =
                path.port().client().ask(path.station(), frames -> frames.read(lba, count));
        return reply.filter(good -> carries(good, count))
                .map(Reply::data)
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        name + " cannot be read",
                        "to READ of sector " + lba + " it answered "
                                + reply.map(Reply::toString).orElse("nothing"),
                        "see the rights, masks and reservation at the target, and its log"));
    }

    private static boolean carries(Reply reply, int sectorCount) {
        return reply.refusal().isEmpty()
                && reply.ata()
                        .filter(registers ->
                                (registers.commandStatus() & AtaHeader.STATUS_FAILED_MASK) == 0)
                        .isPresent()
                && AtaHeader.carriesData(reply.bytes(), sectorCount);
    }

    @Override
    public void write(long atByte, byte[] bytes) {
        throw new AssertionError("it was opened to be read");
    }

    @Override
    public void sync() {
        throw new AssertionError("it was opened to be read");
    }

    @Override
    public void close() {
        wire.close();
    }
}
