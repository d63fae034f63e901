// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.target.Export;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One line for each export and interface, and the moment when all are said. An address that another
 * box serves ends the start; on an interface that appears later it is logged. On the loop.
 */
final class ServiceReport implements Serving.Listener {
    private static final Logger LOG = System.getLogger(ServiceReport.class.getName());
    private static final long MIB_SECTORS = 2048;

    private final IdentityHashMap<Export, OpenExport> byExport = new IdentityHashMap<>();
    private final Consumer<String> say;
    private final CompletableFuture<Void> complete = new CompletableFuture<>();
    private int missingCount;

    ServiceReport(List<OpenExport> exports, Consumer<String> say) {
        this.say = say;
        for (OpenExport open : exports) {
            byExport.put(open.export(), open);
            missingCount += open.ports().size();
        }
    }

    /** Completes when each export is served, or waits, on each of its interfaces. */
    CompletableFuture<Void> complete() {
        return complete;
    }

    @Override
    public void serves(Export export, EthernetPort port) {
        say.accept("%s: serving %s (%d sectors, %s MiB) on %s (%s), MTU %d, %d sectors a frame, %s"
                .formatted(
                        export.settings().name(),
                        spec(export).path(),
                        export.sectors(),
                        mebibytes(export.sectors()),
                        port.name(),
                        port.mac(),
                        port.mtu(),
                        export.sectorsMax(port),
                        durability(export)));
        oneLess();
    }

    @Override
    public void waits(Export export, EthernetPort port) {
        say.accept("%s: waiting for interface %s; will serve %s as soon as it is there"
                .formatted(export.settings().name(), port.name(), spec(export).path()));
        oneLess();
    }

    @Override
    public void refused(Export export, EthernetPort port, EtherbayException conflict) {
        if (!complete.completeExceptionally(conflict)) {
            LOG.log(Level.ERROR, conflict.toText());
        }
    }

    private void oneLess() {
        if (--missingCount == 0) {
            complete.complete(null);
        }
    }

    private ExportSpec spec(Export export) {
        OpenExport open = byExport.get(export);
        if (open == null) {
            throw new AssertionError("only opened exports are served");
        }
        return open.spec();
    }

    private static String durability(Export export) {
        if (export.settings().readOnly()) {
            return "read-only";
        }
        if (export.syncFailed()) {
            return "NO WRITES after a failed sync: etherbay state clear --help";
        }
        return export.cacheOn()
                ? "write cache on: a write is durable after FLUSH, or about a second"
                : "write cache off: a write is durable when it is answered";
    }

    private static String mebibytes(long sectors) {
        return sectors % MIB_SECTORS == 0
                ? Long.toString(sectors / MIB_SECTORS)
                : String.format(Locale.ROOT, "%.1f", (double) sectors / MIB_SECTORS);
    }
}
