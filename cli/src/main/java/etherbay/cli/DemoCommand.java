// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.concurrent.Callable;

/** {@code etherbay demo}: the whole of it on one machine, judged step by step. */
@Command(
        name = "demo",
        description = {
            "A small SAN on this machine: two nodes with a disk each, two that run a guest on a",
            "mirror of both. The guest moves there and back while it writes, loses a disk for a",
            "while, and loses its host. As root in network namespaces of its own, else without any",
            "rights. What it did and what the guest noticed stands in a table at the end."
        },
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(names = "--json", description = "print one JSON object")
    private boolean json;

    @Option(
            names = "--keep",
            description = "leave all running after the last step, until Ctrl-C, and say where its"
                    + " page is and what to try")
    private boolean keep;

    @Option(
            names = "--debian",
            description = "a guest made of Debian's packages, which takes some minutes more and"
                    + " needs mmdebstrap, grub-pc-bin and qemu-utils")
    private boolean debian;

    @Override
    public Integer call() {
        try (DemoStop stop = new DemoStop();
                DemoLab lab = DemoLab.create()) {
            try {
                demonstrate(lab);
            } catch (EtherbayException failure) {
                if (stop.asked()) {
                    return 0; // of no meaning: the signal decides what the process ends with
                }
                spec.commandLine().getErr().print(lab.lastWords());
                if (keep && lab.isBooted()) {
                    spec.commandLine().getErr().println(failure.toText());
                    keepRunning(lab, stop);
                }
                throw failure;
            }
            if (keep) {
                lab.node(4).run("guest", "start", DemoLab.GUEST);
                keepRunning(lab, stop);
            }
            return 0;
        }
    }

    private void demonstrate(DemoLab lab) {
        PrintWriter out = spec.commandLine().getOut();
        DemoGuest guest = debian ? new DemoDebianGuest() : new DemoSmallGuest();
        DemoReport report = new DemoReport(new DemoProgress(
                spec.commandLine().getErr(), DemoProgress.onTerminal(), DemoRun.STEP_COUNT));
        try {
            new DemoRun(lab, guest, report).all();
        } finally {
            if (!Thread.currentThread().isInterrupted()) {
                out.print(json ? report.json() + System.lineSeparator() : report.table());
                out.flush();
            }
        }
    }

    private void keepRunning(DemoLab lab, DemoStop stop) {
        PrintWriter err = spec.commandLine().getErr();
        err.print(DemoGuide.text(lab));
        err.flush();
        stop.await();
    }
}
