// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.util.List;
import java.util.Locale;

/**
 * A run of {@code fio} with its NBD engine.
 *
 * @param sizeBytes of the export
 * @param seed of random addresses
 */
record NbdLoad(double seconds, long sizeBytes, long seed) {
    /** Runs it where the load belongs; the CPU of the sample is that of fio's job. */
    Sample run(Lab lab, String uri, NbdPoint point) {
        return Fio.parse(Program.run(lab.atInitiator(command(uri, point))), point.writes());
    }

    private List<String> command(String uri, NbdPoint point) {
        return List.of(
                "fio",
                "--name=nbd",
                "--ioengine=nbd",
                "--uri=" + uri,
                "--rw=" + point.pattern(),
                "--bs=" + point.blockBytes(),
                "--iodepth=" + point.depth(),
                "--size=" + sizeBytes,
                "--time_based",
                String.format(Locale.ROOT, "--runtime=%dms", (long) (seconds * 1e3)),
                "--norandommap",
                "--randseed=" + seed,
                "--output-format=json");
    }
}
