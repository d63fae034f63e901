// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** The options of verbs that look for whatever is there, on some interfaces. */
final class LookOptions {
    private static final double WAIT_S_MIN = 0.001;
    private static final double WAIT_S_MAX = 600;

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
            paramLabel = "SECONDS",
            defaultValue = "0.5",
            description = "how long answers are waited for (default ${DEFAULT-VALUE})")
    private double waitSeconds;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    OpenPorts open() {
        return OpenPorts.open(interfaces);
    }

    long waitNs() {
        return waitNs(waitSeconds, WAIT_S_MIN, WAIT_S_MAX);
    }

    /** What {@code --wait} says, of every verb that has it. */
    static long waitNs(double seconds, double least, double most) {
        if (!(seconds >= least && seconds <= most)) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "--wait " + number(seconds) + " is no time to wait",
                    "it is in seconds, from " + number(least) + " to " + number(most),
                    "leave it out, or write --wait 2.5 for disks that answer slowly");
        }
        return Math.round(seconds * TimeUnit.SECONDS.toNanos(1));
    }

    /** Without a fraction that is none. */
    private static String number(double value) {
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%.0f", value) : "" + value;
    }

    /** Whether an option was given that only a look at the network has a use for. */
    static boolean isAsked(ParseResult parsed) {
        return parsed.hasMatchedOption("--if") || parsed.hasMatchedOption("--wait");
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
