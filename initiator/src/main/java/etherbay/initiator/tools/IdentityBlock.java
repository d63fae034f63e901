// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.IdentifyData;
import etherbay.base.Check;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.initiator.Reply;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * The 512 bytes with which a disk answers IDENTIFY DEVICE (ACS-2 clause 7), and what they say.
 * Nobody changes them.
 */
public record IdentityBlock(MemorySegment block) {
    public IdentityBlock {
        Check.that(block.byteSize() == IdentifyData.BYTES, "an IDENTIFY block has 512 bytes");
    }

    /** The block of a good answer; nothing of any other, of whatever command. */
    public static Optional<IdentityBlock> of(Reply reply) {
        return Optional.of(reply)
                .filter(good ->
                        good.refusal().isEmpty() && good.data().length >= IdentifyData.BYTES)
                .filter(good -> good.ata().filter(IdentityBlock::succeeded).isPresent())
                .map(good ->
                        new IdentityBlock(good.frame().asSlice(AtaHeader.END, IdentifyData.BYTES)));
    }

    private static boolean succeeded(AtaHeader.Fields registers) {
        return (registers.commandStatus() & AtaHeader.STATUS_FAILED_MASK) == 0;
    }

    /** Asks, and takes silence and refusals for an answer. */
    public static Optional<IdentityBlock> find(FoundPath path) {
        return path.port()
                .client()
                .ask(path.station(), AoeFrames::identify)
                .flatMap(IdentityBlock::of);
    }

    /**
     * Asks for it.
     *
     * @throws EtherbayException UNAVAILABLE without an answer, else what the target refused it with
     */
    public static IdentityBlock require(FoundPath path) {
        Reply reply = Refusals.requireTaken(
                path, path.port().client().ask(path.station(), AoeFrames::identify));
        return of(reply)
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.DEVIATES,
                        path.where() + " does not say what it is",
                        "it answered IDENTIFY DEVICE with: " + reply,
                        "see the log of the target; etherbay conform " + path.disk()
                                + " shows what else is wrong with it"));
    }

    public IdentifyData data() {
        return IdentifyData.read(block, 0);
    }

    /** What its last word says of the others. */
    public IdentifyData.Integrity integrity() {
        return IdentifyData.integrity(block, 0);
    }

    /** A copy. */
    public byte[] bytes() {
        return block.toArray(ValueLayout.JAVA_BYTE);
    }
}
