// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.Administration;
import etherbay.admin.Peers;
import etherbay.admin.TlsIdentity;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.AbstractConnector;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

import java.net.InetSocketAddress;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The node's HTTP server: the API, the metrics and the console, on a Unix socket and, when that is
 * configured, on TCP. Requests run on virtual threads; the few threads of the server itself run
 * {@code giveWay} of the administration first, so that they give way to the loops.
 */
public final class ApiServer implements AutoCloseable {
    /** Two selectors, two acceptors, and one to spare; answers have threads of their own. */
    private static final int THREADS_MAX = 12;

    private static final int THREAD_IDLE_MS = 60_000;
    private static final int STOP_MS = 1_000;

    /** Kept, since a logger that nobody holds forgets its level. */
    private static final Logger JETTY = Logger.getLogger("org.eclipse.jetty");

    /** Writes what a caller sent as its host; that is the caller's mistake, and answered to it. */
    private static final Logger HOSTS = Logger.getLogger("org.eclipse.jetty.util.HostPort");

    private final Server server;
    private final Stream stream;
    private final UnixSocketFile socket;
    private final ServerConnector[] tcp;

    private ApiServer(Server server, Stream stream, UnixSocketFile socket, ServerConnector... tcp) {
        this.server = server;
        this.stream = stream;
        this.socket = socket;
        this.tcp = tcp;
    }

    /**
     * Starts to listen.
     *
     * @param parts opened; may be started before or after
     * @throws EtherbayException CONFLICT when somebody else listens there, ENVIRONMENT when nobody
     *     can, INVALID for a certificate that is none
     */
    public static ApiServer start(ApiSettings settings, Administration parts) {
        JETTY.setLevel(Level.WARNING);
        HOSTS.setLevel(Level.OFF);
        UnixSocketFile socket = new UnixSocketFile(settings.socket());
        socket.makeRoom();
        Server server = new Server(threads(parts.giveWay()));
        Stream stream = new Stream(parts);
        Gate gate = new Gate(new Tokens(settings.tokens()), settings.peers());
        server.setHandler(new ApiHandler(parts, gate, stream));
        server.setErrorHandler(new ErrorPages());
        server.setStopTimeout(STOP_MS);
        UnixDomainServerConnector unix =
                new UnixDomainServerConnector(server, new HttpConnectionFactory(http()));
        unix.setUnixDomainPath(settings.socket());
        add(server, unix);
        ServerConnector[] tcp = settings.tcp()
                .map(address -> new ServerConnector[] {tcp(server, address, settings)})
                .orElse(new ServerConnector[0]);
        ApiServer api = new ApiServer(server, stream, socket, tcp);
        api.begin(settings);
        return api;
    }

    private static QueuedThreadPool threads(Runnable giveWay) {
        QueuedThreadPool threads = new QueuedThreadPool(
                THREADS_MAX,
                1,
                THREAD_IDLE_MS,
                0,
                null,
                null,
                work -> Thread.ofPlatform().name("api").daemon().unstarted(() -> {
                    giveWay.run();
                    work.run();
                }));
        threads.setName("api");
        threads.setVirtualThreadsExecutor(VirtualThreads.getNamedVirtualThreadsExecutor("api-"));
        return threads;
    }

    private static HttpConfiguration http() {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setSendDateHeader(false);
        http.setRequestHeaderSize(ApiLimits.HEADER_BYTES_MAX);
        http.setUriCompliance(UriCompliance.RFC3986.with(
                "ETHERBAY", UriCompliance.Violation.AMBIGUOUS_PATH_SEPARATOR));
        return http;
    }

    private static void add(Server server, AbstractConnector connector) {
        connector.setIdleTimeout(ApiLimits.IDLE_MS);
        NetworkConnectionLimit limit =
                new NetworkConnectionLimit(ApiLimits.CONNECTIONS_MAX, connector);
        limit.setEndPointIdleTimeout(ApiLimits.BUSY_IDLE_MS);
        connector.addBean(limit);
        server.addConnector(connector);
    }

    private static ServerConnector tcp(
            Server server, InetSocketAddress address, ApiSettings settings) {
        boolean isOwn = address.getAddress() != null && address.getAddress().isLoopbackAddress();
        if (settings.tls().isEmpty() && !isOwn) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the API does not listen on %s without a certificate".formatted(address),
                    "tokens would go over the network for everybody to read",
                    "give a certificate and its key, or listen on 127.0.0.1");
        }
        ServerConnector connector = new ServerConnector(
                server,
                1,
                1,
                settings.tls().map(tls -> secured(tls, settings.peers())).orElseGet(() ->
                        new ConnectionFactory[] {new HttpConnectionFactory(http())}));
        connector.setHost(address.getHostString());
        connector.setPort(address.getPort());
        add(server, connector);
        return connector;
    }

    private static ConnectionFactory[] secured(ApiSettings.Tls tls, Peers peers) {
        TlsIdentity opened = TlsIdentity.read(tls.certificate(), tls.key());
        SslContextFactory.Server ssl = new NodesWelcome(peers);
        ssl.setKeyStore(opened.store());
        ssl.setKeyStorePassword(opened.password());
        ssl.setIncludeProtocols("TLSv1.2", "TLSv1.3");
        HttpConfiguration http = http();
        http.addCustomizer(new SecureRequestCustomizer(false)); // named by address in a lab
        return new ConnectionFactory[] {
            new SslConnectionFactory(ssl, "http/1.1"), new HttpConnectionFactory(http)
        };
    }

    private void begin(ApiSettings settings) {
        Starting.run(server, settings);
        socket.open();
    }

    /** The port on TCP, also where zero was asked for; negative without TCP. */
    public int tcpPort() {
        return tcp.length == 0 ? -1 : tcp[0].getLocalPort();
    }

    /** How many listen to the stream. */
    public int streamCount() {
        return stream.readerCount();
    }

    /** Stops to listen, and ends what is under way within a second. */
    @Override
    public void close() {
        stream.close();
        Starting.stop(server);
        socket.remove();
    }
}
