// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Exports that a node is to serve and does not, each with the reason. Changed by one control
 * thread at a time; any may ask.
 */
final class Troubles {
    /** An export that is not served. */
    record Troubled(ExportSpec spec, EtherbayException why) {}

    private volatile Map<String, Troubled> byName = Map.of();

    /** In the order of their names. */
    List<Troubled> all() {
        return List.copyOf(new TreeMap<>(byName).values());
    }

    /** Why that very export is not served; empty when it is not known not to be. */
    Optional<EtherbayException> why(ExportSpec spec) {
        return Optional.ofNullable(byName.get(spec.name()))
                .filter(known -> known.spec().equals(spec))
                .map(Troubled::why);
    }

    void add(ExportSpec spec, EtherbayException why) {
        Map<String, Troubled> next = new HashMap<>(byName);
        next.put(spec.name(), new Troubled(spec, why));
        byName = Map.copyOf(next);
    }

    /** Whether that very export is known not to be served; another one of its name may be. */
    boolean has(ExportSpec spec) {
        return why(spec).isPresent();
    }

    /** Those settings without the exports of which it is known that they cannot be served now. */
    NodeSettings without(NodeSettings settings) {
        return settings.withExports(
                settings.exports().stream().filter(spec -> !has(spec)).toList());
    }

    /**
     * A change has come to its end.
     *
     * @param wanted all that is to be served
     * @param served what is, by name
     * @param failures what it met too late to turn back
     */
    void changed(
            List<ExportSpec> wanted,
            Map<String, OpenExport> served,
            List<EtherbayException> failures) {
        Map<String, Troubled> now = new HashMap<>();
        for (ExportSpec spec : wanted) {
            if (!served.containsKey(spec.name())) {
                now.put(spec.name(), new Troubled(spec, reason(spec, failures)));
            }
        }
        byName = Map.copyOf(now);
    }

    private EtherbayException reason(ExportSpec spec, List<EtherbayException> failures) {
        return failures.stream()
                .filter(failure ->
                        String.valueOf(failure.getMessage()).startsWith(spec.name() + " "))
                .findFirst()
                .or(() -> why(spec))
                .or(() -> failures.stream().findFirst())
                .orElseGet(() -> new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        spec.name() + " is not served",
                        "it could not be opened by an earlier change",
                        "see the log of the node"));
    }
}
