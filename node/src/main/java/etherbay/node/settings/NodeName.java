// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.regex.Pattern;

/** What a node may be called. */
public final class NodeName {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

    private NodeName() {}

    static boolean isOne(String text) {
        return NAME.matcher(text).matches() && !text.contains("..");
    }

    /** The same text; INVALID when it is no name of a node. */
    public static String checked(String text) {
        if (!isOne(text)) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "a node cannot be called " + Value.quoted(text),
                    "a name has letters, digits and . _ -, at most 63, and begins with a letter or"
                            + " digit",
                    "write such as node1");
        }
        return text;
    }
}
