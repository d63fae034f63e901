// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.initiator.tools.SeenDisk;
import etherbay.node.StateFolder;
import etherbay.node.StatusSocket;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * {@code etherbay stat}: the disks on the network as aoe-stat prints them, or with {@code --local}
 * what the processes of this machine serve, and what they drop.
 */
@Command(
        name = "stat",
        description = {
            "Show the disks on the network, as aoe-stat does: disk, size, interfaces, payload,",
            "state. With --local: what this machine serves, and all that was dropped, by reason."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class StatCommand implements Runnable {
    private record Line(SeenDisk disk, String text) {}

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "REGEX",
            description = "only lines in which it is found")
    private @Nullable String regex;

    @Mixin
    private LookOptions look = new LookOptions();

    @Option(
            names = "--long",
            description = "also serial, model, paths, and what an acknowledged write is worth")
    private boolean isLong;

    @Option(names = "--local", description = "the exports of this machine's processes")
    private boolean local;

    @Option(
            names = "--state",
            paramLabel = "DIR",
            description = "with --local: of the processes with that state folder")
    private @Nullable Path state;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        if (local) {
            require(!isLong && regex == null, "--local excludes --long and a regular expression");
            require(
                    !LookOptions.isAsked(spec.commandLine().getParseResult()),
                    "--local excludes --if and --wait: it asks this machine's processes");
            printLocal(out);
        } else {
            require(state == null, "--state is for --local");
            printSeen(out, pattern());
        }
        out.flush();
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), otherwise);
        }
    }

    private void printSeen(PrintWriter out, Pattern pattern) {
        try (OpenPorts ports = look.open()) {
            List<SeenDisk> disks = SeenDisk.find(ports.all(), look.waitNs());
            warnOfMute(disks);
            List<Line> lines = disks.stream()
                    .filter(disk -> disk.identity().isPresent())
                    .map(disk -> new Line(disk, SeenDiskText.line(disk)))
                    .filter(line -> pattern.matcher(line.text()).find())
                    // As sort has them in the C locale: short names first, they begin with blanks.
                    .sorted(Comparator.comparing(Line::text))
                    .toList();
            print(out, lines);
            if (disks.isEmpty()) {
                throw LookOptions.nothingAnswers(ports);
            }
            requireSome(lines);
        }
    }

    private void requireSome(List<Line> lines) {
        if (lines.isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    regex == null
                            ? "no disk says how large it is"
                            : "no disk matches " + EtherbayException.shown(regex),
                    "disks answer, but there is no line for them",
                    "etherbay discover shows all that answer");
        }
    }

    private void print(PrintWriter out, List<Line> lines) {
        if (look.json()) {
            out.println(JsonText.of(
                    lines.stream().map(line -> SeenDiskText.object(line.disk())).toList()));
        } else {
            for (Line line : lines) {
                out.println(line.text());
                if (isLong) {
                    out.println(SeenDiskText.details(line.disk()));
                }
            }
        }
    }

    /** The Linux driver does not show them, so neither do we in the table. */
    private void warnOfMute(List<SeenDisk> disks) {
        PrintWriter err = spec.commandLine().getErr();
        disks.stream()
                .filter(disk -> disk.identity().isEmpty())
                .forEach(disk -> err.println("warning: " + disk.disk()
                        + " answers discovery, but no IDENTIFY DEVICE: etherbay sancheck"));
        err.flush();
    }

    private Pattern pattern() {
        try {
            return Pattern.compile(regex == null ? "" : regex);
        } catch (PatternSyntaxException cause) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "`" + EtherbayException.shown(regex) + "` is no regular expression",
                    cause.getDescription(),
                    "write for instance 'e1\\.'");
        }
    }

    private void printLocal(PrintWriter out) {
        Path folder = state == null ? StateFolder.defaultPath() : state;
        List<String> documents = StatusSocket.readAll(folder);
        if (look.json()) {
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
    }
}
