// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.FrameText;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.initiator.AoeClient;
import etherbay.initiator.Reply;
import etherbay.initiator.Request;
import etherbay.initiator.Station;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One run of one rule: sends for it, remembers what was sent, and judges. What does not hold ends
 * the rule. On the client's thread.
 */
final class Trial {
    /**
     * Silence is an answer that did not come within this after a request that must be answered was:
     * targets answer in microseconds, and those that sync first seldom take longer.
     */
    private static final long QUIET_NS = 120_000_000L;

    /** A frame that must not be answered is sent so often: one may get lost. */
    static final int PROBE_COUNT = 2;

    /** A network may lose frames of a burst; a target that always does is found all the same. */
    static final int BURST_ATTEMPT_COUNT = 3;

    private static final int SENT_COUNT_MAX = 3;
    private static final int SENT_BYTES_MAX = 96;

    private final AoeClient client;
    private final Subject subject;
    private final Prng prng;
    private final Deque<String> sent = new ArrayDeque<>();
    private Optional<String> reported = Optional.empty();

    Trial(AoeClient client, Subject subject, Prng prng) {
        this.client = client;
        this.subject = subject;
        this.prng = prng;
    }

    Subject subject() {
        return subject;
    }

    AoeClient client() {
        return client;
    }

    /** The last frames sent, oldest first. */
    List<String> sent() {
        return List.copyOf(sent);
    }

    // ---- asking ----

    /** The answer to our request, of whatever kind. */
    Reply ask(Request request) {
        return askAs(client.mac(), request);
    }

    /** The answer to a request of another source address. */
    Reply askAs(MacAddress from, Request request) {
        return client.ask(from, subject.station(), noted(request))
                .orElseThrow(() -> Verdict.deviation("an answer", "silence"));
    }

    Reply askAt(Station to, Request request) {
        return client.ask(to, noted(request))
                .orElseThrow(() -> Verdict.deviation("an answer", "silence"));
    }

    Optional<Reply> tryAsk(Request request) {
        return client.ask(subject.station(), noted(request));
    }

    Reply ask(AtaHeader.Fields registers) {
        return ask(frames -> frames.ata(registers, new byte[0]));
    }

    /** What comes back for a request that may be met by silence, a reply for each time sent. */
    List<Reply> probe(MacAddress from, Station to, Request request) {
        return probe(from, to, request, PROBE_COUNT + 1);
    }

    /** The same to the end of the wait, so that an answer too many is seen. */
    List<Reply> probeLong(Request request) {
        return probe(client.mac(), subject.station(), request, AoeClient.REPLY_COUNT_MAX);
    }

    private List<Reply> probe(MacAddress from, Station to, Request request, int enoughCount) {
        for (int attempt = 0; attempt < BURST_ATTEMPT_COUNT; attempt++) {
            List<MemorySegment> frames = new ArrayList<>();
            for (int i = 0; i < PROBE_COUNT; i++) {
                frames.add(client.build(from, to, noted(request)));
            }
            MemorySegment barrier =
                    client.build(client.mac(), subject.station(), AoeFrames::configQuery);
            frames.add(barrier);
            List<Reply> replies = client.exchange(frames, QUIET_NS, enoughCount);
            int tag = AoeHeader.tag(barrier, 0);
            List<Reply> others =
                    replies.stream().filter(reply -> reply.aoe().tag() != tag).toList();
            if (others.size() < replies.size()) {
                return others;
            }
        }
        throw Verdict.deviation("a config query behind it is answered", "silence from now on");
    }

    List<Reply> probe(Request request) {
        return probe(client.mac(), subject.station(), request);
    }

    /** Sends all at once and returns what comes under their tags until all are answered. */
    List<Reply> burst(List<MemorySegment> frames) {
        note(frames.getLast());
        long waitNs = QUIET_NS * 10;
        return client.exchange(frames, waitNs, frames.size());
    }

    /** What the target sends us, under whatever tag, after these frames and before a while. */
    List<Reply> overhear(List<MemorySegment> frames) {
        note(frames.getLast());
        MemorySegment barrier = build(AoeFrames::configQuery);
        List<MemorySegment> all = new ArrayList<>(frames);
        all.add(barrier);
        List<Reply> replies = client.overhear(all, QUIET_NS).stream()
                .filter(reply -> reply.from().equals(subject.station().mac()))
                .filter(reply -> reply.ethernet().dst().equals(client.mac()) && reply.response())
                .toList();
        int tag = AoeHeader.tag(barrier, 0);
        List<Reply> others =
                replies.stream().filter(reply -> reply.aoe().tag() != tag).toList();
        expectThat(others.size() < replies.size(), "a query behind it is answered", "silence");
        return others;
    }

    MemorySegment build(Request request) {
        return client.build(client.mac(), subject.station(), request);
    }

    private Request noted(Request request) {
        return frames -> {
            MemorySegment frame = request.frame(frames);
            note(frame);
            return frame;
        };
    }

    private void note(MemorySegment frame) {
        if (sent.size() == SENT_COUNT_MAX) {
            sent.removeFirst();
        }
        sent.addLast(hex(frame));
    }

    private static String hex(MemorySegment frame) {
        byte[] bytes = frame.toArray(ValueLayout.JAVA_BYTE);
        return bytes.length <= SENT_BYTES_MAX
                ? HexFormat.of().formatHex(bytes)
                : HexFormat.of().formatHex(bytes, 0, SENT_BYTES_MAX) + "... (" + bytes.length
                        + " bytes)";
    }

    // ---- judging ----

    /** The rule says nothing about this target. */
    void require(boolean applicable, String otherwise) {
        if (!applicable) {
            throw Verdict.notApplicable(otherwise);
        }
    }

    /** What a rule of level INFO found out. */
    void report(String property) {
        reported = Optional.of(property);
    }

    Optional<String> reported() {
        return reported;
    }

    void expect(String what, Object expected, Object got) {
        if (!Objects.equals(expected, got)) {
            throw Verdict.deviation(what + ": " + expected, String.valueOf(got));
        }
    }

    void expectThat(boolean holds, String expected, Object got) {
        if (!holds) {
            throw Verdict.deviation(expected, got.toString());
        }
    }

    void expectSame(String what, byte[] expected, byte[] got) {
        int at = Arrays.mismatch(expected, got);
        if (at >= 0) {
            throw Verdict.deviation(
                    "%s: byte %d is %s".formatted(what, at, byteAt(expected, at)), byteAt(got, at));
        }
    }

    private static String byteAt(byte[] bytes, int at) {
        return at < bytes.length ? "%02x".formatted(bytes[at]) : "missing";
    }

    /** Nothing came back. */
    void expectSilence(List<Reply> replies) {
        if (!replies.isEmpty()) {
            throw Verdict.deviation("silence", replies.getFirst().toString());
        }
    }

    void silent(Request request) {
        expectSilence(probe(request));
    }

    void expectRefusal(int errorCode, Reply reply) {
        expect(
                "AoE error",
                errorCode + " (" + FrameText.errorText(errorCode) + ")",
                reply.refusal()
                        .map(code -> code + " (" + FrameText.errorText(code) + ")")
                        .orElse("none: " + reply));
    }

    /** Not refused by AoE. */
    void expectTaken(Reply reply) {
        expectThat(reply.refusal().isEmpty(), "no AoE error", reply);
    }

    /** The registers of an answer that is not refused by AoE. */
    AtaHeader.Fields registers(Reply reply) {
        expectTaken(reply);
        return reply.ata().orElseThrow(() -> Verdict.deviation("ATA registers", reply.toString()));
    }

    /** Success as the Linux driver sees it: none of BSY, DF, DRQ and ERR. */
    Reply good(Reply reply) {
        int status = registers(reply).commandStatus();
        expectThat((status & AtaHeader.STATUS_FAILED_MASK) == 0, "success", reply);
        return reply;
    }

    /** An ATA error, which every initiator takes for the end of the request. */
    void expectAtaError(Reply reply) {
        int status = registers(reply).commandStatus();
        expectThat((status & AtaHeader.STATUS_ERR) != 0, "an ATA error", reply);
    }

    /**
     * What may come back for a request that cannot be done: an ATA error or nothing, but no AoE
     * error, which the Linux driver takes for a loss and repeats for three minutes.
     */
    void expectAtaErrorOrSilence(List<Reply> replies) {
        replies.forEach(this::expectAtaError);
    }

    /** Against a captured answer: flags, error, command, and the bytes from {@code from} on. */
    void expectLike(Captured captured, Reply reply, int from, int to) {
        byte[] wanted = captured.bytesFor(client.mac());
        byte[] got = reply.frame().toArray(ValueLayout.JAVA_BYTE);
        String name = captured.name();
        expectRange(name, wanted, got, 14, 16);
        expectRange(name, wanted, got, 19, 20);
        expectRange(name, wanted, got, from, to);
    }

    private void expectRange(String name, byte[] wanted, byte[] got, int from, int to) {
        boolean same = got.length >= to && Arrays.equals(wanted, from, to, got, from, to);
        if (!same) {
            int end = Math.min(to, got.length);
            throw Verdict.deviation(
                    "as captured (%s), bytes %d to %d: %s"
                            .formatted(
                                    name, from, to - 1, HexFormat.of().formatHex(wanted, from, to)),
                    from >= end ? got.length + " bytes" : HexFormat.of().formatHex(got, from, end));
        }
    }

    // ---- the disk ----

    /** Sectors as they are now. */
    byte[] read(long lba, int sectorCount) {
        byte[] all = new byte[sectorCount * AtaHeader.SECTOR_BYTES];
        int most = subject.sectorsMax();
        for (int done = 0; done < sectorCount; done += most) {
            int count = Math.min(most, sectorCount - done);
            long from = lba + done;
            Reply reply = good(ask(frames -> frames.read(from, count)));
            byte[] data = dataOf(reply, count);
            System.arraycopy(data, 0, all, done * AtaHeader.SECTOR_BYTES, data.length);
        }
        return all;
    }

    /** The data of a good answer, without padding. */
    byte[] dataOf(Reply reply, int sectorCount) {
        byte[] data = reply.data();
        int bytes = sectorCount * AtaHeader.SECTOR_BYTES;
        expectThat(data.length >= bytes, bytes + " bytes of data", reply);
        return Arrays.copyOf(data, bytes);
    }

    void write(long lba, byte[] data) {
        int most = subject.sectorsMax() * AtaHeader.SECTOR_BYTES;
        for (int done = 0; done < data.length; done += most) {
            byte[] piece = Arrays.copyOfRange(data, done, Math.min(data.length, done + most));
            long to = lba + done / AtaHeader.SECTOR_BYTES;
            good(ask(frames -> frames.write(to, piece)));
        }
    }

    /** Bytes that never stood on the disk before. */
    byte[] pattern(int sectorCount) {
        byte[] bytes = new byte[sectorCount * AtaHeader.SECTOR_BYTES];
        MemorySegment memory = MemorySegment.ofArray(bytes);
        for (long at = 0; at < bytes.length; at += Long.BYTES) {
            memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at, prng.nextLong());
        }
        return bytes;
    }

    /** A disk whose size is known. */
    long sectors() {
        require(subject.sectors() > 0, "IDENTIFY DEVICE tells no size");
        return subject.sectors();
    }

    /** First of {@link Subject#areaSectors} sectors that the rule may change. */
    long area() {
        require(subject.areaSectors() > 0, "the disk is too small");
        return subject.areaLba();
    }

    /** Registers of a command without data. */
    static AtaHeader.Fields command(int opcode) {
        int aflags = AtaCommand.lba48(opcode) ? AtaHeader.AFLAG_EXTENDED : 0;
        return new AtaHeader.Fields(aflags, 0, 0, opcode, 0);
    }

    // ---- the config string ----

    static Request config(int command, byte[] string) {
        return frames -> frames.config(ConfigHeader.Fields.request(command, 0), string);
    }

    byte[] configString(Reply reply) {
        return reply.configString()
                .orElseThrow(() -> Verdict.deviation("a config string", reply.toString()));
    }

    byte[] configString() {
        return configString(ask(AoeFrames::configQuery));
    }

    /** Makes the string what the rule presumes. */
    void force(byte[] string) {
        Reply reply = ask(config(ConfigHeader.FORCE, string));
        expectTaken(reply);
        expectSame("the config string after a forced set", string, configString(reply));
    }
}
