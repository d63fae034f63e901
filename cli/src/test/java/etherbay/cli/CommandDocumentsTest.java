// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ErrorCode;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Pages, completions and {@code --help} say the same of each command. */
class CommandDocumentsTest {
    private static final CommandSpec ROOT = Main.commandLine().getCommandSpec();
    private static final String DATE = "2026-11-23";

    /** An option where it is explained, in the help and in a page of which roff is taken out. */
    private static final Pattern HELP_OPTION = Pattern.compile("(?m)^ {1,6}(-\\S.*)$");

    private static final Pattern PAGE_OPTION = Pattern.compile("(?m)^\\.TP\\n(-\\S.*)$");
    private static final Pattern NAME = Pattern.compile("(?<![\\w-])--?[a-zA-Z][\\w-]*");

    @TempDir
    Path folder;

    static List<CommandSpec> commands() {
        return CommandDocuments.all(ROOT);
    }

    @Test
    void eachCommandHasAPageAndEachShellItsCompletion() throws IOException {
        CommandDocuments.main(new String[] {folder.toString(), DATE});
        assertThat(commands()).hasSizeGreaterThan(60);
        try (Stream<Path> pages = Files.list(folder.resolve("share/man/man1"))) {
            assertThat(pages.map(page -> page.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(commands().stream()
                            .map(command -> command.qualifiedName("-") + ".1")
                            .toList());
        }
        assertThat(folder.resolve("share/bash-completion/completions/etherbay")).isNotEmptyFile();
        assertThat(folder.resolve("share/zsh/vendor-completions/_etherbay")).isNotEmptyFile();
        assertThat(folder.resolve("share/fish/vendor_completions.d/etherbay.fish"))
                .isNotEmptyFile();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void pageAndHelpExplainTheOptionsThatTheCodeHas(CommandSpec command) {
        List<String> names = CommandDocuments.options(command).stream()
                .flatMap(option -> Arrays.stream(option.names()))
                .toList();
        String help = command.commandLine().getUsageMessage(CommandLine.Help.Ansi.OFF);
        assertThat(optionsIn(HELP_OPTION, help))
                .isEqualTo(new TreeSet<>(names))
                .isEqualTo(optionsIn(PAGE_OPTION, plain(page(command))));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void eachPageNamesItsArgumentsItsVerbsAndTheExitCodes(CommandSpec command) {
        String page = plain(page(command));
        assertThat(page).contains(".SH NAME\n" + ManPage.name(command) + " - ");
        command.positionalParameters()
                .forEach(argument -> assertThat(page).contains(argument.paramLabel()));
        CommandDocuments.verbs(command)
                .forEach(verb -> assertThat(page).contains(ManPage.name(verb) + "(1)"));
        for (ErrorCode code : ErrorCode.values()) {
            assertThat(page).contains(".TP\n" + code.exitCode() + "\n");
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everybodyIsToldWhatEachOptionIsFor(CommandSpec command) {
        for (OptionSpec option : CommandDocuments.options(command)) {
            assertThat(CommandDocuments.purpose(option))
                    .as(option.longestName())
                    .isNotEmpty();
        }
        assertThat(CommandDocuments.purpose(command)).as(command.name()).isNotEmpty();
    }

    @Test
    void whatRoffWouldTakeForItsOwnIsEscaped() {
        assertThat(ManPage.escaped(".a\\b-'c`^~")).isEqualTo("\\&.a\\eb\\-\\(aqc\\(ga\\(ha\\(ti");
        assertThat(ManPage.escaped("5 \u00b5s")).isEqualTo("5 \\[u00B5]s");
    }

    @Test
    void aQuoteEndsNoTextOfZsh() {
        assertThat(ZshCompletion.quoted("it's")).isEqualTo("'it'\\''s'");
    }

    private static String page(CommandSpec command) {
        return ManPage.of(command, DATE, "0.1.0");
    }

    private static String plain(String roff) {
        return roff.replaceAll("\\\\f[BIR]", "").replace("\\-", "-").replace("\\(aq", "'");
    }

    private static Set<String> optionsIn(Pattern line, String text) {
        Set<String> found = new TreeSet<>();
        for (MatchResult each : line.matcher(text).results().toList()) {
            // Names stand before what they are for, which two blanks part from them in the help.
            NAME.matcher(each.group(1).replaceFirst(" {2,}.*$", ""))
                    .results()
                    .forEach(n -> found.add(n.group()));
        }
        return found;
    }
}
