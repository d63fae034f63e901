// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.PortAddress;
import etherbay.node.StateFolder;
import etherbay.node.device.DeviceSettings;
import etherbay.node.device.KernelDevice;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.nio.file.Path;

/** {@code etherbay nbd connect}: looks after the device on threads of its own. */
@Command(
        name = "connect",
        description = {
            "Make a block device of what an NBD server serves on a Unix socket, and give it",
            "new connections when that server starts anew. A device that is in use when this",
            "is stopped, or killed, stays and waits; the same command takes it over."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class NbdConnectCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Parameters(paramLabel = "unix:PATH", description = "the socket of the server")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private String address;

    @Option(names = "--device", description = "make a device in /dev")
    private boolean device;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "of the device: /dev/etherbay/NAME (default: the export's name)")
    private @Nullable String name;

    @Option(
            names = "--export",
            paramLabel = "NAME",
            description = "which disk of the server (default: its default)")
    private String export = "";

    @Option(
            names = "--connections",
            paramLabel = "N",
            description =
                    "how many, where the server allows several (default" + " ${DEFAULT-VALUE})")
    private int connectionCount = DeviceSettings.CONNECTION_COUNT_DEFAULT;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "after which a request is sent again on another connection (default"
                    + " ${DEFAULT-VALUE})")
    private int timeoutSeconds = DeviceSettings.TIMEOUT_SECONDS_DEFAULT;

    @Option(
            names = "--dead-timeout",
            paramLabel = "SECONDS",
            description = "for which requests wait for a server that is gone, before they fail"
                    + " (default ${DEFAULT-VALUE})")
    private int deadSeconds = DeviceSettings.DEAD_SECONDS_DEFAULT;

    @Option(names = "--state", paramLabel = "DIR", description = "what remembers the device")
    private @Nullable Path state;

    @Override
    public void run() {
        if (!device) {
            throw new ParameterException(
                    spec.commandLine(), "only a device can be made of it: --device");
        }
        PrintWriter out = spec.commandLine().getOut();
        try (StopSignal stop = new StopSignal();
                KernelDevice opened = KernelDevice.open(settings())) {
            out.println(openedText(opened));
            out.flush();
            stop.await(opened.gone());
            if (opened.gone().isDone()) {
                out.println(opened.name() + ": the device was ended by another command");
            } else if (opened.end()) {
                out.println(opened.name() + ": the device has ended");
            } else {
                out.println(keptText(opened));
            }
            out.flush();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private DeviceSettings settings() {
        return new DeviceSettings(
                name == null ? export : name,
                StateFolder.orDefault(state),
                PortAddress.parseUnix(address).path(),
                export,
                connectionCount,
                timeoutSeconds,
                deadSeconds);
    }

    private static String openedText(KernelDevice opened) {
        return "%s: %s is %s, %d bytes%s"
                .formatted(
                        opened.name(),
                        opened.link().orElse(opened.path()),
                        opened.path(),
                        opened.sizeBytes(),
                        opened.takenOver() ? ", taken over" : "");
    }

    private String keptText(KernelDevice opened) {
        return ("%1$s: the device is in use and stays: %2$s%n"
                        + "  why: it is mounted, or part of a volume; what it is asked while"
                        + " its server is gone waits %3$d s%n"
                        + "  do: give the same command again to look after it; or umount, then"
                        + " etherbay nbd disconnect %1$s")
                .formatted(opened.name(), opened.path(), deadSeconds);
    }
}
