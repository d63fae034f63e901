// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.EtherbayException;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.RemoteDisk;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * An AoE disk that {@link RemoteDisks} look for: absent until its target answers, which may be long
 * after. What becomes of it once it was found it tells itself ({@code BlockDevice.State}). What it
 * is may be asked from any thread.
 */
public final class SoughtDisk {
    /** Hears how a search ends, once. On the loop of the disks; it does not block. */
    public interface Listener {
        /** For whoever asks, or waits. */
        Listener NONE = new Listener() {
            @Override
            public void found(RemoteDisk disk) {}

            @Override
            public void refused(EtherbayException why) {}
        };

        /** It answers, and can be used from now on. */
        void found(RemoteDisk disk);

        /** It answers, and must not be used: two targets with different disks have its address. */
        void refused(EtherbayException why);
    }

    private final DiskAddress address;
    private final List<String> interfaces;
    private final CompletableFuture<RemoteDisk> search = new CompletableFuture<>();

    SoughtDisk(DiskAddress address, List<String> interfaces) {
        this.address = address;
        this.interfaces = List.copyOf(interfaces);
    }

    public DiskAddress address() {
        return address;
    }

    /** Where it is looked for, as they were named. */
    public List<String> interfaces() {
        return interfaces;
    }

    /** The disk; empty while nobody has answered for it, and when it must not be used. */
    public Optional<RemoteDisk> found() {
        return search.isDone() && !search.isCompletedExceptionally()
                ? Optional.of(search.join())
                : Optional.empty();
    }

    /** Why it must not be used; empty while that is not known. */
    public Optional<EtherbayException> refusal() {
        return search.isCompletedExceptionally()
                        && search.exceptionNow() instanceof EtherbayException why
                ? Optional.of(why)
                : Optional.empty();
    }

    /** Completes on the loop. */
    CompletableFuture<RemoteDisk> search() {
        return search;
    }

    @Override
    public String toString() {
        return address + " by " + String.join(", ", interfaces);
    }
}
