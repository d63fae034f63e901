// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Prng;
import etherbay.systest.SectorLedger.Promise;
import etherbay.systest.SectorLedger.Verdict;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * {@code kill -9} of the process that holds a mirror, again and again under writers whose ledgers
 * outlive it. Its targets live on. Needs no root.
 */
@ExtendWith(ReasonInTrace.class)
class MirrorCrashSysTest {
    private static final long DISK_BYTES = 256L << 20;
    private static final int KILL_COUNT = 20;
    private static final int KILL_SHARE = 6;

    /** Every so many kills the next comes only when the legs are the same again. */
    private static final int RECOVER_EVERY = 2;

    private static final int REQUESTS_MAX = 250;
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final int WRITER_COUNT = 3;
    private static final int REGION_SECTORS = 4096;
    private static final long STRIDE_SECTORS = 150_000;
    private static final long SEED = 8;

    @TempDir
    Path folder;

    private final List<SectorLedger> ledgers =
            MirrorLoad.ledgers(WRITER_COUNT, REGION_SECTORS, STRIDE_SECTORS);

    private void judge(Path socket, Promise promise, String when) throws IOException {
        try (NbdLink link = NbdLink.open(socket)) {
            for (SectorLedger ledger : ledgers) {
                Verdict verdict = ledger.judge(link, promise);
                assertThat(verdict.broken())
                        .as(when + ": " + verdict.firstBroken())
                        .isZero();
            }
        }
    }

    private static long regionBytes(long chunkBytes) {
        long chunksOfOne = REGION_SECTORS * (long) SectorLedger.SECTOR_BYTES / chunkBytes + 2;
        return WRITER_COUNT * chunksOfOne * chunkBytes;
    }

    /** Two legs may differ where writes were under way; what was flushed both of them have. */
    @Test
    void whatWasFlushedOutlivesTheProcessThatHeldTheMirror() throws IOException {
        int killCount = Share.of(KILL_SHARE, KILL_COUNT, "kills", getClass());
        Prng prng = new Prng(SEED);
        long copiedMost = 0;
        try (MirrorLab lab = new MirrorLab(folder, 2, DISK_BYTES)) {
            lab.create();
            Daemon attached = lab.attach();
            try {
                for (int kill = 1; kill <= killCount; kill++) {
                    String when = "kill " + kill + " of seed " + SEED;
                    try (MirrorLoad load =
                            MirrorLoad.start(lab.socket(), ledgers, prng.nextLong())) {
                        load.awaitMore(prng.between(1, REQUESTS_MAX), TIMEOUT);
                        attached.close(); // SIGKILL
                        load.awaitEnd();
                        assertThat(load.errors()).as(when).isEmpty();
                    }
                    attached = lab.attach();
                    judge(lab.socket(), Promise.DURABLE, when);
                    if (kill % RECOVER_EVERY == 0) {
                        copiedMost = Math.max(copiedMost, recovered(lab, attached, when));
                    }
                }
                System.out.printf(
                        "kill -9 of a mirror, %d times: at most %d KiB copied%n",
                        killCount, copiedMost >> 10);
                lab.check("stop", MirrorLab.NAME);
                Daemon last = attached;
                Tool.await("its process ends", TIMEOUT, () -> !last.isAlive());
                assertThat(MirrorLegs.superblock(lab.image(0)).isClean()).isTrue();
            } finally {
                attached.close();
            }
        }
    }

    /** @return bytes that it copied */
    private long recovered(MirrorLab lab, Daemon attached, String when) throws IOException {
        attached.awaitLog("the legs in sync are the same again", TIMEOUT);
        assertThat(MirrorLegs.firstDifference(lab.image(0), lab.image(1)))
                .as(when)
                .isNegative();
        judge(lab.socket(), Promise.ACKNOWLEDGED, when + ", what had been read before recovery");
        Map<String, Object> detail = lab.detail();
        long copied = MirrorLab.number(detail, "copied_bytes");
        long most = regionBytes(MirrorLab.number(detail, "chunk_bytes"));
        assertThat(copied).as(when).isPositive().isLessThanOrEqualTo(2 * most);
        return copied;
    }
}
