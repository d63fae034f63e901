// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Debian's aoetools, each in a namespace of its own. */
@ExtendWith(ReasonInTrace.class)
class AoeToolsSysTest {
    private static final int DISK_BYTES = 8 << 20;

    @TempDir
    Path folder;

    @ParameterizedTest
    // Not VBLADE: its answers are shorter than 60 bytes, which a veth does not pad and aoetools
    // drop.
    @CsvSource({"ETHERBAY, 1500", "ETHERBAY, 9000"})
    void aoetoolsFindReadAndClaimTheDisk(AoeServer server, int mtu) throws IOException {
        Path image = folder.resolve("disk");
        Files.write(image, new byte[DISK_BYTES]);
        try (NetLab lab = new NetLab(mtu)) {
            NetLab.Node target = lab.node("target");
            AoeTools tools = new AoeTools(lab.node("client"));
            try (Capture capture = Capture.start(target, folder.resolve("aoe.pcap"));
                    Daemon daemon = server.start(target, 1, 0, image)) {
                pingFinds(tools, target.mac());
                configIsClaimed(tools);
                sancheckMeasures(tools, mtu);
                assertThat(daemon.isAlive()).isTrue();
                capture.assertAllWellFormed(target.mac());
            }
        }
    }

    private static void pingFinds(AoeTools tools, String mac) {
        Tool.Outcome found = tools.ping(1, 0, "-v", "-i");
        assertThat(found.exitCode()).as(found.text()).isZero();
        assertThat(found.text()).contains("found e1.0 with mac " + mac.replace(":", ""));
        assertThat(identifyWord(found.text(), 60) + (identifyWord(found.text(), 61) << 16))
                .as("sectors by IDENTIFY words 60-61")
                .isEqualTo(DISK_BYTES / 512);
        assertThat(identifyWord(found.text(), 83) & 1 << 10).as("LBA48").isNotZero();
        assertThat(tools.ping(1, 1).exitCode()).as("nobody is e1.1").isNotZero();
    }

    /** aoeping -i ends with the 512 bytes of IDENTIFY in hex, 16 in a line, low byte first. */
    private static int identifyWord(String text, int word) {
        String[] bytes = text.substring(text.lastIndexOf("device identify response:"))
                .lines()
                .skip(1)
                .reduce("", (all, line) -> all + " " + line)
                .strip()
                .split("\\s+", -1);
        assertThat(bytes).hasSize(512);
        return Integer.parseInt(bytes[2 * word], 16)
                | Integer.parseInt(bytes[2 * word + 1], 16) << 8;
    }

    private static void configIsClaimed(AoeTools tools) {
        assertThat(tools.config("read", "")).isEmpty();
        assertThat(tools.config("set", "node1:disk0")).isEqualTo("node1:disk0");
        assertThat(tools.config("read", "")).isEqualTo("node1:disk0");
        assertThat(tools.config("test", "node1:disk0")).isEqualTo("node1:disk0");
        assertThat(tools.config("test", "node1")).as("test wants all of it").isEmpty();
        assertThat(tools.config("prefix", "node1")).isEqualTo("node1:disk0");
        assertThat(tools.config("set", "node2:mine")).isEqualTo("*badcfg*");
        assertThat(tools.config("fset", "node2:mine")).isEqualTo("node2:mine");
        assertThat(tools.config("read", "")).isEqualTo("node2:mine");
    }

    private static void sancheckMeasures(AoeTools tools, int mtu) {
        // Sectors that fit the MTU behind 36 bytes of headers, as the tool finds them by trying.
        int payloadBytes = (mtu - 36) / 512 * 512;
        assertThat(tools.sancheck())
                .containsPattern("(?m)^eth0\\s+UP\\s+" + mtu)
                .containsPattern("(?m)^e1\\.0\\s+1\\s+" + payloadBytes + "\\s+eth0")
                .doesNotContain("only capable of");
    }
}
