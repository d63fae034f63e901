// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.guest.Accelerator;
import etherbay.guest.Arch;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

class QemuArgumentsTest {
    private static final QemuFolder FOLDER = new QemuFolder(Path.of("/run/g,1"));

    private static GuestSpec spec(GuestBoot boot, boolean vnc, GuestNic... nics) {
        return new GuestSpec(
                "g",
                "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
                "pc-q35-7.2",
                "max",
                2,
                512,
                new GuestDisk("m", List.of(), List.of()),
                List.of(nics),
                boot,
                vnc);
    }

    private static String line(GuestSpec spec, Hypervisor.Start start) {
        return String.join(
                " ",
                new QemuArguments(Arch.X86_64, Accelerator.TCG, Path.of("/usr/bin/qemu"), FOLDER)
                        .of(spec, Path.of("/run/d,k"), start, List.of(9000, 1500)));
    }

    @Test
    void theDiskWaitsForItsServerAndStopsTheGuestOnErrors() {
        assertThat(line(spec(GuestBoot.DISK, false), Hypervisor.Start.RUNNING))
                .startsWith("setsid /usr/bin/qemu ")
                .contains("server.path=/run/d,,k,reconnect-delay=4294967295,cache.direct=on")
                .contains("serial=6ba7b8109dad41d180b4,bootindex=1,werror=stop,rerror=stop")
                .contains("-machine pc-q35-7.2,graphics=off", "-cpu max -smp 2 -m 512M")
                .contains("-accel tcg,thread=multi,tb-size=128")
                .doesNotContain("-incoming", "-kernel", "-vnc", "vdb");
    }

    @Test
    void aGuestThatIsReceivedWaits() {
        assertThat(line(spec(GuestBoot.DISK, true), Hypervisor.Start.INCOMING))
                .contains("-S -incoming defer", "-vnc unix:/run/g,,1/vnc", "-device VGA")
                .doesNotContain("graphics=off");
    }

    @Test
    void kernelSeedAndCardsStandThere() {
        GuestBoot boot = new GuestBoot("/k", "/i", "a=b c", "/s,1");
        GuestNic bridged = new GuestNic("bridge:br0", "52:54:00:00:00:01");
        GuestNic segment = new GuestNic("unix:/run/s,1", "52:54:00:00:00:02");
        assertThat(line(spec(boot, false, bridged, segment), Hypervisor.Start.RUNNING))
                .contains("-kernel /k -initrd /i -append a=b c")
                .contains("driver=file,node-name=seed-file,read-only=on,filename=/s,,1")
                .contains("tap,id=net0,ifname=" + BridgeTap.name(FOLDER.path(), 0) + ",script=no")
                .contains("netdev=net0,mac=52:54:00:00:00:01,romfile=,host_mtu=9000")
                .contains("stream,id=net1,server=off,addr.type=unix,addr.path=/run/s,,1")
                .contains("netdev=net1,mac=52:54:00:00:00:02,romfile=,host_mtu=1500");
    }

    @Test
    void aTapHasANameThatLinuxTakesAndOtherFoldersDoNotHave() {
        String name = BridgeTap.name(Path.of("/run/etherbay/guests/some"), 31);
        assertThat(name).hasSizeLessThanOrEqualTo(15);
        assertThat(BridgeTap.name(Path.of("/run/other/some"), 31)).isNotEqualTo(name);
    }

    @Test
    void theNewestMachineStandsFirst() {
        Stream<String> names = Stream.of(
                "pc-i440fx-7.2", "pc-q35-4.0", "pc-q35-10.0", "q35", "pc-q35-4.0.1", "pc-q35-9.2");
        assertThat(QemuAbilities.machines(Arch.X86_64, names))
                .containsExactly("pc-q35-10.0", "pc-q35-9.2", "pc-q35-4.0.1", "pc-q35-4.0");
    }

    @Test
    void aProcessorIsTheSameWhenItCanDoTheSame() {
        String one = "processor : 0\nmodel name\t: Foo 3000\nflags\t\t: sse avx fpu\n";
        String same = "processor : 1\nmodel name\t: Foo 3000\nflags\t\t: fpu avx sse\n";
        assertThat(QemuAbilities.hostCpu(one))
                .startsWith("Foo 3000 ")
                .isEqualTo(QemuAbilities.hostCpu(same))
                .isNotEqualTo(QemuAbilities.hostCpu(one.replace("avx", "")));
        assertThat(QemuAbilities.memoryFreeMib("MemTotal: 9 kB\nMemAvailable:  2048 kB\n"))
                .isEqualTo(2);
    }
}
