// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.Payload;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.function.Consumer;

/**
 * What a person decides about one export. Made by {@link #of} and the {@code with} methods; a value
 * that is not allowed is refused with what to write instead.
 *
 * @param shelf 0..65534, not 4095
 * @param slot 0..254
 * @param queueLength requests at the disk at once, and as many again waiting; also the advertised
 *     buffer count; 2..1024
 * @param sectorsMax most sectors per request, 1..255; 0 for what the MTU carries
 * @param access who may see and use this export
 * @param broadcast announces itself to everybody also where {@code access} or the mask list let in
 *     only some; otherwise it then tells only those
 * @param writeCache whether a write is acknowledged before it is durable
 * @param readOnly refuses all that changes data
 * @param traceIo shows each frame to the {@link FrameTrace}
 * @param model of IDENTIFY DEVICE, at most 40 printable ASCII characters
 * @param firmware of IDENTIFY DEVICE, at most 8 printable ASCII characters
 * @param frameAgeNsMax frames that waited longer below us are dropped
 */
public record ExportSettings(
        int shelf,
        int slot,
        int queueLength,
        int sectorsMax,
        AccessRules access,
        boolean broadcast,
        boolean writeCache,
        boolean readOnly,
        boolean traceIo,
        String model,
        String firmware,
        long frameAgeNsMax) {

    public ExportSettings {
        checkRange("shelf", shelf, 0, Limits.SHELF_MAX);
        if (shelf == Limits.SHELF_FORBIDDEN) {
            throw invalid(
                    "shelf 4095 cannot be served",
                    "the Linux driver takes 0xfff for a mis-set switch and ignores the target",
                    "choose another shelf from 0 to 65534");
        }
        checkRange("slot", slot, 0, Limits.SLOT_MAX);
        checkRange("queue-length", queueLength, Limits.QUEUE_LENGTH_MIN, Limits.QUEUE_LENGTH_MAX);
        checkRange("sectors", sectorsMax, 0, Payload.SECTORS_MAX);
        checkText("model", model, Limits.MODEL_CHARACTER_COUNT_MAX);
        checkText("firmware", firmware, Limits.FIRMWARE_CHARACTER_COUNT_MAX);
        if (frameAgeNsMax <= 0) {
            throw invalid(
                    "max-frame-age " + frameAgeNsMax + " ns is not allowed",
                    "every frame would be too old",
                    "give a time above 0; the default is 500 ms");
        }
    }

    /** An export of that address with every default. */
    public static ExportSettings of(int shelf, int slot) {
        return new ExportSettings(
                shelf,
                slot,
                Limits.QUEUE_LENGTH_DEFAULT,
                0,
                AccessRules.open(),
                false,
                true,
                false,
                false,
                "Etherbay AoE disk",
                "1",
                Limits.FRAME_AGE_NS_DEFAULT);
    }

    /** Every decision but the address, to be changed one by one. */
    private static final class Draft {
        int queueLength;
        int sectorsMax;
        AccessRules access;
        boolean broadcast;
        boolean writeCache;
        boolean readOnly;
        boolean traceIo;
        String model;
        String firmware;
        long frameAgeNsMax;

        Draft(ExportSettings from) {
            queueLength = from.queueLength;
            sectorsMax = from.sectorsMax;
            access = from.access;
            broadcast = from.broadcast;
            writeCache = from.writeCache;
            readOnly = from.readOnly;
            traceIo = from.traceIo;
            model = from.model;
            firmware = from.firmware;
            frameAgeNsMax = from.frameAgeNsMax;
        }
    }

    private ExportSettings with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return new ExportSettings(
                shelf,
                slot,
                draft.queueLength,
                draft.sectorsMax,
                draft.access,
                draft.broadcast,
                draft.writeCache,
                draft.readOnly,
                draft.traceIo,
                draft.model,
                draft.firmware,
                draft.frameAgeNsMax);
    }

    public ExportSettings withQueueLength(int length) {
        return with(draft -> draft.queueLength = length);
    }

    public ExportSettings withSectorsMax(int sectors) {
        return with(draft -> draft.sectorsMax = sectors);
    }

    public ExportSettings withAccess(AccessRules rules) {
        return with(draft -> draft.access = rules);
    }

    public ExportSettings withBroadcast(boolean always) {
        return with(draft -> draft.broadcast = always);
    }

    public ExportSettings withWriteCache(boolean on) {
        return with(draft -> draft.writeCache = on);
    }

    public ExportSettings withReadOnly(boolean only) {
        return with(draft -> draft.readOnly = only);
    }

    public ExportSettings withTraceIo(boolean on) {
        return with(draft -> draft.traceIo = on);
    }

    public ExportSettings withModel(String modelName, String firmwareName) {
        return with(draft -> {
            draft.model = modelName;
            draft.firmware = firmwareName;
        });
    }

    public ExportSettings withFrameAgeNsMax(long ageNs) {
        return with(draft -> draft.frameAgeNsMax = ageNs);
    }

    /**
     * Whether an export can go over to {@code next} while it serves: see {@link Export#apply}.
     * Other differences need the export to be opened anew.
     */
    public boolean appliesLive(ExportSettings next) {
        return shelf == next.shelf
                && slot == next.slot
                && queueLength == next.queueLength
                && readOnly == next.readOnly;
    }

    /** The address as people write it: {@code e1.0}. */
    public String name() {
        return "e" + shelf + "." + slot;
    }

    private static void checkRange(String what, int value, int least, int most) {
        if (value < least || value > most) {
            throw invalid(
                    what + " " + value + " is out of range",
                    "it must be from " + least + " to " + most,
                    "choose a value in that range");
        }
    }

    private static void checkText(String what, String text, int characterCountMax) {
        boolean printable = text.chars().allMatch(c -> c >= ' ' && c <= '~');
        if (!printable || text.length() > characterCountMax) {
            throw invalid(
                    what + " \"" + text + "\" does not fit IDENTIFY DEVICE",
                    "it has at most " + characterCountMax + " printable ASCII characters",
                    "shorten it, or use plain letters");
        }
    }

    private static EtherbayException invalid(String message, String cause, String correction) {
        return new EtherbayException(ErrorCode.INVALID, message, cause, correction);
    }
}
