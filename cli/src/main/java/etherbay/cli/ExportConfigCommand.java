// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;

import picocli.CommandLine.Command;

/** {@code etherbay export-config}: what {@code etherbay apply} would take. */
@Command(
        name = "export-config",
        description = {
            "Print the applied settings of a node in their normal form: applied anew they change",
            "nothing. What stands in its settings file is not among them: etherbay node show."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ExportConfigCommand extends ApiVerb {
    @Override
    int ask(ApiClient client) {
        out().print(client.get("/settings").text());
        return 0;
    }
}
