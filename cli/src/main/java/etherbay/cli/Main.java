// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * {@code etherbay}: the list of its subcommands, and the edge where every error becomes three
 * lines and an exit code. Runs on the main thread.
 */
@Command(
        name = "etherbay",
        description = "A low-cost SAN on plain Ethernet.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
public final class Main implements Runnable {
    private static final List<Class<?>> VERBS = List.of(
            ApplyCommand.class,
            AttachCommand.class,
            AuditCommand.class,
            ConfigCommand.class,
            ConformCommand.class,
            DemoCommand.class,
            DiscoverCommand.class,
            DoctorCommand.class,
            EventsCommand.class,
            ExportCommand.class,
            ExportConfigCommand.class,
            GuestCommand.class,
            IdentifyCommand.class,
            LvCommand.class,
            MaskCommand.class,
            MirrorCommand.class,
            NbdCommand.class,
            NodeCommand.class,
            PingCommand.class,
            PvCommand.class,
            ReserveCommand.class,
            SancheckCommand.class,
            SegmentCommand.class,
            StatCommand.class,
            StateCommand.class,
            StatusCommand.class,
            SupportBundleCommand.class,
            TaskCommand.class,
            TokenCommand.class,
            TopCommand.class,
            TraceCommand.class,
            VgCommand.class,
            HelpCommand.class);

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    /** One line for each record of the log, on standard error. */
    private static final String LOG_FORMAT = "%1$tF %1$tT %4$s %5$s%6$s%n";

    public static void main(String[] arguments) {
        System.setProperty("java.util.logging.SimpleFormatter.format", LOG_FORMAT);
        System.exit(commandLineFor(arguments).execute(arguments));
    }

    /** The whole command line, ready to execute; tests give it other streams. */
    static CommandLine commandLine() {
        return commandLine(VERBS);
    }

    /** As {@link #commandLine()}, with what these arguments can be about. */
    static CommandLine commandLineFor(String... arguments) {
        return commandLine(verbsFor(arguments));
    }

    private static CommandLine commandLine(List<Class<?>> verbs) {
        CommandLine command = new CommandLine(new Main());
        verbs.forEach(command::addSubcommand);
        return reportingErrors(command.setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8)));
    }

    /**
     * Those that a command line can be about: looking at all verbs with all their options is most
     * of the start of a command that names one.
     */
    static List<Class<?>> verbsFor(String... arguments) {
        String first = arguments.length == 0 ? "" : arguments[0];
        if (List.of("-V", "--version").contains(first)) {
            return List.of();
        }
        return VERBS.stream()
                .filter(verb -> verb.getAnnotation(Command.class).name().equals(first))
                .findFirst()
                .filter(verb -> verb != HelpCommand.class)
                .<List<Class<?>>>map(List::of)
                .orElse(VERBS);
    }

    /** Gives the handlers to a command and to all the subcommands it has by now. */
    static CommandLine reportingErrors(CommandLine command) {
        return command.setParameterExceptionHandler(Main::usageError)
                .setExecutionExceptionHandler(Main::executionError);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "No command given");
    }

    private static int usageError(ParameterException error, String[] arguments) {
        CommandLine command = error.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        return report(
                command,
                new EtherbayException(
                        ErrorCode.USAGE,
                        sentence(error),
                        "this is not how `" + name + "` is called",
                        suggestion(error) + "see `" + name + " --help`"));
    }

    private static int executionError(Exception error, CommandLine command, ParseResult parsed) {
        if (error instanceof EtherbayException known) {
            return report(command, known);
        }
        String at = error.getStackTrace().length == 0 ? "?" : error.getStackTrace()[0].toString();
        return report(
                command,
                new EtherbayException(
                        ErrorCode.INTERNAL,
                        "a bug of Etherbay's: " + error,
                        "it was not expected at " + at,
                        "please report it with this text and the command line"));
    }

    private static int report(CommandLine command, EtherbayException error) {
        command.getErr().println(error.toText());
        command.getErr().flush();
        return error.code().exitCode();
    }

    private static String suggestion(ParameterException error) {
        if (!(error instanceof UnmatchedArgumentException unmatched)
                || unmatched.getSuggestions().isEmpty()) {
            return "";
        }
        return "did you mean `" + unmatched.getSuggestions().getFirst() + "`? Otherwise ";
    }

    private static String sentence(ParameterException error) {
        String message = error.getMessage();
        return message == null ? "the command line is wrong" : message;
    }
}
