// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import picocli.CommandLine.Model.CommandSpec;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What bash offers on TAB: verbs, options after a hyphen, and files wherever neither fits. A script
 * of ours, as picocli's is one of a function for each command, read whenever a shell starts.
 */
final class BashCompletion {
    private static final String HEAD = """
        # bash completion for etherbay
        _etherbay() {
            local at=etherbay verbs="" options="" i
            for ((i = 1; i < COMP_CWORD; i++)); do
                case "$at ${COMP_WORDS[i]}" in
                    COMMANDS) at+=" ${COMP_WORDS[i]}" ;;
                esac
            done
            case $at in
        """;

    private static final String TAIL = """
            esac
            local word=${COMP_WORDS[COMP_CWORD]}
            [[ $word == -* ]] && verbs=$options
            COMPREPLY=($(compgen -W "$verbs" -- "$word"))
        }
        complete -o default -F _etherbay etherbay
        """;

    private BashCompletion() {}

    static String of(CommandSpec root) {
        List<CommandSpec> all = CommandDocuments.all(root);
        StringBuilder script = new StringBuilder(HEAD.replace("COMMANDS", paths(all)));
        for (CommandSpec command : all) {
            script.append("        \"%s\")\n".formatted(command.qualifiedName()));
            script.append("            verbs=\"%s\"\n".formatted(verbs(command)));
            script.append("            options=\"%s\"\n".formatted(options(command)));
            script.append("            ;;\n");
        }
        return script.append(TAIL).toString();
    }

    /** The alternatives of a shell's {@code case}: each command but the first. */
    static String paths(List<CommandSpec> all) {
        return all.stream()
                .skip(1)
                .map(command -> '"' + command.qualifiedName() + '"')
                .collect(Collectors.joining("|"));
    }

    private static String verbs(CommandSpec command) {
        return CommandDocuments.verbs(command).stream()
                .map(CommandSpec::name)
                .collect(Collectors.joining(" "));
    }

    private static String options(CommandSpec command) {
        return CommandDocuments.options(command).stream()
                .flatMap(option -> Arrays.stream(option.names()))
                .collect(Collectors.joining(" "));
    }
}
