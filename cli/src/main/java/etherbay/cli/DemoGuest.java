// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.util.List;
import java.util.function.Consumer;

/** What kind of guest the demo runs, and how its writer gets into it. One thread. */
interface DemoGuest {
    /** The least that its disk needs. */
    long diskBytes();

    /** Has all there that it is made of, and looks whether this machine can run it. */
    DemoSeen prepare();

    /**
     * The options of {@code etherbay guest create} that say what it is.
     *
     * @param lab whose folder may take files
     */
    List<String> options(DemoLab lab);

    /**
     * After {@code guest start}: has the writer run, now and whenever the guest starts anew.
     *
     * @param told hears what is waited for
     */
    void begin(DemoLab lab, DemoNode host, Consumer<String> told);
}
