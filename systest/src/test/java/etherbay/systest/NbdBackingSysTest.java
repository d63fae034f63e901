// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A qcow2 image behind qemu-nbd, exported as an AoE disk. */
@Timeout(600)
@ExtendWith(ReasonInTrace.class)
class NbdBackingSysTest {
    private static final Duration TIMEOUT = Duration.ofMinutes(3);

    @TempDir
    Path folder;

    @Test
    void anImageOfQemuConformsAsAnAoeDisk() {
        String img = Tool.require("qemu-img", "qemu-utils").toString();
        String nbd = Tool.require("qemu-nbd", "qemu-utils").toString();
        String launcher = AoeServer.Repository.root().resolve("etherbay").toString();
        Path image = folder.resolve("disk.qcow2");
        Path socket = folder.resolve("s");
        Tool.check(List.of(img, "create", "-f", "qcow2", image.toString(), "64M"));
        try (NetLab lab = new NetLab(9000);
                Daemon qemu = Daemon.start(List.of(
                        nbd,
                        "-t",
                        "-e",
                        "8",
                        "-f",
                        "qcow2",
                        "-x",
                        "disk",
                        "-k",
                        socket.toString(),
                        image.toString()))) {
            Tool.await("qemu-nbd listens", TIMEOUT, () -> Files.exists(socket));
            NetLab.Node target = lab.node("target");
            NetLab.Node client = lab.node("client");
            try (Daemon served = Daemon.start(target.command(
                    launcher,
                    "export",
                    "--state",
                    folder.resolve("state").toString(),
                    "1",
                    "0",
                    "eth0",
                    "nbd+unix:///disk?socket=" + socket))) {
                served.awaitLog("e1.0: serving", TIMEOUT);
                Tool.Outcome run = Tool.run(
                        client.command(launcher, "conform", "e1.0", "--write", "--json"), TIMEOUT);
                assertThat(run.text()).contains("\"conforms\":true", "\"notRestored\":[]");
                assertThat(served.terminate()).isEqualTo(128 + 15);
            }
            assertThat(qemu.isAlive()).isTrue();
        }
        Tool.check(List.of(img, "check", image.toString()));
    }

    @Test
    void aServerThatIsNotThereIsSaidInThreeLines() {
        Tool.requireRoot();
        Tool.Outcome refused = Tool.run(
                List.of(
                        AoeServer.Repository.root().resolve("etherbay").toString(),
                        "export",
                        "--state",
                        folder.resolve("state").toString(),
                        "1",
                        "0",
                        "unix:" + folder.resolve("segment"),
                        "nbd+unix:///?socket=" + folder.resolve("none")),
                TIMEOUT);
        assertThat(refused.exitCode()).as(refused.text()).isEqualTo(8);
        assertThat(refused.text()).contains("no disk at nbd+unix:///", "why: ", "do: ");
    }
}
