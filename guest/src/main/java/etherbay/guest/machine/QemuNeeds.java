// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.machine.Hypervisor.Abilities;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a guest needs of this machine besides its disk, and what is there now. Used once. */
final class QemuNeeds {
    private static final String BRIDGE = "bridge:";
    private static final String SEGMENT = "unix:";

    private final GuestSpec spec;
    private final Abilities abilities;
    private final List<Need> needs = new ArrayList<>();

    private QemuNeeds(GuestSpec spec, Abilities abilities) {
        this.spec = spec;
        this.abilities = abilities;
    }

    static List<Need> of(GuestSpec spec, Abilities abilities) {
        QemuNeeds looking = new QemuNeeds(spec, abilities);
        looking.machine();
        looking.processor();
        looking.memory();
        spec.nics().stream().map(GuestNic::plug).distinct().forEach(looking::plug);
        GuestBoot boot = spec.boot();
        List.of(boot.kernel(), boot.initrd(), boot.seed()).forEach(looking::file);
        return List.copyOf(looking.needs);
    }

    /** @throws EtherbayException INVALID for the first that is not met */
    static void require(GuestSpec spec, Abilities abilities) {
        for (Need need : of(spec, abilities)) {
            if (!need.isMet()) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        "the guest " + spec.name() + " cannot run here",
                        need.here() + "; it needs " + need.what() + " " + need.wanted(),
                        need.correction());
            }
        }
    }

    private void add(boolean met, String what, String wanted, String here, String correction) {
        needs.add(new Need(what, wanted, here, met ? "" : correction));
    }

    private void machine() {
        boolean met = abilities.machines().contains(spec.machine());
        String version = abilities.kind() + " " + abilities.version();
        add(
                met,
                "machine",
                spec.machine(),
                met ? version + " has it" : version + " has no machine " + spec.machine(),
                "use a newer one here, or a guest that was made on this node; its newest is "
                        + abilities.machine());
    }

    private void processor() {
        String model = spec.cpu().split(",", 2)[0];
        boolean met = abilities.cpus().contains(model);
        add(
                met,
                "processor",
                spec.cpu(),
                met
                        ? abilities.cpuName()
                        : "no processor " + model + " with " + abilities.accelerator(),
                "there are: " + String.join(", ", abilities.cpus()));
    }

    private void memory() {
        add(
                spec.memoryMib() <= abilities.memoryFreeMib(),
                "memory",
                spec.memoryMib() + " MiB",
                abilities.memoryFreeMib() + " MiB are free",
                "end another guest here, or give it less");
    }

    private void plug(String plug) {
        if (plug.startsWith(BRIDGE)) {
            bridge(plug);
        } else if (plug.startsWith(SEGMENT)) {
            segment(plug);
        }
    }

    private void bridge(String plug) {
        try {
            int mtu = BridgeTap.mtu(plug.substring(BRIDGE.length()));
            needs.add(Need.met("network", plug, "MTU " + mtu));
        } catch (EtherbayException none) {
            add(false, "network", plug, none.getMessage() + ": " + none.why(), none.correction());
        }
    }

    /** QEMU 7.2 starts without a segment that is not there, and never looks for it again. */
    private void segment(String plug) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(plug.substring(SEGMENT.length())));
            needs.add(Need.met("segment", plug, "it is served"));
        } catch (IOException failure) {
            add(
                    false,
                    "segment",
                    plug,
                    "nobody serves it: " + failure.getMessage(),
                    "etherbay segment run " + plug + "; or give it another --net");
        }
    }

    private void file(String file) {
        if (!file.isEmpty()) {
            boolean met = Files.isReadable(Path.of(file));
            add(
                    met,
                    "file",
                    file,
                    met ? "it is there" : "there is no such file, or it may not be read",
                    "copy it to the same path on every node");
        }
    }
}
