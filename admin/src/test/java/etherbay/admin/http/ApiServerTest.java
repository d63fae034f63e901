// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.FakeNode;
import etherbay.admin.Role;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Requests over both ways in, against a node that is made up. */
@Timeout(60)
final class ApiServerTest {
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

    @ParameterizedTest
    @CsvSource({
        "/api/v1, \"product\":\"etherbay\"",
        "/api/v1, \"role\":\"admin\"",
        "/api/v1/, \"product\":\"etherbay\"",
        "/api/v1/report, \"stateFolder\":\"state\"",
        "/api/v1/health, \"word\":\"healthy\"",
        "/api/v1/exports/e0.0, \"backing\":\"disk.img\"",
        "/api/v1/mirrors/vm1, \"inSyncCount\":2",
        "/api/v1/volumes, vg/lv",
        "/api/v1/tasks, []",
        "/metrics, etherbay_export_reads_total"
    })
    void everythingThatCanBeReadIsRead(String path, String expected) throws IOException {
        RawAnswer answer = lab.unix("GET", path, "");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains(expected);
        assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(answer.header("Content-Security-Policy")).contains("frame-ancestors 'none'");
    }

    @Test
    void whoTookFramesStandsInTheAuditLog() throws IOException {
        assertThat(lab.unix("GET", "/api/v1/exports/e0.0/pcap?seconds=2", "").status())
                .isEqualTo(200);
        assertThat(lab.tcp("GET", "/api/v1/exports/e0.0/pcap", "", lab.token(Role.VIEWER))
                        .status())
                .isEqualTo(403);
        assertThat(lab.parts().audit().latest(10))
                .extracting(it -> it.verb() + " " + it.object() + " " + it.after())
                .containsExactly("GET pcap export e0.0 ", "GET pcap export e0.0 frames of 2.0 s");
        assertThat(lab.parts().audit().latest(10).getFirst().result()).startsWith("refused");
    }

    /** Another change came before this one was answered. */
    @Test
    void anApplyAnswersTheGenerationThatItMade() throws IOException {
        lab.parts().watch().listen((before, now) -> lab.node().generation = 77);
        RawAnswer answer = lab.unix("PUT", "/api/v1/settings", "# other\n");
        assertThat(answer.text()).contains("\"generation\":2");
    }

    @Test
    void tasksOfAnyNumberAreAnsweredWithinABound() throws Exception {
        for (int count = 0; count < 60; count++) {
            lab.failTask("k" + count, "x".repeat(100_000));
        }
        RawAnswer answer = lab.unix("GET", "/api/v1/tasks", "");
        assertThat(answer.body().length).isBetween(3 << 20, 4 << 20);
        assertThat(answer.text()).startsWith("[{\"id\":\"t60\"");
    }

    @Test
    void theSocketIsForUserAndGroupAndAStaleOneMakesRoom() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(lab.socket())))
                .isEqualTo("rw-rw----");
    }

    @Test
    void aCallerOverTcpNeedsAToken() throws IOException {
        assertThat(lab.tcp("GET", "/api/v1/report", "", "").status()).isEqualTo(401);
        assertThat(lab.tcp("GET", "/api/v1/report", "", "eb_wrong").status()).isEqualTo(401);
        assertThat(lab.tcp("GET", "/api/v1/report", "", lab.token(Role.VIEWER)).status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"VIEWER, viewer", "OPERATOR, operator", "ADMIN, admin"})
    void aCallerIsToldItsRole(Role role, String word) throws IOException {
        assertThat(lab.tcp("GET", "/api/v1", "", lab.token(role)).text())
                .contains("\"role\":\"%s\"".formatted(word));
    }

    @ParameterizedTest
    @CsvSource({
        "VIEWER, POST, /api/v1/exports/e0.0/trace, 403",
        "OPERATOR, POST, /api/v1/exports/e0.0/trace, 200",
        "OPERATOR, POST, /api/v1/mirrors/vm1/check, 200",
        "OPERATOR, POST, /api/v1/mirrors/vm1/remove, 403",
        "OPERATOR, PUT, /api/v1/settings, 403",
        "ADMIN, POST, /api/v1/mirrors/vm1/remove, 200"
    })
    void aRoleMayDoWhatItMay(Role role, String method, String path, int status) throws IOException {
        String body = path.endsWith("trace") ? "{\"on\":true}" : "{}";
        RawAnswer answer = lab.tcp(method, path, body, lab.token(role));
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(lab.node().asked).hasSize(status == 200 ? 1 : 0);
        assertThat(lab.parts().audit().latest(1).getFirst().result())
                .startsWith(status == 200 ? "done" : "refused: DENIED");
    }

    /** Frames hold what stands on the disk: whoever may see how a node is may not see that. */
    @ParameterizedTest
    @CsvSource({"VIEWER, 403", "OPERATOR, 403", "ADMIN, 200"})
    void onlyAnAdminGetsFrames(Role role, int status) throws IOException {
        RawAnswer answer = lab.tcp("GET", "/api/v1/exports/e0.0/pcap", "", lab.token(role));
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.text().equals("pcap")).isEqualTo(status == 200);
    }

    @Test
    void settingsAreAppliedOnlyOverWhatWasSeen() throws IOException {
        RawAnswer seen = lab.unix("GET", "/api/v1/settings", "");
        assertThat(seen.header("ETag")).isEqualTo("\"1\"");
        assertThat(lab.unix(
                                "PUT",
                                "/api/v1/settings",
                                "# new\n",
                                "If-Match: \"1\"",
                                "Etherbay-Reason: night shift")
                        .text())
                .contains("\"generation\":2");
        assertThat(lab.unix("PUT", "/api/v1/settings", "# newer\n", "If-Match: \"1\"")
                        .status())
                .isEqualTo(409);
        assertThat(lab.node().settings).isEqualTo("# new\n");
        var entries = lab.parts().audit().latest(2);
        assertThat(entries.getFirst().result()).startsWith("refused: CONFLICT");
        assertThat(entries.getLast().reason()).isEqualTo("night shift");
        assertThat(entries.getLast().before())
                .startsWith("sha256:")
                .isNotEqualTo(entries.getLast().after());
        assertThat(lab.parts().audit().verify()).isEqualTo(2);
    }

    /** The caller would make it again, or look for a mistake. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PUT | /api/v1/settings | # new | \"generation\":2",
                "POST | /api/v1/exports/e0.0/trace | {\"on\":true} | \"name\":\"e0.0\"",
                "POST | /api/v1/mirrors/vm1/check | {} | check has begun"
            })
    void aChangeThatWasMadeIsToldSoThoughTheNodeCannotBeLookedAt(
            String method, String path, String body, String told) throws IOException {
        lab.node().isMute = true;
        RawAnswer answer = lab.unix(method, path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.text()).contains(told);
        assertThat(lab.node().asked).hasSize(1);
        assertThat(lab.parts().audit().latest(1).getFirst().result()).isEqualTo("done");
    }

    @Test
    void settingsAndTheirGenerationAreOneAnswerAndNoLookAtTheNode() throws IOException {
        lab.node().isMute = true;
        RawAnswer seen = lab.unix("GET", "/api/v1/settings", "");
        assertThat(seen.status()).isEqualTo(200);
        assertThat(seen.header("ETag")).isEqualTo("\"1\"");
        assertThat(seen.text()).isEqualTo(FakeNode.SETTINGS);
    }

    @Test
    void anErrorOfTheNodeIsToldWithCauseAndCorrection() throws IOException {
        RawAnswer answer = lab.unix("PUT", "/api/v1/settings", "wrong");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text())
                .isEqualTo("{\"code\":\"INVALID\",\"message\":\"line 1 is wrong\","
                        + "\"cause\":\"it says so\",\"correction\":\"write it right\"}");
    }

    @Test
    void aBugIsToldWithoutWhatItWas() throws IOException {
        RawAnswer answer = lab.unix("PUT", "/api/v1/settings", "bug");
        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.text()).contains("INTERNAL").doesNotContain("secret");
        assertThat(lab.parts().audit().latest(1).getFirst().result()).startsWith("failed");
    }

    @Test
    void whatIsNotThereAndWhatIsAskedWrongly() throws IOException {
        assertThat(lab.unix("GET", "/api/v1/exports/e9.9", "").status()).isEqualTo(404);
        assertThat(lab.unix("GET", "/api/v2/report", "").status()).isEqualTo(404);
        RawAnswer wrong = lab.unix("DELETE", "/api/v1/settings", "");
        assertThat(wrong.status()).isEqualTo(405);
        assertThat(wrong.header("Allow")).isEqualTo("GET, PUT");
        assertThat(lab.unix("GET", "/api/v1/report?x=1", "").status()).isEqualTo(400);
        assertThat(lab.unix("GET", "/api/v1/events?limit=many", "").status()).isEqualTo(400);
    }

    @Test
    void framesComeAsTheyAreAndTheirAbsenceIsAnError() throws IOException {
        RawAnswer frames = lab.unix("GET", "/api/v1/exports/e0.0/pcap?seconds=2.5", "");
        assertThat(frames.text()).isEqualTo("pcap");
        assertThat(frames.header("Content-Type")).isEqualTo("application/vnd.tcpdump.pcap");
        assertThat(lab.unix("GET", "/api/v1/exports/e0.0/pcap?seconds=0", "").status())
                .isEqualTo(503);
    }

    @Test
    void theConsoleIsForAnybodyAndComesOnce() throws IOException {
        RawAnswer first = lab.tcp("GET", "/console/lib/preact.module.js", "", "");
        assertThat(first.status()).isEqualTo(200);
        assertThat(first.header("Content-Type")).startsWith("text/javascript");
        RawAnswer again = lab.tcp(
                "GET",
                "/console/lib/preact.module.js",
                "",
                "",
                "If-None-Match: " + first.header("ETag"));
        assertThat(again.status()).isEqualTo(304);
        RawAnswer packed =
                lab.tcp("GET", "/console/lib/uPlot.min.css", "", "", "Accept-Encoding: gzip");
        assertThat(packed.header("Content-Encoding")).isEqualTo("gzip");
        assertThat(packed.header("ETag")).endsWith("-gz\"");
        assertThat(lab.tcp("GET", "/", "", "").header("Location")).isEqualTo("/console/");
    }
}
