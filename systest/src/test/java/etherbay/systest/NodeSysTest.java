// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code etherbay node run} as a person uses it: a file, a daemon, SIGHUP; judged by aoetools. */
@Timeout(300)
final class NodeSysTest {
    private static final Duration START = Duration.ofMinutes(2);
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private NetLab lab;
    private NetLab.Node server;
    private NetLab.Node client;
    private Path settings;

    @BeforeEach
    void makeLab() {
        lab = new NetLab(9000);
        server = lab.node("server");
        client = lab.node("client");
        settings = folder.resolve("etherbay.toml");
    }

    @AfterEach
    void removeLab() {
        lab.close();
    }

    private Path disk(String name) {
        Path path = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(4 << 20);
        } catch (IOException failure) {
            throw new AssertionError("a disk of the test", failure);
        }
        return path;
    }

    private void write(String... lines) {
        List<String> all = new ArrayList<>(List.of("state = \"" + folder.resolve("state") + "\""));
        all.addAll(List.of(lines));
        try {
            Files.write(settings, all);
        } catch (IOException failure) {
            throw new AssertionError("settings of the test", failure);
        }
    }

    private String export(int slot, String interfaces, String more) {
        return "[[export]]\nshelf = 1\nslot = %d\npath = \"%s\"\ninterfaces = [%s]\n%s\n"
                .formatted(slot, disk("disk" + slot), interfaces, more);
    }

    private Daemon run() {
        return Daemon.start(server.command(etherbay(), "node", "run", "-c", settings.toString()))
                .awaitLog("SIGHUP reads them again", START);
    }

    private static String etherbay() {
        return AoeServer.Repository.root().resolve("etherbay").toString();
    }

    private Tool.Outcome etherbay(String... words) {
        List<String> command = new ArrayList<>(List.of(etherbay()));
        command.addAll(List.of(words));
        return Tool.run(server.command(command.toArray(String[]::new)));
    }

    private static void hangUp(Daemon daemon) {
        Tool.check(List.of("kill", "-HUP", Long.toString(daemon.pid())));
    }

    private boolean answers(int slot) {
        return answers(client, "eth0", slot);
    }

    /** Whether aoeping gets an answer within a second. */
    private static boolean answers(NetLab.Node node, String interfaceName, int slot) {
        String aoeping = Tool.require("aoeping", "aoetools").toString();
        return Tool.run(node.command(
                                aoeping, "-s", "1", "1", Integer.toString(slot), interfaceName))
                        .exitCode()
                == 0;
    }

    @Test
    void whereSighupIsIgnoredThatIsSaid() {
        write(export(0, "\"eth0\"", ""));
        try (Daemon daemon = Daemon.start(
                server.command("nohup", etherbay(), "node", "run", "-c", settings.toString()))) {
            daemon.awaitLog("SIGHUP is ignored", START);
            assertThat(answers(0)).isTrue();
        }
    }

    @Test
    void sighupReloadsAndABadFileChangesNothing() {
        write(export(0, "\"eth0\"", ""), export(1, "\"eth0\"", ""));
        try (Daemon daemon = run()) {
            assertThat(answers(0)).isTrue();
            assertThat(answers(1)).isTrue();
            write(export(0, "\"eth0\"", "read-only = true"), export(2, "\"eth0\"", ""));
            hangUp(daemon);
            daemon.awaitLog("reload: done", SOON);
            assertThat(daemon.log())
                    .contains("- e1.1: ", "+ e1.2: ", "~ e1.0: read-only off -> on");
            assertThat(answers(1)).isFalse();
            assertThat(answers(2)).isTrue();

            write(export(0, "\"eth0\"", "raed-only = true"));
            hangUp(daemon);
            daemon.awaitLog("reload: refused, nothing has changed", SOON);
            assertThat(daemon.log())
                    .containsPattern("etherbay.toml:\\d+:1: .*raed-only.*read-only");
            assertThat(answers(2)).isTrue();
            assertThat(daemon.terminate()).isEqualTo(143); // SIGTERM, after all was closed
        }
    }

    @Test
    void checkSaysEveryMistakeWithItsPlaceAndShowIsReadAgain() throws IOException {
        write(export(0, "\"eth0\"", "polcy = \"reject\""), export(0, "\"eth0\"", "sectors = 999"));
        Tool.Outcome wrong = etherbay("node", "check", "-c", settings.toString());
        assertThat(wrong.exitCode()).isEqualTo(3);
        assertThat(wrong.text()).contains("polcy", "policy", "sectors", "has 4 mistakes");
        write(export(0, "\"eth0\"", "policy = \"reject\""));
        Tool.Outcome shown = etherbay("node", "show", "-c", settings.toString());
        assertThat(shown.exitCode()).isZero();
        Files.writeString(settings, shown.text());
        Tool.Outcome again = etherbay("node", "show", "-c", settings.toString());
        assertThat(again.text()).isEqualTo(shown.text());
    }

    @Test
    void aGlobServesOnInterfacesThatComeAndLeavesThoseThatGo() {
        write(export(0, "\"eth*\"", ""));
        try (Daemon daemon = run()) {
            assertThat(answers(0)).isTrue();
            Tool.check(server.command(
                    "ip", "link", "add", "eth7", "type", "veth", "peer", "name", "far7"));
            Tool.check(server.command("ip", "link", "set", "far7", "up"));
            Tool.check(server.command("ip", "link", "set", "eth7", "up"));
            daemon.awaitLog("on eth7 (", SOON);
            Tool.await("an answer on far7", SOON, () -> answers(server, "far7", 0));
            Tool.check(server.command("ip", "link", "delete", "eth7"));
            Tool.await("eth7 gone from the status", SOON, () -> !local().contains("eth7"));
            assertThat(answers(0)).isTrue();
        }
    }

    /** With the memory that the kernel lends each. */
    private String packetSockets() {
        return Tool.check(server.command("ss", "-0", "-m"));
    }

    private String local() {
        return etherbay("stat", "--local", "--state", folder.resolve("state").toString())
                .text();
    }

    @Test
    void theMtuOfTheSettingsHoldsAndOneAboveTheInterfacesIsRefused() {
        write("[interface.eth0]\nmtu = 1500\nbuffers = 32\n", export(0, "\"eth0\"", ""));
        try (Daemon daemon = run()) {
            assertThat(daemon.log()).contains("MTU 1500, 2 sectors a frame");
            assertThat(local()).contains("eth0 1024 up");
            assertThat(packetSockets()).contains("rb" + 2 * 32 * 65536); // twice: socket(7)
            write("[interface.eth0]\nmtu = \"auto\"\n", export(0, "\"eth0\"", ""));
            hangUp(daemon);
            daemon.awaitLog("reload: done", SOON);
            assertThat(local()).contains("eth0 8704 up");
            assertThat(packetSockets()).contains("rb" + 2 * 256 * 65536);
            write("[interface.eth0]\nmtu = 9001\n", export(0, "\"eth0\"", ""));
            hangUp(daemon);
            daemon.awaitLog("reload: refused", SOON);
            assertThat(daemon.log()).contains("mtu 9001 is more than eth0 carries");
            assertThat(local()).contains("eth0 8704 up");
        }
    }

    @Test
    void anotherBoxThatBeginsToServeOurAddressIsShownWithBothAddresses() {
        write(export(0, "\"eth0\"", ""));
        NetLab.Node other = lab.node("other");
        try (Daemon daemon = run();
                Daemon _ = AoeServer.VBLADE.start(other, 1, 0, disk("theirs"))) {
            daemon.awaitLog("another box serves this address on eth0", SOON);
            assertThat(daemon.log()).contains(other.mac(), server.mac());
            assertThat(local())
                    .contains("OTHER BOXES THAT SERVE OUR ADDRESSES", other.mac(), server.mac());
        }
    }

    @Test
    void whatIsDroppedIsShownByReason() {
        write(export(0, "\"eth0\"", "deny = [\"" + client.mac() + "\"]"));
        try (Daemon _ = run()) {
            assertThat(answers(0)).isFalse();
            assertThat(local()).containsPattern("[1-9]\\d*  export\\.e1\\.0\\.dropped\\.denied");
            assertThat(etherbay(
                                    "stat",
                                    "--local",
                                    "--json",
                                    "--state",
                                    folder.resolve("state").toString())
                            .text())
                    .startsWith("[{\"pid\":")
                    .contains("\"export.e1.0.dropped.denied\":");
        }
    }
}
