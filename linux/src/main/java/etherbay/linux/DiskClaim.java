// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.EtherbayException;

import java.lang.foreign.Arena;
import java.nio.file.Path;

/**
 * Keeps other processes from a file or a block device while control code writes to it, in the way
 * that a {@link Disk} does. Nothing is read or written by it. One thread.
 */
public final class DiskClaim implements AutoCloseable {
    private final Arena arena;
    private final DiskFile file;

    @SuppressWarnings("MustBeClosedChecker") // the arena is the claim's, which closes it
    private DiskClaim(Path path, Disk.Options options) {
        arena = Arena.ofShared();
        try {
            file = DiskFile.open(path, options, arena);
        } catch (EtherbayException refused) {
            arena.close();
            throw refused;
        }
    }

    /**
     * From everybody who claims it, mounts among them.
     *
     * @throws EtherbayException CONFLICT when somebody uses it; as {@link Disk#open} else
     */
    public static DiskClaim alone(Path path) {
        return new DiskClaim(path, Disk.Options.DEFAULT);
    }

    /**
     * From whoever uses it as a whole, but not from others who say the same.
     *
     * @throws EtherbayException as {@link #alone}
     */
    public static DiskClaim shared(Path path) {
        return new DiskClaim(path, Disk.Options.DEFAULT.withReadOnly(true).withShared(true));
    }

    @Override
    public void close() {
        file.close();
        arena.close();
    }
}
