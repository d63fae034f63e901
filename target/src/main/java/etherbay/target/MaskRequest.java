// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.MaskHeader;
import etherbay.base.Frame;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * AoE command 2: whom this export answers. AoEr11 section 3.3.
 *
 * <p>Directives take effect in order up to the first that cannot: an unknown one or, at 255
 * addresses, one more. Then the answer says which, and those before it have taken effect, as with
 * vblade. Adding what is there and deleting what is not there change nothing. A good answer lists
 * the addresses, as many as the MTU carries. Not stored: MError 1. An unknown subcommand: AoE error
 * 2.
 */
final class MaskRequest extends WireRequest {
    private final MaskHeader.Fields request;
    private boolean unknownCommand;
    private int error = MaskHeader.ERROR_NONE;
    private int failedIndex;

    MaskRequest(Frame frame, Replies replies) {
        super(frame, replies);
        request = MaskHeader.Fields.read(frame.memory(), frame.at());
    }

    @Override
    public @Nullable ExportState wanted(ExportState inForce) {
        return switch (request.command()) {
            case MaskHeader.READ -> null;
            case MaskHeader.EDIT -> inForce.withMasks(edited(inForce.masks()));
            default -> {
                unknownCommand = true;
                yield null;
            }
        };
    }

    private List<MacAddress> edited(List<MacAddress> masks) {
        List<MacAddress> edited = new ArrayList<>(masks);
        List<MaskHeader.Directive> directives = request.directives();
        while (failedIndex < directives.size()) {
            error = apply(directives.get(failedIndex), edited);
            if (error != MaskHeader.ERROR_NONE) {
                break;
            }
            failedIndex++;
        }
        return edited;
    }

    private static int apply(MaskHeader.Directive directive, List<MacAddress> masks) {
        MacAddress mac = directive.mac();
        switch (directive.command()) {
            case MaskHeader.DIRECTIVE_NONE -> {}
            case MaskHeader.DIRECTIVE_DELETE -> masks.remove(mac);
            case MaskHeader.DIRECTIVE_ADD -> {
                if (!masks.contains(mac)) {
                    if (masks.size() >= Limits.MAC_COUNT_MAX) {
                        return MaskHeader.ERROR_FULL;
                    }
                    masks.add(mac);
                }
            }
            default -> {
                return MaskHeader.ERROR_BAD_DIRECTIVE;
            }
        }
        return MaskHeader.ERROR_NONE;
    }

    @Override
    public boolean drains() {
        return true;
    }

    @Override
    int write(Frame reply, ExportState inForce, boolean stored) {
        int outcome = stored ? error : MaskHeader.ERROR_UNSPECIFIED;
        MaskHeader.clearReserved(reply.memory(), reply.at());
        MaskHeader.command(reply.memory(), reply.at(), request.command());
        MaskHeader.error(reply.memory(), reply.at(), outcome);
        if (unknownCommand) {
            refuse(AoeHeader.ERROR_ARGUMENT);
        }
        if (unknownCommand || outcome != MaskHeader.ERROR_NONE) {
            MaskHeader.directiveCount(reply.memory(), reply.at(), stored ? failedIndex : 0);
            return MaskHeader.END;
        }
        List<MacAddress> masks = inForce.masks();
        int carried = carried(reply, MaskHeader.END, MaskHeader.DIRECTIVE_BYTES);
        int listedCount = Math.min(masks.size(), carried);
        MaskHeader.directiveCount(reply.memory(), reply.at(), listedCount);
        for (int i = 0; i < listedCount; i++) {
            long mac = masks.get(i).bits();
            MaskHeader.directive(reply.memory(), reply.at(), i, MaskHeader.DIRECTIVE_NONE, mac);
        }
        return MaskHeader.frameBytes(listedCount);
    }
}
