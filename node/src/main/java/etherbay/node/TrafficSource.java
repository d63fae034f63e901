// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.admin.NodeReport;
import etherbay.target.Export;

import java.util.List;

/** What an export counts of its requests, as a node reports it. On the loop. */
interface TrafficSource {
    /** Of exports that count nothing. */
    TrafficSource NONE = new TrafficSource() {
        @Override
        public NodeReport.Traffic traffic(Export export) {
            return NodeReport.Traffic.NONE;
        }

        @Override
        public List<NodeReport.Initiator> initiators(Export export) {
            return List.of();
        }

        @Override
        public long retransmits(Export export) {
            return 0;
        }
    };

    NodeReport.Traffic traffic(Export export);

    List<NodeReport.Initiator> initiators(Export export);

    /** Frames that had been asked before. */
    long retransmits(Export export);
}
