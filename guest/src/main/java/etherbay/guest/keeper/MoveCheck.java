// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Something that must hold before a guest is moved, as a row of a table.
 *
 * @param what {@code memory}, {@code leg e0.0}
 * @param here what the guest needs, or how that is on its node
 * @param there how it is on the other node
 * @param correction what a person does where that does not go together; empty where it does
 */
public record MoveCheck(String what, String here, String there, String correction) {
    public boolean isRight() {
        return correction.isEmpty();
    }

    /** @throws EtherbayException CONFLICT with all that is not right */
    public static void requireAll(String guest, String node, List<MoveCheck> checks) {
        List<MoveCheck> wrong =
                checks.stream().filter(check -> !check.isRight()).toList();
        if (!wrong.isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "guest " + guest + " is not moved to " + node,
                    wrong.stream()
                            .map(check ->
                                    check.what + ": " + check.here + "; there: " + check.there)
                            .collect(Collectors.joining(", and ")),
                    wrong.getFirst().correction);
        }
    }
}
