// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import static etherbay.initiator.conform.Rule.info;
import static etherbay.initiator.conform.Rule.must;
import static etherbay.initiator.conform.Rule.should;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.FrameText;
import etherbay.base.MacAddress;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Reply;
import etherbay.initiator.Request;
import etherbay.initiator.Station;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The common header, whatever the command: who is meant, and how the answer is known for one. */
final class HeaderRules {
    private static final String SPEC = "AoEr11 2";

    /** Of no standard and no vendor: between the commands and F0h. */
    private static final int UNKNOWN_COMMAND = 0x4f;

    private static final int OTHER_VERSION = 2;
    /** Where the command stands, and behind it the tag. */
    private static final int COMMAND_AT = 19;

    private static final int NEIGHBOUR_COUNT = 3;

    private HeaderRules() {}

    static List<Rule> rules() {
        return Stream.of(echoes(), stations(), addresses(), ignored())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Rule> echoes() {
        return List.of(
                must(
                        "reply.flags",
                        "answers have the response flag and no reserved one",
                        SPEC + "; Linux aoenet.c",
                        trial -> eachKind(
                                trial,
                                reply -> trial.expect(
                                        "flags without E",
                                        AoeHeader.FLAG_RESPONSE,
                                        reply.aoe().flags() & ~AoeHeader.FLAG_ERROR))),
                must(
                        "reply.version",
                        "answers to version 1 carry version 1",
                        "iPXE aoe.c",
                        trial -> eachKind(
                                trial,
                                reply -> trial.expect(
                                        "version",
                                        AoeHeader.VERSION,
                                        reply.aoe().version()))),
                must(
                        "reply.address",
                        "answers carry the shelf and the slot of the disk",
                        SPEC + "; iPXE aoe.c",
                        trial -> eachKind(
                                trial,
                                reply -> trial.expect(
                                        "address",
                                        trial.subject().station().disk(),
                                        reply.disk()))),
                must(
                        "reply.command",
                        "answers carry the command of the request",
                        SPEC,
                        HeaderRules::commandEchoed),
                must(
                        "reply.tag",
                        "answers carry the tag of the request, whatever it is",
                        SPEC + "; Linux aoecmd.c",
                        HeaderRules::tagEchoed));
    }

    private static List<Rule> stations() {
        return List.of(
                must(
                        "reply.source",
                        "answers come from one station's address, to broadcast requests too",
                        "Linux, iPXE: the source becomes the target's address",
                        HeaderRules::source),
                must(
                        "reply.destination",
                        "answers go to the source of the request, whoever that is",
                        SPEC,
                        HeaderRules::destination),
                must(
                        "reply.padded",
                        "answers have 60 bytes or more",
                        "aoeping, aoecfg: shorter ones are ignored; virtual NICs do not pad",
                        trial -> eachKind(
                                trial,
                                reply -> trial.expectThat(
                                        reply.bytes() >= Ethernet.FRAME_BYTES_MIN,
                                        "at least 60 bytes",
                                        reply + ": " + reply.bytes() + " bytes"))),
                must(
                        "reply.once",
                        "a request is answered once",
                        SPEC + "; Linux counts more as losses",
                        HeaderRules::once));
    }

    private static List<Rule> addresses() {
        return List.of(
                must(
                        "address.other-shelf",
                        "requests for another shelf are not answered for this disk",
                        SPEC,
                        trial -> notMeant(trial, true)),
                must(
                        "address.other-slot",
                        "requests for another slot are not answered for this disk",
                        SPEC,
                        trial -> notMeant(trial, false)),
                must(
                        "address.any-shelf",
                        "shelf FFFFh with its slot means this disk",
                        SPEC,
                        trial -> wild(
                                trial,
                                new DiskAddress(
                                        AoeHeader.SHELF_BROADCAST,
                                        trial.subject().station().disk().slot()))),
                must(
                        "address.any-slot",
                        "slot FFh with its shelf means this disk",
                        SPEC,
                        trial -> wild(
                                trial,
                                new DiskAddress(
                                        trial.subject().station().disk().shelf(),
                                        AoeHeader.SLOT_BROADCAST))),
                must(
                        "address.any",
                        "shelf FFFFh and slot FFh mean this disk",
                        "aoecfg, aoe-sancheck; Linux discovery",
                        HeaderRules::wildAsAoecfg),
                info(
                        "address.any-ata",
                        "what an ATA command to every disk meets",
                        "no standard",
                        HeaderRules::wildAta));
    }

    private static List<Rule> ignored() {
        return List.of(
                should(
                        "command.unknown",
                        "an unknown command is refused with error 1",
                        SPEC + "; captured from vblade",
                        HeaderRules::unknownCommand),
                info(
                        "version.other",
                        "what a request of version 2 meets",
                        SPEC,
                        HeaderRules::otherVersion),
                must(
                        "response.ignored",
                        "a frame with the response flag is never answered",
                        SPEC + "; two targets would talk for ever",
                        HeaderRules::responseIgnored),
                must(
                        "beacon.ignored",
                        "the beacon of another target is not answered",
                        "captured from vblade",
                        trial -> trial.expectSilence(trial.probe(
                                trial.client().mac(),
                                broadcast(trial),
                                Captured.frame("vblade-beacon", 0)::addressed))),
                must(
                        "header.cut",
                        "a frame that ends within the common header is not answered",
                        "no standard; the bytes behind a frame are not the sender's",
                        HeaderRules::cut));
    }

    // ---- replies ----

    /** One request of each kind that changes nothing; the first two must be answered. */
    private static Map<String, Request> kinds() {
        Map<String, Request> kinds = new LinkedHashMap<>();
        kinds.put("config", AoeFrames::configQuery);
        kinds.put("identify", AoeFrames::identify);
        kinds.put("read", frames -> frames.read(0, 1));
        kinds.put("power", ata(AtaCommand.CHECK_POWER_MODE_OPCODE));
        kinds.put("unsupported", ata(AtaRules.UNSUPPORTED_OPCODE));
        kinds.put("beyond", frames -> frames.read(AtaHeader.LBA48_MASK - 1, 1));
        kinds.put("mask", StateRules.readMasks());
        kinds.put("reserve", StateRules.readReservation());
        kinds.put("unknown", frames -> frames.frame(UNKNOWN_COMMAND, AoeHeader.END));
        return kinds;
    }

    private static Request ata(int opcode) {
        return frames -> frames.ata(Trial.command(opcode), new byte[0]);
    }

    private static void eachKind(Trial trial, Consumer<Reply> judge) {
        trial.ask(AoeFrames::configQuery);
        for (Request request : kinds().values()) {
            trial.probe(request).forEach(judge);
        }
    }

    private static void commandEchoed(Trial trial) {
        for (Request request : kinds().values()) {
            MemorySegment sent = trial.build(request);
            for (Reply reply : trial.probe(request)) {
                trial.expect("command", AoeHeader.command(sent, 0), reply.aoe().command());
            }
        }
    }

    private static void tagEchoed(Trial trial) {
        int[] tags = {0x8000_0000, 0xffff_ffff, 0x80ff_00ff, 0xdead_beef};
        for (int tag : tags) {
            for (Request request : List.<Request>of(AoeFrames::configQuery, AoeFrames::identify)) {
                MemorySegment frame = trial.build(request);
                AoeHeader.tag(frame, 0, tag);
                askTagged(trial, frame);
            }
        }
    }

    private static void askTagged(Trial trial, MemorySegment frame) {
        for (int attempt = 0; attempt < Trial.BURST_ATTEMPT_COUNT; attempt++) {
            if (!trial.burst(List.of(frame)).isEmpty()) {
                return;
            }
        }
        String tag = "%08x".formatted(AoeHeader.tag(frame, 0));
        throw Verdict.deviation("an answer with tag " + tag, "none");
    }

    private static void source(Trial trial) {
        MacAddress known = trial.subject().station().mac();
        trial.expectThat(!known.isGroup(), "the address of one station", known);
        Reply broadcast = trial.askAt(broadcast(trial), AoeFrames::configQuery);
        trial.expect("source of the answer to a broadcast", known, broadcast.from());
        eachKind(trial, reply -> trial.expect("source", known, reply.from()));
    }

    private static void destination(Trial trial) {
        MacAddress own = trial.client().mac();
        MacAddress stranger = trial.subject().stranger();
        eachKind(
                trial,
                reply -> trial.expect("destination", own, reply.ethernet().dst()));
        Reply broadcast = trial.askAt(broadcast(trial), AoeFrames::configQuery);
        trial.expect("destination", own, broadcast.ethernet().dst());
        List<Reply> replies = trial.probe(stranger, broadcast(trial), AoeFrames::configQuery);
        replies.forEach(
                reply -> trial.expect("destination", stranger, reply.ethernet().dst()));
        trial.expectThat(!replies.isEmpty(), "an answer to a second address of ours", "silence");
    }

    /** A network may double a frame; a target that does it does it each time. */
    private static void once(Trial trial) {
        for (Request request : kinds().values()) {
            int attempt = 0;
            while (trial.probeLong(request).size() > Trial.PROBE_COUNT) {
                attempt++;
                trial.expectThat(
                        attempt < Trial.BURST_ATTEMPT_COUNT, "one answer each", "more of them");
            }
        }
    }

    // ---- requests ----

    /** The disk by broadcast. */
    static Station broadcast(Trial trial) {
        return Station.anywhere(trial.subject().station().disk());
    }

    /** Others behind the same address may answer for themselves. */
    private static void notMeant(Trial trial, boolean shelf) {
        Station station = trial.subject().station();
        DiskAddress own = station.disk();
        for (int i = 1; i <= NEIGHBOUR_COUNT; i++) {
            DiskAddress other = shelf
                    ? new DiskAddress((own.shelf() + i) % AoeHeader.SHELF_BROADCAST, own.slot())
                    : new DiskAddress(own.shelf(), (own.slot() + i) % AoeHeader.SLOT_BROADCAST);
            for (Request request : List.<Request>of(AoeFrames::configQuery, AoeFrames::identify)) {
                List<Reply> replies =
                        trial.probe(trial.client().mac(), station.with(other), request);
                trial.expectSilence(replies.stream()
                        .filter(reply -> !reply.disk().equals(other))
                        .toList());
            }
        }
    }

    private static void wild(Trial trial, DiskAddress wild) {
        Request query = AoeFrames::configQuery;
        expectAmong(trial, trial.probe(trial.client().mac(), Station.anywhere(wild), query));
        Station direct = trial.subject().station().with(wild);
        expectAmong(trial, trial.probe(trial.client().mac(), direct, query));
    }

    private static void wildAsAoecfg(Trial trial) {
        Captured query = Captured.frame("aoecfg-wild", 0);
        Station all = Station.anywhere(DiskAddress.ALL);
        expectAmong(trial, trial.probe(trial.client().mac(), all, query::addressed));
        wild(trial, DiskAddress.ALL);
    }

    private static void expectAmong(Trial trial, List<Reply> replies) {
        DiskAddress own = trial.subject().station().disk();
        trial.expectThat(
                replies.stream().anyMatch(reply -> reply.disk().equals(own)),
                "an answer of " + own,
                replies.isEmpty() ? "silence" : replies.getFirst());
    }

    private static void wildAta(Trial trial) {
        Station station = trial.subject().station().with(DiskAddress.ALL);
        List<Reply> replies =
                trial.probe(trial.client().mac(), station, frames -> frames.read(0, 1));
        trial.report(replies.isEmpty() ? "silence" : "answered: " + wordOf(replies.getFirst()));
    }

    private static void unknownCommand(Trial trial) {
        Captured captured = Captured.frame("vblade-refused", 0); // of command F0h, here another
        Reply reply = trial.ask(frames -> {
            MemorySegment frame = captured.addressed(frames);
            AoeHeader.command(frame, 0, UNKNOWN_COMMAND);
            return frame;
        });
        trial.expectRefusal(AoeHeader.ERROR_COMMAND, reply);
    }

    private static void otherVersion(Trial trial) {
        List<Reply> replies = trial.probe(frames -> {
            MemorySegment frame = frames.configQuery();
            AoeHeader.versionFlags(frame, 0, OTHER_VERSION, 0);
            return frame;
        });
        trial.report(
                replies.isEmpty()
                        ? "silence"
                        : wordOf(replies.getFirst()) + ", version "
                                + replies.getFirst().aoe().version());
    }

    private static String wordOf(Reply reply) {
        return reply.refusal()
                .map(code -> "error " + code + " (" + FrameText.errorText(code) + ")")
                .orElse("done");
    }

    private static void responseIgnored(Trial trial) {
        for (Request request : kinds().values()) {
            trial.silent(frames -> {
                MemorySegment frame = request.frame(frames);
                AoeHeader.versionFlags(frame, 0, AoeHeader.VERSION, AoeHeader.FLAG_RESPONSE);
                return frame;
            });
        }
    }

    /**
     * Cut behind the slot, the command and within the tag. A NIC that pads makes of it NOP under
     * another tag, which is an ATA error.
     */
    private static void cut(Trial trial) {
        List<MemorySegment> frames = new ArrayList<>();
        for (int bytes = COMMAND_AT; bytes < AoeHeader.END; bytes++) {
            MemorySegment whole = trial.build(ata(0));
            frames.add(whole.asSlice(0, bytes));
        }
        for (Reply reply : trial.overhear(frames)) {
            trial.expectAtaError(reply);
        }
    }
}
