// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.guest.Nic;
import etherbay.guest.QemuCommand;
import etherbay.guest.QemuProcess;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;

/** A machine without a disk boots from ours. */
@ExtendWith(ReasonInTrace.class)
class IpxeSysTest {
    private static final Path IPXE = Path.of("/usr/lib/ipxe/ipxe.lkrn");
    private static final Duration BOOT_TIMEOUT = Duration.ofSeconds(60);
    // Less than a cylinder of 255 heads and 63 sectors, and iPXE's int 13h refuses to read.
    private static final int DISK_BYTES = 32 << 20;
    private static final String SECTOR_ONE = "ETHERBAY-SECTOR-ONE-READ";

    @TempDir
    Path folder;

    @ParameterizedTest
    @Cases(
            share = 2,
            value = {"ETHERBAY, 1500", "ETHERBAY, 9000", "VBLADE, 1500"})
    void ipxeBootsFromTheDisk(AoeServer server, int mtu) throws IOException {
        Assumptions.assumeTrue(Files.exists(IPXE), "needs " + IPXE + ": apt-get install ipxe");
        Path image = folder.resolve("disk");
        Files.write(image, Arrays.copyOf(BootSector.disk(SECTOR_ONE), DISK_BYTES));
        Path script = folder.resolve("boot.ipxe");
        Files.writeString(script, "#!ipxe\nifopen net0\nsanboot aoe:e1.0\n");
        try (NetLab lab = new NetLab(mtu)) {
            NetLab.Node target = lab.node("target");
            QemuCommand command = QemuCommand.kernel(IPXE, script)
                    .nic(Nic.tap(lab.tap(), mtu).withModel("e1000"))
                    .inNamespace(lab.switchNamespace());
            try (Capture capture = Capture.start(target, folder.resolve("aoe.pcap"));
                    Daemon daemon = server.start(target, 1, 0, image);
                    QemuProcess machine = QemuProcess.start(command)) {
                assertThat(machine.awaitConsole(SECTOR_ONE, BOOT_TIMEOUT))
                        .as(machine.console())
                        .isTrue();
                assertThat(machine.console())
                        .contains("Registered SAN device 0x80", BootSector.RUNNING)
                        .doesNotContain(BootSector.FAILED);
                assertThat(daemon.isAlive()).isTrue();
                capture.assertAllWellFormed(target.mac());
            }
        }
    }
}
