// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import picocli.CommandLine.Model.CommandSpec;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** What zsh offers on TAB: verbs and options with what they are for, else files. */
final class ZshCompletion {
    private static final String HEAD = """
        #compdef etherbay
        _etherbay() {
            local at=etherbay word
            local -a verbs options
            for word in "${(@)words[2,CURRENT-1]}"; do
                case "$at $word" in
                    (COMMANDS) at="$at $word" ;;
                esac
            done
            case $at in
        """;

    private static final String TAIL = """
            esac
            if [[ $PREFIX == -* ]]; then
                _describe -o option options
            elif (( $#verbs )); then
                _describe command verbs
            else
                _files
            fi
        }
        _etherbay "$@"
        """;

    private ZshCompletion() {}

    static String of(CommandSpec root) {
        List<CommandSpec> all = CommandDocuments.all(root);
        StringBuilder script =
                new StringBuilder(HEAD.replace("COMMANDS", BashCompletion.paths(all)));
        for (CommandSpec command : all) {
            script.append("        (\"%s\")\n".formatted(command.qualifiedName()));
            script.append("            verbs=(%s)\n".formatted(verbs(command)));
            script.append("            options=(%s)\n".formatted(options(command)));
            script.append("            ;;\n");
        }
        return script.append(TAIL).toString();
    }

    private static String verbs(CommandSpec command) {
        return CommandDocuments.verbs(command).stream()
                .map(verb -> item(verb.name(), CommandDocuments.purpose(verb)))
                .collect(Collectors.joining(" "));
    }

    private static String options(CommandSpec command) {
        return CommandDocuments.options(command).stream()
                .flatMap(option -> Arrays.stream(option.names())
                        .map(name -> item(name, CommandDocuments.purpose(option))))
                .collect(Collectors.joining(" "));
    }

    /** A colon parts the word from what it is for. */
    private static String item(String word, String purpose) {
        return quoted(word.replace(":", "\\:") + ":" + CommandDocuments.brief(purpose));
    }

    /** Text in quotes, as every shell takes it. */
    static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
