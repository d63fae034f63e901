// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

import java.io.PrintWriter;
import java.io.StringWriter;

class DemoReportTest {
    private final StringWriter err = new StringWriter();
    private final DemoReport report =
            new DemoReport(new DemoProgress(new PrintWriter(err), false, 2));

    @Test
    void theTableHasALineForEachStepWithAlignedColumnsAndAVerdict() {
        report.step("a", "short", () -> DemoSeen.of("one"));
        report.step("b", "a longer title", () -> DemoSeen.of("two"));
        assertThat(report.table().lines().toList())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .isEqualTo("step            seconds  what was seen"),
                        line -> assertThat(line).matches("short               \\d\\.\\d  one"),
                        line -> assertThat(line).matches("a longer title      \\d\\.\\d  two"),
                        line -> assertThat(line).isEmpty(),
                        line -> assertThat(line)
                                .matches("2 steps in \\d+\\.\\d s: every step was right\\."));
    }

    @Test
    void theObjectHasTheStepsAndAllThatTheyMeasured() {
        report.step("a", "one", () -> DemoSeen.of("x").with("aBytes", 7L).with("accel", "TCG"));
        report.step("b", "two", () -> DemoSeen.of("y").with("bCount", 0));
        assertThat(report.json().replaceAll("\"durationMs\":\\d+", "\"durationMs\":0"))
                .isEqualTo("""
                        {"ok":true,"durationMs":0,"steps":[\
                        {"name":"a","title":"one","ok":true,"durationMs":0,"seen":"x"},\
                        {"name":"b","title":"two","ok":true,"durationMs":0,"seen":"y"}],\
                        "measured":{"aBytes":7,"accel":"TCG","bCount":0}}""");
    }

    @Test
    void aStepThatFailsIsTheLastOneAndSaysWhy() {
        report.step("a", "one", () -> DemoSeen.of("x"));
        EtherbayException failure = new EtherbayException(
                ErrorCode.UNAVAILABLE, "no answer\nat all", "it is off", "plug it");
        assertThatThrownBy(() -> report.step("b", "two", () -> {
                    throw failure;
                }))
                .isSameAs(failure);
        assertThat(report.table())
                .contains("FAILED: no answer\n")
                .contains(": the last step failed")
                .doesNotContain("every step was right");
        assertThat(report.json())
                .startsWith("{\"ok\":false,")
                .contains("\"name\":\"b\",\"title\":\"two\",\"ok\":false,")
                .endsWith("\"failure\":{\"code\":\"UNAVAILABLE\","
                        + "\"message\":\"no answer\\u000aat all\","
                        + "\"why\":\"it is off\",\"correction\":\"plug it\"}}");
    }

    @Test
    void withoutATerminalEachStepIsALineThatSaysHowFarItIs() {
        report.step("a", "one", () -> DemoSeen.of("x"));
        report.step("b", "two", () -> DemoSeen.of("y"));
        assertThat(err.toString().lines()).containsExactly("demo 1/2: one", "demo 2/2: two");
    }

    @Test
    void onATerminalTheLineOfAStepIsErasedWhenItIsOver() {
        DemoProgress progress = new DemoProgress(new PrintWriter(err), true, 2);
        progress.begin("one");
        progress.end();
        assertThat(err.toString()).endsWith("\r\u001b[K").doesNotContain("\n");
    }
}
