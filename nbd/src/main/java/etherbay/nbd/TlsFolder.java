// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** Certificates and a key as PEM files in a folder (RFC 7468). Blocking control code. */
final class TlsFolder {
    private static final String CA_FILE = "ca-cert.pem";
    private static final String CERTIFICATE_FILE = "server-cert.pem";
    private static final String KEY_FILE = "server-key.pem";
    private static final String KEY_BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String KEY_END = "-----END PRIVATE KEY-----";

    private final Path folder;

    TlsFolder(Path folder) {
        this.folder = folder;
    }

    boolean hasAuthority() {
        return Files.exists(folder.resolve(CA_FILE));
    }

    SSLContext serverContext() {
        try {
            KeyStore keys = KeyStore.getInstance(KeyStore.getDefaultType());
            keys.load(null, null);
            Certificate[] chain =
                    certificates(folder.resolve(CERTIFICATE_FILE)).toArray(Certificate[]::new);
            keys.setKeyEntry("server", key(folder.resolve(KEY_FILE)), new char[0], chain);
            KeyManagerFactory ours =
                    KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            ours.init(keys, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(ours.getKeyManagers(), hasAuthority() ? authority() : null, null);
            return context;
        } catch (GeneralSecurityException | IOException cause) {
            throw unusable(folder, String.valueOf(cause.getMessage()));
        }
    }

    private TrustManager @Nullable [] authority() throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        int count = 0;
        for (Certificate certificate : certificates(folder.resolve(CA_FILE))) {
            trusted.setCertificateEntry("ca" + count++, certificate);
        }
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        TrustManager[] managers = trust.getTrustManagers();
        for (int index = 0; index < managers.length; index++) {
            if (managers[index] instanceof X509ExtendedTrustManager verifier) {
                managers[index] = new ClientVerifier(verifier);
            }
        }
        return managers;
    }

    private static List<Certificate> certificates(Path file) {
        try {
            // What stands before the first block is for people, as certtool writes it.
            String text = read(file);
            int begin = Math.max(0, text.indexOf("-----BEGIN"));
            List<Certificate> found = new ArrayList<>(CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(
                            text.substring(begin).getBytes(StandardCharsets.US_ASCII))));
            if (found.isEmpty()) {
                throw unusable(file, "it holds no certificate");
            }
            return found;
        } catch (GeneralSecurityException cause) {
            throw unusable(file, String.valueOf(cause.getMessage()));
        }
    }

    private static PrivateKey key(Path file) throws GeneralSecurityException {
        String text = read(file);
        int begin = text.indexOf(KEY_BEGIN);
        int end = text.indexOf(KEY_END);
        if (begin < 0 || end < begin) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    file + " cannot be used for TLS",
                    "it holds no block `PRIVATE KEY` (PKCS#8, without a password)",
                    "convert it: openssl pkcs8 -topk8 -nocrypt -in OLD -out " + file);
        }
        try {
            byte[] der =
                    Base64.getMimeDecoder().decode(text.substring(begin + KEY_BEGIN.length(), end));
            return key(file, new PKCS8EncodedKeySpec(der));
        } catch (IllegalArgumentException notBase64) {
            throw unusable(file, "its key is no base64");
        }
    }

    private static PrivateKey key(Path file, PKCS8EncodedKeySpec spec)
            throws GeneralSecurityException {
        for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
            Optional<PrivateKey> key = key(algorithm, spec);
            if (key.isPresent()) {
                return key.get();
            }
        }
        throw unusable(file, "its key is neither RSA, EC nor EdDSA");
    }

    private static Optional<PrivateKey> key(String algorithm, PKCS8EncodedKeySpec spec)
            throws GeneralSecurityException {
        try {
            return Optional.of(KeyFactory.getInstance(algorithm).generatePrivate(spec));
        } catch (InvalidKeySpecException otherAlgorithm) {
            return Optional.empty();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException cause) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    file + " cannot be read",
                    cause.toString(),
                    "TLS wants " + CERTIFICATE_FILE + " and " + KEY_FILE + " there, and " + CA_FILE
                            + " to verify clients");
        }
    }

    private static EtherbayException unusable(Path what, String why) {
        return new EtherbayException(
                ErrorCode.INVALID,
                what + " cannot be used for TLS",
                why,
                "make PEM files as for QEMU: certtool or openssl, an unencrypted PKCS#8 key");
    }
}
