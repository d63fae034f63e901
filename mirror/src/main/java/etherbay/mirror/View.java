// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.mirror.Assembly.Extent;
import etherbay.mirror.Assembly.Recovering;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The array as one leg saw it last: which device numbers had a slot. A leg with a slot that is
 * being filled is listed like one in sync; only its own superblock tells. The table of roles knows
 * numbers, no identities, and md gives a number of {@code legCount} or more to a new disk when the
 * former one of that number is gone.
 */
record View(LegReading leg) {
    /**
     * BITMAP_STALE and BITMAP_WRITE_ERROR of md-bitmap.h are bits 1 and 2; bit 0 is set by nobody
     * and would mean nothing good.
     */
    private static final int STATE_UNTRUSTED = 0b111;

    static View of(LegReading leg) {
        return new View(leg);
    }

    Superblock superblock() {
        return leg.superblock();
    }

    boolean isOf(View other) {
        return superblock().arrayId().equals(other.superblock().arrayId());
    }

    /** Has a slot by its own word: in sync, or being filled. */
    boolean isMember() {
        return lists(superblock().deviceNumber());
    }

    /** Has a slot, and all data as of its last version. */
    boolean isWhole() {
        return isMember() && superblock().recoveryOffset() == Superblock.END;
    }

    /** Whether a device number had a slot. */
    boolean lists(int deviceNumber) {
        return role(deviceNumber) < superblock().legCount();
    }

    /** Whether this view puts that leg where it sees itself. */
    boolean lists(View other) {
        return lists(other.superblock().deviceNumber())
                && role(other.superblock().deviceNumber()) == other.superblock().role();
    }

    int role(int deviceNumber) {
        return deviceNumber < superblock().roles().size()
                ? superblock().roles().get(deviceNumber)
                : Superblock.SPARE;
    }

    /** Device numbers with a slot. */
    IntStream numbers() {
        return IntStream.range(0, superblock().roles().size()).filter(this::lists);
    }

    /**
     * Whether this leg has gone on without all of those, be its events few or many: it lists none
     * of them, and knows at least one as out. With one of them listed it has nothing that this one
     * lacks.
     */
    boolean wentOnWithout(List<View> others) {
        int own = superblock().deviceNumber();
        List<View> rest = others.stream()
                .filter(other -> other.superblock().deviceNumber() != own)
                .toList();
        return rest.stream().noneMatch(other -> lists(other.superblock().deviceNumber()))
                && rest.stream().anyMatch(this::shuts);
    }

    /**
     * Whether that leg is out by this view. An entry "faulty" becomes "spare" when md removes the
     * disk, and "spare" also stands for a number not given yet: it is unknown only when the number
     * is none of the first, and somebody else of this view may have taken it in.
     */
    boolean shuts(View other) {
        int number = other.superblock().deviceNumber();
        if (!isMember() || lists(number)) {
            return false;
        }
        boolean unknown = role(number) != Superblock.FAULTY
                && number >= superblock().legCount()
                && numbers().anyMatch(known -> known != superblock().deviceNumber());
        return !unknown;
    }

    /** How many versions this one is behind, unsigned; 0 when it is ahead. */
    long behind(View other) {
        long more = other.superblock().events() - superblock().events();
        return isAhead(other) ? 0 : more;
    }

    boolean isAhead(View other) {
        return Long.compareUnsigned(superblock().events(), other.superblock().events()) > 0;
    }

    /** Two versions that differ by one are a crash between the writes of one version. */
    boolean isBehindByMoreThanOne(View other) {
        return Long.compareUnsigned(behind(other), 1) > 0;
    }

    /** What a leg needs that has missed writes: the bitmap marks them, if it was never cleared. */
    Recovering recovery(Optional<IntentHeader> bitmap) {
        boolean filled = isWhole() || isFilledByBitmap();
        boolean marked = bitmap.isPresent()
                && Long.compareUnsigned(superblock().events(), bitmap.get().eventsCleared()) >= 0;
        return new Recovering(filled && marked ? Extent.BITMAP : Extent.FULL, 0);
    }

    /**
     * What a leg needs that was being filled when the array stopped, and has missed nothing since.
     *
     * @param clean whether the array was let go clean
     */
    Recovering resumption(Optional<IntentHeader> bitmap, boolean clean) {
        if (isFilledByBitmap()) {
            Recovering again = recovery(bitmap);
            long from = clean && again.extent() == Extent.BITMAP
                    ? leg.claim().map(ClaimRecord::recoveredSectors).orElse(0L)
                    : 0;
            return new Recovering(again.extent(), from);
        }
        boolean sameBelow = clean || bitmap.isPresent();
        return new Recovering(Extent.FULL, sameBelow ? superblock().recoveryOffset() : 0);
    }

    private boolean isFilledByBitmap() {
        return isMember() && (superblock().featureMap() & SuperblockFormat.RECOVERY_BITMAP) != 0;
    }

    /** Its bitmap, when all of its bits can be trusted for an array as that one sees it. */
    Optional<IntentHeader> bitmap(View freshest) {
        return leg.intent()
                .filter(intent -> superblock().bitmapOffset() != 0)
                .filter(intent -> intent.arrayId().equals(superblock().arrayId()))
                .filter(intent -> (intent.stateBits() & STATE_UNTRUSTED) == 0)
                .filter(intent ->
                        Long.compareUnsigned(intent.events(), superblock().events()) >= 0)
                .filter(intent -> Long.compareUnsigned(
                                intent.syncSectors(), freshest.superblock().sizeSectors())
                        >= 0);
    }

    /** Sectors of data that fit on the leg. */
    long roomSectors() {
        long device = Math.max(0, leg.sectors() - superblock().dataOffset());
        return Math.min(device, superblock().dataSectors());
    }
}
