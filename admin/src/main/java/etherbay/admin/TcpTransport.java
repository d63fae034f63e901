// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;

/**
 * HTTP over TCP: with TLS and a token, or plain to this machine itself; or with TLS of both sides.
 */
final class TcpTransport implements ApiTransport {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofMinutes(2);
    private static final Set<String> OWN = Set.of("localhost", "127.0.0.1", "[::1]");

    private final URI node;
    private final Map<String, String> headers;
    private final Duration whole;
    private final HttpClient client;

    TcpTransport(URI node, String token, Optional<Path> certificate) {
        boolean isPlain = "http".equals(node.getScheme()) && OWN.contains(node.getHost());
        if (node.getHost() == null || !(isPlain || "https".equals(node.getScheme()))) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "no node is asked at " + EtherbayException.shown(node.toString()),
                    "it is https://HOST:PORT; a token does not go over a network in plain text",
                    "write https://, and give the node a certificate");
        }
        this.node = node;
        headers = Map.of("Authorization", "Bearer " + token);
        whole = CONNECT.plus(ANSWER);
        HttpClient.Builder builder = builder(CONNECT);
        certificate.ifPresent(file -> builder.sslContext(trusting(file)));
        client = builder.build();
    }

    /** Without a token: the context says who asks, and who may answer. */
    TcpTransport(URI node, SSLContext tls, Duration connect, Duration answer) {
        this.node = node;
        headers = Map.of();
        whole = connect.plus(answer);
        client = builder(connect).sslContext(tls).build();
    }

    private static HttpClient.Builder builder(Duration connect) {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(connect);
    }

    private static SSLContext trusting(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            for (Certificate one :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("node" + number++, one);
            }
            TrustManagerFactory trust =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException failure) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the certificate %s cannot be used".formatted(file),
                    String.valueOf(failure.getMessage()),
                    "give the node's certificate in PEM");
        }
    }

    @Override
    public Response send(Request request, boolean bounded) throws IOException {
        HttpRequest.Builder builder = HttpRequest.newBuilder(node.resolve(request.path()))
                .timeout(whole)
                .method(
                        request.method(),
                        request.contentType().isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(request.body()));
        headers.forEach(builder::header);
        if (!request.contentType().isEmpty()) {
            builder.header("Content-Type", request.contentType());
        }
        request.headers().forEach(builder::header);
        HttpResponse.BodyHandler<InputStream> handler = HttpResponse.BodyHandlers.ofInputStream();
        if (bounded) {
            // Whole before its time is over: a server that sends a byte now and then is silent.
            handler = head -> HttpResponse.BodySubscribers.mapping(
                    HttpResponse.BodySubscribers.limiting(
                            HttpResponse.BodySubscribers.ofByteArray(),
                            ApiClient.BODY_BYTES_MAX + 1L),
                    ByteArrayInputStream::new);
        }
        return new Answer(inTime(client.sendAsync(builder.build(), handler)));
    }

    private <T> HttpResponse<T> inTime(CompletableFuture<HttpResponse<T>> answer)
            throws IOException {
        try {
            return answer.get(whole.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException stop) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } catch (TimeoutException late) {
            answer.cancel(true);
            throw new HttpTimeoutException(
                    "no whole answer came within %d ms".formatted(whole.toMillis()));
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IOException(failed.getCause());
        }
    }

    @Override
    public EtherbayException unavailable(IOException cause) {
        boolean isTls = cause instanceof SSLException;
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                "the node does not answer at " + node,
                String.valueOf(cause.getMessage()),
                isTls
                        ? "compare its certificate with the one that is named for it"
                        : "see whether it runs and listens there");
    }

    /** An answer of the JDK's client. */
    private record Answer(HttpResponse<InputStream> response) implements Response {
        @Override
        public int status() {
            return response.statusCode();
        }

        @Override
        public String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        @Override
        public InputStream body() {
            return response.body();
        }

        @Override
        public void close() throws IOException {
            response.body().close();
        }
    }
}
