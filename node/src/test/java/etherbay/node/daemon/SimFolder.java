// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import etherbay.base.Prng;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A folder that can crash at any step, and then has what an operating system promises: files whose
 * bytes were synced have them, others any beginning of them; names that were synced are there, a
 * rename that was not may be undone.
 */
final class SimFolder implements DurableFolder {
    /** The machine is gone. */
    static final class Crash extends RuntimeException {}

    /** A file, whatever it is called. */
    private static final class Inode {
        private byte[] bytes = {};
        private byte[] durable = {};
    }

    private final Prng prng;
    private Map<String, Inode> names = new HashMap<>();
    private Map<String, Inode> durableNames = new HashMap<>();
    private int stepsLeft = Integer.MAX_VALUE;
    private boolean syncs = true;
    private boolean fails;

    SimFolder(Prng prng) {
        this.prng = prng;
    }

    /** The crash comes at that step from now; before, within or after what it does. */
    void crashAfter(int steps) {
        stepsLeft = steps;
    }

    /** The bug that the test is to find: nothing is made durable. */
    void neverSyncs() {
        syncs = false;
    }

    /** The disk is full from now on, or no more. */
    void fails(boolean full) {
        fails = full;
    }

    private void step(Runnable action) throws IOException {
        if (fails) {
            throw new IOException("no space left");
        }
        if (--stepsLeft < 0) {
            if (prng.chance(0.5)) {
                action.run();
            }
            throw new Crash();
        }
        action.run();
    }

    /** After a crash: what is left of it all. */
    void restart() {
        stepsLeft = Integer.MAX_VALUE;
        // Names may have become durable by themselves.
        if (prng.chance(0.5)) {
            durableNames = new HashMap<>(names);
        }
        for (Inode inode : durableNames.values()) {
            if (!Arrays.equals(inode.bytes, inode.durable)) {
                inode.durable = Arrays.copyOf(
                        prng.chance(0.2) ? inode.durable : inode.bytes,
                        prng.chance(0.2)
                                ? inode.durable.length
                                : prng.between(0, inode.bytes.length));
            }
            inode.bytes = inode.durable.clone();
        }
        names = new HashMap<>(durableNames);
    }

    @Override
    public Optional<byte[]> read(String name) {
        return Optional.ofNullable(names.get(name)).map(inode -> inode.bytes.clone());
    }

    @Override
    public void write(String name, byte[] bytes) throws IOException {
        step(() -> names.computeIfAbsent(name, _ -> new Inode()).bytes = bytes.clone());
    }

    @Override
    public void sync(String name) throws IOException {
        step(() -> {
            if (syncs) {
                names.get(name).durable = names.get(name).bytes.clone();
            }
        });
    }

    @Override
    public void rename(String from, String to) throws IOException {
        step(() -> names.put(to, names.remove(from)));
    }

    @Override
    public void syncNames() throws IOException {
        step(() -> {
            if (syncs) {
                durableNames = new HashMap<>(names);
            }
        });
    }
}
