// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.DurableFile;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Makes the certificate of a node and its key, signed by itself: a certificate that is pinned needs
 * no other signature. By {@code keytool} of the Java that runs this, into files in PEM. Blocking.
 */
public final class SelfSigned {
    private static final String ALIAS = "node";
    private static final int SECRET_BYTES = 16;
    private static final long KEYTOOL_S = 60;

    /** As a certificate may hold it: no underscores. */
    private static final Pattern DNS =
            Pattern.compile("[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\\.[A-Za-z0-9][A-Za-z0-9-]*)*");

    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*");

    private SelfSigned() {}

    /**
     * What to make.
     *
     * @param name of the node; the files are called so
     * @param hosts names and IP addresses that it is asked at, for browsers; nodes need none
     * @param days that it is good for
     * @param replace whether what is there may go
     */
    public record Wish(String name, List<String> hosts, int days, boolean replace) {
        public Wish {
            hosts = List.copyOf(hosts);
        }
    }

    /** What was made: the one to be copied to other nodes, and what no other may see. */
    public record Made(Path certificate, Path key, NodeCertificate shown) {}

    /**
     * Makes {@code NAME.pem} and {@code NAME.key} in a folder, which is made when it is not there.
     *
     * @throws EtherbayException CONFLICT when there is one of them already, ENVIRONMENT when they
     *     cannot be made
     */
    public static Made make(Path folder, Wish wish) {
        Path certificate = folder.resolve(wish.name() + ".pem");
        Path key = folder.resolve(wish.name() + ".key");
        for (Path file : List.of(key, certificate)) {
            if (Files.exists(file) && !wish.replace()) {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        file + " is there already",
                        "other nodes may know this one by it",
                        "use it; or make another with --replace, and copy that to them again");
            }
        }
        List<String> names = alternatives(wish);
        try {
            Files.createDirectories(folder);
            Path aside = Files.createTempDirectory(folder, ".certificate"); // for its owner alone
            try {
                KeyStore store = store(aside, wish, names);
                if (!(store.getCertificate(ALIAS) instanceof X509Certificate made)) {
                    throw new GeneralSecurityException("keytool made no certificate");
                }
                Key secret = store.getKey(ALIAS, password(aside).toCharArray());
                DurableFile.writePrivate(key, pem("PRIVATE KEY", secret.getEncoded()));
                DurableFile.write(certificate, pem("CERTIFICATE", made.getEncoded()));
                Files.setPosixFilePermissions(
                        certificate, PosixFilePermissions.fromString("rw-r--r--"));
                return new Made(certificate, key, new NodeCertificate(made));
            } finally {
                clear(aside);
            }
        } catch (IOException | GeneralSecurityException failure) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "no certificate can be made in " + folder,
                    String.valueOf(failure.getMessage()),
                    "run it as the daemon's user or as root, or name another folder with --dir");
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE, "no certificate was made", "stopped", "run it again");
        }
    }

    private static List<String> alternatives(Wish wish) {
        List<String> all = new ArrayList<>();
        if (DNS.matcher(wish.name()).matches()) {
            all.add("dns:" + wish.name());
        }
        for (String host : wish.hosts()) {
            boolean isAddress = ADDRESS.matcher(host).matches();
            if (!isAddress && !DNS.matcher(host).matches()) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        "`%s` is no host".formatted(EtherbayException.shown(host)),
                        "it is a DNS name or an IP address",
                        "write such as --host 10.0.0.1");
            }
            all.add((isAddress ? "ip:" : "dns:") + host);
        }
        return all;
    }

    private static KeyStore store(Path aside, Wish wish, List<String> names)
            throws IOException, GeneralSecurityException, InterruptedException {
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        Files.writeString(aside.resolve("password"), HexFormat.of().formatHex(secret));
        Path file = aside.resolve("store.p12");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                Integer.toString(wish.days()),
                "-dname",
                "CN=" + wish.name(),
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass:file",
                aside.resolve("password").toString()));
        if (!names.isEmpty()) {
            command.addAll(List.of("-ext", "SAN=" + String.join(",", names)));
        }
        Path said = aside.resolve("said");
        Process keytool = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        boolean ended = keytool.waitFor(KEYTOOL_S, TimeUnit.SECONDS);
        if (!ended || keytool.exitValue() != 0) {
            keytool.destroyForcibly();
            throw new GeneralSecurityException(
                    "keytool: " + EtherbayException.shown(Files.readString(said).strip()));
        }
        return KeyStore.getInstance(file.toFile(), password(aside).toCharArray());
    }

    private static String password(Path aside) throws IOException {
        return Files.readString(aside.resolve("password"));
    }

    private static byte[] pem(String what, byte[] bytes) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
                .formatted(what, body, what)
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static void clear(Path aside) throws IOException {
        for (String name : List.of("password", "store.p12", "said")) {
            Files.deleteIfExists(aside.resolve(name));
        }
        Files.deleteIfExists(aside);
    }
}
