// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import static etherbay.initiator.conform.Rule.info;
import static etherbay.initiator.conform.Rule.must;
import static etherbay.initiator.conform.Rule.should;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.IdentifyData.Capability;
import etherbay.aoe.Payload;
import etherbay.initiator.Reply;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;

/** IDENTIFY DEVICE: what Linux and iPXE read of it, and what it may not contradict. ACS-2 7.18. */
final class IdentifyRules {
    private static final String ACS = "ACS-2 7.18";
    private static final int LBA_BIT = 1 << 9;
    private static final int LBA48_BIT = 1 << 10;
    private static final int VALID_MASK = 0xc000;
    private static final int VALID = 0x4000;

    /** Words of serial, firmware and model. */
    private static final int[][] STRINGS = {{10, 19}, {23, 26}, {27, 46}};

    /** 4 KiB: Linux falls to requests of 512 bytes on a disk that is no multiple of it. */
    private static final int BLOCK_SECTORS = 8;

    private IdentifyRules() {}

    static List<Rule> rules() {
        return Stream.of(answers(), words(), quality()).flatMap(List::stream).toList();
    }

    private static List<Rule> answers() {
        return List.of(
                must(
                        "identify",
                        "IDENTIFY DEVICE as iPXE sends it is answered with 512 bytes",
                        "iPXE ata.c, E0h in the fourth LBA byte; " + ACS,
                        IdentifyRules::asIpxe),
                must(
                        "identify.filled",
                        "IDENTIFY DEVICE in a frame as long as any payload is answered",
                        "aoe-sancheck probes a path with it; Linux probes with READs",
                        IdentifyRules::asSancheck));
    }

    private static List<Rule> words() {
        return List.of(
                must(
                        "identify.lba",
                        "word 49 says that the disk has sector addresses",
                        "Linux aoecmd.c; " + ACS,
                        trial -> trial.expectThat(
                                (word(trial, 49) & LBA_BIT) != 0, "bit 9 set", hex(trial, 49))),
                must(
                        "identify.lba48",
                        "words 83 and 86 agree on 48-bit addresses, and a large disk has them",
                        "Linux looks at both, iPXE at 83; " + ACS,
                        IdentifyRules::lba48),
                must(
                        "identify.size",
                        "words 60-61 hold the size of words 100-103, at most 0FFFFFFFh",
                        "Linux, iPXE; " + ACS,
                        IdentifyRules::size),
                should(
                        "identify.valid",
                        "words 83, 84 and 87 are marked as filled in",
                        ACS,
                        IdentifyRules::valid),
                should(
                        "identify.version",
                        "word 80 names a version of ATA",
                        ACS,
                        trial -> trial.expectThat(
                                word(trial, 80) != 0 && word(trial, 80) != 0xffff,
                                "a bit set",
                                hex(trial, 80))));
    }

    private static List<Rule> quality() {
        return List.of(
                should(
                        "identify.strings",
                        "serial, firmware and model are printable and padded with blanks",
                        ACS,
                        IdentifyRules::strings),
                should(
                        "identify.serial",
                        "there is a serial: paths of one disk are told by it",
                        ACS,
                        trial -> trial.expectThat(
                                !data(trial).serial().isEmpty(), "a serial", "blanks")),
                should(
                        "identify.checksum",
                        "word 255 is empty or right",
                        ACS,
                        trial -> trial.expectThat(
                                IdentifyData.integrity(block(trial), 0)
                                        != IdentifyData.Integrity.WRONG,
                                "a sum of 0",
                                hex(trial, 255))),
                info(
                        "identify.durability",
                        "what an acknowledged write is worth, by its own word",
                        ACS + "; Linux, iPXE and WinAoE never flush",
                        trial -> trial.report(durability(trial))),
                info(
                        "identify.alignment",
                        "whether the size is a multiple of 4 KiB",
                        "Linux falls to 512-byte requests at the end otherwise",
                        trial -> trial.report(
                                trial.sectors() % BLOCK_SECTORS == 0
                                        ? "a multiple of 4 KiB"
                                        : "no multiple of 4 KiB")));
    }

    private static void asIpxe(Trial trial) {
        Captured request = Captured.frame("ipxe-sanboot", 6);
        Reply reply = trial.ask(request::addressed);
        trial.expectLike(Captured.frame("ipxe-sanboot", 7), reply, 25, 28);
        trial.dataOf(reply, 1);
    }

    private static void asSancheck(Trial trial) {
        Captured request = Captured.frame("aoe-sancheck", 2);
        Reply reply = trial.ask(request::addressed);
        trial.expectLike(Captured.frame("aoe-sancheck", 3), reply, 25, 28);
        trial.dataOf(reply, 1);
        int sectors = trial.subject().sectorsMax();
        trial.dataOf(trial.good(trial.ask(frames -> filled(frames.identify(), sectors))), 1);
    }

    /** The message in a frame with room for that many sectors. */
    static MemorySegment filled(MemorySegment message, int sectorCount) {
        MemorySegment frame = MemorySegment.ofArray(new byte[Payload.frameBytes(sectorCount)]);
        frame.asSlice(AtaHeader.END).fill((byte) 0xed);
        MemorySegment.copy(message, 0, frame, 0, AtaHeader.END);
        return frame;
    }

    private static void lba48(Trial trial) {
        boolean supported = (word(trial, 83) & LBA48_BIT) != 0;
        boolean enabled = (word(trial, 86) & LBA48_BIT) != 0;
        trial.expect("bit 10 of word 86", supported, enabled);
        boolean large = data(trial).sectors() > AtaHeader.LBA28_MASK;
        trial.expectThat(supported || !large, "bit 10 of word 83", hex(trial, 83));
    }

    private static void size(Trial trial) {
        long small = word(trial, 60) | (long) word(trial, 61) << 16;
        trial.expectThat(small > 0, "words 60-61 with a size", small);
        if ((word(trial, 83) & LBA48_BIT) != 0) {
            long large = 0;
            for (int index = 103; index >= 100; index--) {
                large = large << 16 | word(trial, index);
            }
            trial.expectThat(large > 0, "words 100-103 with a size", large);
            trial.expect("words 60-61", Math.min(large, AtaHeader.LBA28_MASK), small);
        }
    }

    private static void valid(Trial trial) {
        for (int index : new int[] {83, 84, 87}) {
            trial.expectThat(
                    (word(trial, index) & VALID_MASK) == VALID,
                    "word %d with bit 14 set and bit 15 clear".formatted(index),
                    hex(trial, index));
        }
    }

    private static void strings(Trial trial) {
        for (int[] words : STRINGS) {
            boolean ended = false;
            for (int index = words[1]; index >= words[0]; index--) {
                int word = word(trial, index);
                for (int character : new int[] {word & 0xff, word >> 8}) {
                    trial.expectThat(
                            character >= ' ' && character <= '~',
                            "printable characters in word " + index,
                            hex(trial, index));
                    ended |= character != ' ';
                }
            }
            int first = word(trial, words[0]) >> 8;
            trial.expectThat(
                    !ended || first != ' ',
                    "the first of two characters in the high byte of word " + words[0],
                    hex(trial, words[0]));
        }
    }

    private static String durability(Trial trial) {
        IdentifyData data = data(trial);
        String cache = data.has(Capability.WRITE_CACHE_ENABLED)
                ? "write cache in use"
                : data.has(Capability.WRITE_CACHE) ? "write cache off" : "no write cache claimed";
        boolean flushes = data.has(Capability.FLUSH) || data.has(Capability.FLUSH_EXT);
        return cache
                + (flushes ? ", flushes" : ", no flush claimed: what is durable is unknown")
                + (data.has(Capability.FUA) ? ", FUA" : "");
    }

    private static IdentifyData data(Trial trial) {
        return IdentifyData.read(block(trial), 0);
    }

    private static int word(Trial trial, int index) {
        return IdentifyData.word(block(trial), 0, index);
    }

    private static String hex(Trial trial, int index) {
        return "word %d = %04x".formatted(index, word(trial, index));
    }

    /** The block as it is now. */
    static MemorySegment block(Trial trial) {
        Reply reply = trial.good(trial.ask(AoeFrames::identify));
        trial.expect("residual count", 0, trial.registers(reply).sectorCount());
        return MemorySegment.ofArray(trial.dataOf(reply, 1));
    }

    /** Whether the block claims it now. */
    static boolean claims(Trial trial, Capability capability) {
        return data(trial).has(capability);
    }
}
