// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;

class FioTest {
    /**
     * Of fio 3.33, without what is not read: {@code fio --name=bench --rw=randread --bs=4k
     * --ioengine=io_uring --direct=1 --iodepth=64 --time_based --runtime=300ms
     * --output-format=json}.
     */
    private static final String SAID = """
            note: this and that
            {
              "fio version" : "fio-3.33",
              "jobs" : [
                {
                  "jobname" : "bench",
                  "error" : 0,
                  "job_runtime" : 301,
                  "usr_cpu" : 10.000000,
                  "sys_cpu" : 40.000000,
                  "read" : {
                    "total_ios" : 24080,
                    "runtime" : 301,
                    "iops" : 80000.0,
                    "clat_ns" : {
                      "min" : 100000, "max" : 3000000,
                      "percentile" : {
                        "50.000000" : 700416,
                        "99.000000" : 1500000,
                        "99.900000" : 2000000
                      }
                    }
                  },
                  "write" : { "total_ios" : 0, "runtime" : 0 }
                }
              ]
            }
            """;

    @Test
    void whatFioSaysIsASampleLikeThatOfAServer() {
        Sample sample = Fio.parse(SAID, false);

        assertThat(sample.result().rate()).isEqualTo(80_000);
        assertThat(sample.result().latency())
                .isEqualTo(new LoadResult.Latency(700_416, 1_500_000, 2_000_000, 3_000_000));
        assertThat(sample.serverCpuNs()).isEqualTo(150_500_000);
    }

    @Test
    void whatIsNoAnswerOfFioIsNamed() {
        assertThat(refusal("fio: engine io_uring not loadable", false))
                .contains("what fio said is not understood")
                .contains("engine io_uring not loadable");
        assertThat(refusal("{\"jobs\": []}", false)).contains("a list is missing or empty");
        assertThat(refusal(SAID, true)).contains("an object is missing");
    }

    private static String refusal(String said, boolean write) {
        return catchThrowableOfType(EtherbayException.class, () -> Fio.parse(said, write))
                .toText();
    }

    @Test
    void theCommandIsThePointOnTheFile() {
        assertThat(Fio.command(Path.of("disk.img"), new Point(true, 16, 32), 0.3))
                .contains(
                        "--filename=disk.img",
                        "--rw=randwrite",
                        "--bs=8k",
                        "--iodepth=32",
                        "--runtime=300ms",
                        "--direct=1");
    }
}
