// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.InterfacePattern;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Which interfaces the patterns of the settings mean, given those that the machine has. A value.
 *
 * @param settings in the order of the file; the first whose pattern fits an interface holds for it,
 *     and one that is its very name comes before globs
 * @param present the Ethernet interfaces of this machine now
 */
record InterfaceChoice(List<InterfaceSettings> settings, Set<String> present) {

    InterfaceChoice {
        settings = List.copyOf(settings);
        present = Set.copyOf(present);
    }

    /** Whether any of them can mean interfaces that come later. */
    static boolean hasGlob(List<ExportSpec> specs) {
        return specs.stream()
                .flatMap(spec -> spec.interfaces().stream())
                .anyMatch(text -> InterfacePattern.parse(text).isGlob());
    }

    /** Names of the interfaces of an export: what is named, there or not, and what globs fit. */
    Set<String> namesOf(ExportSpec spec) {
        Set<String> names = new LinkedHashSet<>();
        for (String text : spec.interfaces()) {
            InterfacePattern pattern = InterfacePattern.parse(text);
            if (pattern.isGlob()) {
                present.stream().filter(pattern::matches).sorted().forEach(names::add);
            } else {
                names.add(text);
            }
        }
        return names;
    }

    /** Whether an export waits for an interface that is down: where only a glob means it. */
    boolean downAllowed(ExportSpec spec, String name) {
        return !spec.interfaces().contains(name);
    }

    /** What holds for an interface. */
    InterfaceSettings settingsOf(String name) {
        for (InterfaceSettings candidate : settings) {
            if (candidate.pattern().equals(name)) {
                return candidate;
            }
        }
        for (InterfaceSettings candidate : settings) {
            if (InterfacePattern.parse(candidate.pattern()).matches(name)) {
                return candidate;
            }
        }
        return InterfaceSettings.of(name);
    }
}
