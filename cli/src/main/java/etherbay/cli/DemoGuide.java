// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.util.List;

/** What {@code etherbay demo --keep} says about what it leaves running. */
final class DemoGuide {
    private DemoGuide() {}

    /** Makes a token for the page of node3, and a way to it. */
    static String text(DemoLab lab) {
        DemoNode host = lab.node(3);
        String token = lab.verbs()
                .run(List.of(
                        "token",
                        "create",
                        "demo",
                        "--role",
                        "admin",
                        "--state",
                        "" + host.folder()))
                .strip();
        return """

                All of it runs on; stop it with Ctrl-C, or: kill %1$d
                  the page of node3 (nobody signed its certificate), and the token that it wants:
                    %2$s/
                    %3$s
                  where the guest is, and to move it once more:
                    ./etherbay guest list --state %4$s/node4
                    ./etherbay guest migrate %5$s node3 --state %4$s/node4
                  what the guest prints (Ctrl-] leaves it), and how its disk is:
                    ./etherbay guest console %5$s --state %4$s/node4
                    ./etherbay mirror detail %5$s --state %4$s/node4
                  how a node is, and its settings:
                    ./etherbay status --state %4$s/node1
                    less %4$s/node1/etherbay.toml
                """.formatted(
                        ProcessHandle.current().pid(),
                        lab.network().page(host.number()),
                        token,
                        lab.folder(),
                        DemoLab.GUEST);
    }
}
