// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.aoe.AtaHeader;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.IdentifyData.Capability;
import etherbay.initiator.Durability;
import etherbay.initiator.tools.FoundPath;
import etherbay.initiator.tools.IdentityBlock;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** {@code etherbay identify}: what a disk says of itself. */
@Command(
        name = "identify",
        description = "Print what a disk answers to IDENTIFY DEVICE.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class IdentifyCommand implements Runnable {
    private static final int RAW_BYTES_PER_LINE = 16;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Mixin
    private DiskOptions disk = new DiskOptions();

    @Option(names = "--raw", description = "its 512 bytes in hex, as aoeping -i prints them")
    private boolean raw;

    @Override
    public void run() {
        if (raw && disk.json()) {
            throw new ParameterException(
                    spec.commandLine(), "--raw and --json exclude each other; --json has raw too");
        }
        PrintWriter out = spec.commandLine().getOut();
        try (OpenPorts ports = disk.open()) {
            FoundPath path = disk.find(ports);
            IdentityBlock block = IdentityBlock.require(path);
            if (disk.json()) {
                Map<String, Object> values = new LinkedHashMap<>();
                values.put("disk", path.disk().toString());
                values.put("mac", path.mac().toString());
                values.putAll(fields(block));
                values.put("raw", HexFormat.of().formatHex(block.bytes()));
                out.println(JsonText.of(values));
            } else if (raw) {
                hexLines(block.bytes()).forEach(out::println);
            } else {
                fields(block).forEach((name, value) -> out.printf("%-20s %s%n", name, value));
            }
        }
        out.flush();
    }

    /** A blank behind each byte, the last one too: so does aoeping. */
    static List<String> hexLines(byte[] bytes) {
        HexFormat hex = HexFormat.of().withSuffix(" ");
        return IntStream.range(0, bytes.length / RAW_BYTES_PER_LINE)
                .map(line -> line * RAW_BYTES_PER_LINE)
                .mapToObj(
                        at -> hex.formatHex(Arrays.copyOfRange(bytes, at, at + RAW_BYTES_PER_LINE)))
                .toList();
    }

    private static Map<String, Object> fields(IdentityBlock block) {
        IdentifyData data = block.data();
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("serial", data.serial());
        values.put("model", data.model());
        values.put("firmware", data.firmware());
        values.put("sectors", data.sectors());
        values.put("size", StatTable.size(data.sectors()));
        values.put("physicalBlockBytes", AtaHeader.SECTOR_BYTES << data.physicalBlockExponent());
        values.put("durability", Durability.of(data).word());
        for (Capability capability : Capability.values()) {
            values.put(name(capability), data.has(capability));
        }
        values.put("integrity", block.integrity().name().toLowerCase(Locale.ROOT));
        data.vendor().ifPresent(ours -> {
            values.put("incarnation", SeenDiskText.hex(ours.incarnation()));
            values.put("epoch", Long.toUnsignedString(ours.epoch()));
            values.put("fence", ours.fence());
            values.put("floor", ours.floor());
        });
        return values;
    }

    /** {@code writeCacheEnabled} for WRITE_CACHE_ENABLED. */
    private static String name(Capability capability) {
        String[] words = capability.name().toLowerCase(Locale.ROOT).split("_", -1);
        StringBuilder name = new StringBuilder(words[0]);
        Arrays.stream(words)
                .skip(1)
                .forEach(word -> name.append(Character.toUpperCase(word.charAt(0)))
                        .append(word.substring(1)));
        return name.toString();
    }
}
