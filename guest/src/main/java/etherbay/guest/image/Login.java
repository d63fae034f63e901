// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.image;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

/**
 * Who may log in to a new system: root of a Debian, the user that a cloud image has made up for it.
 *
 * @param sshKey a line of {@code authorized_keys}; empty for none
 * @param password empty for none
 */
public record Login(String sshKey, String password) {
    public static final Login NOBODY = new Login("", "");

    /** @throws EtherbayException INVALID for what is no single line */
    public Login {
        if ((sshKey + password).chars().anyMatch(Character::isISOControl)) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "a key and a password are one line each",
                    "there is a line break or another control character in it",
                    "give the content of one .pub file");
        }
    }
}
