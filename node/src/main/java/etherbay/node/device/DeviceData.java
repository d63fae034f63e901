// SPDX-License-Identifier: Apache-2.0
package etherbay.node.device;

import etherbay.base.EtherbayException;

import java.util.Optional;

/**
 * The data of a device, as far as its disk tells what became of it. Blocks; any thread.
 */
public interface DeviceData {
    /** Of a disk that tells nothing. */
    DeviceData UNTOLD = new DeviceData() {
        @Override
        public Optional<String> knownBy() {
            return Optional.empty();
        }

        @Override
        public void flush() {}
    };

    /**
     * What the data is known by now, at most 128 characters of printable ASCII: another text when
     * what was not flushed may be gone, or it is another disk. Empty once some may be gone while we
     * looked, or where nobody knows.
     */
    Optional<String> knownBy();

    /**
     * Makes durable what was acknowledged to whomever; {@link #knownBy} is fresh after it.
     *
     * @throws EtherbayException UNAVAILABLE when it is not known to be
     */
    void flush();
}
