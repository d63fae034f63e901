// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.Check;
import etherbay.base.EtherbayException;

import java.util.function.LongSupplier;

/**
 * The UUID of a physical volume, a group or a logical volume: 32 letters and digits. On a label
 * they stand as they are; in text and for people in groups of 6-4-4-4-4-4-6.
 */
public record LvmId(String letters) {
    static final int LETTER_COUNT = 32;

    private static final int[] GROUPS = {6, 4, 4, 4, 4, 4, 6};
    private static final String ALPHABET =
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    public LvmId {
        Check.that(isOne(letters), "an id of LVM2 has 32 letters and digits");
    }

    /** Whether these are 32 letters and digits; lvm2 takes '!' and '#' in old ones too. */
    static boolean isOne(String letters) {
        boolean one = letters.length() == LETTER_COUNT;
        for (int index = 0; one && index < LETTER_COUNT; index++) {
            char letter = letters.charAt(index);
            one = (letter >= '0' && letter <= '9')
                    || (letter >= 'a' && letter <= 'z')
                    || (letter >= 'A' && letter <= 'Z')
                    || letter == '!'
                    || letter == '#';
        }
        return one;
    }

    /**
     * Takes it with dashes or without.
     *
     * @throws EtherbayException INVALID for what is none
     */
    static LvmId of(String text, LvmText.Place place) {
        String letters = text.replace("-", "");
        if (!isOne(letters)) {
            throw place.wrong("`" + text + "` is no UUID of LVM2");
        }
        return new LvmId(letters);
    }

    /** A new one. */
    static LvmId random(LongSupplier random) {
        StringBuilder letters = new StringBuilder(LETTER_COUNT);
        for (int index = 0; index < LETTER_COUNT; index++) {
            letters.append(ALPHABET.charAt(
                    (int) Long.remainderUnsigned(random.getAsLong(), ALPHABET.length())));
        }
        return new LvmId(letters.toString());
    }

    /** With dashes. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(LETTER_COUNT + GROUPS.length);
        int at = 0;
        for (int group : GROUPS) {
            text.append(at == 0 ? "" : "-").append(letters, at, at + group);
            at += group;
        }
        return text.toString();
    }
}
