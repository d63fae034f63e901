// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import etherbay.admin.NodeAdmin;
import etherbay.admin.NodeReport;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.node.ControlSocket;
import etherbay.node.held.Held;
import etherbay.node.held.HeldMirror;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What can be asked of a daemon, answered by its parts. */
public final class AdministeredNode implements NodeAdmin {
    /** The most that is captured, or waited for. */
    private static final double PCAP_S_MAX = 60;

    private final NodeDaemon daemon;

    public AdministeredNode(NodeDaemon daemon) {
        this.daemon = daemon;
    }

    @Override
    public NodeReport report() {
        return daemon.report();
    }

    @Override
    public List<String> plan(String settings, String name) {
        return daemon.plan(settings, name);
    }

    @Override
    public Applied apply(String settings, String name, long ifGeneration) {
        return daemon.apply(settings, name, ifGeneration);
    }

    @Override
    public Settings exportSettings() {
        return daemon.applied();
    }

    @Override
    public void trace(String export, boolean on) {
        daemon.node().trace(export, on);
    }

    /**
     * Frames are kept while the trace of the export is on by {@link #trace}: then these are the
     * last ones, at once. Else nothing is kept, and these are those of the next seconds.
     */
    @Override
    public void pcap(String export, double seconds, OutputStream out) throws IOException {
        if (!(seconds > 0 && seconds <= PCAP_S_MAX)) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    seconds + " seconds are not captured",
                    "it can be up to " + (int) PCAP_S_MAX + " s",
                    "for more: trace-io and trace-file of the export");
        }
        daemon.node().pcap(export, seconds, out);
    }

    @Override
    public String mirror(String name, String verb, Map<String, String> options) {
        List<String> words = MirrorVerbs.words(verb, options);
        Optional<HeldMirror> held = daemon.mirror(name);
        if (held.isPresent() && held.get().standing() == Held.Standing.OPEN) {
            return held.get().control(words);
        }
        Optional<String> elsewhere = ControlSocket.ask(daemon.stateFolder(), name, words);
        return elsewhere
                .or(() -> held.map(mirror -> mirror.control(words)))
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.NOT_FOUND,
                        "no mirror " + name + " is held here",
                        "this node holds none of that name, nor does another process here",
                        "see which there are: etherbay mirror list; have it held: a [[mirror]] in"
                                + " the settings"));
    }

    @Override
    public String guest(String name, String verb, Map<String, String> options) {
        return daemon.guests().act(name, verb, options);
    }

    @Override
    public Record peerGuest(String node, String name, String verb, String body) {
        return daemon.guests().answer(node, name, verb, body);
    }

    @Override
    public NodeReport.Peer look(String peer) {
        return daemon.peerWatch().look(peer);
    }
}
