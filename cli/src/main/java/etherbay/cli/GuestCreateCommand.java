// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code etherbay guest create}. */
@Command(
        name = "create",
        description = {
            "Make a guest: its mirror of two disks on two nodes, what stands on it, and what is",
            "known of it. It is not started."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class GuestCreateCommand extends ApiVerb {
    @Parameters(index = "0", paramLabel = "NAME", description = "up to 40 letters a-z, digits, -")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private String name;

    @Option(
            names = "--legs",
            split = ",",
            paramLabel = "eX.Y",
            description = "disks that a mirror of the guest's name is made of")
    private List<String> legs = List.of();

    @Option(
            names = "--mirror",
            paramLabel = "NAME",
            description = "a mirror that is there, in place of --legs")
    private @Nullable String mirror;

    @Option(
            names = "--if",
            split = ",",
            paramLabel = "NAME",
            description = "NICs or unix:PATH by which the legs are reached from every node (eth0)")
    private List<String> interfaces = List.of("eth0");

    @Option(
            names = "--image",
            paramLabel = "IMAGE",
            description = "what stands on its disk: PATH of a raw or qcow2 image on the node, or"
                    + " debootstrap:SUITE; without it the disk stays as it is")
    private @Nullable String image;

    @Option(
            names = "--ssh-key",
            paramLabel = "FILE",
            description = "with debootstrap: whose key may log in as root")
    private @Nullable Path sshKey;

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description = "with debootstrap: its first line is root's password")
    private @Nullable Path password;

    @Option(names = "--cpus", paramLabel = "N", description = "processors (1)")
    private int cpus = 1;

    @Option(names = "--memory", paramLabel = "SIZE", description = "memory: 512M (the default), 2G")
    private String memory = "512M";

    @Option(
            names = "--cpu",
            paramLabel = "MODEL",
            description = "processor model that all its nodes have; the node's own by default")
    private @Nullable String cpu;

    @Option(
            names = "--net",
            paramLabel = "PLUG",
            description = "a network card: bridge:NAME, unix:PATH or user; any number of times")
    private List<String> net = List.of();

    @Option(
            names = "--kernel",
            paramLabel = "PATH",
            description = "a kernel of the node that is started in place of the disk's")
    private @Nullable String kernel;

    @Option(names = "--initrd", paramLabel = "PATH", description = "with --kernel")
    private @Nullable String initrd;

    @Option(
            names = "--append",
            paramLabel = "TEXT",
            description = "with --kernel: its command line")
    private @Nullable String append;

    @Option(names = "--vnc", description = "a screen, on a Unix socket of the node")
    private boolean vnc;

    @Option(
            names = "--assume-clean",
            description = "the legs are the same already (both new and empty, say): nothing is"
                    + " copied")
    private boolean assumeClean;

    @Option(names = "--yes", description = "what the legs hold may be lost")
    private boolean yes;

    @Option(names = "--reason", paramLabel = "TEXT", description = "why, for the audit log")
    private String reason = "";

    @Override
    int ask(ApiClient client) {
        Map<String, String> options = new TreeMap<>();
        options.put("name", name);
        options.put("legs", String.join(",", legs));
        options.put("interfaces", String.join(",", interfaces));
        options.put("cpus", "" + cpus);
        options.put("memory-mib", "" + mebibytes(memory));
        options.put("net", String.join(",", net));
        options.put("vnc", "" + vnc);
        options.put("assume-clean", "" + assumeClean);
        options.put("yes", "" + yes);
        put(options, "mirror", mirror);
        put(options, "image", image);
        put(options, "cpu", cpu);
        put(options, "kernel", kernel);
        put(options, "initrd", initrd);
        put(options, "append", append);
        put(options, "ssh-key", sshKey == null ? null : firstLine(sshKey));
        put(options, "password", password == null ? null : firstLine(password));
        return TaskWatcher.begin(client, out(), "/guests", options, reason);
    }

    private static void put(Map<String, String> options, String key, @Nullable String value) {
        if (value != null) {
            options.put(key, value);
        }
    }

    private static long mebibytes(String text) {
        try {
            char unit =
                    text.isEmpty() ? ' ' : Character.toUpperCase(text.charAt(text.length() - 1));
            String number = Character.isLetter(unit) ? text.substring(0, text.length() - 1) : text;
            long value = Long.parseLong(number);
            switch (unit) {
                case 'M' -> {
                    return value;
                }
                case 'G' -> {
                    return Math.multiplyExact(value, 1024);
                }
                default -> {}
            }
        } catch (ArithmeticException | NumberFormatException none) {
            // said below
        }
        throw new EtherbayException(
                ErrorCode.INVALID,
                "`" + EtherbayException.shown(text) + "` is no size of memory",
                "it is a number with M or G behind it",
                "for instance: --memory 2G");
    }

    private static String firstLine(Path file) {
        try {
            return Files.readString(file).lines().findFirst().orElse("");
        } catch (IOException absent) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    file + " cannot be read",
                    String.valueOf(absent.getMessage()),
                    "name a file with one line");
        }
    }
}
