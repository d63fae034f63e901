// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.BlockDevice;
import etherbay.base.Check;
import etherbay.base.Counters;
import etherbay.base.EthernetPort;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.OrderedDevice;
import etherbay.base.ReadOnlyDevice;
import etherbay.base.SectorDevice;
import etherbay.base.Timers;

import org.jspecify.annotations.Nullable;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * One disk at one address: a {@link BlockDevice} that speaks AoE. Owned by one loop, that of its
 * device and of all ports which serve it; {@link Target} brings the frames.
 *
 * <p>The device is put under a write cache ({@link WriteCache}) over one that keeps overlapping
 * requests in order, over 512-byte sectors, over read-only where the settings say so. The export
 * owns it from then on.
 */
public final class Export implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Export.class.getName());

    /** A failed sync must be on record before a restart; its disk may be the one that fails. */
    private static final long RECORD_RETRY_NS = 10_000_000_000L;

    private static final int RECORD_ATTEMPT_COUNT_MAX = 1000;

    private final Loop loop;
    private final ExportCounters counters;
    private final Replies replies;
    private final LongSupplier random;
    private final WriteCache device;
    private final Gate gate;
    private final IoReport report;
    private final Identity identity;
    private final ConfigAnswer configAnswer;
    private final AtaRequests ata;
    private final StateChanges changes;
    private final ExportFrames frames;
    private final Timers.Timer recordTimer;
    private final Io lastFlush = new Io(1);
    private ExportSettings settings;
    private Access access;
    private ExportState told;
    private @Nullable FrameTrace trace;
    private Runnable announcement = () -> {};
    private int recordAttemptCount;
    private boolean stopping;

    /**
     * An export that answers once a {@link Target} brings it frames.
     *
     * @param device any device of this loop
     * @param records the state is in force, and durable in the store, from the first frame on
     */
    public Export(
            Loop loop,
            Counters counters,
            ExportSettings settings,
            BlockDevice device,
            ExportRecords records) {
        this.settings = settings;
        this.loop = loop;
        this.counters = new ExportCounters(counters, settings);
        access = new Access(settings.access());
        replies = new Replies(settings);
        random = records.random();
        told = records.state();
        this.device = stack(device);
        gate = new Gate(told);
        identity = new Identity();
        configAnswer = new ConfigAnswer(replies, settings, told);
        report = new IoReport(settings.name(), this.counters, loop, records.writeLog());
        ata = new AtaRequests(this, this.device, gate, report);
        changes = new StateChanges(
                records, gate, this.counters, ata::whenChangesDone, this::stateChanged);
        frames = new ExportFrames(this, loop, gate, ata, changes);
        recordTimer = loop.timers().timer(this::recordFailedSync);
        this.device.listen(new DeviceListener());
        refreshIdentity();
        warnAtStart();
    }

    private WriteCache stack(BlockDevice given) {
        BlockDevice allowed = settings.readOnly() ? new ReadOnlyDevice(given) : given;
        BlockDevice ordered = allowed.capabilities().logicalBlockBytes() == BlockDevice.SECTOR_BYTES
                ? new OrderedDevice(allowed, 1)
                : SectorDevice.over(allowed);
        WriteCache cache = new WriteCache(ordered, loop, settings.writeCache(), this::syncFailed);
        if (told.syncFailed()) {
            cache.latch();
        }
        return cache;
    }

    private void warnAtStart() {
        if (told.syncFailed()) {
            warn("an earlier sync failed: writes are refused until its state is cleared by hand");
        } else if (!device.capabilities().readOnly()) {
            if (!device.capabilities().flush()) {
                warn("the disk cannot flush: how durable its writes are is not known");
            } else if (settings.writeCache()) {
                info("the write cache is on: writes are durable after a FLUSH, or about a second");
            }
        }
    }

    /** The decisions of its owner. */
    public ExportSettings settings() {
        return settings;
    }

    /** The state in force. On the loop's thread. */
    public ExportState state() {
        return changes.state();
    }

    /** Sectors that initiators see. */
    public long sectors() {
        return device.sectors();
    }

    /** Whether a write is acknowledged before it is durable, right now. */
    public boolean cacheOn() {
        return device.isOn();
    }

    /** Whether a failed sync has ended all writing. */
    public boolean syncFailed() {
        return device.isLatched();
    }

    /** Whether its disk takes no writes, whatever the settings say. */
    public boolean readOnly() {
        return device.capabilities().readOnly();
    }

    /** Requests at the disk or waiting for it. */
    public int inFlightCount() {
        return ata.inFlightCount();
    }

    /**
     * What was asked of it since it was first served, by whom, and how fast it answered lately. A
     * value; costs the loop a few microseconds for each of {@link #initiatorCount}. On its thread.
     */
    public TrafficView traffic() {
        loop.checkOwner();
        return report.traffic().view();
    }

    /** Initiators of which {@link #traffic} tells. */
    public int initiatorCount() {
        return report.traffic().initiatorCount();
    }

    /** Measures latency with histograms from there; before the first frame. */
    void measure(LatencyPool latencies) {
        report.traffic().measure(latencies);
    }

    /** Most sectors of one request that comes in at {@code port}; 0 while its MTU carries none. */
    public int sectorsMax(EthernetPort port) {
        return AtaRequests.sectorsMax(settings, port.mtu());
    }

    ExportCounters counters() {
        return counters;
    }

    Identity identity() {
        return identity;
    }

    ConfigAnswer configAnswer() {
        return configAnswer;
    }

    /**
     * Changes the durable state from this machine, in turn with what the wire asks. On the loop's
     * thread.
     *
     * @param done hears, on the loop's thread, whether the new state is durable and in force
     */
    public void change(UnaryOperator<ExportState> change, StateStore.SaveDone done) {
        changes.submitAlways(new LocalRequest(change, done));
    }

    /** Where frames for this export go. */
    ExportFrames frames() {
        return frames;
    }

    /** Whether it answers nothing any more. */
    boolean isStopping() {
        return stopping;
    }

    Access access() {
        return access;
    }

    Replies replies() {
        return replies;
    }

    // ---- settings ----

    /**
     * Goes over to other decisions of its owner while it serves. What is in flight ends under the
     * former ones. A write cache that is turned off becomes durable; initiators whom it concerns
     * are told. On the loop's thread.
     *
     * @param next differs only in what {@link ExportSettings#appliesLive} allows
     */
    public void apply(ExportSettings next) {
        loop.checkOwner();
        Check.that(settings.appliesLive(next), "what needs another export is not applied live");
        ExportSettings before = settings;
        settings = next;
        if (!before.access().equals(next.access())) {
            access = new Access(next.access());
        }
        if (before.writeCache() != next.writeCache()) {
            device.switchTo(next.writeCache());
            device.submit(new Io(1).prepare(IoOperation.FLUSH, 0, 0).then(_ -> {}));
        }
        showFrames();
        configAnswer.refresh(next, told);
        refreshIdentity();
        boolean seenOtherwise = !before.access().equals(next.access())
                || before.broadcast() != next.broadcast()
                || before.sectorsMax() != next.sectorsMax();
        if (seenOtherwise) {
            announcement.run();
        }
    }

    /** Who is shown the frames of this export whenever its settings say so; null for nobody. */
    public void traceTo(@Nullable FrameTrace newTrace) {
        trace = newTrace;
        showFrames();
    }

    private void showFrames() {
        FrameTrace shown = settings.traceIo() ? trace : null;
        replies.trace(shown);
        frames.trace(shown);
    }

    /** Takes the place of {@code former}, which has stopped; before the first frame. */
    void succeed(Export former) {
        ata.succeed(former.ata);
    }

    // ---- beacons ----

    /** What to run when initiators should hear of this export anew; set by {@link Target}. */
    void onAnnounce(Runnable announce) {
        announcement = announce;
    }

    /** Tells all who may know of this export that it is there, over one port. */
    void announce(EthernetPort port) {
        if (!stopping && sectorsMax(port) > 0) {
            tell(port, destination -> configAnswer.sendBeacon(port, destination));
        }
    }

    /** Tells the same, over one port, that it stops and is back within that time. */
    void announceAway(EthernetPort port, int withinMs) {
        tell(port, destination -> configAnswer.sendAway(port, destination, withinMs));
    }

    /**
     * Says something to all who may know of it.
     *
     * @param say to one address; false when there is no frame for it
     */
    private void tell(EthernetPort port, Predicate<MacAddress> say) {
        if (!port.linkUp()) {
            return;
        }
        List<MacAddress> masks = state().masks();
        if (settings.broadcast() || (access.discoveredByOthers() && masks.isEmpty())) {
            count(say.test(MacAddress.BROADCAST));
            return;
        }
        for (MacAddress mac : masks.isEmpty() ? access.discoverers() : masks) {
            boolean discovers = (access.rights(mac.bits()) & Access.DISCOVER) != 0;
            if (discovers && gate.answers(mac.bits())) {
                count(say.test(mac));
            }
        }
    }

    private void count(boolean said) {
        if (!said) {
            counters.droppedNoFrame.increment();
        }
    }

    private final class DeviceListener implements BlockDevice.Listener {
        @Override
        public void resized(BlockDevice resized, long sectorsBefore) {
            refreshIdentity();
            if (resized.sectors() < sectorsBefore) {
                counters.shrunk.increment();
                warn("the disk shrank from %d to %d sectors: requests beyond its end are refused"
                        .formatted(sectorsBefore, resized.sectors()));
            } else {
                info("the disk has %d sectors, before %d"
                        .formatted(resized.sectors(), sectorsBefore));
            }
            announcement.run();
        }
    }

    // ---- state ----

    void switchCache(boolean on) {
        if (device.isOn() != on) {
            device.switchTo(on);
            refreshIdentity();
            info("an initiator turned the write cache " + (on ? "on" : "off"));
        }
    }

    private void refreshIdentity() {
        identity.refresh(settings, device, told, device.isOn());
    }

    private void stateChanged() {
        ExportState now = changes.state();
        String news = StateNews.of(told, now);
        if (!news.isEmpty()) {
            info(news);
        }
        told = now;
        configAnswer.refresh(settings, now);
        refreshIdentity();
    }

    private void syncFailed(IoStatus status) {
        String name = settings.name();
        LOG.log(Level.ERROR, "{0}: a sync failed ({1}); writes may be lost", name, status);
        warn("writes and FLUSHes are refused until it is cleared by hand and reopened");
        recordFailedSync();
    }

    private void recordFailedSync() {
        change(state -> state.withFailedSync(random), stored -> {
            if (!stored && !stopping && recordAttemptCount++ < RECORD_ATTEMPT_COUNT_MAX) {
                warn("the failed sync could not be recorded; a restart would not know of it");
                recordTimer.at(loop.nowNs() + RECORD_RETRY_NS);
            }
        });
    }

    // ---- end ----

    /**
     * Answers nothing new, ends what is in flight, flushes, and records a clean stop if that
     * worked. The device is left open. On the loop's thread, and so is {@code stopped}.
     */
    public void stop(Runnable stopped) {
        Check.that(!stopping, "an export stops once");
        stopping = true;
        recordTimer.cancel();
        device.quiesce(() -> device.submit(
                lastFlush.prepare(IoOperation.FLUSH, 0, 0).then(io -> flushed(io, stopped))));
    }

    private void flushed(Io io, Runnable stopped) {
        device.end();
        boolean clean = io.status().isOk() || device.capabilities().readOnly();
        UnaryOperator<ExportState> change =
                clean ? ExportState::stoppedCleanly : UnaryOperator.identity();
        change(change, stored -> stopped.run());
    }

    /** Closes the device; blocks as that does. After {@link #stop}. */
    @Override
    public void close() {
        Check.that(stopping, "an export is stopped before it is closed");
        device.close();
    }

    private void info(String text) {
        LOG.log(Level.INFO, "{0}: {1}", settings.name(), text);
    }

    private void warn(String text) {
        LOG.log(Level.WARNING, "{0}: {1}", settings.name(), text);
    }
}
