// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import etherbay.admin.Documents;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestRecord;
import etherbay.guest.keeper.Phase;
import etherbay.guest.keeper.Wanted;
import etherbay.guest.machine.GuestSpec;

import java.util.Arrays;

/**
 * A guest's record in JSON, on disk and between nodes.
 *
 * @param version of this form: {@value #VERSION}; one that is newer is not read
 */
public record GuestForm(
        int version,
        GuestSpec spec,
        long epoch,
        String phase,
        String wanted,
        String place,
        String move) {
    static final int VERSION = 1;

    static GuestForm of(GuestRecord record) {
        return new GuestForm(
                VERSION,
                record.spec(),
                record.epoch(),
                record.phase().name(),
                record.wanted().name(),
                record.place(),
                record.move());
    }

    /** @throws EtherbayException for what is none, or of a newer version */
    static GuestRecord read(String text, String name) {
        GuestForm form = Documents.read(text, name, GuestForm.class);
        if (form.version() != VERSION) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    name + " is of version " + form.version(),
                    "this program knows version " + VERSION,
                    "use the program that wrote it, or a newer one");
        }
        return form.record();
    }

    GuestRecord record() {
        return new GuestRecord(
                spec,
                epoch,
                word(Phase.values(), phase),
                word(Wanted.values(), wanted),
                place,
                move);
    }

    /** @throws EtherbayException INVALID for what is none of them */
    static <E extends Enum<E>> E word(E[] words, String word) {
        return Arrays.stream(words)
                .filter(one -> one.name().equals(word))
                .findFirst()
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.INVALID,
                        "`" + EtherbayException.shown(word) + "` is no word for how a guest is",
                        "known are: " + Arrays.toString(words),
                        "use the same version on all nodes"));
    }
}
