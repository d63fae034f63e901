// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The options of verbs that look for whatever is there, on some interfaces. */
final class LookOptions {
    private static final int WAIT_MS_MAX = 600_000;

    @Option(
            names = "--if",
            paramLabel = "IFACE",
            split = ",",
            defaultValue = "eth0",
            description = "a NIC, or unix:PATH for a segment; repeat it or separate with commas"
                    + " (default ${DEFAULT-VALUE})")
    private List<String> interfaces = new ArrayList<>();

    @Option(
            names = "--wait",
            paramLabel = "MS",
            defaultValue = "500",
            description = "how long answers are waited for (default ${DEFAULT-VALUE})")
    private int waitMs;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    OpenPorts open() {
        return OpenPorts.open(interfaces);
    }

    long waitNs() {
        if (waitMs < 1 || waitMs > WAIT_MS_MAX) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "--wait " + waitMs + " is no time to wait",
                    "it is in milliseconds, from 1 to " + WAIT_MS_MAX,
                    "leave it out, or write --wait 2000 for disks that answer slowly");
        }
        return TimeUnit.MILLISECONDS.toNanos(waitMs);
    }

    boolean json() {
        return json;
    }

    /** Nothing answered a query to all. */
    static EtherbayException nothingAnswers(OpenPorts ports) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "no disk answers on " + ports.names(),
                "nobody there answered a config query for all disks in time",
                "see that a target runs (etherbay export), that its mask list lets "
                        + ports.first().client().mac()
                        + " in, and name its interface with --if");
    }
}
