// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import etherbay.admin.TaskKind;
import etherbay.admin.TaskRun;
import etherbay.base.EtherbayException;
import etherbay.guest.keeper.MoveCheck;
import etherbay.guest.keeper.MoveWatch;
import etherbay.guest.machine.Hypervisor;
import etherbay.guest.machine.Hypervisor.Sending;
import etherbay.linux.Linux;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Moves a guest to another node, as a task: {@code node}, and {@code downtime-ms}, {@code
 * mib-per-second}, {@code slow-down}; with {@code check} it is only looked whether it can be.
 * Cancelled, the guest goes on here; after a restart too, which
 * the keeper sees to.
 */
final class GuestMove implements TaskKind {
    private final Guests guests;

    GuestMove(Guests guests) {
        this.guests = guests;
    }

    @Override
    public String name() {
        return "guest-migrate";
    }

    @Override
    public boolean resumes() {
        return false;
    }

    /** On a thread of its own: what is asked of disks and nodes is not interrupted. */
    @Override
    public void run(TaskRun run) throws InterruptedException {
        Map<String, String> options = run.arguments();
        String name = options.getOrDefault("name", "");
        String node = options.getOrDefault("node", "");
        Sending how = sending(options);
        Watch watch = new Watch(run);
        if (Boolean.parseBoolean(options.getOrDefault("check", "false"))) {
            List<MoveCheck> checks = guests.keeper().checkMove(name, node);
            watch.checked(checks);
            MoveCheck.requireAll(name, node, checks);
            return;
        }
        FutureTask<Boolean> moved = new FutureTask<>(() -> {
            guests.keeper().migrate(name, node, how, watch);
            return true;
        });
        Thread.ofVirtual().name("move " + name).start(moved);
        await(moved, watch);
    }

    private static void await(FutureTask<Boolean> moved, Watch watch) throws InterruptedException {
        boolean cancelled = false;
        while (true) {
            try {
                moved.get();
                return;
            } catch (InterruptedException cancel) {
                watch.aborted = true; // and it is waited for: where the guest is must be known
                cancelled = true;
            } catch (ExecutionException failure) {
                if (cancelled) {
                    throw new InterruptedException("cancelled");
                }
                if (failure.getCause() instanceof EtherbayException known) {
                    throw known;
                }
                throw new IllegalStateException(failure.getCause());
            }
        }
    }

    private static Sending sending(Map<String, String> options) {
        Sending usual = Sending.DEFAULT;
        return new Sending(
                number(options, "downtime-ms", usual.downtimeMs()),
                number(options, "mib-per-second", usual.mibPerSecond()),
                Boolean.parseBoolean(options.getOrDefault("slow-down", "true")),
                false);
    }

    private static long number(Map<String, String> options, String key, long usual) {
        String text = options.get(key);
        if (text == null) {
            return usual;
        }
        try {
            long value = Long.parseLong(text);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException none) {
            // said below
        }
        throw GuestVerbs.invalid(
                key + " = `" + EtherbayException.shown(text) + "` is no number for it",
                "it is a whole number that is not negative");
    }

    private static final class Watch implements MoveWatch {
        private final TaskRun run;
        private volatile boolean aborted;
        private final long beganNs = Linux.clock().nanoTime();

        Watch(TaskRun run) {
            this.run = run;
        }

        @Override
        public void checked(List<MoveCheck> checks) {
            for (MoveCheck check : checks) {
                run.log("%s %s: %s; there: %s"
                        .formatted(
                                check.isRight() ? "right" : "WRONG",
                                check.what(),
                                check.here(),
                                check.there()));
            }
        }

        @Override
        public void at(Step step) {
            long nowNs = Linux.clock().nanoTime();
            run.log("%s after %d ms"
                    .formatted(
                            step.name().toLowerCase(Locale.ROOT), (nowNs - beganNs) / 1_000_000));
        }

        @Override
        public void sent(Hypervisor.Progress progress) {
            run.progress(progress.doneBytes(), progress.totalBytes(), "bytes");
        }

        @Override
        public boolean isAborted() {
            return aborted;
        }
    }
}
