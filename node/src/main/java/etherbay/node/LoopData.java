// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Io;
import etherbay.base.IoOperation;
import etherbay.base.IoStatus;
import etherbay.node.device.DeviceData;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The data of a device on a loop that a thread turns, for whoever makes a block device of it.
 *
 * @param called what it is, for an error
 * @param cure where to look when it was not flushed
 * @param known what it is known by; on the loop
 */
record LoopData(
        LoopCalls calls,
        BlockDevice device,
        String called,
        String cure,
        Supplier<Optional<String>> known)
        implements DeviceData {
    private static final long FLUSH_S_MAX = 60;

    @Override
    public Optional<String> knownBy() {
        return calls.call(known);
    }

    @Override
    public void flush() {
        CompletableFuture<IoStatus> done = calls.later(this::begin);
        boolean ended = calls.await(done, FLUSH_S_MAX);
        IoStatus status = done.getNow(IoStatus.UNKNOWN);
        if (!ended || !status.isOk()) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    called + " was not flushed",
                    ended ? "it ended " + status : "it took over %d s".formatted(FLUSH_S_MAX),
                    cure);
        }
    }

    private void begin(CompletableFuture<IoStatus> flushed) {
        if (device.capabilities().flush()) {
            device.submit(new Io(1)
                    .prepare(IoOperation.FLUSH, 0, 0)
                    .then(io -> flushed.complete(io.status())));
        } else {
            flushed.complete(IoStatus.OK); // nobody was promised anything
        }
    }
}
