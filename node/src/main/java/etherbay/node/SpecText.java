// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.MacAddress;
import etherbay.target.AccessRules;
import etherbay.target.AccessRules.Right;
import etherbay.target.ExportSettings;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The decisions about an export by the names of their keys, to show where two of them differ. */
final class SpecText {
    private static final int MAC_COUNT_MAX = 4;
    private static final long NS_PER_MS = 1_000_000;

    private SpecText() {}

    static Map<String, String> values(ExportSpec spec) {
        ExportSettings settings = spec.settings();
        AccessRules access = settings.access();
        Map<String, String> values = new LinkedHashMap<>();
        values.put("backing", spec.backing().toString());
        values.put("offset", Long.toString(spec.offsetSectors()));
        values.put("length", spec.lengthSectors() == 0 ? "all" : "" + spec.lengthSectors());
        values.put("direct-io", spec.directIo().map(SpecText::onOff).orElse("as the backing asks"));
        values.put("interfaces", String.join(", ", spec.interfaces()));
        values.put("queue-length", Integer.toString(settings.queueLength()));
        values.put(
                "sectors",
                settings.sectorsMax() == 0 ? "as the MTU carries" : "" + settings.sectorsMax());
        values.put("write-cache", onOff(settings.writeCache()));
        values.put("read-only", onOff(settings.readOnly()));
        values.put("broadcast", onOff(settings.broadcast()));
        values.put("trace-io", onOff(settings.traceIo()));
        values.put("trace-file", spec.traceFile().map(Object::toString).orElse("none"));
        values.put("max-frame-age", settings.frameAgeNsMax() / NS_PER_MS + " ms");
        values.put("deny", listed(access.deny()));
        values.put("accept", listed(access.accept()));
        values.put("policy", access.acceptsOthers() ? "accept" : "reject");
        for (Right right : Right.values()) {
            List<MacAddress> macs = access.rights().get(right);
            values.put(
                    "rights." + right.name().toLowerCase(Locale.ROOT),
                    macs == null ? "everybody" : listed(macs));
        }
        return values;
    }

    private static String onOff(boolean on) {
        return on ? "on" : "off";
    }

    private static String listed(List<MacAddress> macs) {
        String first = macs.stream()
                .limit(MAC_COUNT_MAX)
                .map(MacAddress::toString)
                .collect(Collectors.joining(" "));
        if (macs.isEmpty()) {
            return "nobody";
        }
        return macs.size() <= MAC_COUNT_MAX
                ? first
                : first + " and " + (macs.size() - MAC_COUNT_MAX) + " more";
    }
}
