// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

/**
 * Something about a SAN that a person should know.
 *
 * @param what is the matter, with the path or the disk
 * @param cure what to do, in one line
 */
public record Complaint(Kind kind, String what, String cure) {
    /** What can be the matter. */
    public enum Kind {
        /** A disk that is found, and does not say what it is. */
        SILENT(true),
        /** One address, several disks: what is written to it goes to either. */
        DUPLICATE(true),
        /** One address, several targets, and no means to tell whether they serve one disk. */
        INDISTINCT(false),
        /** Frames that both ends can take do not pass between them. */
        NARROW(true),
        /** The ends do not carry the same. */
        MTU(true),
        /** Frames get lost one by one. */
        LOSS(true),
        /** More arrives at once than there is room for. */
        BUFFERS(true),
        /** Nothing could be read, so that the way back was not measured. */
        UNREAD(false);

        private final boolean wrong;

        Kind(boolean wrong) {
            this.wrong = wrong;
        }

        /** Whether it should be mended; else it is only to be known. */
        public boolean isWrong() {
            return wrong;
        }
    }
}
