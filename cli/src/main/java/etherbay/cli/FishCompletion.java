// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

import java.util.List;

/** What fish offers on TAB: verbs and options with what they are for, files where one is wanted. */
final class FishCompletion {
    private static final String HEAD = """
        # fish completion for etherbay
        function __etherbay_at
            set -l at etherbay
            for word in (commandline -opc)[2..]
                if contains -- "$at $word" COMMANDS
                    set at "$at $word"
                end
            end
            test "$at" = "$argv"
        end
        """;

    private FishCompletion() {}

    static String of(CommandSpec root) {
        List<CommandSpec> all = CommandDocuments.all(root);
        String paths = BashCompletion.paths(all).replace('|', ' ');
        StringBuilder script = new StringBuilder(HEAD.replace("COMMANDS", paths));
        for (CommandSpec command : all) {
            String here =
                    "complete -c etherbay -n '__etherbay_at %s'".formatted(command.qualifiedName());
            List<CommandSpec> verbs = CommandDocuments.verbs(command);
            if (!verbs.isEmpty()) {
                script.append(here).append(" -f\n");
            }
            verbs.forEach(verb -> script.append("%s -a %s -d %s\n"
                    .formatted(here, verb.name(), purpose(CommandDocuments.purpose(verb)))));
            CommandDocuments.options(command)
                    .forEach(option -> script.append(here).append(option(option)));
        }
        return script.toString();
    }

    private static String option(OptionSpec option) {
        StringBuilder words = new StringBuilder();
        for (String name : option.names()) {
            words.append(name.startsWith("--") ? " -l " + name.substring(2) : shortName(name));
        }
        if (option.arity().max() > 0) {
            words.append(" -r");
        }
        return words + " -d " + purpose(CommandDocuments.purpose(option)) + "\n";
    }

    /** A hyphen and one letter, or an option of the old kind with more of them. */
    private static String shortName(String name) {
        return (name.length() == 2 ? " -s " : " -o ") + name.substring(1);
    }

    /** In fish's quotes a backslash counts. */
    private static String purpose(String text) {
        String brief = CommandDocuments.brief(text);
        return "'" + brief.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
