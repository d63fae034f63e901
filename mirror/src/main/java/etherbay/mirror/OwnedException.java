// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

/**
 * A mirror that is not assembled because another node owns it. Who holds mirrors for a long time
 * tells it from what passes by itself: it is for a person to decide.
 */
public final class OwnedException extends EtherbayException {
    OwnedException(String message, String cause, String correction) {
        super(ErrorCode.CONFLICT, message, cause, correction);
    }
}
