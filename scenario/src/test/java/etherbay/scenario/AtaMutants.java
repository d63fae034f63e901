// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static etherbay.scenario.Mutant.ata;
import static etherbay.scenario.Mutant.both;
import static etherbay.scenario.Mutant.command;
import static etherbay.scenario.Mutant.deaf;
import static etherbay.scenario.Mutant.disk;
import static etherbay.scenario.Mutant.done;
import static etherbay.scenario.Mutant.nothing;
import static etherbay.scenario.Mutant.refusing;
import static etherbay.scenario.Mutant.registers;
import static etherbay.scenario.Mutant.reply;
import static etherbay.scenario.Mutant.request;
import static etherbay.scenario.Mutant.set;
import static etherbay.scenario.Mutant.setting;
import static etherbay.scenario.Mutant.settings;
import static etherbay.scenario.Mutant.wire;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.TrimRange;
import etherbay.base.BlockDevice;
import etherbay.base.DeviceDecorator;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.scenario.ConformRig.Setup;
import etherbay.scenario.Mutant.Requests;
import etherbay.scenario.TamperedPort.Tamper;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Mistakes with ATA commands. */
final class AtaMutants {
    private static final int READ = AtaCommand.READ_SECTORS_EXT;
    private static final int WRITE = AtaCommand.WRITE_SECTORS_EXT;
    private static final int UNSUPPORTED = 0x8a;
    private static final long END = ConformRig.SECTORS;

    /** Sectors of a frame at the MTU of the rig. */
    private static final int MOST = 17;

    private static final Consumer<Frame> ABORT = registers(AtaHeader.ERROR_ABRT, 0x41);
    private static final Consumer<Frame> BAD_ARGUMENT = refusing(AoeHeader.ERROR_ARGUMENT);

    private AtaMutants() {}

    static List<Mutant> all() {
        List<Mutant> all = new ArrayList<>(identity());
        all.addAll(statuses());
        all.addAll(commands());
        all.addAll(features());
        all.addAll(reads());
        all.addAll(readsBeyond());
        all.addAll(writes());
        all.addAll(specialWrites());
        all.addAll(repetitions());
        return all;
    }

    // ---- IDENTIFY DEVICE ----

    private static List<Mutant> identity() {
        Requests identify = ata(AtaCommand.IDENTIFY_DEVICE);
        return List.of(
                reply(
                        "device bits refused",
                        identify.and(request -> AtaHeader.lba48(request, 0) != 0),
                        ABORT,
                        "identify"),
                deaf(
                        "long IDENTIFY dropped",
                        identify.and(request -> request.byteSize() > 100),
                        "identify.filled"),
                word("no sector addresses", 49, 0, "identify.lba"),
                word("48 bits supported, not enabled", 86, 0x3000, "identify.lba48"),
                word("another size in 28 bits", 60, 4095, "identify.size"),
                word("words not marked as filled in", 87, 0x0040, "identify.valid"),
                word("no version", 80, 0, "identify.version"),
                word("strings padded with zeros", 46, 0, "identify.strings"),
                new Mutant(
                        "strings not swapped",
                        () -> Setup.PLAIN.withSettings(all -> all.withModel(" Ehtreab y", "1")),
                        Set.of("identify.strings")),
                reply(
                        "no serial",
                        identify,
                        frame -> {
                            for (int at = 20; at < 40; at++) {
                                set(frame, AtaHeader.END + at, ' ');
                            }
                            seal(frame);
                        },
                        "identify.serial"),
                reply(
                        "a wrong sum",
                        identify,
                        setting(AtaHeader.END + 511, 0x55),
                        "identify.checksum"),
                reply(
                        "flush not claimed",
                        identify,
                        frame -> {
                            setWord(frame, 83, 0x4400);
                            setWord(frame, 86, 0x0400);
                            seal(frame);
                        },
                        "identify.durability"),
                new Mutant(
                        "an odd size",
                        () -> Setup.PLAIN.withSectors(4101),
                        Set.of("identify.alignment")));
    }

    private static Mutant word(String name, int index, int value, String... kills) {
        return reply(
                name,
                ata(AtaCommand.IDENTIFY_DEVICE),
                frame -> {
                    setWord(frame, index, value);
                    seal(frame);
                },
                kills);
    }

    private static void setWord(Frame frame, int index, int value) {
        set(frame, AtaHeader.END + 2 * index, value);
        set(frame, AtaHeader.END + 2 * index + 1, value >> 8);
    }

    /** Makes the sum right again. */
    private static void seal(Frame frame) {
        int sum = 0;
        for (int at = 0; at < IdentifyData.BYTES - 1; at++) {
            sum += Mutant.get(frame, AtaHeader.END + at);
        }
        set(frame, AtaHeader.END + IdentifyData.BYTES - 1, -sum);
    }

    // ---- registers, and commands without data ----

    private static List<Mutant> statuses() {
        Requests unsupported = ata(UNSUPPORTED);
        Requests tooFar = ata(READ, AtaHeader.LBA48_MASK - 1, 1);
        return List.of(
                reply(
                        "an unused bit in the status",
                        ata(READ, 0, 1),
                        setting(27, 0x42),
                        "ata.status"),
                reply("sectors left after success", ata(READ, 0, 1), setting(26, 1), "ata.status"),
                reply(
                        "failure without DRDY, as kvblade",
                        tooFar,
                        setting(27, 0x01),
                        "ata.status.ready"),
                reply("failure without a reason", tooFar, setting(25, 0), "ata.status.failure"),
                reply(
                        "unsupported for another reason",
                        unsupported,
                        setting(25, AtaHeader.ERROR_IDNF),
                        "ata.unsupported"),
                reply(
                        "unsupported is an AoE error",
                        unsupported,
                        BAD_ARGUMENT,
                        "ata.unsupported",
                        "ata.unsupported.status",
                        "ata.status.ready",
                        "ata.status.failure"),
                reply("SMART done without doing", ata(AtaCommand.SMART), done(), "ata.smart"));
    }

    private static List<Mutant> commands() {
        return List.of(
                request(
                        "cut registers read on",
                        command(AoeHeader.COMMAND_ATA)
                                .and(request -> request.byteSize() >= 28
                                        && request.byteSize() < AtaHeader.END),
                        frame -> {
                            frame.bytes(60);
                            nothing().accept(frame);
                        },
                        "ata.cut"),
                deaf(
                        "flag A not understood in reads",
                        ata(READ).and(request -> flag(request, AtaHeader.AFLAG_ASYNC)),
                        "ata.flag-async"),
                reply(
                        "flag E wanted",
                        ata(READ).and(request -> !flag(request, AtaHeader.AFLAG_EXTENDED)),
                        ABORT,
                        "ata.flag-extended"),
                reply(
                        "power mode standby",
                        ata(AtaCommand.CHECK_POWER_MODE_OPCODE),
                        setting(26, 0),
                        "power.check"),
                reply(
                        "opcode left in the status, as ggaoed",
                        ata(AtaCommand.FLUSH_CACHE),
                        setting(27, AtaCommand.FLUSH_CACHE),
                        "flush"),
                reply(
                        "FLUSH EXT claimed, not known",
                        ata(AtaCommand.FLUSH_CACHE_EXT),
                        ABORT,
                        "flush.ext"));
    }

    private static boolean flag(MemorySegment request, int aflag) {
        return (AtaHeader.aflags(request, 0) & aflag) != 0;
    }

    private static List<Mutant> features() {
        Requests features = ata(AtaCommand.SET_FEATURES_OPCODE);
        return List.of(
                request(
                        "cache not turned off",
                        features.and(request -> AtaHeader.feature(request, 0)
                                == AtaCommand.FEATURE_WRITE_CACHE_OFF),
                        nothing(),
                        "features.cache-off"),
                request(
                        "cache not turned on",
                        features.and(request ->
                                AtaHeader.feature(request, 0) == AtaCommand.FEATURE_WRITE_CACHE_ON),
                        nothing(),
                        "features.cache-on"),
                reply(
                        "every feature set",
                        features.and(request -> AtaHeader.feature(request, 0) == 0x7e),
                        done(),
                        "features.unknown"));
    }

    // ---- reads ----

    private static List<Mutant> reads() {
        Requests read = ata(READ);
        return List.of(
                deaf("a frame of iPXE dropped", ata(READ, 64, 2), "read.ext"),
                reply(
                        "device bits taken for an address",
                        ata(AtaCommand.READ_SECTORS)
                                .and(request -> AtaHeader.lba48(request, 0) > 0xa000_0000L),
                        registers(AtaHeader.ERROR_IDNF, 0x41),
                        "read.28"),
                reply(
                        "one count read short",
                        read.and(request -> AtaHeader.sectorCount(request, 0) == 5),
                        frame -> frame.bytes(frame.bytes() - 512),
                        "read.counts"),
                reply(
                        "data behind the data",
                        read.and(request -> AtaHeader.sectorCount(request, 0) == 5),
                        frame -> frame.bytes(frame.bytes() + 1),
                        "read.counts"),
                reply(
                        "too many sectors is an AoE error, as vblade",
                        read.and(request -> AtaHeader.sectorCount(request, 0) == MOST + 1),
                        BAD_ARGUMENT,
                        "read.over"),
                reply(
                        "the last sector not readable in 28 bits",
                        ata(AtaCommand.READ_SECTORS, END - 1, 1),
                        ABORT,
                        "read.last"),
                reply("behind the end reads as nothing", ata(READ, END, 1), done(), "read.end"),
                reply(
                        "across the end reads short, as qaoed",
                        ata(READ, END - 1, 2),
                        done(),
                        "read.across"));
    }

    private static List<Mutant> readsBeyond() {
        Requests read = ata(READ);
        return List.of(
                reply(
                        "the highest address wraps",
                        ata(READ, AtaHeader.LBA48_MASK, 1),
                        done(),
                        "read.far"),
                reply(
                        "another error behind the end",
                        ata(READ, END, 2),
                        setting(25, AtaHeader.ERROR_ABRT),
                        "read.end.registers"),
                deaf(
                        "long READs dropped",
                        read.and(request -> request.byteSize() > 1000),
                        "read.filled"),
                deaf(
                        "short READs dropped",
                        ata(READ, 0, 1).and(request -> request.byteSize() == AtaHeader.END),
                        "read.short",
                        "reserve.stranger"),
                reply("nothing read as vblade does", ata(READ, 0, 0), done(), "read.count-0"),
                wire(
                        "READs repeated under one tag dropped",
                        () -> new OncePerTag(READ),
                        "retransmit.read"),
                wire("few READs at once", () -> new SmallQueue(READ), "queue.window"));
    }

    // ---- writes ----

    private static List<Mutant> writes() {
        Requests write = ata(WRITE);
        return List.of(
                reply(
                        "a captured write is not done",
                        write.and(request -> request.byteSize() > 100
                                && (request.get(ValueLayout.JAVA_BYTE, 60) & 0xff) == 0xab),
                        setting(26, 1),
                        "write.ext"),
                reply("WRITE SECTORS not known", ata(AtaCommand.WRITE_SECTORS), ABORT, "write.28"),
                request(
                        "one count written short",
                        write.and(request -> AtaHeader.sectorCount(request, 0) == 7),
                        setting(26, 6),
                        "write.counts"),
                request(
                        "the last sector not written",
                        ata(WRITE, END - 1, 1),
                        nothing(),
                        "write.last",
                        "write.across"),
                reply("behind the end written", ata(WRITE, END, 1), done(), "write.end"),
                both(
                        "across the end written in part",
                        ata(WRITE, END - 1, 2),
                        setting(26, 1),
                        registers(AtaHeader.ERROR_IDNF, 0x41),
                        "write.across"),
                reply(
                        "less data is an AoE error, as vblade",
                        shortOf(2),
                        BAD_ARGUMENT,
                        "write.short-data"),
                both(
                        "less data written as far as it goes",
                        shortOf(2),
                        setting(26, 1),
                        ABORT,
                        "write.short-data.kept"));
    }

    private static List<Mutant> specialWrites() {
        Requests write = ata(WRITE);
        return List.of(
                reply(
                        "too many sectors is an AoE error",
                        shortOf(MOST + 1),
                        BAD_ARGUMENT,
                        "write.over"),
                reply(
                        "exact length wanted, as VoE",
                        write.and(request -> request.byteSize()
                                != AtaHeader.END + 512L * AtaHeader.sectorCount(request, 0)),
                        ABORT,
                        "write.padded"),
                deaf(
                        "flag A not understood in writes",
                        write.and(request -> flag(request, AtaHeader.AFLAG_ASYNC)),
                        "write.flags"),
                reply(
                        "FUA claimed, not known",
                        ata(AtaCommand.WRITE_DMA_FUA_EXT),
                        ABORT,
                        "write.fua"),
                disk("TRIM does nothing", IdleTrim::new, "trim"),
                reply(
                        "TRIM behind the end done",
                        ata(AtaCommand.DATA_SET_MANAGEMENT)
                                .and(request -> TrimRange.lba(request, 0, 1) == END - 1),
                        done(),
                        "trim.end"),
                settings(
                        "read-only",
                        all -> all.withReadOnly(true),
                        "write.taken",
                        "identify.durability"));
    }

    /** Fewer sectors in the frame than that count says. */
    private static Requests shortOf(int count) {
        return ata(WRITE)
                .and(request -> AtaHeader.sectorCount(request, 0) == count
                        && request.byteSize() < AtaHeader.END + 512L * count);
    }

    private static List<Mutant> repetitions() {
        return List.of(
                wire(
                        "a write done before refused",
                        WriteOnce::new,
                        "retransmit.write",
                        "retransmit.same-tag",
                        "write.taken"),
                wire(
                        "WRITEs repeated under one tag dropped",
                        () -> new OncePerTag(WRITE),
                        "retransmit.same-tag"),
                wire("writes executed out of order", SwappedWrites::new, "order.overlapping"),
                wire("few WRITEs at once", () -> new SmallQueue(WRITE), "queue.window.write"));
    }

    /** Takes each tag once. */
    private static final class OncePerTag implements Tamper {
        private final Requests requests;
        private final Set<Integer> tags = new HashSet<>();

        OncePerTag(int opcode) {
            requests = ata(opcode);
        }

        @Override
        public int request(MemorySegment original, Frame frame) {
            boolean known = requests.test(original) && !tags.add(AoeHeader.tag(original, 0));
            return known ? 0 : 1;
        }
    }

    /** Drops what comes while half of the stated buffers are in use. */
    private static final class SmallQueue implements Tamper {
        private final Requests requests;
        private int inFlight;

        SmallQueue(int opcode) {
            requests = ata(opcode);
        }

        @Override
        public int request(MemorySegment original, Frame frame) {
            if (!requests.test(original)) {
                return 1;
            }
            if (inFlight >= 32) {
                return 0;
            }
            inFlight++;
            return 1;
        }

        @Override
        public int reply(MemorySegment request, Frame frame) {
            if (requests.test(request)) {
                inFlight--;
            }
            return 1;
        }
    }

    /** Refuses the bytes that it wrote last. */
    private static final class WriteOnce implements Tamper {
        private byte[] last = {};

        @Override
        public int reply(MemorySegment request, Frame frame) {
            if (ata(WRITE).test(request)) {
                byte[] argument = request.asSlice(AoeHeader.END).toArray(ValueLayout.JAVA_BYTE);
                if (Arrays.equals(argument, last)) {
                    ABORT.accept(frame);
                }
                last = argument;
            }
            return 1;
        }
    }

    /** Of writes that come together the first is done last. */
    private static final class SwappedWrites implements Tamper {
        private @Nullable MemorySegment held;

        @Override
        public int request(MemorySegment original, Frame frame) {
            if (held != null || !ata(WRITE).test(original)) {
                return 1;
            }
            held = original;
            return 0;
        }

        @Override
        public void flush(EthernetPort port) {
            MemorySegment first = held;
            if (first != null) {
                held = null;
                TamperedPort.send(port, first);
            }
        }
    }

    /** TRIM is answered and not done. */
    private static final class IdleTrim extends DeviceDecorator {
        IdleTrim(BlockDevice below) {
            super(below);
        }

        @Override
        public void submit(Io io) {
            if (io.operation() == IoOperation.TRIM) {
                io.complete(IoStatus.OK);
            } else {
                below().submit(io);
            }
        }
    }
}
