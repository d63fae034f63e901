// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

import java.util.List;

/** What a node wrote is what is read, also by a program of another version. */
final class RecordReaderTest {
    @Test
    void aReportComesBackAsItWas() {
        NodeReport report = Reports.healthy()
                .exports(Reports.export(
                        "e0.0",
                        5,
                        true,
                        Reports.TROUBLE,
                        false,
                        Reports.initiator("02:00:00:00:00:02", true)))
                .mirrors(Reports.mirror(
                        "vm1",
                        Reports.progress("recover", 1, 9),
                        Reports.leg("e1.0", "recovering", "")))
                .at(Reports.NOW_MS, 7);
        assertThat(Documents.read(Documents.json(report), "it", NodeReport.class))
                .isEqualTo(report);
    }

    @Test
    void whatIsNotToldIsNothingZeroOrNullWhereItMayBe() {
        NodeReport.Export export =
                Documents.read("{\"name\":\"e0.0\",\"new\":{}}", "it", NodeReport.Export.class);
        assertThat(export.name()).isEqualTo("e0.0");
        assertThat(export.sectors()).isZero();
        assertThat(export.initiators()).isEmpty();
        assertThat(export.trouble()).isNull();
        assertThat(export.traffic()).isEqualTo(NodeReport.Traffic.NONE);
        assertThat(export.access().accept()).isNull();
    }

    @Test
    void somethingElseIsRefusedByName() {
        for (String text : List.of("[]", "{\"word\":5}", "null")) {
            assertThatThrownBy(() -> Documents.read(text, "the health", Health.class))
                    .isInstanceOf(EtherbayException.class)
                    .hasMessageContaining("the health");
        }
        assertThatThrownBy(() -> Documents.readList("{}", "the list", Event.class))
                .isInstanceOf(EtherbayException.class);
    }
}
