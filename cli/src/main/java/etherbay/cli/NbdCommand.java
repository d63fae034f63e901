// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code etherbay nbd}: disks over NBD, served and used. */
@Command(
        name = "nbd",
        description = "Disks over NBD, and block devices of them by the kernel's driver.",
        mixinStandardHelpOptions = true,
        subcommands = {
            NbdServeCommand.class,
            NbdConnectCommand.class,
            NbdListCommand.class,
            NbdDisconnectCommand.class
        })
final class NbdCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "No verb given");
    }
}
