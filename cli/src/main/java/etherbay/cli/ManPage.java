// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;

import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The man page of one command, in the macros of man(7). */
final class ManPage {
    private static final int ASCII_MAX = 0x7e;

    private final CommandSpec command;
    private final StringBuilder page = new StringBuilder();

    private ManPage(CommandSpec command) {
        this.command = command;
    }

    /** The page's name: that of the command with hyphens between its words. */
    static String name(CommandSpec command) {
        return command.qualifiedName("-");
    }

    /**
     * @param date the day of what is described, as 2026-11-23
     * @param version of the program
     */
    static String of(CommandSpec command, String date, String version) {
        return new ManPage(command).text(date, version);
    }

    private String text(String date, String version) {
        line(".TH %s 1 %s \"Etherbay %s\" \"Etherbay\""
                .formatted(escaped(name(command).toUpperCase(Locale.ROOT)), date, version));
        line(".SH NAME");
        String purpose = CommandDocuments.purpose(command);
        line(escaped(name(command)) + " \\- " + escaped(CommandDocuments.brief(purpose)));
        line(".SH SYNOPSIS");
        line(synopsis());
        line(".SH DESCRIPTION");
        line(escaped(purpose));
        examples();
        arguments();
        options();
        verbs();
        if (command.usageMessage().footer().length > 0) {
            paragraphs(command.usageMessage().footer());
        }
        exitCodes();
        seeAlso();
        return page.toString();
    }

    private String synopsis() {
        String usage = new Help(command, Help.defaultColorScheme(Ansi.OFF)).synopsis(0);
        String own = command.qualifiedName();
        String rest = usage.replaceAll("\\s+", " ").strip().substring(own.length());
        return "\\fB" + escaped(own) + "\\fR" + escaped(rest);
    }

    private void examples() {
        List<String> examples = Arrays.stream(command.usageMessage().description())
                .filter(CommandDocuments::isExample)
                .toList();
        if (!examples.isEmpty()) {
            line(".PP");
            line(".nf");
            examples.forEach(example -> line(escaped(example)));
            line(".fi");
        }
    }

    private void arguments() {
        List<PositionalParamSpec> arguments = command.positionalParameters().stream()
                .filter(argument -> !argument.hidden())
                .toList();
        if (!arguments.isEmpty()) {
            line(".SH ARGUMENTS");
            arguments.forEach(argument -> tagged(italic(argument.paramLabel()), argument));
        }
    }

    private void options() {
        List<OptionSpec> options = CommandDocuments.options(command);
        if (!options.isEmpty()) {
            line(".SH OPTIONS");
            options.forEach(option -> tagged(optionTag(option), option));
        }
    }

    private static String optionTag(OptionSpec option) {
        String names =
                Arrays.stream(option.names()).map(ManPage::bold).collect(Collectors.joining(", "));
        return option.arity().max() == 0 ? names : names + " " + italic(option.paramLabel());
    }

    private void tagged(String tag, ArgSpec argument) {
        line(".TP");
        line(tag);
        String purpose = CommandDocuments.purpose(argument);
        line(purpose.isEmpty() ? "\\&" : escaped(purpose));
    }

    private void verbs() {
        List<CommandSpec> verbs = CommandDocuments.verbs(command);
        if (!verbs.isEmpty()) {
            line(".SH COMMANDS");
        }
        for (CommandSpec verb : verbs) {
            line(".TP");
            line(bold(name(verb)) + "(1)");
            line(escaped(CommandDocuments.purpose(verb)));
        }
    }

    private void paragraphs(String[] lines) {
        for (String each : lines) {
            line(".PP");
            line(escaped(CommandDocuments.text(new String[] {each})));
        }
    }

    private void exitCodes() {
        line(".SH EXIT STATUS");
        line("0 when it did what was asked, otherwise the kind of the error:");
        for (ErrorCode code : ErrorCode.values()) {
            line(".TP");
            line(bold(Integer.toString(code.exitCode())));
            line(escaped(code.name().toLowerCase(Locale.ROOT).replace('_', ' ')));
        }
    }

    private void seeAlso() {
        line(".SH SEE ALSO");
        if (command.parent() != null) {
            line(bold(name(command.parent())) + "(1),");
        }
        line("the pages below");
        line(".I /usr/share/doc/etherbay");
    }

    private void line(String text) {
        page.append(text).append('\n');
    }

    private static String bold(String text) {
        return "\\fB" + escaped(text) + "\\fR";
    }

    private static String italic(String text) {
        return "\\fI" + escaped(text) + "\\fR";
    }

    /** Text as roff(7) takes it, wherever in a line it stands. */
    static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints()
                .forEach(point -> escaped.append(
                        switch (point) {
                            case '\\' -> "\\e";
                            case '-' -> "\\-";
                            case '\'' -> "\\(aq";
                            case '`' -> "\\(ga";
                            case '^' -> "\\(ha";
                            case '~' -> "\\(ti";
                            default ->
                                point > ASCII_MAX
                                        ? "\\[u%04X]".formatted(point)
                                        : Character.toString(point);
                        }));
        return escaped.toString().startsWith(".") ? "\\&" + escaped : escaped.toString();
    }
}
