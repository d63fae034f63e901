// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.node.volume.VolumeStore;
import etherbay.volume.LogicalVolume;
import etherbay.volume.PoolChanges;
import etherbay.volume.PoolGroup;
import etherbay.volume.VolumeRequest;
import etherbay.volume.VolumeSize;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;
import java.util.List;

/** {@code etherbay lv create}: a new volume. */
@Command(
        name = "create",
        description = "Make a volume; its first 4 KiB are zeroed, the rest shows what was there.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class LvCreateCommand extends VolumeVerb {
    @Parameters(arity = "1..2", paramLabel = "VG/LV", description = "name of the volume")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private List<String> names;

    @Mixin
    private SizeOption size = new SizeOption();

    @Option(
            names = {"-i", "--stripes"},
            paramLabel = "N",
            description = "disks that the data goes round (default 1: linear)")
    private int stripeCount = 1;

    @Option(
            names = {"-I", "--stripe-size"},
            paramLabel = "SIZE",
            description = "on one disk before the next follows (default 64K)")
    private String stripeSize = "64K";

    @Option(
            names = "--alloc",
            paramLabel = "POLICY",
            description =
                    "contiguous: in one piece; normal: wherever there is room; inherit: as the"
                            + " group says (default)")
    private LvCommand.Policy policy = LvCommand.Policy.INHERIT;

    @Option(names = "--tag", paramLabel = "TAG", split = ",", description = "a tag")
    private List<String> tags = new ArrayList<>();

    @Option(
            names = "--on",
            paramLabel = "DEVICE",
            split = ",",
            description = "take its extents from these disks only")
    private List<String> disks = new ArrayList<>();

    @Option(names = "--no-zero", description = "leave its first 4 KiB as they are")
    private boolean noZero;

    @Override
    public void run() {
        VolumeName name = VolumeName.of(spec(), names);
        VolumeSize wanted = size.size(spec());
        long stripeSectors = SizeOption.sectors("--stripe-size", stripeSize, "K");
        change(store(disks), name.group(), session -> {
            PoolGroup group = session.group(name.group());
            LogicalVolume made = session.changes()
                    .createVolume(group, name.volume(), request(session, wanted, stripeSectors));
            say("logical volume \"%s\" created, %s".formatted(name, size(group, made)));
            if (noZero) {
                warn("volume %s was not zeroed: what its disks held before may show"
                        .formatted(name));
            } else {
                PoolChanges.zeroHead(group, made);
            }
            return made;
        });
    }

    private VolumeRequest request(
            VolumeStore.Session session, VolumeSize wanted, long stripeSectors) {
        return new VolumeRequest(
                wanted,
                stripeCount,
                stripeSectors,
                policy.text(),
                tags,
                LvCommand.media(session, disks));
    }
}
