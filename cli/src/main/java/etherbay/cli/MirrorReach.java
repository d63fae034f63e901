// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.Counters;
import etherbay.node.AttachedMirror;
import etherbay.node.ControlSocket;
import etherbay.node.MirrorControl;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A mirror as a command gets at it: in the process of this machine that holds it, or, when none
 * does, assembled here for as long as the command lasts. Closing it then lets it go clean.
 */
final class MirrorReach implements AutoCloseable {
    private final Path stateFolder;
    private final String name;
    private final @Nullable AttachedMirror own;

    private MirrorReach(Path stateFolder, String name, @Nullable AttachedMirror own) {
        this.stateFolder = stateFolder;
        this.name = name;
        this.own = own;
    }

    /**
     * @param legs for one that is assembled here; none to look for them
     * @param told hears what becomes of one that is assembled here
     */
    static MirrorReach open(
            MirrorOptions options,
            String name,
            List<String> legs,
            MirrorOptions.How how,
            Consumer<String> told) {
        Path folder = options.stateFolder();
        if (ControlSocket.held(folder).contains(name)) {
            return new MirrorReach(folder, name, null);
        }
        AttachedMirror mirror =
                AttachedMirror.open(options.options(name, legs, how), new Counters(), told);
        return new MirrorReach(folder, name, mirror);
    }

    /** Whether another process holds it. */
    boolean isElsewhere() {
        return own == null;
    }

    String ask(String... words) {
        if (own != null) {
            return new MirrorControl(own, () -> {}).answer(List.of(words));
        }
        Optional<String> answer = ControlSocket.ask(stateFolder, name, List.of(words));
        return answer.orElse("ended\tthe process that held it has ended\n");
    }

    /** Lets time pass: of one that is assembled here the loop is turned. */
    void pause(long ms) throws InterruptedException {
        if (own == null) {
            Thread.sleep(ms);
        } else {
            own.await(new CompletableFuture<Void>(), ms * 1_000_000);
        }
    }

    @Override
    public void close() {
        if (own != null) {
            own.stopHere();
            own.close();
        }
    }
}
