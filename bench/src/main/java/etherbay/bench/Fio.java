// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import io.avaje.json.JsonException;
import io.avaje.jsonb.Jsonb;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A run of {@code fio} on a file with io_uring and O_DIRECT: what the disk gives to a program that
 * needs no network. What it says is read as its version 3 writes it (fio(1), "json").
 */
final class Fio {
    private static final double NS_PER_MS = 1e6;

    private Fio() {}

    /** The command for {@code point} with its window as depth. */
    static List<String> command(Path file, Point point, double seconds) {
        return List.of(
                "fio",
                "--name=bench",
                "--filename=" + file,
                "--ioengine=io_uring",
                "--direct=1",
                "--rw=" + (point.write() ? "randwrite" : "randread"),
                "--bs=" + point.kib() + "k",
                "--iodepth=" + point.window(),
                "--norandommap",
                "--randrepeat=0",
                "--time_based",
                "--runtime=" + Math.round(seconds * 1000) + "ms",
                "--output-format=json");
    }

    /** What it said, as if it had been a server: its CPU time is the time of its job. */
    static Sample parse(String said, boolean write) {
        try {
            // Notes of fio may stand before the document.
            String document = said.substring(Math.max(0, said.indexOf('{')));
            Map<?, ?> whole = object(Jsonb.builder().build().type(Object.class).fromJson(document));
            Map<?, ?> job = object(list(whole.get("jobs")).getFirst());
            Map<?, ?> side = object(job.get(write ? "write" : "read"));
            Map<?, ?> latency = object(side.get("clat_ns"));
            Map<?, ?> percentiles = object(latency.get("percentile"));
            LoadResult result = new LoadResult(
                    "",
                    (long) number(side, "total_ios"),
                    (long) (number(side, "runtime") * NS_PER_MS),
                    0,
                    (long) number(job, "error"),
                    0,
                    0,
                    new LoadResult.Latency(
                            (long) number(percentiles, "50.000000"),
                            (long) number(percentiles, "99.000000"),
                            (long) number(percentiles, "99.900000"),
                            (long) number(latency, "max")));
            double cpuPercent = number(job, "usr_cpu") + number(job, "sys_cpu");
            double cpuNs = cpuPercent / 100 * number(job, "job_runtime") * NS_PER_MS;
            return new Sample(result, (long) cpuNs, 0);
        } catch (JsonException | IllegalStateException other) {
            throw notUnderstood(said, String.valueOf(other.getMessage()));
        }
    }

    private static Map<?, ?> object(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new IllegalStateException("an object is missing");
    }

    private static List<?> list(Object value) {
        if (value instanceof List<?> list && !list.isEmpty()) {
            return list;
        }
        throw new IllegalStateException("a list is missing or empty");
    }

    private static double number(Map<?, ?> object, String key) {
        if (object.get(key) instanceof Number number) {
            return number.doubleValue();
        }
        throw new IllegalStateException("no number " + key);
    }

    private static EtherbayException notUnderstood(String said, String why) {
        return new EtherbayException(
                ErrorCode.ENVIRONMENT,
                "what fio said is not understood",
                why + ", in: " + said.strip().lines().findFirst().orElse("nothing"),
                "use fio 3 with io_uring: apt-get install fio");
    }
}
