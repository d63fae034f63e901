// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.InterfacePattern;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.node.BackingName;
import etherbay.node.held.HeldSpec;
import etherbay.node.held.HeldSpec.Front;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the tables {@code [[disk]]}, {@code [[mirror]]} and {@code [[volume]]}. */
final class HeldReader {
    static final long NS_PER_S = 1_000_000_000L;
    static final long FAIL_AFTER_S_MAX = 1_000_000;
    static final String NEVER = "never";
    static final double LEG_TIMEOUT_S_MIN = 0.5;
    static final double LEG_TIMEOUT_S_MAX = 600;
    static final double SLOW_TIMEOUT_S_MAX = 3600;

    /** Of {@code sync-rate}: a TiB a second. */
    static final long SYNC_MIB_MAX = 1 << 20;

    private static final double FAIL_AFTER_S_MIN =
            (double) RemoteDiskSettings.FAIL_AFTER_NS_MIN / NS_PER_S;

    private static final String ADDRESS_EXAMPLE = "e1.0";
    private static final String NAME_EXAMPLE = "web";
    private static final String PATH_EXAMPLE = "vg/data";

    /** What is held, and the table that asked for it. */
    record AskedHeld(HeldSpec spec, TableReader table) {}

    private final List<String> interfacesDefault;
    private final Problems problems;

    /**
     * @param interfacesDefault of what names none itself
     */
    HeldReader(List<String> interfacesDefault, Problems problems) {
        this.interfacesDefault = List.copyOf(interfacesDefault);
        this.problems = problems;
    }

    /** All of a file, in the order in which a node begins with them. */
    List<AskedHeld> readAll(TableReader file) {
        List<AskedHeld> all = new ArrayList<>();
        for (TableReader table : file.tables(Keys.DISK, "[[disk]]")) {
            disk(table).ifPresent(spec -> all.add(new AskedHeld(spec, table)));
        }
        for (TableReader table : file.tables(Keys.MIRROR, "[[mirror]]")) {
            mirror(table).ifPresent(spec -> all.add(new AskedHeld(spec, table)));
        }
        for (TableReader table : file.tables(Keys.VOLUME, "[[volume]]")) {
            volume(table).ifPresent(spec -> all.add(new AskedHeld(spec, table)));
        }
        return all;
    }

    private Optional<HeldSpec> disk(TableReader table) {
        table.refuseOthers(Keys.OF_DISK);
        require(table, Keys.ADDRESS, "a [[disk]]", ADDRESS_EXAMPLE);
        Optional<DiskAddress> address =
                table.parsed(Keys.ADDRESS, ADDRESS_EXAMPLE, DiskAddress::parse);
        List<String> interfaces = interfaces(table);
        Optional<Long> failAfterNs = table.is(Keys.FAIL_AFTER, NEVER)
                ? Optional.of(RemoteDiskSettings.NEVER)
                : table.secondsNs(
                        Keys.FAIL_AFTER,
                        FAIL_AFTER_S_MIN,
                        FAIL_AFTER_S_MAX,
                        5,
                        "\"" + NEVER + "\" or ");
        Optional<Front> front = FrontReader.read(table);
        boolean readOnly = table.truth(Keys.READ_ONLY).orElse(false);
        return address.map(at -> new HeldSpec.Disk(
                at,
                interfaces,
                failAfterNs.orElse(RemoteDiskSettings.DEFAULT.failAfterNs()),
                front,
                readOnly));
    }

    private Optional<HeldSpec> mirror(TableReader table) {
        table.refuseOthers(Keys.OF_MIRROR);
        require(table, Keys.NAME, "a [[mirror]]", NAME_EXAMPLE);
        Optional<String> name = table.text(Keys.NAME, NAME_EXAMPLE);
        List<String> legs = legs(table);
        List<String> interfaces = interfaces(table);
        long legNs = table.secondsNs(Keys.LEG_TIMEOUT, LEG_TIMEOUT_S_MIN, LEG_TIMEOUT_S_MAX, 1, "")
                .orElse(NS_PER_S);
        long slowNs = table.secondsNs(Keys.SLOW_TIMEOUT, 1, SLOW_TIMEOUT_S_MAX, 30, "")
                .orElse(30 * NS_PER_S);
        long syncMib = table.number(Keys.SYNC_RATE, 0, SYNC_MIB_MAX, 0).orElse(0L);
        Optional<Front> front = FrontReader.read(table);
        boolean readOnly = table.truth(Keys.READ_ONLY).orElse(false);
        return name.map(known -> new HeldSpec.Mirror(
                known, legs, interfaces, legNs, slowNs, syncMib, front, readOnly));
    }

    private List<String> legs(TableReader table) {
        List<String> legs = new ArrayList<>();
        for (TableReader.Entry entry : table.texts(Keys.LEGS, "e1.0").orElse(List.of())) {
            table.parsed(entry, HeldReader::leg)
                    .filter(leg -> !legs.contains(leg))
                    .ifPresent(legs::add);
        }
        return legs;
    }

    private static String leg(String text) {
        if (text.contains("@") && BackingName.ofPath(text).bare() instanceof BackingName.AtAoe) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "`" + EtherbayException.shown(text) + "` is no leg",
                    "the legs of a mirror are reached by its interfaces",
                    "write the address alone, and the interfaces as interfaces = [\"eth1\"]");
        }
        BackingName.ofPath(text);
        return text;
    }

    private Optional<HeldSpec> volume(TableReader table) {
        table.refuseOthers(Keys.OF_VOLUME);
        require(table, Keys.PATH, "a [[volume]]", PATH_EXAMPLE);
        Optional<String> name = table.parsed(Keys.PATH, PATH_EXAMPLE, HeldReader::volumeName);
        Optional<Boolean> directIo = table.truth(Keys.DIRECT_IO);
        Optional<Front> front = FrontReader.read(table);
        boolean readOnly = table.truth(Keys.READ_ONLY).orElse(false);
        return name.map(known -> new HeldSpec.Volume(known, directIo, front, readOnly));
    }

    private static String volumeName(String text) {
        if (!text.matches("[a-zA-Z0-9+_.-]+/[a-zA-Z0-9+_.-]+")) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "`" + EtherbayException.shown(text) + "` is no logical volume",
                    "one is named by its group and its own name",
                    "write it as VG/LV; serve anything else as an [[export]]");
        }
        return text;
    }

    private static void require(TableReader table, String key, String called, String example) {
        if (!table.has(key)) {
            table.problem(
                    key,
                    called + " has no " + key,
                    "it is what is held",
                    "add " + key + " = " + Value.quoted(example));
        }
    }

    /** Those of the table, or of the defaults; a glob cannot say which disk it is. */
    private List<String> interfaces(TableReader table) {
        List<String> named = Served.interfaces(table, problems).orElse(interfacesDefault);
        named.forEach(name -> checkInterface(table, name));
        return named;
    }

    private void checkInterface(TableReader table, String name) {
        if (name.isBlank()) {
            return; // told where it stands
        }
        try {
            if (InterfacePattern.parse(name).isGlob()) {
                table.problem(
                        Keys.INTERFACES,
                        Value.quoted(name) + " may be many interfaces, and none",
                        "a disk is reached by those that are named",
                        "name them: interfaces = [\"eth1\"], or [\"eth1\", \"eth2\"] for two ways");
            }
        } catch (EtherbayException refused) {
            problems.add(table.at(Keys.INTERFACES), refused);
        }
    }
}
