// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestDisks.Leg;
import etherbay.guest.keeper.GuestPeers.Readiness;
import etherbay.guest.machine.GuestSpec;
import etherbay.guest.machine.Need;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What is looked at on both nodes before a guest is moved; nothing is changed. Stateless. */
final class Preflight {
    /** Processors that are the node's own, whatever that has. */
    private static final Set<String> OWN = Set.of("host", "max");

    private Preflight() {}

    /** What a node says of itself for a guest that may come. */
    static Readiness readiness(KeeperParts parts, GuestSpec spec) {
        return new Readiness(
                parts.hypervisor().abilities().cpuName(),
                parts.hypervisor().needs(spec),
                parts.disks().legs(spec.disk()));
    }

    /** @throws EtherbayException as the other node's answer does */
    static List<MoveCheck> of(KeptGuest guest, String node) {
        GuestSpec spec = guest.record().spec();
        Readiness there = asked(guest, node);
        List<MoveCheck> checks = new ArrayList<>();
        for (Need need : there.needs()) {
            checks.add(new MoveCheck(need.what(), need.wanted(), need.here(), need.correction()));
        }
        if (OWN.contains(spec.cpu().split(",", 2)[0])) {
            checks.add(
                    sameProcessor(guest.parts.hypervisor().abilities().cpuName(), there.cpuName()));
        }
        for (Leg leg : guest.parts.disks().legs(spec.disk())) {
            Optional<Leg> same = there.legs().stream()
                    .filter(other -> other.name().equals(leg.name()))
                    .findFirst();
            checks.add(leg(leg, same.orElse(new Leg(leg.name(), "not looked for", false))));
        }
        return List.copyOf(checks);
    }

    private static Readiness asked(KeptGuest guest, String node) {
        try {
            return guest.parts.peers().check(node, guest.record().spec());
        } catch (EtherbayException failure) {
            throw guest.notMoved(node, failure);
        }
    }

    private static MoveCheck sameProcessor(String here, String there) {
        String correction = here.equals(there)
                ? ""
                : "give a guest that moves between these nodes a model that both have: guest create"
                        + " --cpu MODEL";
        return new MoveCheck("same processor", here, there, correction);
    }

    private static MoveCheck leg(Leg here, Leg there) {
        String correction = "";
        if (!here.isWell()) {
            correction = "wait until it is in sync: a fault during the move might find no good copy"
                    + " in reach";
        } else if (!there.isWell()) {
            correction = "see that the other node reaches it: etherbay discover there";
        }
        return new MoveCheck("leg " + here.name(), here.standing(), there.standing(), correction);
    }
}
