// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static etherbay.cli.LvmReport.Column.number;
import static etherbay.cli.LvmReport.Column.text;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.volume.Pool;
import etherbay.volume.VolumeGroup;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** {@code etherbay vg history}: what its metadata said before. */
@Command(
        name = "history",
        description =
                "Print the versions of a group that are still on its disks, the newest first.",
        mixinStandardHelpOptions = true)
final class VgHistoryCommand extends VolumeVerb.Report {
    private static final LvmReport<VolumeGroup> REPORT = new LvmReport<>(
            "version",
            List.of(
                    number("vg_seqno", "Version", version -> Long.toString(version.seqno())),
                    text("time", "Written", version -> LvRow.time(version.writtenS())),
                    text("vg_name", "VG", VolumeGroup::name),
                    number("pv_count", "#PV", version -> count(version.physicalVolumes())),
                    number("lv_count", "#LV", version -> count(version.visibleVolumes())),
                    text("description", "By", VgHistoryCommand::author)),
            List.of());

    @Parameters(index = "0", paramLabel = "VG", description = "the group")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private String name;

    @Option(
            names = "--text",
            paramLabel = "N",
            description = "print the text of version N instead, as vgcfgrestore -f takes it")
    private @Nullable Long textOf;

    private static String count(List<?> list) {
        return Integer.toString(list.size());
    }

    private static String author(VolumeGroup version) {
        return EtherbayException.shown(version.description());
    }

    @Override
    public void run() {
        try (Pool pool = look(List.of())) {
            List<VolumeGroup> versions = pool.history(pool.need(name));
            if (textOf != null) {
                VolumeGroup version = need(versions, name, textOf);
                // Metadata is kept as bytes, one a letter.
                byte[] bytes = version.text().getBytes(StandardCharsets.ISO_8859_1);
                say(new String(bytes, StandardCharsets.UTF_8));
            } else if (json()) {
                say(REPORT.json(versions, true));
            } else {
                REPORT.table(versions).forEach(line -> say(line.stripTrailing()));
            }
        }
    }

    /**
     * One of the versions of a group.
     *
     * @throws EtherbayException NOT_FOUND naming those that there are
     */
    static VolumeGroup need(List<VolumeGroup> versions, String name, long version) {
        return versions.stream()
                .filter(each -> each.seqno() == version)
                .findFirst()
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.NOT_FOUND,
                        "there is no version %d of group %s".formatted(version, name),
                        "its disks still have "
                                + versions.stream()
                                        .map(each -> Long.toString(each.seqno()))
                                        .collect(Collectors.joining(", ")),
                        "choose one of these; vgcfgrestore(8) knows those in /etc/lvm/archive"));
    }
}
