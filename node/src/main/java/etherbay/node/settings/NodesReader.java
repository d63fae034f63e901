// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.admin.NodeCertificate;
import etherbay.admin.PeerSpec;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.node.ApiSpec;
import etherbay.node.NodesSpec;

import org.jspecify.annotations.Nullable;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads {@code name} and the tables {@code [nodes.NAME]}, in the order of the file. */
final class NodesReader {
    /** More than one person looks after. */
    private static final int COUNT_MAX = 256;

    private static final String EXAMPLE = "https://10.0.0.2:8420";
    private static final int PORT_MAX = 65_535;

    private final Problems problems;
    private final Map<String, String> byAddress = new HashMap<>();
    private final Map<NodeCertificate, String> byCertificate = new HashMap<>();

    private NodesReader(Problems problems) {
        this.problems = problems;
    }

    static NodesSpec read(TableReader file, ApiSpec api, Problems problems) {
        Optional<String> name = file.parsed(Keys.NAME, "node1", NodeName::checked);
        List<PeerSpec> all = file.table(Keys.NODES, "[nodes]", "[nodes.NAME] above the keys")
                .map(table -> new NodesReader(problems).readAll(table))
                .orElse(List.of());
        if (file.has(Keys.NODES) && api.certificate().isEmpty()) {
            file.problem(
                    Keys.NODES,
                    "[nodes] needs a certificate of this node",
                    "nodes know each other by what they show, and [api] has no certificate and key",
                    "make them (etherbay node certificate), and name both in [api]");
        }
        return new NodesSpec(name, all);
    }

    private List<PeerSpec> readAll(TableReader nodes) {
        List<PeerSpec> all = new ArrayList<>();
        List<String> names = nodes.keys();
        if (names.size() > COUNT_MAX) {
            nodes.problem(
                    names.get(COUNT_MAX),
                    "there are %d nodes".formatted(names.size()),
                    "at most %d are asked how they are".formatted(COUNT_MAX),
                    "leave out some");
            return all;
        }
        for (String name : names) {
            String called = "[nodes." + name + "]";
            if (!NodeName.isOne(name)) {
                nodes.parsed(new TableReader.Entry(name, nodes.at(name)), NodeName::checked);
                continue;
            }
            nodes.table(name, called, called + " above its keys")
                    .flatMap(table -> read(name, called, table))
                    .ifPresent(all::add);
        }
        return all;
    }

    private Optional<PeerSpec> read(String name, String called, TableReader table) {
        table.refuseOthers(Keys.OF_NODE);
        must(table, called, Keys.ADDRESS, EXAMPLE);
        must(table, called, Keys.CERTIFICATE, "/etc/etherbay/" + name + ".pem");
        Optional<URI> address = table.parsed(Keys.ADDRESS, EXAMPLE, NodesReader::address);
        address.ifPresent(
                uri -> once(table, Keys.ADDRESS, uri, byAddress.put(uri.toString(), name)));
        return table.path(Keys.CERTIFICATE, "/etc/etherbay/" + name + ".pem")
                .flatMap(file -> table.parsed(Keys.CERTIFICATE, "", _ -> NodeCertificate.read(file))
                        .flatMap(certificate -> {
                            once(
                                    table,
                                    Keys.CERTIFICATE,
                                    file,
                                    byCertificate.put(certificate, name));
                            return address.map(uri -> new PeerSpec(name, uri, file, certificate));
                        }));
    }

    private void must(TableReader table, String called, String key, String example) {
        if (!table.has(key)) {
            problems.add(
                    table.at(),
                    called + " has no " + key,
                    "another node is asked by its address, and known by its certificate",
                    "write " + key + " = " + Value.quoted(example));
        }
    }

    private static void once(TableReader table, String key, Object value, @Nullable String other) {
        if (other != null) {
            table.problem(
                    key,
                    "%s = %s is that of %s".formatted(key, Value.quoted(value.toString()), other),
                    key.equals(Keys.ADDRESS)
                            ? "two nodes are not asked at one address"
                            : "who shows it would be both, so no node may have another's",
                    "give each its own, or leave out one of the tables");
        }
    }

    /** {@code https://HOST:PORT}, and nothing behind it. */
    private static URI address(String text) {
        try {
            URI uri = new URI(text);
            boolean isHttps = "https".equals(uri.getScheme()) && uri.getHost() != null;
            if (isHttps && isBare(uri) && uri.getPort() > 0 && uri.getPort() <= PORT_MAX) {
                return URI.create("https://%s:%d".formatted(uri.getHost(), uri.getPort()));
            }
        } catch (URISyntaxException wrong) {
            // said below
        }
        throw new EtherbayException(
                ErrorCode.INVALID,
                "`" + EtherbayException.shown(text) + "` is no address of a node",
                "it is https://, its host or an IP address, a colon, and the port of its [api]"
                        + " listen",
                "write address = " + Value.quoted(EXAMPLE));
    }

    /** Of one with a host. */
    private static boolean isBare(URI uri) {
        return (uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"))
                && uri.getRawQuery() == null
                && uri.getRawFragment() == null
                && uri.getRawUserInfo() == null;
    }
}
