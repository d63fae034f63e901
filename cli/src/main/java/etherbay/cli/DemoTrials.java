// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.cli.DemoConsole.Written;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What is done to the guest, to its disk and to its host while it writes, and what the records of
 * its writer say of it. One thread.
 */
final class DemoTrials {
    /** Written after each trial, and while a leg is away, to see that the guest goes on. */
    private static final int RECORDS = 10;

    private static final Duration SYNC_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration RELEASE_TIMEOUT = Duration.ofMinutes(1);

    /** What the console of a guest that was killed has printed is read within this. */
    private static final Duration LAST_WORDS = Duration.ofMillis(100);

    /** Of an image: LVM's and md's own, which differ, and nothing of the guest's. */
    private static final long HEAD_BYTES = 8L << 20;

    private static final int CHUNK_BYTES = 1 << 20;

    private final DemoLab lab;
    private final Duration bootTimeout;

    /** @param bootTimeout from the start of a guest to its first record */
    DemoTrials(DemoLab lab, Duration bootTimeout) {
        this.lab = lab;
        this.bootTimeout = bootTimeout;
    }

    DemoSeen migrate(int from, int to) {
        DemoNode source = lab.node(from);
        DemoNode destination = lab.node(to);
        List<Written> before = lab.console().written();
        source.run("guest", "migrate", DemoLab.GUEST, destination.name());
        lab.awaitRecords(RECORDS);
        Map<?, ?> mirror = lab.mirror(destination);
        requireWhole(mirror);
        long copied = DemoLab.number(mirror, "copied_bytes");
        if (copied != 0) {
            throw DemoRun.wrong(
                    "a move copied something of the disk", copied + " bytes were resynced");
        }
        return seen(before, copied, "runs on " + destination.name() + ", both legs in sync");
    }

    private DemoSeen seen(List<Written> before, long copied, String words) {
        List<Written> all = lab.console().written();
        DemoGap gap = DemoGap.of(all.subList(before.size() - 1, all.size()));
        return DemoSeen.of(words)
                .with(DemoSeen.GUEST_GAP_MS, gap.guestMs())
                .with(DemoSeen.OUTSIDE_GAP_MS, gap.outsideMs())
                .with(DemoSeen.RESYNCED_BYTES, copied)
                .with(DemoSeen.ERROR_COUNT, lab.console().errors().size());
    }

    private static void requireWhole(Map<?, ?> mirror) {
        if (!isWhole(mirror)) {
            throw DemoRun.wrong("a leg of the mirror is missing", String.valueOf(mirror));
        }
    }

    private static boolean isWhole(Map<?, ?> mirror) {
        return mirror.get("progress") == null
                && DemoLab.number(mirror, "good_copies") == DemoLab.number(mirror, "raid_devices");
    }

    /** The node of one leg dies under the writer, and gets what it lacks when it is back. */
    DemoSeen loseStorage() {
        DemoNode host = lab.node(3);
        DemoNode victim = lab.node(1);
        List<Written> before = lab.console().written();
        long copiedBefore = DemoLab.number(lab.mirror(host), "copied_bytes");
        long killedNs = System.nanoTime();
        victim.kill();
        DemoLab.until("a leg is missed", SYNC_TIMEOUT, () -> !isWhole(lab.mirror(host)));
        int goneAt = lab.console().written().size();
        lab.awaitRecords(RECORDS);
        victim.start();
        victim.await();
        int backAt = lab.console().written().size();
        long awayMs = Duration.ofNanos(System.nanoTime() - killedNs).toMillis();
        DemoLab.until("both legs are in sync", SYNC_TIMEOUT, () -> isWhole(lab.mirror(host)));
        lab.awaitRecords(RECORDS);
        Map<?, ?> mirror = lab.mirror(host);
        long copied = DemoLab.number(mirror, "copied_bytes") - copiedBefore;
        if (copied <= 0 || copied >= DemoLab.number(mirror, "sectors") * 512) {
            throw DemoRun.wrong(
                    "not what the leg lacked was copied",
                    copied + " bytes were, of " + mirror.get("sectors") + " sectors");
        }
        return seen(
                        before,
                        copied,
                        "away %.1f s, %d records meanwhile; back in sync by itself"
                                .formatted(awayMs / 1000.0, backAt - goneAt))
                .with("storageAwayMs", awayMs);
    }

    /**
     * The host dies with the guest, which is recovered elsewhere: all that it ever called written
     * is there.
     */
    DemoSeen loseHost() {
        DemoNode host = lab.node(4);
        lab.pullPlug(lab.node(3));
        DemoLab.pause(LAST_WORDS);
        DemoConsole console = lab.console();
        List<Written> before = console.written();
        console.begin();
        long copiedBefore = host.copyingBytes();
        host.run("guest", "recover", DemoLab.GUEST);
        lab.awaitRecords(RECORDS, bootTimeout);
        List<Written> after =
                console.written().subList(before.size(), console.written().size());
        long foundCount = requireAll(before, console.found(), after.getFirst().number());
        DemoGap.of(after); // none is missing since
        long gapMs = (after.getFirst().seenNs() - before.getLast().seenNs()) / 1_000_000;
        requireWhole(lab.mirror(host));
        // Not copied_bytes, which counts since the last epoch: a recovery takes two.
        long copied = host.copyingBytes() - copiedBefore;
        return DemoSeen.of("started anew; all %d acknowledged records found".formatted(foundCount))
                .with(DemoSeen.OUTSIDE_GAP_MS, gapMs)
                .with(DemoSeen.RESYNCED_BYTES, copied)
                .with(DemoSeen.ERROR_COUNT, console.errors().size())
                .with("recordCount", foundCount);
    }

    /**
     * That all records are there which must be: those called written, but for the ones whose slots
     * newer ones have taken, among them one that may have been under way.
     *
     * @param found by the new run, before it wrote
     * @param first that the new run wrote
     * @return how many were found that had to be
     */
    static long requireAll(List<Written> before, Map<Long, String> found, long first) {
        long last = before.getLast().number();
        if (first != last + 1 && first != last + 2) {
            throw DemoRun.wrong(
                    "the recovered guest does not go on where it was",
                    "it wrote record %d next; the last before was %d".formatted(first, last));
        }
        List<Written> wanted = before.stream()
                .filter(record -> record.number() > last + 1 - DemoWriter.SLOTS)
                .toList();
        wanted.forEach(record -> {
            if (!record.sum().equals(found.get(record.number()))) {
                throw DemoRun.wrong(
                        "record %d is lost or changed".formatted(record.number()),
                        "its sum was %s, and is now %s"
                                .formatted(record.sum(), found.get(record.number())));
            }
        });
        return wanted.size();
    }

    /** The host that died comes back and lets the guest go; then the disks are compared. */
    DemoSeen compare() {
        DemoNode back = lab.node(3);
        DemoNode host = lab.node(4);
        List<Written> before = lab.console().written();
        back.start();
        back.await();
        DemoLab.until(
                "node3 lets the guest go",
                RELEASE_TIMEOUT,
                () -> back.guests().stream().anyMatch(guest -> guest.place().equals(host.name())));
        host.run("mirror", "check", DemoLab.GUEST);
        lab.awaitRecords(RECORDS);
        DemoSeen seen = seen(before, 0, "");
        host.run("guest", "stop", DemoLab.GUEST);
        long bytes = requireSame();
        DemoSeen told = DemoSeen.of(
                "mirror check: no difference; guest stopped, %d MiB of both disks compared"
                        .formatted(bytes >> 20));
        return new DemoSeen(told.words(), seen.measured()).with("comparedBytes", bytes);
    }

    /** Both images, but for their heads. */
    private long requireSame() {
        try (RandomAccessFile one =
                        new RandomAccessFile(DemoRun.image(lab.node(1)).toFile(), "r");
                RandomAccessFile other =
                        new RandomAccessFile(DemoRun.image(lab.node(2)).toFile(), "r")) {
            byte[] ours = new byte[CHUNK_BYTES];
            byte[] theirs = new byte[CHUNK_BYTES];
            for (long at = HEAD_BYTES; at < one.length(); at += CHUNK_BYTES) {
                one.seek(at);
                other.seek(at);
                one.readFully(ours);
                other.readFully(theirs);
                int differs = Arrays.mismatch(ours, theirs);
                if (differs >= 0) {
                    throw DemoRun.wrong(
                            "the two disks of the mirror differ",
                            "at byte %d of their images".formatted(at + differs));
                }
            }
            return one.length() - HEAD_BYTES;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
