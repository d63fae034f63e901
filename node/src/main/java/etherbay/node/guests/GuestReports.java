// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import etherbay.admin.NodeReport;
import etherbay.guest.keeper.GuestKeeper;
import etherbay.guest.keeper.GuestRecord;
import etherbay.guest.keeper.Phase;
import etherbay.guest.keeper.Wanted;
import etherbay.guest.machine.GuestNic;
import etherbay.guest.machine.GuestSpec;
import etherbay.guest.machine.Hypervisor.Condition;
import etherbay.node.TroubleReport;

import java.util.Locale;

/** Guests as a node reports them. Stateless. */
final class GuestReports {
    private GuestReports() {}

    static NodeReport.Guest of(GuestKeeper.Seen seen, String console) {
        GuestRecord record = seen.record();
        GuestSpec spec = record.spec();
        return new NodeReport.Guest(
                spec.name(),
                state(record, seen.condition()),
                record.phase() == Phase.HERE ? "" : record.place(),
                record.wanted().name().toLowerCase(Locale.ROOT),
                spec.machine(),
                spec.cpuCount(),
                spec.memoryMib(),
                spec.disk().mirror(),
                record.epoch(),
                spec.nics().stream().map(GuestNic::plug).toList(),
                console,
                seen.trouble().map(TroubleReport::of).orElse(null));
    }

    private static String state(GuestRecord record, Condition now) {
        return switch (record.phase()) {
            case HERE -> here(record.wanted(), now);
            case ARRIVING, OWNING -> "arriving";
            case GIVEN_UP -> "elsewhere";
            case LEAVING, HANDED, RECOVERING, ELSEWHERE ->
                record.phase().name().toLowerCase(Locale.ROOT);
        };
    }

    private static String here(Wanted wanted, Condition now) {
        return switch (now) {
            case ABSENT -> wanted == Wanted.STOPPED ? "stopped" : "starting";
            case RUNNING, LEAVING -> "running";
            case OFF -> "off";
            case BROKEN -> "broken";
            case PAUSED, INCOMING, LOADED, SWITCHING, SENT -> "paused";
        };
    }
}
