// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import etherbay.node.ExportSpec;
import etherbay.node.NodeSettings;
import etherbay.node.held.HeldSpec;

import java.util.HashSet;
import java.util.Set;

/**
 * Which of a node's things were applied; the others stand in its settings file. A value.
 *
 * @param applied {@code export e1.0}, {@code mirror web}
 */
record Origins(Set<String> applied) {
    Origins {
        applied = Set.copyOf(applied);
    }

    static Origins of(NodeSettings layer) {
        Set<String> names = new HashSet<>();
        for (ExportSpec spec : layer.exports()) {
            names.add("export " + spec.name());
        }
        for (HeldSpec spec : layer.held()) {
            names.add(spec.key());
        }
        return new Origins(names);
    }

    boolean isApplied(String key) {
        return applied.contains(key);
    }
}
