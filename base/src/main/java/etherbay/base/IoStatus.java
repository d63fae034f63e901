// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

/**
 * How an {@link Io} ended. Mapped to another vocabulary (ATA registers, NBD errors) once per edge
 * by an exhaustive switch.
 */
public enum IoStatus {
    /** Done as asked. */
    OK,
    /** Did not happen and never will; of a write that failed half way the range is undefined. */
    FAILED,
    /** Not known: it may have happened, or may still happen until the device is fenced. */
    UNKNOWN,
    /** Refused: someone else owns the disk now. Not an error of the disk. */
    FENCED,
    /** The range does not lie within the device. */
    RANGE,
    /** The device takes no writes. */
    READ_ONLY,
    /** The device cannot do this operation. */
    UNSUPPORTED,
    /** The storage below is full; the range of a write is undefined. */
    NO_SPACE,
    /** The device is not there (yet, or any more); nothing happened. */
    OFFLINE;

    public boolean isOk() {
        return this == OK;
    }
}
