// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.regex.Pattern;

/** Which names LVM2 takes: lvm(8), "VALID NAMES". */
final class Names {
    /** Of a name in its on-disk format: NAME_LEN less the zero. */
    private static final int LETTER_COUNT_MAX = 127;

    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9+_.][a-zA-Z0-9+_.-]*");
    private static final Pattern TAG = Pattern.compile("[a-zA-Z0-9+_.\\-/=!:#&]{1,1023}");

    /** Names of what LVM2 keeps within volumes. */
    private static final Pattern RESERVED = Pattern.compile("(snapshot|pvmove).*"
            + "|.*_(cdata|cmeta|corig|cpool|cvol|iorig|imeta|mimage|mlog|pmspare|rimage|rmeta"
            + "|tdata|tmeta|vdata|vorigin|wcorig).*");

    private static final String VOLUME = "it has letters, digits and any of + _ . -, does not"
            + " begin with a dash, and has at most 125 letters together with its group's";

    private Names() {}

    static boolean isGroup(String name) {
        return NAME.matcher(name).matches()
                && name.length() <= LETTER_COUNT_MAX
                && !name.equals(".")
                && !name.equals("..");
    }

    /** @throws EtherbayException INVALID */
    static void checkGroup(String name) {
        if (!isGroup(name)) {
            throw invalid(
                    "volume group",
                    name,
                    "it has 1 to 127 letters, digits and any of"
                            + " + _ . -, and does not begin with a dash");
        }
    }

    /** @throws EtherbayException INVALID */
    static void checkVolume(String group, String name) {
        if (!isGroup(name)) {
            throw invalid("volume", name, VOLUME);
        }
        checkTogether(group, name);
        if (RESERVED.matcher(name).matches()) {
            throw invalid("volume", name, "LVM2 keeps such names for parts of its own volumes");
        }
    }

    /**
     * That both names fit into that of a device.
     *
     * @throws EtherbayException INVALID
     */
    static void checkTogether(String group, String volume) {
        if (group.length() + volume.length() > LETTER_COUNT_MAX - 2) {
            throw invalid("volume", volume, VOLUME);
        }
    }

    /** @throws EtherbayException INVALID */
    static void checkTag(String tag) {
        if (!TAG.matcher(tag).matches() || tag.startsWith("-")) {
            throw invalid("tag", tag, "it has letters, digits and any of _ + . - / = ! : # &");
        }
    }

    private static EtherbayException invalid(String what, String name, String why) {
        return new EtherbayException(
                ErrorCode.INVALID,
                "`" + EtherbayException.shown(name) + "` is no name of a " + what,
                why,
                "choose another one");
    }
}
