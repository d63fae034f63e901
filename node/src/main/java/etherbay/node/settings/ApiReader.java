// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.node.ApiSpec;

/** Reads the table {@code [api]}. */
final class ApiReader {
    private ApiReader() {}

    static ApiSpec read(TableReader table) {
        table.refuseOthers(Keys.OF_API);
        ApiSpec spec = new ApiSpec(
                table.parsed(Keys.LISTEN, "127.0.0.1:8420", ApiSpec::address),
                table.path(Keys.CERTIFICATE, "/etc/etherbay/node.pem"),
                table.path(Keys.KEY, "/etc/etherbay/node.key"),
                table.path(Keys.TOKENS, "/etc/etherbay/tokens"));
        if (table.has(Keys.CERTIFICATE) != table.has(Keys.KEY)) {
            String there = table.has(Keys.KEY) ? Keys.KEY : Keys.CERTIFICATE;
            table.problem(
                    there,
                    "[api] has " + there + " alone",
                    "a certificate needs its key, and the other way round",
                    "name both files, or neither");
        }
        return spec;
    }
}
