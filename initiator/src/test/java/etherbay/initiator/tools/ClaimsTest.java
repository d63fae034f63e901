// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.MaskHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;
import etherbay.initiator.tools.ConfigString.Comparison;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** Config string, mask list and reservation at targets that refuse, are silent, or lose frames. */
class ClaimsTest {
    private static final MacAddress OTHER = new MacAddress(0x0200_0000_0c01L);
    private static final byte[] MINE = {'m', 'i', 'n', 'e'};

    private final FakeWire wire = new FakeWire(1500);
    private final FakeTarget target = wire.target();
    private final FoundPath path = wire.path();

    @AfterEach
    void close() {
        wire.close();
    }

    private static EtherbayException failure(ThrowingCallable call) {
        EtherbayException[] failure = new EtherbayException[1];
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(EtherbayException.class, error -> failure[0] = error);
        return failure[0];
    }

    private static boolean is(MemorySegment request, int configCommand) {
        return AoeHeader.command(request, 0) == AoeHeader.COMMAND_CONFIG
                && ConfigHeader.command(request, 0) == configCommand;
    }

    private Optional<MemorySegment> silentAboutTests(MemorySegment request, AoeFrames frames) {
        return is(request, ConfigHeader.TEST)
                ? Optional.empty()
                : target.byTheBook(request, frames);
    }

    @Test
    void silenceIsAnAnswerWhenAQueryBehindItIsAnswered() {
        target.answer = this::silentAboutTests;
        assertThat(ConfigString.compare(path, Comparison.WHOLE, MINE)).isEmpty();
        assertThat(ConfigString.compare(path, Comparison.PREFIX, MINE)).isPresent();
    }

    @Test
    void silenceAboutAllIsNoAnswer() {
        target.answer = (_, _) -> Optional.empty();
        assertThat(failure(() -> ConfigString.compare(path, Comparison.WHOLE, MINE))
                        .code())
                .isEqualTo(ErrorCode.UNAVAILABLE);
    }

    @Test
    void aQuestionThatIsLostOnceIsNoSilence() {
        int[] number = {0};
        target.loses = request -> is(request, ConfigHeader.TEST) && ++number[0] == 1;
        assertThat(ConfigString.compare(path, Comparison.WHOLE, MINE)).isPresent();
    }

    @Test
    void aStringThatIsThereIsShownToWhomItRefuses() {
        target.string = new byte[] {'a', 0};
        target.answer = (request, frames) -> is(request, ConfigHeader.SET)
                ? Optional.of(target.config(frames.refused(AoeHeader.ERROR_CONFIG_PRESENT)))
                : target.byTheBook(request, frames);
        EtherbayException refused = failure(() -> ConfigString.set(path, MINE));
        assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT);
        assertThat(refused.why()).isEqualTo("it is: a\\x00");
    }

    @Test
    void aStringLongerThanATargetKeepsIsNotSent() {
        assertThat(failure(() -> ConfigString.requireFits(new byte[1025])).code())
                .isEqualTo(ErrorCode.INVALID);
        assertThat(ConfigString.requireFits(new byte[1024])).hasSize(1024);
    }

    @Test
    void aTargetWithoutTheCommandIsSaidToBeOne() {
        assertThat(failure(() -> MaskList.read(path)))
                .hasMessageContaining("does not know this command");
        assertThat(failure(() -> Reservation.read(path)))
                .hasMessageContaining("does not know this command");
    }

    private void answerMasks(int error, int count) {
        target.answer = (_, frames) -> Optional.of(
                frames.mask(new MaskHeader.Fields(MaskHeader.EDIT, error, count, List.of())));
    }

    @Test
    void aFullListNamesTheAddressThatDidNotFit() {
        answerMasks(MaskHeader.ERROR_FULL, 1);
        List<MacAddress> macs = List.of(FakeWire.CLIENT, OTHER);
        EtherbayException full = failure(() -> MaskList.edit(path, true, macs));
        assertThat(full.code()).isEqualTo(ErrorCode.CONFLICT);
        assertThat(full.why()).startsWith(OTHER + " and those behind it were not taken");
    }

    @Test
    void otherMaskErrorsAreToldApart() {
        answerMasks(MaskHeader.ERROR_BAD_DIRECTIVE, 200);
        assertThat(failure(() -> MaskList.edit(path, true, List.of(OTHER))).why())
                .contains("bad directive", "does not say which");
        answerMasks(MaskHeader.ERROR_UNSPECIFIED, 0);
        assertThat(failure(() -> MaskList.edit(path, true, List.of(OTHER))).code())
                .isEqualTo(ErrorCode.UNAVAILABLE);
    }

    @Test
    void ourOwnAddressGoesFirstOnTheListAndLastOffIt() {
        answerMasks(MaskHeader.ERROR_NONE, 0);
        target.seen.clear();
        List<MacAddress> macs = List.of(OTHER, FakeWire.CLIENT, new MacAddress(0x0200_0000_0c02L));
        MaskList.edit(path, true, macs);
        MaskList.edit(path, false, macs);
        assertThat(MaskHeader.directiveMac(target.seen.getFirst(), 0, 0))
                .isEqualTo(FakeWire.CLIENT.bits());
        assertThat(MaskHeader.directiveMac(target.seen.getLast(), 0, 2))
                .isEqualTo(FakeWire.CLIENT.bits());
    }

    @Test
    void aLongEditIsSeveralRequestsEachOfWhichFits() {
        answerMasks(MaskHeader.ERROR_NONE, 0);
        target.seen.clear();
        List<MacAddress> macs =
                LongStream.range(1, 256).mapToObj(MacAddress::new).toList();
        MaskList.edit(path, true, macs);
        assertThat(target.seen).hasSize(2).allMatch(frame -> frame.byteSize() <= 1500);
        assertThat(target.seen.stream()
                        .mapToInt(frame -> MaskHeader.directiveCount(frame, 0))
                        .sum())
                .isEqualTo(255);
    }

    @Test
    void whoIsShutOutIsKnownBefore() {
        List<MacAddress> none = List.of();
        List<MacAddress> both = List.of(FakeWire.CLIENT, OTHER);
        assertThat(MaskList.shutsOut(MaskList.after(none, true, List.of(OTHER)), FakeWire.CLIENT))
                .isTrue();
        assertThat(MaskList.shutsOut(MaskList.after(none, true, both), FakeWire.CLIENT))
                .isFalse();
        assertThat(MaskList.shutsOut(
                        MaskList.after(both, false, List.of(FakeWire.CLIENT)), FakeWire.CLIENT))
                .isTrue();
        assertThat(MaskList.shutsOut(MaskList.after(both, false, both), FakeWire.CLIENT))
                .as("an empty list lets everybody in")
                .isFalse();
    }

    @Test
    void aListAsLongAsAnAnswerMayGoOn() {
        List<MaskHeader.Directive> full = LongStream.range(0, 184)
                .mapToObj(bits ->
                        new MaskHeader.Directive(MaskHeader.DIRECTIVE_NONE, new MacAddress(bits)))
                .toList();
        target.answer = (_, frames) ->
                Optional.of(frames.mask(MaskHeader.Fields.of(MaskHeader.READ, full)));
        assertThat(MaskList.read(path).mayGoOn()).isTrue();
        target.answer = (_, frames) ->
                Optional.of(frames.mask(MaskHeader.Fields.of(MaskHeader.READ, full.subList(0, 9))));
        assertThat(MaskList.read(path).mayGoOn()).isFalse();
    }

    @Test
    void whoHoldsADiskIsNamedToWhomItRefuses() {
        target.answer = (request, frames) -> {
            boolean read = ReserveHeader.command(request, 0) == ReserveHeader.READ;
            AoeFrames answer = read ? frames : frames.refused(AoeHeader.ERROR_RESERVED);
            return Optional.of(
                    answer.reserve(ReserveHeader.Fields.of(ReserveHeader.READ, List.of(OTHER))));
        };
        EtherbayException held = failure(() -> Reservation.set(path, List.of(FakeWire.CLIENT)));
        assertThat(held.code()).isEqualTo(ErrorCode.CONFLICT);
        assertThat(held.why()).isEqualTo("it is held by " + OTHER);
        assertThat(failure(() -> Reservation.force(path, List.of())).code())
                .isEqualTo(ErrorCode.CONFLICT);
    }
}
