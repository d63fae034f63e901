// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.EthernetPort;
import etherbay.base.Loop;
import etherbay.base.SocketPort;
import etherbay.linux.PacketPort;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The ports of one loop by the name that a person gave, each open while somebody uses it. On the
 * loop.
 */
final class Ports {
    private static final class Use {
        private final EthernetPort port;
        private InterfaceSettings settings;
        private int userCount;

        Use(EthernetPort port, InterfaceSettings settings) {
            this.port = port;
            this.settings = settings;
        }
    }

    private final Loop loop;
    private final PortOpener opener;
    private final String station;
    private final Serving serving;
    private final Map<String, Use> uses = new LinkedHashMap<>();

    /**
     * @param station who opens them, as of {@link PortOpener#open}
     */
    Ports(Loop loop, PortOpener opener, String station, Serving serving) {
        this.loop = loop;
        this.opener = opener;
        this.station = station;
        this.serving = serving;
    }

    /**
     * The port of that name, opened where nobody uses it yet, for one more user.
     *
     * @param settings what holds for it
     * @param downAllowed as of {@link PortOpener#open}
     */
    EthernetPort acquire(String name, InterfaceSettings settings, boolean downAllowed) {
        Use use = uses.get(name);
        if (use == null) {
            use = new Use(opener.open(name, station, settings, downAllowed), settings);
            uses.put(name, use);
            loop.add(use.port);
            serving.open(use.port);
        }
        use.userCount++;
        return use.port;
    }

    /**
     * One user less; the last one closes it. What was said there in this very turn goes out before:
     * an export that stops has its last word just before it lets go.
     */
    void release(String name) {
        Use use = uses.get(name);
        if (use != null && --use.userCount == 0) {
            uses.remove(name);
            use.port.flush(loop.nowNs());
            serving.close(use.port);
            loop.remove(use.port);
            use.port.close();
        }
    }

    /** All that are open. */
    Collection<EthernetPort> all() {
        return uses.values().stream().map(use -> use.port).toList();
    }

    /** Whether these settings can hold for that port, if it is open; throws otherwise. */
    void check(String name, InterfaceSettings settings) {
        Use use = uses.get(name);
        if (use != null && use.port instanceof PacketPort port) {
            PortOpener.checkMtu(port, settings);
        }
    }

    /** Goes over to other settings of an open port; the same ones cost it no system call. */
    void apply(String name, InterfaceSettings settings) {
        Use use = uses.get(name);
        if (use == null || use.settings.equals(settings)) {
            return;
        }
        use.settings = settings;
        if (use.port instanceof PacketPort port) {
            port.limitMtu(settings.mtuMax());
            port.bufferBytes(settings.bufferBytes());
        } else if (use.port instanceof SocketPort port) {
            port.limitMtu(PortOpener.segmentMtu(settings));
        }
    }
}
