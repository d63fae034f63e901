// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.BlockDevice;
import etherbay.base.Frame;
import etherbay.base.MacAddress;
import etherbay.scenario.ConformRig.Setup;
import etherbay.scenario.TamperedPort.Tamper;
import etherbay.target.ExportSettings;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A target with one mistake, and exactly the rules that must tell it from a good one: those that
 * fail, and those that report something else.
 *
 * @param setup made anew for each run, since some mistakes have a memory
 */
record Mutant(String name, Supplier<Setup> setup, Set<String> kills) {
    @Override
    public String toString() {
        return name;
    }

    /** Which requests a mistake concerns. */
    interface Requests extends Predicate<MemorySegment> {
        @Override
        default Requests and(Predicate<? super MemorySegment> other) {
            return request -> test(request) && other.test(request);
        }
    }

    static Mutant wire(String name, Supplier<Tamper> tamper, String... kills) {
        return new Mutant(
                name,
                () -> {
                    Tamper own = tamper.get();
                    return Setup.PLAIN.withWire(port -> new TamperedPort(port, own));
                },
                Set.of(kills));
    }

    /** Replies to some requests are altered. */
    static Mutant reply(String name, Requests when, Consumer<Frame> change, String... kills) {
        return wire(
                name,
                () -> new Tamper() {
                    @Override
                    public int reply(MemorySegment request, Frame frame) {
                        if (when.test(request)) {
                            change.accept(frame);
                        }
                        return 1;
                    }
                },
                kills);
    }

    /** Some requests are altered before the target sees them. */
    static Mutant request(String name, Requests when, Consumer<Frame> change, String... kills) {
        return wire(
                name,
                () -> new Tamper() {
                    @Override
                    public int request(MemorySegment original, Frame frame) {
                        if (when.test(original)) {
                            change.accept(frame);
                        }
                        return 1;
                    }
                },
                kills);
    }

    /** Some requests are altered, and their replies look as if they had not been. */
    static Mutant both(
            String name,
            Requests when,
            Consumer<Frame> request,
            Consumer<Frame> reply,
            String... kills) {
        return wire(
                name,
                () -> new Tamper() {
                    @Override
                    public int request(MemorySegment original, Frame frame) {
                        if (when.test(original)) {
                            request.accept(frame);
                        }
                        return 1;
                    }

                    @Override
                    public int reply(MemorySegment original, Frame frame) {
                        if (when.test(original)) {
                            reply.accept(frame);
                        }
                        return 1;
                    }
                },
                kills);
    }

    /** Some requests are not heard. */
    static Mutant deaf(String name, Requests when, String... kills) {
        return wire(
                name,
                () -> new Tamper() {
                    @Override
                    public int request(MemorySegment original, Frame frame) {
                        return when.test(original) ? 0 : 1;
                    }
                },
                kills);
    }

    static Mutant disk(String name, UnaryOperator<BlockDevice> disguise, String... kills) {
        return new Mutant(name, () -> Setup.PLAIN.withDisk(disguise), Set.of(kills));
    }

    static Mutant settings(String name, UnaryOperator<ExportSettings> change, String... kills) {
        return new Mutant(name, () -> Setup.PLAIN.withSettings(change), Set.of(kills));
    }

    // ---- which requests ----

    static Requests command(int command) {
        return request -> AoeHeader.lengthOk(request.byteSize())
                && AoeHeader.command(request, 0) == command
                && !AoeHeader.response(request, 0);
    }

    static Requests config(int subcommand) {
        return command(AoeHeader.COMMAND_CONFIG)
                .and(request -> request.byteSize() >= ConfigHeader.END
                        && ConfigHeader.command(request, 0) == subcommand);
    }

    static Requests ata(int opcode) {
        return command(AoeHeader.COMMAND_ATA)
                .and(request -> request.byteSize() >= AtaHeader.END
                        && AtaHeader.command(request, 0) == opcode);
    }

    static Requests ata(int opcode, long lba, int sectorCount) {
        return ata(opcode)
                .and(request -> AtaHeader.lba48(request, 0) == lba
                        && AtaHeader.sectorCount(request, 0) == sectorCount);
    }

    /** A subcommand of mask (byte 25) or reserve (byte 24). */
    static Requests sub(int command, int at, int subcommand) {
        return command(command)
                .and(request -> request.byteSize() > at
                        && (request.get(ValueLayout.JAVA_BYTE, at) & 0xff) == subcommand);
    }

    static boolean from(MemorySegment request, MacAddress mac) {
        return Ethernet.src(request, 0) == mac.bits();
    }

    // ---- what is done to a frame ----

    static int get(Frame frame, int at) {
        return frame.memory().get(ValueLayout.JAVA_BYTE, frame.at() + at) & 0xff;
    }

    static void set(Frame frame, int at, int value) {
        frame.memory().set(ValueLayout.JAVA_BYTE, frame.at() + at, (byte) value);
    }

    static Consumer<Frame> setting(int at, int value) {
        return frame -> set(frame, at, value);
    }

    /** An AoE refusal. */
    static Consumer<Frame> refusing(int code) {
        return frame -> {
            set(frame, 14, 0x1c);
            set(frame, 15, code);
        };
    }

    /** ATA registers: error and status. */
    static Consumer<Frame> registers(int error, int status) {
        return frame -> {
            set(frame, 25, error);
            set(frame, 27, status);
        };
    }

    /** ATA success without data. */
    static Consumer<Frame> done() {
        return registers(0, AtaHeader.STATUS_DRDY);
    }

    /** Makes the request one that changes nothing and is answered with success. */
    static Consumer<Frame> nothing() {
        return setting(27, AtaCommand.CHECK_POWER_MODE_OPCODE);
    }

    static Consumer<Frame> length(int bytes) {
        return frame -> frame.bytes(bytes);
    }
}
