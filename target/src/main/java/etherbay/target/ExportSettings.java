// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.Payload;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;

import java.util.List;

/**
 * What a person decides about one export. Made by {@link #of} and the {@code with} methods; a value
 * that is not allowed is refused with what to write instead.
 *
 * @param shelf 0..65534, not 4095
 * @param slot 0..254
 * @param queueLength requests at the disk at once, and as many again waiting; also the advertised
 *     buffer count; 2..1024
 * @param sectorsMax most sectors per request, 1..255; 0 for what the MTU carries
 * @param accept the addresses that see this export at all; empty for everybody
 * @param writeCache whether a write is acknowledged before it is durable
 * @param readOnly refuses all that changes data
 * @param model of IDENTIFY DEVICE, at most 40 printable ASCII characters
 * @param firmware of IDENTIFY DEVICE, at most 8 printable ASCII characters
 * @param frameAgeNsMax frames that waited longer below us are dropped
 */
public record ExportSettings(
        int shelf,
        int slot,
        int queueLength,
        int sectorsMax,
        List<MacAddress> accept,
        boolean writeCache,
        boolean readOnly,
        String model,
        String firmware,
        long frameAgeNsMax) {

    public ExportSettings {
        accept = List.copyOf(accept);
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
        if (accept.size() > Limits.MAC_COUNT_MAX) {
            throw invalid(
                    accept.size() + " addresses to accept are too many",
                    "the list holds at most " + Limits.MAC_COUNT_MAX,
                    "name fewer addresses");
        }
    }

    /** An export of that address with every default. */
    public static ExportSettings of(int shelf, int slot) {
        return new ExportSettings(
                shelf,
                slot,
                Limits.QUEUE_LENGTH_DEFAULT,
                0,
                List.of(),
                true,
                false,
                "Etherbay AoE disk",
                "1",
                Limits.FRAME_AGE_NS_DEFAULT);
    }

    public ExportSettings withQueueLength(int length) {
        return new ExportSettings(
                shelf,
                slot,
                length,
                sectorsMax,
                accept,
                writeCache,
                readOnly,
                model,
                firmware,
                frameAgeNsMax);
    }

    public ExportSettings withSectorsMax(int sectors) {
        return new ExportSettings(
                shelf,
                slot,
                queueLength,
                sectors,
                accept,
                writeCache,
                readOnly,
                model,
                firmware,
                frameAgeNsMax);
    }

    public ExportSettings withAccept(List<MacAddress> macs) {
        return new ExportSettings(
                shelf,
                slot,
                queueLength,
                sectorsMax,
                macs,
                writeCache,
                readOnly,
                model,
                firmware,
                frameAgeNsMax);
    }

    public ExportSettings withWriteCache(boolean on) {
        return new ExportSettings(
                shelf,
                slot,
                queueLength,
                sectorsMax,
                accept,
                on,
                readOnly,
                model,
                firmware,
                frameAgeNsMax);
    }

    public ExportSettings withReadOnly(boolean only) {
        return new ExportSettings(
                shelf,
                slot,
                queueLength,
                sectorsMax,
                accept,
                writeCache,
                only,
                model,
                firmware,
                frameAgeNsMax);
    }

    public ExportSettings withModel(String modelName, String firmwareName) {
        return new ExportSettings(
                shelf,
                slot,
                queueLength,
                sectorsMax,
                accept,
                writeCache,
                readOnly,
                modelName,
                firmwareName,
                frameAgeNsMax);
    }

    public ExportSettings withFrameAgeNsMax(long ageNs) {
        return new ExportSettings(
                shelf,
                slot,
                queueLength,
                sectorsMax,
                accept,
                writeCache,
                readOnly,
                model,
                firmware,
                ageNs);
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
