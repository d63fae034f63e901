// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.Epoch;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Makes readings for tests: leg N is device number N in slot N, in sync, until said otherwise. */
final class ReadLeg {
    static final UUID ARRAY = new UUID(1, 1);
    static final long SIZE_SECTORS = 10_000;
    static final long DATA_OFFSET = 2048;
    static final UUID NODE_A = new UUID(7, 0xA);
    static final UUID NODE_B = new UUID(7, 0xB);

    private final String name;
    private UUID arrayId = ARRAY;
    private String arrayName = "box:disk";
    private UUID deviceId;
    private int number;
    private int legCount = 2;
    private long dataSectors = SIZE_SECTORS + 100;
    private long events = 20;
    private long updatedUs = 1_700_000_000_000_000L;
    private long resyncOffset = Superblock.END;
    private long recoveryOffset = Superblock.END;
    private int featureMap = 1;
    private int bitmapOffset = 8;
    private int stateBits;
    private long bitmapBehind;
    private long eventsCleared = 1;
    private List<Integer> roles = List.of(0, 1);
    private Optional<ClaimRecord> claim = Optional.empty();
    private Optional<String> host = Optional.empty();

    private ReadLeg(String name, int number) {
        this.name = name;
        this.number = number;
        deviceId = new UUID(2, number);
    }

    static ReadLeg leg(int number) {
        return new ReadLeg("e" + number + ".0", number);
    }

    ReadLeg ofArray(long id, String called) {
        arrayId = new UUID(1, id);
        arrayName = called;
        return this;
    }

    ReadLeg device(long id) {
        deviceId = new UUID(2, id);
        return this;
    }

    ReadLeg events(long count) {
        events = count;
        return this;
    }

    ReadLeg resyncFrom(long sectors) {
        resyncOffset = sectors;
        return this;
    }

    ReadLeg filledTo(long sectors) {
        recoveryOffset = sectors;
        featureMap |= 2;
        return this;
    }

    ReadLeg filledByBitmap() {
        featureMap |= 128;
        return filledTo(0);
    }

    ReadLeg withoutBitmap() {
        bitmapOffset = 0;
        featureMap &= ~1;
        return this;
    }

    ReadLeg bitmapState(int bits) {
        stateBits = bits;
        return this;
    }

    ReadLeg bitmapBehind(long versions) {
        bitmapBehind = versions;
        return this;
    }

    ReadLeg cleared(long atEvents) {
        eventsCleared = atEvents;
        return this;
    }

    ReadLeg dataSectors(long sectors) {
        dataSectors = sectors;
        return this;
    }

    /** The table: a slot, or -1 faulty, -2 spare. */
    ReadLeg says(int... slots) {
        List<Integer> table = new ArrayList<>();
        for (int slot : slots) {
            table.add(slot == -1 ? Superblock.FAULTY : slot == -2 ? Superblock.SPARE : slot);
        }
        roles = table;
        return this;
    }

    ReadLeg ofLegs(int count) {
        legCount = count;
        return this;
    }

    ReadLeg host(String machine) {
        host = Optional.of(machine);
        return this;
    }

    ReadLeg claimed(long epoch, UUID owner, boolean released, long recoveredSectors) {
        claim = Optional.of(new ClaimRecord(
                arrayId,
                new Epoch(epoch),
                1,
                owner,
                "node-" + (owner.equals(NODE_A) ? "a" : "b"),
                1_700_000_000_000L,
                released,
                recoveredSectors,
                0,
                0,
                Optional.empty()));
        return this;
    }

    LegReading read() {
        Superblock superblock = new Superblock(
                featureMap,
                arrayId,
                arrayName,
                0,
                1,
                SIZE_SECTORS,
                legCount,
                bitmapOffset,
                DATA_OFFSET,
                dataSectors,
                8,
                recoveryOffset,
                number,
                deviceId,
                0,
                0,
                0,
                0,
                updatedUs,
                events,
                resyncOffset,
                roles);
        Optional<IntentHeader> intent = bitmapOffset == 0
                ? Optional.empty()
                : Optional.of(new IntentHeader(
                        arrayId,
                        4,
                        events - bitmapBehind,
                        eventsCleared,
                        SIZE_SECTORS,
                        stateBits,
                        65536,
                        5,
                        64));
        return new LegReading(
                name, DATA_OFFSET + SIZE_SECTORS + 100, superblock, intent, claim, host);
    }
}
