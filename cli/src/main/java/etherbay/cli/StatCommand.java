// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.node.StateFolder;
import etherbay.node.StatusSocket;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/** {@code etherbay stat --local}: what the processes of this machine serve, and what they drop. */
@Command(
        name = "stat",
        description = "Show what this machine serves, and all that was dropped, by reason.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class StatCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Option(names = "--local", description = "the exports of this machine's processes")
    private boolean local;

    @Option(
            names = "--state",
            paramLabel = "DIR",
            description = "of the processes with that state folder")
    private @Nullable Path state;

    @Option(names = "--json", description = "one JSON document: a list of processes")
    private boolean json;

    @Override
    public void run() {
        if (!local) {
            throw new ParameterException(
                    spec.commandLine(), "only the exports of this machine can be shown: --local");
        }
        Path folder = state == null ? StateFolder.defaultPath() : state;
        List<String> documents = StatusSocket.readAll(folder);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println("[" + String.join(",", documents) + "]");
        } else if (documents.isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "no Etherbay process serves with the state in " + folder,
                    "none answers in " + folder.resolve("run"),
                    "start one (etherbay export, etherbay node run), or name its folder with"
                            + " --state");
        } else {
            documents.forEach(document -> new StatTable(document).print(out));
        }
        out.flush();
    }
}
