// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.AuditLog;
import etherbay.admin.Caller;
import etherbay.admin.Role;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Callers who ask for more than anybody needs. */
@Timeout(120)
final class FloodTest {
    @TempDir
    private Path folder;

    private ApiLab lab;

    @BeforeEach
    void start() {
        lab = new ApiLab(folder);
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    private List<String> results() {
        List<String> results = new ArrayList<>();
        lab.parts().audit().latest(1000).forEach(it -> results.add(it.who() + " " + it.result()));
        return results;
    }

    @Test
    void whoIsRefusedAllTheTimeGetsAFewLinesAMinuteAndOneThatCountsTheRest() throws IOException {
        String viewer = lab.token(Role.VIEWER);
        for (int count = 0; count < 60; count++) {
            assertThat(lab.tcp("POST", "/api/v1/mirrors/vm1/check", "{}", viewer)
                            .status())
                    .isEqualTo(403);
        }
        assertThat(results()).hasSize(10);
        // Another caller is not held to it, and what is done always has its line.
        assertThat(lab.unix("POST", "/api/v1/mirrors/none/check", "{}").status())
                .isEqualTo(404);
        for (int count = 0; count < 20; count++) {
            assertThat(lab.unix("POST", "/api/v1/mirrors/vm1/check", "{}").status())
                    .isEqualTo(200);
        }
        assertThat(results()).hasSize(31);
        lab.turn(61_000);
        assertThat(results()).hasSize(32);
        assertThat(results().getFirst())
                .startsWith("test-VIEWER refused: 50 more of the same minute")
                .contains("DENIED");
        lab.turn(61_000);
        assertThat(results()).hasSize(32);
        assertThat(lab.tcp("POST", "/api/v1/mirrors/vm1/check", "{}", viewer).status())
                .isEqualTo(403);
        assertThat(results()).hasSize(33);
        assertThat(lab.parts().audit().verify()).isEqualTo(33);
    }

    @Test
    void whatWasLeftOutIsSaidAtTheEnd() throws IOException {
        for (int count = 0; count < 15; count++) {
            lab.unix("POST", "/api/v1/mirrors/none/check", "{}");
        }
        lab.close();
        try (AuditLog log = AuditLog.open(folder.resolve("state"), lab.node())) {
            assertThat(log.latest(1).getFirst().result()).contains("5 more of the same minute");
            assertThat(log.verify()).isEqualTo(11);
        }
        lab = new ApiLab(folder);
    }

    /** Large answers wait in the heap until they are read. */
    @Test
    void whoReadsSlowlyDoesNotFillTheHeapNorKeepOutTheOtherWayIn() throws IOException {
        Caller eva = new Caller("eva", Role.ADMIN, "unix", "r".repeat(1000));
        AuditLog.Change change = new AuditLog.Change(
                "v".repeat(1000), "o".repeat(1000), "b".repeat(1000), "a".repeat(1000), "done");
        for (int count = 0; count < 700; count++) {
            lab.parts().audit().add(eva, change);
        }
        String path = "/api/v1/audit?limit=10000";
        try (SocketChannel slow = SocketChannel.open(UnixDomainSocketAddress.of(lab.socket()))) {
            slow.write(ByteBuffer.wrap(
                    ApiLab.request("GET", path, "").getBytes(StandardCharsets.US_ASCII)));
            slow.read(ByteBuffer.allocate(16));
            RawAnswer refused = lab.unix("GET", path, "");
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.text()).contains("\"code\":\"UNAVAILABLE\"");
            assertThat(lab.unix("GET", "/api/v1/report", "").status()).isEqualTo(200);
            assertThat(lab.tcp("GET", path, "", lab.token(Role.VIEWER)).status())
                    .isEqualTo(200);
        }
        RawAnswer answer = lab.unix("GET", path, "");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text().length()).isGreaterThan(3 << 20);
    }
}
