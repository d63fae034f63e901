// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import java.nio.charset.StandardCharsets;

/** What a command in a guest left behind. Immutable, but for who writes into its array. */
public final class GuestRun {
    private final int exitCode;
    private final byte[] output;

    GuestRun(int exitCode, byte[] output) {
        this.exitCode = exitCode;
        this.output = output;
    }

    /** Exit code of the shell that ran it. */
    public int exitCode() {
        return exitCode;
    }

    /** Standard output and standard error, interleaved, byte for byte; not a copy. */
    public byte[] output() {
        return output;
    }

    /** The output as text, without blanks at both ends. */
    public String text() {
        return new String(output, StandardCharsets.UTF_8).strip();
    }

    @Override
    public String toString() {
        return "exit code " + exitCode + ": " + text();
    }
}
