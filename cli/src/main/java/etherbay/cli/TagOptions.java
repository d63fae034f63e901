// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import java.util.ArrayList;
import java.util.List;

/** What is to become of the tags of a group or a volume. */
final class TagOptions {
    @Option(names = "--add", paramLabel = "TAG", split = ",", description = "a tag to add")
    private List<String> added = new ArrayList<>();

    @Option(names = "--remove", paramLabel = "TAG", split = ",", description = "one to take away")
    private List<String> removed = new ArrayList<>();

    /** Refuses a command that would do nothing. */
    void check(CommandSpec spec) {
        if (added.isEmpty() && removed.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "Missing what to do: --add TAG or --remove TAG");
        }
    }

    /** The tags that there are, without the one and with the other; new ones behind. */
    List<String> applied(List<String> present) {
        List<String> tags = new ArrayList<>(present);
        tags.removeAll(removed);
        added.stream().filter(tag -> !tags.contains(tag)).forEach(tags::add);
        return tags;
    }
}
