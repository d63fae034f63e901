// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.NodeCertificate;
import etherbay.admin.SelfSigned;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.node.NodeIdentity;
import etherbay.node.StateFolder;
import etherbay.node.settings.NodeName;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/** {@code etherbay node certificate}: what a node shows of itself, made on it once. */
@Command(
        name = "certificate",
        description = {
            "Make this node's certificate and its key: what it shows over TLS, and what other",
            "nodes know it by. Two files in PEM, NAME.pem and NAME.key; the key never leaves this",
            "machine."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class NodeCertificateCommand implements Runnable {
    private static final int DAYS_MAX = 36_500;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "NAME",
            description = "of the node (default: the name of this host)")
    private @Nullable String name;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "where they are put (default: the daemon's state folder)")
    private @Nullable Path folder;

    @Option(
            names = "--host",
            paramLabel = "HOST",
            description = "a DNS name or IP address at which browsers ask it; may be repeated")
    private List<String> hosts = List.of();

    @Option(
            names = "--days",
            paramLabel = "N",
            description = "how long it is good (default: ${DEFAULT-VALUE}, ten years)")
    private int days = 3650;

    @Option(names = "--replace", description = "replace one that is there; others must be told")
    private boolean replace;

    @Override
    public void run() {
        if (days < 1 || days > DAYS_MAX) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "--days %d is out of range".formatted(days),
                    "it is from 1 to " + DAYS_MAX,
                    "write --days 3650");
        }
        Path where = StateFolder.orDefault(folder);
        String called = NodeName.checked(name == null ? NodeIdentity.hostName() : name);
        SelfSigned.Made made =
                SelfSigned.make(where, new SelfSigned.Wish(called, hosts, days, replace));
        print(called, made);
    }

    private void print(String called, SelfSigned.Made made) {
        PrintWriter out = spec.commandLine().getOut();
        out.println("good until " + NodeCertificate.day(made.shown().endsMs()) + ", SHA-256 "
                + made.shown().fingerprint());
        out.println();
        out.println("# in the settings of this node");
        out.println("name = \"%s\"".formatted(called));
        out.println("[api]");
        out.println("certificate = \"%s\"".formatted(made.certificate().toAbsolutePath()));
        out.println("key = \"%s\"".formatted(made.key().toAbsolutePath()));
        out.println();
        out.println("# in those of every other, with a copy of the certificate, never of the key");
        out.println("[nodes.%s]".formatted(called.contains(".") ? "\"" + called + "\"" : called));
        out.println("address = \"https://%s:8420\""
                .formatted(hosts.isEmpty() ? called : bracketed(hosts.getFirst())));
        out.println("certificate = \"/etc/etherbay/%s.pem\"".formatted(called));
        out.flush();
    }

    private static String bracketed(String host) {
        return host.indexOf(':') < 0 ? host : "[" + host + "]";
    }
}
