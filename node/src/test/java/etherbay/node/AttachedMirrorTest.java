// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.Counters;
import etherbay.base.EtherbayException;
import etherbay.mirror.AssemblyRequest;
import etherbay.mirror.Creation;
import etherbay.mirror.MirrorSettings;
import etherbay.node.device.DeviceData;
import etherbay.node.volume.VolumePlaces;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** A mirror of two files on a loop of its own. */
final class AttachedMirrorTest {
    private static final UUID NODE = new UUID(1, 2);

    @TempDir
    private Path folder;

    private String one = "";
    private String two = "";

    @BeforeEach
    void makeMirror() throws IOException {
        one = disk("one");
        two = disk("two");
        AttachedMirror.create(
                options("web", one, two),
                parts -> new Creation.Request(
                        "web",
                        new UUID(3, 4),
                        List.of(new UUID(5, 6), new UUID(7, 8)),
                        true,
                        true,
                        1),
                held -> {},
                new Counters());
    }

    private String disk(String name) throws IOException {
        Path path = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(8 << 20);
        }
        return path.toString();
    }

    private static AttachedMirror.Options options(String name, String... legs) {
        return new AttachedMirror.Options(
                name,
                List.of(legs),
                List.of("eth0"),
                1_000_000,
                1_000_000_000,
                MirrorSettings.of(NODE, "node"),
                new AssemblyRequest(false, false, false, NODE, 1),
                VolumePlaces.ofTheSystem());
    }

    private AttachedMirror open(String name) {
        return AttachedMirror.open(options(name, one, two), new Counters(), told -> {});
    }

    @Test
    void itsDataIsKnownOverTermsAsLongAsTheLegThatCountsIsTheSame() throws InterruptedException {
        Optional<String> first;
        try (AttachedMirror mirror = open("web")) {
            mirror.start();
            DeviceData data = mirror.data();
            data.flush();
            first = data.knownBy();
            mirror.stop(() -> {});
        }
        assertThat(first).hasValueSatisfying(text -> assertThat(text).hasSizeBetween(40, 128));
        try (AttachedMirror mirror = open("web")) {
            mirror.start();
            assertThat(mirror.data().knownBy()).isEqualTo(first);
            mirror.call(device -> {
                device.fail(one);
                return true;
            });
            assertThat(mirror.data().knownBy()).isPresent().isNotEqualTo(first);
            mirror.stop(() -> {});
        }
    }

    @Test
    void legsOfAnotherNameAreRefusedBeforeAnythingIsWritten() throws IOException {
        byte[] before = Files.readAllBytes(Path.of(one));
        assertThatThrownBy(() -> open("mail"))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining("is not a leg of the mirror mail");
        assertThat(Files.readAllBytes(Path.of(one))).isEqualTo(before);
    }
}
