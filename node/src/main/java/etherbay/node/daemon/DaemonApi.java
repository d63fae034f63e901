// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import etherbay.admin.Administration;
import etherbay.admin.http.ApiServer;
import etherbay.admin.http.ApiSettings;
import etherbay.linux.Linux;
import etherbay.node.ApiSpec;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.function.Consumer;

/** How a daemon is asked: what it keeps about itself, and the server that answers. */
public final class DaemonApi implements AutoCloseable {
    /** Longest time that {@link #close} takes; a second for who asks, five for who looks. */
    static final long CLOSE_S_MAX = 7;

    private final Administration parts;
    private final ApiServer server;

    private DaemonApi(Administration parts, ApiServer server) {
        this.parts = parts;
        this.server = server;
    }

    /**
     * Begins to look at the daemon and to answer, as its settings say.
     *
     * @param say takes a line for a person
     * @throws etherbay.base.EtherbayException when it cannot listen, or its files cannot be used
     */
    public static DaemonApi start(NodeDaemon daemon, Consumer<String> say) {
        ApiSpec spec = daemon.settings().api();
        Path state = daemon.stateFolder().toAbsolutePath();
        Administration parts = Administration.open(
                new AdministeredNode(daemon), state, Linux.clock(), Linux::giveWay, say);
        parts.watch().listen(new WarmLoop(Linux::compilersGiveWay));
        boolean started = false;
        try {
            daemon.guests().tasks().forEach(parts.tasks()::register);
            parts.start();
            ApiServer server =
                    ApiServer.start(settings(spec, state).withPeers(daemon.peers()), parts);
            daemon.peerWatch().start();
            spec.listen().ifPresent(at -> say.accept("api: also at " + ApiSpec.text(at)));
            started = true;
            return new DaemonApi(parts, server);
        } finally {
            if (!started) {
                parts.close();
            }
        }
    }

    private static ApiSettings settings(ApiSpec spec, Path state) {
        ApiSettings unix = ApiSettings.unix(
                ApiSpec.socket(state), spec.tokens().orElse(ApiSpec.tokensIn(state)));
        return spec.listen()
                .map(at -> unix.withTcp(
                        new InetSocketAddress(at.getHostString(), at.getPort()),
                        spec.certificate()
                                .map(file ->
                                        new ApiSettings.Tls(file, spec.key().orElseThrow()))))
                .orElse(unix);
    }

    @Override
    public void close() {
        new EndInTime(Linux.clock(), CLOSE_S_MAX).step("the API", 0, () -> {
            server.close();
            parts.close();
        });
    }
}
