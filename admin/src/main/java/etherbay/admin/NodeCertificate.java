// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;

/**
 * The certificate by which a node is known to others. It is pinned: a node is who shows exactly
 * this one, whoever signed it and whatever names stand in it, within the time that it is good for.
 */
public record NodeCertificate(X509Certificate x509) {
    private static final int FILE_BYTES_MAX = 64 << 10;
    private static final DateTimeFormatter DAY = DateTimeFormatter.ISO_LOCAL_DATE;

    /**
     * Reads the first certificate of a file in PEM.
     *
     * @throws EtherbayException NOT_FOUND, or INVALID when it holds none
     */
    public static NodeCertificate read(Path file) {
        if (!Files.isRegularFile(file)) {
            boolean isThere = Files.exists(file);
            throw new EtherbayException(
                    isThere ? ErrorCode.INVALID : ErrorCode.NOT_FOUND,
                    "the certificate %s cannot be read"
                            .formatted(EtherbayException.shown(file.toString())),
                    isThere ? "it is no file" : "there is no such file, or its folder is closed",
                    "copy it from its node, where etherbay node certificate made it");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(FILE_BYTES_MAX);
            return of(bytes);
        } catch (IOException | CertificateException failure) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "%s holds no certificate".formatted(EtherbayException.shown(file.toString())),
                    EtherbayException.shown(String.valueOf(failure.getMessage())),
                    "name a file in PEM, which begins with -----BEGIN CERTIFICATE-----; a key is"
                            + " none");
        }
    }

    private static NodeCertificate of(byte[] bytes) throws CertificateException {
        var first = CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(bytes));
        if (first instanceof X509Certificate certificate) {
            return new NodeCertificate(certificate);
        }
        throw new CertificateException("it is of another kind than X.509");
    }

    /** Whether it is this one, to the byte. */
    public boolean isShownBy(X509Certificate shown) {
        return x509.equals(shown);
    }

    /** The first moment that it is good for. */
    public long beginsMs() {
        return x509.getNotBefore().toInstant().toEpochMilli();
    }

    /** The last moment that it is good for. */
    public long endsMs() {
        return x509.getNotAfter().toInstant().toEpochMilli();
    }

    /** Why it is not good at that time; nothing when it is. */
    public String complaint(long nowMs) {
        if (nowMs > endsMs()) {
            return "its certificate was good until " + day(endsMs());
        }
        return nowMs < beginsMs() ? "its certificate is good from " + day(beginsMs()) + " on" : "";
    }

    /** {@code 2036-11-24}. */
    public static String day(long ms) {
        return DAY.format(Instant.ofEpochMilli(ms).atOffset(ZoneOffset.UTC));
    }

    /** SHA-256 of it, as {@code openssl x509 -fingerprint -sha256} and browsers show it. */
    public String fingerprint() {
        return fingerprint(x509);
    }

    static String fingerprint(X509Certificate certificate) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
            return HexFormat.ofDelimiter(":").withUpperCase().formatHex(digest);
        } catch (GeneralSecurityException failure) {
            throw new IllegalStateException(failure);
        }
    }
}
