// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.aoe.AoeHeader;
import etherbay.base.Check;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a disk is on its segment, written {@code e1.0}. Either part may be wild: then it means
 * every disk that has the other one.
 *
 * @param shelf 0..65535; {@link AoeHeader#SHELF_BROADCAST} is every shelf
 * @param slot 0..255; {@link AoeHeader#SLOT_BROADCAST} is every slot
 */
public record DiskAddress(int shelf, int slot) {
    /** Every disk there is. */
    public static final DiskAddress ALL =
            new DiskAddress(AoeHeader.SHELF_BROADCAST, AoeHeader.SLOT_BROADCAST);

    /** By shelf, then by slot. */
    public static final Comparator<DiskAddress> BY_NUMBER =
            Comparator.comparingInt(DiskAddress::shelf).thenComparingInt(DiskAddress::slot);

    private static final String ANY = "*";
    private static final Pattern WILD = Pattern.compile("e(\\d{1,5}|\\*)\\.(\\d{1,3}|\\*)");
    private static final Pattern TEXT = Pattern.compile("e(\\d{1,5})\\.(\\d{1,3})");

    public DiskAddress {
        Check.that(shelf >= 0 && shelf <= AoeHeader.SHELF_BROADCAST, "a shelf has 16 bits");
        Check.that(slot >= 0 && slot <= AoeHeader.SLOT_BROADCAST, "a slot has 8 bits");
    }

    /**
     * Reads the address of one disk.
     *
     * @throws EtherbayException INVALID for anything else, wild addresses too
     */
    public static DiskAddress parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw invalid(text, "it is not like e1.0");
        }
        int shelf = Integer.parseInt(parts.group(1));
        int slot = Integer.parseInt(parts.group(2));
        if (shelf >= AoeHeader.SHELF_BROADCAST || slot >= AoeHeader.SLOT_BROADCAST) {
            throw invalid(text, "shelves go from 0 to 65534, slots from 0 to 254");
        }
        return new DiskAddress(shelf, slot);
    }

    /**
     * Reads the address of one disk, or of many: {@code e*.0}, {@code e1.*}, {@code e*.*}.
     *
     * @throws EtherbayException INVALID for anything else
     */
    public static DiskAddress parseWild(String text) {
        Matcher parts = WILD.matcher(text);
        if (!parts.matches()) {
            throw invalid(text, "it is not like e1.0, nor like e1.*, e*.0 or e*.*");
        }
        boolean anyShelf = parts.group(1).equals(ANY);
        boolean anySlot = parts.group(2).equals(ANY);
        DiskAddress known = parse(
                "e" + (anyShelf ? "0" : parts.group(1)) + "." + (anySlot ? "0" : parts.group(2)));
        return new DiskAddress(
                anyShelf ? AoeHeader.SHELF_BROADCAST : known.shelf(),
                anySlot ? AoeHeader.SLOT_BROADCAST : known.slot());
    }

    /** Whether it may be the address of many disks. */
    public boolean isWild() {
        return shelf == AoeHeader.SHELF_BROADCAST || slot == AoeHeader.SLOT_BROADCAST;
    }

    private static EtherbayException invalid(String text, String why) {
        return new EtherbayException(
                ErrorCode.INVALID,
                "`" + EtherbayException.shown(text) + "` is not the address of a disk",
                why,
                "write shelf and slot as in e1.0");
    }

    @Override
    public String toString() {
        return "e" + (shelf == AoeHeader.SHELF_BROADCAST ? "*" : shelf) + "."
                + (slot == AoeHeader.SLOT_BROADCAST ? "*" : slot);
    }
}
