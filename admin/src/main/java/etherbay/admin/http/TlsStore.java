// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

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
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A certificate and its key from files, as the server wants them. */
final class TlsStore {
    private static final Pattern PEM_KEY = Pattern.compile(
            "-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final String[] ALGORITHMS = {"EC", "RSA", "Ed25519"};

    private TlsStore() {}

    /** What was read, and the password that opens its key. */
    record Opened(KeyStore store, String password) {}

    static Opened open(ApiSettings.Tls tls) {
        String name = tls.certificate().toString();
        try {
            return name.endsWith(".p12") || name.endsWith(".pfx") ? pkcs12(tls) : pem(tls);
        } catch (IOException | GeneralSecurityException failure) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the certificate %s cannot be used".formatted(tls.certificate()),
                    String.valueOf(failure.getMessage()),
                    "give a certificate chain in PEM and its key in PKCS#8, or a PKCS12 store and"
                            + " the file with its password");
        }
    }

    private static Opened pkcs12(ApiSettings.Tls tls) throws IOException, GeneralSecurityException {
        String password = Files.readString(tls.key()).strip();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(tls.certificate())) {
            store.load(in, password.toCharArray());
        }
        return new Opened(store, password);
    }

    private static Opened pem(ApiSettings.Tls tls) throws IOException, GeneralSecurityException {
        byte[] chain = Files.readAllBytes(tls.certificate());
        Certificate[] certificates = CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(chain))
                .toArray(new Certificate[0]);
        if (certificates.length == 0) {
            throw new InvalidKeySpecException("it holds no certificate");
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("server", key(tls.key()), new char[0], certificates);
        return new Opened(store, "");
    }

    private static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
        Matcher matcher = PEM_KEY.matcher(Files.readString(file, StandardCharsets.US_ASCII));
        if (!matcher.find()) {
            throw new InvalidKeySpecException(file + " holds no key in PKCS#8 (BEGIN PRIVATE KEY)");
        }
        byte[] encoded = Base64.getMimeDecoder().decode(matcher.group(1));
        for (String algorithm : ALGORITHMS) {
            Optional<PrivateKey> key = key(algorithm, encoded);
            if (key.isPresent()) {
                return key.get();
            }
        }
        throw new InvalidKeySpecException(
                file + " holds a key that is neither EC, RSA nor Ed25519");
    }

    private static Optional<PrivateKey> key(String algorithm, byte[] encoded)
            throws GeneralSecurityException {
        try {
            return Optional.of(KeyFactory.getInstance(algorithm)
                    .generatePrivate(new PKCS8EncodedKeySpec(encoded)));
        } catch (InvalidKeySpecException another) {
            return Optional.empty();
        }
    }
}
