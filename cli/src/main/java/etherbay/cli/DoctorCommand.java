// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.admin.Documents;
import etherbay.admin.Examination;
import etherbay.admin.Health.Reason;
import etherbay.admin.NodeReport;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code etherbay doctor}: what is wrong, or slow, or was wrong, each with its cure. */
@Command(
        name = "doctor",
        description = {
            "Examine a node: all that status says, and what costs speed or went wrong since its",
            "start, each with a cure. Ends with 0 when nothing is found, with 9 when something is,",
            "with 8 when no daemon answers."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DoctorCommand extends ApiVerb {
    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    int ask(ApiClient client) {
        NodeReport report;
        try {
            report = Documents.read(client.get("/report").text(), "the report", NodeReport.class);
        } catch (EtherbayException failure) {
            if (failure.code() != ErrorCode.UNAVAILABLE) {
                throw failure;
            }
            show(Map.of(DoctorCheck.DAEMON, List.of(silent(failure))));
            return failure.code().exitCode();
        }
        List<Reason> reasons = Examination.of(report, report.atMs());
        show(DoctorCheck.sorted(reasons));
        return reasons.isEmpty() ? 0 : DEVIATES;
    }

    private static Reason silent(EtherbayException failure) {
        return new Reason(
                "offline",
                "DAEMON_SILENT",
                "daemon",
                failure.getMessage() + ": " + failure.why(),
                failure.correction());
    }

    private void show(Map<DoctorCheck, List<Reason>> found) {
        if (json) {
            out().println(Documents.json(document(found)));
            return;
        }
        found.forEach((check, reasons) -> {
            out().println((reasons.isEmpty() ? "ok   " : "BAD  ") + check.title());
            reasons.forEach(reason -> StatusText.reason(reason)
                    .forEach(line -> out().println("   " + EtherbayException.shown(line))));
        });
    }

    private static Map<String, Object> document(Map<DoctorCheck, List<Reason>> found) {
        List<Map<String, Object>> checks = new ArrayList<>();
        found.forEach((check, reasons) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("check", check.name());
            one.put("title", check.title());
            one.put("ok", reasons.isEmpty());
            one.put("reasons", reasons);
            checks.add(one);
        });
        return Map.of("checks", checks);
    }
}
