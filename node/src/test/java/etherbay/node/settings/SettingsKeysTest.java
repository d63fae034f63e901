// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.node.NodeSettings;
import etherbay.node.StateFolder;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Every key: what it is when nobody says it, what good values become, what bad ones are told. */
final class SettingsKeysTest {
    private static final Path FILE = Path.of("t.toml");
    private static final Path NO_ETHERS = Path.of("/nowhere/ethers");
    private static final String A = "02:00:00:00:00:0a";
    private static final String B = "02:00:00:00:00:0b";

    /** Tables by what stands around them in a file, and before them in the name of a key. */
    enum In {
        FILE,
        API,
        NODE,
        INTERFACE,
        EXPORT,
        RIGHTS,
        DISK,
        MIRROR,
        VOLUME
    }

    /**
     * A key with what is known about it.
     *
     * @param unsaid the effective line when it is left out; empty for none
     * @param good values, and the effective line each becomes
     * @param bad values, and what follows FILE:LINE:COLUMN
     */
    record Case(
            In in, String key, String unsaid, Map<String, String> good, Map<String, String> bad) {
        @Override
        public String toString() {
            return in + " " + key;
        }
    }

    static Case of(In in, String key, String unsaid, Map<String, String> good) {
        return new Case(in, key, unsaid, good, new LinkedHashMap<>());
    }

    static Case bad(Case known, String... valuesAndErrors) {
        for (int index = 0; index < valuesAndErrors.length; index += 2) {
            known.bad().put(valuesAndErrors[index], valuesAndErrors[index + 1]);
        }
        return known;
    }

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        addFileAndInterface(cases);
        NodeKeyCases.addTo(cases);
        addAddress(cases);
        addDisk(cases);
        addNumbers(cases);
        addSwitches(cases);
        addAccess(cases);
        HeldKeyCases.addTo(cases);
        return cases;
    }

    @Test
    void aCertificateNeedsItsKeyAndTheOtherWayRound() {
        for (String alone : List.of("certificate", "key")) {
            assertThatThrownBy(() -> effective("[api]\n" + alone + " = \"/f\"\n"))
                    .isInstanceOfSatisfying(
                            SettingsException.class,
                            refused -> assertThat(refused.problems())
                                    .extracting(problem -> problem.toText("t.toml"))
                                    .containsExactly("t.toml:2:1: [api] has " + alone + " alone; a"
                                            + " certificate needs its key, and the other way"
                                            + " round; name both files, or neither"));
        }
    }

    private static void addFileAndInterface(List<Case> cases) {
        cases.add(bad(
                of(
                        In.FILE,
                        "state",
                        "state = \"" + StateFolder.defaultPath() + "\"",
                        Map.of("\"/s\"", "state = \"/s\"")),
                "7",
                "state = 7 is a whole number; it must be a string, in quotes;"
                        + " write state = \"/var/lib/etherbay\"",
                "\"\"",
                "state is empty; it must name something;"
                        + " write state = \"/var/lib/etherbay\", or leave it out",
                "\"a\\u0000\"",
                "state = \"a\\u0000\" is no path; Nul character not allowed;"
                        + " write state = \"/var/lib/etherbay\""));
        cases.add(bad(
                of(
                        In.FILE,
                        "devices",
                        "",
                        Map.of(
                                "[\"/a\", \"nbd+unix:///x?socket=/s\"]",
                                "devices = [\"/a\", \"nbd+unix:///x?socket=/s\"]")),
                "\"/a\"",
                "devices = \"/a\" is a string; it must be a list of strings;"
                        + " write devices = [\"/a\"]"));
        cases.add(bad(
                of(
                        In.INTERFACE,
                        "mtu",
                        "mtu = \"auto\"",
                        Map.of("\"auto\"", "mtu = \"auto\"", "548", "mtu = 548")),
                "547",
                "mtu = 547 is out of range; it must be from 548 to 65535;"
                        + " write a number in that range, as mtu = 9000",
                "\"1500\"",
                "mtu = \"1500\" is a string; it must be \"auto\" or a whole number"
                        + " from 548 to 65535; write mtu = 1500",
                "\"automatic\"",
                "mtu = \"automatic\" is a string; it must be \"auto\" or a whole number"
                        + " from 548 to 65535; write mtu = 9000"));
        cases.add(bad(
                of(
                        In.INTERFACE,
                        "buffers",
                        "buffers = 256",
                        Map.of("1", "buffers = 1", "4096", "buffers = 4096")),
                "0",
                "buffers = 0 is out of range; it must be from 1 to 4096;"
                        + " write a number in that range, as buffers = 256",
                "4097",
                "buffers = 4097 is out of range; it must be from 1 to 4096;"
                        + " write a number in that range, as buffers = 256"));
    }

    private static void addAddress(List<Case> cases) {
        cases.add(bad(
                of(
                        In.EXPORT,
                        "shelf",
                        "",
                        Map.of(
                                "0",
                                "shelf = 0",
                                "65534",
                                "shelf = 65534",
                                "0xfff0",
                                "shelf = 65520")),
                "65535",
                "shelf = 65535 is out of range; it must be from 0 to 65534;"
                        + " write a number in that range, as shelf = 0",
                "4095",
                "shelf = 4095 cannot be served; the Linux driver takes it for a mis-set switch"
                        + " and ignores the target; write another shelf from 0 to 65534",
                "\"3\"",
                "shelf = \"3\" is a string; it must be a whole number from 0 to 65534;"
                        + " write shelf = 3"));
        cases.add(bad(
                of(In.EXPORT, "slot", "", Map.of("0", "slot = 0", "254", "slot = 254")),
                "255",
                "slot = 255 is out of range; it must be from 0 to 254;"
                        + " write a number in that range, as slot = 0",
                "-1",
                "slot = -1 is out of range; it must be from 0 to 254;"
                        + " write a number in that range, as slot = 0"));
    }

    private static void addDisk(List<Case> cases) {
        cases.add(bad(
                of(
                        In.EXPORT,
                        "path",
                        "",
                        Map.of(
                                "\"/a b\"",
                                "path = \"/a b\"",
                                "\"vg/lv\"",
                                "path = \"vg/lv\"",
                                "\"nbd+unix:///x?socket=/s\"",
                                "path = \"nbd+unix:///x?socket=/s\"",
                                "\"nbd://h/x\"",
                                "path = \"nbd://h:10809/x\"")),
                "\" \"",
                "path is empty; it must name something; write path = \"/srv/disk.img\","
                        + " or leave it out",
                "\"nbd+unix:///x\"",
                "`nbd+unix:///x` is no NBD address; it names no socket;"
                        + " write nbd://HOST:PORT/NAME or nbd+unix:///NAME?socket=PATH",
                "\"a\\u0000\"",
                "`a?` is no path; Nul character not allowed;"
                        + " name a file, a block device or VG/LV"));
        cases.add(bad(
                of(In.EXPORT, "uuid", "", Map.of("\"1234-ABCD\"", "uuid = \"1234-ABCD\"")),
                "\"UUID=1234-ABCD\"",
                "`UUID=1234-ABCD` is no UUID; one has letters, digits and dashes only;"
                        + " write \"1234-ABCD\"",
                "\"/dev/sda\"",
                "`/dev/sda` is no UUID; one has letters, digits and dashes only;"
                        + " take it from `blkid` or `lvs -o lv_uuid`",
                "1234",
                "uuid = 1234 is a whole number; it must be a string, in quotes;"
                        + " write uuid = \"0b11a2c3-5a5d-4e0e-9d5c-1f2e3d4c5b6a\""));
        for (String key : List.of("offset", "length")) {
            cases.add(bad(
                    of(In.EXPORT, key, key + " = 0", Map.of("8", key + " = 8")),
                    "-8",
                    key + " = -8 is out of range; it must be from 0 to 281474976710655;"
                            + " write a number in that range, as " + key + " = 0",
                    "\"1k\"",
                    key + " = \"1k\" is a string; it must be a whole number from 0 to"
                            + " 281474976710655; write " + key + " = 0"));
        }
    }

    private static void addNumbers(List<Case> cases) {
        cases.add(bad(
                of(
                        In.EXPORT,
                        "queue-length",
                        "queue-length = 64",
                        Map.of("2", "queue-length = 2", "1_024", "queue-length = 1024")),
                "1",
                "queue-length = 1 is out of range; it must be from 2 to 1024;"
                        + " write a number in that range, as queue-length = 64",
                "1025",
                "queue-length = 1025 is out of range; it must be from 2 to 1024;"
                        + " write a number in that range, as queue-length = 64",
                "32.0",
                "queue-length = 32.0 is a number with a fraction; it must be a whole number from 2"
                        + " to 1024; write queue-length = 64",
                "\"32\"",
                "queue-length = \"32\" is a string; it must be a whole number from 2 to 1024;"
                        + " write queue-length = 32"));
        cases.add(bad(
                of(In.EXPORT, "sectors", "sectors = 0", Map.of("255", "sectors = 255")),
                "256",
                "sectors = 256 is out of range; it must be from 0 to 255;"
                        + " write a number in that range, as sectors = 0",
                "[2]",
                "sectors is a list; it must be a whole number from 0 to 255; write sectors = 0"));
        cases.add(bad(
                of(
                        In.EXPORT,
                        "max-frame-age",
                        "max-frame-age = 500",
                        Map.of("1", "max-frame-age = 1", "60000", "max-frame-age = 60000")),
                "0",
                "max-frame-age = 0 is out of range; it must be from 1 to 60000;"
                        + " write a number in that range, as max-frame-age = 500",
                "true",
                "max-frame-age = true is a boolean; it must be a whole number from 1 to 60000;"
                        + " write max-frame-age = 500"));
    }

    private static void addSwitches(List<Case> cases) {
        Map<String, String> unsaid = new LinkedHashMap<>();
        unsaid.put("direct-io", "");
        unsaid.put("trace-io", "trace-io = false");
        unsaid.put("broadcast", "broadcast = false");
        unsaid.put("read-only", "read-only = false");
        unsaid.forEach((key, line) -> cases.add(bad(
                of(
                        In.EXPORT,
                        key,
                        line,
                        Map.of("true", key + " = true", "false", key + " = false")),
                "\"true\"",
                key + " = \"true\" is a string; it must be true or false, without quotes;"
                        + " write " + key + " = true",
                "\"off\"",
                key + " = \"off\" is a string; it must be true or false, without quotes;"
                        + " write " + key + " = false",
                "2024-01-01",
                key + " is a date or a time; it must be true or false, without quotes;" + " write "
                        + key + " = true or " + key + " = false")));
        cases.add(bad(
                of(
                        In.EXPORT,
                        "write-cache",
                        "write-cache = \"on\"",
                        Map.of(
                                "\"off\"",
                                "write-cache = \"off\"",
                                "\"on\"",
                                "write-cache = \"on\"")),
                "true",
                "write-cache = true is a boolean; it must be \"on\" or \"off\", in quotes;"
                        + " write write-cache = \"on\"",
                "\"no\"",
                "write-cache = \"no\" is not known; it must be \"on\" or \"off\", in quotes;"
                        + " write write-cache = \"off\"",
                "\"writeback\"",
                "write-cache = \"writeback\" is not known; it must be \"on\" or \"off\", in quotes;"
                        + " write write-cache = \"on\" or write-cache = \"off\""));
        cases.add(bad(
                of(
                        In.EXPORT,
                        "trace-file",
                        "",
                        Map.of("\"/tmp/x.pcap\"", "trace-file = \"/tmp/x.pcap\"")),
                "\"/nowhere/x.pcap\"",
                "trace-file /nowhere/x.pcap cannot be written; there is no directory /nowhere;"
                        + " name a file in a directory that is there, or make it: mkdir -p"
                        + " /nowhere",
                "\"/tmp\"",
                "trace-file /tmp cannot be written; /tmp is a directory;"
                        + " name a file in it: /tmp/trace.pcap"));
    }

    private static void addAccess(List<Case> cases) {
        cases.add(bad(
                of(
                        In.EXPORT,
                        "interfaces",
                        "interfaces = [\"eth0\"]",
                        Map.of(
                                "[\"eth*\", \"unix:/s\", \"eth*\"]",
                                "interfaces = [\"eth*\", \"unix:/s\"]")),
                "[]",
                "interfaces is empty; an export is served on at least one;"
                        + " write interfaces = [\"eth0\"], or leave it out for that",
                "\"eth1\"",
                "interfaces = \"eth1\" is a string; it must be a list of strings;"
                        + " write interfaces = [\"eth1\"]"));
        cases.add(bad(
                of(
                        In.EXPORT,
                        "policy",
                        "policy = \"accept\"",
                        Map.of("\"reject\"", "policy = \"reject\"")),
                "\"deny\"",
                "policy = \"deny\" is not known; it must be \"accept\" or \"reject\", in quotes;"
                        + " write policy = \"accept\" or policy = \"reject\""));
        cases.add(bad(
                of(
                        In.EXPORT,
                        "rights",
                        "",
                        Map.of(
                                "{ write = [\"" + B + "\", \"" + A + "\"] }",
                                "rights = { write = [\"" + A + "\", \"" + B + "\"] }")),
                "[\"" + A + "\"]",
                "rights is a list; it must be a table;"
                        + " write rights = { write = [\"hosts\"] }"));
        for (String key : List.of("deny", "accept")) {
            cases.add(
                    macs(In.EXPORT, key, key + " = []", key + " = [\"" + A + "\", \"" + B + "\"]"));
        }
        for (String key : Keys.OF_RIGHTS) {
            String line = "rights = { " + key + " = [\"" + A + "\", \"" + B + "\"] }";
            cases.add(macs(In.RIGHTS, key, "", line));
        }
    }

    private static Case macs(In in, String key, String unsaid, String line) {
        String list = "[\"02-00-00-00-00-0B\", \"2:0:0:0:0:a\", \"" + A + "\"]";
        return bad(
                of(in, key, unsaid, Map.of(list, line)),
                "\"" + A + "\"",
                key + " = \"" + A + "\" is a string; it must be a list of strings;" + " write "
                        + key + " = [\"" + A + "\"]");
    }

    private static final Map<In, Map<String, String>> LEAST = Map.of(
            In.NODE, NodeKeyCases.LEAST,
            In.DISK, Map.of("address", "\"e9.0\""),
            In.MIRROR, Map.of("name", "\"m\""),
            In.VOLUME, Map.of("path", "\"vg/lv\""));

    /** With what it stands beside: a name, and where it is offered. */
    private static String heldText(Case known, String value) {
        Map<String, String> keys = new LinkedHashMap<>(LEAST.get(known.in()));
        if (Keys.OF_FRONT.contains(known.key()) && !known.key().equals("read-only")) {
            keys.put("nbd", "\"unix:/socket\"");
        }
        keys.put(known.key(), value);
        StringBuilder text = new StringBuilder(header(known.in()));
        keys.forEach((key, v) -> text.append(key).append(" = ").append(v).append('\n'));
        return text.toString();
    }

    private static String header(In in) {
        if (in == In.NODE) {
            return NodeKeyCases.HEADER;
        }
        return "[[" + in.name().toLowerCase(java.util.Locale.ROOT) + "]]\n";
    }

    private static String text(Case known, String value) {
        if (LEAST.containsKey(known.in())) {
            return heldText(known, value);
        }
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("shelf", "1");
        keys.put("slot", "2");
        keys.put("path", "\"/srv/d\"");
        String before = "";
        switch (known.in()) {
            case FILE -> before = known.key() + " = " + value + "\n";
            case API ->
                before = "[api]\n" + paired(known.key()) + known.key() + " = " + value + "\n";
            case INTERFACE -> before = "[interface.eth0]\n" + known.key() + " = " + value + "\n";
            case RIGHTS -> keys.put("rights", "{ " + known.key() + " = " + value + " }");
            case EXPORT -> {
                if (known.key().equals("uuid")) {
                    keys.remove("path");
                }
                keys.remove(known.key());
                keys.put(known.key(), value);
            }
            case NODE, DISK, MIRROR, VOLUME -> throw new AssertionError("has a text of its own");
        }
        StringBuilder text = new StringBuilder(before).append("[[export]]\n");
        keys.forEach((key, v) -> text.append(key).append(" = ").append(v).append('\n'));
        return text.toString();
    }

    /** The other of the two that stand together. */
    private static String paired(String key) {
        return switch (key) {
            case "certificate" -> "key = \"/k\"\n";
            case "key" -> "certificate = \"/c\"\n";
            default -> "";
        };
    }

    private static List<String> effective(String text) {
        NodeSettings settings = SettingsFile.parse(text, FILE, NO_ETHERS);
        return SettingsText.of(settings).lines().toList();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aKeyThatIsLeftOutHasItsDefault(Case known) {
        String least = "[interface.eth0]\n[[export]]\nshelf = 1\nslot = 2\npath = \"/d\"\n";
        Map<String, String> held = LEAST.getOrDefault(known.in(), Map.of());
        if (!held.isEmpty()) {
            StringBuilder text = new StringBuilder(header(known.in()));
            held.forEach((key, v) -> text.append(key).append(" = ").append(v).append('\n'));
            least = text.toString();
        }
        List<String> lines = effective(least);
        if (known.unsaid().isEmpty()) {
            boolean must = held.isEmpty()
                    ? List.of("shelf", "slot", "path").contains(known.key())
                    : held.containsKey(known.key());
            assertThat(lines.stream().anyMatch(line -> line.startsWith(known.key() + " = ")))
                    .isEqualTo(must);
        } else {
            assertThat(lines).contains(known.unsaid());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aGoodValueIsTaken(Case known) {
        assertThat(known.good()).isNotEmpty();
        known.good()
                .forEach((value, line) ->
                        assertThat(effective(text(known, value))).contains(line));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aBadValueIsToldWhereAndWhyAndWhatToWrite(Case known) {
        assertThat(known.bad()).isNotEmpty();
        known.bad().forEach((value, error) -> {
            String text = text(known, value);
            int line = 1
                    + text.lines()
                            .toList()
                            .indexOf(text.lines()
                                    .filter(one -> one.contains(known.key() + " = " + value))
                                    .findFirst()
                                    .orElseThrow());
            int column = known.in() == In.RIGHTS ? "rights = { ".length() + 1 : 1;
            assertThatThrownBy(() -> effective(text))
                    .isInstanceOfSatisfying(
                            SettingsException.class,
                            refused -> assertThat(refused.problems())
                                    .extracting(problem -> problem.toText("t.toml"))
                                    .containsExactly(
                                            "t.toml:%d:%d: %s".formatted(line, column, error)));
        });
    }

    @Test
    void eachPlaceOfAPhysicalVolumeIsCheckedWhereItStands() {
        assertThatThrownBy(() -> effective("devices = [7, \"read-only:/a\"]\n"))
                .isInstanceOfSatisfying(
                        SettingsException.class,
                        refused -> assertThat(refused.problems())
                                .extracting(problem -> problem.toText("t.toml"))
                                .containsExactly(
                                        "t.toml:1:12: an element of devices = 7 is a whole number;"
                                                + " each must be a string, in quotes; write"
                                                + " devices = [\"/dev/sdb\"]",
                                        "t.toml:1:15: `read-only:/a` is no place of a physical"
                                                + " volume; one lies on a file, a block device, an"
                                                + " NBD server or an AoE disk, not decorated;"
                                                + " decorate what is served: read-only:VG/LV"));
    }

    @Test
    void anAoeDiskIsReachedByItsOwnInterfacesOrThoseOfItsExportOrOfTheDefaults() {
        String text = """
            devices = ["e7.0", "e7.1@eth9"]
            [defaults]
            interfaces = ["eth2"]
            [[export]]
            shelf = 1
            slot = 0
            path = "e2.0"
            [[export]]
            shelf = 1
            slot = 1
            path = "read-only:e2.1@eth3@eth4"
            interfaces = ["eth*"]
            """;
        NodeSettings read = SettingsFile.parse(text, FILE, NO_ETHERS);
        assertThat(read.places().named())
                .extracting(Object::toString)
                .containsExactly("e7.0@eth2", "e7.1@eth9");
        assertThat(read.exports())
                .extracting(spec -> spec.backing().toString())
                .containsExactly("e2.0@eth2", "read-only:e2.1@eth3@eth4");
    }

    @Test
    void everyKeyHasACase() {
        TreeSet<String> known = new TreeSet<>(Keys.OF_EXPORT);
        known.addAll(Keys.OF_INTERFACE);
        known.addAll(Keys.OF_API);
        known.addAll(Keys.OF_RIGHTS);
        known.add(Keys.NAME);
        known.add(Keys.STATE);
        known.add(Keys.DEVICES);
        assertThat(cases())
                .filteredOn(one -> !LEAST.containsKey(one.in()))
                .extracting(Case::key)
                .containsExactlyInAnyOrderElementsOf(known);
        Map.of(
                        In.NODE, Keys.OF_NODE,
                        In.DISK, Keys.OF_DISK,
                        In.MIRROR, Keys.OF_MIRROR,
                        In.VOLUME, Keys.OF_VOLUME)
                .forEach((in, keys) -> assertThat(cases())
                        .filteredOn(one -> one.in() == in)
                        .extracting(Case::key)
                        .containsExactlyInAnyOrderElementsOf(keys));
    }

    @Test
    void acceptTurnsThePolicyOverAndAnEmptyListOfItIsOne() {
        String least = "[[export]]\nshelf = 1\nslot = 2\npath = \"/d\"\n";
        assertThat(effective(least)).contains("policy = \"accept\"");
        assertThat(effective(least + "accept = []\n")).contains("policy = \"reject\"");
        assertThat(effective(least + "accept = [\"" + A + "\"]\npolicy = \"accept\"\n"))
                .contains("policy = \"accept\"");
    }
}
