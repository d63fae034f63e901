// SPDX-License-Identifier: Apache-2.0
package etherbay.node.held;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.Counters;
import etherbay.linux.KeptSockets;
import etherbay.mirror.AssemblyRequest;
import etherbay.mirror.Creation;
import etherbay.mirror.MirrorSettings;
import etherbay.node.AttachedMirror;
import etherbay.node.ControlSocket;
import etherbay.node.NbdFronts;
import etherbay.node.volume.VolumePlaces;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A mirror of two files that a node holds. */
final class HeldMirrorTest {
    private static final UUID OTHER = new UUID(1, 2);
    private static final List<String> INTERFACES = List.of("eth0");

    private static final NbdFronts FRONTS = new NbdFronts(new Counters(), KeptSockets.none());

    @TempDir
    private Path folder;

    private List<String> legs = List.of();

    @BeforeEach
    void makeMirror() throws IOException {
        legs = List.of(disk("one"), disk("two"));
        AttachedMirror.create(
                options(),
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

    private AttachedMirror.Options options() {
        return new AttachedMirror.Options(
                "web",
                legs,
                INTERFACES,
                1_000_000,
                1_000_000_000,
                MirrorSettings.of(OTHER, "other"),
                new AssemblyRequest(false, false, false, OTHER, 1),
                VolumePlaces.ofTheSystem());
    }

    @Test
    void oneThatIsStoppedIsFreeForAnotherOwnerAtOnce() throws Exception {
        HeldSpec.Mirror spec = new HeldSpec.Mirror(
                "web", legs, INTERFACES, 1_000_000_000, 1_000_000_000, 0, Optional.empty(), false);
        try (HeldMirror held = new HeldMirror(
                spec, folder, VolumePlaces::ofTheSystem, FRONTS, said -> {}, () -> {})) {
            held.begin(CompletableFuture.completedFuture(null));
            held.settled().get(10, TimeUnit.SECONDS);
            assertThat(held.standing()).isEqualTo(Held.Standing.OPEN);
            assertThat(ControlSocket.ask(folder, "web", List.of("stop"))).contains("");
            try (AttachedMirror next = AttachedMirror.open(options(), new Counters(), told -> {})) {
                assertThat(next.detail().ownerName()).isEqualTo("other");
                next.stopHere();
            }
        }
    }
}
