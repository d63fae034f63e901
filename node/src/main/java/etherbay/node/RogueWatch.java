// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Clock;
import etherbay.base.EthernetPort;
import etherbay.base.MacAddress;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is known of boxes that answer for an address which we serve: told in the log when they begin
 * and every ten minutes while they go on, shown in the node's status until they are silent for as
 * long. Bounded, whatever addresses a hostile segment makes up. On the loop.
 */
final class RogueWatch {
    private static final Logger LOG = System.getLogger(RogueWatch.class.getName());

    /** More boxes than that are a flood of made-up addresses; they are still counted. */
    static final int ROGUE_COUNT_MAX = 64;

    private static final long REPEAT_MS = 600_000;

    /** At most one line a second, however many boxes there are. */
    private static final long LOG_MS_MIN = 1_000;

    /**
     * A box that serves one of our addresses.
     *
     * @param theirs its address
     * @param ours that of our port at the time
     * @param firstMs wall clock, when it was first heard
     * @param lastMs when it was last heard
     * @param frameCount what it said since
     */
    record Rogue(
            String interfaceName,
            Address address,
            MacAddress theirs,
            MacAddress ours,
            long firstMs,
            long lastMs,
            long frameCount) {}

    private record Key(String interfaceName, int shelf, int slot, long mac) {}

    private static final class Entry {
        private MacAddress ours;
        private final long firstMs;
        private long lastMs;
        private long toldMs = Long.MIN_VALUE;
        private long frameCount;

        Entry(MacAddress ours, long nowMs) {
            this.ours = ours;
            firstMs = nowMs;
        }
    }

    private final Clock clock;
    private final Map<Key, Entry> entries = new LinkedHashMap<>();
    private long loggedMs = Long.MIN_VALUE;

    RogueWatch(Clock clock) {
        this.clock = clock;
    }

    /** A frame of {@code mac} for an address that we serve on that port. */
    void heard(EthernetPort port, int shelf, int slot, long mac) {
        long nowMs = clock.wallMillis();
        Key key = new Key(port.name(), shelf, slot, mac);
        Entry entry = entries.get(key);
        if (entry == null) {
            if (entries.size() == ROGUE_COUNT_MAX) {
                return;
            }
            entry = new Entry(port.mac(), nowMs);
            entries.put(key, entry);
        }
        entry.ours = port.mac();
        entry.lastMs = nowMs;
        entry.frameCount++;
        boolean due = entry.toldMs == Long.MIN_VALUE || nowMs - entry.toldMs >= REPEAT_MS;
        if (due && (loggedMs == Long.MIN_VALUE || nowMs - loggedMs >= LOG_MS_MIN)) {
            entry.toldMs = nowMs;
            loggedMs = nowMs;
            tell(key, entry);
        }
    }

    private static void tell(Key key, Entry entry) {
        LOG.log(
                Level.WARNING,
                "{0}: another box serves this address on {1}: {2} answers for it, and we do as {3};"
                        + " an initiator takes the two for one disk and mixes their data:"
                        + " stop one of them or give it another address",
                new Address(key.shelf(), key.slot()),
                key.interfaceName(),
                new MacAddress(key.mac()),
                entry.ours);
    }

    /** Those heard in the last ten minutes, in the order in which they began. */
    List<Rogue> rogues() {
        return entries.entrySet().stream()
                .map(known -> new Rogue(
                        known.getKey().interfaceName(),
                        new Address(known.getKey().shelf(), known.getKey().slot()),
                        new MacAddress(known.getKey().mac()),
                        known.getValue().ours,
                        known.getValue().firstMs,
                        known.getValue().lastMs,
                        known.getValue().frameCount))
                .toList();
    }

    /** Forgets who has been silent for ten minutes. */
    void forgetSilent() {
        long nowMs = clock.wallMillis();
        entries.values().removeIf(entry -> nowMs - entry.lastMs >= REPEAT_MS);
    }

    /** Forgets what was heard on an interface that we leave. */
    void forget(String interfaceName) {
        entries.keySet().removeIf(key -> key.interfaceName().equals(interfaceName));
    }
}
