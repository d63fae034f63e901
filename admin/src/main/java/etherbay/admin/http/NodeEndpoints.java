// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.Administration;
import etherbay.admin.ApiInfo;
import etherbay.admin.NodeAdmin;
import etherbay.admin.NodeReport;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How the node is: what the watch saw last, at most half a second ago. */
final class NodeEndpoints {
    private final Administration parts;
    private final Metrics metrics;

    NodeEndpoints(Administration parts) {
        this.parts = parts;
        metrics = new Metrics(parts);
    }

    private NodeReport latest(Exchange exchange) {
        exchange.checkQuery(List.of());
        return parts.watch().latest();
    }

    Reply info(Exchange exchange) {
        NodeReport report = latest(exchange);
        return Reply.json(new ApiInfo(
                "etherbay",
                report.name(),
                report.version(),
                parts.watch().health().word(),
                List.of("v1"),
                exchange.caller().isNode() ? "node" : exchange.caller().role().word()));
    }

    Reply report(Exchange exchange) {
        return Reply.json(latest(exchange));
    }

    Reply health(Exchange exchange) {
        exchange.checkQuery(List.of());
        return Reply.json(parts.watch().health());
    }

    Reply exports(Exchange exchange) {
        return Reply.json(latest(exchange).exports());
    }

    Reply export(Exchange exchange) {
        return Reply.json(export(latest(exchange), exchange.name()));
    }

    static NodeReport.Export export(NodeReport report, String name) {
        return findExport(report, name)
                .orElseThrow(() -> Routes.notFound("export " + name, "etherbay status"));
    }

    static Optional<NodeReport.Export> findExport(NodeReport report, String name) {
        return report.exports().stream()
                .filter(export -> export.name().equals(name))
                .findFirst();
    }

    Reply interfaces(Exchange exchange) {
        return Reply.json(latest(exchange).interfaces());
    }

    Reply disks(Exchange exchange) {
        return Reply.json(latest(exchange).disks());
    }

    Reply mirrors(Exchange exchange) {
        return Reply.json(latest(exchange).mirrors());
    }

    Reply mirror(Exchange exchange) {
        return Reply.json(mirror(latest(exchange), exchange.name()));
    }

    static NodeReport.Mirror mirror(NodeReport report, String name) {
        return report.mirrors().stream()
                .filter(mirror -> mirror.name().equals(name))
                .findFirst()
                .orElseThrow(() -> Routes.notFound("mirror " + name, "etherbay mirror list"));
    }

    Reply volumes(Exchange exchange) {
        return Reply.json(latest(exchange).volumes());
    }

    Reply peers(Exchange exchange) {
        return Reply.json(latest(exchange).peers());
    }

    Reply pcap(Exchange exchange) {
        exchange.checkQuery(List.of("seconds"));
        double seconds = exchange.decimal("seconds", 5, ApiLimits.PCAP_SECONDS_MAX);
        exchange.note().after("frames of %s s".formatted(seconds));
        String name = export(parts.watch().latest(), exchange.name()).name();
        return new Reply.Written(
                "application/vnd.tcpdump.pcap", out -> parts.node().pcap(name, seconds, out));
    }

    Reply settings(Exchange exchange) {
        exchange.checkQuery(List.of());
        NodeAdmin.Settings applied = parts.node().exportSettings();
        return new Reply.Whole(
                200,
                "application/toml",
                applied.text().getBytes(StandardCharsets.UTF_8),
                Map.of("ETag", "\"" + applied.generation() + "\""));
    }

    Reply metrics(Exchange exchange) {
        return Reply.text(Metrics.CONTENT_TYPE, metrics.text(latest(exchange)));
    }
}
