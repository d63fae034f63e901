// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.node.NodeSettings;
import etherbay.node.settings.SettingsFile;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

class ServedFilesTest {
    @TempDir
    private Path folder;

    @Test
    void whatABenchWritesIsWhatTheNodeReads() throws IOException {
        ServedFiles.Export first =
                new ServedFiles.Export(new Address(1, 2), folder.resolve("a"), Map.of());
        ServedFiles.Export second =
                new ServedFiles.Export(new Address(3, 4), folder.resolve("b"), Map.of());
        ServedFiles files = new ServedFiles(
                folder.resolve("state"),
                List.of("eth0", "eth1"),
                List.of(),
                List.of(first, second.with("queue-length", "32")));

        NodeSettings read = read(files.withDefaults("write-cache = \"off\""));

        assertThat(read.state()).isEqualTo(folder.resolve("state"));
        assertThat(read.exports()).hasSize(2).allSatisfy(spec -> {
            assertThat(spec.interfaces()).containsExactly("eth0", "eth1");
            assertThat(spec.settings().writeCache()).isFalse();
        });
        assertThat(read.exports().getFirst().name()).isEqualTo("e1.2");
        assertThat(read.exports().getLast().name()).isEqualTo("e3.4");
        assertThat(read.exports().getLast().settings().queueLength()).isEqualTo(32);
        assertThat(read(files.with(List.of(first))).exports()).hasSize(1);
    }

    private NodeSettings read(ServedFiles files) throws IOException {
        Path file = folder.resolve("etherbay.toml");
        Files.writeString(file, files.toText());
        return SettingsFile.read(file);
    }
}
