// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import static etherbay.initiator.conform.Rule.must;
import static etherbay.initiator.conform.Rule.should;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Payload;
import etherbay.initiator.Reply;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** AoE command 1: discovery, and the string that users claim a disk by. AoEr11 section 3.2. */
final class ConfigRules {
    private static final String SPEC = "AoEr11 3.2";
    private static final int BUFFERS_MIN = 2;

    /** Where version and subcommand stand. */
    private static final int VERSION_COMMAND_AT = 29;

    private static final int STRING_LENGTH_AT = 30;
    private static final byte[] NODE1 = ascii("host:node1");
    private static final byte[] NODE2 = ascii("host:node2");

    private ConfigRules() {}

    static List<Rule> rules() {
        return Stream.of(queries(), tests(), sets()).flatMap(List::stream).toList();
    }

    private static List<Rule> queries() {
        return List.of(
                must(
                        "config.read",
                        "a broadcast query of iPXE, 32 bytes long, is answered",
                        "iPXE aoe.c; " + SPEC,
                        ConfigRules::readAsIpxe),
                must(
                        "config.read.filled",
                        "a query as long as the MTU that states a string of 1024 bytes is answered",
                        "aoeping of aoetools",
                        ConfigRules::readAsAoeping),
                should(
                        "config.read.length",
                        "the string length of a query to read is not looked at",
                        SPEC,
                        ConfigRules::readWithLength),
                should(
                        "config.version",
                        "answers carry version 1 and the subcommand",
                        SPEC,
                        ConfigRules::version),
                must(
                        "config.buffers",
                        "the buffer count is 2 or more",
                        "Linux aoecmd.c halves it for a new target",
                        ConfigRules::buffers),
                must(
                        "config.sectors",
                        "no more sectors are stated than fit the MTU behind 36 bytes",
                        "Linux aoecmd.c; vblade, ggaoed, qaoed",
                        ConfigRules::sectors),
                should(
                        "config.sectors.stated",
                        "as many sectors are stated as fit the MTU, not 0 and not fewer",
                        "Linux sends 1 KiB at a time otherwise",
                        ConfigRules::sectorsStated));
    }

    private static List<Rule> tests() {
        return List.of(
                must(
                        "config.test",
                        "a test of the whole string is answered",
                        SPEC,
                        ConfigRules::test),
                must(
                        "config.test.differs",
                        "a test of another string is met by silence",
                        SPEC,
                        ConfigRules::testDiffers),
                must(
                        "config.prefix",
                        "a test of a part that the string begins with, or of nothing, is answered",
                        SPEC,
                        ConfigRules::prefix),
                must(
                        "config.prefix.differs",
                        "a test of what the string does not begin with is met by silence",
                        SPEC,
                        ConfigRules::prefixDiffers),
                should(
                        "config.unknown",
                        "an unknown subcommand is refused with error 2",
                        "captured from vblade",
                        ConfigRules::unknown),
                must(
                        "config.cut",
                        "a string that does not fit its frame is met by silence",
                        "no standard; the bytes behind a frame are not the sender's",
                        ConfigRules::cut),
                must(
                        "config.too-long",
                        "a string of more than 1024 bytes is met by silence",
                        SPEC,
                        ConfigRules::tooLong));
    }

    private static List<Rule> sets() {
        return List.of(
                must(
                                "config.set",
                                "an empty string is set and shown",
                                "captured from aoecfg",
                                ConfigRules::set)
                        .changingState(),
                should(
                                "config.set.same",
                                "setting what it is already is no error",
                                "vblade; a lost answer is asked for again",
                                ConfigRules::setSame)
                        .changingState(),
                must(
                                "config.set.present",
                                "another string is not overwritten: error 4 and the present one",
                                "captured from aoecfg; the loser of a race for a disk sees it",
                                ConfigRules::setPresent)
                        .changingState(),
                must(
                                "config.force",
                                "a forced set overwrites another string, with an empty one too",
                                "captured from aoecfg",
                                ConfigRules::force)
                        .changingState(),
                must(
                                "config.test.part",
                                "a test of the beginning of the string is met by silence",
                                "captured from aoecfg",
                                ConfigRules::testPart)
                        .changingState(),
                should(
                                "config.string.1024",
                                "a string of 1024 bytes of any value is kept",
                                SPEC,
                                ConfigRules::longest)
                        .changingState());
    }

    private static void readAsIpxe(Trial trial) {
        Captured query = Captured.frame("ipxe-sanboot", 0);
        Reply reply = trial.askAt(HeaderRules.broadcast(trial), query::addressed);
        trial.expectLike(
                Captured.frame("ipxe-sanboot", 1), reply, VERSION_COMMAND_AT, STRING_LENGTH_AT);
        trial.configString(reply);
    }

    private static void readAsAoeping(Trial trial) {
        Captured query = Captured.frame("aoeping-identify", 0);
        Reply reply = trial.ask(query::addressed);
        trial.expectLike(
                Captured.frame("aoeping-identify", 1), reply, VERSION_COMMAND_AT, STRING_LENGTH_AT);
        trial.configString(reply);
    }

    private static void readWithLength(Trial trial) {
        trial.configString(trial.ask(frames -> {
            MemorySegment frame = frames.configQuery();
            ConfigHeader.stringBytes(frame, 0, ConfigHeader.STRING_BYTES_MAX);
            return frame;
        }));
    }

    private static void version(Trial trial) {
        byte[] string = trial.configString();
        for (int command : new int[] {ConfigHeader.READ, ConfigHeader.TEST, ConfigHeader.PREFIX}) {
            byte[] sent = command == ConfigHeader.READ ? new byte[0] : string;
            Reply reply = trial.ask(Trial.config(command, sent));
            ConfigHeader.Fields got = reply.config()
                    .orElseThrow(() -> Verdict.deviation("a config answer", reply.toString()));
            trial.expect("version", AoeHeader.VERSION, got.version());
            trial.expect("subcommand", command, got.command());
        }
    }

    private static void buffers(Trial trial) {
        int count = trial.subject().config().bufferCount();
        trial.expectThat(count >= BUFFERS_MIN, "at least " + BUFFERS_MIN + " buffers", count);
    }

    private static void sectors(Trial trial) {
        int carried = Payload.sectors(trial.subject().mtu());
        int stated = trial.subject().config().sectorsMax();
        trial.expectThat(
                stated <= carried,
                "at most %d sectors at an MTU of %d"
                        .formatted(carried, trial.subject().mtu()),
                stated);
    }

    private static void sectorsStated(Trial trial) {
        int carried = Payload.sectors(trial.subject().mtu());
        int stated = trial.subject().config().sectorsMax();
        trial.expectThat(
                stated >= carried,
                "%d sectors at an MTU of %d".formatted(carried, trial.subject().mtu()),
                stated);
    }

    private static void test(Trial trial) {
        byte[] string = trial.configString();
        Reply reply = trial.ask(Trial.config(ConfigHeader.TEST, string));
        trial.expectTaken(reply);
        trial.expectSame("the string", string, trial.configString(reply));
    }

    private static void testDiffers(Trial trial) {
        trial.silent(Trial.config(ConfigHeader.TEST, different(trial.configString())));
    }

    private static void prefix(Trial trial) {
        byte[] string = trial.configString();
        for (int bytes : new int[] {0, string.length / 2, string.length}) {
            byte[] part = Arrays.copyOf(string, bytes);
            Reply reply = trial.ask(Trial.config(ConfigHeader.PREFIX, part));
            trial.expectTaken(reply);
            trial.expectSame("the string", string, trial.configString(reply));
        }
    }

    private static void prefixDiffers(Trial trial) {
        trial.silent(Trial.config(ConfigHeader.PREFIX, different(trial.configString())));
    }

    /** Not the string, and nothing that it begins with. */
    private static byte[] different(byte[] string) {
        byte[] other =
                Arrays.copyOf(string, Math.min(string.length + 1, ConfigHeader.STRING_BYTES_MAX));
        other[other.length - 1] ^= 0x2a;
        return other;
    }

    private static void unknown(Trial trial) {
        Reply reply = trial.ask(Captured.frame("vblade-refused", 4)::addressed);
        trial.expectLike(
                Captured.frame("vblade-refused", 5), reply, VERSION_COMMAND_AT, STRING_LENGTH_AT);
    }

    private static void cut(Trial trial) {
        trial.silent(frames -> {
            MemorySegment frame = frames.configQuery();
            ConfigHeader.versionCommand(frame, 0, 0, ConfigHeader.TEST);
            ConfigHeader.stringBytes(frame, 0, ConfigHeader.STRING_BYTES_MAX);
            return frame;
        });
        // Padded on its way it states the length 400h, which does not fit either.
        trial.silent(frames -> {
            MemorySegment frame = frames.configQuery();
            ConfigHeader.versionCommand(frame, 0, 0, ConfigHeader.PREFIX);
            frame.set(ValueLayout.JAVA_BYTE, STRING_LENGTH_AT, (byte) 4);
            return frame.asSlice(0, ConfigHeader.END - 1);
        });
    }

    private static void tooLong(Trial trial) {
        byte[] string = new byte[ConfigHeader.STRING_BYTES_MAX + 1];
        byte[] present = trial.configString();
        System.arraycopy(present, 0, string, 0, present.length);
        trial.silent(Trial.config(ConfigHeader.PREFIX, string));
        trial.silent(Trial.config(ConfigHeader.TEST, string));
    }

    private static void set(Trial trial) {
        trial.force(new byte[0]);
        Reply reply = trial.ask(Captured.frame("aoecfg-set", 0)::addressed);
        trial.expectLike(
                Captured.frame("aoecfg-set", 1),
                reply,
                VERSION_COMMAND_AT,
                ConfigHeader.END + NODE1.length);
        trial.expectSame("the string read back", NODE1, trial.configString());
    }

    private static void setSame(Trial trial) {
        trial.force(NODE1);
        Reply reply = trial.ask(Trial.config(ConfigHeader.SET, NODE1));
        trial.expectTaken(reply);
        trial.expectSame("the string", NODE1, trial.configString(reply));
    }

    private static void setPresent(Trial trial) {
        trial.force(NODE1);
        Reply reply = trial.ask(Captured.frame("aoecfg-set-present", 0)::addressed);
        trial.expectLike(
                Captured.frame("aoecfg-set-present", 1),
                reply,
                VERSION_COMMAND_AT,
                ConfigHeader.END + NODE1.length);
        trial.expectSame("the string read back", NODE1, trial.configString());
    }

    private static void force(Trial trial) {
        trial.force(NODE2);
        Reply reply = trial.ask(Captured.frame("aoecfg-force", 0)::addressed);
        byte[] node3 = ascii("host:node3");
        trial.expectLike(
                Captured.frame("aoecfg-force", 1),
                reply,
                VERSION_COMMAND_AT,
                ConfigHeader.END + node3.length);
        trial.expectSame("the string read back", node3, trial.configString());
        trial.force(new byte[0]);
        trial.expectSame("the string read back", new byte[0], trial.configString());
    }

    private static void testPart(Trial trial) {
        trial.force(NODE1);
        trial.silent(Captured.frame("aoecfg-test-silence", 0)::addressed);
        Reply whole = trial.ask(Captured.frame("aoecfg-test", 0)::addressed);
        trial.expectLike(
                Captured.frame("aoecfg-test", 1),
                whole,
                VERSION_COMMAND_AT,
                ConfigHeader.END + NODE1.length);
    }

    private static void longest(Trial trial) {
        byte[] string = Arrays.copyOf(trial.pattern(2), ConfigHeader.STRING_BYTES_MAX);
        trial.force(string);
        trial.expectSame("the string read back", string, trial.configString());
        trial.expectSame(
                "the string tested",
                string,
                trial.configString(trial.ask(Trial.config(ConfigHeader.TEST, string))));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
