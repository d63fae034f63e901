// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import java.nio.file.Path;
import java.util.List;

/**
 * All that a person decides about a node: what its settings file says, with every default filled in
 * and every access list resolved. A value: equal settings run equal nodes.
 *
 * @param state folder of the durable state of its exports
 * @param interfaces in the order of the file: for an interface an equal name counts first, then the
 *     first pattern that matches it
 * @param exports in the order of the file; no two have one address
 */
public record NodeSettings(
        Path state, List<InterfaceSettings> interfaces, List<ExportSpec> exports) {

    public NodeSettings {
        interfaces = List.copyOf(interfaces);
        exports = List.copyOf(exports);
    }
}
