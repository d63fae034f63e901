// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.NodeReport.Interface;
import etherbay.admin.NodeReport.Progress;
import etherbay.admin.NodeReport.Rogue;
import etherbay.admin.Role;
import etherbay.admin.http.Tokens;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** {@code status} and {@code doctor}. */
final class StatusCommandTest extends ApiVerbCase {
    @Test
    void aNodeThatIsWellIsSaidSoInTwoLines() {
        assertThat(run("status")).as(err.toString()).isZero();
        assertThat(lines())
                .containsExactly(
                        "node1 is healthy; up 60 s, version 0.1.0, generation 1 of the applied"
                                + " settings",
                        "1 export, 0 disks, 0 mirrors, 0 volumes");
    }

    @Test
    void theLastGoodCopyStandsOnTopAndEachReasonWithItsCorrection() {
        node.mirrors = List.of(
                MadeUpNode.mirror(new Progress("recover", 250, 1000, 10, 75), "recovering"));
        parts.watch().look();
        assertThat(run("status")).isEqualTo(DEVIATES);
        assertThat(lines())
                .containsExactly(
                        "ONE GOOD COPY is left of mirror vm1: the next failure loses data",
                        "node1 is at-risk; up 60 s, version 0.1.0, generation 1 of the applied"
                                + " settings",
                        "  at-risk: mirror vm1: one good copy is left, on e1.0: e2.0 is recovering"
                                + " for 60 s [ONE_GOOD_COPY]",
                        "    do: keep the good leg running; how far it is: etherbay task list",
                        "  resyncing: mirror vm1: recover at 25 %, 75 s left [MIRROR_RESYNCING]",
                        "    do: wait; follow it with: etherbay mirror detail vm1",
                        "1 export, 0 disks, 1 mirror, 0 volumes",
                        "task t1 mirror-recover of mirror vm1: running, 25 % of 1.00K bytes,"
                                + " 75 s left");
    }

    @Test
    void asJsonItIsOneDocument() {
        node.mirrors = List.of(MadeUpNode.mirror(null, "faulty"));
        parts.watch().look();
        assertThat(run("status", "--json")).isEqualTo(DEVIATES);
        assertThat(document().get("name")).isEqualTo("node1");
        assertThat(((Map<?, ?>) document().get("health")).get("word")).isEqualTo("at-risk");
        assertThat(document().get("counts").toString()).contains("mirrors={count=1, troubled=0}");
    }

    @Test
    void withoutADaemonItIsSaidHowOneIsStarted() {
        end();
        assertThat(run("status")).isEqualTo(8);
        assertThat(err.toString())
                .contains("no daemon answers at " + folder.resolve("run/api.sock"))
                .contains("systemctl start etherbay")
                .contains("etherbay node run -c FILE");
    }

    @Test
    void anotherNodeNeedsAToken() throws IOException {
        String[] node = {"status", "--node", "https://node2:8443", "--token-file", "/none"};
        assertThat(Main.commandLine()
                        .setErr(new PrintWriter(err))
                        .execute("status", "--node", "https://node2:8443"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--node needs --token-file");
        assertThat(Main.commandLine().setErr(new PrintWriter(err)).execute(node))
                .isEqualTo(4);
        Files.writeString(folder.resolve("token"), "eb_00\n");
        node[2] = "http://node2:8443";
        node[4] = folder.resolve("token").toString();
        assertThat(Main.commandLine().setErr(new PrintWriter(err)).execute(node))
                .isEqualTo(3);
        assertThat(err.toString()).contains("a token does not go over a network in plain text");
    }

    @Test
    void overTcpATokenSaysWhoAsksAndWhatHeMay() throws IOException {
        Path token = folder.resolve("viewer.token");
        Files.writeString(token, new Tokens(folder.resolve("tokens")).create("v", Role.VIEWER));
        assertThat(runRemote(token, "status")).as(err.toString()).isZero();
        assertThat(lines()).hasSize(2);
        assertThat(runRemote(token, "trace", "e0.0", "--on")).isEqualTo(7);
        assertThat(node.asked).isEmpty();
        Files.writeString(token, "eb_00");
        assertThat(runRemote(token, "status")).isEqualTo(7);
    }

    @Test
    void theDoctorFindsNothingOnANodeThatIsWell() {
        assertThat(run("doctor")).isZero();
        assertThat(lines())
                .hasSize(DoctorCheck.values().length)
                .allMatch(it -> it.startsWith("ok"));
    }

    @Test
    void theDoctorFindsWhatHasHappenedToo() {
        node.interfaces = List.of(new Interface("eth0", "02:00:00:00:00:01", 1500, true, 12));
        node.rogues = List.of(new Rogue("e0.0", "eth0", "02:00:00:00:00:66", "us", 0, 0, 5));
        node.exports = List.of(MadeUpNode.export("e0.0", MadeUpNode.traffic(1000), 100));
        parts.watch().look();
        assertThat(run("doctor")).isEqualTo(DEVIATES);
        assertThat(lines().stream().filter(it -> it.startsWith("BAD")))
                .containsExactly(
                        "BAD  nobody else serves our addresses",
                        "BAD  frames are large, and everywhere the same",
                        "BAD  the kernel had room for every frame",
                        "BAD  at most 1 % of the requests were asked again");
        assertThat(lines())
                .contains("     warning: export e0.0: 6.7 % of its requests were asked again"
                        + " [RETRANSMITS]");
        assertThat(lines().stream().filter(it -> it.contains(" do: "))).hasSize(4);
    }

    @Test
    void theDoctorSaysThatThereIsNoDaemon() {
        end();
        assertThat(run("doctor", "--json")).isEqualTo(8);
        assertThat(out.toString()).contains("\"DAEMON_SILENT\"").contains("\"ok\":false");
    }
}
