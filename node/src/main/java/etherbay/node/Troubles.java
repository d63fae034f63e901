// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Exports that a node is to serve and does not, each with the reason. Control code, one thread at a
 * time.
 */
final class Troubles {
    /** An export that is not served. */
    record Troubled(ExportSpec spec, EtherbayException why) {}

    private final Map<String, Troubled> byName = new TreeMap<>();

    /** In the order of their names. */
    List<Troubled> all() {
        return List.copyOf(byName.values());
    }

    void add(ExportSpec spec, EtherbayException why) {
        byName.put(spec.name(), new Troubled(spec, why));
    }

    /** Whether that very export is known not to be served; another one of its name may be. */
    boolean has(ExportSpec spec) {
        Troubled known = byName.get(spec.name());
        return known != null && known.spec().equals(spec);
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
        List<Troubled> now = new ArrayList<>();
        for (ExportSpec spec : wanted) {
            if (!served.containsKey(spec.name())) {
                now.add(new Troubled(spec, reason(spec, failures)));
            }
        }
        byName.clear();
        now.forEach(troubled -> byName.put(troubled.spec().name(), troubled));
    }

    private EtherbayException reason(ExportSpec spec, List<EtherbayException> failures) {
        Troubled known = byName.get(spec.name());
        if (known != null && known.spec().equals(spec)) {
            return known.why();
        }
        return failures.stream()
                .filter(failure -> String.valueOf(failure.getMessage()).contains(spec.name()))
                .findFirst()
                .or(() -> failures.stream().findFirst())
                .orElseGet(() -> new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        spec.name() + " is not served",
                        "it could not be opened by an earlier change",
                        "see the log of the node"));
    }
}
