// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import etherbay.base.EtherbayException;
import etherbay.node.BackingName;
import etherbay.volume.Medium;

/** Opens the AoE disks that physical volumes lie on for control code, which closes them. */
@FunctionalInterface
public interface AoeMedia {
    /** Each by itself, with a loop and ports of its own: for a verb. */
    AoeMedia ALONE = AoeMedium::open;

    /**
     * The disk of that name.
     *
     * @throws EtherbayException when it does not answer, or is used by another process of this
     *     machine
     */
    Medium open(BackingName.AtAoe name, boolean writable);
}
