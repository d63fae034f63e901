// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;

/** aoeping, aoecfg and aoe-sancheck of Debian's aoetools, run on one node. */
record AoeTools(NetLab.Node node) {
    private static final String TIMEOUT_SECONDS = "2";

    /** aoeping; exit code 0 says that e{shelf}.{slot} answered. */
    Tool.Outcome ping(int shelf, int slot, String... options) {
        List<String> words = new ArrayList<>(List.of(program("aoeping")));
        words.addAll(List.of(options));
        words.addAll(List.of("-s", TIMEOUT_SECONDS, "" + shelf, "" + slot, "eth0"));
        return Tool.run(node.command(words.toArray(String[]::new)));
    }

    /** aoecfg for e1.0; what it prints, empty when nobody answers. */
    String config(String verb, String text) {
        List<String> words =
                new ArrayList<>(List.of(program("aoecfg"), "-c", verb, "-t", TIMEOUT_SECONDS));
        if (!text.isEmpty()) {
            words.addAll(List.of("-s", text));
        }
        words.addAll(List.of("1", "0", "eth0"));
        return Tool.run(node.command(words.toArray(String[]::new))).text().strip();
    }

    String sancheck() {
        Tool.Outcome outcome = Tool.run(node.command(program("aoe-sancheck")));
        assertThat(outcome.exitCode()).as(outcome.text()).isZero();
        return outcome.text();
    }

    private static String program(String name) {
        return Tool.require(name, "aoetools").toString();
    }
}
