// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ParameterException;

/** {@code ./dev bench}: what can be measured, and the edge where errors become exit codes. */
@Command(
        name = "bench",
        description = "Measures Etherbay, beside other programs where there are any.",
        mixinStandardHelpOptions = true,
        subcommands = {
            TargetCommand.class,
            FairnessCommand.class,
            StartCommand.class,
            LoadCommand.class,
            RespondCommand.class,
            ProbeCommand.class,
            ServeCommand.class,
            AllocationCommand.class,
            MemoryCommand.class,
            ManyCommand.class,
            ReloadCommand.class,
            ListenersCommand.class,
            RemoteCommand.class,
            NbdCommand.class,
            MirrorCommand.class,
            HelpCommand.class
        })
public final class Bench implements Runnable {
    private Bench() {}

    public static void main(String[] arguments) {
        CommandLine commands = new CommandLine(new Bench());
        commands.setExecutionExceptionHandler((failure, command, parsed) -> {
            if (failure instanceof EtherbayException known) {
                command.getErr().println(known.toText());
                return known.code().exitCode();
            }
            throw failure;
        });
        commands.setExitCodeExceptionMapper(failure -> ErrorCode.INTERNAL.exitCode());
        System.exit(commands.execute(arguments));
    }

    /** Ends the process: a bug stopped the thread that everything waits for. */
    static void die(Throwable bug) {
        System.err.println("bench: a bug: " + bug);
        for (StackTraceElement element : bug.getStackTrace()) {
            System.err.println("  at " + element);
        }
        Runtime.getRuntime().halt(ErrorCode.INTERNAL.exitCode());
    }

    @Override
    public void run() {
        throw new ParameterException(
                new CommandLine(this), "Say what to measure: target, fairness, start, ...");
    }
}
