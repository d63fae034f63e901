// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.base.EtherbayException;
import etherbay.node.ApiSpec;
import etherbay.node.BackingName;
import etherbay.node.ExportSpec;
import etherbay.node.NodeSettings;
import etherbay.node.StateFolder;
import etherbay.node.held.HeldSpec;
import etherbay.node.settings.ExportReader.Asked;
import etherbay.node.settings.HeldReader.AskedHeld;
import etherbay.node.volume.VolumePlaces;

import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One of the two texts that tell a node what it is: the settings file, which is a person's, and
 * what was applied to it. Both have the same tables; {@code [defaults]} and {@code [acl]} hold for
 * the text that they stand in. A layer is read beside the other one, and clashes with it are
 * problems of the one that is read, with both places named. Immutable.
 */
public final class SettingsLayer {
    /**
     * A text.
     *
     * @param name as problems call it
     * @param applied whether it has only what can be applied
     */
    record Source(String text, String name, boolean applied) {}

    private final NodeSettings settings;
    private final List<Asked> exports;
    private final List<AskedHeld> held;

    private SettingsLayer(NodeSettings settings, List<Asked> exports, List<AskedHeld> held) {
        this.settings = settings;
        this.exports = List.copyOf(exports);
        this.held = List.copyOf(held);
    }

    /**
     * The settings file.
     *
     * @throws SettingsException for all that is wrong in it
     * @throws EtherbayException where it cannot be read
     */
    public static SettingsLayer ofFile(Path file) {
        return parse(source(file), SettingsFile.ETHERS);
    }

    /** The settings file, read anew beside what is applied. */
    public static SettingsLayer ofFile(Path file, SettingsLayer applied) {
        return parse(source(file), SettingsFile.ETHERS, Optional.of(applied));
    }

    private static Source source(Path file) {
        return new Source(SettingsFile.textOf(file), file.toString(), false);
    }

    /**
     * What is applied, or is to be.
     *
     * @param name of the text in messages about its lines
     * @param file beside which it stands
     * @throws SettingsException for all that is wrong in it
     */
    public static SettingsLayer ofApplied(String text, String name, SettingsLayer file) {
        Source source = new Source(text, name, true);
        return parse(source, SettingsFile.ETHERS, Optional.of(file));
    }

    static SettingsLayer parse(Source source, Path ethers) {
        return parse(source, ethers, Optional.empty());
    }

    static SettingsLayer parse(Source source, Path ethers, Optional<SettingsLayer> beside) {
        Problems problems = new Problems(source.name());
        Optional<SettingsLayer> layer = TomlFile.parse(source.text(), problems)
                .map(toml -> layer(toml, source.applied(), ethers, problems));
        if (layer.isPresent()) {
            Clashes clashes = new Clashes();
            beside.ifPresent(other -> clashes.check(other.exports, other.held));
            clashes.check(layer.get().exports, layer.get().held);
        }
        if (layer.isEmpty() || !problems.none()) {
            throw new SettingsException(source.name(), problems.sorted());
        }
        return layer.get();
    }

    private static SettingsLayer layer(
            TomlParseResult toml, boolean applied, Path ethers, Problems problems) {
        TableReader file =
                new TableReader("the file", toml, TomlPosition.positionAt(1, 1), problems);
        refuseOthers(file, applied);
        AclBook acl = new AclBook(
                file.table(Keys.ACL, "[acl]", "[acl] above the lists"),
                Ethers.read(ethers),
                problems);
        Served defaults = file.table(Keys.DEFAULTS, "[defaults]", "[defaults] above the keys")
                .map(table -> {
                    table.refuseOthers(Keys.OF_DEFAULTS);
                    return Served.read(table, acl, problems);
                })
                .orElse(Served.UNSAID);
        List<String> interfaces = defaults.interfaces().orElse(List.of(Served.INTERFACE_DEFAULT));
        ExportReader reader = new ExportReader(acl, defaults, problems);
        List<Asked> exports = file.tables(Keys.EXPORT, "[[export]]").stream()
                .map(reader::read)
                .flatMap(Optional::stream)
                .toList();
        List<AskedHeld> held = new HeldReader(interfaces, problems).readAll(file);
        ApiSpec api = file.table(Keys.API, "[api]", "[api] above its keys")
                .map(ApiReader::read)
                .orElse(ApiSpec.NONE);
        NodeSettings settings = new NodeSettings(
                file.path(Keys.STATE, "/var/lib/etherbay").orElseGet(StateFolder::defaultPath),
                places(file, interfaces),
                api,
                NodesReader.read(file, api, problems),
                file.table(Keys.INTERFACE, "[interface]", "[interface.NAME] above the keys")
                        .map(table -> InterfaceReader.read(table, problems))
                        .orElse(List.of()),
                exports.stream().map(Asked::spec).toList(),
                held.stream().map(AskedHeld::spec).toList());
        return new SettingsLayer(settings, exports, held);
    }

    private static void refuseOthers(TableReader file, boolean applied) {
        if (!applied) {
            file.refuseOthers(Keys.OF_FILE);
            return;
        }
        for (String key : file.keys()) {
            if (Keys.OF_FILE.contains(key) && !Keys.OF_APPLIED.contains(key)) {
                file.problem(
                        key,
                        key + " cannot be applied",
                        "it says where and how the node runs, which its settings file decides",
                        "write it into that file, and leave it out here");
            }
        }
        file.refuseOthers(Keys.OF_FILE);
    }

    /**
     * Where physical volumes lie.
     *
     * @param interfaces of AoE disks that name none
     */
    private static VolumePlaces places(TableReader file, List<String> interfaces) {
        List<BackingName> named = new ArrayList<>();
        for (TableReader.Entry entry : file.texts(Keys.DEVICES, "/dev/sdb").orElse(List.of())) {
            file.parsed(entry, text -> VolumePlaces.place(text, interfaces)).ifPresent(named::add);
        }
        return new VolumePlaces(named);
    }

    /** What it says by itself. */
    public NodeSettings settings() {
        return settings;
    }

    /** What this file and what is applied to it say together. */
    public NodeSettings with(SettingsLayer applied) {
        List<ExportSpec> allExports = new ArrayList<>(settings.exports());
        allExports.addAll(applied.settings.exports());
        List<HeldSpec> allHeld = new ArrayList<>(settings.held());
        allHeld.addAll(applied.settings.held());
        return new NodeSettings(
                settings.state(),
                settings.places(),
                settings.api(),
                settings.nodes(),
                settings.interfaces(),
                allExports,
                allHeld);
    }
}
