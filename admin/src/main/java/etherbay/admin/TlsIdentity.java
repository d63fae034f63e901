// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

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

/**
 * A certificate, its chain and its key, as TLS wants them: what a node shows to who asks it, and to
 * other nodes that it asks.
 *
 * @param store with that one key
 * @param password that opens the key
 */
public record TlsIdentity(KeyStore store, String password) {
    private static final Pattern PEM_KEY = Pattern.compile(
            "-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final String[] ALGORITHMS = {"EC", "RSA", "Ed25519"};

    /**
     * Reads both files.
     *
     * @param certificate a chain in PEM, its own first; or a PKCS12 store ({@code .p12}), which
     *     holds the key as well
     * @param key in PEM (PKCS#8); for a PKCS12 store the file that holds its password
     * @throws EtherbayException INVALID when they are not that
     */
    public static TlsIdentity read(Path certificate, Path key) {
        String name = certificate.toString();
        try {
            return name.endsWith(".p12") || name.endsWith(".pfx")
                    ? pkcs12(certificate, key)
                    : pem(certificate, key);
        } catch (IOException | GeneralSecurityException failure) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the certificate %s cannot be used".formatted(certificate),
                    String.valueOf(failure.getMessage()),
                    "give a certificate chain in PEM and its key in PKCS#8, or a PKCS12 store and"
                            + " the file with its password");
        }
    }

    private static TlsIdentity pkcs12(Path certificate, Path key)
            throws IOException, GeneralSecurityException {
        String password = Files.readString(key).strip();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(certificate)) {
            store.load(in, password.toCharArray());
        }
        return new TlsIdentity(store, password);
    }

    private static TlsIdentity pem(Path certificate, Path key)
            throws IOException, GeneralSecurityException {
        byte[] chain = Files.readAllBytes(certificate);
        Certificate[] certificates = CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(chain))
                .toArray(new Certificate[0]);
        if (certificates.length == 0) {
            throw new InvalidKeySpecException("it holds no certificate");
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("server", key(key), new char[0], certificates);
        return new TlsIdentity(store, "");
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
