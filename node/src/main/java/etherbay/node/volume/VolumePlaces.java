// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.node.BackingName;
import etherbay.node.Sysfs;
import etherbay.volume.FileMedium;
import etherbay.volume.Medium;
import etherbay.volume.Pool;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Where physical volumes are looked for: on what a person named, and only there, or on all block
 * devices of the machine. Files, block devices, NBD servers and AoE disks. Blocking control code.
 *
 * @param named empty for the block devices of the machine
 * @param known places that are looked at besides, where something was found already
 * @param aoe what opens those of them that are AoE disks
 */
public record VolumePlaces(List<BackingName> named, List<BackingName> known, AoeMedia aoe) {
    private static final Logger LOG = System.getLogger(VolumePlaces.class.getName());

    private static final Path PROC = Path.of("/proc");
    private static final Path DEV = Path.of("/dev");

    /** Drives that may wait for a medium, and memory that nobody keeps anything in. */
    private static final String NO_DISKS = "(sr|fd|zram)[0-9]+";

    public VolumePlaces {
        named = List.copyOf(named);
        known = List.copyOf(known);
    }

    public VolumePlaces(List<BackingName> named) {
        this(named, List.of(), AoeMedia.ALONE);
    }

    /** As a person writes them. */
    public static VolumePlaces of(List<String> names) {
        return new VolumePlaces(names.stream().map(VolumePlaces::place).toList());
    }

    /** One place, as a person writes it. */
    public static BackingName place(String text) {
        return place(text, BackingName.AtAoe.INTERFACES_DEFAULT);
    }

    /**
     * The same.
     *
     * @param interfaces by which an AoE disk is reached that names none itself
     * @throws EtherbayException INVALID for what can be none
     */
    public static BackingName place(String text, List<String> interfaces) {
        BackingName name = BackingName.ofPath(text, interfaces);
        if (!name.prefix().isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "`" + EtherbayException.shown(text) + "` is no place of a physical volume",
                    "one lies on a file, a block device, an NBD server or an AoE disk, not"
                            + " decorated",
                    "decorate what is served: " + name.prefix() + "VG/LV");
        }
        return name;
    }

    /** The block devices of the machine. */
    public static VolumePlaces ofTheSystem() {
        return new VolumePlaces(List.of());
    }

    /** The same, and where something was found before. */
    VolumePlaces with(List<BackingName> found) {
        return new VolumePlaces(named, found, aoe);
    }

    /** The same, whose AoE disks are opened by {@code opener}. */
    public VolumePlaces through(AoeMedia opener) {
        return new VolumePlaces(named, known, opener);
    }

    /**
     * What is on them; the pool closes them.
     *
     * @throws EtherbayException when one that was named cannot be opened
     */
    public Pool open(boolean writable) {
        List<Medium> media = new ArrayList<>();
        try {
            Set<String> seen = new LinkedHashSet<>();
            for (BackingName name : names()) {
                if (seen.add(identity(name))) {
                    addTo(media, name, writable);
                }
            }
            return Pool.open(media);
        } catch (EtherbayException failed) {
            media.forEach(Medium::close);
            throw failed;
        }
    }

    private List<BackingName> names() {
        List<BackingName> all = new ArrayList<>(named.isEmpty() ? blockDevices() : named);
        all.addAll(known);
        return all;
    }

    /**
     * Nobody named the system's disks one by one: what may not be read is passed over, and what is
     * no physical volume is not opened to be written.
     */
    private void addTo(List<Medium> media, BackingName name, boolean writable) {
        if (!named.isEmpty()) {
            media.add(medium(name, writable));
            return;
        }
        try {
            if (hasLabel(name)) {
                media.add(medium(name, writable));
            }
        } catch (EtherbayException unreadable) {
            LOG.log(Level.DEBUG, unreadable.toText());
        }
    }

    private boolean hasLabel(BackingName name) {
        try (Medium medium = medium(name, false)) {
            return Pool.hasLabel(medium);
        }
    }

    /** The medium of that name. */
    public Medium medium(BackingName name, boolean writable) {
        return switch (name) {
            case BackingName.AtPath(Path path) -> FileMedium.open(path, writable);
            case BackingName.AtNbd _ -> NbdMedium.open(name, writable);
            case BackingName.AtAoe at -> aoe.open(at, writable);
            case BackingName.WithUuid _, BackingName.Decorated _ ->
                throw new AssertionError("refused when the places were named");
        };
    }

    /** Two that are equal are one medium. */
    private static String identity(BackingName name) {
        try {
            return name instanceof BackingName.AtPath(Path path)
                    ? path.toRealPath().toString()
                    : name.toString();
        } catch (IOException notThere) {
            return name.toString();
        }
    }

    /** All that have a size and are no volumes themselves. */
    private static List<BackingName> blockDevices() {
        DeviceMapper mapper = DeviceMapper.ofThisMachine();
        return Sysfs.partitions(PROC).stream()
                .filter(device -> !device.matches(NO_DISKS) && !mapper.isVolume(device))
                .map(device -> (BackingName) new BackingName.AtPath(Sysfs.device(DEV, device)))
                .toList();
    }
}
