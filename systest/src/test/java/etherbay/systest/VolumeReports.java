// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import io.avaje.jsonb.Jsonb;

import java.util.List;
import java.util.Map;

/** Reports of LVM2 in JSON: its own, and ours. */
final class VolumeReports {
    private VolumeReports() {}

    /** The rows of one kind, by their fields. */
    @SuppressWarnings("unchecked") // a report is a list of objects of lists of objects of strings
    static List<Map<String, String>> rows(String kind, List<String> lines) {
        Object read = Jsonb.builder().build().type(Object.class).fromJson(String.join("\n", lines));
        var reports = (List<Map<String, Object>>) ((Map<String, Object>) read).get("report");
        assertThat(reports).hasSize(1);
        return (List<Map<String, String>>) reports.getFirst().get(kind);
    }
}
