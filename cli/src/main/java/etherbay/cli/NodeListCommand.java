// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.admin.ApiInfo;
import etherbay.admin.Documents;
import etherbay.admin.NodeReport;
import etherbay.admin.NodeReport.Peer;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code etherbay node list}: this node and the others that it knows. */
@Command(
        name = "list",
        description = {
            "Print this machine's node and the others of its settings: whether each answers, how",
            "well it says that it is, and its version. Ends with 9 when one does not answer."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class NodeListCommand extends ApiVerb {
    @Option(
            names = "--now",
            description = "ask each now; without it: what was seen in the last seconds")
    private boolean now;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    int ask(ApiClient client) {
        ApiInfo own = Documents.read(client.get("/").text(), "the node", ApiInfo.class);
        NodeReport report =
                Documents.read(client.get("/report").text(), "the report", NodeReport.class);
        List<Peer> peers = new ArrayList<>(report.peers());
        if (now) {
            peers.replaceAll(peer -> Documents.read(
                    client.post("/peers/" + peer.name() + "/look", Map.of(), "").text(),
                    "what was seen of " + peer.name(),
                    Peer.class));
        }
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("name", own.name());
            document.put("health", own.health());
            document.put("version", own.version());
            document.put("peers", peers);
            out().println(Documents.json(document));
        } else {
            print(own, peers, report.atMs());
        }
        return peers.stream().allMatch(it -> it.state().equals("up")) ? 0 : DEVIATES;
    }

    private void print(ApiInfo own, List<Peer> peers, long nowMs) {
        Columns columns = new Columns("NODE", "STATE", "FOR", "HEALTH", "VERSION", "ADDRESS");
        columns.row(own.name(), "this one", "", own.health(), own.version(), "");
        for (Peer peer : peers) {
            columns.row(
                    peer.name(),
                    peer.state(),
                    Quantity.duration(Math.max(0, nowMs - peer.sinceMs())),
                    peer.health() == null ? "-" : EtherbayException.shown(peer.health()),
                    peer.version() == null ? "-" : EtherbayException.shown(peer.version()),
                    peer.address());
        }
        columns.print(out());
        for (Peer peer : peers) {
            NodeReport.Trouble trouble = peer.trouble();
            if (trouble != null) {
                out().println("%s: %s: %s"
                        .formatted(peer.name(), trouble.message(), trouble.cause()));
                out().println("  do: " + trouble.correction());
            }
        }
    }
}
