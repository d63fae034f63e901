// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this machine says about itself. */
public final class Linux {
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final Clock CLOCK = new SystemClock();

    /**
     * About a tenth of the weight of a loop (sched_prio_to_weight): work goes on, but behind it.
     */
    private static final int NICENESS_BESIDE_A_LOOP = 10;

    /** The least that kernels take: enough for the frames of a batch. */
    private static final long SLICE_OF_A_LOOP_NS = 100_000;

    private static final class SystemClock implements Clock {
        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public long wallMillis() {
            return System.currentTimeMillis();
        }
    }

    private Linux() {}

    /** The machine's time; {@link Clock#nanoTime} is the kernel's CLOCK_MONOTONIC. */
    public static Clock clock() {
        return CLOCK;
    }

    /**
     * Lets other threads come first from now on, for the calling thread and those that it starts:
     * of the threads of a process only the calling one is meant by 0, setpriority(2). A short slice
     * that it has from a thread that {@linkplain #comeSoon comes soon} ends. For work
     * beside a loop that serves; nothing where the process gives way that much already.
     */
    public static void giveWay() {
        Slice.set(0);
        giveWay(0);
    }

    /**
     * Lets the JIT compilers of this process give way from now on, as {@link #giveWay} does for a
     * thread: for a loop that is warm, beside which code that runs now and then would be compiled
     * at its expense. They cannot be made to come first again by those who are not root.
     */
    public static void compilersGiveWay() {
        CompilerThreads.ids().forEach(Linux::giveWay);
    }

    /** Everybody may become nicer; a thread that has ended meanwhile need not. */
    private static void giveWay(int threadId) {
        if (Libc.getpriority(Constants.PRIO_PROCESS, threadId) < NICENESS_BESIDE_A_LOOP) {
            Libc.setpriority(Constants.PRIO_PROCESS, threadId, NICENESS_BESIDE_A_LOOP);
        }
    }

    /**
     * Lets the calling thread come soon after it wakes, also before one that runs, and run for
     * little at a time: for a loop that serves, where compiler, collector or other programs want
     * the same core. Kernels before 6.12 change nothing.
     */
    public static void comeSoon() {
        Slice.set(SLICE_OF_A_LOOP_NS);
    }

    /** A number that is new with every boot of the kernel: 36 characters. */
    public static String bootId() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (IOException unreadable) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "cannot read the boot id of this machine",
                    BOOT_ID + ": " + unreadable,
                    "mount /proc: mount -t proc proc /proc");
        }
    }

    /**
     * The result of a call that fails only where limits or a sandbox are in the way; else throws.
     */
    static int expect(int result, String call) {
        if (result < 0) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "the kernel refused " + call,
                    Errno.name(-result),
                    "check the limits of this process (ulimit -a) and its sandbox (seccomp)");
        }
        return result;
    }
}
