// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.base.MacAddress;
import etherbay.base.Nearest;
import etherbay.node.settings.TableReader.Entry;
import etherbay.target.Limits;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The named lists of {@code [acl]}, and what an entry of any list stands for: an address, then the
 * name of a list, then a name of {@code /etc/ethers}. Each list is resolved once, whoever uses it.
 */
final class AclBook {
    /** Lists of a file: a school's rooms. Bounds how deep they can lie in each other, too. */
    static final int LIST_COUNT_MAX = 512;

    private static final String EXAMPLE = "02:00:00:00:00:01";

    private final Map<String, List<Entry>> lists = new LinkedHashMap<>();
    private final Map<String, SortedSet<MacAddress>> resolved = new HashMap<>();
    private final LinkedHashSet<String> underWay = new LinkedHashSet<>();
    private final Ethers ethers;
    private final Problems problems;

    AclBook(Optional<TableReader> table, Ethers ethers, Problems problems) {
        this.ethers = ethers;
        this.problems = problems;
        table.ifPresent(this::readLists);
        lists.keySet().forEach(this::listed);
    }

    private void readLists(TableReader table) {
        for (String name : table.keys()) {
            if (lists.size() == LIST_COUNT_MAX) {
                table.problem(
                        name,
                        "[acl] has more lists than " + LIST_COUNT_MAX,
                        "that is the most of one file",
                        "put the addresses of several lists into one");
                return;
            }
            if (name.isBlank() || MacAddress.parse(name).isPresent()) {
                table.problem(
                        name,
                        Value.quoted(name) + " is no name for a list",
                        name.isBlank()
                                ? "nobody could use it"
                                : "where it is used it would be an address",
                        "call it after the machines in it, as hosts");
            }
            lists.put(name, table.texts(name, EXAMPLE).orElse(List.of()));
        }
    }

    /** The addresses of a key that is a list of entries, each once. */
    Optional<List<MacAddress>> addresses(TableReader table, String key) {
        return table.texts(key, EXAMPLE).map(entries -> {
            SortedSet<MacAddress> macs = new TreeSet<>();
            entries.forEach(entry -> macs.addAll(resolve(entry)));
            if (macs.size() > Limits.ACL_MAC_COUNT_MAX) {
                table.problem(
                        key,
                        key + " stands for " + macs.size() + " addresses",
                        "a list holds at most " + Limits.ACL_MAC_COUNT_MAX,
                        "name fewer, or let policy stand for them");
                return List.of();
            }
            return List.copyOf(macs);
        });
    }

    private SortedSet<MacAddress> listed(String name) {
        SortedSet<MacAddress> known = resolved.get(name);
        if (known != null) {
            return known;
        }
        underWay.add(name);
        SortedSet<MacAddress> macs = new TreeSet<>();
        lists.getOrDefault(name, List.of()).forEach(entry -> macs.addAll(resolve(entry)));
        underWay.remove(name);
        resolved.put(name, macs);
        return macs;
    }

    private SortedSet<MacAddress> resolve(Entry entry) {
        Optional<MacAddress> mac = MacAddress.parse(entry.text());
        if (mac.isPresent()) {
            return station(entry, mac.get(), "");
        }
        if (underWay.contains(entry.text())) {
            refuseCycle(entry);
            return new TreeSet<>();
        }
        if (lists.containsKey(entry.text())) {
            return listed(entry.text());
        }
        MacAddress named = ethers.macs().get(entry.text());
        if (named != null) {
            return station(entry, named, " (" + named + " in " + ethers.file() + ")");
        }
        refuseUnknown(entry);
        return new TreeSet<>();
    }

    private SortedSet<MacAddress> station(Entry entry, MacAddress mac, String origin) {
        if (!mac.isGroup()) {
            return new TreeSet<>(List.of(mac));
        }
        problems.add(
                entry.at(),
                Value.quoted(entry.text()) + origin + " is a group address",
                "it is nobody's own, so no frame comes from it",
                "write the address of the initiator's interface, as `ip link` shows it there");
        return new TreeSet<>();
    }

    private void refuseCycle(Entry entry) {
        List<String> path = new ArrayList<>(underWay);
        List<String> cycle = new ArrayList<>(path.subList(path.indexOf(entry.text()), path.size()));
        cycle.add(entry.text());
        problems.add(
                entry.at(),
                "the list " + entry.text() + " contains itself",
                "by way of " + String.join(" -> ", cycle),
                "take one of these names out of its list");
    }

    private void refuseUnknown(Entry entry) {
        if (entry.text().indexOf(':') >= 0) {
            problems.add(
                    entry.at(),
                    Value.quoted(entry.text()) + " is no MAC address",
                    "one has six hexadecimal octets",
                    "write it as " + Value.quoted(EXAMPLE));
            return;
        }
        List<String> known = new ArrayList<>(lists.keySet());
        known.addAll(ethers.macs().keySet());
        problems.add(
                entry.at(),
                Value.quoted(entry.text()) + " is not known",
                "it is no MAC address and no list of [acl], and "
                        + (ethers.failure().isEmpty()
                                ? ethers.file() + " does not name it"
                                : ethers.failure()),
                Nearest.to(entry.text(), known)
                        .map(nearest -> "did you mean " + Value.quoted(nearest) + "?")
                        .orElse("add the list to [acl], or the name to " + ethers.file()));
    }
}
