// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.node.StateFolder;
import etherbay.node.device.KernelDevice;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.nio.file.Path;

/** {@code etherbay nbd disconnect}. */
@Command(
        name = "disconnect",
        description = "End a device that etherbay made, also one that was left to wait.",
        mixinStandardHelpOptions = true)
final class NbdDisconnectCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "of the device")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private String name;

    @Option(
            names = "--force",
            description = "even if it is mounted: what is not written yet is lost")
    private boolean force;

    @Option(names = "--state", paramLabel = "DIR", description = "what remembers the device")
    private @Nullable Path state;

    @Override
    public void run() {
        KernelDevice.end(StateFolder.orDefault(state), name, force);
        PrintWriter out = spec.commandLine().getOut();
        out.println(name + ": the device has ended");
        out.flush();
    }
}
