// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.admin.PeerSpec;

import java.util.List;
import java.util.Optional;

/**
 * Which node this is among others.
 *
 * @param name of this one; empty for that of the host
 * @param all nodes that it knows, in the order of the file; this one may be among them, so that all
 *     nodes can have one text
 */
public record NodesSpec(Optional<String> name, List<PeerSpec> all) {
    /** A node by itself, by the name of its host. */
    public static final NodesSpec NONE = new NodesSpec(Optional.empty(), List.of());

    public NodesSpec {
        all = List.copyOf(all);
    }
}
