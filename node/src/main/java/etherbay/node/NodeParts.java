// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.node.trace.TraceWriter;

/**
 * What a change of a node works with.
 *
 * @param calls into the loop
 * @param ports on the loop
 * @param serving on the loop
 * @param neighbours on the loop
 * @param shared what each export is opened with
 * @param traces where frames are traced to
 * @param force serve addresses that another box serves already
 */
record NodeParts(
        LoopCalls calls,
        Ports ports,
        Serving serving,
        Neighbours neighbours,
        OpenExport.Shared shared,
        TraceWriter traces,
        boolean force) {}
