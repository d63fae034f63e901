// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import static etherbay.node.settings.SettingsKeysTest.bad;

import etherbay.node.settings.SettingsKeysTest.Case;
import etherbay.node.settings.SettingsKeysTest.In;

import java.util.List;
import java.util.Map;

/** The keys of disks, mirrors and volumes, for {@link SettingsKeysTest}. */
final class HeldKeyCases {
    private HeldKeyCases() {}

    static void addTo(List<Case> cases) {
        addDiskAndMirror(cases);
        addVolume(cases);
        for (In in : List.of(In.DISK, In.MIRROR, In.VOLUME)) {
            addFront(cases, in);
        }
    }

    private static void addDiskAndMirror(List<Case> cases) {
        cases.add(bad(
                SettingsKeysTest.of(
                        In.DISK, "address", "", Map.of("\"e01.0\"", "address = \"e1.0\"")),
                "\"1.0\"",
                "`1.0` is not the address of a disk; it is not like e1.0;"
                        + " write shelf and slot as in e1.0"));
        cases.add(heldInterfaces(In.DISK));
        cases.add(bad(
                SettingsKeysTest.of(
                        In.DISK,
                        "fail-after",
                        "fail-after = 5",
                        Map.of(
                                "0.5", "fail-after = 0.5",
                                "1_000_000", "fail-after = 1000000",
                                "\"never\"", "fail-after = \"never\"")),
                "0.4",
                "fail-after = 0.4 is out of range; it must be from 0.5 to 1000000 seconds;"
                        + " write a number in that range, as fail-after = 5",
                "\"for ever\"",
                "fail-after = \"for ever\" is a string; it must be \"never\" or seconds from 0.5"
                        + " to 1000000; write fail-after = 5"));
        cases.add(bad(
                SettingsKeysTest.of(In.MIRROR, "name", "", Map.of("\"web\"", "name = \"web\"")),
                "\"\"",
                "name is empty; it must name something; write name = \"web\", or leave it out"));
        cases.add(bad(
                SettingsKeysTest.of(
                        In.MIRROR,
                        "legs",
                        "legs = []",
                        Map.of("[\"e1.0\", \"/a\"]", "legs = [\"e1.0\", \"/a\"]")),
                "\"e1.0\"",
                "legs = \"e1.0\" is a string; it must be a list of strings;"
                        + " write legs = [\"e1.0\"]"));
        cases.add(heldInterfaces(In.MIRROR));
        cases.add(seconds("leg-timeout", "1", "0.5", "600", "601"));
        cases.add(seconds("slow-timeout", "30", "1", "3600", "0.9"));
        cases.add(bad(
                SettingsKeysTest.of(
                        In.MIRROR, "sync-rate", "sync-rate = 0", Map.of("50", "sync-rate = 50")),
                "-1",
                "sync-rate = -1 is out of range; it must be from 0 to 1048576;"
                        + " write a number in that range, as sync-rate = 0"));
    }

    private static Case seconds(
            String key, String unsaid, String least, String most, String wrong) {
        return bad(
                SettingsKeysTest.of(
                        In.MIRROR,
                        key,
                        key + " = " + unsaid,
                        Map.of(least, key + " = " + least, most, key + " = " + most)),
                wrong,
                "%s = %s is out of range; it must be from %s to %s seconds;"
                                .formatted(key, wrong, least, most)
                        + " write a number in that range, as " + key + " = " + unsaid);
    }

    private static Case heldInterfaces(In in) {
        return bad(
                SettingsKeysTest.of(
                        in,
                        "interfaces",
                        "interfaces = [\"eth0\"]",
                        Map.of("[\"eth1\", \"unix:/s\"]", "interfaces = [\"eth1\", \"unix:/s\"]")),
                "[\"eth*\"]",
                "\"eth*\" may be many interfaces, and none; a disk is reached by those that are"
                        + " named; name them: interfaces = [\"eth1\"], or [\"eth1\", \"eth2\"]"
                        + " for two ways");
    }

    private static void addVolume(List<Case> cases) {
        cases.add(bad(
                SettingsKeysTest.of(
                        In.VOLUME, "path", "", Map.of("\"vg/data\"", "path = \"vg/data\"")),
                "\"/srv/a\"",
                "`/srv/a` is no logical volume; one is named by its group and its own name;"
                        + " write it as VG/LV; serve anything else as an [[export]]"));
        cases.add(bad(
                SettingsKeysTest.of(In.VOLUME, "direct-io", "", Map.of("true", "direct-io = true")),
                "\"on\"",
                "direct-io = \"on\" is a string; it must be true or false, without quotes;"
                        + " write direct-io = true"));
    }

    private static void addFront(List<Case> cases, In in) {
        cases.add(bad(
                SettingsKeysTest.of(
                        in,
                        "nbd",
                        "",
                        Map.of(
                                "\"unix:/s\"", "nbd = \"unix:/s\"",
                                "\"tcp:[::1]\"", "nbd = \"tcp:[::1]:10809\"")),
                "\"10809\"",
                "`10809` is no address for an NBD server; it begins with neither `unix:` nor"
                        + " `tcp:`; write unix:PATH or tcp:HOST:PORT, as tcp:127.0.0.1:10809"));
        cases.add(bad(
                SettingsKeysTest.of(in, "nbd-name", "", Map.of("\"a b\"", "nbd-name = \"a b\"")),
                "7",
                "nbd-name = 7 is a whole number; it must be a string, in quotes;"
                        + " write nbd-name = \"disk\""));
        cases.add(bad(
                SettingsKeysTest.of(in, "tls", "", Map.of("\"off\"", "tls = \"off\"")),
                "\"requird\"",
                "tls = \"requird\" is not known; it must be \"off\", \"allow\" or \"require\","
                        + " in quotes; write tls = \"require\""));
        cases.add(bad(
                SettingsKeysTest.of(in, "tls-dir", "", Map.of("\"/t\"", "tls-dir = \"/t\"")),
                "true",
                "tls-dir = true is a boolean; it must be a string, in quotes;"
                        + " write tls-dir = \"/etc/etherbay/tls\""));
        cases.add(bad(
                SettingsKeysTest.of(
                        in, "read-only", "read-only = false", Map.of("true", "read-only = true")),
                "1",
                "read-only = 1 is a whole number; it must be true or false, without quotes;"
                        + " write read-only = true"));
    }
}
