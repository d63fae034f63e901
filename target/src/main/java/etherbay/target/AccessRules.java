// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Who may see and use an export, by the settings of its node: a value to compare and to show, which
 * {@link Access} makes quick to ask. The mask list is another thing: it is edited over the wire.
 *
 * <p>The first list that names an address decides whether it gets in: {@code deny}, then {@code
 * accept}, then for all others the policy. Who is in has each {@link Right} whose list names it; a
 * right without a list is everybody's.
 *
 * @param deny never gets in
 * @param accept gets in unless denied
 * @param acceptsOthers the policy: whether those on neither list get in
 * @param rights the lists of those rights that not everybody has
 */
public record AccessRules(
        List<MacAddress> deny,
        List<MacAddress> accept,
        boolean acceptsOthers,
        Map<Right, List<MacAddress>> rights) {

    /** What an address may do once it is in. */
    public enum Right {
        /** May read, test and compare the config string, and gets beacons; else silence. */
        DISCOVER,

        /** May set the config string, edit masks, reserve, fence and set floors; else silence. */
        CONFIG,

        /** May send ATA commands; else ABRT. */
        READ,

        /** May send ATA commands that change data or settings; else ABRT. */
        WRITE
    }

    private static final AccessRules OPEN = new AccessRules(List.of(), List.of(), true, Map.of());

    public AccessRules {
        deny = sorted("deny", deny);
        accept = sorted("accept", accept);
        EnumMap<Right, List<MacAddress>> copy = new EnumMap<>(Right.class);
        rights.forEach((right, macs) -> copy.put(right, sorted(right.name(), macs)));
        rights = Map.copyOf(copy);
    }

    /** Everybody may do everything. */
    public static AccessRules open() {
        return OPEN;
    }

    /** The listed addresses may do everything, others nothing; an empty list is {@link #open}. */
    public static AccessRules accepting(List<MacAddress> macs) {
        return macs.isEmpty() ? OPEN : new AccessRules(List.of(), macs, false, Map.of());
    }

    /** In the order of the addresses, each once: so that equal rules are equal. */
    private static List<MacAddress> sorted(String what, List<MacAddress> macs) {
        List<MacAddress> distinct = List.copyOf(new TreeSet<>(macs));
        if (distinct.size() > Limits.ACL_MAC_COUNT_MAX) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    distinct.size() + " addresses in the list " + what + " are too many",
                    "a list holds at most " + Limits.ACL_MAC_COUNT_MAX,
                    "name fewer addresses, or let the policy stand for them");
        }
        return distinct;
    }
}
