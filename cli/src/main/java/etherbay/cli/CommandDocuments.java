// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.Check;

import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IllegalFormatException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Man pages and completions for all commands, made from what the commands say of themselves; run
 * by {@code ./dev package}. What is hidden from {@code --help} is in none of them.
 */
public final class CommandDocuments {
    private static final String MAN = "share/man/man1";

    private CommandDocuments() {}

    /**
     * Writes all of them into a folder, at the places below {@code /usr} where they belong.
     *
     * @param arguments the folder, and the date that the pages carry, as 2026-11-23
     */
    public static void main(String[] arguments) throws IOException {
        Check.that(arguments.length == 2, "a folder and a date");
        Path prefix = Path.of(arguments[0]);
        CommandSpec root = Main.commandLine().getCommandSpec();
        for (CommandSpec command : all(root)) {
            write(
                    prefix.resolve(MAN).resolve(ManPage.name(command) + ".1"),
                    ManPage.of(command, arguments[1], Version.text("")));
        }
        Path share = prefix.resolve("share");
        write(share.resolve("bash-completion/completions/etherbay"), BashCompletion.of(root));
        write(share.resolve("zsh/vendor-completions/_etherbay"), ZshCompletion.of(root));
        write(share.resolve("fish/vendor_completions.d/etherbay.fish"), FishCompletion.of(root));
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    /** A command and all below it, each before its own verbs. */
    static List<CommandSpec> all(CommandSpec root) {
        List<CommandSpec> found = new ArrayList<>(List.of(root));
        verbs(root).forEach(verb -> found.addAll(all(verb)));
        return found;
    }

    /** The commands right below one. */
    static List<CommandSpec> verbs(CommandSpec command) {
        return command.subcommands().values().stream()
                .map(line -> line.getCommandSpec())
                .filter(spec -> !spec.usageMessage().hidden())
                .collect(Collectors.toCollection(LinkedHashSet::new)) // without aliases
                .stream()
                .toList();
    }

    static List<OptionSpec> options(CommandSpec command) {
        return command.options().stream().filter(option -> !option.hidden()).toList();
    }

    /** What a command is for, as one line of text; without its examples, which are indented. */
    static String purpose(CommandSpec command) {
        return text(Arrays.stream(command.usageMessage().description())
                .filter(line -> !isExample(line))
                .toArray(String[]::new));
    }

    static boolean isExample(String line) {
        return line.startsWith("  ");
    }

    /** What an option or an argument is for, as one line of text. */
    static String purpose(ArgSpec argument) {
        return text(argument.description());
    }

    /** The first sentence of a purpose, without its end. */
    static String brief(String purpose) {
        return purpose.replaceFirst("\\.(\\s.*)?$", "");
    }

    /** Lines as {@code --help} shows them, with marks for bold and colour taken out, in one. */
    static String text(String[] lines) {
        return Arrays.stream(lines)
                .map(line -> Ansi.OFF.string(formatted(line)))
                .collect(Collectors.joining(" "))
                .replaceAll("\\s+", " ")
                .strip();
    }

    /** picocli takes a text for a format where it is one. */
    private static String formatted(String line) {
        try {
            return String.format(Locale.ROOT, line);
        } catch (IllegalFormatException plain) {
            return line;
        }
    }
}
