// SPDX-License-Identifier: Apache-2.0
package etherbay.node.held;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The decisions about what is held by the names of their keys, and where two of them differ. */
final class HeldText {
    private static final double NS_PER_S = 1e9;

    private HeldText() {}

    /** One line for each difference, as a person reads it. */
    static List<String> difference(List<HeldSpec> before, List<HeldSpec> after) {
        Map<String, HeldSpec> former = new TreeMap<>();
        before.forEach(spec -> former.put(spec.key(), spec));
        List<String> added = new ArrayList<>();
        List<String> changed = new ArrayList<>();
        for (HeldSpec spec : after) {
            HeldSpec known = former.remove(spec.key());
            if (known == null) {
                added.add("+ %s: %s".formatted(spec.key(), described(spec)));
            } else if (!known.equals(spec)) {
                changed.add("~ %s: %s (opened anew)".formatted(spec.key(), differs(known, spec)));
            }
        }
        List<String> lines = new ArrayList<>();
        former.keySet().forEach(key -> lines.add("- %s: no longer".formatted(key)));
        lines.addAll(changed);
        lines.addAll(added);
        return lines;
    }

    private static String described(HeldSpec spec) {
        List<String> words = new ArrayList<>();
        Map<String, String> values = values(spec);
        for (String key : List.of("interfaces", "legs", "nbd")) {
            String value = values.getOrDefault(key, "");
            if (!value.isEmpty()) {
                words.add(key.equals("interfaces") ? "by " + value : key + " " + value);
            }
        }
        return words.isEmpty() ? "used here" : String.join(", ", words);
    }

    private static String differs(HeldSpec known, HeldSpec spec) {
        Map<String, String> before = values(known);
        List<String> words = new ArrayList<>();
        values(spec).forEach((key, now) -> {
            String then = before.getOrDefault(key, "");
            if (!then.equals(now)) {
                words.add("%s %s -> %s".formatted(key, shown(then), shown(now)));
            }
        });
        return String.join("; ", words);
    }

    private static String shown(String value) {
        return value.isEmpty() ? "none" : value;
    }

    private static Map<String, String> values(HeldSpec spec) {
        Map<String, String> values = new LinkedHashMap<>();
        switch (spec) {
            case HeldSpec.Disk disk -> {
                values.put("interfaces", String.join(", ", disk.interfaces()));
                values.put("fail-after", disk.failAfterNs() / NS_PER_S + " s");
            }
            case HeldSpec.Mirror mirror -> {
                values.put("legs", String.join(", ", mirror.legs()));
                values.put("interfaces", String.join(", ", mirror.interfaces()));
                values.put("leg-timeout", mirror.legTimeoutNs() / NS_PER_S + " s");
                values.put("slow-timeout", mirror.slowTimeoutNs() / NS_PER_S + " s");
                values.put("sync-rate", mirror.syncMib() + " MiB/s");
            }
            case HeldSpec.Volume volume ->
                values.put("direct-io", volume.directIo().map(Object::toString).orElse(""));
        }
        values.put("nbd", spec.front().map(front -> front.address().toString()).orElse(""));
        values.put("nbd-name", spec.front().map(HeldSpec.Front::name).orElse(""));
        values.put("tls", spec.front().map(front -> front.tls().name()).orElse(""));
        values.put(
                "tls-dir",
                spec.front()
                        .flatMap(HeldSpec.Front::tlsFolder)
                        .map(Object::toString)
                        .orElse(""));
        values.put("read-only", spec.readOnly() ? "on" : "off");
        return values;
    }
}
