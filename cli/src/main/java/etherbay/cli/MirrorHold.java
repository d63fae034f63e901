// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.mirror.MirrorDetail;
import etherbay.node.AttachedMirror;
import etherbay.node.ControlSocket;
import etherbay.node.MirrorControl;
import etherbay.node.NbdFront;

import picocli.CommandLine;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Assembles a mirror and holds it, served over NBD or not, until a signal or a command ends that.
 */
final class MirrorHold {
    /** Waits while the mirror is in use, perhaps as a block device. */
    interface Keeper {
        /**
         * @param ended completes when the mirror is to be let go
         */
        void keep(StopSignal stop, AttachedMirror mirror, CompletableFuture<Void> ended)
                throws InterruptedException;

        /** Until a signal, or what ends it. */
        Keeper PLAIN = (stop, mirror, ended) -> stop.await(ended);
    }

    private MirrorHold() {}

    static int run(
            CommandLine command,
            AttachedMirror.Options options,
            Path stateFolder,
            Optional<NbdFront.Options> front,
            Keeper keeper)
            throws InterruptedException {
        PrintWriter out = command.getOut();
        PrintWriter err = command.getErr();
        CompletableFuture<Void> asked = new CompletableFuture<>();
        Counters counters = new Counters();
        try (StopSignal stop = new StopSignal()) {
            AttachedMirror mirror = AttachedMirror.open(options, counters, what -> {
                err.println(what);
                err.flush();
            });
            String name = options.name();
            MirrorControl control = new MirrorControl(mirror, () -> asked.complete(null));
            // The socket is closed last: that tells who has asked for the end that all is let go.
            try (ControlSocket _ = reachable(stateFolder, name, control, mirror);
                    mirror) {
                Optional<NbdFront> served = front.map(wanted ->
                        NbdFront.serve(mirror.loop(), mirror.device(), name, wanted, counters));
                tell(out, mirror.device().detail(), served);
                mirror.start();
                try {
                    keeper.keep(
                            stop,
                            mirror,
                            CompletableFuture.anyOf(asked, mirror.failure(), mirror.fenced())
                                    .thenAccept(ended -> {}));
                } finally {
                    mirror.stop(() -> served.ifPresent(NbdFront::close));
                }
            }
            if (mirror.fenced().isDone()) {
                throw lost(name, mirror.fenced().join());
            }
        }
        return 0;
    }

    /** Where commands reach the mirror, which is closed when they cannot. */
    private static ControlSocket reachable(
            Path stateFolder, String name, MirrorControl control, AttachedMirror mirror) {
        boolean opened = false;
        try {
            ControlSocket socket = ControlSocket.open(stateFolder, name, control::answer);
            opened = true;
            return socket;
        } finally {
            if (!opened) {
                mirror.close();
            }
        }
    }

    private static void tell(PrintWriter out, MirrorDetail detail, Optional<NbdFront> served) {
        out.printf(
                "%s: %s, %d sectors, %s, epoch %s%n",
                detail.name(),
                detail.state(),
                detail.sizeSectors(),
                String.join(
                        ", ",
                        detail.legs().stream()
                                .map(leg -> leg.name() + " " + leg.standing())
                                .toList()),
                detail.epoch());
        served.ifPresent(nbd -> out.printf("nbd serves %s at %s%n", detail.name(), nbd.address()));
        out.flush();
    }

    private static EtherbayException lost(String name, String leg) {
        return new EtherbayException(
                ErrorCode.CONFLICT,
                "the mirror " + name + " is not ours any more",
                "another node has taken " + leg + "; nothing was written since",
                "see who has it: etherbay mirror detail " + name + " --if IFACE");
    }
}
