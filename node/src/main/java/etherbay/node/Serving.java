// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.aoe.AwayHeader;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.MacAddress;
import etherbay.target.Export;
import etherbay.target.Target;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which export is served on which port. An export is put on a port that can carry frames at once;
 * on one that cannot it waits until the port is up and nobody else there turns out to serve its
 * address. Lives on the loop.
 */
final class Serving {
    /** A restart, or another disk in an export's place, takes less. */
    private static final int AWAY_MS = AwayHeader.WITHIN_MS_MAX;

    private static final Logger LOG = System.getLogger(Serving.class.getName());

    private final Target target;
    private final Neighbours neighbours;
    private final boolean force;
    private final Map<EthernetPort, Map<Address, Waiting>> waiting = new HashMap<>();

    /**
     * An export that will be served on a port.
     *
     * @param what its backing, for a person
     */
    private record Waiting(Export export, String what) {}

    /**
     * @param force serve also what another box serves
     */
    Serving(Target target, Neighbours neighbours, boolean force) {
        this.target = target;
        this.neighbours = neighbours;
        this.force = force;
    }

    /** Takes the frames of a port, for whom it may concern. */
    void open(EthernetPort port) {
        target.attach(port);
        neighbours.add(port);
        port.listen(this::changed);
    }

    /** Leaves a port, on which nothing is served any more. */
    void close(EthernetPort port) {
        waiting.remove(port);
        neighbours.remove(port);
        target.detach(port);
    }

    /**
     * Serves an export on an open port, for which its address was found free if the port is up.
     *
     * @param what its backing, for a person
     * @return what a person is told of it
     */
    String place(Export export, EthernetPort port, String what) {
        if (port.linkUp()) {
            target.add(export, List.of(port));
            return ServiceText.serves(export, port, what);
        }
        waiting.computeIfAbsent(port, _ -> new LinkedHashMap<>())
                .put(Address.of(export.settings()), new Waiting(export, what));
        return ServiceText.waits(export, port, what);
    }

    /** Tells initiators that it stops, and is served again in a moment. */
    void away(Export export) {
        target.announceAway(export, AWAY_MS);
    }

    /** Serves it on that port no longer. */
    void displace(Export export, EthernetPort port) {
        target.remove(export, port);
        Map<Address, Waiting> waitHere = waiting.get(port);
        if (waitHere != null) {
            waitHere.remove(Address.of(export.settings()));
        }
    }

    /** Serves {@code after} wherever {@code before} was served or waits. */
    void replace(Export before, Export after, String what) {
        target.replace(before, after);
        Address address = Address.of(after.settings());
        waiting.values()
                .forEach(exports ->
                        exports.computeIfPresent(address, (_, _) -> new Waiting(after, what)));
    }

    private void changed(EthernetPort port) {
        Map<Address, Waiting> waitHere = waiting.get(port);
        if (waitHere == null || waitHere.isEmpty() || !port.linkUp()) {
            return;
        }
        if (force) {
            answered(new AddressProbe.Answers(port, Map.of()));
        } else {
            neighbours.probe(port, waitHere.keySet(), this::answered);
        }
    }

    private void answered(AddressProbe.Answers answers) {
        EthernetPort port = answers.port();
        Map<Address, Waiting> waitHere = waiting.getOrDefault(port, new HashMap<>());
        Map<Address, Waiting> now = Map.copyOf(waitHere);
        waitHere.clear();
        now.forEach((address, waits) -> {
            MacAddress other = answers.servers().get(address);
            if (other != null) {
                LOG.log(Level.ERROR, taken(address, port, other).toText());
            } else {
                target.add(waits.export(), List.of(port));
                LOG.log(Level.INFO, ServiceText.serves(waits.export(), port, waits.what()));
            }
        });
    }

    /** Why an export is not served where another box answers for its address. */
    static EtherbayException taken(Address address, EthernetPort port, MacAddress other) {
        return new EtherbayException(
                ErrorCode.CONFLICT,
                "another box serves " + address + " on " + port.name() + " already",
                ("%s answers for it, and we would as %s; an initiator would take the two"
                                + " for paths to one disk and mix their data")
                        .formatted(other, port.mac()),
                "choose another address, stop the other box,"
                        + " or pass --force when it is the same disk");
    }
}
