// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.base.Frame;

import org.jspecify.annotations.Nullable;

/**
 * Sets the config string: AoE command 1, subcommands 3 (only an empty one, or to what it is
 * already) and 4 (always). Refused: error 4 with the present string. Not stored: error 3.
 */
final class ConfigRequest extends WireRequest {
    private final ConfigAnswer config;
    private final int command;
    private final byte[] string;
    private boolean present;

    /** {@code frame} is the request itself, or a copy of it when a wild-card asked. */
    ConfigRequest(Frame frame, Replies replies, ConfigAnswer config) {
        super(frame, replies);
        this.config = config;
        command = ConfigHeader.command(frame.memory(), frame.at());
        string = ConfigHeader.string(frame.memory(), frame.at());
    }

    @Override
    public @Nullable ExportState wanted(ExportState inForce) {
        ExportState wanted = inForce.withConfig(string);
        present = command == ConfigHeader.SET
                && !inForce.config().isEmpty()
                && !inForce.config().equals(wanted.config());
        return present ? null : wanted;
    }

    @Override
    public boolean drains() {
        return false;
    }

    @Override
    int write(Frame reply, ExportState inForce, boolean stored) {
        int bytes = config.write(reply, command);
        if (!stored) {
            refuseNotStored();
        } else if (present) {
            refuse(AoeHeader.ERROR_CONFIG_PRESENT);
        }
        return bytes;
    }
}
