// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.FrameText;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.initiator.Reply;

import java.util.Optional;

/** Where an AoE error code (AoEr11 section 2.4) becomes one for a person. */
final class Refusals {
    private Refusals() {}

    /**
     * The answer of a target that did what it was asked.
     *
     * @throws EtherbayException UNAVAILABLE without an answer; else what its AoE error means
     */
    static Reply requireTaken(FoundPath path, Optional<Reply> answer) {
        Reply reply = answer.orElseThrow(() -> silent(path));
        reply.refusal().ifPresent(code -> {
            throw refused(path, code);
        });
        return reply;
    }

    /** It answers discovery, but not this. */
    static EtherbayException silent(FoundPath path) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                path.where() + " does not answer any more",
                "it answered a config query a moment ago, and not this request",
                "see whether it still runs, and its log; some targets drop commands that they do"
                        + " not know");
    }

    static EtherbayException refused(FoundPath path, int errorCode) {
        String why = "AoE error %d: %s".formatted(errorCode, FrameText.errorText(errorCode));
        return switch (errorCode) {
            case AoeHeader.ERROR_COMMAND ->
                new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        path.where() + " does not know this command",
                        why,
                        "use a target that does: etherbay export");
            case AoeHeader.ERROR_CONFIG_PRESENT ->
                new EtherbayException(
                        ErrorCode.CONFLICT,
                        path.disk() + " has a config string already",
                        why,
                        "etherbay config read %s; etherbay config force replaces it"
                                .formatted(path.disk()));
            case AoeHeader.ERROR_RESERVED ->
                new EtherbayException(
                        ErrorCode.CONFLICT,
                        path.disk() + " is reserved by others",
                        why,
                        "etherbay reserve read %s shows by whom; let them release it, or take it:"
                                        .formatted(path.disk())
                                + " etherbay reserve force");
            default ->
                new EtherbayException(
                        ErrorCode.DEVIATES,
                        path.where() + " refused the request",
                        why,
                        "see its log; etherbay conform %s shows what it does not take"
                                .formatted(path.disk()));
        };
    }
}
