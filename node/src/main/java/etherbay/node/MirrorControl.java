// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.mirror.CheckRequest;
import etherbay.mirror.Mirror;
import etherbay.mirror.MirrorDetail;
import etherbay.mirror.SyncProgress;

import java.util.List;

/**
 * What commands may ask the process that holds a mirror, in words; see {@code ControlSocket}. The
 * answer is text for a person, or a document.
 */
public final class MirrorControl {
    private final AttachedMirror mirror;
    private final Runnable stop;

    /**
     * @param stop ends the process that holds it
     */
    public MirrorControl(AttachedMirror mirror, Runnable stop) {
        this.mirror = mirror;
        this.stop = stop;
    }

    public String answer(List<String> words) {
        return switch (words.getFirst()) {
            case "detail" -> MirrorText.text(mirror.detail());
            case "json" -> MirrorText.json(mirror.detail()) + "\n";
            case "fail" -> done(device -> device.fail(word(words)));
            case "remove" -> done(device -> device.remove(word(words)));
            case "add" -> {
                mirror.add(word(words), words.contains("fresh"));
                yield "";
            }
            case "check" -> done(device -> device.check(new CheckRequest(false, "", from(words))));
            case "repair" ->
                done(device -> device.check(new CheckRequest(true, word(words), from(words))));
            case "cancel" -> done(Mirror::cancelCheck);
            case "grow-size" -> mirror.call(Mirror::growSize) + "\n";
            case "grow-legs" -> done(device -> device.growLegs(number(word(words))));
            case "grow-bitmap" -> {
                mirror.addBitmap();
                yield MirrorText.bitmap(mirror.detail()) + "\n";
            }
            case "progress" -> progress(mirror.detail());
            case "stop" -> {
                stop.run();
                yield "";
            }
            default ->
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        "the process that holds the mirror does not know `" + words.getFirst()
                                + "`",
                        "it is of another version",
                        "use the same version for both");
        };
    }

    private interface Step {
        void on(Mirror device);
    }

    private String done(Step step) {
        mirror.call(device -> {
            step.on(device);
            return true;
        });
        return "";
    }

    private static String word(List<String> words) {
        return words.size() > 1 ? words.get(1) : "";
    }

    private static long from(List<String> words) {
        return words.size() > 2 ? number(words.get(2)) : 0;
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException none) {
            throw new EtherbayException(
                    ErrorCode.INVALID, "`" + text + "` is no number", "one is wanted", "write one");
        }
    }

    /** {@code what TAB text} while something runs or is to; else {@code ended}. */
    private static String progress(MirrorDetail detail) {
        SyncProgress progress = detail.progress();
        if (progress != null) {
            return progress.what() + "\t" + MirrorText.progress(progress) + "\n";
        }
        SyncProgress waiting = detail.waitingCheck();
        if (waiting != null) {
            return "waiting\t" + MirrorText.waiting(detail, waiting) + "\n";
        }
        boolean more = detail.check().running()
                || detail.legs().stream().anyMatch(leg -> leg.standing().equals("recovering"));
        return more ? "waiting\t\n" : "ended\t" + MirrorText.check(detail.check()) + "\n";
    }
}
