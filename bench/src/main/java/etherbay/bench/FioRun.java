// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;

/**
 * One run of {@code fio} with its NBD engine, and what it saw. Read from fio's terse output,
 * version 3: fields behind semicolons, 41 for reads, 41 for writes, then the CPU of the job.
 *
 * @param cpuNs user and system time of fio's job
 */
record FioRun(LoadResult result, long cpuNs) {
    private static final String TERSE_LINE = "3;fio-";
    private static final int READ_AT = 5;
    private static final int DIRECTION_FIELDS = 41;
    private static final int CPU_AT = READ_AT + 2 * DIRECTION_FIELDS;

    /** Within a direction: KiB moved, ms it took, greatest latency, the first percentile. */
    private static final int KIB = 0;

    private static final int RUNTIME_MS = 3;
    private static final int LATENCY_US_MAX = 9;
    private static final int PERCENTILES = 12;

    private static final int KIB_BYTES = 1024;
    private static final long US_NS = 1_000;
    private static final long MS_NS = 1_000_000;

    /** Runs it on an export of that size; {@code in} puts the command where the load belongs. */
    static FioRun of(Lab lab, String uri, NbdPoint point, FioLoad load) {
        return parse(Program.run(lab.atInitiator(command(uri, point, load))), point);
    }

    /**
     * How long and on what.
     *
     * @param sizeBytes of the export
     * @param seed of random addresses
     */
    record FioLoad(double seconds, long sizeBytes, long seed) {}

    private static List<String> command(String uri, NbdPoint point, FioLoad load) {
        return List.of(
                "fio",
                "--name=nbd",
                "--ioengine=nbd",
                "--uri=" + uri,
                "--rw=" + point.pattern(),
                "--bs=" + point.blockBytes(),
                "--iodepth=" + point.depth(),
                "--size=" + load.sizeBytes(),
                "--time_based",
                String.format(Locale.ROOT, "--runtime=%dms", (long) (load.seconds() * 1e3)),
                "--norandommap",
                "--randseed=" + load.seed(),
                "--percentile_list=50:99:99.9",
                "--output-format=terse",
                "--terse-version=3");
    }

    /** What it printed, with all else that programs print. */
    static FioRun parse(String said, NbdPoint point) {
        String line = said.lines()
                .filter(one -> one.startsWith(TERSE_LINE))
                .findFirst()
                .orElseThrow(() -> unreadable(said));
        String[] fields = line.split(";", -1);
        if (fields.length < CPU_AT + 2) {
            throw unreadable(line);
        }
        int at = point.writes() ? READ_AT + DIRECTION_FIELDS : READ_AT;
        long runtimeNs = Long.parseLong(fields[at + RUNTIME_MS]) * MS_NS;
        long requests = Long.parseLong(fields[at + KIB]) * KIB_BYTES / point.blockBytes();
        if (runtimeNs == 0 || requests == 0) {
            throw unreadable(line);
        }
        LoadResult.Latency latency = new LoadResult.Latency(
                percentileNs(fields[at + PERCENTILES]),
                percentileNs(fields[at + PERCENTILES + 1]),
                percentileNs(fields[at + PERCENTILES + 2]),
                new BigDecimal(fields[at + LATENCY_US_MAX]).longValue() * US_NS);
        double busy = percent(fields[CPU_AT]) + percent(fields[CPU_AT + 1]);
        return new FioRun(new LoadResult("", requests, runtimeNs, 0, 0, 0, 0, latency), (long)
                (runtimeNs * busy));
    }

    private static long percentileNs(String field) {
        return Long.parseLong(field.substring(field.indexOf('=') + 1)) * US_NS;
    }

    private static double percent(String field) {
        return Double.parseDouble(field.replace("%", "")) / 100;
    }

    private static EtherbayException unreadable(String said) {
        return new EtherbayException(
                ErrorCode.ENVIRONMENT,
                "what fio said cannot be read: " + EtherbayException.shown(said.strip()),
                "it moved nothing, or prints its terse output otherwise than version 3",
                "fio --version; the bench knows Debian's");
    }
}
