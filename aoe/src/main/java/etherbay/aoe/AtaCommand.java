// SPDX-License-Identifier: Apache-2.0
package etherbay.aoe;

import java.util.Arrays;

/**
 * What an ATA opcode asks of us. A closed set: a {@code switch} over it has no {@code default}, so
 * a new command does not compile until it is handled. Opcodes from ACS-2 (T13/2015-D) clause 7,
 * under the name each constant keeps.
 */
public enum AtaCommand {
    READ(false),
    WRITE(true),
    /** A write that is durable before it is answered, whatever the write cache. */
    WRITE_FUA(true),
    FLUSH(false),
    IDENTIFY(false),
    CHECK_POWER_MODE(false),
    SET_FEATURES(false),
    /** DATA SET MANAGEMENT; only its feature bit {@link #DSM_TRIM} is known. */
    TRIM(true),
    /** Everything else, SMART (B0h) among it: answered with ABRT. */
    UNSUPPORTED(false);

    public static final int DATA_SET_MANAGEMENT = 0x06;
    public static final int READ_SECTORS = 0x20;
    public static final int READ_SECTORS_EXT = 0x24;
    public static final int WRITE_SECTORS = 0x30;
    public static final int WRITE_SECTORS_EXT = 0x34;
    public static final int WRITE_DMA_FUA_EXT = 0x3d;
    public static final int SMART = 0xb0;
    public static final int CHECK_POWER_MODE_OPCODE = 0xe5;
    public static final int FLUSH_CACHE = 0xe7;
    public static final int FLUSH_CACHE_EXT = 0xea;
    public static final int IDENTIFY_DEVICE = 0xec;
    public static final int SET_FEATURES_OPCODE = 0xef;

    // Subcommands of SET FEATURES, in the feature register (ACS-2, Table of SET FEATURES values).
    public static final int FEATURE_WRITE_CACHE_ON = 0x02;
    public static final int FEATURE_WRITE_CACHE_OFF = 0x82;

    /** Feature bit of DATA SET MANAGEMENT: the ranges are no longer needed. */
    public static final int DSM_TRIM = 0x01;

    /** Sector count of the answer to CHECK POWER MODE: active or idle. */
    public static final int POWER_MODE_ACTIVE = 0xff;

    private static final AtaCommand[] BY_OPCODE = byOpcode();

    private final boolean dataOut;

    AtaCommand(boolean dataOut) {
        this.dataOut = dataOut;
    }

    /** The command of an opcode, which is taken modulo 256. */
    public static AtaCommand of(int opcode) {
        return BY_OPCODE[opcode & 0xff];
    }

    /** Whether the opcode uses all six LBA bytes; the others use 28 bits, or none. */
    public static boolean lba48(int opcode) {
        return switch (opcode) {
            case READ_SECTORS_EXT,
                    WRITE_SECTORS_EXT,
                    WRITE_DMA_FUA_EXT,
                    FLUSH_CACHE_EXT,
                    DATA_SET_MANAGEMENT -> true;
            default -> false;
        };
    }

    /** Whether it changes what is on the disk: refused by a read-only export, and by a fence. */
    public boolean writes() {
        return dataOut;
    }

    /** Whether the request carries {@code sectorCount} sectors of data to the target. */
    public boolean needsData() {
        return dataOut;
    }

    /** Whether a good reply carries {@code sectorCount} sectors of data. */
    public boolean repliesData() {
        return this == READ || this == IDENTIFY;
    }

    private static AtaCommand[] byOpcode() {
        AtaCommand[] table = new AtaCommand[256];
        Arrays.fill(table, UNSUPPORTED);
        table[DATA_SET_MANAGEMENT] = TRIM;
        table[READ_SECTORS] = READ;
        table[READ_SECTORS_EXT] = READ;
        table[WRITE_SECTORS] = WRITE;
        table[WRITE_SECTORS_EXT] = WRITE;
        table[WRITE_DMA_FUA_EXT] = WRITE_FUA;
        table[CHECK_POWER_MODE_OPCODE] = CHECK_POWER_MODE;
        table[FLUSH_CACHE] = FLUSH;
        table[FLUSH_CACHE_EXT] = FLUSH;
        table[IDENTIFY_DEVICE] = IDENTIFY;
        table[SET_FEATURES_OPCODE] = SET_FEATURES;
        return table;
    }
}
