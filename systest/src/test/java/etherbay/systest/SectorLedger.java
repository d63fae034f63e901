// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.aoe.AtaHeader;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * What a writer may expect of each sector of a disk: what it wrote there, what was acknowledged and
 * what was made durable. A sector holds its own address, the number of the write that it belongs to
 * and a checksum, so whatever is read tells which write it is of. A disk begins as zeroes, which
 * counts as write 0. Writes in flight at one time must not overlap. One thread at a time.
 */
final class SectorLedger {
    static final int SECTOR_BYTES = AtaHeader.SECTOR_BYTES;
    private static final long MAGIC = 0x4562_6179_5345_4354L;
    private static final int SEQUENCE_AT = 24;
    private static final int SUM_AT = SECTOR_BYTES - Long.BYTES;
    private static final int READ_SECTORS = 16;

    /** Reads sectors of the disk. */
    @FunctionalInterface
    interface Reader {
        byte[] read(long lba, int sectors);
    }

    /** Which writes must be there. */
    enum Promise {
        NOTHING,
        DURABLE,
        ACKNOWLEDGED
    }

    /**
     * What the disk holds.
     *
     * @param broken sectors that hold less than was promised, or what was never written there
     * @param lost sectors that hold less than was acknowledged, promised or not
     * @param firstBroken in words; empty if there is none
     */
    record Verdict(int broken, int lost, String firstBroken) {}

    /** What a FLUSH covers: what had been acknowledged when it was sent. */
    static final class Snapshot {
        static final Snapshot NONE = new Snapshot(new long[0]);

        private final long[] acknowledged;

        private Snapshot(long[] acknowledged) {
            this.acknowledged = acknowledged;
        }
    }

    private final long lbaFirst;
    private final long salt;
    private final long[] issued;
    private final long[] acknowledged;
    private final long[] durable;
    private long sequence;

    /**
     * @param salt tells the writes of this ledger from those of others
     */
    SectorLedger(long lbaFirst, int sectorCount, long salt) {
        this.lbaFirst = lbaFirst;
        this.salt = salt;
        issued = new long[sectorCount];
        acknowledged = new long[sectorCount];
        durable = new long[sectorCount];
    }

    int sectorCount() {
        return issued.length;
    }

    long lbaFirst() {
        return lbaFirst;
    }

    /** Notes a write that is about to be sent. @return its number, which its data carries */
    long issue(long lba, int sectors) {
        fill(issued, lba, sectors, ++sequence);
        return sequence;
    }

    /** The data of write {@code number}. */
    byte[] data(long lba, int sectors, long number) {
        byte[] data = new byte[sectors * SECTOR_BYTES];
        for (int i = 0; i < sectors; i++) {
            ByteBuffer sector =
                    ByteBuffer.wrap(data, i * SECTOR_BYTES, SECTOR_BYTES).slice();
            sector.putLong(MAGIC).putLong(salt).putLong(lba + i).putLong(number);
            while (sector.position() < SUM_AT) {
                sector.putLong((number << 20 | sector.position()) * MAGIC);
            }
            sector.putLong(sum(data, i * SECTOR_BYTES));
        }
        return data;
    }

    /**
     * The write was answered.
     *
     * @param lasts whether the answer promised that it lasts
     */
    void acknowledge(long lba, int sectors, long number, boolean lasts) {
        fill(acknowledged, lba, sectors, number);
        if (lasts) {
            fill(durable, lba, sectors, number);
        }
    }

    /** The write was refused: it must not be found. */
    void refuse(long lba, int sectors) {
        int from = (int) (lba - lbaFirst);
        System.arraycopy(acknowledged, from, issued, from, sectors);
    }

    /** What a FLUSH sent now makes durable once it is answered. */
    Snapshot flushSent() {
        return new Snapshot(acknowledged.clone());
    }

    /** The FLUSH that {@code sent} was made for is answered. */
    void flushed(Snapshot sent) {
        Arrays.setAll(durable, i -> Math.max(durable[i], sent.acknowledged[i]));
    }

    /** Reads all of the disk and judges it; from now on what it holds is what is expected. */
    Verdict judge(Reader reader, Promise promise) {
        long[] promised = switch (promise) {
            case NOTHING -> new long[issued.length];
            case DURABLE -> durable;
            case ACKNOWLEDGED -> acknowledged;
        };
        int broken = 0;
        int lost = 0;
        String firstBroken = "";
        long[] found = found(reader);
        for (int i = 0; i < found.length; i++) {
            if (found[i] < promised[i] || found[i] > issued[i]) {
                broken++;
                if (firstBroken.isEmpty()) {
                    firstBroken = "sector %d holds write %d, not %d to %d"
                            .formatted(lbaFirst + i, found[i], promised[i], issued[i]);
                }
            }
            if (found[i] < acknowledged[i]) {
                lost++;
            }
        }
        System.arraycopy(found, 0, issued, 0, found.length);
        System.arraycopy(found, 0, acknowledged, 0, found.length);
        System.arraycopy(found, 0, durable, 0, found.length);
        return new Verdict(broken, lost, firstBroken);
    }

    /** The number of the write that each sector holds; -1 where it is none of ours. */
    long[] found(Reader reader) {
        long[] found = new long[issued.length];
        for (int i = 0; i < found.length; i += READ_SECTORS) {
            int sectors = Math.min(READ_SECTORS, found.length - i);
            byte[] data = reader.read(lbaFirst + i, sectors);
            for (int k = 0; k < sectors; k++) {
                found[i + k] = numberOf(data, k * SECTOR_BYTES, lbaFirst + i + k);
            }
        }
        return found;
    }

    private long numberOf(byte[] data, int at, long lba) {
        ByteBuffer sector = ByteBuffer.wrap(data, at, SECTOR_BYTES).slice();
        if (sector.mismatch(ByteBuffer.allocate(SECTOR_BYTES)) < 0) {
            return 0;
        }
        boolean sound = sector.getLong() == MAGIC
                && sector.getLong() == salt
                && sector.getLong() == lba
                && sector.getLong(SUM_AT) == sum(data, at);
        return sound ? sector.getLong(SEQUENCE_AT) : -1;
    }

    private static long sum(byte[] data, int at) {
        CRC32C crc32c = new CRC32C();
        crc32c.update(data, at, SUM_AT);
        return crc32c.getValue();
    }

    private void fill(long[] numbers, long lba, int sectors, long number) {
        int from = (int) (lba - lbaFirst);
        Arrays.fill(numbers, from, from + sectors, number);
    }
}
