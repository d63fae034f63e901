// SPDX-License-Identifier: Apache-2.0
package etherbay.volume;

/**
 * What a physical volume lies on, read and written by control code: a file, a disk, a disk of the
 * network. Blocks; one thread at a time. A write that was not followed by {@link #sync} may be lost
 * by a power cut, whole or in part, but a sector of 512 bytes is never torn.
 *
 * <p>Every method throws an {@code EtherbayException} when the medium does not do it.
 */
public interface Medium extends AutoCloseable {
    /** As a person calls it. */
    String name();

    /** Its size. */
    long bytes();

    /** Fills {@code into} from there on; all of it lies within the medium. */
    void read(long atByte, byte[] into);

    /** Writes all of {@code bytes} there. */
    void write(long atByte, byte[] bytes);

    /** What was written is durable. */
    void sync();

    @Override
    void close();
}
