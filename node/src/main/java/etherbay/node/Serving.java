// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.target.Export;
import etherbay.target.Target;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Brings exports onto ports: when a port can carry frames it first asks whether another box serves
 * our addresses, then serves them. A port that is not there yet does so when it appears. Lives on
 * the loop.
 */
final class Serving {
    /** Hears what became of an export on a port. On the loop. */
    interface Listener {
        /** Advertised, and answers. */
        void serves(Export export, EthernetPort port);

        /** The interface is not there; the export will be served on it as soon as it is. */
        void waits(Export export, EthernetPort port);

        /** Not served on that port, because of {@code conflict}. */
        void refused(Export export, EthernetPort port, EtherbayException conflict);
    }

    private final Loop loop;
    private final Target target;
    private final boolean force;
    private final Listener listener;
    private final Map<EthernetPort, List<Export>> exportsByPort = new HashMap<>();

    /**
     * @param force serve also what another box serves
     */
    Serving(Loop loop, Target target, boolean force, Listener listener) {
        this.loop = loop;
        this.target = target;
        this.force = force;
        this.listener = listener;
    }

    /** Adds an export to what a port will serve; before {@link #start}. */
    void plan(Export export, EthernetPort port) {
        exportsByPort.computeIfAbsent(port, _ -> new ArrayList<>()).add(export);
    }

    /** Begins on all ports; the listener hears of each export on each port once. */
    void start() {
        exportsByPort.forEach((port, exports) -> {
            if (port.linkUp()) {
                probe(port, exports);
            } else {
                exports.forEach(export -> listener.waits(export, port));
                probeWhenUp(port, exports);
            }
        });
    }

    private void probeWhenUp(EthernetPort port, List<Export> exports) {
        boolean[] begun = {false};
        port.listen(changed -> {
            if (!begun[0] && changed.linkUp()) {
                begun[0] = true;
                probe(port, exports);
            }
        });
    }

    private void probe(EthernetPort port, List<Export> exports) {
        Map<AddressProbe.Address, Export> byAddress =
                exports.stream().collect(Collectors.toMap(Serving::address, export -> export));
        new AddressProbe(loop, port, byAddress.keySet(), answers -> {
                    target.attach(port);
                    byAddress.forEach(
                            (address, export) -> serve(export, port, answers.get(address)));
                })
                .start();
    }

    private static AddressProbe.Address address(Export export) {
        return new AddressProbe.Address(
                export.settings().shelf(), export.settings().slot());
    }

    private void serve(Export export, EthernetPort port, @Nullable MacAddress other) {
        if (other != null && !force) {
            listener.refused(export, port, taken(export, port, other));
            return;
        }
        target.add(export, List.of(port));
        listener.serves(export, port);
    }

    private static EtherbayException taken(Export export, EthernetPort port, MacAddress other) {
        return new EtherbayException(
                ErrorCode.CONFLICT,
                "another box serves " + export.settings().name() + " on " + port.name()
                        + " already",
                ("%s answers for it, and we would as %s; an initiator would take the two"
                                + " for paths to one disk and mix their data")
                        .formatted(other, port.mac()),
                "choose another address, stop the other box,"
                        + " or pass --force when it is the same disk");
    }
}
