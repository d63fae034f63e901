// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

/**
 * Offsets and numbers of {@code docs/protocols/aoe.md} and {@code etherbay-vendor.md}, written down
 * a second time: a mistake in the layouts of {@code aoe} must not be the model's too.
 */
final class Wire {
    static final int ETHER_TYPE_AOE = 0x88a2;
    static final int SECTOR_BYTES = 512;
    static final int FRAME_BYTES_MIN = 60;

    // Section 1.
    static final int DST = 0;
    static final int SRC = 6;
    static final int TYPE = 12;
    static final int VERSION_FLAGS = 14;
    static final int ERROR = 15;
    static final int SHELF = 16;
    static final int SLOT = 18;
    static final int COMMAND = 19;
    static final int TAG = 20;
    static final int ARGUMENT = 24;
    static final int FLAG_RESPONSE = 8;
    static final int FLAG_ERROR = 4;
    static final int EVERY_SHELF = 0xffff;
    static final int EVERY_SLOT = 0xff;

    static final int ATA = 0;
    static final int CONFIG = 1;
    static final int MASK = 2;
    static final int RESERVE = 3;
    static final int FENCE = 0xf0;
    static final int FLOOR = 0xf1;

    static final int BAD_COMMAND = 1;
    static final int BAD_ARGUMENT = 2;
    static final int UNAVAILABLE = 3;
    static final int CONFIG_PRESENT = 4;
    static final int BAD_VERSION = 5;
    static final int RESERVED = 6;

    // Section 2.
    static final int ATA_FLAGS = 24;
    static final int ATA_FEATURE = 25;
    static final int ATA_COUNT = 26;
    static final int ATA_OPCODE = 27;
    static final int ATA_LBA = 28;
    static final int ATA_RESERVED = 34;
    static final int ATA_REGISTERS_BYTES = ATA_RESERVED - ATA_FLAGS;
    static final int ATA_DATA = 36;

    static final int TRIM = 0x06;
    static final int READ = 0x20;
    static final int READ_EXT = 0x24;
    static final int WRITE = 0x30;
    static final int WRITE_EXT = 0x34;
    static final int WRITE_FUA_EXT = 0x3d;
    static final int POWER_MODE = 0xe5;
    static final int FLUSH = 0xe7;
    static final int FLUSH_EXT = 0xea;
    static final int IDENTIFY = 0xec;
    static final int SET_FEATURES = 0xef;
    static final int CACHE_ON = 0x02;
    static final int CACHE_OFF = 0x82;
    static final int TRIM_RANGE_COUNT = 64;

    static final int STATUS_GOOD = 0x40;
    static final int STATUS_BAD = 0x41;
    static final int ABRT = 0x04;
    static final int IDNF = 0x10;

    // Section 3.
    static final int CONFIG_BUFFERS = 24;
    static final int CONFIG_FIRMWARE = 26;
    static final int CONFIG_SECTORS = 28;
    static final int CONFIG_SUB = 29;
    static final int CONFIG_LENGTH = 30;
    static final int CONFIG_STRING = 32;
    static final int CONFIG_STRING_MAX = 1024;

    static final int MASK_SUB = 25;
    static final int MASK_ERROR = 26;
    static final int MASK_COUNT = 27;
    static final int MASK_LIST = 28;
    static final int MASK_ENTRY_BYTES = 8;

    static final int RESERVE_SUB = 24;
    static final int RESERVE_COUNT = 25;
    static final int RESERVE_LIST = 26;
    static final int MAC_BYTES = 6;
    static final int MAC_COUNT_MAX = 255;

    // Vendor commands.
    static final int FENCE_SUB = 24;
    static final int FENCE_ERROR = 25;
    static final int FENCE_COUNT = 26;
    static final int FENCE_EPOCH = 28;
    static final int FENCE_LIST = 36;
    static final int FENCE_COUNT_MAX = 32;

    static final int FLOOR_ERROR = 25;
    static final int FLOOR_TAG = 28;
    static final int FLOOR_END = 32;
    static final int FLOOR_COUNT_MAX = 16;
    static final long FLOOR_AGE_NS = 60_000_000_000L;

    static final int MARK_MAX = 0xffff;

    private Wire() {}
}
