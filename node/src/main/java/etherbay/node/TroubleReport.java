// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.admin.NodeReport;
import etherbay.base.EtherbayException;

/** An error as it is reported. Stateless. */
public final class TroubleReport {
    private TroubleReport() {}

    public static NodeReport.Trouble of(EtherbayException why) {
        return new NodeReport.Trouble(
                why.code().name(), String.valueOf(why.getMessage()), why.why(), why.correction());
    }
}
