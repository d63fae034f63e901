// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Frame;
import etherbay.base.Loop;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;

/**
 * One question about who may write to a disk, sent by the paths that are up in turn until it is
 * answered or its time is up. Owned by the disk's loop.
 */
abstract class OwnershipQuestion extends Exchange {
    /** A target that has writes to finish first takes its time. */
    private static final long PERIOD_NS_MIN = 50_000_000;

    private final RemoteDisk disk;
    private final Loop loop;
    private final int command;
    private final long deadlineNs;
    private final Consumer<Ownership.Answer> told;

    OwnershipQuestion(
            RemoteDisk disk, int command, long patienceNs, Consumer<Ownership.Answer> told) {
        super(
                disk.address(),
                command,
                disk.initiator().tags(),
                disk.initiator().loop().timers());
        this.disk = disk;
        this.command = command;
        this.told = told;
        loop = disk.initiator().loop();
        deadlineNs = loop.nowNs() + patienceNs;
    }

    /** Bytes of its frame, padding not counted. */
    abstract int messageBytes();

    /** Writes its argument. */
    abstract void fill(MemorySegment memory, long at);

    /** Whom it comes from by that path. */
    MacAddress from(Path path) {
        return disk.source().of(path.port());
    }

    /**
     * What an answer says.
     *
     * @return null when it says nothing that ends the question
     */
    abstract Ownership.@Nullable Answer judge(Frame frame, Path path);

    void ask() {
        begin();
        send();
    }

    /** Goes on with another question; answers to the one before mean nothing any more. */
    void askNext() {
        end();
        ask();
    }

    void stop() {
        if (isOpen()) {
            finish(Ownership.Answer.SILENT);
        }
    }

    private void finish(Ownership.Answer answer) {
        end();
        ended();
        told.accept(answer);
    }

    /** It asks no more, and is about to tell. */
    void ended() {}

    private void send() {
        List<Path> up = disk.paths().up();
        long nowNs = loop.nowNs();
        long waitNs = PERIOD_NS_MIN;
        if (!up.isEmpty()) {
            Path path = up.get(transmissionCount() % up.size());
            Frame frame = path.claim(disk.address(), command, messageBytes());
            if (frame != null) {
                MemorySegment memory = frame.memory();
                long at = frame.at();
                Ethernet.src(memory, at, from(path).bits());
                AoeHeader.tag(memory, at, TagTable.tagOf(transmission(path, 0, 1, nowNs)));
                fill(memory, at);
                path.port().commit(frame);
            }
            waitNs = Math.max(waitNs, path.rtt().timeoutNs(Math.max(transmissionCount(), 1)));
        }
        wakeAt(Math.min(nowNs + waitNs, Math.max(deadlineNs, nowNs)));
    }

    @Override
    void expired() {
        if (loop.nowNs() >= deadlineNs) {
            finish(Ownership.Answer.SILENT);
        } else {
            send();
        }
    }

    @Override
    void answered(Answer answer) {
        Frame frame = answer.frame();
        MemorySegment memory = frame.memory();
        long at = frame.at();
        boolean unknown = AoeHeader.error(memory, at)
                && (AoeHeader.errorCode(memory, at) == AoeHeader.ERROR_COMMAND
                        || AoeHeader.errorCode(memory, at) == AoeHeader.ERROR_VERSION);
        Ownership.Answer said =
                unknown ? Ownership.Answer.UNSUPPORTED : judge(frame, answer.path());
        if (said != null) {
            finish(said);
        }
    }
}
