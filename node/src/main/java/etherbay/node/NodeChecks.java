// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What settings of a node must not say, whatever the machine has. Stateless. */
final class NodeChecks {
    private NodeChecks() {}

    /**
     * @param settings that are in force
     * @throws EtherbayException for what cannot be instead
     */
    static void check(NodeSettings settings, NodeSettings next) {
        checkStateFolder(settings, next);
        checkAddresses(next);
        checkOwnDisks(next);
    }

    private static void checkStateFolder(NodeSettings settings, NodeSettings next) {
        if (!next.state().equals(settings.state())) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the state folder cannot change from %s to %s while the node runs"
                            .formatted(settings.state(), next.state()),
                    "what its exports promised to remember lies in the former one",
                    "stop the node, move the files there, and start it again");
        }
    }

    private static void checkAddresses(NodeSettings next) {
        Set<String> names = new HashSet<>();
        for (ExportSpec spec : next.exports()) {
            if (!names.add(spec.name())) {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        spec.name() + " is served twice",
                        "an address belongs to one export",
                        "give one of them another shelf or slot");
            }
        }
    }

    /** What a node serves is no disk of its own: a request would come round and never end. */
    private static void checkOwnDisks(NodeSettings next) {
        Map<String, ExportSpec> served = new TreeMap<>();
        next.exports().forEach(spec -> served.put(spec.name(), spec));
        Stream.concat(
                        next.exports().stream().map(spec -> spec.backing().bare()),
                        next.places().named().stream())
                .filter(BackingName.AtAoe.class::isInstance)
                .map(BackingName.AtAoe.class::cast)
                .filter(at -> served.containsKey(at.address().toString()))
                .findFirst()
                .ifPresent(at -> {
                    ExportSpec own = served.get(at.address().toString());
                    throw new EtherbayException(
                            ErrorCode.CONFLICT,
                            "%s cannot be a disk of this node".formatted(at),
                            "this node serves %s itself, over %s: its requests would come back to"
                                            .formatted(own.name(), own.backing())
                                    + " it",
                            "name the disk behind it, or give one of the two another address");
                });
    }
}
