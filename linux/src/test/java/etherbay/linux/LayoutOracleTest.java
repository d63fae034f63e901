// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.StructLayout;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The C compiler of this machine is asked for every size, offset and number that we wrote down. */
final class LayoutOracleTest {
    private static final String HEADERS = """
            #define _GNU_SOURCE
            #include <errno.h>
            #include <fcntl.h>
            #include <poll.h>
            #include <sched.h>
            #include <stddef.h>
            #include <stdio.h>
            #include <time.h>
            #include <sys/eventfd.h>
            #include <sys/file.h>
            #include <sys/mman.h>
            #include <sys/resource.h>
            #include <sys/socket.h>
            #include <sys/stat.h>
            #include <sys/time.h>
            #include <sys/un.h>
            #include <linux/falloc.h>
            #include <linux/filter.h>
            #include <linux/fs.h>
            #include <linux/if.h>
            #include <linux/if_arp.h>
            #include <linux/if_packet.h>
            #include <linux/genetlink.h>
            #include <linux/io_uring.h>
            #include <linux/nbd-netlink.h>
            #include <linux/netlink.h>
            #include <linux/rtnetlink.h>
            #include <linux/sockios.h>
            #include <asm/socket.h>
            #include <asm/unistd.h>
            """;

    /**
     * Younger than the headers of the oldest system we build on: checked where the header has it.
     */
    private static final List<String> YOUNG =
            List.of("STATX_DIOALIGN", "stx_dio_mem_align", "stx_dio_offset_align");

    @TempDir
    Path folder;

    @Test
    void everyLayoutAndConstantIsWhatTheCompilerSays() throws IOException, InterruptedException {
        Map<String, Long> ours = ours();
        Map<String, Long> theirs = theirs(ours);
        Map<String, Long> known = new TreeMap<>(ours);
        known.keySet()
                .removeIf(name ->
                        YOUNG.stream().anyMatch(name::endsWith) && !theirs.containsKey(name));
        assertThat(theirs).isEqualTo(known);
        assertThat(theirs).hasSizeGreaterThan(200);
    }

    private static Map<String, Long> ours() {
        Map<String, Long> values = new TreeMap<>();
        for (Field field : Constants.class.getDeclaredFields()) {
            if (!Modifier.isPrivate(field.getModifiers()) && field.getType() == int.class) {
                values.put(field.getName(), (long) (int) valueOf(field));
            }
        }
        for (Field field : Errno.class.getDeclaredFields()) {
            values.put(field.getName(), (long) (int) valueOf(field));
        }
        for (Field field : Layouts.class.getDeclaredFields()) {
            if (valueOf(field) instanceof StructLayout layout) {
                addLayout(values, layout);
            }
        }
        return values;
    }

    private static void addLayout(Map<String, Long> values, StructLayout layout) {
        String name = layout.name().orElseThrow();
        values.put("sizeof struct " + name, layout.byteSize());
        for (MemoryLayout member : layout.memberLayouts()) {
            if (!(member instanceof PaddingLayout)) {
                String field = member.name().orElseThrow();
                values.put("struct " + name + "." + field, Layouts.at(layout, field));
            }
        }
    }

    private static Object valueOf(Field field) {
        try {
            return field.get(null);
        } catch (IllegalAccessException bug) {
            throw new AssertionError(bug);
        }
    }

    private Map<String, Long> theirs(Map<String, Long> asked)
            throws IOException, InterruptedException {
        StringBuilder program = new StringBuilder(HEADERS).append("int main(void) {\n");
        for (String name : asked.keySet()) {
            boolean young = YOUNG.stream().anyMatch(name::endsWith);
            program.append(young ? "#ifdef STATX_DIOALIGN\n" : "");
            if (name.startsWith("sizeof ")) {
                print(program, name, "sizeof(" + name.substring("sizeof ".length()) + ")");
            } else if (name.startsWith("struct ")) {
                print(program, name, "offsetof(" + name.replace(".", ", ") + ")");
            } else {
                print(program, name, "(int) " + name);
            }
            program.append(young ? "#endif\n" : "");
        }
        program.append("return 0; }\n");
        return run(program.toString());
    }

    private static void print(StringBuilder program, String name, String expression) {
        program.append("printf(\"%s=%ld\\n\", \"")
                .append(name)
                .append("\", (long) ")
                .append(expression)
                .append(");\n");
    }

    private Map<String, Long> run(String program) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "needs gcc: apt-get install gcc");
        Path source = Files.writeString(folder.resolve("oracle.c"), program);
        Path binary = folder.resolve("oracle");
        command("/usr/bin/gcc", "-o", binary.toString(), source.toString());
        Map<String, Long> values = new TreeMap<>();
        for (String line : command(binary.toString())) {
            String[] parts = line.split("=", 2);
            values.put(parts[0], Long.parseLong(parts[1]));
        }
        return values;
    }

    private static List<String> command(String... words) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        List<String> lines = process.inputReader().readAllLines();
        assertThat(process.waitFor()).as(String.join("\n", lines)).isZero();
        return lines;
    }
}
