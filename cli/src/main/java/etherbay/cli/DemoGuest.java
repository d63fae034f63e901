// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** What kind of guest the demo runs, and how its writer gets into it. One thread. */
interface DemoGuest {
    /** The least that its disk needs. */
    long diskBytes();

    /** How long it may take from its start to its first record. */
    Duration bootTimeout();

    /**
     * Has all there that it is made of.
     *
     * @param lab whose folder may take files
     * @param told hears what is waited for
     */
    DemoSeen prepare(DemoLab lab, Consumer<String> told);

    /** The options of {@code etherbay guest create} that say what it is. */
    List<String> options(DemoLab lab);

    /**
     * After {@code guest start}: has the writer run, now and whenever the guest starts anew.
     *
     * @param told hears what is waited for
     */
    void begin(DemoLab lab, DemoNode host, Consumer<String> told);
}
