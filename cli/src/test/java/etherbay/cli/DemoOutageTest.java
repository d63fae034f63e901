// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

class DemoOutageTest {
    private static DemoFacts writer(int records, int longestMs, int errors) {
        return DemoFacts.parse(
                "records=%d%nlongest=%d%nerrors=%d%n".formatted(records, longestMs, errors));
    }

    @Test
    void aWriterThatWaitedWithoutErrorIsRight() {
        DemoSeen seen = DemoOutage.judge(3400, writer(30, 3700, 0), writer(50, 200, 0));
        assertThat(seen.words())
                .isEqualTo("away 3.4 s: a write of e0.0 took 3.7 s, of e0.1 at most 0.2 s;"
                        + " 20 MiB, 0 errors");
        assertThat(seen.measured())
                .containsEntry("targetAwayMs", 3400L)
                .containsEntry("longestStallMs", 3700L)
                .containsEntry("longestStallOtherMs", 200L)
                .containsEntry("writtenBytes", 80L * 256 * 1024)
                .containsEntry("errorCount", 0L);
    }

    @Test
    void anErrorOfEitherWriterFailsTheStep() {
        assertThatThrownBy(() -> DemoOutage.judge(3400, writer(30, 3700, 1), writer(50, 200, 0)))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining("saw an error");
        assertThatThrownBy(() -> DemoOutage.judge(3400, writer(30, 3700, 0), writer(50, 200, 2)))
                .isInstanceOf(EtherbayException.class)
                .extracting(failure -> ((EtherbayException) failure).why())
                .asString()
                .contains("2 of its writes failed");
    }

    @Test
    void anOutageThatNobodyFeltProvesNothingAndFailsTheStep() {
        assertThatThrownBy(() -> DemoOutage.judge(3400, writer(30, 400, 0), writer(50, 200, 0)))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining("was not felt");
    }

    @Test
    void whatTheGuestDidNotReportIsAnErrorAndOtherLinesAreNone() {
        DemoFacts facts = DemoFacts.parse("file1: OK\nms=12\nms=x\n");
        assertThat(facts.number("ms")).isEqualTo(12);
        assertThatThrownBy(() -> facts.number("sectors"))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining("did not report `sectors`");
    }
}
