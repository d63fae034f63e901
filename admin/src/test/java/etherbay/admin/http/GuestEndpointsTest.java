// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.Reports;
import etherbay.admin.Role;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;

/** What people do to guests, and what is for other nodes alone. */
final class GuestEndpointsTest {
    @TempDir
    private Path folder;

    private ApiLab lab;

    @BeforeEach
    void start() throws IOException {
        lab = new ApiLab(folder);
        lab.node().parts = Reports.healthy()
                .guests(
                        Reports.guest("vm1", "running", null),
                        Reports.guest("vm2", "elsewhere", null));
        lab.parts().watch().look();
        lab.registerGuestTasks();
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    @Test
    void guestsAreListedAndFoundByName() throws IOException {
        assertThat(lab.unix("GET", "/api/v1/guests", "").text()).contains("vm1", "vm2");
        assertThat(lab.unix("GET", "/api/v1/guests/vm2", "").text()).contains("elsewhere", "node2");
        assertThat(lab.unix("GET", "/api/v1/guests/vm3", "").status()).isEqualTo(404);
    }

    @Test
    void aVerbReachesTheNodeAndTheAuditLog() throws IOException {
        assertThat(lab.unix(
                                "POST",
                                "/api/v1/guests/vm1/recover",
                                "{\"force\":true}",
                                "Etherbay-Reason: node2 burnt")
                        .status())
                .isEqualTo(200);
        assertThat(lab.node().asked).contains("recover guest vm1 {force=true}");
        assertThat(lab.unix("GET", "/api/v1/audit", "").text())
                .contains("guest vm1", "node2 burnt", "running");
        assertThat(lab.unix("POST", "/api/v1/guests/vm3/start", "{}").status()).isEqualTo(404);
        assertThat(lab.unix("POST", "/api/v1/guests/vm1/explode", "{}").status())
                .isEqualTo(404);
    }

    @Test
    void aMoveIsATask() throws IOException {
        assertThat(lab.unix("POST", "/api/v1/guests/vm1/migrate", "{\"node\":\"node2\"}")
                        .text())
                .contains("guest-migrate", "guest vm1");
        assertThat(lab.unix("POST", "/api/v1/guests", "{}").text()).contains("has no name");
        assertThat(lab.unix("POST", "/api/v1/guests", "{\"name\":\"vm9\",\"password\":\"secret\"}")
                        .text())
                .contains("guest-create")
                .doesNotContain("secret");
        assertThat(lab.unix("GET", "/api/v1/audit", "").text())
                .contains("vm9")
                .doesNotContain("secret");
    }

    @Test
    void whoMaySeeDoesNotActAndNobodySpeaksForANode() throws IOException {
        String viewer = lab.token(Role.VIEWER);
        String operator = lab.token(Role.OPERATOR);
        String admin = lab.token(Role.ADMIN);
        assertThat(lab.tcp("GET", "/api/v1/guests", "", viewer).status()).isEqualTo(200);
        assertThat(lab.tcp("POST", "/api/v1/guests/vm1/stop", "{}", viewer).status())
                .isEqualTo(403);
        assertThat(lab.tcp("POST", "/api/v1/guests/vm1/stop", "{}", operator).status())
                .isEqualTo(200);
        assertThat(lab.tcp("POST", "/api/v1/guests/vm1/delete", "{}", operator).status())
                .isEqualTo(403);
        assertThat(lab.tcp("POST", "/api/v1/peer/guests/vm1/abandon", "{}", operator)
                        .status())
                .isEqualTo(403);
        assertThat(lab.tcp("POST", "/api/v1/peer/guests/vm1/abandon", "{}", admin)
                        .text())
                .contains("asked by other nodes only");
    }
}
