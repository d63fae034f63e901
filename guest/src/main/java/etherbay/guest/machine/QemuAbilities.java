// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.Accelerator;
import etherbay.guest.Arch;
import etherbay.guest.HostCommand;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What this machine's QEMU offers, asked of one without a machine, and again when the program has
 * changed. Any thread.
 */
final class QemuAbilities {
    private static final String QUESTIONS = Stream.of(
                    "qmp_capabilities",
                    "query-version",
                    "query-machines",
                    "query-cpu-definitions",
                    "quit")
            .map(each -> "{\"execute\":\"" + each + "\",\"id\":\"" + each + "\"}\n")
            .reduce("", String::concat);
    private static final Pattern MEMORY_AVAILABLE =
            Pattern.compile("(?m)^MemAvailable:\\s+(\\d+) kB");
    private static final Pattern NUMBER = Pattern.compile("\\d+");
    private static final int HASH_CHARS = 12;

    /** What does not change while the program stays. */
    private record Known(
            Path emulator,
            FileTime modified,
            String version,
            List<String> machines,
            List<String> cpus) {}

    private final Arch arch;
    private final Accelerator accelerator;
    private @Nullable Known known;

    QemuAbilities(Arch arch, Accelerator accelerator) {
        this.arch = arch;
        this.accelerator = accelerator;
    }

    synchronized Hypervisor.Abilities now() {
        Known asked = known();
        return new Hypervisor.Abilities(
                "qemu",
                asked.version,
                accelerator == Accelerator.KVM ? "kvm" : "tcg",
                asked.machines.isEmpty() ? "" : asked.machines.getFirst(),
                asked.machines,
                asked.cpus,
                cpuName(asked.version),
                memoryFreeMib(read(Path.of("/proc/meminfo"))),
                Runtime.getRuntime().availableProcessors());
    }

    private Known known() {
        Path emulator = arch.requireEmulator();
        try {
            FileTime modified = Files.getLastModifiedTime(emulator);
            Known before = known;
            if (before != null
                    && before.emulator.equals(emulator)
                    && before.modified.equals(modified)) {
                return before;
            }
            Known asked = parse(emulator, modified, arch, ask(emulator));
            known = asked;
            return asked;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private List<String> ask(Path emulator) throws IOException {
        Path questions = Files.createTempFile("etherbay-qemu-", ".qmp");
        try {
            Files.writeString(questions, QUESTIONS);
            List<String> command = List.of(
                    emulator.toString(),
                    "-machine",
                    "none",
                    "-accel",
                    accelerator.option(1),
                    "-nodefaults",
                    "-no-user-config",
                    "-display",
                    "none",
                    "-qmp",
                    "stdio");
            HostCommand.Outcome outcome = HostCommand.run(Path.of("/"), command, questions);
            if (outcome.exitCode() != 0) {
                throw new EtherbayException(
                        ErrorCode.ENVIRONMENT,
                        emulator + " does not say what it offers",
                        outcome.errors().isEmpty()
                                ? "it ended with exit code " + outcome.exitCode()
                                : EtherbayException.shown(outcome.errors().replace("\n", "; ")),
                        "see that this works: " + String.join(" ", command));
            }
            return outcome.text().lines().toList();
        } finally {
            Files.delete(questions);
        }
    }

    private static Known parse(Path emulator, FileTime modified, Arch arch, List<String> answers) {
        String version = "";
        List<String> machines = new ArrayList<>();
        TreeSet<String> cpus = new TreeSet<>();
        for (String line : answers) {
            QmpValue answer = QmpValue.parse(line);
            QmpValue said = answer.at("return");
            switch (answer.at("id").text()) {
                case "query-version" -> version = version(said.at("qemu"));
                case "query-machines" ->
                    machines.addAll(machines(
                            arch,
                            said.list().stream().map(each -> each.at("name").text())));
                case "query-cpu-definitions" ->
                    said.list().stream()
                            .filter(each ->
                                    each.at("unavailable-features").list().isEmpty())
                            .map(each -> each.at("name").text())
                            .forEach(cpus::add);
                default -> {}
            }
        }
        return new Known(emulator, modified, version, List.copyOf(machines), List.copyOf(cpus));
    }

    private static String version(QmpValue parts) {
        return parts.at("major").number() + "." + parts.at("minor").number() + "."
                + parts.at("micro").number();
    }

    /** Those with a version, the newest first: a guest that moves to a newer QEMU keeps its own. */
    static List<String> machines(Arch arch, Stream<String> names) {
        String prefix = switch (arch) {
            case X86_64 -> "pc-q35-";
            case AARCH64 -> "virt-";
        };
        return names.filter(each -> each.startsWith(prefix))
                .sorted(Comparator.comparingLong(QemuAbilities::age).reversed())
                .toList();
    }

    /** {@code pc-q35-4.0.1} as 4000001. */
    private static long age(String machine) {
        Matcher matcher = NUMBER.matcher(machine.substring(machine.lastIndexOf('-')));
        long age = 0;
        for (int part = 0; part < 3; part++) {
            age = age * 1000 + (matcher.find() ? Long.parseLong(matcher.group()) : 0);
        }
        return age;
    }

    static long memoryFreeMib(String meminfo) {
        Matcher matcher = MEMORY_AVAILABLE.matcher(meminfo);
        return matcher.find() ? Long.parseLong(matcher.group(1)) >> 10 : 0;
    }

    private String cpuName(String version) {
        return switch (accelerator) {
            case TCG -> "tcg max " + version;
            case KVM -> hostCpu(read(Path.of("/proc/cpuinfo")));
        };
    }

    /** The model, and a digest of what it can do: microcode and firmware switch features off. */
    static String hostCpu(String cpuinfo) {
        String model = field(cpuinfo, "model name");
        String part = field(cpuinfo, "CPU part");
        String flags = field(cpuinfo, "flags") + field(cpuinfo, "Features");
        TreeSet<String> sorted = new TreeSet<>(List.of(flags.strip().split(" +", -1)));
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(String.join(" ", sorted).getBytes(StandardCharsets.UTF_8));
            String name = model.isEmpty() ? "CPU part " + part : model;
            return name + " " + HexFormat.of().formatHex(digest).substring(0, HASH_CHARS);
        } catch (NoSuchAlgorithmException failure) {
            throw new IllegalStateException(failure); // every JDK has SHA-256
        }
    }

    private static String field(String text, String name) {
        return text.lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
