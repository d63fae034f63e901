// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.admin.Documents;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code etherbay apply}: makes a node what a file says. */
@Command(
        name = "apply",
        description = {
            "Make the applied settings of a node those of a file, after showing what that would",
            "do. Exports, disks, mirrors and volumes that do not differ notice nothing. With",
            "--plan: only show it, and end with 0 when nothing differs, with 9 when something does."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ApplyCommand extends ApiVerb {
    /** Of the node's answers, of which only the lines and the generation matter here. */
    public record Lines(List<String> lines, long generation) {}

    @Option(
            names = "-f",
            paramLabel = "FILE",
            required = true,
            description = "the settings, as etherbay export-config prints them")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private Path file;

    @Option(names = "--plan", description = "only show what it would do")
    private boolean planOnly;

    @Option(names = "--reason", paramLabel = "TEXT", description = "why, for the audit log")
    private String reason = "";

    @Option(names = "--yes", description = "do not ask")
    private boolean yes;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    int ask(ApiClient client) {
        String text = read(file);
        // Before the plan: what changes in between makes the node refuse what we planned.
        String seen = client.get("/settings").etag();
        List<String> plan = lines(client.postText("/settings/plan", text)).lines();
        if (planOnly || plan.isEmpty()) {
            show(plan, false, generation(seen));
            return plan.isEmpty() ? 0 : DEVIATES;
        }
        if (!yes) {
            confirm(plan);
        }
        Lines done = lines(client.put("/settings", text, seen, reason));
        show(done.lines(), true, done.generation());
        return 0;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "the settings in %s cannot be read".formatted(file),
                    String.valueOf(failure.getMessage()),
                    "name a text file in UTF-8; etherbay export-config prints one to begin with");
        }
    }

    private static Lines lines(ApiClient.Answer answer) {
        return Documents.read(answer.text(), "the plan", Lines.class);
    }

    private static long generation(String etag) {
        String digits = etag.replaceAll("[^0-9]", "");
        return digits.isEmpty() || digits.length() > 18 ? 0 : Long.parseLong(digits);
    }

    private void show(List<String> lines, boolean applied, long generation) {
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("lines", lines);
            document.put("applied", applied);
            document.put("generation", generation);
            out().println(Documents.json(document));
            return;
        }
        lines.forEach(line -> out().println(EtherbayException.shown(line)));
        if (lines.isEmpty()) {
            out().println("nothing differs");
        } else if (applied) {
            out().println("applied: generation " + generation);
        }
    }

    private void confirm(List<String> plan) {
        if (!DemoProgress.onTerminal()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "%d changes are not applied without a yes".formatted(plan.size()),
                    "nobody is there who could be asked",
                    "look at them with --plan, then: etherbay apply -f %s --yes".formatted(file));
        }
        plan.forEach(line -> err().println(EtherbayException.shown(line)));
        err().flush();
        Console console = System.console();
        String answer = console.readLine("apply? [y/N] ");
        if (answer == null || !answer.strip().equalsIgnoreCase("y")) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT, "nothing was applied", "you said no", "answer y, or --yes");
        }
    }
}
