// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.base.EthernetPort;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

/**
 * What one initiator asked of one export: plain fields, written and read by the export's loop. Used
 * again for another when it has not been seen for long.
 */
final class InitiatorTraffic {
    final RecentLatency readLatency = new RecentLatency();
    final RecentLatency writeLatency = new RecentLatency();
    long mac;
    long firstMs;
    long lastNs;
    private @Nullable EthernetPort port;
    private String interfaceName = "";
    private long reads;
    private long readBytes;
    private long writes;
    private long writtenBytes;
    private long flushes;
    private long errors;
    private long retransmits;
    private boolean wroteVolatile;
    private boolean flushed;

    /** Counts for another from now on, who has not asked anything yet. */
    void begin(long newMac, long nowMs) {
        mac = newMac;
        firstMs = nowMs;
        port = null;
        reads = 0;
        readBytes = 0;
        writes = 0;
        writtenBytes = 0;
        flushes = 0;
        errors = 0;
        retransmits = 0;
        wroteVolatile = false;
        flushed = false;
    }

    /** A request came in there. A port may have to make its name. */
    void heardBy(EthernetPort heard) {
        if (!heard.equals(port)) {
            port = heard;
            interfaceName = heard.name();
        }
    }

    void repeated() {
        retransmits++;
    }

    /** A read ended. */
    void read(int sectorCount, boolean ok) {
        reads++;
        readBytes += ok ? (long) sectorCount * AtaHeader.SECTOR_BYTES : 0;
        errors += ok ? 0 : 1;
    }

    /** Something else ended. */
    void changed(AtaCommand command, int sectorCount, boolean ok) {
        errors += ok ? 0 : 1;
        switch (command) {
            case WRITE, WRITE_FUA -> {
                writes++;
                writtenBytes += ok ? (long) sectorCount * AtaHeader.SECTOR_BYTES : 0;
                wroteVolatile |= command == AtaCommand.WRITE;
            }
            case FLUSH -> {
                flushes += ok ? 1 : 0;
                flushed = true;
            }
            case READ, TRIM, SET_FEATURES, IDENTIFY, CHECK_POWER_MODE, UNSUPPORTED -> {}
        }
    }

    /** Takes over what another has counted. */
    void add(InitiatorTraffic other) {
        reads += other.reads;
        readBytes += other.readBytes;
        writes += other.writes;
        writtenBytes += other.writtenBytes;
        flushes += other.flushes;
        errors += other.errors;
        retransmits += other.retransmits;
    }

    TrafficView.Sums sums() {
        return new TrafficView.Sums(
                reads, readBytes, writes, writtenBytes, flushes, errors, retransmits);
    }

    TrafficView.Initiator told(long nowNs, long nowMs, LatencySum sum) {
        return new TrafficView.Initiator(
                new MacAddress(mac),
                interfaceName,
                firstMs,
                Math.max(firstMs, nowMs - (nowNs - lastNs) / 1_000_000),
                wroteVolatile && !flushed,
                sums(),
                told(readLatency, nowNs, sum),
                told(writeLatency, nowNs, sum));
    }

    private static TrafficView.Latency told(RecentLatency latency, long nowNs, LatencySum sum) {
        sum.clear();
        latency.addTo(sum, nowNs);
        return sum.told();
    }
}
