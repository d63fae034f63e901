// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.image;

/** Hears how far an image is, on the thread that makes it. */
@FunctionalInterface
public interface ImageProgress {
    /**
     * @param step what is being done, for a person: {@code copying}
     * @param percent of all, 0 to 100; it does not go back
     */
    void at(String step, int percent);
}
