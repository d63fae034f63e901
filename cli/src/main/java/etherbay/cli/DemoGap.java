// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.cli.DemoConsole.Written;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The longest time between two records that follow each other, while something was done to the
 * guest or its disk.
 *
 * @param guestMs by the guest's own clock, which stands still while the guest does
 * @param outsideMs by the clock of this machine
 */
record DemoGap(long guestMs, long outsideMs) {
    /**
     * Of records that one run of the guest has printed, the first of them before it was done.
     *
     * @throws etherbay.base.EtherbayException when one is missing between them
     */
    static DemoGap of(List<Written> records) {
        for (int i = 1; i < records.size(); i++) {
            long before = records.get(i - 1).number();
            if (records.get(i).number() != before + 1) {
                throw DemoRun.wrong(
                        "a record of the guest is missing",
                        "record %d follows record %d".formatted(records.get(i).number(), before));
            }
        }
        return new DemoGap(
                longest(records.stream().mapToLong(Written::guestMs)),
                longest(records.stream().mapToLong(Written::seenNs)) / 1_000_000);
    }

    private static long longest(LongStream times) {
        long[] all = times.toArray();
        return IntStream.range(1, all.length)
                .mapToLong(i -> all[i] - all[i - 1])
                .max()
                .orElse(0);
    }
}
