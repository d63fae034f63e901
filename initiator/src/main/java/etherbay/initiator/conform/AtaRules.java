// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import static etherbay.initiator.conform.Rule.must;
import static etherbay.initiator.conform.Rule.should;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AtaCommand;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.IdentifyData;
import etherbay.aoe.IdentifyData.Capability;
import etherbay.initiator.Reply;
import etherbay.initiator.Request;

import java.util.List;
import java.util.stream.Stream;

/** AoE command 0 apart from data: registers, and commands that carry none. AoEr11 section 3.1. */
final class AtaRules {
    private static final String SPEC = "AoEr11 3.1";

    /** Reserved in ACS-2, and in every edition before. */
    static final int UNSUPPORTED_OPCODE = 0x8a;

    private static final int SMART_BIT = 1;
    private static final int STATUS_UNUSED_MASK = ~(AtaHeader.STATUS_DRDY | 0x10);

    private AtaRules() {}

    static List<Rule> rules() {
        return Stream.of(registers(), flagsAndPower(), caches())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Rule> registers() {
        return List.of(
                must(
                        "ata.status",
                        "success has none of BSY, DF, DRQ and ERR set",
                        "Linux aoecmd.c",
                        AtaRules::statusOfSuccess),
                should(
                        "ata.status.ready",
                        "answers have DRDY set, also those of failures",
                        "ACS-2 6.2",
                        AtaRules::ready),
                must(
                        "ata.status.failure",
                        "a failure has ERR set, and a bit in the error register",
                        "iPXE aoe.c; ACS-2 6.3",
                        AtaRules::statusOfFailure),
                should(
                        "ata.unsupported",
                        "a command that is not supported ends with ABRT",
                        "ACS-2 6.3",
                        trial -> expectAbort(trial, Trial.command(UNSUPPORTED_OPCODE))),
                should(
                        "ata.smart",
                        "SMART that is not claimed ends with ABRT",
                        "aoeping -S; ACS-2 6.3",
                        AtaRules::smart),
                must(
                        "ata.unsupported.status",
                        "a command that is not supported is no AoE error",
                        "Linux drops those and repeats for three minutes",
                        trial -> trial.expectAtaErrorOrSilence(trial.probe(frames ->
                                frames.ata(Trial.command(UNSUPPORTED_OPCODE), new byte[0])))));
    }

    private static List<Rule> flagsAndPower() {
        return List.of(
                must(
                        "ata.cut",
                        "a frame that ends within the registers is never success",
                        "no standard; the bytes behind a frame are not the sender's",
                        AtaRules::cut),
                must(
                        "ata.flag-async",
                        "a read with flag A is answered as without",
                        SPEC,
                        trial -> flags(trial, AtaHeader.AFLAG_EXTENDED | AtaHeader.AFLAG_ASYNC)),
                should(
                        "ata.flag-extended",
                        "the command says how wide the address is, not flag E",
                        "vblade, ggaoed, kvblade",
                        trial -> flags(trial, 0)),
                should(
                        "power.check",
                        "CHECK POWER MODE says active",
                        "captured from vblade; ACS-2 7.3",
                        AtaRules::powerMode));
    }

    private static List<Rule> caches() {
        return List.of(
                must(
                        "flush",
                        "FLUSH CACHE succeeds where it is claimed, its opcode not left as status",
                        "illumos aoeblk; ACS-2 7.14",
                        trial -> flush(trial, AtaCommand.FLUSH_CACHE, Capability.FLUSH)),
                must(
                        "flush.ext",
                        "FLUSH CACHE EXT succeeds where it is claimed",
                        "illumos aoeblk; ACS-2 7.15",
                        trial -> flush(trial, AtaCommand.FLUSH_CACHE_EXT, Capability.FLUSH_EXT)),
                should(
                                "features.cache-off",
                                "SET FEATURES 82h turns the write cache off, and word 85 says so",
                                "FreeBSD; ACS-2 7.45",
                                AtaRules::cacheOff)
                        .changingState(),
                should(
                                "features.cache-on",
                                "SET FEATURES 02h turns it on again, or aborts and leaves it",
                                "FreeBSD; ACS-2 7.45",
                                AtaRules::cacheOn)
                        .changingState(),
                should(
                        "features.unknown",
                        "SET FEATURES of an unknown feature ends with ABRT",
                        "ACS-2 7.45",
                        trial -> expectAbort(
                                trial,
                                new AtaHeader.Fields(
                                        0, 0x7e, 0, AtaCommand.SET_FEATURES_OPCODE, 0))));
    }

    private static void statusOfSuccess(Trial trial) {
        for (Request request : List.<Request>of(AoeFrames::identify, frames -> frames.read(0, 1))) {
            AtaHeader.Fields got = trial.registers(trial.ask(request));
            trial.expect(
                    "bits of the status that tell of failure",
                    0,
                    got.commandStatus() & AtaHeader.STATUS_FAILED_MASK);
            trial.expect("unused bits of the status", 0, got.commandStatus() & STATUS_UNUSED_MASK);
            trial.expect("sectors left", 0, got.sectorCount());
        }
    }

    private static void ready(Trial trial) {
        for (Request request : List.<Request>of(
                AoeFrames::identify,
                frames -> frames.read(0, 1),
                frames -> frames.ata(Trial.command(UNSUPPORTED_OPCODE), new byte[0]),
                frames -> frames.read(AtaHeader.LBA48_MASK - 1, 1))) {
            Reply reply = trial.ask(request);
            trial.expectThat(
                    (trial.registers(reply).commandStatus() & AtaHeader.STATUS_DRDY) != 0,
                    "DRDY",
                    reply);
        }
    }

    private static void statusOfFailure(Trial trial) {
        for (Request request : List.<Request>of(
                frames -> frames.ata(Trial.command(UNSUPPORTED_OPCODE), new byte[0]),
                frames -> frames.read(AtaHeader.LBA48_MASK - 1, 1))) {
            Reply reply = trial.ask(request);
            trial.expectAtaError(reply);
            int error = trial.registers(reply).featureError();
            trial.expectThat(error != 0, "a bit in the error register", reply);
        }
    }

    /** As vblade answers FLUSH CACHE EXT, which it does not know. */
    private static void expectAbort(Trial trial, AtaHeader.Fields registers) {
        trial.expectLike(Captured.frame("vblade-flush", 4), trial.ask(registers), 25, 26);
        trial.expectAtaError(trial.ask(registers));
    }

    private static void smart(Trial trial) {
        int commandSet = IdentifyData.word(IdentifyRules.block(trial), 0, 82);
        trial.require((commandSet & SMART_BIT) == 0, "SMART is claimed");
        expectAbort(trial, new AtaHeader.Fields(0, 0xd0, 1, AtaCommand.SMART, 0xc24f00L));
    }

    /** Padded on its way it is a command that nobody supports. */
    private static void cut(Trial trial) {
        for (int cut = 1; cut <= 8; cut++) {
            int bytes = AtaHeader.END - cut;
            trial.expectAtaErrorOrSilence(trial.probe(frames ->
                    frames.ata(Trial.command(UNSUPPORTED_OPCODE), new byte[0]).asSlice(0, bytes)));
        }
    }

    private static void flags(Trial trial, int aflags) {
        long lba = trial.sectors() - 1;
        byte[] plain = trial.read(lba, 1);
        Reply reply = trial.good(
                trial.ask(new AtaHeader.Fields(aflags, 0, 1, AtaCommand.READ_SECTORS_EXT, lba)));
        trial.expectSame("the sector", plain, trial.dataOf(reply, 1));
    }

    private static void powerMode(Trial trial) {
        Reply reply = trial.ask(Captured.frame("vblade-flush", 2)::addressed);
        trial.expectLike(Captured.frame("vblade-flush", 5), reply, 26, 28);
    }

    private static void flush(Trial trial, int opcode, Capability capability) {
        trial.require(IdentifyRules.claims(trial, capability), "IDENTIFY DEVICE does not claim it");
        Reply reply = trial.good(trial.ask(Trial.command(opcode)));
        int status = trial.registers(reply).commandStatus();
        trial.expectThat(status != opcode, "a status", reply);
    }

    private static void cacheOff(Trial trial) {
        trial.require(
                IdentifyRules.claims(trial, Capability.WRITE_CACHE),
                "IDENTIFY DEVICE claims no write cache");
        trial.good(trial.ask(cache(AtaCommand.FEATURE_WRITE_CACHE_OFF)));
        trial.expect(
                "write cache in use",
                false,
                IdentifyRules.claims(trial, Capability.WRITE_CACHE_ENABLED));
    }

    private static void cacheOn(Trial trial) {
        trial.require(
                IdentifyRules.claims(trial, Capability.WRITE_CACHE),
                "IDENTIFY DEVICE claims no write cache");
        trial.good(trial.ask(cache(AtaCommand.FEATURE_WRITE_CACHE_OFF)));
        Reply reply = trial.ask(cache(AtaCommand.FEATURE_WRITE_CACHE_ON));
        int status = trial.registers(reply).commandStatus();
        trial.expect(
                "write cache in use",
                (status & AtaHeader.STATUS_ERR) == 0,
                IdentifyRules.claims(trial, Capability.WRITE_CACHE_ENABLED));
    }

    static AtaHeader.Fields cache(int feature) {
        return new AtaHeader.Fields(0, feature, 0, AtaCommand.SET_FEATURES_OPCODE, 0);
    }
}
