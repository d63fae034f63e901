// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

/** Hears what becomes of a mirror. On its loop. */
public interface MirrorListener {
    /** In words, for a person and a log. */
    default void told(String what) {}

    /** A leg, or the progress of a pass, stands otherwise. */
    default void changed() {}

    /** A leg that is faulty or unknown answers again. */
    default void returned(String leg) {}

    /** Another owner has taken that leg: whoever uses the mirror stops. */
    default void fenced(String leg) {}
}
