// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * The one exception of the control plane: what happened, why, and what to do about it, each a
 * sentence for a person. Never thrown on the data path (that is what {@code IoStatus} is for). A
 * subtype only says more: all problems of a file instead of one.
 */
public class EtherbayException extends RuntimeException {
    private final ErrorCode code;
    private final String why;
    private final String correction;

    /**
     * @param message what happened, naming the thing as the user named it
     * @param cause why it happened
     * @param correction what to do, where possible as a command
     */
    public EtherbayException(ErrorCode code, String message, String cause, String correction) {
        super(message);
        this.code = code;
        this.why = cause;
        this.correction = correction;
    }

    /** The kind, which decides the exit code. */
    public ErrorCode code() {
        return code;
    }

    /** Why it happened. */
    public String why() {
        return why;
    }

    /** What to do about it. */
    public String correction() {
        return correction;
    }

    /** The lines a person sees: three, where a subtype has no more to say. */
    public String toText() {
        return "etherbay: %s%n  why: %s%n  do: %s".formatted(getMessage(), why, correction);
    }

    /**
     * Somebody else's text as it can stand in an error: what would move a terminal's cursor, or end
     * the line, is a question mark.
     */
    public static String shown(String text) {
        StringBuilder shown = new StringBuilder(text.length());
        for (int index = 0; index < text.length(); index++) {
            char letter = text.charAt(index);
            shown.append(Character.isISOControl(letter) ? '?' : letter);
        }
        return shown.toString();
    }
}
