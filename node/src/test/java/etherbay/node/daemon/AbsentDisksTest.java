// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.admin.NodeReport;
import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.base.Impairment;
import etherbay.base.PortAddress;
import etherbay.base.SegmentSwitch;
import etherbay.linux.Linux;
import etherbay.node.ExportSpec;
import etherbay.node.Node;
import etherbay.node.NodeOptions;
import etherbay.node.NodeSettings;
import etherbay.target.ExportSettings;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A daemon most of whose exports lie on AoE disks that nobody serves: each is waited for 5 s, as
 * {@code AoeDisks} say.
 */
@Timeout(180)
final class AbsentDisksTest {
    private static final int ABSENT_COUNT = 8;
    private static final long ONE_WAIT_MS = 5_000;
    private static final long DISK_BYTES = 1 << 20;

    @TempDir
    private Path folder;

    private SegmentSwitch segment;
    private final List<String> said = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void startSegment() {
        segment = new SegmentSwitch(
                new SegmentSwitch.Settings(
                        PortAddress.parseUnix(segmentName()), 9000, Impairment.Settings.NONE, 1),
                Linux.clock(),
                new Counters());
        segment.start();
    }

    @AfterEach
    void stopSegment() {
        segment.close();
    }

    private String segmentName() {
        return "unix:" + folder.resolve("segment");
    }

    private Path disk(String name) throws IOException {
        Path path = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        return path;
    }

    private String export(int slot, String path) {
        return "[[export]]\nshelf = 1\nslot = %d\npath = \"%s\"\ninterfaces = [\"%s\"]\n"
                .formatted(slot, path, segmentName());
    }

    private String remote(int slot) {
        return "e9." + slot + "@" + segmentName();
    }

    /** One export that lies on a file, the last of all, and those that nobody serves. */
    private Path config() throws IOException {
        StringBuilder text = new StringBuilder("state = \"" + folder.resolve("state") + "\"\n");
        for (int slot = 0; slot < ABSENT_COUNT; slot++) {
            text.append(export(slot, remote(slot)));
        }
        text.append(export(ABSENT_COUNT, disk("here").toString()));
        return Files.writeString(folder.resolve("etherbay.toml"), text);
    }

    private NodeDaemon start() throws IOException {
        return NodeDaemon.start(
                config(), "1.2.3", new NodeOptions("test", false, Optional.empty()), said::add);
    }

    /** Another node, which serves the first of them. */
    private Node other() throws IOException {
        ExportSpec spec = new ExportSpec(
                ExportSettings.of(9, 0),
                List.of(segmentName()),
                disk("there"),
                Optional.empty(),
                0,
                0);
        return Node.start(
                new NodeSettings(folder.resolve("other"), List.of(), List.of(spec)),
                new NodeOptions("other", false, Optional.empty()),
                line -> {});
    }

    private static long msSince(long beforeNs) {
        return TimeUnit.NANOSECONDS.toMillis(Linux.clock().nanoTime() - beforeNs);
    }

    private int saidAt(String begin) {
        return said.indexOf(said.stream()
                .filter(line -> line.startsWith(begin))
                .findFirst()
                .orElseThrow(() -> new AssertionError(begin + " but " + said)));
    }

    @Test
    void absentDisksAreWaitedForSideBySideWhileTheOthersAreServed() throws Exception {
        long beforeNs = Linux.clock().nanoTime();
        try (Node _ = other();
                NodeDaemon daemon = start()) {
            assertThat(msSince(beforeNs)).isLessThan(2 * ONE_WAIT_MS);
            int absent = saidAt("e1.1: not served: e9.1 does not answer");
            assertThat(saidAt("e1.8: serving")).isLessThan(saidAt("e1.0: serving"));
            assertThat(saidAt("e1.0: serving")).isLessThan(absent);
            assertThat(daemon.report().exports())
                    .filteredOn(export -> export.trouble() != null)
                    .extracting(NodeReport.Export::name)
                    .containsExactly("e1.1", "e1.2", "e1.3", "e1.4", "e1.5", "e1.6", "e1.7");
        }
    }

    /** What is asked for lies on a disk that nobody serves. */
    @Test
    void aReportAPlanAndAStopWaitForNoApply() throws Exception {
        Path file = Files.writeString(
                folder.resolve("etherbay.toml"), "state = \"" + folder.resolve("state") + "\"\n");
        NodeDaemon daemon = NodeDaemon.start(
                file, "1.2.3", new NodeOptions("test", false, Optional.empty()), said::add);
        try (daemon) {
            CountDownLatch begun = new CountDownLatch(1);
            CompletableFuture<Object> apply = CompletableFuture.supplyAsync(() -> {
                begun.countDown();
                return daemon.apply(export(20, remote(0)), "lab", -1);
            });
            assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
            long beforeNs = Linux.clock().nanoTime();
            while (msSince(beforeNs) < 1_000) {
                assertThat(daemon.report().exports()).isEmpty();
                assertThat(daemon.plan("", "nothing")).isEmpty();
                daemon.applied();
            }
            assertThat(msSince(beforeNs)).isLessThan(ONE_WAIT_MS - 2_000);
            assertThat(apply).isNotDone();
            beforeNs = Linux.clock().nanoTime();
            daemon.close();
            assertThat(msSince(beforeNs)).isLessThan(ONE_WAIT_MS - 2_000);
            assertThatThrownBy(() -> apply.get(5, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(EtherbayException.class);
        }
    }

    @Test
    void aReportAndAChangeWaitForNoRetryAndAStopEndsIt() throws Exception {
        CompletableFuture<Integer> retry;
        NodeDaemon daemon = start();
        try (daemon) {
            retry = CompletableFuture.supplyAsync(daemon.node()::retry);
            daemon.report();
            daemon.node().status();
            daemon.plan("", "nothing");
            daemon.apply(export(20, disk("more").toString()), "more", -1);
            assertThat(daemon.report().exports()).hasSize(ABSENT_COUNT + 2);
            assertThat(retry).isNotDone();
            long beforeNs = Linux.clock().nanoTime();
            daemon.close();
            assertThat(msSince(beforeNs)).isLessThan(ONE_WAIT_MS - 1_000);
        }
        assertThat(retry.get(1, TimeUnit.SECONDS)).isEqualTo(ABSENT_COUNT);
    }
}
