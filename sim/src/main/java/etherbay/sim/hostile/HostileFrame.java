// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

/** A frame and how it arrives; filled again and again by {@link HostileFrames}. One thread. */
public final class HostileFrame {
    /** Longest frame: an MTU of 9000 and the Ethernet header. */
    public static final int BYTES_MAX = 9014;

    /** Longer than any frame, so that a writer of fields need not look at the end. */
    final byte[] bytes = new byte[BYTES_MAX + 64];

    int length;
    int port;
    long agoNs;
    long pauseNs;

    /** The bytes, of which the first {@link #length} count. */
    public byte[] bytes() {
        return bytes;
    }

    public int length() {
        return length;
    }

    /** Index of the port where it arrives, as {@link TargetModel} counts them. */
    public int port() {
        return port;
    }

    /** It arrived that long before it is handed over; negative for a stamp in the future. */
    public long agoNs() {
        return agoNs;
    }

    /** Nothing arrives for that long before it is handed over. */
    public long pauseNs() {
        return pauseNs;
    }

    /** Makes this one the same as {@code other}. */
    public void copyOf(HostileFrame other) {
        System.arraycopy(other.bytes, 0, bytes, 0, other.length);
        length = other.length;
        port = other.port;
        agoNs = other.agoNs;
        pauseNs = other.pauseNs;
    }

    /** Makes this one a frame of a test's own, which arrives at once at the first port. */
    public void set(byte[] frame) {
        System.arraycopy(frame, 0, bytes, 0, frame.length);
        length = frame.length;
        port = 0;
        agoNs = 0;
        pauseNs = 0;
    }

    long src() {
        return Octets.u48(bytes, Wire.SRC);
    }

    int command() {
        return Octets.u8(bytes, Wire.COMMAND);
    }

    int tag() {
        return Octets.u32(bytes, Wire.TAG);
    }

    int u8(int at) {
        return Octets.u8(bytes, at);
    }
}
