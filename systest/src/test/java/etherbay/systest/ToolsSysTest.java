// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The verbs that ask targets, beside Debian's aoetools, against Debian's vblade and ours. */
@ExtendWith(ReasonInTrace.class)
class ToolsSysTest {
    private static final String LAUNCHER =
            AoeServer.Repository.root().resolve("etherbay").toString();
    private static final int CONFLICT = 6;
    private static final int UNAVAILABLE = 8;
    private static final int DEVIATES = 9;

    /** So long that an answer with it has the 60 bytes below which aoetools drop it. */
    private static final String CLAIM = "node1:a-config-string-of-forty-characters";

    @TempDir
    Path folder;

    private Path disk(String name, long bytes) throws IOException {
        Path file = Files.createDirectories(folder.resolve(name)).resolve("disk");
        try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
            image.setLength(bytes);
        }
        return file;
    }

    private static Tool.Outcome run(NetLab.Node node, String... words) {
        List<String> command = new ArrayList<>(List.of(LAUNCHER));
        command.addAll(List.of(words));
        return Tool.run(node.command(command.toArray(String[]::new)));
    }

    private static String good(NetLab.Node node, String... words) {
        Tool.Outcome outcome = run(node, words);
        assertThat(outcome.exitCode()).as(outcome.text()).isZero();
        return outcome.text();
    }

    private static void failsWith(int exitCode, String text, NetLab.Node node, String... words) {
        Tool.Outcome outcome = run(node, words);
        assertThat(outcome.exitCode()).as(outcome.text()).isEqualTo(exitCode);
        assertThat(outcome.text()).contains(text).contains("  do: ");
    }

    @ParameterizedTest
    @Cases(
            share = 1,
            value = {"9000", "1500"})
    void statPrintsWhatAoeStatPrintsInALinuxGuest(int mtu) throws IOException {
        Path small = disk("small", 3 << 20);
        Path large = disk("large", 5L << 30);
        Path foreign = disk("foreign", (1 << 20) + 512);
        try (NetLab lab = new NetLab(mtu)) {
            NetLab.Node target = lab.node("target");
            NetLab.Node client = lab.node("client");
            try (Daemon one = AoeServer.ETHERBAY.start(target, 2, 0, small);
                    Daemon two = AoeServer.ETHERBAY.start(target, 10, 31, large);
                    Daemon three = AoeServer.VBLADE.start(target, 1, 7, foreign);
                    LinuxClient linux = LinuxClient.bootWithAoeStat(lab, mtu)) {
                List.of("e2.0", "e10.31", "e1.7").forEach(linux::discover);
                String expected = linux.aoeStat();
                assertThat(expected.lines()).hasSize(3);
                assertThat(good(client, "stat")).isEqualTo(expected);
                assertThat(good(client, "stat", "e10")).isEqualTo(linux.aoeStat("e10"));
                assertThat(good(client, "stat", "--long"))
                        .containsPattern("(?s)e1\\.7 .*durability +unknown.*e2\\.0 ")
                        .containsPattern("(?s)e2\\.0 .*durability +flush.*e10\\.31 ");
                assertThat(List.of(one, two, three)).allMatch(Daemon::isAlive);
            }
            failsWith(UNAVAILABLE, "no disk answers", client, "stat");
        }
    }

    @ParameterizedTest
    @Cases(
            share = 2,
            value = {"VBLADE, 1500", "ETHERBAY, 9000", "VBLADE, 9000", "ETHERBAY, 1500"})
    void eachVerbSaysWhatAoetoolsSay(AoeServer server, int mtu) throws IOException {
        Path image = disk("disk", 8 << 20);
        try (NetLab lab = new NetLab(mtu)) {
            NetLab.Node target = lab.node("target");
            NetLab.Node client = lab.node("client");
            AoeTools tools = new AoeTools(client);
            try (Daemon daemon = server.start(target, 1, 0, image)) {
                configIsThatOfAoecfg(tools, client);
                identifyIsThatOfAoeping(tools, client);
                sancheckMeasuresWhatAoeSancheckDoes(tools, client, mtu);
                discoverFinds(client, target.mac(), server);
                reservationIsHeld(client);
                assertThat(good(client, "ping", "e1.0", "-c", "3", "-i", "10"))
                        .contains("3 sent, 3 answered, 0.0% lost");
                assertThat(daemon.isAlive()).isTrue();
            }
            failsWith(UNAVAILABLE, "e1.0 does not answer", client, "ping", "e1.0");
            assertThat(tools.ping(1, 0).exitCode()).as("nor to aoeping").isNotZero();
        }
    }

    private static void configIsThatOfAoecfg(AoeTools tools, NetLab.Node client) {
        assertThat(good(client, "config", "set", "e1.0", CLAIM)).isEqualTo(CLAIM + "\n");
        assertThat(tools.config("read", "")).isEqualTo(CLAIM);
        assertThat(tools.config("prefix", "node1:")).isEqualTo(CLAIM);
        assertThat(good(client, "config", "prefix", "e1.0", "node1:")).isEqualTo(CLAIM + "\n");
        assertThat(tools.config("test", "node1:")).isEmpty();
        failsWith(DEVIATES, "it is: " + CLAIM, client, "config", "test", "e1.0", "node1:");
        assertThat(tools.config("set", "another")).isEqualTo("*badcfg*");
        failsWith(CONFLICT, "it is: " + CLAIM, client, "config", "set", "e1.0", "another");
        String theirs = "node2" + CLAIM;
        assertThat(tools.config("fset", theirs)).isEqualTo(theirs);
        assertThat(good(client, "config", "read", "e1.0")).isEqualTo(theirs + "\n");
        assertThat(good(client, "config", "read", "e*.*")).isEqualTo("1.0\t" + theirs + "\n");
    }

    private static void identifyIsThatOfAoeping(AoeTools tools, NetLab.Node client) {
        String theirs = tools.ping(1, 0, "-v", "-i").text();
        String sign = "device identify response:\n";
        assertThat(theirs).contains(sign);
        assertThat(good(client, "identify", "e1.0", "--raw"))
                .isEqualTo(theirs.substring(theirs.indexOf(sign) + sign.length()));
    }

    private static void sancheckMeasuresWhatAoeSancheckDoes(
            AoeTools tools, NetLab.Node client, int mtu) {
        int payloadBytes = (mtu - 36) / 512 * 512;
        assertThat(tools.sancheck()).containsPattern("(?m)^e1\\.0\\s+1\\s+" + payloadBytes);
        assertThat(good(client, "sancheck"))
                .containsPattern("(?m)^eth0 +\\S+ +" + mtu + "$")
                .containsPattern("(?m)^e1\\.0 +\\S+ eth0" + (" +" + payloadBytes).repeat(3)
                        + " +0/200 +0/\\d+$")
                .contains("nothing is wrong");
    }

    private static void discoverFinds(NetLab.Node client, String mac, AoeServer server) {
        String firmware = switch (server) {
            case VBLADE -> "0x4019";
            case ETHERBAY -> "0x0100";
        };
        assertThat(good(client, "discover"))
                .containsPattern("(?m)^e1\\.0 +" + mac + " eth0 .* " + firmware + "  node2")
                .contains(CLAIM);
    }

    private static void reservationIsHeld(NetLab.Node client) {
        assertThat(good(client, "reserve", "set", "e1.0")).isEqualTo(client.mac() + "\n");
        assertThat(good(client, "reserve", "read", "e1.0")).isEqualTo(client.mac() + "\n");
        String other = "02:00:00:00:00:07";
        failsWith(CONFLICT, "not among those", client, "reserve", "set", "e1.0", other);
        good(client, "reserve", "force", "e1.0", other, "--yes");
        failsWith(CONFLICT, "held by " + other, client, "reserve", "release", "e1.0");
        good(client, "reserve", "release", "e1.0", "--force");
        failsWith(CONFLICT, "would not answer", client, "mask", "add", "e1.0", other);
        assertThat(good(client, "mask", "add", "e1.0", client.mac()))
                .isEqualTo(client.mac() + "\n");
    }

    @Test
    void vbladeIsNotMadeToDieByTakingAnAddressOffItsList() throws IOException {
        Path image = disk("disk", 1 << 20);
        try (NetLab lab = new NetLab(1500)) {
            NetLab.Node target = lab.node("target");
            NetLab.Node client = lab.node("client");
            try (Daemon daemon = AoeServer.VBLADE.start(target, 1, 0, image)) {
                good(client, "mask", "add", "e1.0", client.mac());
                failsWith(CONFLICT, "vblade", client, "mask", "remove", "e1.0", client.mac());
                assertThat(daemon.isAlive()).isTrue();
                assertThat(good(client, "mask", "read", "e1.0")).isEqualTo(client.mac() + "\n");
            }
        }
    }

    @Test
    void sancheckNamesBothSerialsWhenTwoDisksHaveOneAddress() throws IOException {
        Path one = disk("one", 1 << 20);
        Path other = disk("other", 1 << 20);
        try (NetLab lab = new NetLab(1500)) {
            NetLab.Node first = lab.node("first");
            NetLab.Node second = lab.node("second");
            NetLab.Node client = lab.node("client");
            try (Daemon a = AoeServer.ETHERBAY.start(first, 1, 0, one);
                    Daemon b = AoeServer.ETHERBAY.start(second, 1, 0, other, "--force")) {
                Tool.Outcome wrong = run(client, "sancheck");
                assertThat(wrong.exitCode()).as(wrong.text()).isEqualTo(DEVIATES);
                assertThat(wrong.text())
                        .contains("WRONG: e1.0 is served twice", "differ in serial")
                        .contains(first.mac() + " ", second.mac() + " ");
                assertThat(List.of(a, b)).allMatch(Daemon::isAlive);
            }
            try (Daemon a = AoeServer.VBLADE.start(first, 1, 0, one);
                    Daemon b = AoeServer.VBLADE.start(second, 1, 0, other)) {
                String said = good(client, "sancheck");
                assertThat(said)
                        .contains("note: e1.0 may be served twice")
                        .contains("two vblades on hosts of one name cannot be told apart");
                assertThat(List.of(a, b)).allMatch(Daemon::isAlive);
            }
        }
    }

    @Test
    void sancheckFindsASwitchThatSwallowsLargeFrames() throws IOException {
        Path image = disk("disk", 8 << 20);
        try (NetLab lab = new NetLab(9000)) {
            NetLab.Node target = lab.node("target");
            NetLab.Node client = lab.node("client");
            try (Daemon daemon = AoeServer.ETHERBAY.start(target, 1, 0, image)) {
                lab.switchMtu(4000);
                Tool.Outcome wrong = run(client, "sancheck");
                assertThat(wrong.exitCode()).as(wrong.text()).isEqualTo(DEVIATES);
                assertThat(wrong.text()
                                .lines()
                                .filter(line -> line.startsWith("WRONG"))
                                .collect(Collectors.joining("\n")))
                        .contains("3584 bytes of data pass in a frame to the target")
                        .contains("3584 bytes of data pass in a frame from the target");
                assertThat(new AoeTools(client).sancheck())
                        .as("aoe-sancheck sees the same on the way out")
                        .contains("is only capable of 3584 byte payloads");
                assertThat(daemon.isAlive()).isTrue();
            }
        }
    }
}
