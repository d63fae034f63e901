// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;
import etherbay.node.BackingName;
import etherbay.node.ExportSpec;
import etherbay.node.InterfaceSettings;
import etherbay.node.NodeSettings;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Tables that play together, and files that are none. */
final class SettingsFileTest {
    private static final String A = "02:00:00:00:00:0a";
    private static final String B = "02:00:00:00:00:0b";

    @TempDir
    private Path folder;

    private Path ethers() {
        return folder.resolve("ethers");
    }

    private NodeSettings parse(String text) {
        return SettingsFile.parse(text, Path.of("t.toml"), ethers());
    }

    /** What a person is told, without the name of the file. */
    private List<String> problems(String text) {
        try {
            throw new AssertionError("no problem, but " + parse(text));
        } catch (SettingsException refused) {
            assertThat(refused.code()).isEqualTo(ErrorCode.INVALID);
            return refused.problems().stream()
                    .map(problem -> problem.toText("").substring(1))
                    .toList();
        }
    }

    private static String export(int slot, String... more) {
        return "[[export]]\nshelf = 1\nslot = " + slot + "\npath = \"/srv/d" + slot + "\"\n"
                + Arrays.stream(more).map(line -> line + "\n").collect(Collectors.joining());
    }

    private static List<MacAddress> macs(String... texts) {
        return Arrays.stream(texts)
                .map(text -> MacAddress.parse(text).orElseThrow())
                .toList();
    }

    @Test
    void everyProblemIsReportedInTheOrderOfTheFile() {
        assertThat(problems("""
                [interface.eth0]
                bufers = 1
                [[export]]
                shelf = "1"
                  slot = 255
                mtu = 9000
                interfaces = ["eth0", 1, ""]
                colour = "red"
                """))
                .containsExactly(
                        "2:1: [interface.eth0] knows no key \"bufers\"; a key that nobody reads"
                                + " is a wish"
                                + " that is not granted; did you mean buffers?",
                        "3:1: an [[export]] has no path; it is the disk that is served;"
                                + " add path = \"/srv/disk.img\", or a uuid",
                        "4:1: shelf = \"1\" is a string; it must be a whole number from 0 to 65534;"
                                + " write shelf = 1",
                        "5:3: slot = 255 is out of range; it must be from 0 to 254;"
                                + " write a number in that range, as slot = 0",
                        "6:1: [[export]] knows no key \"mtu\"; it belongs into [interface.NAME];"
                                + " its keys are " + String.join(", ", Keys.OF_EXPORT),
                        "7:23: an element of interfaces = 1 is a whole number; each must be a"
                                + " string,"
                                + " in quotes; write interfaces = [\"eth0\"]",
                        "7:26: an interface has no name; it is a NIC, a glob over NICs, or a"
                                + " segment;"
                                + " write \"eth0\", \"eth*\" or \"unix:PATH\"",
                        "8:1: [[export]] knows no key \"colour\"; a key that nobody reads is a"
                                + " wish that"
                                + " is not granted; its keys are "
                                + String.join(", ", Keys.OF_EXPORT));
    }

    @Test
    void unknownTablesNameTheNearestOne() {
        assertThat(problems("[default]\nx = 1\n[[exports]]\nshelf = 1\n"))
                .extracting(line -> line.replaceAll("; .*; ", "; "))
                .containsExactly(
                        "1:1: the file knows no key \"default\"; did you mean defaults?",
                        "3:1: the file knows no key \"exports\"; did you mean export?");
    }

    @Test
    void tablesOfTheWrongShapeAreToldHowTheyLook() {
        assertThat(problems("export = 1\nacl = []\ninterface = \"eth0\"\ndefaults = true\n"))
                .containsExactly(
                        "1:1: export = 1 is a whole number; it must be a list of tables;"
                                + " write [[export]] above the keys of each",
                        "2:1: acl is a list; it must be a table; write [acl] above the lists",
                        "3:1: interface = \"eth0\" is a string; it must be a table;"
                                + " write [interface.NAME] above the keys",
                        "4:1: defaults = true is a boolean; it must be a table;"
                                + " write [defaults] above the keys");
        assertThat(problems("[export]\nshelf = 1\n").getFirst())
                .startsWith("1:1: export is a table; it must be a list of tables;");
        assertThat(problems("[interface]\nmtu = 1500\n").getFirst())
                .startsWith("2:1: mtu = 1500 is a whole number; it must be a table;");
    }

    @Test
    void whatIsNoTomlIsToldWithItsPosition() {
        assertThat(problems("[[export]]\nshelf = \nslot = 1\npath = /srv\n"))
                .extracting(line -> line.replaceAll("; .*", ""))
                .containsExactly(
                        "2:9: Unexpected end of line, expected a value",
                        "4:8: Unexpected '/', expected a value");
        assertThat(problems("state = \"a\"\nstate = \"b\"\n").getFirst())
                .startsWith("2:1: state previously defined at line 1, column 1; ");
    }

    @Test
    void whatTheLibraryStumblesOverIsToldWithItsLine() {
        String odd = "# a\nstate = { b, #\u0001\u0001";
        String told = "2:1: this line makes no sense where it stands; it has an odd character, or"
                + " what was opened before it is not closed; see docs/etherbay.toml for how it"
                + " looks";
        assertThat(problems(odd)).containsExactly(told);
        assertThat(problems(odd + "\n# c\n")).containsExactly(told);
    }

    @Test
    void defaultsServeAllThatDoNotSayOtherwise() {
        NodeSettings settings = parse("[defaults]\nqueue-length = 8\nwrite-cache = \"off\"\n"
                + "accept = [\"" + A + "\"]\nrights = { read = [] }\ninterfaces = [\"eth7\"]\n"
                + export(1)
                + export(2, "queue-length = 9", "policy = \"accept\"", "rights = { write = [] }"));
        ExportSpec plain = settings.exports().getFirst();
        ExportSpec other = settings.exports().getLast();
        assertThat(plain.settings().queueLength()).isEqualTo(8);
        assertThat(other.settings().queueLength()).isEqualTo(9);
        assertThat(other.settings().writeCache()).isFalse();
        assertThat(other.interfaces()).containsExactly("eth7");
        assertThat(plain.settings().access().acceptsOthers()).isFalse();
        assertThat(other.settings().access().acceptsOthers()).isTrue();
        assertThat(other.settings().access().accept()).isEqualTo(macs(A));
        assertThat(plain.settings().access().rights()).hasSize(1);
        assertThat(other.settings().access().rights()).hasSize(1);
    }

    @Test
    void defaultsHaveNeitherAddressNorBacking() {
        assertThat(problems("[defaults]\nshelf = 1\npath = \"/x\"\n"))
                .extracting(line -> line.replaceAll("; its keys.*", ""))
                .containsExactly(
                        "2:1: [defaults] knows no key \"shelf\"; it belongs into [[export]]",
                        "3:1: [defaults] knows no key \"path\"; it belongs into [[export]]");
    }

    @Test
    void interfacesKeepTheOrderOfTheFile() {
        assertThat(parse("[interface.\"eth*\"]\n[interface.eth0]\nmtu = 1500\n[interface.a]\n")
                        .interfaces())
                .containsExactly(
                        InterfaceSettings.of("eth*"),
                        new InterfaceSettings("eth0", 1500, 256 * 65536),
                        InterfaceSettings.of("a"));
    }

    @Test
    void listsHoldAddressesListsAndNamesOfEthers() throws IOException {
        Files.writeString(ethers(), """
                # the lab
                2:0:0:0:0:b node3   # its second port
                02:00:00:00:00:0c node3
                nonsense

                """);
        NodeSettings settings = parse("[acl]\nlab = [\"hosts\", \"node3\"]\nhosts = [\"" + A
                + "\"]\n" + export(1, "accept = [\"lab\"]", "deny = [\"hosts\", \"node3\"]"));
        assertThat(settings.exports().getFirst().settings().access().accept())
                .isEqualTo(macs(A, B));
        assertThat(settings.exports().getFirst().settings().access().deny()).isEqualTo(macs(A, B));
    }

    @Test
    void entriesThatNameNobodyAreToldWhatWasProbablyMeant() throws IOException {
        String file =
                "[acl]\nhosts = [\"node4\"]\n" + export(1, "deny = [\"hostss\", \"02:00\", \"x\"]");
        assertThat(problems(file).getFirst())
                .isEqualTo("2:10: \"node4\" is not known; it is no MAC address and no list of"
                        + " [acl], and there is no " + ethers() + ";"
                        + " add the list to [acl], or the name to " + ethers());
        Files.writeString(ethers(), A + " node3\n01:00:5e:00:00:01 all\n");
        assertThat(problems(file))
                .containsExactly(
                        "2:10: \"node4\" is not known; it is no MAC address and no list of"
                                + " [acl], and "
                                + ethers() + " does not name it; did you mean \"node3\"?",
                        "7:9: \"hostss\" is not known; it is no MAC address and no list of"
                                + " [acl], and "
                                + ethers() + " does not name it; did you mean \"hosts\"?",
                        "7:19: \"02:00\" is no MAC address; one has six hexadecimal octets;"
                                + " write it as \"02:00:00:00:00:01\"",
                        "7:28: \"x\" is not known; it is no MAC address and no list of [acl], and "
                                + ethers()
                                + " does not name it; add the list to [acl], or the name to "
                                + ethers());
        assertThat(problems("[acl]\na = [\"all\", \"ff:ff:ff:ff:ff:ff\"]\n"))
                .containsExactly(
                        "2:6: \"all\" (01:00:5e:00:00:01 in " + ethers()
                                + ") is a group address; it is"
                                + " nobody's own, so no frame comes from it; write the address"
                                + " of the"
                                + " initiator's interface, as `ip link` shows it there",
                        "2:13: \"ff:ff:ff:ff:ff:ff\" is a group address; it is nobody's own, so"
                                + " no frame"
                                + " comes from it; write the address of the initiator's"
                                + " interface, as"
                                + " `ip link` shows it there");
    }

    @Test
    void listsInACircleAreShownAsOne() {
        assertThat(problems("[acl]\na = [\"b\"]\nb = [\"c\"]\nc = [\"" + A + "\", \"b\"]\n"
                        + "d = [\"d\"]\n" + export(1, "accept = [\"a\", \"d\"]")))
                .containsExactly(
                        "4:27: the list b contains itself; by way of b -> c -> b;"
                                + " take one of these names out of its list",
                        "5:6: the list d contains itself; by way of d -> d;"
                                + " take one of these names out of its list");
    }

    @Test
    void listsAreBounded() {
        String many = IntStream.range(0, 1025)
                .mapToObj(index -> "\"02:00:00:00:%02x:%02x\"".formatted(index >> 8, index & 255))
                .collect(Collectors.joining(", ", "[", "]"));
        assertThat(problems("[acl]\nmany = " + many + "\n" + export(1, "deny = [\"many\"]")))
                .containsExactly("7:1: deny stands for 1025 addresses; a list holds at most 1024;"
                        + " name fewer, or let policy stand for them");
        StringBuilder chain = new StringBuilder("[acl]\n");
        for (int index = 0; index < AclBook.LIST_COUNT_MAX; index++) {
            chain.append("l%d = [\"l%d\"]\n".formatted(index, index + 1));
        }
        String last = "l" + AclBook.LIST_COUNT_MAX;
        assertThat(problems(chain.toString() + last + " = []\n"))
                .containsExactly(
                        "513:9: \"l512\" is not known; it is no MAC address and no list of"
                                + " [acl], and"
                                + " there is no " + ethers() + "; did you mean \"l12\"?",
                        "514:1: [acl] has more lists than 512; that is the most of one file;"
                                + " put the addresses of several lists into one");
        assertThat(problems("[acl]\n\"020000000001\" = []\n\"\" = []\n"))
                .containsExactly(
                        "2:1: \"020000000001\" is no name for a list; where it is used it would"
                                + " be an"
                                + " address; call it after the machines in it, as hosts",
                        "3:1: \"\" is no name for a list; nobody could use it;"
                                + " call it after the machines in it, as hosts");
    }

    @Test
    void anAddressIsThereOnceWhateverItsInterfaces() {
        assertThat(problems(export(1) + "[[export]]\nslot = 1\nshelf = 1\npath = \"/other\"\n"
                        + "interfaces = [\"eth9\"]\n"))
                .containsExactly("7:1: e1.1 is there twice; the one in line 1 has this address,"
                        + " and it is one disk to initiators whatever the interface; choose"
                        + " another shelf or slot; for two paths to one disk name both interfaces"
                        + " in one export");
    }

    @Test
    void aDiskHasOneWriterForEachOfItsSectors() throws IOException {
        Path disk = Files.createFile(folder.resolve("disk"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), disk);
        String first = "[[export]]\nshelf = 1\nslot = 1\npath = \"" + disk + "\"\nlength = 100\n";
        String second = "[[export]]\nshelf = 1\nslot = 2\npath = \"" + link + "\"\n";
        assertThat(problems(first + second))
                .containsExactly("9:1: " + link
                        + " is exported twice for writing; the one in line 1 exports it as"
                        + " e1.1, and initiators would overwrite each other's data; name both"
                        + " interfaces in one export, set read-only = true in all but one, or keep"
                        + " them apart with offset and length");
        assertThat(parse(first + second + "offset = 100\n").exports()).hasSize(2);
        assertThat(parse(first + second + "read-only = true\n").exports()).hasSize(2);
        assertThat(problems(first + second + "offset = 99\n")).hasSize(1);
        String uuids = """
                [[export]]
                shelf = 1
                slot = 1
                uuid = "ABCD-1234"
                [[export]]
                shelf = 1
                slot = 2
                uuid = "abcd1234"
                """;
        assertThat(problems(uuids).getFirst())
                .startsWith("8:1: UUID abcd1234 is exported twice for writing;");
    }

    @Test
    void pathAndUuidExcludeEachOther() {
        assertThat(problems("[[export]]\nshelf = 1\nslot = 1\npath = \"/a\"\nuuid = \"abcd\"\n"))
                .containsExactly("5:1: path and uuid exclude each other; both name the disk;"
                        + " leave out one of them");
        assertThat(parse("[[export]]\nshelf = 1\nslot = 1\nuuid = \"ab-CD\"\n").exports())
                .extracting(ExportSpec::backing)
                .containsExactly(new BackingName.WithUuid("ab-CD"));
    }

    @Test
    void aDecoratedDiskIsTheDiskAndItsMistakesHaveTheirPlace() {
        String two = """
                [[export]]
                shelf = 1
                slot = 1
                path = "/a"
                [[export]]
                shelf = 1
                slot = 2
                path = "faulty:p=0.01:/a"
                """;
        assertThat(problems(two).getFirst())
                .startsWith("8:1: faulty:p=0.01:/a is exported twice for writing;");
        assertThat(parse(two.replace("faulty:", "read-only:faulty:")).exports()).hasSize(2);
        assertThat(problems(two.replace("p=0.01", "q=0.01,read=1")))
                .containsExactly("8:1: faulty: knows no option `q`; it has p, reads, writes,"
                        + " flushes, lba, seed, each as NAME=VALUE, with commas between;"
                        + " did you mean p?");
        assertThat(problems("[[export]]\nshelf = 1\nslot = 1\nuuid = \"delay:ms=x:ab-cd\"\n"))
                .containsExactly("4:1: delay: ms=x cannot be; it is a number with at most 6 digits"
                        + " behind the point; write ms=NUMBER, from 0 to 60000");
    }

    @Test
    void showWarnsOfDisksThatMisbehave() {
        String text = SettingsText.of(
                parse("[[export]]\nshelf = 1\nslot = 1\nuuid = \"delay:ms=5.0:trace:ab-cd\"\n"));
        assertThat(text)
                .contains("# delay ms=5: this disk is slow on purpose\n")
                .contains("uuid = \"delay:ms=5:trace:ab-cd\"\n");
    }

    @Test
    void aTraceFileHasOneWriter() {
        String line = "trace-file = \"" + folder.resolve("x.pcap") + "\"";
        assertThat(problems("[defaults]\n" + line + "\n" + export(1) + export(2))
                        .getFirst())
                .startsWith("7:1: trace-file " + folder.resolve("x.pcap") + " is there twice;");
    }

    @Test
    void aProblemIsOneLineWhateverTheFileSays() {
        assertThat(problems("""
                        [[export]]
                        shelf = 1
                        slot = 1
                        path = "/a\\nb"
                        [[export]]
                        shelf = 1
                        slot = 2
                        path = "/a\\nb"
                        """))
                .singleElement()
                .asString()
                .startsWith("8:1: /a?b is exported twice for writing;");
    }

    @Test
    void anExportWithoutAddressIsToldSo() {
        assertThat(problems("[[export]]\npath = \"/a\"\n"))
                .containsExactly(
                        "1:1: an [[export]] has no shelf; shelf and slot are its address, which"
                                + " initiators see as eX.Y; add shelf = 0, from 0 to 65534",
                        "1:1: an [[export]] has no slot; shelf and slot are its address, which"
                                + " initiators see as eX.Y; add slot = 0, from 0 to 254");
    }

    @Test
    void anEmptyFileIsANodeWithNothingToServe() {
        assertThat(parse("").exports()).isEmpty();
        assertThat(parse("state = \"/s\"").state()).isEqualTo(Path.of("/s"));
    }

    @Test
    void aFileThatCannotBeReadSaysWhy() throws IOException {
        Path file = folder.resolve("etherbay.toml");
        assertRefused(file, ErrorCode.NOT_FOUND, "does not exist");
        assertRefused(folder, ErrorCode.INVALID, "is a directory");
        Files.write(file, new byte[SettingsFile.BYTES_MAX + 1]);
        assertRefused(file, ErrorCode.INVALID, "is too large");
        Files.writeString(file, "# caf\u00e9\n# caf\u00e9\n", StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> SettingsFile.read(file))
                .isInstanceOfSatisfying(
                        SettingsException.class,
                        refused -> assertThat(refused.toText().lines())
                                .first()
                                .isEqualTo(file
                                        + ":1:6: byte 0xe9 is no UTF-8; TOML is written in UTF-8;"
                                        + " save it as UTF-8: iconv -f ISO-8859-1 -t UTF-8"));
        Files.write(file, new byte[] {'#', '\n', (byte) 0xff});
        assertThatThrownBy(() -> SettingsFile.read(file)).hasMessageContaining("has a mistake");
    }

    private static void assertRefused(Path file, ErrorCode code, String message) {
        assertThatThrownBy(() -> SettingsFile.read(file))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(code);
                    assertThat(refused)
                            .hasMessageContaining(file.toString())
                            .hasMessageContaining(message);
                });
    }

    @Test
    void theTextOfAnErrorIsOneLineForEachProblemAndOneThatCounts() {
        assertThatThrownBy(() -> parse("a = 1\nb = 2\n"))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.toText().lines())
                                .satisfiesExactly(
                                        line -> assertThat(line).startsWith("t.toml:1:1: "),
                                        line -> assertThat(line).startsWith("t.toml:2:1: "),
                                        line -> assertThat(line)
                                                .isEqualTo("etherbay: t.toml has 2 mistakes"),
                                        line -> assertThat(line).startsWith("  do: ")));
    }
}
