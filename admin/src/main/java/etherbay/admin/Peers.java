// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.Clock;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The other nodes of the settings: who of them asks us, and how we ask them. Both sides of a call
 * show a certificate, and each knows the other's to the byte; nothing else is trusted, and nothing
 * is signed by anybody. For any thread; what is listed can change at any time.
 */
public final class Peers {
    /** Nobody else is known. */
    public static final Peers NONE = new Peers("", Optional::empty, new NoClock());

    private final String ownName;
    private final Supplier<Optional<TlsIdentity>> own;
    private final Clock clock;
    private volatile Map<String, PeerSpec> specs = Map.of();

    /**
     * Knows nobody yet.
     *
     * @param ownName of this node; an entry of that name is passed over
     * @param own what this node shows of itself; asked for when it is needed, and may throw
     */
    public Peers(String ownName, Supplier<Optional<TlsIdentity>> own, Clock clock) {
        this.ownName = ownName;
        this.own = own;
        this.clock = clock;
    }

    /** Of {@link #NONE}, which never asks. */
    private static final class NoClock implements Clock {
        @Override
        public long nanoTime() {
            return 0;
        }

        @Override
        public long wallMillis() {
            return 0;
        }
    }

    public String ownName() {
        return ownName;
    }

    /** Knows these from now on, and no others. */
    public void change(List<PeerSpec> all) {
        Map<String, PeerSpec> next = new TreeMap<>();
        all.stream()
                .filter(spec -> !spec.name().equals(ownName))
                .forEach(spec -> next.put(spec.name(), spec));
        specs = next;
    }

    /** In the order of names, without this one. */
    public List<PeerSpec> all() {
        return List.copyOf(specs.values());
    }

    /** One of them; NOT_FOUND when there is none of that name. */
    public PeerSpec find(String name) {
        PeerSpec spec = specs.get(name);
        if (spec == null) {
            boolean isOwn = name.equals(ownName);
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "there is no other node " + EtherbayException.shown(name),
                    isOwn
                            ? "that is this node itself"
                            : "the settings of %s have no [nodes.%s]"
                                    .formatted(ownName, EtherbayException.shown(name)),
                    "see which there are: etherbay node list; docs/admin.md says how one joins");
        }
        return spec;
    }

    /**
     * Asks a node. Nothing is sent yet; one client may be kept and used by any thread, and stays
     * with the address and certificates that were in force when it was made. Its errors are those
     * of {@link ApiClient}: UNAVAILABLE for a node that does not answer in time, DEVIATES for one
     * that shows another certificate than the settings have of it, or one that is not good now,
     * DENIED by one that does not know ours, or does not let nodes do this.
     *
     * @param connect most that it takes to reach it
     * @param answer most that a whole answer takes from then on
     * @throws EtherbayException NOT_FOUND for a node that is not in the settings, INVALID where
     *     this node has no certificate of its own
     */
    public ApiClient client(String name, Duration connect, Duration answer) {
        PeerSpec spec = find(name);
        TlsIdentity shown = own.get()
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.INVALID,
                        "node %s cannot be asked".formatted(spec.name()),
                        "this node has no certificate to show",
                        "name certificate and key in [api]; etherbay node certificate makes them"));
        try {
            return ApiClient.of(new PeerTransport(
                    spec,
                    new TcpTransport(
                            spec.address(),
                            PeerTls.context(shown, spec.certificate(), clock),
                            connect,
                            answer)));
        } catch (GeneralSecurityException failure) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the certificate of [api] cannot be shown to other nodes",
                    String.valueOf(failure.getMessage()),
                    "make another: etherbay node certificate");
        }
    }

    /** The node that is known by this certificate, if there is one. */
    public Optional<PeerSpec> holder(X509Certificate shown) {
        return specs.values().stream()
                .filter(spec -> spec.certificate().isShownBy(shown))
                .findFirst();
    }

    /** Why the certificate of a node is not good now; nothing when it is. */
    public String complaint(PeerSpec spec) {
        return spec.certificate().complaint(clock.wallMillis());
    }
}
