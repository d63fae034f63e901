// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.Loop;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;

/**
 * A disk or volume that a node uses besides its exports, on the same loop and under the same
 * claims: with an export of the node it may share a disk, with another process not. Opened and
 * closed by control code; in between it belongs to the loop.
 */
public final class NodeDisk implements AutoCloseable {
    private static final Logger LOG = System.getLogger(NodeDisk.class.getName());

    /** As many requests at once as an export has by default. */
    private static final int QUEUE_LENGTH = 64;

    private final Loop loop;
    private final LoopCalls calls;
    private final Backing backing;

    private NodeDisk(Loop loop, LoopCalls calls, Backing backing) {
        this.loop = loop;
        this.calls = calls;
        this.backing = backing;
    }

    /** Opens it; see {@link LocalDisk#open}. */
    static NodeDisk open(NodeParts parts, String owner, BackingName name, LocalDisk.Options how) {
        Backing backing = Backing.open(
                new Backing.Wish(
                        owner,
                        name,
                        how.readOnly() || name.takesNoWrites(),
                        how.directIo(),
                        QUEUE_LENGTH,
                        0,
                        0),
                parts.shared().backings());
        parts.calls().run(backing::attach);
        return new NodeDisk(parts.shared().loop(), parts.calls(), backing);
    }

    public Loop loop() {
        return loop;
    }

    /** The way to that loop. */
    public LoopAccess access() {
        return calls;
    }

    /** For the loop's thread. */
    public BlockDevice device() {
        return backing.device();
    }

    /** What was opened, as a person knows it. */
    @Override
    public String toString() {
        return backing.toString();
    }

    /**
     * Lets go of it when nothing is under way any more; nobody asks it by now. Waits for that as
     * long as for an export.
     */
    @Override
    public void close() {
        CompletableFuture<Boolean> quiet = calls.later(done -> {
            backing.hurry();
            backing.device().quiesce(() -> done.complete(true));
        });
        if (!calls.await(quiet, NodeChange.STOP_TIMEOUT_S)) {
            backing.bar();
            LOG.log(
                    Level.ERROR,
                    "{0} did not finish what is in flight within {1} s: see what is wrong with it,"
                            + " then restart the node",
                    backing,
                    NodeChange.STOP_TIMEOUT_S);
            return;
        }
        calls.run(backing::detach);
        backing.release();
    }
}
