// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Verbs of {@code etherbay} as a person types them, run in this process: another one for each would
 * take longer than most of them. Any thread.
 */
final class DemoVerbs {
    /** All of them, one after the other. */
    @SafeVarargs
    static List<String> words(List<String>... parts) {
        List<String> words = new ArrayList<>();
        for (List<String> part : parts) {
            words.addAll(part);
        }
        return words;
    }

    /**
     * Runs one to its end.
     *
     * @return what it printed
     * @throws EtherbayException of the same code, with what it said, when its exit code is not 0
     */
    String run(List<String> words) {
        return run(line -> {}, words);
    }

    /** As {@link #run(List)}; each line that it prints is told as it comes. */
    String run(Consumer<String> told, List<String> words) {
        Lines out = new Lines(told);
        Lines err = new Lines(line -> {});
        String[] arguments = words.toArray(String[]::new);
        CommandLine command = Main.commandLineFor(arguments)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true));
        int exitCode = command.execute(arguments);
        if (exitCode == 0) {
            return out.text();
        }
        throw new EtherbayException(
                Arrays.stream(ErrorCode.values())
                        .filter(code -> code.exitCode() == exitCode)
                        .findFirst()
                        .orElse(ErrorCode.INTERNAL),
                "`etherbay %s` ended with exit code %d".formatted(verb(words), exitCode),
                EtherbayException.shown((err.text().isBlank() ? out.text() : err.text())
                        .strip()
                        .replace("\n", "; ")),
                "the logs of the nodes stand above; `etherbay demo --keep` leaves all running");
    }

    /** The words before the first option. */
    private static String verb(List<String> words) {
        return String.join(
                " ", words.stream().takeWhile(word -> !word.startsWith("-")).toList());
    }

    /** Text that is kept, and told line by line. */
    private static final class Lines extends Writer {
        private final StringBuilder text = new StringBuilder();
        private final Consumer<String> told;
        private int toldChars;

        Lines(Consumer<String> told) {
            this.told = told;
        }

        String text() {
            return text.toString();
        }

        @Override
        public void write(char[] chars, int offset, int count) {
            text.append(chars, offset, count);
            for (int end = text.indexOf("\n", toldChars);
                    end >= 0;
                    end = text.indexOf("\n", toldChars)) {
                told.accept(text.substring(toldChars, end));
                toldChars = end + 1;
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
