// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A {@link Workload} as a person writes it, and as it goes to a load process on one line. */
@Command
final class WorkloadOptions {
    @Option(names = "--window", description = "requests in flight (default 64)")
    private int window = 64;

    @Option(names = "--sectors", description = "512-byte sectors of a request (default 8)")
    private int sectors = 8;

    @Option(names = "--write", description = "write the pattern instead of reading")
    private boolean write;

    @Option(names = "--sequential", description = "in order of the addresses (default: random)")
    private boolean sequential;

    @Option(names = "--verify", description = "compare what is read with the pattern")
    private boolean verify;

    @Option(names = "--seconds", description = "how long (default 1, unless --requests is given)")
    private double seconds;

    @Option(names = "--requests", description = "end after so many")
    private long requestCount;

    @Option(names = "--span", description = "use only the first so many sectors (default: all)")
    private long spanSectors;

    @Option(names = "--seed", description = "of the random addresses")
    private long seed = 1;

    Workload workload(Address target) {
        if (window < 1 || window > Workload.WINDOW_MAX || sectors < 1 || sectors > 255) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "window " + window + ", sectors " + sectors,
                    "a window is 1 to %d requests of 1 to 255 sectors"
                            .formatted(Workload.WINDOW_MAX),
                    "choose numbers in that range");
        }
        double wantedSeconds = seconds == 0 && requestCount == 0 ? 1 : seconds;
        return new Workload(
                target,
                write,
                sequential,
                verify,
                window,
                sectors,
                spanSectors,
                (long) (wantedSeconds * 1e9),
                requestCount,
                seed);
    }

    /** One line that {@link #parse} reads. */
    static String toLine(Workload work) {
        return work.target()
                + " --window=" + work.window()
                + " --sectors=" + work.sectors()
                + (work.write() ? " --write" : "")
                + (work.sequential() ? " --sequential" : "")
                + (work.verify() ? " --verify" : "")
                + " --seconds=" + work.durationNs() / 1e9
                + " --requests=" + work.requestCount()
                + " --span=" + work.spanSectors()
                + " --seed=" + work.seed();
    }

    static Workload parse(String line) {
        String[] words = line.strip().split(" ", -1);
        WorkloadOptions options = new WorkloadOptions();
        String[] named = new String[words.length - 1];
        System.arraycopy(words, 1, named, 0, named.length);
        new CommandLine(options).parseArgs(named);
        return options.workload(Address.parse(words[0]));
    }
}
