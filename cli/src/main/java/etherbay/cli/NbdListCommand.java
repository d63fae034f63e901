// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.linux.NbdDevice;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code etherbay nbd list}. */
@Command(
        name = "list",
        description = "Print the connected NBD devices of this machine, whoever made them.",
        mixinStandardHelpOptions = true)
final class NbdListCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Option(names = "--json", description = "print JSON")
    private boolean json;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        List<NbdDevice> devices = NbdDevice.list();
        if (json) {
            out.println(JsonText.of(devices.stream().map(NbdListCommand::values).toList()));
        } else {
            out.printf("%-12s %16s %-4s %8s  %s%n", "device", "bytes", "mode", "pid", "backend");
            for (NbdDevice device : devices) {
                out.printf(
                        "%-12s %16d %-4s %8d  %s%n",
                        device.path(),
                        device.sizeBytes(),
                        device.readOnly() ? "ro" : "rw",
                        device.pid(),
                        device.backend());
            }
        }
        out.flush();
    }

    private static Map<String, Object> values(NbdDevice device) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("device", device.path().toString());
        values.put("sizeBytes", device.sizeBytes());
        values.put("readOnly", device.readOnly());
        values.put("pid", device.pid());
        values.put("backend", device.backend());
        return values;
    }
}
