// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The loadable modules of one kernel and the order in which they must be loaded.
 *
 * <p>An unpacked Debian package has no {@code modules.dep} (depmod writes that at installation), so
 * the dependencies are read from each module's own {@code .modinfo} section ({@code depends=} and
 * {@code softdep=pre:}), which is where depmod and modprobe have them from too. One thread.
 */
final class KernelModules {
    private final String kernelVersion;
    private final Map<String, Path> fileByName = new HashMap<>();
    private final Set<String> builtIn = new HashSet<>();
    private final Map<String, byte[]> imageByName = new HashMap<>();

    /** Indexes {@code folder}, for instance {@code .../lib/modules/6.1.0-56-cloud-amd64}. */
    KernelModules(Path folder) {
        this.kernelVersion = folder.getFileName().toString();
        try (Stream<Path> files = Files.walk(folder)) {
            files.filter(file -> file.getFileName().toString().contains(".ko"))
                    .forEach(file -> fileByName.put(nameOf(file.getFileName().toString()), file));
            for (String line : Files.readAllLines(folder.resolve("modules.builtin"))) {
                builtIn.add(nameOf(Path.of(line).getFileName().toString()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** True when {@code module} can be loaded or is part of the kernel itself. */
    boolean has(String module) {
        String name = nameOf(module);
        return fileByName.containsKey(name) || builtIn.contains(name);
    }

    /**
     * The modules asked for and all that they need, each after what it needs; built-in ones are
     * left out.
     *
     * @return module name to uncompressed {@code .ko} image, in load order
     */
    Map<String, byte[]> loadOrder(List<String> modules) {
        Map<String, byte[]> order = new LinkedHashMap<>();
        for (String module : modules) {
            addAfterItsNeeds(nameOf(module), order, new HashSet<>());
        }
        return order;
    }

    private void addAfterItsNeeds(String name, Map<String, byte[]> order, Set<String> onPath) {
        if (builtIn.contains(name) || order.containsKey(name) || !onPath.add(name)) {
            return;
        }
        Path file = fileByName.get(name);
        if (file == null) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "kernel " + kernelVersion + " has no module " + name,
                    "it is neither a file in its package nor built in",
                    "use Debian's linux-image package of the general flavour");
        }
        byte[] image = imageByName.computeIfAbsent(name, key -> uncompressed(file));
        for (String needed : needs(image)) {
            // A softdep may name an alias (crc32c), which is no file: then nothing is to be done.
            if (fileByName.containsKey(needed)) {
                addAfterItsNeeds(needed, order, onPath);
            }
        }
        order.put(name, image);
    }

    private static List<String> needs(byte[] image) {
        // One byte is one char in ISO 8859-1: the binary can be searched as text.
        String text = new String(image, StandardCharsets.ISO_8859_1);
        List<String> needs = new ArrayList<>();
        for (String key : List.of("\0depends=", "\0softdep=pre:")) {
            for (int at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
                int start = at + key.length();
                String value = text.substring(start, text.indexOf('\0', start));
                for (String name : value.split("[, ]+", -1)) {
                    if (name.endsWith(":")) {
                        break; // "post:" begins what is wanted afterwards
                    }
                    if (!name.isEmpty()) {
                        needs.add(nameOf(name));
                    }
                }
            }
        }
        return needs;
    }

    private static byte[] uncompressed(Path file) {
        String name = file.getFileName().toString();
        Path folder = file.getParent();
        if (name.endsWith(".ko")) {
            try {
                return Files.readAllBytes(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        String packer = name.endsWith(".zst") ? "zstd" : name.endsWith(".gz") ? "gzip" : "xz";
        Path program = HostCommand.require(packer, packer.equals("xz") ? "xz-utils" : packer);
        List<String> command = List.of(program.toString(), "-d", "-c", file.toString());
        return HostCommand.runOrThrow(folder, command, "remove the cached kernel and try again")
                .output();
    }

    private static String nameOf(String module) {
        int suffix = module.indexOf(".ko");
        String name = suffix >= 0 ? module.substring(0, suffix) : module;
        return name.replace('-', '_');
    }
}
