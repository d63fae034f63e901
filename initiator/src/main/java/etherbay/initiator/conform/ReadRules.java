// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import static etherbay.initiator.conform.Rule.info;
import static etherbay.initiator.conform.Rule.must;
import static etherbay.initiator.conform.Rule.should;

import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.initiator.Reply;
import etherbay.initiator.Request;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Reads, and what does not depend on what is read. AoEr11 section 3.1; ACS-2 7.31, 7.33. */
final class ReadRules {
    private static final String LINUX = "Linux aoecmd.c";

    /** The fourth LBA byte of 28-bit commands, as Linux and vblade's captures have it. */
    private static final long DEVICE_BITS = 0xe000_0000L;

    /** Most requests that Linux has in flight at one target by default (aoe_maxout). */
    static final int WINDOW_MAX = 128;

    private ReadRules() {}

    static List<Rule> rules() {
        return Stream.of(ranges(), shapes(), queue()).flatMap(List::stream).toList();
    }

    private static List<Rule> ranges() {
        return List.of(
                must(
                        "read.ext",
                        "READ SECTORS EXT as iPXE sends it is answered",
                        "iPXE ata.c; ACS-2 7.33",
                        ReadRules::asIpxe),
                must(
                        "read.28",
                        "READ SECTORS reads the same, its device bits ignored",
                        LINUX + "; ACS-2 7.31",
                        ReadRules::sameIn28Bits),
                must(
                        "read.counts",
                        "every count up to the stated maximum is read whole",
                        LINUX,
                        ReadRules::counts),
                must(
                        "read.over",
                        "one sector more than stated: an ATA error or silence, or all of them",
                        "WinAoE probes upwards; Linux repeats AoE errors for three minutes",
                        ReadRules::overMaximum),
                must("read.last", "the last sector is read", "ACS-2 7.33", ReadRules::last),
                must(
                        "read.end",
                        "a read behind the end is an ATA error",
                        LINUX + "; ACS-2 7.33",
                        trial -> expectBeyond(trial, trial.sectors(), 1)),
                must(
                        "read.across",
                        "a read across the end is an ATA error, not a short answer",
                        LINUX + "; ACS-2 7.33",
                        ReadRules::across),
                must(
                        "read.far",
                        "a read at the highest addresses is an ATA error",
                        "no sum of theirs may wrap",
                        ReadRules::far),
                should(
                        "read.end.registers",
                        "behind the end status is 41h and error IDNF",
                        "captured from vblade; ACS-2 6.3",
                        ReadRules::registersBeyond));
    }

    private static List<Rule> shapes() {
        return List.of(
                must(
                        "read.filled",
                        "a READ in a frame as long as its answer is answered",
                        LINUX + ": probes of a path that lost frames",
                        ReadRules::filled),
                must(
                        "read.short",
                        "READs of 36 and of 60 bytes are answered alike",
                        "virtual NICs do not pad, others do",
                        ReadRules::unpadded),
                info(
                        "read.count-0",
                        "what a READ of 0 sectors meets",
                        "ACS-2 7.33: 65536 of them, which no frame carries",
                        ReadRules::countZero));
    }

    private static List<Rule> queue() {
        return List.of(
                must(
                        "retransmit.read",
                        "the same READ under the same tag is answered again",
                        "9front sdaoe repeats under one tag",
                        ReadRules::sameTag),
                must(
                        "queue.window",
                        "as many READs at once as buffers are stated are all answered",
                        LINUX + ": a window up to the buffer count",
                        ReadRules::window));
    }

    private static void asIpxe(Trial trial) {
        trial.require(trial.sectors() >= 66, "the disk ends before the captured request");
        Captured request = Captured.frame("ipxe-sanboot", 8);
        Reply reply = trial.ask(request::addressed);
        trial.expectLike(Captured.frame("ipxe-sanboot", 9), reply, 25, 28);
        trial.expectSame("sectors 64 and 65", each(trial, 64, 2), trial.dataOf(reply, 2));
    }

    private static void sameIn28Bits(Trial trial) {
        long lba = middle(trial);
        trial.require(lba <= AtaHeader.LBA28_MASK, "the middle of the disk is too far out");
        byte[] expected = trial.read(lba, 1);
        for (long bits : new long[] {0, DEVICE_BITS}) {
            Reply reply =
                    trial.ask(new AtaHeader.Fields(0, 0, 1, AtaCommand.READ_SECTORS, lba | bits));
            trial.good(reply);
            trial.expectSame("the sector", expected, trial.dataOf(reply, 1));
        }
    }

    private static void counts(Trial trial) {
        int most = trial.subject().sectorsMax();
        long lba = middle(trial);
        byte[] expected = each(trial, lba, most);
        for (int count = 1; count <= most; count++) {
            int wanted = count;
            Reply reply = trial.good(trial.ask(frames -> frames.read(lba, wanted)));
            trial.expect("sectors left", 0, trial.registers(reply).sectorCount());
            byte[] data = trial.dataOf(reply, count);
            trial.expectSame(count + " sectors", Arrays.copyOf(expected, data.length), data);
            trial.expectThat(
                    reply.bytes() == AtaHeader.END + data.length,
                    "a frame of %d bytes".formatted(AtaHeader.END + data.length),
                    reply);
        }
    }

    /** Sector by sector, so that a longer request has something to be compared with. */
    private static byte[] each(Trial trial, long lba, int count) {
        byte[] all = new byte[count * AtaHeader.SECTOR_BYTES];
        for (int i = 0; i < count; i++) {
            byte[] one = trial.read(lba + i, 1);
            System.arraycopy(one, 0, all, i * AtaHeader.SECTOR_BYTES, one.length);
        }
        return all;
    }

    private static long middle(Trial trial) {
        long lba = (trial.sectors() - trial.subject().sectorsMax()) / 2;
        trial.require(lba > 0, "the disk is too small");
        return lba;
    }

    private static void overMaximum(Trial trial) {
        int count = trial.subject().sectorsMax() + 1;
        long lba = middle(trial);
        for (Reply reply : trial.probe(frames -> frames.read(lba, count))) {
            int status = trial.registers(reply).commandStatus();
            if ((status & AtaHeader.STATUS_FAILED_MASK) == 0) {
                trial.dataOf(reply, count);
            }
        }
    }

    private static void last(Trial trial) {
        trial.read(trial.sectors() - 1, 1);
        long lba = trial.sectors() - 1;
        if (lba <= AtaHeader.LBA28_MASK) {
            trial.good(trial.ask(new AtaHeader.Fields(0, 0, 1, AtaCommand.READ_SECTORS, lba)));
        }
    }

    private static void across(Trial trial) {
        trial.require(trial.subject().sectorsMax() > 1, "a request has one sector");
        expectBeyond(trial, trial.sectors() - 1, 2);
    }

    private static void far(Trial trial) {
        expectBeyond(trial, AtaHeader.LBA48_MASK, 1);
        expectBeyond(trial, AtaHeader.LBA48_MASK - 1, 1);
        if (trial.sectors() <= AtaHeader.LBA28_MASK) {
            trial.expectAtaError(trial.ask(
                    new AtaHeader.Fields(0, 0, 1, AtaCommand.READ_SECTORS, AtaHeader.LBA28_MASK)));
        }
    }

    private static void expectBeyond(Trial trial, long lba, int sectorCount) {
        trial.expectAtaError(trial.ask(frames -> frames.read(lba, sectorCount)));
    }

    private static void registersBeyond(Trial trial) {
        long end = trial.sectors();
        Captured request = Captured.frame("vblade-beyond-end", 0);
        Reply reply = trial.ask(frames -> {
            MemorySegment frame = request.addressed(frames);
            AtaHeader.lba(frame, 0, end);
            return frame;
        });
        trial.expectLike(Captured.frame("vblade-beyond-end", 2), reply, 25, 28);
    }

    private static void filled(Trial trial) {
        int most = trial.subject().sectorsMax();
        byte[] expected = trial.read(0, 1);
        Reply reply =
                trial.good(trial.ask(frames -> IdentifyRules.filled(frames.read(0, 1), most)));
        trial.expectSame("sector 0", expected, trial.dataOf(reply, 1));
    }

    private static void unpadded(Trial trial) {
        byte[] padded = trial.dataOf(trial.good(trial.ask(frames -> frames.read(0, 1))), 1);
        Reply reply = trial.good(trial.ask(frames -> frames.read(0, 1).asSlice(0, AtaHeader.END)));
        trial.expectSame("sector 0", padded, trial.dataOf(reply, 1));
    }

    private static void countZero(Trial trial) {
        List<Reply> replies = trial.probe(frames -> frames.read(0, 0));
        trial.report(replies.isEmpty() ? "silence" : outcome(replies.getFirst()));
    }

    private static String outcome(Reply reply) {
        if (reply.refusal().isPresent()) {
            return "AoE error " + reply.refusal().orElseThrow();
        }
        return reply.ata()
                .map(ata -> (ata.commandStatus() & AtaHeader.STATUS_ERR) == 0
                        ? "done, " + (reply.bytes() - AtaHeader.END) / AtaHeader.SECTOR_BYTES
                                + " sectors"
                        : "ATA error %02x".formatted(ata.featureError()))
                .orElse("no registers");
    }

    private static void sameTag(Trial trial) {
        repeated(trial, frames -> frames.read(0, 1));
    }

    /** Twice the same bytes, twice an answer. */
    static void repeated(Trial trial, Request request) {
        MemorySegment frame = trial.build(request);
        int count = 0;
        for (int attempt = 0; attempt < Trial.BURST_ATTEMPT_COUNT && count < 2; attempt++) {
            List<Reply> replies = trial.burst(List.of(frame, frame));
            replies.forEach(trial::good);
            count = Math.max(count, replies.size());
        }
        trial.expect("answers", 2, count);
    }

    private static void window(Trial trial) {
        long sectors = trial.sectors();
        wholeWindow(trial, index -> frames -> frames.read(index % sectors, 1));
    }

    /** A request for each place in the window. */
    @FunctionalInterface
    interface Places {
        Request request(int index);
    }

    static void wholeWindow(Trial trial, Places places) {
        int count = Math.clamp(trial.subject().config().bufferCount(), 1, WINDOW_MAX);
        int answered = 0;
        for (int i = 0; i < Trial.BURST_ATTEMPT_COUNT && answered < count; i++) {
            List<MemorySegment> frames = new ArrayList<>();
            for (int index = 0; index < count; index++) {
                frames.add(trial.build(places.request(index)));
            }
            Set<Integer> tags = new HashSet<>();
            for (Reply reply : trial.burst(frames)) {
                trial.good(reply);
                tags.add(reply.aoe().tag());
            }
            answered = Math.max(answered, tags.size());
        }
        trial.expect("requests answered", count, answered);
    }
}
