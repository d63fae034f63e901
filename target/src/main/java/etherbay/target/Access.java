// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.MacAddress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * {@link AccessRules} made ready to be asked once per frame: one binary search, no allocation.
 * Owned by the export's loop.
 *
 * <p>Without {@link #DISCOVER} or {@link #CONFIG} the answer is silence, without {@link #READ} or
 * {@link #WRITE} it is ABRT. Whoever is not {@link #ADMITTED} does not get any answer.
 */
final class Access {
    static final int DISCOVER = 1;
    static final int CONFIG = 2;
    static final int READ = 4;
    static final int WRITE = 8;

    /** Deny, accept and policy let it in; rights mean nothing without. */
    static final int ADMITTED = 16;

    private final long[] named;
    private final byte[] namedRights;
    private final int othersRights;

    Access(AccessRules rules) {
        TreeMap<Long, Integer> rights = new TreeMap<>();
        int everybodys = ADMITTED | everybodysRights(rules.rights());
        rules.rights().values().forEach(macs -> macs.forEach(mac -> rights.put(mac.bits(), 0)));
        rules.accept().forEach(mac -> rights.put(mac.bits(), 0));
        Set<MacAddress> accepted = Set.copyOf(rules.accept());
        rights.replaceAll((bits, _) ->
                rules.acceptsOthers() || accepted.contains(new MacAddress(bits)) ? everybodys : 0);
        rules.rights()
                .forEach((right, macs) -> macs.forEach(mac -> rights.computeIfPresent(
                        mac.bits(), (_, has) -> has == 0 ? 0 : has | bit(right))));
        rules.deny().forEach(mac -> rights.put(mac.bits(), 0));
        othersRights = rules.acceptsOthers() ? everybodys : 0;
        named = rights.keySet().stream().mapToLong(Long::longValue).toArray();
        namedRights = new byte[named.length];
        for (int i = 0; i < named.length; i++) {
            namedRights[i] = rights.get(named[i]).byteValue();
        }
    }

    private static int everybodysRights(Map<AccessRules.Right, List<MacAddress>> restricted) {
        int bits = 0;
        for (AccessRules.Right right : AccessRules.Right.values()) {
            bits |= restricted.containsKey(right) ? 0 : bit(right);
        }
        return bits;
    }

    private static int bit(AccessRules.Right right) {
        return switch (right) {
            case DISCOVER -> DISCOVER;
            case CONFIG -> CONFIG;
            case READ -> READ;
            case WRITE -> WRITE;
        };
    }

    /** The rights of a source address, as a set of bits; 0 for one that is not let in. */
    int rights(long mac) {
        int index = Arrays.binarySearch(named, mac);
        return index >= 0 ? namedRights[index] : othersRights;
    }

    /** Whether addresses that no list names hear of the export. */
    boolean discoveredByOthers() {
        return (othersRights & DISCOVER) != 0;
    }

    /** The addresses named by some list that may discover the export. */
    List<MacAddress> discoverers() {
        List<MacAddress> macs = new ArrayList<>();
        for (int i = 0; i < named.length; i++) {
            if ((namedRights[i] & DISCOVER) != 0) {
                macs.add(new MacAddress(named[i]));
            }
        }
        return macs;
    }
}
