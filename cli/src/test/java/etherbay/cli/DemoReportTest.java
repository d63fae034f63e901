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
        report.step(
                "b",
                "a longer title",
                () -> DemoSeen.of("two")
                        .with(DemoSeen.GUEST_GAP_MS, 450L)
                        .with(DemoSeen.OUTSIDE_GAP_MS, 1234L)
                        .with(DemoSeen.RESYNCED_BYTES, 3L << 19)
                        .with(DemoSeen.ERROR_COUNT, 0));
        String blanks = " {8}";
        assertThat(report.table().lines().toList())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .isEqualTo("step            seconds  guest gap  outside gap"
                                        + "  resynced  errors  seen"),
                        line -> assertThat(line)
                                .matches("short " + blanks + " {6}\\d\\.\\d" + blanks + "  -"
                                        + " {12}-" + " {9}- {7}-  one"),
                        line -> assertThat(line)
                                .matches("a longer title {6}\\d\\.\\d {5}0\\.45 s {7}1\\.23 s"
                                        + " {3}1\\.5 MiB {4}none  two"),
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
                        {"name":"a","title":"one","ok":true,"durationMs":0,"seen":"x",\
                        "measured":{"aBytes":7,"accel":"TCG"}},\
                        {"name":"b","title":"two","ok":true,"durationMs":0,"seen":"y",\
                        "measured":{"bCount":0}}]}""");
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
    void whatAStepDoesMeanwhileIsToldBelowIt() {
        report.step("a", "one", () -> {
            report.say(" half of it ");
            return DemoSeen.of("x");
        });
        assertThat(err.toString().lines()).containsExactly("demo 1/2: one", "  half of it");
    }

    @Test
    void onATerminalTheLineOfAStepIsErasedWhenItIsOver() {
        DemoProgress progress = new DemoProgress(new PrintWriter(err), true, 2);
        progress.begin("one");
        progress.end();
        assertThat(err.toString()).endsWith("\r\u001b[K").doesNotContain("\n");
    }
}
