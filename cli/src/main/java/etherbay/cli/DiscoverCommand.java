// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.initiator.DiskAddress;
import etherbay.initiator.tools.FoundPath;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.List;

/** {@code etherbay discover}: every disk that answers, a line for each path to it. */
@Command(
        name = "discover",
        description = {
            "Ask all disks who they are, and print a line for each target and interface.",
            "",
            "Payload: bytes of data that one frame carries, by the target's sectors and the MTU of",
            "the interface. The config string is printed with \\xHH for what does not print."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DiscoverCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Mixin
    private LookOptions look = new LookOptions();

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        try (OpenPorts ports = look.open()) {
            long waitNs = look.waitNs();
            List<FoundPath> paths = ports.all().stream()
                    .flatMap(port -> port.find(DiskAddress.ALL, waitNs).stream())
                    .toList();
            if (look.json()) {
                out.println(JsonText.of(paths.stream().map(PathText::object).toList()));
            }
            if (paths.isEmpty()) {
                throw LookOptions.nothingAnswers(ports);
            }
            if (!look.json()) {
                out.println(PathText.head());
                paths.forEach(path -> out.println(PathText.row(path)));
            }
        }
        out.flush();
    }
}
