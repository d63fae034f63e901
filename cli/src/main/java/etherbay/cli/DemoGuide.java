// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.nio.file.Path;

/** What {@code etherbay demo --keep} says about what it leaves running. */
final class DemoGuide {
    private DemoGuide() {}

    static String text(DemoLab lab) {
        Path folder = lab.folder();
        return """

                All of it runs on; stop it with Ctrl-C, or: kill %1$d
                  a shell in the guest (Ctrl-] leaves it; package socat; the disks are in /mnt):
                    socat -,raw,echo=0,escape=0x1d UNIX-CONNECT:%2$s
                  the guest's console:
                    tail -f %3$s
                  the logs of the targets (processes %4$d and %5$d) and of the segment (%6$d):
                    tail -f %7$s/*.log
                  one more disk, which the guest finds by itself as /dev/etherd/e0.2:
                    truncate -s 256M %7$s/e0.2.img
                    ./etherbay export 0 2 unix:%8$s %7$s/e0.2.img --state %7$s/state
                """.formatted(
                        ProcessHandle.current().pid(),
                        DemoRun.shellSocket(lab),
                        lab.guest().process().consoleFile(),
                        lab.child(DemoLab.diskName(0)).pid(),
                        lab.child(DemoLab.diskName(1)).pid(),
                        lab.child(DemoLab.SEGMENT).pid(),
                        folder,
                        lab.segmentSocket());
    }
}
