// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import static etherbay.initiator.conform.Rule.info;
import static etherbay.initiator.conform.Rule.must;
import static etherbay.initiator.conform.Rule.should;

import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.IdentifyData.Capability;
import etherbay.aoe.TrimRange;
import etherbay.initiator.Reply;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Writes, and what becomes of them. AoEr11 section 3.1; ACS-2 7.60 and following. All within the
 * area of the subject and its last sector, which {@link SavedState} puts back.
 */
final class WriteRules {
    private static final String LINUX = "Linux aoecmd.c";
    private static final int ORDER_ROUND_COUNT = 20;

    private WriteRules() {}

    static List<Rule> rules() {
        return Stream.of(written(), beyond(), malformed(), repeated(), special())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Rule> written() {
        return List.of(
                data(must(
                        "write.ext",
                        "WRITE SECTORS EXT is answered and read back",
                        LINUX + "; captured from vblade",
                        trial -> asCaptured(trial, 0, 2))),
                data(must(
                        "write.28",
                        "WRITE SECTORS is answered and read back",
                        LINUX + "; captured from vblade",
                        trial -> asCaptured(trial, 1, 3))),
                data(must(
                        "write.counts",
                        "every count up to the stated maximum is written, and not a sector more",
                        LINUX,
                        WriteRules::counts)),
                data(must(
                        "write.last",
                        "the last sector is written",
                        "ACS-2 7.62",
                        WriteRules::last)));
    }

    private static List<Rule> beyond() {
        return List.of(
                data(must(
                        "write.end",
                        "a write behind the end is an ATA error",
                        LINUX + "; ACS-2 7.62",
                        WriteRules::beyond)),
                data(must(
                        "write.across",
                        "a write across the end is an ATA error and writes nothing",
                        LINUX + "; ACS-2 7.62",
                        WriteRules::across)));
    }

    private static List<Rule> malformed() {
        return List.of(
                data(must(
                        "write.short-data",
                        "less data than the count says: an ATA error or silence",
                        "Linux repeats AoE errors for three minutes",
                        WriteRules::shortData)),
                data(must(
                        "write.short-data.kept",
                        "less data than the count says: nothing is written",
                        "the bytes behind a frame are not the sender's",
                        WriteRules::shortDataKept)),
                data(must(
                        "write.over",
                        "a count above the stated maximum: an ATA error or silence",
                        "Linux repeats AoE errors for three minutes",
                        WriteRules::overMaximum)),
                data(must(
                        "write.padded",
                        "bytes behind the data are ignored",
                        "a path that pads",
                        WriteRules::padded)));
    }

    private static List<Rule> repeated() {
        return List.of(
                data(should(
                        "write.flags",
                        "a write with flag A, and one without W and E, is written",
                        "AoEr11 3.1; the command says what it is",
                        WriteRules::flags)),
                data(must(
                        "retransmit.write",
                        "a write repeated under a new tag is answered and changes nothing more",
                        LINUX + ": each retransmission has a new tag",
                        WriteRules::repeatedNewTag)),
                data(must(
                        "retransmit.same-tag",
                        "a write repeated under the same tag is answered again",
                        "9front sdaoe repeats under one tag",
                        WriteRules::repeatedSameTag)),
                data(must(
                        "order.overlapping",
                        "of writes to one place sent one after the other the last one stays",
                        "an initiator may have sent again what it replaces",
                        WriteRules::order)));
    }

    private static List<Rule> special() {
        return List.of(
                data(must(
                        "queue.window.write",
                        "as many WRITEs at once as buffers are stated are answered and written",
                        LINUX + ": a window up to the buffer count",
                        WriteRules::window)),
                data(must(
                        "write.fua",
                        "WRITE DMA FUA EXT is written where it is claimed",
                        "ACS-2 7.65",
                        WriteRules::fua)),
                data(must(
                        "trim",
                        "what is trimmed reads as claimed, and nothing beside it changes",
                        "ACS-2 7.5",
                        WriteRules::trim)),
                data(should(
                        "trim.end",
                        "a range that ends behind the disk is an ATA error, and nothing is trimmed",
                        "ACS-2 7.5",
                        WriteRules::trimBeyond)),
                info(
                                "write.taken",
                                "whether writes are taken",
                                "read-only exports are good targets",
                                WriteRules::taken)
                        .changingState());
    }

    private static Rule data(Rule rule) {
        return rule.changingData();
    }

    /** Puts back what is there. */
    private static void taken(Trial trial) {
        long lba = trial.area();
        byte[] present = trial.read(lba, 1);
        Reply reply = trial.ask(frames -> frames.write(lba, present));
        boolean failed = reply.refusal().isPresent()
                || (trial.registers(reply).commandStatus() & AtaHeader.STATUS_FAILED_MASK) != 0;
        trial.report(failed ? "refused" : "taken");
    }

    private static void asCaptured(Trial trial, int requestIndex, int replyIndex) {
        long lba = trial.area() + 1;
        trial.require(lba <= AtaHeader.LBA28_MASK, "the middle of the disk is too far out");
        byte[] before = filledArea(trial, 3);
        Captured request = Captured.frame("vblade-write", requestIndex);
        Reply reply = trial.ask(frames -> {
            MemorySegment frame = request.addressed(frames);
            AtaHeader.lba(frame, 0, lba);
            return frame;
        });
        trial.expectLike(Captured.frame("vblade-write", replyIndex), reply, 25, 28);
        byte[] expected = before.clone();
        byte[] bytes = request.bytes();
        System.arraycopy(
                bytes, AtaHeader.END, expected, AtaHeader.SECTOR_BYTES, AtaHeader.SECTOR_BYTES);
        trial.expectSame("the sectors around it", expected, trial.read(lba - 1, 3));
    }

    /** Fresh bytes in the first sectors of the area. */
    private static byte[] filledArea(Trial trial, int sectorCount) {
        byte[] bytes = trial.pattern(sectorCount);
        trial.write(trial.area(), bytes);
        return bytes;
    }

    private static void counts(Trial trial) {
        int most = trial.subject().sectorsMax();
        byte[] expected = filledArea(trial, most + 2);
        long lba = trial.area() + 1;
        for (int count = 1; count <= most; count++) {
            byte[] data = trial.pattern(count);
            Reply reply = trial.good(trial.ask(frames -> frames.write(lba, data)));
            trial.expect("sectors left", 0, trial.registers(reply).sectorCount());
            System.arraycopy(data, 0, expected, AtaHeader.SECTOR_BYTES, data.length);
            trial.expectSame(
                    count + " sectors and those around them",
                    expected,
                    trial.read(lba - 1, most + 2));
        }
    }

    private static void last(Trial trial) {
        long lba = trial.sectors() - 1;
        byte[] data = trial.pattern(1);
        trial.write(lba, data);
        trial.expectSame("the last sector", data, trial.read(lba, 1));
    }

    private static void beyond(Trial trial) {
        long end = trial.sectors();
        Captured request = Captured.frame("vblade-beyond-end", 1);
        Reply reply = trial.ask(frames -> {
            MemorySegment frame = request.addressed(frames);
            AtaHeader.lba(frame, 0, end);
            return frame;
        });
        trial.expectLike(Captured.frame("vblade-beyond-end", 3), reply, 25, 26);
        trial.expectAtaError(reply);
    }

    private static void across(Trial trial) {
        trial.require(trial.subject().sectorsMax() > 1, "a request has one sector");
        long lba = trial.sectors() - 1;
        byte[] before = trial.pattern(1);
        trial.write(lba, before);
        byte[] data = trial.pattern(2);
        trial.expectAtaError(trial.ask(frames -> frames.write(lba, data)));
        trial.expectSame("the last sector", before, trial.read(lba, 1));
    }

    /** One sector of data, two in the count. */
    private static List<Reply> sendShortData(Trial trial) {
        trial.require(trial.subject().sectorsMax() > 1, "a request has one sector");
        long lba = trial.area();
        byte[] data = trial.pattern(1);
        return trial.probe(frames -> {
            MemorySegment frame = frames.write(lba, data);
            AtaHeader.sectorCount(frame, 0, 2);
            return frame;
        });
    }

    private static void shortData(Trial trial) {
        trial.area();
        trial.expectAtaErrorOrSilence(sendShortData(trial));
    }

    private static void shortDataKept(Trial trial) {
        byte[] before = filledArea(trial, 2);
        sendShortData(trial);
        trial.expectSame("the sectors", before, trial.read(trial.area(), 2));
    }

    private static void overMaximum(Trial trial) {
        int most = trial.subject().sectorsMax();
        byte[] before = filledArea(trial, most + 1);
        byte[] data = trial.pattern(most);
        long lba = trial.area();
        trial.expectAtaErrorOrSilence(trial.probe(frames -> {
            MemorySegment frame = frames.write(lba, data);
            AtaHeader.sectorCount(frame, 0, most + 1);
            return frame;
        }));
        trial.expectSame("the sectors", before, trial.read(lba, most + 1));
    }

    private static void padded(Trial trial) {
        trial.require(trial.subject().sectorsMax() > 1, "a request has one sector");
        byte[] expected = filledArea(trial, 2);
        byte[] data = trial.pattern(1);
        byte[] longer = Arrays.copyOf(data, AtaHeader.SECTOR_BYTES + 100);
        Arrays.fill(longer, AtaHeader.SECTOR_BYTES, longer.length, (byte) 0xed);
        long lba = trial.area();
        trial.good(trial.ask(frames -> frames.write(lba, longer)));
        System.arraycopy(data, 0, expected, 0, data.length);
        trial.expectSame("the sectors", expected, trial.read(lba, 2));
    }

    private static void flags(Trial trial) {
        long lba = trial.area();
        int both = AtaHeader.AFLAG_EXTENDED | AtaHeader.AFLAG_WRITE;
        for (int aflags : new int[] {both | AtaHeader.AFLAG_ASYNC, 0}) {
            byte[] data = trial.pattern(1);
            trial.good(trial.ask(frames -> frames.ata(
                    new AtaHeader.Fields(aflags, 0, 1, AtaCommand.WRITE_SECTORS_EXT, lba), data)));
            trial.expectSame("the sector", data, trial.read(lba, 1));
        }
    }

    private static void repeatedNewTag(Trial trial) {
        byte[] expected = filledArea(trial, 2);
        byte[] data = trial.pattern(1);
        long lba = trial.area();
        trial.good(trial.ask(frames -> frames.write(lba, data)));
        trial.good(trial.ask(frames -> frames.write(lba, data)));
        System.arraycopy(data, 0, expected, 0, data.length);
        trial.expectSame("the sectors", expected, trial.read(lba, 2));
    }

    private static void repeatedSameTag(Trial trial) {
        byte[] data = trial.pattern(1);
        long lba = trial.area();
        ReadRules.repeated(trial, frames -> frames.write(lba, data));
        trial.expectSame("the sector", data, trial.read(lba, 1));
    }

    /** Sent without waiting; rounds in which the network lost one do not count. */
    private static void order(Trial trial) {
        long lba = trial.area();
        int bad = 0;
        for (int round = 0; round < ORDER_ROUND_COUNT; round++) {
            List<MemorySegment> frames = new ArrayList<>();
            byte[] last = {};
            for (int i = 0; i < Math.min(4, trial.subject().config().bufferCount()); i++) {
                byte[] data = trial.pattern(1);
                frames.add(trial.build(each -> each.write(lba, data)));
                last = data;
            }
            List<Reply> replies = trial.burst(frames);
            boolean whole = replies.size() == frames.size();
            bad += whole && !Arrays.equals(last, trial.read(lba, 1)) ? 1 : 0;
        }
        trial.expect("rounds in which an earlier write stayed", 0, bad);
    }

    private static void window(Trial trial) {
        int places = trial.subject().areaSectors();
        long area = trial.area();
        byte[] data = trial.pattern(places);
        ReadRules.wholeWindow(trial, index -> frames -> {
            int place = index % places;
            int from = place * AtaHeader.SECTOR_BYTES;
            return frames.write(
                    area + place, Arrays.copyOfRange(data, from, from + AtaHeader.SECTOR_BYTES));
        });
        int count = Math.clamp(trial.subject().config().bufferCount(), 1, ReadRules.WINDOW_MAX);
        int written = Math.min(places, count);
        trial.expectSame(
                "the sectors",
                Arrays.copyOf(data, written * AtaHeader.SECTOR_BYTES),
                trial.read(area, written));
    }

    private static void fua(Trial trial) {
        trial.require(
                IdentifyRules.claims(trial, Capability.FUA), "IDENTIFY DEVICE does not claim it");
        byte[] expected = filledArea(trial, 2);
        byte[] data = trial.pattern(1);
        long lba = trial.area();
        trial.good(trial.ask(frames -> frames.writeFua(lba, data)));
        System.arraycopy(data, 0, expected, 0, data.length);
        trial.expectSame("the sectors", expected, trial.read(lba, 2));
    }

    private static void requireTrim(Trial trial) {
        trial.require(
                IdentifyRules.claims(trial, Capability.TRIM), "IDENTIFY DEVICE does not claim it");
    }

    private static void trim(Trial trial) {
        requireTrim(trial);
        long lba = trial.area();
        byte[] expected = filledArea(trial, 6);
        trial.good(trial.ask(frames -> {
            MemorySegment frame = frames.trim(lba + 1, 2);
            TrimRange.set(frame, 0, 1, lba + 4, 1);
            return frame;
        }));
        byte[] got = trial.read(lba, 6);
        boolean zeroes = IdentifyRules.claims(trial, Capability.TRIM_ZEROES);
        for (int sector : new int[] {1, 2, 4}) {
            int from = sector * AtaHeader.SECTOR_BYTES;
            if (zeroes) {
                Arrays.fill(expected, from, from + AtaHeader.SECTOR_BYTES, (byte) 0);
            } else {
                System.arraycopy(got, from, expected, from, AtaHeader.SECTOR_BYTES);
            }
        }
        trial.expectSame("the sectors", expected, got);
        if (IdentifyRules.claims(trial, Capability.TRIM_DETERMINISTIC)) {
            trial.expectSame("the sectors read again", got, trial.read(lba, 6));
        }
    }

    private static void trimBeyond(Trial trial) {
        requireTrim(trial);
        long lba = trial.area();
        byte[] expected = filledArea(trial, 1);
        long end = trial.sectors();
        Reply reply = trial.ask(frames -> {
            MemorySegment frame = frames.trim(lba, 1);
            TrimRange.set(frame, 0, 1, end - 1, 2);
            return frame;
        });
        trial.expectAtaError(reply);
        trial.expectSame("the sector of the first range", expected, trial.read(lba, 1));
    }
}
