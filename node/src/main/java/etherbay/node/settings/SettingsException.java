// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.List;
import java.util.stream.Collectors;

/** A settings file that cannot be used, with all that is wrong in it, in the order of the file. */
public final class SettingsException extends EtherbayException {
    private final transient List<Problem> problems;

    SettingsException(String file, List<Problem> problems) {
        super(
                ErrorCode.INVALID,
                file
                        + (problems.size() == 1
                                ? " has a mistake"
                                : " has " + problems.size() + " mistakes"),
                lines(file, problems),
                "mend it and ask again; nothing of the file was put into effect");
        this.problems = List.copyOf(problems);
    }

    private static String lines(String file, List<Problem> problems) {
        return problems.stream()
                .map(problem -> problem.toText(file))
                .collect(Collectors.joining(System.lineSeparator()));
    }

    /** At least one, sorted by position. */
    public List<Problem> problems() {
        return problems;
    }

    /** One line for each problem, as compilers write them, and one that counts them. */
    @Override
    public String toText() {
        return "%s%netherbay: %s%n  do: %s".formatted(why(), getMessage(), correction());
    }
}
