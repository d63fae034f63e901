// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;

/** HTTP over TCP: with TLS and a token, or plain to this machine itself. */
final class TcpTransport implements ApiTransport {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofMinutes(2);
    private static final Set<String> OWN = Set.of("localhost", "127.0.0.1", "[::1]");

    private final URI node;
    private final String token;
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
        this.token = token;
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT);
        certificate.ifPresent(file -> builder.sslContext(trusting(file)));
        client = builder.build();
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
                .header("Authorization", "Bearer " + token)
                .timeout(ANSWER)
                .method(
                        request.method(),
                        request.contentType().isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(request.body()));
        if (!request.contentType().isEmpty()) {
            builder.header("Content-Type", request.contentType());
        }
        request.headers().forEach(builder::header);
        try {
            HttpResponse<InputStream> response =
                    client.send(builder.build(), HttpResponse.BodyHandlers.ofInputStream());
            return new Answer(response);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
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
