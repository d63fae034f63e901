// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static etherbay.scenario.Mutant.ata;
import static etherbay.scenario.Mutant.both;
import static etherbay.scenario.Mutant.command;
import static etherbay.scenario.Mutant.config;
import static etherbay.scenario.Mutant.deaf;
import static etherbay.scenario.Mutant.refusing;
import static etherbay.scenario.Mutant.reply;
import static etherbay.scenario.Mutant.request;
import static etherbay.scenario.Mutant.set;
import static etherbay.scenario.Mutant.setting;
import static etherbay.scenario.Mutant.settings;
import static etherbay.scenario.Mutant.wire;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Frame;
import etherbay.scenario.Mutant.Requests;
import etherbay.scenario.TamperedPort.Tamper;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Mistakes with the common header and with the config command. */
final class WireMutants {
    /** The command that the suite sends as an unknown one. */
    private static final Requests UNKNOWN = command(0x4f);

    private static final Requests QUERY = config(ConfigHeader.READ);

    /** Where version and subcommand of config stand. */
    private static final int CONFIG_COMMAND_AT = 29;

    private WireMutants() {}

    static List<Mutant> all() {
        List<Mutant> all = new ArrayList<>(replies());
        all.addAll(addresses());
        all.addAll(queries());
        all.addAll(tests());
        all.addAll(sets());
        return all;
    }

    // ---- the common header ----

    private static List<Mutant> replies() {
        return List.of(
                reply("reserved flag in replies", UNKNOWN, setting(14, 0x1d), "reply.flags"),
                reply("version 2 in replies", UNKNOWN, setting(14, 0x2c), "reply.version"),
                reply("another slot in replies", UNKNOWN, setting(18, 9), "reply.address"),
                reply("another command in replies", UNKNOWN, setting(19, 0), "reply.command"),
                reply(
                        "tags with one value lost",
                        request -> AoeHeader.tag(request, 0) == 0xdead_beef,
                        setting(20, 0x5e),
                        "reply.tag"),
                reply("another source address", UNKNOWN, setting(11, 0x77), "reply.source"),
                reply(
                        "broadcast as source, as VoE",
                        QUERY.and(request -> Ethernet.dst(request, 0) == Ethernet.BROADCAST),
                        frame -> Ethernet.src(frame.memory(), frame.at(), Ethernet.BROADCAST),
                        "reply.source"),
                reply(
                        "replies to the first who asked",
                        QUERY.and(request -> Ethernet.src(request, 0) != ConformRig.CLIENT.bits()),
                        frame -> Ethernet.dst(frame.memory(), frame.at(), ConformRig.CLIENT.bits()),
                        "reply.destination"),
                reply(
                        "config replies not padded, as vblade",
                        QUERY,
                        WireMutants::unpad,
                        "reply.padded"),
                wire("replies twice", RepeatedReply::new, "reply.once"),
                deaf("unknown commands dropped, as qaoed", UNKNOWN, "command.unknown"),
                request(
                        "version not looked at, as vblade",
                        request -> AoeHeader.lengthOk(request.byteSize())
                                && AoeHeader.version(request, 0) == 2,
                        setting(14, 0x10),
                        "version.other"),
                request(
                        "response flag not looked at",
                        WireMutants::isResponse,
                        setting(14, 0x10),
                        "response.ignored",
                        "beacon.ignored"),
                request(
                        "beacons answered",
                        request -> isResponse(request) && AoeHeader.version(request, 0) == 0,
                        setting(14, 0x10),
                        "beacon.ignored"),
                request(
                        "cut headers read on",
                        request -> !AoeHeader.lengthOk(request.byteSize()),
                        frame -> {
                            frame.bytes(Ethernet.FRAME_BYTES_MIN);
                            for (int at = 19; at < Ethernet.FRAME_BYTES_MIN; at++) {
                                set(frame, at, at == 19 ? AoeHeader.COMMAND_CONFIG : 0);
                            }
                        },
                        "header.cut"));
    }

    private static boolean isResponse(MemorySegment request) {
        return AoeHeader.lengthOk(request.byteSize()) && AoeHeader.response(request, 0);
    }

    private static void unpad(Frame frame) {
        frame.bytes(ConfigHeader.END + ConfigHeader.stringBytes(frame.memory(), frame.at()));
    }

    private static final class RepeatedReply implements Tamper {
        @Override
        public int reply(MemorySegment request, Frame frame) {
            return UNKNOWN.test(request) ? 2 : 1;
        }
    }

    private static List<Mutant> addresses() {
        Requests anyShelf = at(true, false);
        Requests anySlot = at(false, true);
        Requests any = at(true, true);
        return List.of(
                request(
                        "shelf not looked at",
                        request -> whole(request)
                                && AoeHeader.shelf(request, 0) != ConformRig.DISK.shelf(),
                        frame -> AoeHeader.shelf(
                                frame.memory(), frame.at(), ConformRig.DISK.shelf()),
                        "address.other-shelf"),
                request(
                        "slot not looked at",
                        request -> whole(request)
                                && AoeHeader.slot(request, 0) != ConformRig.DISK.slot(),
                        frame -> AoeHeader.slot(frame.memory(), frame.at(), ConformRig.DISK.slot()),
                        "address.other-slot"),
                deaf("a wild shelf alone not understood", anyShelf, "address.any-shelf"),
                deaf("a wild slot alone not understood", anySlot, "address.any-slot"),
                deaf("every disk not understood", any.and(QUERY), "address.any"),
                request(
                        "ATA for every disk executed",
                        any.and(ata(AtaCommand.READ_SECTORS_EXT)),
                        frame -> {
                            AoeHeader.shelf(frame.memory(), frame.at(), ConformRig.DISK.shelf());
                            AoeHeader.slot(frame.memory(), frame.at(), ConformRig.DISK.slot());
                        },
                        "address.any-ata"));
    }

    private static boolean whole(MemorySegment request) {
        return AoeHeader.lengthOk(request.byteSize());
    }

    private static Requests at(boolean anyShelf, boolean anySlot) {
        return request -> whole(request)
                && (AoeHeader.shelf(request, 0) == AoeHeader.SHELF_BROADCAST) == anyShelf
                && (AoeHeader.slot(request, 0) == AoeHeader.SLOT_BROADCAST) == anySlot;
    }

    // ---- config ----

    private static List<Mutant> queries() {
        return List.of(
                deaf(
                        "queries below 60 bytes dropped, as kvblade",
                        QUERY.and(request -> request.byteSize() < Ethernet.FRAME_BYTES_MIN),
                        "config.read"),
                deaf(
                        "long queries dropped",
                        QUERY.and(request -> request.byteSize() > 1000),
                        "config.read.filled"),
                deaf(
                        "the length of a query looked at",
                        QUERY.and(request -> request.byteSize() == Ethernet.FRAME_BYTES_MIN
                                && ConfigHeader.stringBytes(request, 0) > 0),
                        "config.read.length"),
                reply(
                        "subcommand not echoed",
                        config(ConfigHeader.PREFIX),
                        setting(CONFIG_COMMAND_AT, 0x10),
                        "config.version"),
                reply("one buffer", QUERY, setting(25, 1), "config.buffers"),
                reply(
                        "a sector too many stated, as torus",
                        QUERY,
                        setting(28, 18),
                        "config.sectors"),
                settings(
                        "few sectors stated",
                        all -> all.withSectorsMax(3),
                        "config.sectors.stated"),
                reply(
                        "unknown subcommand refused as a command",
                        config(7),
                        setting(15, AoeHeader.ERROR_COMMAND),
                        "config.unknown"));
    }

    private static List<Mutant> tests() {
        Requests test = config(ConfigHeader.TEST);
        Requests prefix = config(ConfigHeader.PREFIX);
        return List.of(
                deaf(
                        "tests not understood",
                        test,
                        "config.test",
                        "config.version",
                        "config.test.part",
                        "config.string.1024"),
                both(
                        "every test holds",
                        test,
                        as(ConfigHeader.READ),
                        as(ConfigHeader.TEST),
                        "config.test.differs",
                        "config.test.part",
                        "config.cut",
                        "config.too-long"),
                deaf(
                        "an empty prefix not understood",
                        prefix.and(request -> ConfigHeader.stringBytes(request, 0) == 0),
                        "config.prefix"),
                both(
                        "every prefix holds",
                        prefix,
                        as(ConfigHeader.READ),
                        as(ConfigHeader.PREFIX),
                        "config.prefix.differs",
                        "config.too-long"),
                both(
                        "cut strings read on",
                        command(AoeHeader.COMMAND_CONFIG).and(WireMutants::isCut),
                        as(ConfigHeader.READ),
                        as(ConfigHeader.TEST),
                        "config.cut"),
                both(
                        "strings of any length",
                        command(AoeHeader.COMMAND_CONFIG)
                                .and(request -> request.byteSize()
                                                > ConfigHeader.END + ConfigHeader.STRING_BYTES_MAX
                                        && ConfigHeader.command(request, 0) != ConfigHeader.READ),
                        as(ConfigHeader.READ),
                        as(ConfigHeader.TEST),
                        "config.too-long"));
    }

    private static List<Mutant> sets() {
        Requests test = config(ConfigHeader.TEST);
        Requests set = config(ConfigHeader.SET);
        return List.of(
                request(
                        "set sets nothing",
                        set,
                        frame -> ConfigHeader.stringBytes(frame.memory(), frame.at(), 0),
                        "config.set",
                        "config.set.same"),
                wire("setting the same again refused, as qaoed", SetTwice::new, "config.set.same"),
                both(
                        "set overwrites",
                        set,
                        as(ConfigHeader.FORCE),
                        as(ConfigHeader.SET),
                        "config.set.present"),
                request(
                        "force keeps the string when told none",
                        config(ConfigHeader.FORCE)
                                .and(request -> ConfigHeader.stringBytes(request, 0) == 0),
                        as(ConfigHeader.READ),
                        "config.force",
                        "config.set"),
                both(
                        "test takes a part for the whole",
                        test,
                        as(ConfigHeader.PREFIX),
                        as(ConfigHeader.TEST),
                        "config.test.part"),
                request(
                        "strings end after 512 bytes",
                        config(ConfigHeader.FORCE)
                                .and(request -> ConfigHeader.stringBytes(request, 0) > 512),
                        frame -> ConfigHeader.stringBytes(frame.memory(), frame.at(), 512),
                        "config.string.1024"));
    }

    private static boolean isCut(MemorySegment request) {
        return request.byteSize() == Ethernet.FRAME_BYTES_MIN
                && ConfigHeader.command(request, 0) != ConfigHeader.READ
                && ConfigHeader.stringBytes(request, 0) > 28;
    }

    private static Consumer<Frame> as(int subcommand) {
        return setting(CONFIG_COMMAND_AT, 0x10 | subcommand);
    }

    /** Remembers what was set last. */
    private static final class SetTwice implements Tamper {
        private byte[] last = {};

        @Override
        public int reply(MemorySegment request, Frame frame) {
            boolean sets = config(ConfigHeader.SET).test(request);
            boolean forces = config(ConfigHeader.FORCE).test(request);
            if (sets || forces) {
                byte[] string = ConfigHeader.string(request, 0);
                if (sets && Arrays.equals(string, last)) {
                    refusing(AoeHeader.ERROR_CONFIG_PRESENT).accept(frame);
                }
                last = string;
            }
            return 1;
        }
    }
}
