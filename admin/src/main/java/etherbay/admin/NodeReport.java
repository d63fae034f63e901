// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.LatencyBounds;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;

/**
 * How a node is at one moment. The records are the API: a field's name is its JSON name, a list is
 * in the order of names, times are milliseconds of the wall clock ({@code ...Ms}), sizes are bytes
 * or sectors of 512 bytes as their names say, an absent value is null.
 *
 * @param generation of the applied settings; grows with each change
 * @param counters by name, since the start
 */
public record NodeReport(
        String name,
        String version,
        long pid,
        long startedMs,
        long atMs,
        String stateFolder,
        long generation,
        List<Export> exports,
        List<Interface> interfaces,
        List<Rogue> rogues,
        List<Disk> disks,
        List<Mirror> mirrors,
        List<Volume> volumes,
        List<Peer> peers,
        List<Guest> guests,
        Map<String, Long> counters) {

    public NodeReport {
        exports = List.copyOf(exports);
        interfaces = List.copyOf(interfaces);
        rogues = List.copyOf(rogues);
        disks = List.copyOf(disks);
        mirrors = List.copyOf(mirrors);
        volumes = List.copyOf(volumes);
        peers = List.copyOf(peers);
        guests = List.copyOf(guests);
        counters = Map.copyOf(counters);
    }

    /** Why something that is wanted is not there. */
    public record Trouble(String code, String message, String cause, String correction) {}

    /**
     * Requests that ended since the start, and how long the latest took.
     *
     * @param errors requests that ended with an error of the disk
     * @param flushes FLUSHes that ended well
     */
    public record Traffic(
            long reads,
            long readBytes,
            long writes,
            long writtenBytes,
            long flushes,
            long errors,
            Latency readLatency,
            Latency writeLatency) {
        public static final Traffic NONE =
                new Traffic(0, 0, 0, 0, 0, 0, Latency.NONE, Latency.NONE);
    }

    /**
     * Of the requests that ended in the last ten seconds, in microseconds from the arrival of the
     * frame to its answer; zeroes for none.
     */
    public record Latency(long count, long p50Us, long p99Us, long p999Us, long maxUs) {
        public static final Latency NONE = new Latency(0, 0, 0, 0, 0);
    }

    /**
     * All requests that ended since the start, by how long they took.
     *
     * @param counts of those that took at most {@link LatencyBounds#US}, and not the bound before;
     *     last, of those that took longer than any; empty when nothing is counted
     * @param sumUs of all
     */
    public record Times(List<Long> counts, long sumUs) {
        public static final Times NONE = new Times(List.of(), 0);

        public Times {
            counts = List.copyOf(counts);
        }
    }

    /**
     * A disk that is served.
     *
     * @param origin "file" for one of the settings file, "applied"
     * @param queued requests at the disk or waiting for it
     * @param retransmits frames that had been asked before
     * @param initiators who has used it since the start, the latest 64
     * @param trouble null while it is served
     */
    public record Export(
            String name,
            String origin,
            String backing,
            long sectors,
            boolean writeCache,
            boolean readOnly,
            boolean traceIo,
            boolean syncFailed,
            long queued,
            long retransmits,
            List<String> warnings,
            List<Place> interfaces,
            Access access,
            List<Initiator> initiators,
            Traffic traffic,
            Times readTimes,
            Times writeTimes,
            @Nullable Trouble trouble) {}

    /** An export on an interface. */
    public record Place(String name, int payloadBytes, boolean up) {}

    /** Who gets in; null for a list that is not given. */
    public record Access(List<String> deny, @Nullable List<String> accept, String policy) {}

    /**
     * An initiator of an export.
     *
     * @param neverFlushes whether it wrote and has not sent a FLUSH since the start
     */
    public record Initiator(
            String mac,
            String interfaceName,
            long firstMs,
            long lastMs,
            boolean neverFlushes,
            long retransmits,
            Traffic traffic) {}

    /**
     * An interface that is used.
     *
     * @param dropped frames that the kernel had no room for
     */
    public record Interface(String name, String mac, int mtu, boolean up, long dropped) {}

    /** Another box that serves one of our addresses. */
    public record Rogue(
            String export,
            String interfaceName,
            String theirs,
            String ours,
            long firstMs,
            long lastMs,
            long frames) {}

    /**
     * An AoE disk that this node uses.
     *
     * @param state "up", "silent", "sought", "fenced"
     * @param nbd where it is offered, or null
     */
    public record Disk(
            String name,
            String origin,
            String state,
            long sectors,
            @Nullable String nbd,
            List<Path> paths,
            @Nullable Trouble trouble) {}

    /**
     * A way to a disk.
     *
     * @param requests frames for data that were sent by it
     * @param retransmits of those that were sent again, for want of an answer
     */
    public record Path(
            String interfaceName,
            String mac,
            String state,
            long rttUs,
            int window,
            long requests,
            long retransmits) {}

    /**
     * A mirror that this node holds.
     *
     * @param state in the words of {@code etherbay mirror detail}
     * @param dirtyBytes that the bitmap marks
     * @param progress of the pass that is under way, or null
     * @param nbd where it is offered, or null
     */
    public record Mirror(
            String name,
            String origin,
            String state,
            long sectors,
            int legCount,
            int inSyncCount,
            long dirtyBytes,
            String epoch,
            String owner,
            boolean bitmap,
            List<Leg> legs,
            @Nullable Progress progress,
            @Nullable String nbd,
            @Nullable Trouble trouble) {}

    /**
     * A leg of a mirror.
     *
     * @param standing "in sync", "recovering", "spare", "faulty", "trouble", "missing"
     * @param host that serves it, as far as it is known; empty for this machine
     */
    public record Leg(
            String name, int slot, String standing, String why, long sinceMs, String host) {}

    /**
     * A pass over a mirror.
     *
     * @param what "resync", "recover", "check", "repair"
     * @param etaSeconds negative while it is unknown
     */
    public record Progress(
            String what, long doneBytes, long totalBytes, long bytesPerSecond, long etaSeconds) {}

    /** A logical volume that this node offers. */
    public record Volume(
            String name,
            String origin,
            long sectors,
            @Nullable String nbd,
            @Nullable Trouble trouble) {}

    /**
     * Another node that the settings name, as it was when it was asked last.
     *
     * @param state "up", "silent", "stranger" (it shows another certificate than it should),
     *     "refuses" (it does not know this node), "sought" (it was not asked yet)
     * @param health its own word, or null while it is not up
     * @param version of its program, or null while it is not up
     * @param sinceMs it is in this state
     * @param answeredMs last time; 0 for never
     * @param certificateEndsMs what it has to show is good so long
     * @param trouble null while it is up
     */
    public record Peer(
            String name,
            String address,
            String state,
            @Nullable String health,
            @Nullable String version,
            long sinceMs,
            long answeredMs,
            long certificateEndsMs,
            @Nullable Trouble trouble) {}

    /**
     * A virtual machine that this node knows of.
     *
     * @param state "running", "paused", "stopped", "off", "leaving", "arriving", "handed",
     *     "recovering", "elsewhere", "broken"; "starting" while it is to run and does not yet
     * @param place the node that has it, where that is another one; else nothing
     * @param wanted "running", "paused", "stopped"
     * @param mirror its disk
     * @param epoch of the disk's owner that is known last
     * @param nics what each is plugged into
     * @param console the Unix socket of its serial console on this node; nothing while it has none
     */
    public record Guest(
            String name,
            String state,
            String place,
            String wanted,
            String machine,
            long cpuCount,
            long memoryMib,
            String mirror,
            long epoch,
            List<String> nics,
            String console,
            @Nullable Trouble trouble) {
        public Guest {
            nics = List.copyOf(nics);
        }
    }
}
