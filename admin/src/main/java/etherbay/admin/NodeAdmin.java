// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.EtherbayException;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;

/**
 * What can be asked of a node. Every call blocks, comes on a virtual thread, and may come beside
 * others. What cannot be done is an {@link EtherbayException}: then nothing has changed. Roles are
 * checked before; whatever changes something is in the audit log afterwards.
 */
public interface NodeAdmin {
    /** How the node is. Asked twice a second, in portions that do not hold up a loop. */
    NodeReport report();

    /**
     * What an apply would do, one line each, in the order in which it would be done; empty when the
     * node is so already.
     *
     * @param settings the whole applied layer, as TOML
     * @param name of the text in messages about its lines
     */
    List<String> plan(String settings, String name);

    /**
     * Makes the applied layer this one. Durable before it returns.
     *
     * @param ifGeneration what the caller has seen; negative for any
     * @return what was done
     * @throws EtherbayException CONFLICT when another change came between
     */
    Applied apply(String settings, String name, long ifGeneration);

    /**
     * What an apply did.
     *
     * @param lines one for each thing
     * @param generation that this apply made; another may have come since
     */
    record Applied(List<String> lines, long generation) {
        public Applied {
            lines = List.copyOf(lines);
        }
    }

    /**
     * The applied layer.
     *
     * @param text its normal form: applied anew it changes nothing
     * @param generation that has this text
     */
    record Settings(String text, long generation) {}

    /** The applied layer; a cheap question, which is answered whatever state the node is in. */
    Settings exportSettings();

    /** Switches the trace of an export, until the next start or change of it. */
    void trace(String export, boolean on);

    /** Writes the last seconds of an export's frames as a pcap file. */
    void pcap(String export, double seconds, OutputStream out) throws IOException;

    /**
     * Acts on a mirror: {@code fail}, {@code remove}, {@code add}, {@code check}, {@code repair},
     * {@code cancel}, {@code grow}; the options are those of {@code etherbay mirror VERB}.
     *
     * @return a text for a person
     */
    String mirror(String name, String verb, Map<String, String> options);

    /**
     * Acts on a guest: {@code start}, {@code pause}, {@code stop}, {@code power-off}, {@code
     * reset}, {@code delete}, {@code recover}; the options are those of {@code etherbay guest
     * VERB}.
     *
     * @return a text for a person
     */
    String guest(String name, String verb, Map<String, String> options);

    /**
     * Answers what another node asks about a guest.
     *
     * @param node who asks, by its certificate
     * @param body JSON, as that node has sent it
     * @return a record, which is the answer
     */
    Record peerGuest(String node, String name, String verb, String body);

    /** Asks another node now how it is; NOT_FOUND when the settings name none so. */
    NodeReport.Peer look(String peer);
}
