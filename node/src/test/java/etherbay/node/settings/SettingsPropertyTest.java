// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.NodeCertificate;
import etherbay.admin.PeerSpec;
import etherbay.base.MacAddress;
import etherbay.base.Prng;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.nbd.NbdAddress;
import etherbay.nbd.TlsMode;
import etherbay.node.ApiSpec;
import etherbay.node.BackingName;
import etherbay.node.ExportSpec;
import etherbay.node.InterfaceSettings;
import etherbay.node.NodeSettings;
import etherbay.node.NodesSpec;
import etherbay.node.held.HeldSpec;
import etherbay.node.volume.VolumePlaces;
import etherbay.sim.Property;
import etherbay.sim.Property.Gen;
import etherbay.target.AccessRules;
import etherbay.target.AccessRules.Right;
import etherbay.target.ExportSettings;

import org.junit.jupiter.api.Test;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What holds for any text, and for any settings. */
final class SettingsPropertyTest {
    private static final Path FILE = Path.of("t.toml");
    private static final Path NO_ETHERS = Path.of("/nowhere/ethers");

    /** What files are made of, so that texts come near to some. */
    private static final List<String> PIECES = List.of(
            "[[export]]\n",
            "[acl]\n",
            "[api]\n",
            "[nodes.a]\n",
            "certificate",
            "[[disk]]\n",
            "[[mirror]]\n",
            "[[volume]]\n",
            "address",
            "fail-after",
            "name",
            "legs",
            "nbd",
            "tls",
            "[defaults]\n",
            "[interface.eth0]\n",
            "[interface.\"e*\"]\n",
            "shelf",
            "slot",
            "path",
            "uuid",
            "offset",
            "length",
            "interfaces",
            "queue-length",
            "sectors",
            "direct-io",
            "write-cache",
            "trace-io",
            "trace-file",
            "deny",
            "accept",
            "policy",
            "rights",
            "max-frame-age",
            "mtu",
            "buffers",
            "hosts",
            "state",
            "read",
            " = ",
            " = ",
            " = ",
            "\n",
            "\n",
            "\n",
            "1",
            "0",
            "-7",
            "4095",
            "\"on\"",
            "true",
            "[",
            "]",
            "{ ",
            " }",
            ", ",
            "\"hosts\"",
            "\"02:00:00:00:00:01\"",
            "\"ff:ff:ff:ff:ff:ff\"",
            "\"\"",
            "\"nbd:x\"",
            "\"faulty:p=0.01:",
            "delay:ms=",
            "\"\\u0000\"",
            "\"unix:\"",
            "#",
            "'",
            "\"",
            ".",
            "1979-05-27",
            "nan",
            "\u0000",
            "\ud800",
            "\u00e9",
            "9223372036854775808",
            "\"\"\"\n");

    private static final List<String> DECORATIONS = List.of(
            "", "", "trace:", "delay:ms=0.5,iops=9:", "read-only:faulty:p=0.01,seed=7:trace:");

    private static Gen<String> texts() {
        return (prng, size) -> {
            StringBuilder text = new StringBuilder();
            int count = prng.between(0, size);
            for (int index = 0; index < count; index++) {
                text.append(pick(prng, PIECES));
            }
            return text.toString();
        };
    }

    /** A good file with a few pieces put in, or cut out. */
    private static Gen<String> damaged() {
        return (prng, size) -> {
            StringBuilder text = new StringBuilder(SettingsText.of(settings(prng, 1 + size / 64)));
            int count = prng.between(1, 3);
            for (int index = 0; index < count; index++) {
                int at = prng.between(0, text.length());
                if (prng.between(0, 1) == 0) {
                    text.insert(at, pick(prng, PIECES));
                } else {
                    text.delete(at, Math.min(text.length(), at + prng.between(1, 8)));
                }
            }
            return text.toString();
        };
    }

    private static <T> T pick(Prng prng, List<T> some) {
        return some.get(prng.between(0, some.size() - 1));
    }

    private static void readOrRefused(String text) {
        try {
            assertThat(SettingsFile.parse(text, FILE, NO_ETHERS)).isNotNull();
        } catch (SettingsException refused) {
            assertThat(refused.problems()).isNotEmpty().allSatisfy(problem -> {
                assertThat(problem.line()).isBetween(1, 1 + (int) text.lines().count());
                assertThat(problem.column()).isPositive();
                assertThat(problem.toText("t.toml").lines()).hasSize(1);
            });
        }
    }

    @Test
    void anyTextGivesSettingsOrProblemsWithPositions() {
        Property.check("any text", 3000, texts(), SettingsPropertyTest::readOrRefused);
        Property.check("damaged text", 3000, damaged(), SettingsPropertyTest::readOrRefused);
    }

    @Test
    void settingsAreReadBackAsTheyWere() {
        Property.check(
                "settings as text",
                1000,
                (prng, size) -> settings(prng, 1 + size / 16),
                settings -> assertThat(
                                SettingsFile.parse(SettingsText.of(settings), FILE, NO_ETHERS))
                        .isEqualTo(settings));
    }

    private static NodeSettings settings(Prng prng, int countMax) {
        Map<String, InterfaceSettings> interfaces = new TreeMap<>();
        for (int index = prng.between(0, 4); index > 0; index--) {
            String pattern = pick(prng, List.of("eth0", "eth*", "a.b", "unix:/s", "\"q\"", "é?"));
            int mtuMax = pick(prng, List.of(0, 548, 1500, 65535));
            interfaces.put(
                    pattern, new InterfaceSettings(pattern, mtuMax, prng.between(1, 4096) * 65536));
        }
        List<ExportSpec> exports = new ArrayList<>();
        for (int slot = prng.between(0, countMax); slot > 0; slot--) {
            exports.add(export(prng, slot));
        }
        ApiSpec api = api(prng);
        return new NodeSettings(
                Path.of(word(prng)),
                VolumePlaces.ofTheSystem(),
                api,
                nodes(prng, api),
                List.copyOf(interfaces.values()),
                exports,
                held(prng));
    }

    private static NodesSpec nodes(Prng prng, ApiSpec api) {
        List<PeerSpec> all = new ArrayList<>();
        if (api.certificate().isPresent()) {
            for (String name : pick(
                    prng,
                    List.of(List.<String>of(), List.of("node3"), List.of("node3", "node2")))) {
                Path file = Path.of(NodeKeyCases.pem(name).replace("\"", ""));
                URI address = URI.create(
                        name.equals("node2") ? "https://h:1" : "https://[fe80::1]:65535");
                all.add(new PeerSpec(
                        pick(prng, List.of("a.b-", "9_", "X")) + name,
                        address,
                        file,
                        NodeCertificate.read(file)));
            }
        }
        Optional<String> name = prng.chance(0.5) ? Optional.empty() : Optional.of("n-1.x");
        return new NodesSpec(name, all);
    }

    private static ApiSpec api(Prng prng) {
        Optional<Path> file = Optional.of(Path.of("/f/" + word(prng)));
        boolean tls = prng.between(0, 1) == 0;
        List<String> places = List.of("127.0.0.1:1", "[fe80::1]:65535", "node1.example:8420");
        return pick(
                prng,
                List.of(
                        ApiSpec.NONE,
                        new ApiSpec(
                                Optional.of(ApiSpec.address(pick(prng, places))),
                                tls ? file : Optional.empty(),
                                tls ? file : Optional.empty(),
                                prng.between(0, 1) == 0 ? file : Optional.empty())));
    }

    /** At most one of each kind: what clashes has tests of its own. */
    private static List<HeldSpec> held(Prng prng) {
        List<HeldSpec> held = new ArrayList<>();
        if (prng.between(0, 2) == 0) {
            held.add(new HeldSpec.Disk(
                    new DiskAddress(5000, prng.between(0, 254)),
                    List.of("eth0", "unix:/a b"),
                    pick(prng, List.of(RemoteDiskSettings.NEVER, 500_000_000L, 7_250_000_000L)),
                    front(prng, 1),
                    prng.between(0, 1) == 0));
        }
        if (prng.between(0, 2) == 0) {
            held.add(new HeldSpec.Mirror(
                    word(prng),
                    pick(prng, List.of(List.of(), List.of("e5001.0", "/legs/" + word(prng)))),
                    List.of("eth1"),
                    prng.between(500, 600_000) * 1_000_000L,
                    prng.between(1, 3600) * 1_000_000_000L,
                    prng.between(0, 1 << 20),
                    front(prng, 2),
                    prng.between(0, 1) == 0));
        }
        if (prng.between(0, 2) == 0) {
            held.add(new HeldSpec.Volume(
                    "vg/lv" + prng.between(0, 9),
                    pick(prng, List.of(Optional.empty(), Optional.of(true), Optional.of(false))),
                    front(prng, 3),
                    prng.between(0, 1) == 0));
        }
        return held;
    }

    private static Optional<HeldSpec.Front> front(Prng prng, int number) {
        return switch (prng.between(0, 2)) {
            case 0 -> Optional.empty();
            case 1 -> Optional.of(HeldSpec.Front.at(new NbdAddress.Tcp("::1", number)));
            default ->
                Optional.of(new HeldSpec.Front(
                        new NbdAddress.Unix(Path.of("/s" + number)),
                        word(prng),
                        TlsMode.REQUIRE,
                        Optional.of(Path.of("/" + word(prng)))));
        };
    }

    private static ExportSpec export(Prng prng, int slot) {
        String name = "/srv/" + slot + word(prng);
        boolean byUuid = prng.between(0, 3) == 0;
        return new ExportSpec(
                exportSettings(prng, slot),
                List.of(pick(prng, List.of("eth0", "eth*", "unix:/a b")), "x" + word(prng)),
                byUuid
                        ? new BackingName.WithUuid("%08x-%d".formatted(prng.between(0, 9), slot))
                        : BackingName.ofPath(pick(prng, DECORATIONS) + name),
                prng.between(0, 1) == 0
                        ? Optional.empty()
                        : Optional.of(Path.of("/" + slot + word(prng))),
                pick(prng, List.of(Optional.empty(), Optional.of(true), Optional.of(false))),
                prng.between(0, 1 << 20),
                prng.between(0, 1 << 20));
    }

    private static ExportSettings exportSettings(Prng prng, int slot) {
        return ExportSettings.of(prng.between(0, 4094), slot)
                .withQueueLength(prng.between(2, 1024))
                .withSectorsMax(prng.between(0, 255))
                .withWriteCache(prng.between(0, 1) == 0)
                .withReadOnly(prng.between(0, 1) == 0)
                .withTraceIo(prng.between(0, 1) == 0)
                .withBroadcast(prng.between(0, 1) == 0)
                .withAccess(access(prng))
                .withFrameAgeNsMax(prng.between(1, 60_000) * 1_000_000L);
    }

    private static AccessRules access(Prng prng) {
        Map<Right, List<MacAddress>> rights = new EnumMap<>(Right.class);
        for (Right right : Right.values()) {
            if (prng.between(0, 2) == 0) {
                rights.put(right, macs(prng));
            }
        }
        return new AccessRules(macs(prng), macs(prng), prng.between(0, 1) == 0, rights);
    }

    private static List<MacAddress> macs(Prng prng) {
        List<MacAddress> macs = new ArrayList<>();
        for (int index = prng.between(0, 5); index > 0; index--) {
            macs.add(MacAddress.locallyAdministered(prng));
        }
        return macs;
    }

    /** Letters that need care in TOML among others. */
    private static String word(Prng prng) {
        StringBuilder word = new StringBuilder("w");
        for (int index = prng.between(0, 6); index > 0; index--) {
            word.append(pick(prng, List.of("a", " ", "\"", "\\", "\t", "\n", "'", "#", "\u007f")));
        }
        return word.toString();
    }
}
