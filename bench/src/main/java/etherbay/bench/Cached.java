// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.util.Locale;

/** How much of the backing file the page cache holds when a point begins. */
enum Cached {
    ALL(0.99, 1),
    HALF(0.45, 0.60),
    NOTHING(0, 0.02);

    private final double shareMin;
    private final double shareMax;

    Cached(double shareMin, double shareMax) {
        this.shareMin = shareMin;
        this.shareMax = shareMax;
    }

    /** Brings the file there; nothing of it is dirty then, whatever the server before wrote. */
    void prepare(BackingFile file) throws IOException {
        file.settle();
        switch (this) {
            case ALL -> file.cache();
            case HALF -> {
                file.cache();
                file.dropSecondHalf();
            }
            case NOTHING -> file.drop();
        }
    }

    /** Refuses to measure what the page cache does not hold, or holds against our wish. */
    void verify(BackingFile file) {
        double share = file.cachedShare();
        if (share < shareMin || share > shareMax) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    String.format(
                            Locale.ROOT,
                            "%.0f %% of %s are in the page cache",
                            share * 100,
                            file.path()),
                    String.format(
                            Locale.ROOT,
                            "what is measured begins with %.0f to %.0f %%",
                            shareMin * 100,
                            shareMax * 100),
                    "a smaller --size-mib, or a --folder on a file system with a page cache");
        }
    }
}
