// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What was applied to a node, as its file has it: settings under a first line with a version and a
 * generation. A value.
 *
 * <pre>
 * # etherbay applied 1 generation 17
 * </pre>
 *
 * @param generation grows by one with each change; 0 before the first
 * @param text settings
 */
record Applied(long generation, String text) {
    /** Of what is written here. What is one version older is read. */
    static final int VERSION = 1;

    static final Applied NOTHING = new Applied(0, "");

    private static final Pattern FIRST_LINE =
            Pattern.compile("# etherbay applied ([0-9]{1,6}) generation ([0-9]{1,18})");

    /** As a file has it. */
    String encode() {
        return "# etherbay applied %d generation %d%n%s".formatted(VERSION, generation, text);
    }

    /**
     * Reads a file.
     *
     * @param name of the file
     * @param version that this program writes
     * @throws EtherbayException INVALID for a file of another version, or that is none of ours
     */
    static Applied decode(String file, String name, int version) {
        int end = file.indexOf('\n');
        Matcher first = FIRST_LINE.matcher(end < 0 ? file : file.substring(0, end));
        if (!first.matches()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    name + " cannot be used",
                    "its first line does not say which version it has: it is damaged, or was"
                            + " written by another program",
                    "restore it from a copy; or move it away, and apply the settings again:"
                            + " etherbay apply -f FILE");
        }
        int written = Integer.parseInt(first.group(1));
        if (written > version) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    name + " has version " + written + ", and this etherbay reads up to " + version,
                    "a newer etherbay has written it",
                    "run that one again; or there `etherbay export-config > FILE`, move " + name
                            + " away, start this one, and `etherbay apply -f FILE`");
        }
        if (written < version - 1) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    name + " has version " + written + ", and this etherbay reads " + (version - 1)
                            + " and " + version,
                    "an etherbay that is more than one version older has written it",
                    "start each version between the two once; or move it away and apply the"
                            + " settings again: etherbay apply -f FILE");
        }
        return new Applied(Long.parseLong(first.group(2)), file.substring(end + 1));
    }
}
