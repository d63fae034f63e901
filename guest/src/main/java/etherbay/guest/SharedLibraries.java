// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which shared libraries a program of the host needs, by the loader's own word (ldd). */
final class SharedLibraries {
    // "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)" or "/lib64/ld-linux-x86-64.so.2
    // (0x...)"
    private static final Pattern LINE = Pattern.compile("(?:=> )?(/\\S+) \\(0x[0-9a-f]+\\)");

    private SharedLibraries() {}

    /** Absolute paths as the loader opens them, the loader included; empty for a static program. */
    static List<Path> of(Path program) {
        HostCommand.Outcome outcome =
                HostCommand.run(Path.of("/"), List.of("ldd", program.toString()));
        List<Path> libraries = new ArrayList<>();
        for (String line : outcome.text().lines().toList()) {
            Matcher matcher = LINE.matcher(line);
            if (matcher.find()) {
                libraries.add(Path.of(matcher.group(1)));
            }
        }
        return libraries;
    }
}
