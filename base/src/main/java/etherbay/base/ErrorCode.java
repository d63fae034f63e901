// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * The kinds of error a person or a script can meet, closed. Each has one exit code; this is the
 * only table of them. Whoever detects an error picks the kind; nobody picks a number.
 */
public enum ErrorCode {
    /** The command line is none: unknown verb, missing or surplus argument. */
    USAGE(2),
    /** A value is understood but not allowed: slot out of range, a MAC that is none. */
    INVALID(3),
    /** What was named does not exist: a file, an export, a guest. */
    NOT_FOUND(4),
    /** The machine lacks something: a package, a JDK, a NIC that is down, a kernel feature. */
    ENVIRONMENT(5),
    /** Something else holds it: an address served by another box, a file that exists. */
    CONFLICT(6),
    /** The rights are missing: raw sockets, a file, a disk. */
    DENIED(7),
    /** It exists but does not answer, or not in time. */
    UNAVAILABLE(8),
    /** It was looked at and is not as it should be: a target that deviates from the protocol. */
    DEVIATES(9),
    /** A bug of ours. */
    INTERNAL(70);

    private final int exitCode;

    ErrorCode(int exitCode) {
        this.exitCode = exitCode;
    }

    /** What the process ends with, 1..125. */
    public int exitCode() {
        return exitCode;
    }
}
