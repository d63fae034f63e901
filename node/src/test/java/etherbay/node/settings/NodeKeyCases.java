// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.node.settings.SettingsKeysTest.Case;
import etherbay.node.settings.SettingsKeysTest.In;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The cases of {@link SettingsKeysTest} of the node itself, its API and the other nodes. */
final class NodeKeyCases {
    /** What stands above the keys of another node. */
    static final String HEADER = "[api]\ncertificate = \"/c\"\nkey = \"/k\"\n[nodes.node2]\n";

    static final Map<String, String> LEAST = least();

    private NodeKeyCases() {}

    /** A certificate among the resources, as a value. */
    static String pem(String name) {
        try {
            return "\"%s\""
                    .formatted(Path.of(
                            Objects.requireNonNull(NodeKeyCases.class.getResource(name + ".pem"))
                                    .toURI()));
        } catch (URISyntaxException wrong) {
            throw new IllegalStateException(wrong);
        }
    }

    private static Map<String, String> least() {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("address", "\"https://h2:8420\"");
        keys.put("certificate", pem("node2"));
        return keys;
    }

    static void addTo(List<Case> cases) {
        addApi(cases);
        addAddress(cases);
        addCertificate(cases);
        cases.add(SettingsKeysTest.bad(
                SettingsKeysTest.of(
                        In.FILE,
                        "name",
                        "",
                        Map.of("\"node1\"", "name = \"node1\"", "\"a.b\"", "name = \"a.b\"")),
                "\"node 1\"",
                named("node 1"),
                "\"../x\"",
                named("../x"),
                "\"a..b\"",
                named("a..b"),
                "1",
                "name = 1 is a whole number; it must be a string, in quotes; write name ="
                        + " \"node1\""));
    }

    private static void addAddress(List<Case> cases) {
        cases.add(SettingsKeysTest.bad(
                SettingsKeysTest.of(
                        In.NODE,
                        "address",
                        "",
                        Map.of(
                                "\"https://h:1\"",
                                "address = \"https://h:1\"",
                                "\"https://10.0.0.2:8420/\"",
                                "address = \"https://10.0.0.2:8420\"",
                                "\"https://[fe80::1]:65535\"",
                                "address = \"https://[fe80::1]:65535\"")),
                "\"http://h:1\"",
                addressed("http://h:1"),
                "\"https://h\"",
                addressed("https://h"),
                "\"https://h:0\"",
                addressed("https://h:0"),
                "\"https://h:65536\"",
                addressed("https://h:65536"),
                "\"https://u@h:1\"",
                addressed("https://u@h:1"),
                "\"https://h:1/x\"",
                addressed("https://h:1/x"),
                "\"https:h:1\"",
                addressed("https:h:1"),
                "\"h:1\"",
                addressed("h:1"),
                "\"https://a b:1\"",
                addressed("https://a b:1"),
                "7",
                "address = 7 is a whole number; it must be a string, in quotes; write address ="
                        + " \"https://10.0.0.2:8420\""));
    }

    private static void addCertificate(List<Case> cases) {
        cases.add(SettingsKeysTest.bad(
                SettingsKeysTest.of(
                        In.NODE,
                        "certificate",
                        "",
                        Map.of(pem("node3"), "certificate = " + pem("node3"))),
                "\"/nowhere/x.pem\"",
                "the certificate /nowhere/x.pem cannot be read; there is no such file, or its"
                        + " folder is closed; copy it from its node, where etherbay node"
                        + " certificate made it",
                "\"/dev/zero\"",
                "the certificate /dev/zero cannot be read; it is no file; copy it from its node,"
                        + " where etherbay node certificate made it",
                "7",
                "certificate = 7 is a whole number; it must be a string, in quotes; write"
                        + " certificate = \"/etc/etherbay/node2.pem\""));
    }

    private static void addApi(List<Case> cases) {
        cases.add(SettingsKeysTest.bad(
                SettingsKeysTest.of(
                        In.API,
                        "listen",
                        "",
                        Map.of(
                                "\"10.0.0.1:8420\"", "listen = \"10.0.0.1:8420\"",
                                "\"[::]:1\"", "listen = \"[::]:1\"")),
                "\"8420\"",
                "`8420` is nowhere to listen; it is a host or an address of this machine, a colon,"
                        + " and a port up to 65535; write 127.0.0.1:8420 or [::]:8420",
                "\"a:65536\"",
                "`a:65536` is nowhere to listen; it is a host or an address of this machine, a"
                        + " colon, and a port up to 65535; write 127.0.0.1:8420 or [::]:8420"));
        cases.add(apiFile("certificate", "/etc/etherbay/node.pem"));
        cases.add(apiFile("key", "/etc/etherbay/node.key"));
        cases.add(apiFile("tokens", "/etc/etherbay/tokens"));
    }

    private static Case apiFile(String key, String example) {
        return SettingsKeysTest.bad(
                SettingsKeysTest.of(In.API, key, "", Map.of("\"/f\"", key + " = \"/f\"")),
                "7",
                key + " = 7 is a whole number; it must be a string, in quotes; write " + key
                        + " = \"" + example + "\"");
    }

    private static String named(String wrong) {
        return ("a node cannot be called \"%s\"; a name has letters, digits and . _ -, at most 63,"
                        + " and begins with a letter or digit; write such as node1")
                .formatted(wrong);
    }

    private static String addressed(String wrong) {
        return ("`%s` is no address of a node; it is https://, its host or an IP address, a colon,"
                        + " and the port of its [api] listen; write address ="
                        + " \"https://10.0.0.2:8420\"")
                .formatted(wrong);
    }
}
