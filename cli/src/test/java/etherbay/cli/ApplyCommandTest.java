// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code apply}, {@code export-config}, {@code trace} and {@code top}. */
final class ApplyCommandTest extends ApiVerbCase {
    private String file(String text) throws IOException {
        return Files.writeString(folder.resolve("lab.toml"), text).toString();
    }

    @Test
    void whatIsThereAlreadyDiffersInNothing() throws IOException {
        assertThat(run("export-config")).isZero();
        assertThat(out.toString()).isEqualTo(MadeUpNode.SETTINGS);
        out.getBuffer().setLength(0);
        assertThat(run("apply", "-f", file(MadeUpNode.SETTINGS), "--plan")).isZero();
        assertThat(run("apply", "-f", file(MadeUpNode.SETTINGS))).isZero();
        assertThat(lines()).containsExactly("nothing differs", "nothing differs");
        assertThat(node.asked).isEmpty();
    }

    @Test
    void aPlanIsShownAndChangesNothing() throws IOException {
        assertThat(run("apply", "-f", file("other"), "--plan")).isEqualTo(DEVIATES);
        assertThat(lines()).containsExactly("~ e0.0: ?[31mred");
        assertThat(node.settings).isEqualTo(MadeUpNode.SETTINGS);
    }

    @Test
    void nothingIsAppliedWithoutAYes() throws IOException {
        assertThat(run("apply", "-f", file("other"))).isEqualTo(6);
        assertThat(err.toString()).contains("without a yes").contains("--yes");
        assertThat(node.settings).isEqualTo(MadeUpNode.SETTINGS);
    }

    @Test
    void itIsAppliedToWhatWasPlannedFor() throws IOException {
        assertThat(run("apply", "-f", file("other"), "--yes", "--reason", "a lab"))
                .as(err.toString())
                .isZero();
        assertThat(lines()).containsExactly("~ e0.0: ?[31mred", "applied: generation 2");
        assertThat(node.asked).containsExactly("apply from 1");
        assertThat(parts.audit().latest(1).getFirst().reason()).isEqualTo("a lab");
        out.getBuffer().setLength(0);
        assertThat(run("apply", "-f", file("third"), "--yes", "--json")).isZero();
        assertThat(document().get("applied")).isEqualTo(true);
    }

    @Test
    void aMistakeInTheFileIsTheNodesError() throws IOException {
        assertThat(run("apply", "-f", file("wrong"), "--yes")).isEqualTo(3);
        assertThat(err.toString()).contains("line 1 is wrong").contains("do: write it right");
        assertThat(run("apply", "-f", folder.resolve("none").toString())).isEqualTo(4);
    }

    @Test
    void framesComeAsAFileAndARefusalLeavesWhatWasThere() throws IOException {
        Path pcap = folder.resolve("x.pcap");
        assertThat(run("trace", "e0.0", "--pcap", pcap.toString(), "--last", "2.5s"))
                .isZero();
        assertThat(pcap).hasContent("pcap of 2.5");
        assertThat(run("trace", "e0.0", "--pcap", pcap.toString(), "--last", "0s"))
                .isEqualTo(8);
        assertThat(err.toString()).contains("nothing was kept").contains("do: switch it on");
        assertThat(run("trace", "e9.9", "--pcap", pcap.toString())).isEqualTo(4);
        assertThat(run("trace", "e0.0", "--pcap", pcap.toString(), "--last", "x"))
                .isEqualTo(3);
        assertThat(pcap).hasContent("pcap of 2.5");
        assertThat(folder.resolve("x.pcap.part")).doesNotExist();
        assertThat(run("trace", "e0.0")).isEqualTo(2);
        assertThat(TraceCommand.seconds("2m")).isEqualTo("120");
    }

    @Test
    void aTraceIsSwitched() {
        assertThat(run("trace", "e0.0", "--on")).isZero();
        assertThat(run("trace", "e0.0", "--off")).isZero();
        assertThat(node.asked).containsExactly("trace e0.0 true", "trace e0.0 false");
    }

    @Test
    void topOnceIsOneBlock() {
        assertThat(run("top", "--once", "--interval", "0.5")).isZero();
        assertThat(lines()).hasSize(3);
        assertThat(lines().get(0)).startsWith("node1  ");
        assertThat(lines().get(2)).startsWith("e0.0 ");
        out.getBuffer().setLength(0);
        assertThat(run("top", "--once", "--interval", "0.5", "--json")).isZero();
        assertThat(document().get("exports").toString()).contains("name=e0.0");
        assertThat(run("top", "--interval", "0")).isEqualTo(3);
    }
}
