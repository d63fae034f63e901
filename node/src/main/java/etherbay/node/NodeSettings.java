// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.node.held.HeldSpec;
import etherbay.node.volume.VolumePlaces;

import java.nio.file.Path;
import java.util.List;

/**
 * All that a person decides about a node: what its settings file says, with every default filled in
 * and every access list resolved. A value: equal settings run equal nodes.
 *
 * @param state folder of the durable state of its exports
 * @param places where physical volumes are looked for
 * @param api where it is asked
 * @param nodes the others, and its name among them
 * @param interfaces in the order of the file: for an interface an equal name counts first, then the
 *     first pattern that matches it
 * @param exports in the order of the file; no two have one address
 * @param held what it uses and offers besides; no two of a kind have one name
 */
public record NodeSettings(
        Path state,
        VolumePlaces places,
        ApiSpec api,
        NodesSpec nodes,
        List<InterfaceSettings> interfaces,
        List<ExportSpec> exports,
        List<HeldSpec> held) {

    public NodeSettings {
        interfaces = List.copyOf(interfaces);
        exports = List.copyOf(exports);
        held = List.copyOf(held);
    }

    /** Exports alone. */
    public NodeSettings(
            Path state,
            VolumePlaces places,
            List<InterfaceSettings> interfaces,
            List<ExportSpec> exports) {
        this(state, places, ApiSpec.NONE, NodesSpec.NONE, interfaces, exports, List.of());
    }

    /** With the physical volumes of this machine. */
    public NodeSettings(Path state, List<InterfaceSettings> interfaces, List<ExportSpec> exports) {
        this(state, VolumePlaces.ofTheSystem(), interfaces, exports);
    }

    /** The same, with others served. */
    public NodeSettings withExports(List<ExportSpec> others) {
        return new NodeSettings(state, places, api, nodes, interfaces, others, held);
    }
}
