// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.initiator.conform.Finding;
import etherbay.initiator.conform.Level;
import etherbay.initiator.conform.Outcome;
import etherbay.initiator.conform.Report;
import etherbay.initiator.conform.Subject;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What {@code etherbay conform} prints: a line for each finding as it comes, or one document. */
final class ConformTable {
    private static final String DETAIL = "        ";

    private final PrintWriter out;
    private final boolean json;

    ConformTable(PrintWriter out, boolean json) {
        this.out = out;
        this.json = json;
    }

    void add(Finding finding) {
        if (json) {
            return;
        }
        out.printf(
                "%-7s %-6s %-24s %s%n",
                word(finding.outcome()),
                finding.rule().level(),
                finding.rule().id(),
                finding.rule().sentence());
        switch (finding.outcome()) {
            case PASSED, NOT_RUN -> {}
            case REPORTED -> detail("told", finding.got());
            case NOT_APPLICABLE -> detail("why", finding.got());
            case FAILED -> {
                detail("source", finding.rule().source());
                finding.sent().forEach(frame -> detail("sent", frame));
                detail("expected", finding.expected());
                detail("got", finding.got());
            }
        }
        out.flush();
    }

    private void detail(String what, String text) {
        out.printf("%s%s: %s%n", DETAIL, what, text);
    }

    private static String word(Outcome outcome) {
        return switch (outcome) {
            case PASSED -> "passed";
            case FAILED -> "FAILED";
            case REPORTED -> "info";
            case NOT_APPLICABLE -> "n/a";
            case NOT_RUN -> "not run";
        };
    }

    void end(Report report) {
        if (json) {
            out.println(JsonText.of(document(report)));
        } else {
            out.println(summary(report));
        }
        out.flush();
    }

    private static String summary(Report report) {
        Subject subject = report.subject();
        long must = report.findings().stream()
                .filter(Finding::isDeviation)
                .filter(finding -> finding.rule().level() == Level.MUST)
                .count();
        String rest = report.interrupted()
                ? "interrupted"
                : "--write and --masks run those that change the target";
        return "%s at %s, MTU %d: %d passed, %d failed (%d MUST), %d not applicable, %d not run%s"
                .formatted(
                        subject.station().disk(),
                        subject.station().mac(),
                        subject.mtu(),
                        report.count(Outcome.PASSED),
                        report.count(Outcome.FAILED),
                        must,
                        report.count(Outcome.NOT_APPLICABLE),
                        report.count(Outcome.NOT_RUN),
                        report.count(Outcome.NOT_RUN) > 0 ? ": " + rest : "");
    }

    private static Map<String, Object> document(Report report) {
        Subject subject = report.subject();
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("disk", subject.station().disk().toString());
        document.put("mac", subject.station().mac().toString());
        document.put("mtu", subject.mtu());
        document.put("buffers", subject.config().bufferCount());
        document.put("sectorsPerRequest", subject.config().sectorsMax());
        document.put("conforms", report.conforms());
        document.put("interrupted", report.interrupted());
        document.put("notRestored", report.notRestored());
        document.put(
                "findings",
                report.findings().stream().map(ConformTable::finding).toList());
        return document;
    }

    private static Map<String, Object> finding(Finding finding) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("id", finding.rule().id());
        values.put("level", finding.rule().level().name());
        values.put("outcome", finding.outcome().name().toLowerCase(Locale.ROOT));
        values.put("changes", finding.rule().touches().name().toLowerCase(Locale.ROOT));
        values.put("sentence", finding.rule().sentence());
        values.put("source", finding.rule().source());
        values.put("sent", finding.sent());
        values.put("expected", finding.expected());
        values.put("got", finding.got());
        return values;
    }
}
